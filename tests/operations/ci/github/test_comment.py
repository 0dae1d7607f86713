"""The comment with the plans of a pull request: one, updated in place, within GitHub's size."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from operations.ci.github.workflow import render
from tests.support.comments import GH
from tests.support.pipelines import jobs, workflow

LIMIT = 65_536
MARKER = "<!-- ecsforge: the plans of shop -->"
LOG = "https://github.com/acme/shop/actions/runs/1"


class PullRequest:
    """A pull request; `comment` runs the job's script."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "gh").write_text(GH.format(python=sys.executable, folder=str(folder)))
        (folder / "gh").chmod(0o755)
        (step,) = jobs(render(workflow("shop")))["comment"]["steps"]
        self.script: str = step["run"]

    def comment(self, dev: str, staging: str) -> list[str]:
        """Write the comment for these plans, and return all comments."""
        own = {"PATH": f"{self.folder}:{os.environ['PATH']}", "RUNNER_TEMP": str(self.folder), "NUMBER": "7"}
        given = {"GITHUB_REPOSITORY": "acme/shop", "LOG": LOG, "PLAN_DEV": dev, "PLAN_STAGING": staging}
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", self.script]
        subprocess.run(command, cwd=self.folder, env={**own, **given}, check=True, timeout=60)
        return self.comments()

    def comments(self) -> list[str]:
        file = self.folder / "comments"
        found: list[str] = json.loads(file.read_text()) if file.exists() else []
        return found


@pytest.fixture
def pull_request(tmp_path: Path) -> PullRequest:
    return PullRequest(tmp_path)


def plan(stack: str, lines: int, letter: str = "x") -> str:
    text = "\n".join([letter * 80] * lines)
    return f"### `{stack}`\n\n1 to change\n\n<details><summary>Changes</summary>\n\n```text\n{text}\n```\n\n</details>"


def test_there_is_one_comment_that_is_updated(pull_request: PullRequest) -> None:
    (pull_request.folder / "comments").write_text(json.dumps(["Looks good"]))

    assert pull_request.comment("### `shop-dev`", "### `shop-staging`")[1:] == [
        f"{MARKER}\n\n### `shop-dev`\n\n### `shop-staging`\n"
    ]
    assert pull_request.comment("### other", "") == [
        "Looks good",
        f"{MARKER}\n\n### other\n\n### `shop-staging`\n\nNo plan: see [the log]({LOG}).\n",
    ]


def test_plans_that_fit_are_complete(pull_request: PullRequest) -> None:
    (comment,) = pull_request.comment(plan("shop-dev", 300), plan("shop-staging", 300))

    assert comment.count("<details>") == comment.count("</details>") == 2
    assert len(comment) < LIMIT


@pytest.mark.parametrize("letter", ["x", "é", "`"])
def test_plans_that_are_too_long_together_are_shortened_with_a_note(pull_request: PullRequest, letter: str) -> None:
    lines = 59_000 // (80 * len(letter.encode()) + 1)
    (comment,) = pull_request.comment(plan("shop-dev", lines, letter), plan("shop-staging", lines, letter))

    assert comment == (
        f"{MARKER}\n\n### `shop-dev`\n\n1 to change\n\n\n### `shop-staging`\n\n1 to change\n\n\n"
        f"The plans are too long for a comment: see [the summary]({LOG}).\n"
    )


def test_nothing_in_a_plan_is_run(pull_request: PullRequest) -> None:
    text = "$(touch ran) `touch ran` %s \\n ' \" ; touch ran"
    (comment,) = pull_request.comment(text, "")

    assert text in comment
    assert not (pull_request.folder / "ran").exists()
