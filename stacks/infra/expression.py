"""What is wrong with an expression of the project file, `{terraform: EXPRESSION}`."""

from __future__ import annotations

from dataclasses import dataclass

from stacks.expressions import MalformedExpression, UnreadableExpression, parse_expression
from stacks.infra.configuration import OwnTerraform
from stacks.infra.references import FunctionCall, Reference, references_in
from stacks.naming import OFFER
from stacks.project.data.functions import FUNCTIONS, READ_FILES
from stacks.project.suggest import did_you_mean, nearest

_CHANGING = ("bcrypt", "plantimestamp", "timestamp", "uuid")
_OF_BLOCKS = ("count", "each", "self")
_OFFERED = f"local.{OFFER}"


@dataclass(frozen=True)
class Fault:
    """What is wrong; `at` is the offset in the expression."""

    at: int
    what: str
    got: str | None
    fix: str


def expression_fault(text: str, own: OwnTerraform | None, folder: str | None) -> Fault | None:
    """The first thing that is wrong with an expression; None when nothing is.

    `own` is the user's own Terraform in `folder`; None where the project has none, or where it can't be read.
    """
    example = "write an expression, such as aws_db_instance.main.address"
    try:
        found = references_in(parse_expression(text))
        return next((fault for each in found if (fault := _fault(each, own, folder)) is not None), None)
    except MalformedExpression as error:
        return Fault(error.character - 1, f"is not a Terraform expression: {error.problem}", None, example)
    except UnreadableExpression as error:
        at = error.character - 1
        what = f"is not a Terraform expression from character {error.character} on"
        return Fault(min(at, max(len(text) - 1, 0)), what, None, example)


def _fault(found: Reference | FunctionCall, own: OwnTerraform | None, folder: str | None) -> Fault | None:
    if isinstance(found, FunctionCall):
        return _called(found, own)
    return _referred(found, own, folder)


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
    if name in _CHANGING:
        what = f"can't call {name}(), whose value changes with every plan"
        return Fault(call.at, what, call.name, "remove the call")
    if name not in FUNCTIONS:
        what = "calls a function that Terraform does not have"
        near = nearest(name, FUNCTIONS)
        return Fault(call.at, what, call.name, f"did you mean {near}?" if near else "remove the call")
    return None


def _referred(found: Reference, own: OwnTerraform | None, folder: str | None) -> Fault | None:
    root, shown = found.names[0], ".".join(found.names)
    if root in ("path", "terraform"):
        fix = "write the value in a local value of your own Terraform, and refer to that"
        return Fault(found.at, f"can't refer to {root}", shown, fix)
    if root in _OF_BLOCKS:
        return Fault(found.at, f"can't refer to {root}, which only exists inside of a block", shown, "remove it")
    if root == "ephemeral":
        return Fault(found.at, "can't refer to an ephemeral resource", shown, "refer to a value that Terraform keeps")
    length = {"data": 3, "var": 2, "local": 2, "module": 2}.get(root, 2)
    name = ".".join(found.names[:length])
    if name == _OFFERED:
        return None
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
