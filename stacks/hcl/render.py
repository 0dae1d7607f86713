"""Renders the JSON of a stack as HCL files."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from stacks.expressions.tree import Object
from stacks.hcl.blocks import BlockSchema
from stacks.hcl.body import Attribute, Block, block_lines
from stacks.hcl.document import Entry, entries
from stacks.hcl.layout import WIDTH
from stacks.resources import resource_type

# Data sources and ephemeral resources are placed among the resources that use them.
_GROUP = {"data": "resource", "ephemeral": "resource"}


def render(
    stack: Mapping[str, Any], blocks: BlockSchema, file_of: Callable[[str], str], made: Mapping[str, str]
) -> dict[str, str]:
    """The stack's files by name, formatted as `terraform fmt` formats them.

    `stack` is the content of `cdk.tf.json`. `blocks` are the arguments that are nested blocks (`blocks_of`).
    `file_of` returns the file of an address: `aws_vpc.main`, `data.aws_caller_identity.current`,
    `ephemeral.aws_secretsmanager_secret_version.db`, `provider.aws` (`provider.aws.west` with an alias), `terraform`,
    `var.image`, `local.name`, `output.alb_url`, `moved.aws_vpc.main`, `import.aws_vpc.main` and
    `removed.aws_vpc.main`. `made` has the addresses of resources, data sources and ephemeral resources in the order of
    the output, each with the comment above it, or "".

    Raises:
        SynthError: The stack contains something that HCL output does not support.
    """
    files: dict[str, list[Entry]] = {}
    for entry in entries(stack, blocks):
        files.setdefault(file_of(entry.address), []).append(entry)
    return {name: _file(files[name], made) for name in sorted(files)}


def _file(content: Sequence[Entry], made: Mapping[str, str]) -> str:
    paragraphs = (
        [*_comment(made.get(address, "")), *block_lines(block)] for address, block in _blocks(content, [*made])
    )
    return "\n\n".join("\n".join(lines) for lines in paragraphs) + "\n"


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)


def _blocks(content: Sequence[Entry], order: Sequence[str]) -> Iterator[tuple[str, Block]]:
    """The file's blocks with their addresses, by kind; resources and data sources are one kind, in their order.

    What monitors other resources comes last.
    """
    ranks = {address: rank for rank, address in enumerate(order)}

    def rank(entry: Entry) -> tuple[bool, int]:
        kind = entry.address.rpartition(".")[0]
        return resource_type(kind).monitoring, ranks.get(entry.address, len(ranks))

    for kind, group in groupby(content, key=lambda entry: _GROUP.get(entry.kind, entry.kind)):
        members = [*group]
        if kind == "resource":
            members.sort(key=rank)
        yield from ((entry.address, entry.content) for entry in members if isinstance(entry.content, Block))
        values = [entry.content for entry in members if isinstance(entry.content, Attribute)]
        if values:
            # In runs: within a group, one-line values come first, also before an object that they refer to.
            runs = groupby(values, key=lambda local: isinstance(local.value[0], Object))
            yield "locals", Block("locals", tuple(tuple(run) for _, run in runs))
