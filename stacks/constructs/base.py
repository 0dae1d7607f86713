"""What every construct of ecsforge is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stacks.bindings import Construct


class Concept(Construct):
    """A construct whose resources have the Terraform addresses that its code says.

    cdktf would build a logical id from the construct's path and a hash, so that moving a construct renames, and
    thereby replaces, all it holds. `make` fixes the id instead: `self.make(aws.vpc.Vpc, "main")` is `aws_vpc.main`
    wherever it stands.
    """

    def make(self, kind: Any, logical_id: str, /, **arguments: Any) -> Any:
        """Make the resource or data source `kind` under `logical_id`."""
        element = kind(self, f"{kind.__name__}.{logical_id}", **arguments)
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
