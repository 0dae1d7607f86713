"""The bodies of resources, data sources and providers: attributes, nested blocks, meta-arguments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stacks.expressions import parse_expression
from stacks.expressions.tree import Bracket, Expression
from stacks.hcl.arguments import CLOSING, META, in_reading_order
from stacks.hcl.blocks import Blocks
from stacks.hcl.body import Attribute, Block, Member
from stacks.hcl.strings import written
from stacks.hcl.values import value

_SPECIAL = frozenset({"//", "dynamic", "depends_on", "lifecycle"})


def resource(header: str, arguments: Mapping[str, Any], blocks: Blocks) -> Block:
    """A resource, data source or provider: meta-arguments, attributes, nested blocks, tags, dependencies, lifecycle."""
    names = _names(arguments)
    own = [name for name in names if name not in META and name not in CLOSING]
    groups: list[Iterable[Member]] = [
        [_argument(name, arguments[name]) for name in META if name in names],
        *_own_groups(own, arguments, blocks),
        _dynamic(arguments.get("dynamic") or {}, blocks),
        *_own_groups([name for name in CLOSING if name in names], arguments, blocks),
    ]
    if arguments.get("depends_on"):
        groups.append([Attribute("depends_on", references(arguments["depends_on"]))])
    if arguments.get("lifecycle"):
        groups.append([_lifecycle(arguments["lifecycle"])])
    return Block(header, tuple(map(tuple, groups)))


def references(addresses: str | Iterable[str]) -> Expression:
    """A list of addresses without quotes, as in `depends_on`; also the keyword `all`."""
    if isinstance(addresses, str):
        return reference(addresses)
    return (Bracket("[", tuple(map(reference, addresses))),)


def reference(address: str) -> Expression:
    """An address without quotes, also where the JSON has `${address}`."""
    return written(parse_expression(address[2:-1] if address.startswith("${") else address))


def conditions(arguments: Mapping[str, Any], *names: str) -> Iterator[Block]:
    """The blocks of a condition and its error message, of each of the kinds `names`."""
    for name in names:
        for given in _listed(arguments.get(name) or []):
            yield Block(name, (tuple(Attribute(key, value(given[key])) for key in ("condition", "error_message")),))


def _names(arguments: Mapping[str, Any]) -> list[str]:
    given = {name: given for name, given in arguments.items() if name not in _SPECIAL and given is not None}
    return in_reading_order(given)


def _argument(name: str, given: Any) -> Attribute:
    return Attribute(name, reference(given) if name == "provider" else value(given))


def _own_groups(names: Iterable[str], arguments: Mapping[str, Any], blocks: Blocks | None) -> Iterator[list[Member]]:
    """The attributes, then the nested blocks."""
    nested = {name: _is_block(name, arguments[name], blocks) for name in names}
    yield [_argument(name, arguments[name]) for name in nested if not nested[name]]
    yield [block for name in nested if nested[name] for block in _nested(name, arguments[name], blocks)]


def _is_block(name: str, given: Any, blocks: Blocks | None) -> bool:
    if blocks is not None:
        return name in blocks
    return isinstance(given, Mapping) or (isinstance(given, list) and any(isinstance(item, Mapping) for item in given))


def _nested(name: str, given: Any, blocks: Blocks | None) -> Iterator[Block]:
    inner = None if blocks is None else blocks[name]
    return (Block(name, _nested_groups(arguments, inner)) for arguments in _listed(given))


def _nested_groups(arguments: Mapping[str, Any], blocks: Blocks | None) -> tuple[tuple[Member, ...], ...]:
    own = _own_groups(_names(arguments), arguments, blocks)
    return (*map(tuple, own), tuple(_dynamic(arguments.get("dynamic") or {}, blocks)))


def _dynamic(dynamic: Mapping[str, Any], blocks: Blocks | None) -> Iterator[Block]:
    """`dynamic` blocks, which cdktf writes for blocks that use an iterator."""
    for name, given in dynamic.items():
        inner = None if blocks is None else blocks[name]
        for arguments in _listed(given):
            plain = [Attribute("for_each", value(arguments["for_each"]))]
            if "iterator" in arguments:
                plain.append(Attribute("iterator", reference(arguments["iterator"])))
            content = Block("content", _nested_groups(arguments["content"], inner))
            yield Block(f'dynamic "{name}"', (tuple(plain), (content,)))


def _lifecycle(arguments: Mapping[str, Any]) -> Block:
    plain = (
        Attribute(name, references(given) if name in ("ignore_changes", "replace_triggered_by") else value(given))
        for name, given in arguments.items()
        if name not in ("precondition", "postcondition") and given is not None
    )
    return Block("lifecycle", (tuple(plain), tuple(conditions(arguments, "precondition", "postcondition"))))


def _listed(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]
