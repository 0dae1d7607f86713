"""`ecsforge drift` with a script as Terraform; tests/e2e/test_account.py runs the real one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.conftest import Invoke
from tests.support.scripted_terraform import ScriptedTerraform

STATE = Path("terraform.shop-dev.tfstate")
NEXT = "Next: ecsforge plan --env dev shows what a deploy would restore\n"


def resource(kind: str, **attributes: Any) -> dict[str, Any]:
    return {"mode": "managed", "type": kind, "name": "web", "instances": [{"attributes": attributes}]}


def drifted(kind: str, before: Any, after: Any) -> dict[str, Any]:
    change = {"actions": ["delete"] if after is None else ["update"], "before": before, "after": after}
    return {"address": f"{kind}.web", "type": kind, "mode": "managed", "change": change}


def shows(terraform: ScriptedTerraform, *drift: dict[str, Any]) -> None:
    """The refresh finds this drift."""
    expressions = {"desired_count": {"constant_value": 2}}
    configuration = {"root_module": {"resources": [{"address": "aws_ecs_service.web", "expressions": expressions}]}}
    terraform.answers("show", [{"resource_drift": list(drift), "configuration": configuration}])
    terraform.answers("plan", [], exit_code=2 if drift else 0)
    terraform.answers("providers", [{"provider_schemas": {}}])


@pytest.fixture
def deployed(terraform: ScriptedTerraform) -> ScriptedTerraform:
    STATE.write_text(
        json.dumps({"version": 4, "lineage": "a", "serial": 1, "resources": [resource("aws_ecs_service")]})
    )
    shows(terraform)
    return terraform


def test_without_drift_it_exits_with_0(invoke: Invoke, deployed: ScriptedTerraform) -> None:
    result = invoke("drift", "--env", "dev")

    assert (result.exit_code, result.stdout) == (0, "shop-dev: no drift; 1 resource as deployed\n")
    assert result.stderr.endswith("Comparing shop-dev with the account\n")
    assert deployed.calls == ["init", "plan", "show"]


def test_drift_is_listed_by_service_and_exits_with_1(invoke: Invoke, deployed: ScriptedTerraform) -> None:
    shows(
        deployed,
        drifted("aws_ecs_service", {"desired_count": 2}, {"desired_count": 3}),
        drifted("aws_cloudwatch_log_group", {"name": "x"}, None),
    )

    result = invoke("drift", "--env", "dev")

    assert result.exit_code == 1
    assert result.stdout == (
        "shop-dev: 1 changed, 1 missing in AWS\n"
        "\n"
        "web\n"
        "  ~ service\n"
        "      count  2 -> 3\n"
        "  - log group: in the state, but not in AWS\n"
    )
    assert result.stderr.endswith(NEXT)


def test_json_has_every_kind_of_drift(invoke: Invoke, deployed: ScriptedTerraform) -> None:
    shows(deployed, drifted("aws_ecs_service", {"desired_count": 2}, {"desired_count": 3}))

    result = invoke("drift", "--env", "dev", "--json")

    assert json.loads(result.stdout) == {
        "version": 1,
        "stack": "shop-dev",
        "drift": True,
        "resources": 1,
        "changed": [
            {
                "address": "aws_ecs_service.web",
                "service": "web",
                "group": "web",
                "concept": "service",
                "type": "aws_ecs_service",
                "attributes": [{"path": "count", "state": 2, "aws": 3, "sensitive": False}],
            }
        ],
        "missing": [],
        "added": [],
        "unmanaged": [],
    }


@pytest.mark.parametrize(("drift", "code"), [(True, 2), (False, 0)])
def test_the_detailed_exit_code_is_2_for_drift(
    invoke: Invoke, deployed: ScriptedTerraform, drift: bool, code: int
) -> None:
    shows(deployed, *([drifted("aws_cloudwatch_log_group", {}, None)] if drift else []))

    assert invoke("drift", "--env", "dev", "--detailed-exitcode").exit_code == code


@pytest.mark.parametrize("options", [[], ["--detailed-exitcode"]])
def test_an_environment_that_is_not_deployed_is_an_error(
    invoke: Invoke, terraform: ScriptedTerraform, options: list[str]
) -> None:
    result = invoke("drift", "--env", "dev", *options)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.endswith(
        "error: shop-dev: the environment is not deployed; got an empty state terraform.shop-dev.tfstate; deploy it "
        "first: `ecsforge deploy --env dev`\n"
    )


def test_a_refresh_that_fails_is_one_message(invoke: Invoke, deployed: ScriptedTerraform) -> None:
    deployed.fails("plan", "ExpiredToken: The security token included in the request is expired")

    result = invoke("drift", "--env", "dev")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1].startswith("error: ")
    assert "sign in again with `aws sso login`" in result.stderr


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_ends_with_the_command_that_continues(invoke: Invoke, deployed: ScriptedTerraform) -> None:
    deployed.is_interrupted_in("plan")

    result = invoke("drift", "--env", "dev", "--json")

    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr.splitlines()[-1] == (
        "Interrupted: nothing was changed. To continue: ecsforge drift --env dev --json"
    )


def test_the_refresh_has_the_deployed_images_and_any_image_for_a_new_service(
    invoke: Invoke, deployed: ScriptedTerraform, folder: Path
) -> None:
    services = "services: {web: {repository: true, port: 80}, extra: {type: worker, repository: true}}"
    (folder / "ecsforge.yaml").write_text(
        f"project_id: shop\nregion: eu-west-1\n{services}\nenvironments: {{dev: {{}}}}\n"
    )
    state = json.loads(STATE.read_text())
    images = {"value": {"web": "registry.example.com/web:7"}, "type": ["map", "string"]}
    STATE.write_text(json.dumps({**state, "outputs": {"images": images}}))

    assert invoke("drift", "--env", "dev").exit_code == 0

    (line,) = [each for each in (deployed.folder / "calls").read_text().splitlines() if each.startswith("plan")]
    values = dict(word.removeprefix("-var=").split("=") for word in line.split() if word.startswith("-var="))
    assert values == {
        "web_force_new_deployment": "false",
        "extra_force_new_deployment": "false",
        "web_image": "registry.example.com/web:7",
        "extra_image": f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/extra@sha256:{'0' * 64}",
    }


@pytest.mark.usefixtures("deployed")
def test_a_stopped_environment_is_reported(invoke: Invoke) -> None:
    tags = {
        "Project": "shop",
        "Environment": "dev",
        "ManagedBy": "ecsforge",
        "ecsforge:stopped": "2026-01-31T20:00:00Z",
    }
    boto3.client("ecs", region_name="eu-west-1").create_cluster(
        clusterName="web-cluster-shop-dev", tags=[{"key": key, "value": value} for key, value in tags.items()]
    )

    result = invoke("drift", "--env", "dev")

    assert (
        "warning: shop-dev: the environment has been stopped since 2026-01-31T20:00:00Z, and what was stopped is "
        "drift; start it: `ecsforge start --env dev`"
    ) in result.stderr.splitlines()
