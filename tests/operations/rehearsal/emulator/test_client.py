"""The emulator: it starts, emulates an account, and exits with the process that started it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from cli.sentences import sentences
from operations.rehearsal.emulator import client as emulator_module
from operations.rehearsal.emulator.client import Emulator
from operations.rehearsal.emulator.unsupported import Unsupported
from stacks.errors import RehearsalError

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(account_id="210987654321") as running:
        yield running


def responds(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint}/moto-api/data.json", timeout=5):
            return True
    except OSError:
        return False


def stops_responding(endpoint: str) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if not responds(endpoint):
            return True
        time.sleep(0.1)
    return False


def test_it_listens_only_on_loopback(emulator: Emulator) -> None:
    assert emulator.endpoint.startswith("http://127.0.0.1:")
    assert responds(emulator.endpoint)


def test_it_emulates_the_selected_account(emulator: Emulator) -> None:
    identity = emulator.client("sts", "eu-west-1").get_caller_identity()

    assert identity["Account"] == "210987654321"


def test_the_headers_and_body_of_a_response_arrive_in_one_piece(emulator: Emulator) -> None:
    """The AWS provider may close the connection after the headers, and then repeats a request that succeeded."""
    request = (
        "GET /?Action=GetCallerIdentity&Version=2011-06-15 HTTP/1.1\r\n"
        "Host: 127.0.0.1\r\n"
        "Authorization: AWS4-HMAC-SHA256 Credential=x/20260101/eu-west-1/sts/aws4_request\r\n\r\n"
    )
    for _ in range(10):
        with socket.create_connection(("127.0.0.1", urlsplit(emulator.endpoint).port), timeout=10) as connection:
            connection.sendall(request.encode())
            first = connection.recv(1 << 16)

        assert b"</GetCallerIdentityResponse>" in first


def test_an_assumed_role_is_in_the_same_account(emulator: Emulator) -> None:
    role = "arn:aws:iam::210987654321:role/deploy"
    answer = emulator.client("sts", "eu-west-1").assume_role(RoleArn=role, RoleSessionName="ecsforge")

    assert answer["AssumedRoleUser"]["Arn"] == "arn:aws:sts::210987654321:assumed-role/deploy/ecsforge"


def test_aws_managed_policies_exist(emulator: Emulator) -> None:
    arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"

    assert emulator.client("iam", "us-east-1").get_policy(PolicyArn=arn)["Policy"]["Arn"] == arn


def test_its_environment_drops_the_users_aws_variables(emulator: Emulator) -> None:
    base = {"AWS_PROFILE": "work", "AWS_REGION": "eu-north-1", "AWS_SESSION_TOKEN": "secret", "HOME": "/home/me"}

    assert emulator.env_vars(base) == {
        "HOME": "/home/me",
        "AWS_ENDPOINT_URL": emulator.endpoint,
        "AWS_ACCESS_KEY_ID": "rehearsal",
        "AWS_SECRET_ACCESS_KEY": "rehearsal",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }


def test_its_clients_ignore_profile_proxy_and_endpoint(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "does-not-exist")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")

    assert emulator.client("ecs", "eu-west-1").list_clusters()["clusterArns"] == []


def test_an_unsupported_operation_fails_immediately_and_is_recorded(emulator: Emulator) -> None:
    started = time.monotonic()

    with pytest.raises(ClientError) as refused:
        emulator.client("ecs", "eu-west-1").stop_service_deployment(serviceDeploymentArn="arn:aws:ecs:x")

    assert refused.value.response["Error"]["Code"] == "NotImplementedByEmulator"
    assert time.monotonic() - started < 5
    assert emulator.unsupported() == (
        Unsupported("ecs StopServiceDeployment", "The stop_service_deployment action has not been implemented"),
    )


def test_a_resource_that_it_can_not_create_is_an_error(emulator: Emulator) -> None:
    with pytest.raises(RehearsalError) as refused:
        emulator.create_existing("security_group", region="eu-west-1")

    assert sentences(refused.value) == (
        "emulator: could not create the security group that the project file names; got HTTP Error 501: Not "
        "Implemented; run the rehearsal again; if it fails again, report it as a bug in ecsforge"
    )


def test_it_stops_with_the_block() -> None:
    with Emulator() as running:
        endpoint = running.endpoint

    assert not responds(endpoint)


def test_it_exits_when_the_process_that_started_it_is_killed() -> None:
    imports = "import time; from operations.rehearsal.emulator.client import Emulator"
    script = f"{imports}; e = Emulator(); e.start(); print(e.endpoint, flush=True); time.sleep(60)"
    starter = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    endpoint = starter.stdout.readline().strip()
    assert responds(endpoint)

    starter.send_signal(signal.SIGKILL)
    starter.communicate()

    assert stops_responding(endpoint)


def test_it_can_keep_running(tmp_path: Path) -> None:
    running = Emulator()
    running.start()
    endpoint, pid = running.endpoint, running.pid

    running.leave_running(tmp_path / "emulator.log")

    try:
        running.stop()
        time.sleep(1)
        assert responds(endpoint)
        assert (tmp_path / "emulator.log").exists()
    finally:
        os.kill(pid, signal.SIGKILL)


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulator_module.importlib.util, "find_spec", lambda name: None)

    with pytest.raises(RehearsalError) as missing:
        Emulator().start()

    assert sentences(missing.value) == (
        "emulator: the AWS emulator is not installed; run uv tool install --force '.[rehearse,terraform]' in the clone "
        "of ecsforge"
    )


def test_an_emulator_that_does_not_start_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")

    with pytest.raises(RehearsalError) as failed:
        Emulator().start()

    assert sentences(failed.value) == (
        f"emulator: did not start; got no answer within {emulator_module.START_TIMEOUT:.0f} s; try again, or reinstall "
        "ecsforge"
    )


def test_existing_resources_have_the_requested_ids(emulator: Emulator) -> None:
    region, certificate = "eu-west-3", "arn:aws:acm:eu-west-3:210987654321:certificate/0000"
    emulator.create_existing("network", region=region, vpc_id="vpc-0123", subnet_ids=["subnet-01", "subnet-02"])
    emulator.create_existing("security_group", region=region, group_id="sg-0456")
    emulator.create_existing("certificate", region=region, arn=certificate)

    ec2 = emulator.client("ec2", region)
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": ["vpc-0123"]}])["Subnets"]
    found = emulator.client("acm", region).describe_certificate(CertificateArn=certificate)["Certificate"]
    assert {subnet["SubnetId"]: subnet["AvailabilityZone"] for subnet in subnets} == {
        "subnet-01": "eu-west-3a",
        "subnet-02": "eu-west-3b",
    }
    assert ec2.describe_security_groups(GroupIds=["sg-0456"])["SecurityGroups"][0]["GroupId"] == "sg-0456"
    assert found["Status"] == "ISSUED"


def test_its_process_reads_none_of_the_users_aws_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    with Emulator() as emulator:
        variables = Path(f"/proc/{emulator.pid}/environ").read_text().split("\0")

    assert {each for each in variables if each.startswith(("AWS_CONFIG", "AWS_SHARED", "BOTO"))} == {
        "AWS_CONFIG_FILE=/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
        "BOTO_CONFIG=/dev/null",
    }
