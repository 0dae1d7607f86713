"""`ecsforge scale` and `ecsforge restart` against an environment in the emulator."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.commands.conftest import Operate
from tests.conftest import Invoke
from tests.support.deployed import PROJECT, Deployed, write_project


def test_it_says_what_the_next_deploy_does(operate: Operate, deployed: Deployed) -> None:
    result = operate("scale", "web", "3")

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines()[1:] == [
        "  service `web`: 2 tasks -> 3",
        "Waiting for web to run 3 tasks",
        "  service `web`: 3 of 3 tasks running; steady state",
        "web has a desired count of 3 tasks",
        "The next `ecsforge deploy --env dev` sets it to 2, the count of the project file",
        "To keep 3, set `services.web.count` to 3 in the project file",
    ]


@pytest.mark.parametrize(
    ("count", "lines"),
    [
        (1, ["The desired count of mailer is already 1: nothing was changed"]),
        (2, ["mailer has a desired count of 2 tasks"]),
        (
            9,
            [
                "mailer has a desired count of 9 tasks",
                "9 is outside of these bounds: the next scaling activity ends that. To change the bounds, set "
                "`services.mailer.count` in the project file",
            ],
        ),
    ],
)
def test_it_says_what_scaling_does(
    operate: Operate, deployed: Deployed, folder: Path, count: int, lines: list[str]
) -> None:
    deployed.scaling("mailer", 1, 4)
    scaling = PROJECT["services"]["mailer"] | {"count": {"min": 1, "max": 4, "cpu_percent": 60}}
    write_project(folder, services=PROJECT["services"] | {"mailer": scaling})

    found = operate("scale", "mailer", str(count), "--no-wait").stderr.splitlines()

    bounds = "Application Auto Scaling keeps it between 1 and 4 tasks, and changes the count with the load"
    assert found[-len(lines) - 1 :] == [lines[0], bounds, *lines[1:]]


def test_an_environment_that_is_still_deployed_as_protected(operate: Operate, deployed: Deployed, folder: Path) -> None:
    """A deploy has recorded it in the state; the project file no longer says so."""
    recorded = {"protected": {"value": True, "type": "bool"}}
    (folder / "terraform.shop-dev.tfstate").write_text(json.dumps({"version": 4, "outputs": recorded}))

    refused, done = operate("scale", "web", "3"), operate("scale", "web", "3", "--yes-i-mean", "shop-dev")

    assert refused.exit_code == 2
    assert (
        "error: cannot ask 'dev is protected. To scale web to 3 tasks, type shop-dev' because the input is not a "
        "terminal; pass --yes-i-mean shop-dev\n"
    ) in refused.stderr
    assert done.exit_code == 0


def test_a_count_that_ecs_does_not_allow(operate: Operate) -> None:
    for count in ("-1", "5001", "two"):
        assert operate("scale", "--", "web", count).exit_code == 2


def test_the_warnings_of_the_project_file_are_not_repeated(operate: Operate, folder: Path, invoke: Invoke) -> None:
    """They are about what a deploy would create."""
    write_project(folder, services=PROJECT["services"] | {"web": PROJECT["services"]["web"] | {"port": 8080}})

    assert "warning: " in invoke("validate").stderr
    assert "warning: " not in operate("restart", "web", "--no-wait").stderr


def test_a_restart_waits(operate: Operate, deployed: Deployed) -> None:
    result = operate("restart", "web")

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines()[1:] == [
        "  service `web`: its tasks are being replaced",
        "Waiting for web to reach a steady state",
        "  service `web`: 2 of 2 tasks running; steady state",
        "Restarted web",
    ]


def test_an_unknown_service(operate: Operate) -> None:
    result = operate("restart", "wbe")

    assert result.exit_code == 2
    assert result.stderr.splitlines()[0] == "error: unknown service; got wbe; did you mean web?"
