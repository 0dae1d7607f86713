"""What a reviewer asks about a resource that a plan creates: its values, whether it is public, what it costs.

Which arguments, and when a type is public or billed, is in the catalogue of resource types.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

from operations.plan.compare import parsed
from operations.plan.containers import TASK_DEFINITION
from operations.plan.diff import states
from operations.plan.redact import MASK, contains_credential
from operations.plan.values import UNKNOWN, Secret, tidy
from stacks.addresses import Owners, Place, place
from stacks.resources import Condition, ResourceType, resource_type

_SCALING_TARGET = "aws_appautoscaling_target"
_GROUP = re.compile(r"aws_security_group\.[\w-]+")
_SOURCES = ("cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id")


@dataclass(frozen=True)
class Value:
    """A value of a resource that a plan creates.

    Attributes:
        path: The argument: `desired_count`, `image`; that of another container has its name, `metrics.image`.
        name: Its name in a plan: `count`.
        value: The JSON value; a secret is `(sensitive)`.
    """

    path: str
    name: str
    value: Any


@dataclass(frozen=True)
class Charge:
    """What AWS bills by the hour, used or not. `tasks` describes the tasks of a service; empty if there are none.

    `about` is the price of one for a month, such as `33 USD`; empty if it depends on the use.
    """

    name: str
    tasks: str = ""
    about: str = ""


@dataclass(frozen=True)
class Facts:
    """What a plan says about a resource after the apply.

    Attributes:
        values: The values that a reviewer asks for.
        public: How it is public: `open to 0.0.0.0/0 on tcp 443`.
        charges: What AWS bills for it by the hour.
    """

    values: tuple[Value, ...] = ()
    public: tuple[str, ...] = ()
    charges: tuple[Charge, ...] = ()


NO_FACTS = Facts()


@dataclass(frozen=True)
class _Service:
    """The size of the tasks of a service, and how many there are."""

    size: Mapping[str, Any] = field(default_factory=dict)
    scaling: Mapping[str, Any] = field(default_factory=dict)


class Reviewer:
    """Finds the facts about the resources of a plan."""

    def __init__(self, shown: Mapping[str, Any], owners: Owners) -> None:
        self._owners = owners
        self._services: dict[str | None, _Service] = {}
        module = shown.get("configuration", {}).get("root_module", {})
        self._expressions = {each["address"]: each.get("expressions", {}) for each in module.get("resources", [])}
        for each in shown.get("resource_changes", []):
            self._remember(each)

    def news(self, resource: Mapping[str, Any], action: str) -> Facts:
        """The facts about a resource that is created, and what is new about one that is changed or replaced."""
        before, after = map(_without_secrets, states(resource["change"]))
        if action == "create":
            return self._facts(resource, after)
        if action not in ("update", "replace"):
            return NO_FACTS
        old, new = self._facts(resource, before), self._facts(resource, after)
        charged = {charge.name for charge in old.charges}
        return Facts(
            public=tuple(text for text in new.public if text not in old.public),
            charges=tuple(charge for charge in new.charges if charge.name not in charged),
        )

    def _facts(self, resource: Mapping[str, Any], after: Mapping[str, Any]) -> Facts:
        entry = resource_type(resource["type"])
        place_ = place(resource["address"], self._owners)
        traffic = self._traffic(resource["address"], entry, after)
        return Facts(
            (*traffic, *_containers(after, place_), *_values(entry, after)),
            tuple(self._public(entry, after, traffic)),
            tuple(
                Charge(each.name, self._tasks(place_, after) if each.per_task else "", each.about)
                for each in entry.billed
                if _holds(each.condition, after)
            ),
        )

    def _remember(self, resource: Mapping[str, Any]) -> None:
        """Keep what the cost of a service depends on."""
        if resource["type"] not in (TASK_DEFINITION, _SCALING_TARGET) or not resource["change"].get("after"):
            return
        service = place(resource["address"], self._owners).service
        known = self._services.get(service, _Service())
        after = states(resource["change"])[1]
        if resource["type"] == TASK_DEFINITION:
            self._services[service] = _Service(after, known.scaling)
        else:
            self._services[service] = _Service(known.size, after)

    def _tasks(self, place_: Place, after: Mapping[str, Any]) -> str:
        """`2 to 6 of web with cpu 256, memory 512`, from what is known."""
        service = self._services.get(place_.service, _Service())
        low, high = (service.scaling.get(key) for key in ("min_capacity", "max_capacity"))
        number = after.get("desired_count")
        if isinstance(low, int) and isinstance(high, int):
            count = f"{low} to {high}"
        else:
            count = str(number) if isinstance(number, int) else ""
        size = ", ".join(f"{key} {service.size[key]}" for key in ("cpu", "memory") if service.size.get(key))
        whose = f"{count} of {place_.service}" if count and place_.service else count or str(place_.service or place_)
        return f"{whose} with {size}" if size else whose

    def _traffic(self, address: str, entry: ResourceType, after: Mapping[str, Any]) -> list[Value]:
        """What a rule of a security group allows: `tcp 443 from 0.0.0.0/0`."""
        if entry.traffic is None:
            return []
        others = [text for key in _SOURCES if (text := self._source(address, key, after.get(key)))]
        return [Value("traffic", "allows", f"{_ports(after)} {entry.traffic} {' and '.join(others) or UNKNOWN}")]

    def _source(self, address: str, key: str, value: Any) -> str:
        """The other side of a rule. The configuration names a security group that has no ID yet."""
        if value and value != UNKNOWN and key != "referenced_security_group_id":
            return str(value)
        for reference in self._expressions.get(address, {}).get(key, {}).get("references", ()):
            if _GROUP.fullmatch(reference):
                return str(place(reference, self._owners))
        return str(value or "")

    def _public(self, entry: ResourceType, after: Mapping[str, Any], traffic: list[Value]) -> Iterator[str]:
        for each in entry.public:
            if _holds(each.condition, after):
                value = _first(after, each.condition.path) if each.condition.path else ""
                yield each.text.format(value=value, traffic=_ports(after) if traffic else "")


def _containers(after: Mapping[str, Any], place_: Place) -> Iterator[Value]:
    """The image and the ports of each container; those of the service's own container without its name."""
    containers = parsed(after.get("container_definitions"))
    if "container_definitions" not in after:
        return
    if not isinstance(containers, list):
        yield Value("image", "image", UNKNOWN if containers == UNKNOWN else MASK)
        return
    for container in containers:
        if not isinstance(container, dict):
            continue
        name = container.get("name")
        prefix = "" if name == place_.service else f"{name}."
        yield Value(f"{prefix}image", f"{prefix}image", container.get("image"))
        mappings = container.get("portMappings") or []
        ports = [each.get("containerPort") for each in mappings if isinstance(each, dict)]
        if ports:
            yield Value(f"{prefix}portMappings.containerPort", f"{prefix}port", ports[0] if len(ports) == 1 else ports)


