"""Which changes restart the tasks of a service: what the plan says, and what the AWS provider sends to ECS."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from tests.support.workplace import WORKER, Workplace

SERVICE = "aws_ecs_service.mailer"
MIX = {"on_demand_base": 1, "spot_weight": 1}
CONNECTED = {**WORKER, "connect": True}
CACHE = {**WORKER, "connect": {"port": 6379}}


def planned(workplace: Workplace, stack: str) -> dict[str, Any]:
    """The planned changes by address; of a service with its action and whether its tasks restart."""
    answer = json.loads(workplace.ecsforge("plan", "--env", "dev", "--json").stdout)
    return {each["address"]: (each["action"], each["restarts_tasks"]) for each in answer["resources"]}


def recorded(workplace: Workplace, stack: str) -> dict[str, Any]:
    """The attributes of the service in the state."""
    resources = workplace.state(stack)["resources"]
    (service,) = [each for each in resources if f"{each['type']}.{each['name']}" == SERVICE]
    attributes: dict[str, Any] = service["instances"][0]["attributes"]
    return attributes


def providers_of(attributes: dict[str, Any]) -> list[str]:
    return sorted(each["capacity_provider"] for each in attributes["capacity_provider_strategy"])


def use_forced_deployments(workplace: Workplace, stack: str) -> None:
    """Make the state one of an earlier version, which forced a deployment with every change and recorded nothing."""
    state = workplace.state(stack)
    for resource in state["resources"]:
        if resource["type"] == "aws_ecs_service":
            resource["instances"][0]["attributes"]["force_new_deployment"] = True
    del state["outputs"]["protected"]
    state["serial"] += 1
    (workplace.folder / f"terraform.{stack}.tfstate").write_text(json.dumps(state))


def test_only_a_change_of_capacity_forces_a_new_deployment(workplace: Workplace) -> None:
    stack = "forced-dev"
    workplace.write("forced", {"mailer": WORKER})
    workplace.deploy()
    assert planned(workplace, stack) == {}
    assert recorded(workplace, stack)["force_new_deployment"] is False

    workplace.write("forced", {"mailer": {**WORKER, "count": 2}})
    assert planned(workplace, stack) == {SERVICE: ("update", False)}
    workplace.deploy()

    workplace.write("forced", {"mailer": {**WORKER, "count": 2, "capacity": MIX}})
    assert planned(workplace, stack) == {SERVICE: ("update", True)}
    text = workplace.ecsforge("plan", "--env", "dev", "--out", "forced.tfplan").stdout
    assert "  ~ service, restarts all tasks\n" in text
    workplace.ecsforge("deploy", "--env", "dev", "--plan", "forced.tfplan", "--auto-approve")
    after = recorded(workplace, stack)
    assert (providers_of(after), after["force_new_deployment"]) == (["FARGATE", "FARGATE_SPOT"], True)
    assert planned(workplace, stack) == {}

    # The deploy after it does not force another one, although the state still has the value of the last.
    workplace.write("forced", {"mailer": {**WORKER, "count": 3, "capacity": MIX}})
    assert planned(workplace, stack) == {SERVICE: ("update", False)}
    workplace.deploy()
    assert recorded(workplace, stack)["force_new_deployment"] is False
    workplace.destroy(stack)


def test_connected_services_discover_one_that_is_added(workplace: Workplace) -> None:
    """The AWS provider ignores a change of the triggers unless a deployment is forced."""
    stack = "joined-dev"
    workplace.write("joined", {"mailer": CONNECTED, "queue": CONNECTED})
    workplace.deploy()

    workplace.write("joined", {"mailer": CONNECTED, "queue": CONNECTED, "cache": CACHE})
    changes = planned(workplace, stack)
    assert changes[SERVICE] == changes["aws_ecs_service.queue"] == ("update", True)
    workplace.deploy()

    assert recorded(workplace, stack)["triggers"] == {"endpoints": "cache:6379"}
    assert planned(workplace, stack) == {}
    workplace.destroy(stack)


def test_a_state_of_an_earlier_version_restarts_nothing(workplace: Workplace) -> None:
    stack = "earlier-dev"
    workplace.write("earlier", {"mailer": WORKER})
    workplace.deploy()
    use_forced_deployments(workplace, stack)

    assert planned(workplace, stack) == {}
    workplace.write("earlier", {"mailer": {**WORKER, "count": 2}})
    assert planned(workplace, stack) == {SERVICE: ("update", False)}
    workplace.write("earlier", {"mailer": {**WORKER, "capacity": "spot"}})
    assert planned(workplace, stack) == {SERVICE: ("update", True)}
    workplace.write("earlier", {"mailer": WORKER})
    workplace.destroy(stack)


def test_terraform_itself_replaces_a_service_unless_the_variable_is_true(workplace: Workplace) -> None:
    stack = "plain-dev"
    workplace.write("plain", {"mailer": WORKER})
    workplace.deploy()
    workplace.write("plain", {"mailer": {**WORKER, "capacity": "spot"}})
    workplace.ecsforge("synth", "--env", "dev")

    def actions(*options: str) -> list[str]:
        command = ["terraform", f"-chdir=cdktf.out/stacks/{stack}", "plan", "-json", "-input=false", *options]
        done = subprocess.run(command, cwd=workplace.folder, env=workplace.env_vars, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        changes = [json.loads(line) for line in done.stdout.splitlines() if '"planned_change"' in line]
        return [each["change"]["action"] for each in changes if each["change"]["resource"]["addr"] == SERVICE]

    assert actions() == ["replace"]
    assert actions("-var=mailer_force_new_deployment=true") == ["update"]
    workplace.destroy(stack)


def test_a_protected_environment_is_destroyed_only_after_a_deploy_without_protection(workplace: Workplace) -> None:
    """A worker has nothing that AWS itself protects."""
    stack = "kept-dev"
    workplace.write("kept", {"mailer": WORKER}, protected=True)
    workplace.ecsforge("deploy", "--env", "dev", "--yes-i-mean", stack)
    workplace.write("kept", {"mailer": WORKER})

    refused = workplace.ecsforge("destroy", "--env", "dev", "--yes-i-mean", stack, exit_code=1)
    assert refused.stderr.splitlines()[-1] == (
        "error: dev: this environment is protected; got `protected: true` in its state; run `ecsforge deploy --env "
        "dev` to remove the protection, then destroy it"
    )
    workplace.ecsforge("plan", "--env", "dev", "--destroy", "--out", "all.tfplan")
    saved = ("deploy", "--env", "dev", "--plan", "all.tfplan", "--yes-i-mean", stack)
    assert "this environment is protected" in workplace.ecsforge(*saved, exit_code=1).stderr
    asked = workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", exit_code=2)
    assert "dev is protected. To continue, type" in asked.stderr
    workplace.ecsforge("deploy", "--env", "dev", "--yes-i-mean", stack)
    workplace.destroy(stack)
