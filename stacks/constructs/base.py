"""What every construct of ecsforge is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stacks.bindings import Construct
from stacks.errors import SynthError


class Concept(Construct):
    """A construct whose resources have the Terraform addresses that its code says.

    cdktf would build a logical id from the construct's path and a hash, so that moving a construct renames, and
    thereby replaces, all it holds. `make` fixes the id instead: `self.make(aws.vpc.Vpc, "main")` is `aws_vpc.main`
    wherever it stands.
    """

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        # One set for the whole stack, handed down from the construct at its top.
        self._addresses: set[str] = vars(scope).setdefault("_addresses", set())

    def make(self, kind: Any, logical_id: str, /, **arguments: Any) -> Any:
        """Make the resource or data source `kind` under `logical_id`.

        Raises:
            SynthError: where another one has that address; cdktf would write one of the two and lose the other.
        """
        address = f"{kind.__name__}.{logical_id}"
        if address in self._addresses:
            taken = f"{kind.TF_RESOURCE_TYPE}.{logical_id}"
            raise SynthError(f"services: two of them, or of their volumes, would be {taken}; rename one")
        self._addresses.add(address)
        element = kind(self, address, **arguments)
        element.override_logical_id(logical_id)
        return element


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
