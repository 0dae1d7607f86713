"""`python main.py`, which the cdktf command runs with environment variables that select the stacks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.output import TWO

MAIN = Path(__file__).parents[1] / "main.py"
PROJECT = f"project_id: shop\n{TWO}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ecsforge.yaml").write_text(PROJECT)
    return tmp_path


def run(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ECSFORGE_", "CDKTF_"))}
    return subprocess.run(
        [sys.executable, MAIN],
        cwd=folder,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        timeout=120,
    )


def stacks(out: Path) -> list[str]:
    return sorted(path.parent.name for path in out.glob("stacks/*/cdk.tf.json"))


def test_every_environment_has_a_stack_in_cdktf_out(folder: Path) -> None:
    done = run(folder)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert stacks(folder / "cdktf.out") == ["shop-dev", "shop-prod"]


def test_the_stack_that_environments_share_is_written_with_them(folder: Path) -> None:
    (folder / "Dockerfile").write_text("FROM scratch\n")
    (folder / "ecsforge.yaml").write_text(
        "project_id: shop\nservices: {web: {build: .}}\nenvironments: {dev: {}, prod: {}}\n"
    )

    assert (run(folder, ECSFORGE_ENV="dev").returncode, stacks(folder / "cdktf.out")) == (
        0,
        ["shop-dev", "shop-shared"],
    )


def test_variables_set_the_environment_and_the_output_folder(folder: Path) -> None:
    done = run(folder, ECSFORGE_ENV="prod", ECSFORGE_PROJECT_ID="other", CDKTF_OUTDIR="generated")

    assert (done.returncode, done.stderr) == (0, "")
    assert stacks(folder / "generated") == ["other-prod"]


def test_under_cdktf_the_folder_of_a_removed_stack_is_emptied_but_kept(folder: Path) -> None:
    run(folder, CDKTF_OUTDIR="cdktf.out")

    run(folder, CDKTF_OUTDIR="cdktf.out", ECSFORGE_ENV="prod")

    assert list((folder / "cdktf.out/stacks/shop-dev").iterdir()) == []
    assert stacks(folder / "cdktf.out") == ["shop-prod"]


def test_without_cdktf_the_folder_of_a_removed_stack_is_deleted(folder: Path) -> None:
    run(folder)

    run(folder, ECSFORGE_ENV="prod")

    assert not (folder / "cdktf.out/stacks/shop-dev").exists()


def test_an_invalid_project_file_is_reported_with_exit_code_2(folder: Path) -> None:
    done = run(folder, ECSFORGE_ENV="test")

    what = "environment test does not exist; the file has dev and prod; got ECSFORGE_ENV test; choose dev or prod"
    assert (done.returncode, done.stderr) == (2, f"ecsforge.yaml:8:1: {what}\n")


def test_an_output_folder_that_cannot_be_created_is_reported_with_exit_code_1(folder: Path) -> None:
    (folder / "taken").touch()

    done = run(folder, CDKTF_OUTDIR="taken/out")

    assert (done.returncode, done.stderr) == (1, "taken/out: Not a directory\n")


def test_cdktf_hcl_output_is_rejected(folder: Path) -> None:
    done = run(folder, SYNTH_HCL_OUTPUT="true")

    message = "cdktf --hcl: not supported; generate HCL with `ecsforge synth --format hcl` instead\n"
    assert (done.returncode, done.stderr) == (1, message)
    assert not (folder / "cdktf.out").exists()
