"""The commands in the documentation, as a shell reads them."""

from __future__ import annotations

import re
from pathlib import Path

from tests.docs.not_run import NOT_RUN, SECTIONS_NOT_RUN
from tests.docs.pages import Block, blocks, text_of

_COMMENT = re.compile(r"\s+# .*$")
_CONTINUED = ("\\", "|", "&&")


def commands(block: Block) -> list[str]:
    """The commands of a block, without comments. In a `console` block they begin with `$ `; the rest is output."""
    lines = block.text.splitlines()
    if block.language == "console":
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    found, open_command = [], ""
    for line in lines:
        open_command += _COMMENT.sub("", line)
        if open_command.endswith(_CONTINUED) or open_command.count("'") % 2:
            open_command = open_command.removesuffix("\\") if open_command.endswith("\\") else f"{open_command}\n"
            continue
        if open_command.strip():
            found.append(open_command)
        open_command = ""
    return found


def section(page: Path, heading: str) -> list[Block]:
    """The shell blocks below a heading, up to the next one of its level or above."""
    lines = text_of(page).splitlines()
    first = next(number for number, line in enumerate(lines) if line.lstrip("#").strip() == heading and line[:1] == "#")
    level = lines[first].split()[0]
    fenced, last = False, len(lines)
    for number in range(first + 1, len(lines)):
        fenced ^= lines[number].startswith("```")
        mark = lines[number].split(" ")[0]
        if not fenced and mark and set(mark) == {"#"} and len(mark) <= len(level):
            last = number
            break
    return [each for each in shell_blocks(page) if first < each.line - 1 < last]


def shell_blocks(page: Path) -> list[Block]:
    """The blocks of a page with commands."""
    return [block for block in blocks(page) if block.language in ("sh", "console")]


def reason(block: Block, command: str) -> str | None:
    """Why no test runs a command; None if one does."""
    for (page, heading), why in SECTIONS_NOT_RUN.items():
        if block.page.name == page and block in section(block.page, heading):
            return why
    return next((why for pattern, why in NOT_RUN.items() if re.match(pattern, command)), None)
