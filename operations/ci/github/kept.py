"""What the user wrote between markers in an existing workflow: it survives when the workflow is written again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stacks.errors import SynthError

_MARKER = re.compile(r"\s*# (?P<side>>>>|<<<) yours: (?P<name>.+?)\s*")
HEADER = "# Written by `ecsforge ci github` for the project "


def merged(text: str, existing: str | None, file: str) -> str:
    """The new text of the workflow, with what the existing one has between its markers.

    Raises:
        SynthError: The existing file is not such a workflow, its markers are incomplete, or text between them has no
            place in the new one.
    """
    if existing is None:
        return text
    _require_own(text, existing, file)
    kept = {name: lines for name, lines in _sections(existing, file).items() if any(map(str.strip, lines))}
    places = _sections(text, file)
    for name in kept:
        if name not in places:
            what = f"your lines at `yours: {name}` have no place in the new workflow"
            raise SynthError.of(file, what, fix="move them to another place, then run the command again")
    return "\n".join(_with(text, kept)) + "\n"


def _require_own(text: str, existing: str, file: str) -> None:
    own, _, _ = text.partition("\n")
    first, _, _ = existing.partition("\n")
    if first.rstrip() == own:
        return
    if first.startswith(HEADER):
        what, got = "the workflow is of another project", first.removeprefix(HEADER).rstrip(".\r ")
    else:
        what, got = "the file exists, and `ecsforge ci github` did not write it", None
    raise SynthError.of(file, what, got=got, fix="rename it, then run the command again")


def _sections(text: str, file: str) -> dict[str, list[str]]:
    """The lines between each pair of markers."""
    found: dict[str, list[str]] = {}
    open_name: str | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        match = _MARKER.fullmatch(line)
        if match is None:
            if open_name is not None:
                found[open_name].append(line)
        elif match["side"] == ">>>" and open_name is None and match["name"] not in found:
            open_name = match["name"]
            found[open_name] = []
        elif match["side"] == "<<<" and open_name == match["name"]:
            open_name = None
        else:
            raise _incomplete(f"{file}:{number}", match["name"])
    if open_name is not None:
        raise _incomplete(file, open_name)
    return found


def _incomplete(where: str, name: str) -> SynthError:
    what = f"the lines `# >>> yours: {name}` and `# <<< yours: {name}` must be there once, in this order"
    return SynthError.of(where, what, fix="restore them, then run the command again")


def _with(text: str, kept: dict[str, list[str]]) -> Iterator[str]:
    for line in text.splitlines():
        yield line
        match = _MARKER.fullmatch(line)
        if match is not None and match["side"] == ">>>":
            yield from kept.get(match["name"], ())
