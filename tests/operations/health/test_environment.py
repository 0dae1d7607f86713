"""An environment opened from Python, without the command line."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from cli.sentences import sentences
from operations.health.environment import open_environment
from operations.health.logs import read_logs
from operations.health.status import status
from operations.rehearsal.emulator.client import Emulator
from stacks.errors import AwsError, Problem, UsageError
from stacks.project.models import Project
from tests.support.deployed import PROJECT, Deployed

SHOP = Project.model_validate({key: value for key, value in PROJECT.items() if key != "environments"} | {"env": "dev"})


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture
def deployed(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    """An account with a log group for `web` only, and credentials for it."""
    for name, value in emulator.settings().items():
        monkeypatch.setenv(name, value)
    environment = Deployed(emulator)
    logs = environment.aws("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        logs.delete_log_group(logGroupName=group["logGroupName"])
    logs.create_log_group(logGroupName=environment.names.log_group("web"))
    return environment


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("wbe", "unknown service; got wbe; did you mean web?"),
        ("xyz", "unknown service; got xyz; the services are web, mailer and cleanup"),
    ],
)
def test_an_unknown_service_is_a_usage_error(name: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        open_environment(SHOP, [name])

    assert sentences(error.value) == message


def test_it_has_the_selected_services_in_the_order_of_the_project_file(deployed: Deployed) -> None:
    environment = open_environment(SHOP, ["mailer", "web"])

    assert list(environment.services) == ["web", "mailer"]
    assert environment.location == "eu-west-1, account 123456789012"


@pytest.mark.parametrize(
    ("options", "command"),
    [(None, "ecsforge deploy --env dev"), ("-f shop.yaml --env dev", "ecsforge deploy -f shop.yaml --env dev")],
)
def test_the_command_that_deploys_it(deployed: Deployed, options: str | None, command: str) -> None:
    assert open_environment(SHOP, options=options).deploy_command == command


def test_the_status_of_an_environment_that_is_not_deployed_is_an_error(deployed: Deployed) -> None:
    with pytest.raises(AwsError) as error:
        status(open_environment(SHOP))

    assert sentences(error.value) == (
        "shop-dev: the environment is not deployed: ECS cluster web-cluster-shop-dev does not exist in eu-west-1, "
        "account 123456789012; deploy it first: ecsforge deploy --env dev"
    )


def test_logs_are_read_and_a_missing_log_group_is_reported(deployed: Deployed) -> None:
    now = time.time()
    deployed.write_log("web", "0123", "first", "second", at=now - 60)
    missing: list[Problem] = []

    environment = open_environment(SHOP, ["web", "mailer"])
    events = list(read_logs(environment, now - 600, limit=1, on_missing=missing.append))

    assert [(event.service, event.message) for event in events] == [("web", "second")]
    assert [problem.code for problem in missing] == ["ResourceNotFoundException"]


def test_without_any_log_group_reading_logs_is_an_error(deployed: Deployed) -> None:
    with pytest.raises(AwsError) as error:
        list(read_logs(open_environment(SHOP, ["mailer"]), 0))

    assert error.value.codes == {"ResourceNotFoundException"}
