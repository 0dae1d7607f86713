"""The top-level blocks of a stack, each with its address."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from stacks.errors import SynthError
from stacks.expressions import UnreadableExpression
from stacks.hcl.arguments import in_reading_order
from stacks.hcl.blocks import BlockSchema
from stacks.hcl.body import Attribute, Block, Member
from stacks.hcl.resource_blocks import conditions, reference, references, resource
from stacks.hcl.values import literal, value

_FIX = "use --format json"


@dataclass(frozen=True)
class Entry:
    """One top-level block, or one local value.

    `kind` is its key in the stack's JSON.
    """

    kind: str
    address: str
    content: Member


def entries(stack: Mapping[str, Any], schema: BlockSchema) -> Iterator[Entry]:
    """The blocks of the stack by kind: settings, providers, variables, locals, resources, moves and outputs.

    Raises:
        SynthError: A kind of block or a resource type is not supported, or an expression is invalid.
    """
    unknown = stack.keys() - _KINDS.keys() - {"//"}
    if unknown:
        raise SynthError.of(min(unknown), "HCL output does not support this top-level block", fix=_FIX)
    for kind, read in _KINDS.items():
        for address, build in read(stack.get(kind) or {}, schema):
            try:
                yield Entry(kind, address, build())
            except UnreadableExpression as error:
                what = f"invalid Terraform expression at character {error.character}"
                raise SynthError.of(address, what, got=repr(error.text), fix=_FIX, address=address) from error


_Read: TypeAlias = Iterator[tuple[str, Callable[[], Member]]]


def _terraform(settings: Any, schema: BlockSchema) -> _Read:
    if settings:
        yield "terraform", partial(_settings, settings)


def _settings(settings: Mapping[str, Any]) -> Block:
    providers = settings.get("required_providers") or {}
    required = tuple(Attribute(name, literal(given)) for name, given in providers.items())
    plain = tuple(
        Attribute(name, literal(given))
        for name, given in settings.items()
        if name not in ("required_providers", "backend", "cloud") and given is not None
    )
    backend = settings.get("backend") or {}
    backends = tuple(_literal_block(f'backend "{name}"', given) for name, given in backend.items())
    cloud = (_cloud(settings["cloud"]),) if settings.get("cloud") else ()
    needs = (Block("required_providers", (required,), dense=True),) if required else ()
    return Block("terraform", tuple(group for group in (plain, needs, backends, cloud) if group))


def _cloud(settings: Mapping[str, Any]) -> Block:
    block = _literal_block("cloud", {name: given for name, given in settings.items() if name != "workspaces"})
    return Block("cloud", (*block.groups, (_literal_block("workspaces", settings["workspaces"]),)))


def _literal_block(header: str, arguments: Mapping[str, Any]) -> Block:
    names = in_reading_order(arguments)
    return Block(header, (tuple(Attribute(name, literal(arguments[name])) for name in names),))


def _providers(providers: Any, schema: BlockSchema) -> _Read:
    for name, given in providers.items():
        # A provider without settings needs no block.
        for arguments in filter(None, given if isinstance(given, list) else [given]):
            alias = f".{arguments['alias']}" if "alias" in arguments else ""
            address = f"provider.{name}"
            yield address + alias, partial(_resource, f'provider "{name}"', arguments, schema, address)


def _variables(variables: Any, schema: BlockSchema) -> _Read:
    for name, arguments in variables.items():
        yield f"var.{name}", partial(_variable, name, arguments)


def _variable(name: str, arguments: Mapping[str, Any]) -> Block:
    plain = [
        Attribute(key, reference(arguments[key]) if key == "type" else literal(arguments[key]))
        for key in in_reading_order(arguments)
        if key not in ("//", "validation")
    ]
    return Block(f'variable "{name}"', (tuple(plain), tuple(conditions(arguments, "validation"))))


def _locals(values: Any, schema: BlockSchema) -> _Read:
    for name, given in values.items():
        yield f"local.{name}", partial(_local, name, given)


def _local(name: str, given: Any) -> Attribute:
    return Attribute(name, value(given))


def _data(types: Any, schema: BlockSchema) -> _Read:
    for kind, named in types.items():
        for name, arguments in named.items():
            header = f'data "{kind}" "{name}"'
            yield f"data.{kind}.{name}", partial(_resource, header, arguments, schema, f"data.{kind}")


def _ephemerals(types: Any, schema: BlockSchema) -> _Read:
    """Ephemeral resources, for which cdktf has no bindings: those of the AWS provider have no nested blocks."""
    for kind, named in types.items():
        for name, arguments in named.items():
            header = f'ephemeral "{kind}" "{name}"'
            yield f"ephemeral.{kind}.{name}", partial(resource, header, arguments, {})


def _resources(types: Any, schema: BlockSchema) -> _Read:
    for kind, named in types.items():
        for name, arguments in named.items():
            header = f'resource "{kind}" "{name}"'
            yield f"{kind}.{name}", partial(_resource, header, arguments, schema, kind)


def _resource(header: str, arguments: Mapping[str, Any], schema: BlockSchema, kind: str) -> Block:
    blocks = schema.get(kind)
    if blocks is None:
        raise SynthError.of(kind, "the bindings do not describe the nested blocks of this type", fix=_FIX)
    return resource(header, arguments, blocks)


def _outputs(outputs: Any, schema: BlockSchema) -> _Read:
    for name, arguments in outputs.items():
        yield f"output.{name}", partial(_output, name, arguments)


def _output(name: str, arguments: Mapping[str, Any]) -> Block:
    plain = [
        Attribute(key, literal(arguments[key]) if key == "description" else value(arguments[key]))
        for key in in_reading_order(arguments)
        if key not in ("//", "depends_on", "precondition")
    ]
    depends = arguments.get("depends_on")
    last = (Attribute("depends_on", references(depends)),) if depends else ()
    return Block(f'output "{name}"', (tuple(plain), tuple(conditions(arguments, "precondition")), last))


def _refactorings(kind: str) -> Callable[[Any, BlockSchema], _Read]:
    """`moved`, `import` and `removed` blocks, whose addresses are not quoted."""

    def read(blocks: Any, schema: BlockSchema) -> _Read:
        for arguments in blocks or []:
            address = f"{kind}.{arguments.get('to') or arguments['from']}"
            yield address, partial(_refactoring, kind, arguments)

    return read


def _refactoring(kind: str, arguments: Mapping[str, Any]) -> Block:
    plain = [
        Attribute(name, reference(arguments[name]) if name in ("from", "to", "provider") else value(arguments[name]))
        for name in ("from", "to", "id", "for_each", "provider")
        if arguments.get(name) is not None
    ]
    nested = [_literal_block("lifecycle", arguments["lifecycle"])] if "lifecycle" in arguments else []
    return Block(kind, (tuple(plain), tuple(nested)))


_KINDS: dict[str, Callable[[Any, BlockSchema], _Read]] = {
    "terraform": _terraform,
    "provider": _providers,
    "variable": _variables,
    "locals": _locals,
    "data": _data,
    "ephemeral": _ephemerals,
    "resource": _resources,
    "moved": _refactorings("moved"),
    "import": _refactorings("import"),
    "removed": _refactorings("removed"),
    "output": _outputs,
}