def _values(entry: ResourceType, after: Mapping[str, Any]) -> Iterator[Value]:
    for shown in entry.shown:
        found = [tidy(value) for value in _at(after, shown.path.split(".")) if value not in (None, "", [], {}, UNKNOWN)]
        if not found or found == [shown.default]:
            continue
        value = found[0] if len(found) == 1 else found
        masked = contains_credential(value, shown.path.rpartition(".")[2])
        yield Value(shown.path, shown.name or shown.path, MASK if masked else value)


def _at(value: Any, path: list[str]) -> Iterator[Any]:
    """The values at a path, through the elements of lists; a list of plain values counts as several."""
    if isinstance(value, list):
        for item in value:
            yield from _at(item, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _at(value[path[0]], path[1:])


def _first(after: Mapping[str, Any], path: str) -> Any:
    return next(_at(after, path.split(".")), None)


def _holds(condition: Condition, after: Mapping[str, Any]) -> bool:
    values = map(_normal, _at(after, condition.path.split(".")))
    return not condition.path or any(value in condition.values for value in values)


def _normal(value: Any) -> Any:
    """A value in the form of the catalogue: `0.0.0.0/0` for every way to write it."""
    if isinstance(value, str) and "/" in value:
        with suppress(ValueError):
            return str(ip_network(value, strict=False))
    return value


def _ports(rule: Mapping[str, Any]) -> str:
    """`tcp 443`, `udp 8000-8080`, `all traffic`."""
    protocol, low, high = (rule.get(key) for key in ("ip_protocol", "from_port", "to_port"))
    if protocol == "-1":
        return "all traffic"
    if low is None or low == -1:
        return f"{protocol}, all ports" if protocol in ("tcp", "udp") else str(protocol)
    return f"{protocol} {low}" if low == high else f"{protocol} {low}-{high}"


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Secret):
        return MASK
    if isinstance(value, dict):
        return {key: _without_secrets(item) for key, item in value.items()}
    return [_without_secrets(item) for item in value] if isinstance(value, list) else value
