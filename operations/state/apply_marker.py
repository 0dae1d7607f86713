"""A marker file in the stack's folder that exists until an apply has succeeded.

A resource enters the state when AWS has finished creating it, which takes minutes for a load balancer. When an apply is
killed before that, the resource exists in the account, but not in the state. The next command finds the marker and
looks for such resources (`operations/deploy/orphans.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Literal

from operations.terraform.stop import Interrupted
from stacks.errors import TerraformError
from stacks.files import write_text

Ending = Literal["interrupted", "failed"]
"""How an apply ended if it did not succeed."""
_MARKER = ".ecsforge-apply.json"  # not in .terraform, which a later synth of other stacks removes


@contextmanager
def marked(folder: Path, *, whole: bool = True) -> Iterator[None]:
    """Mark the stack's folder until the apply in this block has succeeded.

    If it is not the `whole` plan, the marker is then as it was before: an earlier apply may have left what is not in
    this part of the plan.
    """
    marker = folder / _MARKER
    before = last_ending(folder)
    done = partial(clear, folder) if whole or before is None else partial(_write, marker, before)
    _write(marker, "interrupted")  # what a killed apply leaves
    try:
        yield
    except TerraformError:
        with suppress(OSError):  # a synth of other stacks may have removed the folder
            _write(marker, "failed")
        raise
    except Interrupted as stopped:
        if stopped.ending == "completed":
            done()
        raise
    done()


def _write(marker: Path, ending: Ending) -> None:
    write_text(marker, json.dumps({"ended": ending}))


def clear(folder: Path) -> None:
    """Remove the marker: everything in the configuration exists."""
    (folder / _MARKER).unlink(missing_ok=True)


def last_ending(folder: Path) -> Ending | None:
    """How the last apply ended; None when it succeeded."""
    try:
        ended = json.loads((folder / _MARKER).read_text("utf-8"))["ended"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return "failed" if ended == "failed" else "interrupted"
