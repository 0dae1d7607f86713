"""The account through the command line: what a deploy checks, what somebody changed, secrets and the URL."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from tests.support.workplace import ROOT, WEB, WORKER, Workplace

STACK = "account-dev"
VALUE = "postgres://shop:s3cret-value@db"
SERVICES = {"web": {**WEB, "secrets": {"URL": "ssm:/account/url"}}, "mailer": {**WORKER, "queue": {}}}


def test_the_account_of_an_environment(workplace: Workplace) -> None:
    workplace.write("account", SERVICES)

    a_missing_secret_ends_a_deploy_before_the_plan(workplace)
    a_value_is_set_from_stdin(workplace)
    assert workplace.deploy().stdout.startswith("alb_url\t")
    a_deployed_environment_has_no_drift_and_a_url(workplace)
    every_kind_of_drift_is_found(workplace)
    a_deploy_restores_what_it_manages(workplace)
    workplace.destroy(STACK)


def a_missing_secret_ends_a_deploy_before_the_plan(workplace: Workplace) -> None:
    found = workplace.ecsforge("doctor", "--env", "dev", "--json", exit_code=1)
    refused = workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", exit_code=1)
    waiting = workplace.ecsforge("drift", "--env", "dev", exit_code=1)

    missing = [each for each in json.loads(found.stdout) if each["status"] == "missing"]
    assert [(each["check"], each["fix"]) for each in missing] == [
        ("dev: secrets", "set its value: `ecsforge secrets set URL --env dev`")
    ]
    assert refused.stderr.splitlines()[-2:] == [
        "warning: nothing was planned; --no-checks deploys without these checks",
        "error: services.web.secrets.URL: the parameter does not exist; got ssm:/account/url; set its value: `ecsforge "
        "secrets set URL --env dev`",
    ]
    assert "account-dev: the environment is not deployed; got an empty state " in waiting.stderr


def a_value_is_set_from_stdin(workplace: Workplace) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli", "secrets", "set", "URL", "--env", "dev", "-v"],
        cwd=workplace.folder,
        env={**workplace.env_vars, "PYTHONPATH": str(ROOT)},
        input=f"{VALUE}\n",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    listed = workplace.ecsforge("secrets", "list", "--env", "dev", "--json")

    assert done.returncode == 0, done.stderr
    assert "Created ssm:/account/url\nNext: ecsforge deploy --env dev\n" in done.stderr
    assert VALUE not in done.stdout + done.stderr + listed.stdout + listed.stderr
    assert [(each["name"], each["state"]) for each in json.loads(listed.stdout)] == [("URL", "set")]
    stored = workplace.aws("ssm").get_parameter(Name="/account/url", WithDecryption=True)["Parameter"]
    assert (stored["Type"], stored["Value"]) == ("SecureString", VALUE)


def a_deployed_environment_has_no_drift_and_a_url(workplace: Workplace) -> None:
    clean = workplace.ecsforge("drift", "--env", "dev", "--detailed-exitcode")
    balancer = workplace.aws("elbv2").describe_load_balancers(Names=[f"alb-{STACK}"])["LoadBalancers"][0]["DNSName"]
    opened = workplace.ecsforge("open", "--env", "dev")
    (workplace.folder / f"terraform.{STACK}.tfstate").rename(workplace.folder / "state")
    asked = workplace.ecsforge("open", "web", "--env", "dev")
    (workplace.folder / "state").rename(workplace.folder / f"terraform.{STACK}.tfstate")

    assert clean.stdout.startswith("account-dev: no drift; ")
    assert opened.stdout == asked.stdout == f"http://{balancer}\n"


def every_kind_of_drift_is_found(workplace: Workplace) -> None:
    aws = workplace.aws
    service = f"mailer-service-{STACK}"
    aws("ecs").update_service(cluster=f"web-cluster-{STACK}", service=service, desiredCount=3)
    aws("logs").delete_log_group(logGroupName=f"/aws/ecs/{STACK}/web")
    groups = aws("ec2").describe_security_groups(Filters=[{"Name": "group-name", "Values": [f"web-{STACK}"]}])
    aws("ec2").authorize_security_group_ingress(
        GroupId=groups["SecurityGroups"][0]["GroupId"],
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    )
    tags = {"Project": "account", "Environment": "dev", "ManagedBy": "ecsforge"}
    extra = aws("sqs").create_queue(QueueName="account-extra", tags=tags)["QueueUrl"]

    found = json.loads(workplace.ecsforge("drift", "--env", "dev", "--json", exit_code=1).stdout)
    detailed = workplace.ecsforge("drift", "--env", "dev", "--detailed-exitcode", exit_code=2)
    aws("sqs").delete_queue(QueueUrl=extra)

    assert changes(found) == [("mailer", "count", 1, 3)]
    assert [(each["service"], each["concept"]) for each in found["missing"]] == [("web", "log group")]
    assert [(each["service"], each["what"]) for each in found["added"]] == [
        ("web", "ingress rule, tcp 22 from 0.0.0.0/0")
    ]
    assert [(each["kind"], each["name"]) for each in found["unmanaged"]] == [("queue", "account-extra")]
    assert detailed.stdout.startswith("account-dev: 1 changed, 1 missing in AWS, 1 added to resources of the stack, ")


def changes(found: dict[str, Any]) -> list[tuple[str, str, Any, Any]]:
    """The service, the attribute and its values of every change."""
    return [
        (resource["service"], one["path"], one["state"], one["aws"])
        for resource in found["changed"]
        for one in resource["attributes"]
    ]


def a_deploy_restores_what_it_manages(workplace: Workplace) -> None:
    workplace.deploy()

    found = json.loads(workplace.ecsforge("drift", "--env", "dev", "--json", exit_code=1).stdout)

    assert (found["changed"], found["missing"], found["unmanaged"]) == ([], [], [])
    assert [each["what"] for each in found["added"]] == ["ingress rule, tcp 22 from 0.0.0.0/0"]
