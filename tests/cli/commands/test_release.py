"""`ecsforge release` and `promote` in the emulator; tests/e2e/test_release.py runs both with Terraform."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from operations.rehearsal.emulator.client import Emulator
from tests.conftest import Invoke
from tests.support.released import EXTERNAL, FIRST, HOST, REGION, Account, external, reset, shop

PROJECT: dict[str, Any] = {
    "project_id": "shop",
    "region": REGION,
    "services": {
        "web": {"type": "worker", "image": FIRST, "repository": True, "deployment": EXTERNAL},
        "mailer": {"type": "worker", "image": FIRST},
    },
    "environments": {"dev": {}, "prod": {"protected": True}},
}
NEW = "public.ecr.aws/nginx/nginx:2"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture
def accounts(emulator: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Account]:
    """The two environments, deployed, with the project file in the current folder."""
    for name, value in emulator.settings().items():
        monkeypatch.setenv(name, value)
    reset(emulator)
    (folder / "ecsforge.yaml").write_text(json.dumps(PROJECT))
    session = boto3.Session(region_name=REGION)
    services = {"web": external(repository=True), "mailer": external()}
    made = {env: Account(session, shop(env, **services)) for env in ("dev", "prod")}
    for each in made.values():
        each.deploy()
    return made


def test_an_image_is_released_by_tag(invoke: Invoke, accounts: dict[str, Account]) -> None:
    digest = accounts["dev"].push("shop/web", "v2")

    result = invoke("release", "web", "--env", "dev", "--tag", "v2", "--no-wait")

    image = f"{HOST}/shop/web@{digest}"
    assert (result.exit_code, result.stdout) == (0, f"web\t{image}\n")
    assert result.stderr.splitlines() == [
        "shop-dev in eu-west-1, account 123456789012",
        f"web: registered web-shop-dev:2 with {HOST}/shop/web@{digest[7:19]}",
        f"Released web: {HOST}/shop/web@{digest[7:19]} as web-shop-dev:2",
        "Next: ecsforge status --env dev to see the health",
    ]
    assert accounts["dev"].image("web") == image


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["web"], "error: no image is named; pass --image IMAGE or --tag TAG"),
        (
            ["web", "--image", "a", "--tag", "b"],
            "error: --image and --tag can't be combined; pass --image IMAGE or --tag TAG",
        ),
        (
            ["web", "--image", "Web:1"],
            "error: --image: the image has upper case letters in its repository; got Web; write web",
        ),
        (
            ["web", "--tag", "-x"],
            "error: --tag: has an invalid tag; got -x; a tag contains letters, digits, `_`, `.` and `-`, and does not "
            "begin with `.` or `-`",
        ),
        (["wep", "--tag", "x"], "error: unknown service; got wep; did you mean web?"),
        (
            ["mailer", "--tag", "x"],
            "error: services.mailer: its image is deployed by Terraform, because it has no `image_owner: external`; "
            "run `ecsforge deploy --env dev --image mailer=IMAGE`",
        ),
        (["web", "--tag", "x", "--yes-i-mean", "shop-prod"], ""),
    ],
)
def test_wrong_input_changes_nothing(
    invoke: Invoke, accounts: dict[str, Account], arguments: list[str], says: str
) -> None:
    if not says:
        accounts["dev"].push("shop/web", "x")
        says = "error: --yes-i-mean: wrong stack name; got shop-prod; the selected stack is shop-dev"

    result = invoke("release", *arguments, "--env", "dev")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines()[-2] == says
    assert accounts["dev"].image("web") == FIRST


def test_a_protected_environment_asks_for_the_name_of_its_stack(
    invoke: Invoke, accounts: dict[str, Account], folder: Path
) -> None:
    refused = invoke("release", "web", "--env", "prod", "--image", NEW)
    state = {"version": 4, "outputs": {"protected": {"value": True, "type": "bool"}}}
    (folder / "terraform.shop-dev.tfstate").write_text(json.dumps(state))
    as_deployed = invoke("release", "web", "--env", "dev", "--image", NEW)

    assert (refused.exit_code, as_deployed.exit_code) == (2, 2)
    assert "prod is protected. To continue, type shop-prod" in refused.stderr
    assert "pass --yes-i-mean shop-dev" in as_deployed.stderr
    assert (accounts["prod"].image("web"), accounts["dev"].image("web")) == (FIRST, FIRST)
    named = ("--yes-i-mean", "shop-prod", "--no-wait")
    assert invoke("release", "web", "--env", "prod", "--image", NEW, *named).exit_code == 0
    assert accounts["prod"].image("web") == NEW


def test_an_interrupt_ends_with_the_command_that_continues(
    invoke: Invoke, accounts: dict[str, Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("operations.deploy.release.wait_for_steady_state", interrupted)
    result = invoke("release", "web", "--env", "dev", "--image", NEW, "--timeout", "5m")

    assert result.exit_code == 130
    assert [line for line in result.stderr.splitlines() if line][-2:] == [
        "warning: no longer waiting: web is updated, and ECS continues without this command; see its health with "
        "`ecsforge status web --env dev`",
        f"Interrupted: not completed: web. To continue: ecsforge release web --image {NEW} --timeout 300 --env dev",
    ]
    assert accounts["dev"].image("web") == NEW


def test_what_is_promoted_without_terraform(invoke: Invoke, accounts: dict[str, Account]) -> None:
    image = f"{HOST}/shop/web@{accounts['dev'].push('shop/web', 'v2')}"
    assert invoke("release", "web", "--env", "dev", "--tag", "v2", "--no-wait").exit_code == 0

    unanswered = invoke("promote", "--from", "dev", "--env", "prod", "--no-wait")
    promoted = invoke("promote", "--from", "dev", "--env", "prod", "--no-wait", "--yes-i-mean", "shop-prod")
    again = invoke("promote", "--from", "dev", "--env", "prod")

    assert unanswered.exit_code == 2
    assert (promoted.exit_code, promoted.stdout) == (0, f"web\t{image}\n")
    assert accounts["prod"].image("web") == image
    assert (again.exit_code, again.stdout) == (0, "")
    assert again.stderr.splitlines()[-1] == "Nothing to promote: prod runs the images of dev"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--env", "prod"], "error: Missing option '--from'."),
        (["--from", "dev"], "error: this command works on one environment; select it with --env: dev, prod"),
        (["--from", "dev", "--env", "dev"], "error: --from: the images of dev can't be promoted to dev itself"),
        (["--from", "def", "--env", "prod"], "error: --from: unknown environment; got def; did you mean dev?"),
        (["wep", "--from", "dev", "--env", "prod"], "error: unknown service; got wep; did you mean web?"),
    ],
)
def test_wrong_options_of_promote(
    invoke: Invoke, accounts: dict[str, Account], arguments: list[str], says: str
) -> None:
    result = invoke("promote", *arguments)

    assert result.exit_code == 2
    assert result.stderr.splitlines()[-2].startswith(says)
