"""A day in the life of the shop: its services are changed while they run, and Terraform agrees afterwards.

Tasks, deployments that fail, logs and sessions are those of `tests.support.emulator_of_a_day`. With
ECSFORGE_TRANSCRIPT=FILE, the terminal's content of the second test is written to that file.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from operations.rehearsal.emulator.client import Emulator
from operations.rehearsal.prerequisites import prerequisites
from stacks.naming import Names
from stacks.project import Selection, load
from tests.e2e.conftest import NewWorkplace, create_network
from tests.support.emulator_of_a_day import COMPLAINT, EmulatorOfADay
from tests.support.session_plugin import FakePlugin
from tests.support.shell import INTERRUPT, Done, Shell
from tests.support.workplace import REGION, Workplace

SPEC = Path(__file__).parents[1] / "specs" / "shop.yaml"
NAMES = Names("operated", "dev")
ENV = ("--env", "dev")
NEW = "public.ecr.aws/nginx/nginx:1.28"
APPLIED = [("Apply", "y")]
LEVEL = {"LOG_LEVEL": "debug"}
CLOSED = [("until Ctrl-C", INTERRUPT)]


def write(workplace: Workplace, **web: Any) -> None:
    """Write the shop's project file with other settings of its web service."""
    project = yaml.safe_load(SPEC.read_text(encoding="utf-8"))
    project["project_id"] = NAMES.project_id
    project["services"]["web"] |= web
    (workplace.folder / "ecsforge.yaml").write_text(json.dumps(project), encoding="utf-8")


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with EmulatorOfADay() as running:
        create_network(running)
        yield running


