"""The commands of the pages about deploying and operating run in their order, against the emulator."""

from __future__ import annotations

import re
from pathlib import Path

from operations.rehearsal.emulator.client import Emulator
from tests.docs.pages import ROOT
from tests.docs.snippets import commands, reason, shell_blocks
from tests.e2e.conftest import NewWorkplace
from tests.support.shell import Answers, Shell
from tests.support.workplace import WEB, WORKER

STATE = {"state": {"backend": "s3", "bucket": "my-company-terraform-state", "region": "eu-west-1"}}
ANSWERS: dict[str, Answers] = {
    "ecsforge deploy --env prod": [("plan to shop-prod?", "y")],
    "ecsforge state init": [("[y/N]", "y")],
}
# The emulator runs no containers, so that no target ever answers and there are no logs.
EXIT_CODES = {r"ecsforge status ": 1}


def test_the_pages_run_in_their_order(new_workplace: NewWorkplace, emulator: Emulator, tmp_path: Path) -> None:
    place = new_workplace("shop")
    services = {"web": WEB, "mailer": WORKER}
    place.write("shop", services)
    shell = Shell(place.folder, place.env_vars)
    programs = tmp_path / "programs"
    programs.mkdir()
    shell.install(programs)

    for name in ("deploy.md", "operate.md", "plan-json.md"):
        for block in shell_blocks(ROOT / "docs" / name):
            for command in commands(block):
                if reason(block, command):
                    continue
                # This one is below a project file with a state in S3.
                place.write("shop", services, **(STATE if command == "ecsforge state init" else {}))
                expected = next((code for pattern, code in EXIT_CODES.items() if re.match(pattern, command)), 0)
                shell.type(command, ANSWERS.get(command, ()), exit_code=expected)

    assert len(shell.done) > 12
    shell.type("ecsforge destroy --env prod", [("type shop-prod:", "shop-prod")])
