"""Terraform's own rendering of a plan, read for comparison with ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_RESOURCE = re.compile(
    r"^  # (?P<address>\S+) (?:will|must) be (?P<action>created|updated in-place|replaced|destroyed)"
)
_MARKED = re.compile(r'^ +[-+~] (?:"(?P<key>[^"]+)"|(?P<name>[\w-]+)) +(?:=|\{)? *(?P<rest>.*)$')
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Marked:
    """A line that Terraform marks with `+`, `-` or `~`: the argument, and the strings before and after."""

    name: str
    values: tuple[str, ...]
    empty: bool


def marked_lines(text: str, *actions: str) -> Iterator[tuple[str, Marked]]:
    """The marked arguments of the resources with one of these actions, by address."""
    address, wanted = "", False
    for line in text.splitlines():
        resource = _RESOURCE.match(line)
        if resource is not None:
            address, wanted = resource["address"], resource["action"] in actions
            continue
        if line.startswith("Plan: "):
            return
        marked = _MARKED.match(line)
        if wanted and marked is not None and marked["name"] != "resource":
            rest = marked["rest"].split(" # ")[0].rstrip()
            values = tuple(_STRING.findall(rest))
            yield address, Marked(marked["key"] or marked["name"], values, bool(re.match(r"\[\]", rest)))
