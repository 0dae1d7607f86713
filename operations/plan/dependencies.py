"""What depends on what in a plan: from the references in its configuration, and from its prior state.

Source: https://developer.hashicorp.com/terraform/internals/json-format#configuration-representation. A plan does not
contain local values, so references through them are unknown. Modules count as one node, `module.NAME`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_INDEX = re.compile(r"\[[^\]]*\]")
_NOT_NODES = frozenset({"var", "local", "path", "each", "count", "self", "terraform"})


def node_of(address: str) -> str:
    """The node of an address or a reference: without index, attribute, and what is inside a module; empty for none.

    `aws_subnet.private[0].id` is `aws_subnet.private`, and `module.network.aws_vpc.main` is `module.network`.
    """
    parts = _INDEX.sub("", address).split(".")
    length = 3 if parts[0] == "data" else 2
    return "" if parts[0] in _NOT_NODES or len(parts) < length else ".".join(parts[:length])


class Dependencies:
    """The dependencies of a plan.

    Args:
        shown: The plan as `terraform show -json` prints it.
    """

    def __init__(self, shown: Mapping[str, Any]) -> None:
        self._dependents: dict[str, set[str]] = {}
        for node, expressions in _configured(shown):
            for reference in _references(expressions):
                if (other := node_of(reference)) and other != node:
                    self._dependents.setdefault(other, set()).add(node)
        self._deployed: dict[str, set[str]] = {}
        prior = shown.get("prior_state", {}).get("values", {}).get("root_module", {})
        for resource in prior.get("resources", ()):
            on = map(node_of, resource.get("depends_on", ()))
            self._deployed.setdefault(node_of(resource["address"]), set()).update(on)

    def with_dependents(self, nodes: Iterable[str]) -> frozenset[str]:
        """These nodes, and everything that depends on them in the configuration, directly or not."""
        found, waiting = set[str](), list(nodes)
        while waiting:
            node = waiting.pop()
            if node not in found:
                found.add(node)
                waiting += self._dependents.get(node, ())
        return frozenset(found)

    def deployed(self, node: str) -> frozenset[str]:
        """What a deployed resource depends on, according to the state; empty if it is not deployed."""
        return frozenset(self._deployed.get(node, ()))


def _configured(shown: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    root = shown.get("configuration", {}).get("root_module", {})
    for resource in root.get("resources", ()):
        yield node_of(resource["address"]), resource
    for name, call in root.get("module_calls", {}).items():
        yield f"module.{name}", {key: value for key, value in call.items() if key != "module"}


def _references(value: Any) -> Iterator[str]:
    """Every reference in a resource or in a call of a module: those of expressions, and `depends_on`."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key in ("references", "depends_on") and isinstance(item, list):
                yield from filter(lambda each: isinstance(each, str), item)
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)
