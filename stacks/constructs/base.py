"""The base class of every construct."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stacks.bindings import Construct as Scope
from stacks.bindings import TerraformStack, fix_address, terraform_type
from stacks.errors import SynthError
from stacks.literal import literal, literals
from stacks.resources import CATALOGUE

__all__ = ["Construct", "Scope", "comments", "ephemerals", "literal", "literals"]


class Construct(Scope):
    """A construct whose resources have the Terraform addresses that its code names.

    By default cdktf derives a logical ID from the construct's path and a hash, so moving a construct to another scope
    renames, and thereby replaces, everything in it. `make` sets the logical ID: `self.make(aws.vpc.Vpc, "main")` is
    `aws_vpc.main` in any scope.
    """

    def __init__(self, scope: Scope, id: str) -> None:
        super().__init__(scope, id)
        # One mapping for the whole stack: every construct shares that of its scope.
        self._comments: dict[str, str] = vars(scope).setdefault("_comments", {})
        self._ephemerals: dict[str, str] = vars(scope).setdefault("_ephemerals", {})

    def make(self, kind: Any, logical_id: str, /, *, comment: str = "", **arguments: Any) -> Any:
        """Make the resource or data source `kind` under `logical_id`, with `comment` above it in HCL.

        An argument that is None is left out.

        Raises:
            SynthError: The type is not in the catalogue (`stacks.resources`), or another resource has that address;
                cdktf would write one of the two and lose the other.
        """
        type_ = terraform_type(kind)
        if type_ not in CATALOGUE:
            raise SynthError.of(type_, "this type is not in the catalogue", fix="add an entry to stacks/resources")
        id = f"{kind.__name__}.{logical_id}"
        if id in self._comments:
            address = f"{type_}.{logical_id}"
            what = "two services, resources or volumes have this Terraform address"
            raise SynthError.of("services", what, fix="rename one of them", address=address)
        self._comments[id] = comment
        element = kind(self, id, **arguments)
        fix_address(element, type_, logical_id)
        return element

    def make_ephemeral(self, type_: str, logical_id: str, /, *, comment: str = "", **arguments: Any) -> str:
        """Make an ephemeral resource, and return its address: its attributes are in no plan and no state.

        cdktf has no bindings for these, so the arguments have Terraform's names. They need Terraform or OpenTofu 1.11
        together with write-only arguments.
        """
        address = f"ephemeral.{type_}.{logical_id}"
        TerraformStack.of(self).add_override(address, arguments)
        self._comments[address] = comment
        self._ephemerals[address] = self.node.path.split("/")[1]
        return address


def ephemerals(stack: Scope) -> Mapping[str, str]:
    """The ephemeral resources of a stack by address, each with the ID of the outermost construct that made it."""
    made: dict[str, str] = vars(stack).get("_ephemerals", {})
    return made


def comments(stack: Scope) -> Mapping[str, str]:
    """The HCL comment of each resource and data source of a stack, by construct ID, in the order they were made.

    Those of ephemeral resources are by address.

    Most are empty.
    """
    made: dict[str, str] = vars(stack).get("_comments", {})
    return made
