"""`ecsforge state` with moto and a script as Terraform; tests/e2e runs it against the emulator."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from tests.cli.commands.conftest import Answer
from tests.conftest import Invoke
from tests.support.scripted_terraform import ScriptedTerraform

SERVICES = 'services: {web: {image: "nginx:1.27", port: 80}}\n'
SETTINGS = "private, versioned, encrypted, TLS only; versions are kept for 90 days"
NEXT = "Next: ecsforge deploy; it asks before it moves an existing state"
LOCK = "2f9f8c3e-8a0d-4c7f-9d51-0e6d3b0f4d55"
QUESTION = "Release the lock of shop-dev? Make sure that nobody is deploying it"


def write(folder: Path, environments: str, state: str = "state: {backend: s3, bucket: states}") -> None:
    (folder / "ecsforge.yaml").write_text(
        f"project_id: shop\nregion: eu-west-1\n{state}\nenvironments: {environments}\n{SERVICES}"
    )


def locations() -> dict[str, str | None]:
    """The buckets in the account with their regions."""
    s3 = boto3.client("s3", region_name="us-east-1")
    names = [each["Name"] for each in s3.list_buckets()["Buckets"]]
    return {name: s3.get_bucket_location(Bucket=name)["LocationConstraint"] for name in names}


def test_the_bucket_is_created_and_its_name_is_data(invoke: Invoke, terraform: ScriptedTerraform, folder: Path) -> None:
    write(folder, "{dev: {}}")

    result = invoke("state", "init")

    assert (result.exit_code, result.stdout) == (0, "states\n")
    assert result.stderr == f"Bucket states: created\nBucket states: {SETTINGS}\n{NEXT}\n"
    assert locations() == {"states": "eu-west-1"}
    assert terraform.calls == []


def test_it_can_be_repeated(invoke: Invoke, terraform: ScriptedTerraform, folder: Path) -> None:
    write(folder, "{dev: {}}")
    invoke("state", "init")

    again = invoke("state", "init")

    assert (again.exit_code, again.stdout) == (0, "states\n")
    assert again.stderr == f"Bucket states: exists\nBucket states: {SETTINGS}\n{NEXT}\n"


def test_a_bucket_that_environments_share_is_created_once(
    invoke: Invoke, terraform: ScriptedTerraform, folder: Path
) -> None:
    write(folder, "{dev: {}, test: {}, prod: {state: {bucket: prod-states, region: us-east-1}}}")

    result = invoke("state", "init")

    assert (result.exit_code, result.stdout) == (0, "states\nprod-states\n")
    assert locations() == {"states": "eu-west-1", "prod-states": None}


def test_only_the_bucket_of_the_selected_environment_is_created(
    invoke: Invoke, terraform: ScriptedTerraform, folder: Path
) -> None:
    write(folder, "{dev: {}, prod: {state: {bucket: prod-states}}}")

    result = invoke("state", "init", "--env", "prod")

    assert (result.exit_code, result.stdout) == (0, "prod-states\n")
    assert locations() == {"prod-states": "eu-west-1"}


def test_a_project_file_without_a_bucket_is_a_usage_error(
    invoke: Invoke, terraform: ScriptedTerraform, folder: Path
) -> None:
    write(folder, "{dev: {}}", state="")

    result = invoke("state", "init")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "error: state: the project file does not name a bucket; add `state: {backend: s3, bucket: NAME}`\n"
        "Try 'ecsforge state init --help' for help.\n"
    )


def test_credentials_for_another_account_create_nothing(
    invoke: Invoke, terraform: ScriptedTerraform, folder: Path
) -> None:
    write(folder, "{dev: {account_id: '210987654321'}}")

    result = invoke("state", "init")

    assert result.exit_code == 1
    assert result.stderr.startswith("error: account_id: the environment dev belongs to account 210987654321; got ")
    assert locations() == {}


def test_a_bucket_is_in_the_region_of_the_state(invoke: Invoke, terraform: ScriptedTerraform, folder: Path) -> None:
    write(folder, "{dev: {}}", state="state: {backend: s3, bucket: states, region: eu-central-1}")

    result = invoke("state", "init")

    assert (result.exit_code, locations()) == (0, {"states": "eu-central-1"})


def test_missing_credentials_are_an_error_with_a_fix(
    invoke: Invoke, terraform: ScriptedTerraform, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, "{dev: {}}")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)

    result = invoke("state", "init")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: credentials: no AWS credentials found; run `aws configure`")


def test_a_lock_is_released_after_a_yes(answer: Answer, terraform: ScriptedTerraform) -> None:
    result = answer("y\n", "state", "unlock", "--env", "dev", LOCK)

    assert result.exit_code == 0
    assert f"{QUESTION} [y/N]: y\n" in result.stderr
    assert result.stderr.endswith("Released the lock of shop-dev. Next: ecsforge deploy --env dev\n")
    assert f"force-unlock -force {LOCK}" in (terraform.folder / "calls").read_text().splitlines()


def test_a_lock_is_kept_after_a_no(answer: Answer, terraform: ScriptedTerraform) -> None:
    result = answer("n\n", "state", "unlock", "--env", "dev", LOCK)

    assert result.exit_code == 1
    assert "Released" not in result.stderr
    assert terraform.calls == ["init"]


def test_ctrl_c_while_a_lock_is_released_names_the_command_that_continues(
    invoke: Invoke, terraform: ScriptedTerraform, interruptible: None
) -> None:
    terraform.is_interrupted_in("force-unlock")

    result = invoke("state", "unlock", "--env", "dev", "--auto-approve", LOCK)

    assert result.exit_code == 130
    assert result.stderr.splitlines()[-1] == (
        "Interrupted while releasing the lock: completed changes are kept. To continue: ecsforge state unlock --env "
        f"dev {LOCK} --auto-approve"
    )


def test_auto_approve_releases_a_lock_without_a_question(invoke: Invoke, terraform: ScriptedTerraform) -> None:
    result = invoke("state", "unlock", "--env", "dev", "--auto-approve", LOCK)

    assert result.exit_code == 0
    assert QUESTION not in result.stderr
    assert terraform.calls == ["init", "force-unlock"]


def test_without_a_terminal_the_missing_option_is_named(invoke: Invoke, terraform: ScriptedTerraform) -> None:
    result = invoke("state", "unlock", "--env", "dev", LOCK)

    assert result.exit_code == 2
    assert (
        f"error: cannot ask '{QUESTION}' because the input is not a terminal; pass --auto-approve\n"
    ) in result.stderr
    assert terraform.calls == ["init"]


def test_a_lock_that_terraform_does_not_release_is_an_error(invoke: Invoke, terraform: ScriptedTerraform) -> None:
    terraform.answers("force-unlock", [], exit_code=1, stderr="Error: Failed to unlock state: lock ID does not match")

    result = invoke("state", "unlock", "--env", "dev", "--auto-approve", LOCK)

    assert result.exit_code == 1
    assert "error: releasing the lock: " in result.stderr
    assert "Failed to unlock state: lock ID does not match" in result.stderr


@pytest.mark.parametrize("arguments", [["unlock", "--env", "dev"], ["unknown"]])
def test_a_missing_argument_and_an_unknown_command_are_usage_errors(
    invoke: Invoke, terraform: ScriptedTerraform, arguments: list[str]
) -> None:
    assert invoke("state", *arguments).exit_code == 2
    assert terraform.calls == []