@pytest.fixture(scope="module")
def shop(emulator: Emulator, terraform: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """The shop, deployed once for the tests of this module."""
    own = {key: value for key, value in os.environ.items() if key.partition("_")[0] not in ("TF", "ECSFORGE")}
    workplace = Workplace(tmp_path_factory.mktemp("shop"), emulator, {**emulator.env_vars(own), **terraform})
    write(workplace)
    for each in prerequisites(*load(Selection(file=workplace.folder / "ecsforge.yaml", env="dev")).projects):
        each.create(workplace.emulator)
    workplace.aws("ssm").put_parameter(Name="/shop/database-url", Value="postgres://db", Type="SecureString")
    workplace.aws("secretsmanager").create_secret(Name="shop/payment", SecretString='{"key": "k"}')
    workplace.deploy()
    return workplace


def messages(workplace: Workplace, *arguments: str, exit_code: int = 0) -> list[str]:
    """What a command says, without the warning about the port of the image and the location."""
    lines = workplace.ecsforge(*arguments, *ENV, exit_code=exit_code).stderr.splitlines()
    return [line for line in lines if not line.startswith(("warning: ecsforge.yaml", f"{NAMES.stack} in {REGION}"))]


def services(workplace: Workplace) -> dict[str, Any]:
    """The revision and the desired count of each service."""
    names = {NAMES.service(name): name for name in ("web", "api", "mailer")}
    found = workplace.aws("ecs").describe_services(cluster=NAMES.cluster, services=list(names))["services"]
    return {
        names[each["serviceName"]]: (int(each["taskDefinition"].rpartition(":")[2]), each["desiredCount"])
        for each in found
    }


def suspended(workplace: Workplace) -> bool:
    resource = f"service/{NAMES.cluster}/{NAMES.service('mailer')}"
    targets = workplace.aws("application-autoscaling").describe_scalable_targets(
        ServiceNamespace="ecs", ResourceIds=[resource]
    )["ScalableTargets"]
    (state,) = [each.get("SuspendedState") or {} for each in targets]
    return set(state.values()) == {True}


def schedule(workplace: Workplace) -> str:
    found = workplace.aws("scheduler").get_schedule(Name=NAMES.schedule("cleanup"))
    return str(found["State"])


def test_a_day(shop: Workplace) -> None:
    write(shop, image=NEW)
    shop.deploy()
    assert services(shop) == {"web": (2, 1), "api": (1, 1), "mailer": (1, 1)}

    rolled_back = messages(shop, "rollback", "web")
    assert rolled_back[-2:] == [
        "The project file asks for web-operated-dev:2: the next `ecsforge deploy --env dev` brings it back",
        "To keep web-operated-dev:1, set `services.web.image` to public.ecr.aws/nginx/nginx:1.27 in the project file",
    ]
    status = json.loads(shop.ecsforge("status", "web", "--json", *ENV, exit_code=1).stdout)["services"][0]
    assert status["newer_revision"] == {
        "runs": "web-operated-dev:1",
        "newest": "web-operated-dev:2",
        "deployed_next": True,
    }
    planned = shop.ecsforge("plan", *ENV)
    assert (
        "web runs web-operated-dev:1 (public.ecr.aws/nginx/nginx:1.27) since a rollback: this plan brings back "
        f"web-operated-dev:2 ({NEW})"
    ) in planned.stderr.splitlines()
    assert shop.planned() == {"aws_ecs_service.web": "update"}
    shop.deploy()
    assert services(shop)["web"] == (2, 1)

    assert "Restarted api" in messages(shop, "restart", "api")
    assert shop.planned() == {}
    scaled = messages(shop, "scale", "api", "3")
    assert scaled[-2] == "The next `ecsforge deploy --env dev` sets it to 1, the count of the project file"
    assert shop.planned() == {"aws_ecs_service.api": "update"}
    assert "Application Auto Scaling keeps it between 1 and 10 tasks" in messages(shop, "scale", "mailer", "4")[-1]

    stopped_for_the_night(shop)
    assert services(shop) == {"web": (2, 1), "api": (1, 3), "mailer": (1, 4)}
    assert (suspended(shop), schedule(shop)) == (False, "ENABLED")
    assert shop.planned() == {"aws_ecs_service.api": "update"}


def test_a_day_at_the_terminal(shop: Workplace, tmp_path: Path) -> None:
    """A deploy fails, and the reason is found; later a migration, sessions, a rollback, and a stop for the night."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    shell = Shell(shop.folder, shop.env_vars)
    FakePlugin.write(tmp_path)
    shell.install(tmp_path)
    write(shop, image=NEW, exec=True, environment=LEVEL)
    shell.type("ecsforge deploy --env dev", APPLIED)

    write(shop, image=NEW, exec=True, environment=LEVEL | {"LOG_LEVEL": "verbose"})
    failed = shell.type("ecsforge deploy --env dev", APPLIED, exit_code=1)
    assert "tasks failed to start" in joined(failed)
    status = shell.type("ecsforge status web --env dev", exit_code=1)
    assert "exit code 1" in joined(status)
    assert COMPLAINT in shell.type("ecsforge logs web --env dev --since 10m").text
    write(shop, image=NEW, exec=True, environment=LEVEL)
    shell.type("ecsforge deploy --env dev", APPLIED)
    what_only_the_account_knows(shell)

    migration = shell.type("ecsforge run web --env dev -- emulated 'print=3 migrations applied'")
    assert "3 migrations applied" in migration.screen
    assert "Connecting to container `web` of task " in shell.type("ecsforge exec web --env dev").text
    shell.env_vars = {**shell.env_vars, "FAKE_PORT": str(port)}
    tunnel = shell.type(f"ecsforge tunnel db.internal:5432 --env dev --local {port}", CLOSED, exit_code=130)
    assert "The tunnel to db.internal:5432 is closed" in joined(tunnel)
    back = shell.type("ecsforge rollback web --env dev")
    assert "ecsforge deploy --env dev` brings it back" in joined(back)
    shell.type("ecsforge scale web 2 --env dev")
    shell.type("ecsforge stop --env dev")
    shell.type("ecsforge start --env dev")
    assert services(shop)["web"][1] == 2

    if transcript := os.environ.get("ECSFORGE_TRANSCRIPT"):
        Path(transcript).write_text("\n".join(each.transcript for each in shell.done))
    shop.destroy(NAMES.stack)


def what_only_the_account_knows(shell: Shell) -> None:
    assert "Everything that a deploy needs is available." in shell.type("ecsforge doctor --env dev").text
    assert "operated-dev: no drift" in shell.type("ecsforge drift --env dev").text
    assert "ssm:/shop/database-url" in shell.type("ecsforge secrets list --env dev").text
    assert "http://alb-operated-dev-1.eu-west-1.elb.amazonaws.com" in shell.type("ecsforge open --env dev").text


def joined(done: Done) -> str:
    """What a command wrote, with lines that the terminal's width broke joined."""
    return " ".join(" ".join(done.screen).split())


def stopped_for_the_night(shop: Workplace) -> None:
    """Stop the environment, with a stop that is killed, and start it; between the two, nothing deploys it."""
    process = shop.start("stop", *ENV)
    assert process.stderr is not None
    until(process.stderr.readline, "service `web`: 1 task -> 0")
    process.kill()
    process.communicate()
    shop.ecsforge("stop", *ENV)
    assert services(shop) == {"web": (2, 0), "api": (1, 0), "mailer": (1, 0)}
    assert (suspended(shop), schedule(shop)) == (True, "DISABLED")
    assert json.loads(shop.ecsforge("status", "--json", *ENV).stdout)["stopped_since"]
    check = shop.ecsforge("status", "--check", *ENV, exit_code=1)
    assert check.stderr.splitlines()[-1].startswith("operated-dev: the environment has been stopped since ")
    assert "deploy refuses until `ecsforge start --env dev`" in shop.ecsforge("plan", *ENV).stderr
    refused = shop.ecsforge("deploy", *ENV, "--auto-approve", exit_code=1)
    assert refused.stderr.splitlines()[-1].endswith("start it first: `ecsforge start --env dev`")
    shop.ecsforge("stop", *ENV)
    shop.ecsforge("start", *ENV)


def test_an_external_owner_keeps_what_a_rollback_chose(new_workplace: NewWorkplace) -> None:
    workplace = new_workplace("external")
    worker = {"type": "worker", "image": "public.ecr.aws/docker/library/python:3.12", "count": 1}
    job = {**worker, "type": "job", "schedule": "rate(1 hour)"}
    owned = {"deployment": {"image_owner": "external"}}
    workplace.write("owned", {"mailer": {**worker, **owned}, "sweeper": {**job, **owned}})
    workplace.deploy()
    ecs = workplace.aws("ecs")
    for family in ("mailer-owned-dev", "sweeper-owned-dev"):
        found = ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]
        kept = ("family", "networkMode", "requiresCompatibilities", "cpu", "memory", "executionRoleArn", "taskRoleArn")
        containers = [{**found["containerDefinitions"][0], "image": "python:3.13"}]
        ecs.register_task_definition(**{key: found[key] for key in kept}, containerDefinitions=containers)

    for service in ("mailer", "sweeper"):
        workplace.ecsforge("rollback", service, *ENV, "--to", "2")
        back = workplace.ecsforge("rollback", service, *ENV)
        assert back.stderr.splitlines()[-1] == "Deploys don't change it, because `image_owner` is `external`"
        assert workplace.planned() == {}
    workplace.destroy("owned-dev")


def until(readline: Callable[[], str], text: str) -> None:
    """Read lines up to one with this text."""
    while text not in (line := readline()):
        assert line, "the command ended without it"
