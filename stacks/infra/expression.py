"""What is wrong with an expression of the project file, `{terraform: EXPRESSION}`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from stacks.expressions import MalformedExpression, UnreadableExpression, parse_expression, parse_syntax
from stacks.expressions.syntax import Comprehension, Index, List, Map, Member, Name, Node, Splat, Text
from stacks.infra.configuration import OwnTerraform
from stacks.infra.offered import SEVERAL, unknown_part
from stacks.infra.references import FunctionCall, Reference, references_in
from stacks.naming import OFFER
from stacks.project.data.functions import FUNCTIONS, READ_FILES
from stacks.project.suggest import did_you_mean, nearest

_CHANGING = ("bcrypt", "plantimestamp", "timestamp", "uuid")
_OF_MACHINE = ("abspath", "pathexpand")
_OF_BLOCKS = ("count", "each", "self")
_OFFERED = ("local", OFFER)
_LENGTHS = {"data": 3, "var": 2, "local": 2, "module": 2}
"""The number of names in a reference to something that is declared; 2 for resources."""
_COLONS = 3
_Members = Mapping[str, Collection[str]]


@dataclass(frozen=True)
class Fault:
    """What is wrong; `at` is the offset in the expression."""

    at: int
    what: str
    got: str | None
    fix: str


def expression_fault(
    text: str, own: OwnTerraform | None, folder: str | None, members: _Members | None = None
) -> Fault | None:
    """The first thing that is wrong with an expression; None when nothing is.

    Args:
        text: The expression, for a single value.
        own: The user's own Terraform in `folder`; None where the project has none, or where it can't be read.
        folder: The field `terraform`; None without one.
        members: The names of the project's `services` and `resources`; None where they are not known.
    """
    example = "write an expression, such as aws_db_instance.main.address"
    try:
        found = [*references_in(parse_expression(text))]
        faults = (_fault(each, own, folder, members or {}) for each in found)
        fault = next((fault for fault in faults if fault is not None), None) or _several(parse_syntax(text))
        return fault or (None if any(isinstance(each, Reference) for each in found) else _constant())
    except MalformedExpression as error:
        return Fault(error.character - 1, f"is not a Terraform expression: {error.problem}", None, example)
    except UnreadableExpression as error:
        at = error.character - 1
        what = f"is not a Terraform expression from character {error.character} on"
        return Fault(min(at, max(len(text) - 1, 0)), what, None, example)


def secret_fault(text: str) -> Fault | None:
    """What is wrong with the end of a secret's ARN, in an expression that `expression_fault` accepts.

    Source: the ECS Developer Guide ("Pass Secrets Manager secrets through Amazon ECS environment variables"): after the
    ARN, `json-key:version-stage:version-id` has all its colons.
    """
    node = parse_syntax(text)
    parts = node.quoted.parts if isinstance(node, Text) else ()
    end = parts[-1] if len(parts) > 1 else ""
    if not isinstance(end, str) or not end.startswith(":") or end.count(":") == _COLONS:
        return None
    key = end.split(":")[1] or "password"
    what = "must end with a JSON key, a version stage and a version ID after the ARN of a secret"
    return Fault(0, what, end, f"write :{key}:: at its end")


def _constant() -> Fault:
    return Fault(0, "refers to nothing in your own Terraform", None, "write the value itself, without terraform:")


def _fault(
    found: Reference | FunctionCall, own: OwnTerraform | None, folder: str | None, members: _Members
) -> Fault | None:
    if isinstance(found, FunctionCall):
        return _called(found, own)
    if found.names[:2] == _OFFERED:
        return _offered(found, folder, members)
    return _referred(found, own, folder)


def _offered(found: Reference, folder: str | None, members: _Members) -> Fault | None:
    """What is wrong with a reference to `local.ecsforge`."""
    if folder is None:
        what = f"refers to {'.'.join(_OFFERED)}, which exists only beside your own Terraform"
        return Fault(found.at, what, ".".join(found.names), "add terraform: infra/, with a file in that folder")
    unknown = unknown_part(found.names[2:], members) if len(found.names) > len(_OFFERED) else None
    if unknown is None:
        return None
    name, choices = unknown
    what = f"refers to something that {'.'.join(_OFFERED)} does not have"
    fix = did_you_mean(name.rpartition(".")[2], choices, "the names there are")
    return Fault(found.at, what, ".".join((*_OFFERED, name)), fix)


def _several(node: Node) -> Fault | None:
    """What is wrong with an expression with several values."""
    if isinstance(node, List | Map | Comprehension):
        return Fault(0, "must be a single value", "a list or a map", "for example aws_db_instance.main.address")
    is_item = isinstance(node, Index | Splat)
    while isinstance(node, Index | Splat):
        node = node.of
    names: list[str] = []
    while isinstance(node, Member):
        names.insert(0, node.name)
        node = node.of
    if not isinstance(node, Name):
        return None
    names.insert(0, node.name)
    name = ".".join(names)
    if names[0] not in ("var", "local") and len(names) == _LENGTHS.get(names[0], 2):
        kind = {"data": "data source", "module": "module"}.get(names[0], "resource")
        what = f"refers to a {kind}, not to one of its values"
        return Fault(0, what, name, f"write {name}.NAME, with the name of a value")
    within = names[2:] if tuple(names[:2]) == _OFFERED and not is_item else None
    if within == [] or (within and len(within) == 1 and within[0] in SEVERAL):
        return Fault(0, "must be a single value", name, f"write {name}.NAME, with the name of a value")
    return None


def _called(call: FunctionCall, own: OwnTerraform | None) -> Fault | None:
    namespace, _, rest = call.name.partition("::")
    if namespace == "provider" and rest:
        known = rest.partition("::")[0] in ("aws", *(own.providers if own else ()))
        fix = "add the provider to required_providers in the folder of your own Terraform"
        what = "calls a function of a provider that is not declared"
        return None if known else Fault(call.at, what, call.name, fix)
    name = rest if namespace == "core" and rest else call.name
    if name in READ_FILES:
        what = f"can't call {name}(), which can read any file on the machine that runs the plan"
        fix = "read the file in your own Terraform, and refer to a local value"
        return Fault(call.at, what, call.name, fix)
    if name in _OF_MACHINE:
        what = f"can't call {name}(), whose value depends on the machine that runs the plan"
        return Fault(call.at, what, call.name, "remove the call")
    if name in _CHANGING:
        what = f"can't call {name}(), whose value changes with every plan"
        return Fault(call.at, what, call.name, "remove the call")
    if name not in FUNCTIONS:
        what = "calls a function that Terraform does not have"
        near = nearest(name, FUNCTIONS)
        return Fault(call.at, what, call.name, f"did you mean {near}?" if near else "remove the call")
    return None


def _referred(found: Reference, own: OwnTerraform | None, folder: str | None) -> Fault | None:
    root, shown = found.names[0], ".".join(found.names[:3])
    if root in ("path", "terraform"):
        fix = "write the value in a local value of your own Terraform, and refer to that"
        return Fault(found.at, f"can't refer to {root}", shown, fix)
    if root in _OF_BLOCKS:
        return Fault(found.at, f"can't refer to {root}, which only exists inside of a block", shown, "remove it")
    if root == "ephemeral":
        return Fault(found.at, "can't refer to an ephemeral resource", shown, "refer to a value that Terraform keeps")
    length = _LENGTHS.get(root, 2)
    name = ".".join(found.names[:length])
    if len(found.names) < length:
        what = "does not refer to anything in your own Terraform"
        return Fault(found.at, what, shown, "write a reference, such as aws_db_instance.main.address")
    if own is None and folder is None:
        what = "refers to your own Terraform, but the project has none"
        return Fault(found.at, what, name, "add terraform: infra/, and declare it in a file of that folder")
    if own is None or name in own.declared:
        return None
    known = sorted(each for each in own.declared if not each.startswith("ephemeral."))
    fix = did_you_mean(name, known, "the names in it are") if known else "declare it in a file of that folder"
    return Fault(found.at, f"refers to something that {folder} does not declare", name, fix)
