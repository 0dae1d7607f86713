"""A rehearsal from the command line, with its report as JSON."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from operations.iam.recorded import actions_of_recorded
from stacks.app import synthesize
from stacks.project import Selection, load
from stacks.resources import CATALOGUE
from tests.support.workplace import Workplace


def rehearsed(workplace: Workplace, *options: str, exit_code: int = 0, own: Collection[str] = ()) -> dict[str, Any]:
    """The report of a rehearsal of one environment, as JSON. The catalogue has the actions of all its calls.

    But not those of `own`: services of AWS that only the user's own Terraform uses.
    """
    answer = workplace.ecsforge("rehearse", "--json", *options, exit_code=exit_code, seconds=1800)
    (environment,) = json.loads(answer.stdout)["environments"]
    given = dict(zip(options[::2], options[1::2], strict=False))
    files = [Path(given.get("-f", workplace.folder / "ecsforge.yaml"))]
    files += [workplace.folder / name for name in [given.get("--upgrade-from")] if name]
    of_own = {action for action in needed(environment) if action.partition(":")[0] in own}
    assert needed(environment) - of_own <= allowed(files, given["--env"], workplace.folder.parent / "synthesized")
    return dict(environment)


def needed(report: dict[str, Any]) -> set[str]:
    """The IAM actions that Terraform's calls in a rehearsal need."""
    return {
        action
        for call in report["calls"]
        if call["client"] == "terraform"
        for action in actions_of_recorded(call["service"], call["operation"], call["resources"], tagged=call["tagged"])
    }


def allowed(files: Iterable[Path], env: str, folder: Path) -> set[str]:
    """The IAM actions that the catalogue has for the types of stacks."""
    stacks = [
        synthesize(load(Selection(file=file, env=env)), folder / str(number))[0] for number, file in enumerate(files)
    ]
    types = {address.rpartition(".")[0] for stack in stacks for address in stack.owners}
    return {action for kind in CATALOGUE.keys() & types for action in CATALOGUE[kind].actions.all}


def stages(report: dict[str, Any]) -> dict[str, str]:
    return {stage["name"]: stage["detail"] for stage in report["stages"]}
