"""From the JSON of a stack to its HCL files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from stacks.hcl.blocks import BlockSchema
from stacks.hcl.body import Attribute, Block, block_lines
from stacks.hcl.document import Entry, entries
from stacks.hcl.order import in_dependency_order

# Data sources stand among the resources that use them.
_GROUP = {"data": "resource"}


def render(
    stack: Mapping[str, Any],
    blocks: BlockSchema,
    file_of: Callable[[str], str],
    headers: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The stack's files by name, formatted as `terraform fmt` formats them.

    `stack` is what cdktf writes into `cdk.tf.json`. `blocks` says which arguments are nested blocks (`blocks_of`).
    `file_of` names the file of an address: `aws_vpc.main`, `data.aws_caller_identity.current`, `provider.aws`
    (`provider.aws.west` with an alias), `terraform`, `var.image`, `local.name`, `output.alb_url`,
    `moved.aws_vpc.main`, `import.aws_vpc.main` and `removed.aws_vpc.main`. `headers` gives files a first line that
    says what they hold, without the `#`.

    Raises:
        SynthError: when the stack holds something that HCL output does not know.
    """
    files: dict[str, list[Entry]] = {}
    for entry in entries(stack, blocks):
        files.setdefault(file_of(entry.address), []).append(entry)
    return {name: _file(files[name], (headers or {}).get(name)) for name in sorted(files)}


def _file(content: Sequence[Entry], header: str | None) -> str:
    paragraphs = [[f"# {header}"]] if header else []
    paragraphs += [block_lines(block) for block in _blocks(content)]
    return "\n\n".join("\n".join(lines) for lines in paragraphs) + "\n"


def _blocks(content: Sequence[Entry]) -> Iterator[Block]:
    """The file's blocks, kind by kind; resources and data sources mingle, in the order they depend on each other."""
    for kind, group in groupby(content, key=lambda entry: _GROUP.get(entry.kind, entry.kind)):
        members = [*group]
        if kind == "resource":
            members = in_dependency_order(members)
        yield from (entry.content for entry in members if isinstance(entry.content, Block))
        values = tuple(entry.content for entry in members if isinstance(entry.content, Attribute))
        if values:
            yield Block("locals", (values,))
