"""What every construct of ecsforge is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stacks.bindings import Construct, TerraformDataSource
from stacks.errors import SynthError
from stacks.resources import CATALOGUE


class Concept(Construct):
    """A construct whose resources have the Terraform addresses that its code says.

    cdktf would build a logical id from the construct's path and a hash, so that moving a construct renames, and
    thereby replaces, all it holds. `make` fixes the id instead: `self.make(aws.vpc.Vpc, "main")` is `aws_vpc.main`
    wherever it stands.
    """

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        # One for the whole stack, handed down from the construct at its top.
        self._made: dict[str, str] = vars(scope).setdefault("_made", {})

    def make(self, kind: Any, logical_id: str, /, *, comment: str = "", **arguments: Any) -> Any:
        """Make the resource or data source `kind` under `logical_id`; HCL has the `comment` above it.

        Raises:
            SynthError: The type is not in the catalogue (`stacks.resources`), or another resource has that address;
                cdktf would write one of the two and lose the other.
        """
        data = "data." if issubclass(kind, TerraformDataSource) else ""
        type_ = f"{data}{kind.TF_RESOURCE_TYPE}"
        if type_ not in CATALOGUE:
            raise SynthError.of(type_, "this type is not in the catalogue", fix="add an entry to stacks/resources")
        id = f"{kind.__name__}.{logical_id}"
        if id in self._made:
            address = f"{type_}.{logical_id}"
            raise SynthError.of(
                "services", f"two services or volumes have the same Terraform address {address}", fix="rename one"
            )
        self._made[id] = comment
        element = kind(self, id, **arguments)
        element.override_logical_id(logical_id)
        return element


def comments(stack: Construct) -> Mapping[str, str]:
    """The comments of what was made in a stack, empty for most, by construct id, in the order in which it was made."""
    made: dict[str, str] = vars(stack).get("_made", {})
    return made


def literal(text: str) -> str:
    """`text` as Terraform will give it back: `${` and `%{` are doubled so that they start no expression."""
    return text.replace("${", "$${").replace("%{", "%%{")


def literals(values: Sequence[str]) -> list[str]:
    """`literal` of each value."""
    return [literal(value) for value in values]


class Chosen(dict[str, Any]):
    """Keyword arguments without those that were not chosen: None is left out."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__({name: value for name, value in arguments.items() if value is not None})
