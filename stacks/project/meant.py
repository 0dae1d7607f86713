"""The value that a value of the wrong kind probably means."""

from __future__ import annotations

import re
from typing import Any

import annotated_types

from stacks.credentials import credential_in, names_credential
from stacks.project.nodes import Items, Mapping, Node, Path, Scalar, find
from stacks.project.plain import command, health_command, mebibytes, plain, seconds, snake
from stacks.project.resource_types import meant_type
from stacks.project.shape import Shape
from stacks.project.uses import PROPERTIES, QUEUE

# The key of a model that a single value is meant for.
_MAIN_KEY = {
    "Connect": "alias",
    "EgressRule": "port",
    "FurtherPort": "port",
    "TargetCheck": "path",
    "Tcp": "port",
    "ContainerHealthCheck": "command",
    "HealthCheck": "path",
    "Logs": "retention_days",
    "FlowLogs": "retention_days",
    "Sidecar": "image",
    "Volume": "path",
    "LogErrors": "pattern",
    "OneOffTask": "command",
    "Cluster": "insights",
}
_YES = frozenset({"yes", "true", "on", "1", "enabled", "y"})
_NOPE = frozenset({"no", "false", "off", "0", "disabled", "n"})
# Types of resources that need no other key.
_TYPES_WITHOUT_KEYS = frozenset({"valkey", "bucket", "topic"})
_ACCESS = ("read", "write", "read_write")
_CPU_PER_VCPU = 1024
_TMPFS_MIB = 64


def meant(root: Mapping, node: Node, path: Path, shape: Shape, kinds: set[Any]) -> Any:
    """The value for a field of these kinds that a value of another kind probably means; None when it says nothing."""
    if path[-1] == "efs" and isinstance(node, Scalar) and node.value is True:
        return "managed"
    if path[-1] in ("key", "sort_key") and dict in kinds and isinstance(node, Scalar) and isinstance(node.value, str):
        return {node.text: "S"}
    if isinstance(node, Scalar):
        if path[-2:-1] == ("uses",) and isinstance(node.value, str) and node.text.strip():
            return _use(root, str(path[-1]), node.text.strip())
        return _of_scalar(node, shape, kinds)
    value = plain(node)
    if isinstance(node, Items):
        if path[-1] == "depends_on" and not _are_containers(root, path, value):
            return None
        return _of_list(value, path, shape, kinds)
    return _of_mapping(value, path, shape, kinds)


def _use(root: Mapping, target: str, text: str) -> dict[str, str] | None:
    """The access to something that a service uses, or the variable for its main property; None if it is unknown."""
    kind = find(root, ("resources", target, "type"))
    name = kind.text if isinstance(kind, Scalar) else QUEUE
    if name not in PROPERTIES or (name == QUEUE and find(root, ("services", target)) is None):
        return None
    key = "access" if text in _ACCESS and "access" in PROPERTIES[name] else PROPERTIES[name][0]
    return {key: text}


def _are_containers(root: Mapping, path: Path, names: list[Any]) -> bool:
    """Whether all names are sidecars of the service at `path`, and not other services as in Compose."""
    sidecars = find(root, (*path[:2], "sidecars"))
    return isinstance(sidecars, Mapping) and all(name in sidecars.entries for name in names)


def _of_scalar(node: Scalar, shape: Shape, kinds: set[Any]) -> Any:
    text = node.text.strip()
    if bool in kinds and text.lower() in _YES | _NOPE:
        return text.lower() in _YES
    number = next((branch for branch in shape.branches() if branch.type is int), None)
    if number is not None and (found := _number(node, number)) is not None:
        return found
    if dict in kinds and node.value is True:
        return {}
    if shape.tags:
        kind = meant_type(text, shape.tags)
        return {"type": kind} if kind in _TYPES_WITHOUT_KEYS else None
    model = next((branch for branch in shape.branches() if branch.is_model), None)
    if model is not None and model.type.__name__ == "Scaling" and (bounds := re.fullmatch(r"(\d+)-(\d+)", text)):
        return {"min": int(bounds[1]), "max": int(bounds[2]), "cpu_percent": 60}
    if model is not None and model.type.__name__ == "Http" and text.startswith("/"):
        return {"paths": [text]}
    if model is not None and not isinstance(node.value, bool) and (key := _MAIN_KEY.get(model.type.__name__)):
        below = model.below(key)
        if key == "command":
            words = health_command(node.text) if model.type.__name__ == "ContainerHealthCheck" else command(node.text)
            return {key: words} if text else None
        if below is not None and _fits(node, below):
            return {key: node.value if isinstance(node.value, int) else text}
    return None


def _fits(node: Scalar, shape: Shape) -> bool:
    """Whether a value has the type of a field; for a path, also its form."""
    types = {branch.origin for branch in shape.branches()}
    if int in types:
        return isinstance(node.value, int) and not isinstance(node.value, bool)
    return str in types and isinstance(node.value, str) and bool(node.text.strip())


def _number(node: Scalar, shape: Shape) -> int | None:
    """The whole number of the unit of a field in text such as `30s`, `512m`, `0.5 vCPU` and `"80"`."""
    text = node.text.strip().lower()
    found: int | None
    if text.isdecimal() and text.isascii() and (text == "0" or not text.startswith("0")):
        found = int(text)
    elif shape.unit == "seconds":
        found = seconds(text)
    elif shape.unit in ("MiB", "GiB"):
        found = mebibytes(text)
        found = found // 1024 if found is not None and shape.unit == "GiB" else found
    elif match := re.fullmatch(r"(?P<number>\d+(?:\.\d+)?) ?(?P<unit>%|vcpu|days?|d)?", text):
        found = _with_unit(float(match["number"]), match["unit"] or "", shape.unit)
    else:
        found = None
    low, high = shape.constraint(annotated_types.Ge), shape.constraint(annotated_types.Le)
    in_range = found is not None and (low is None or found >= low) and (high is None or found <= high)
    return found if in_range else None


def _with_unit(number: float, written: str, unit: str) -> int | None:
    if unit == "CPU units" and (written == "vcpu" or number < _CPU_PER_VCPU / 4):
        number *= _CPU_PER_VCPU
    expected = {"%": "percent", "vcpu": "CPU units", "": unit}.get(written, "days")
    return int(number) if number == int(number) and expected == unit else None


def _of_list(value: list[Any], path: Path, shape: Shape, kinds: set[Any]) -> Any:
    model = next((branch.type.__name__ for branch in shape.branches() if branch.is_model), "")
    if model == "ContainerHealthCheck" and (words := health_command(value)):
        return {"command": words}
    if model == "OneOffTask" and value and all(isinstance(item, str | int | float) for item in value):
        return {"command": value}
    if model == "Http" and value and all(isinstance(item, str) and item.startswith("/") for item in value):
        return {"paths": value}
    if dict in kinds and path[-1] == "depends_on" and value and all(isinstance(item, str) for item in value):
        return dict.fromkeys(value, "START")
    if dict in kinds and path[-1] == "secrets":
        legal = bool(value) and all(isinstance(item, str) and re.fullmatch(r"[A-Z][A-Z0-9_]*", item) for item in value)
        return {item: f"ssm:/{item.lower().replace('_', '-')}" for item in value} if legal else None
    if dict in kinds and path[-1] == "environment":
        return _variables(value)
    if (
        dict in kinds
        and path[-1] in ("services", "environments", "uses")
        and all(isinstance(item, str) for item in value)
    ):
        return {item: {} for item in value} or None
    if dict in kinds and path[-1] in ("tmpfs", "volumes"):
        return _volumes(value) if path[-1] == "volumes" else _tmpfs(value)
    if kinds == {str} and len(value) == 1 and isinstance(value[0], str):
        return value[0]
    return None


def _variables(value: list[Any]) -> dict[str, str] | None:
    """The variables of `[NAME=value]` and of ECS's `[{name, value}]`; None if one may be a credential."""
    found: dict[str, str] = {}
    for item in value:
        name, equals, text = item.partition("=") if isinstance(item, str) else ("", "", "")
        if isinstance(item, dict) and {*item} == {"name", "value"}:
            name, equals, text = str(item["name"]), "=", str(item["value"])
        if not equals or not name or names_credential(name) or credential_in(text):
            return None
        found[name] = text
    return found or None


def _volumes(value: list[Any]) -> dict[str, Any] | None:
    """Compose's `name:/path[:ro]`."""
    found: dict[str, Any] = {}
    for item in value:
        parts = str(item).split(":") if isinstance(item, str) else []
        target = next((part for part in parts[:2][::-1] if part.startswith("/")), None)
        if target is None or target == "/":
            return None
        name = re.sub(r"[^A-Za-z0-9_-]+", "-", parts[0]).strip("-") or "data"
        found[name] = {"path": target, **({"read_only": True} if parts[2:] == ["ro"] else {})}
    return found or None


def _tmpfs(value: list[Any]) -> dict[str, int] | None:
    """Compose's `/path[:options]`."""
    paths = [str(item).partition(":")[0] for item in value]
    return dict.fromkeys(paths, _TMPFS_MIB) if paths and all(path.startswith("/") for path in paths) else None


def _of_mapping(value: dict[str, Any], path: Path, shape: Shape, kinds: set[Any]) -> Any:
    given = {snake(str(key)): item for key, item in value.items()}
    if len(path) > 1 and path[-2] == "secrets":
        return _secret(given)
    if kinds == {str} and path[-1] == "image":
        location = given.get("location", given.get("image"))
        return location if isinstance(location, str) else "registry.example.com/team/app:1.2"
    if kinds == {tuple} and isinstance(soft := given.get("soft"), int) and isinstance(hard := given.get("hard"), int):
        return [soft, hard] if path[-2:-1] == ("ulimits",) else None
    item = next((branch.below(0) for branch in shape.branches() if branch.origin is tuple), None)
    if item is not None and item.is_model and all(key in item.type.model_fields for key in given) and given:
        return [value]
    if bool in kinds and isinstance(enabled := given.get("enabled"), bool):
        return enabled
    return None


def _secret(given: dict[str, Any]) -> str | None:
    """A reference from Copilot's `{secretsmanager: name}` and `{ssm: name}`."""
    if isinstance(name := given.get("secretsmanager"), str):
        return f"secretsmanager:{name}"
    if isinstance(name := given.get("ssm"), str):
        return f"ssm:/{name.lstrip('/')}"
    return "ssm:/shop/db-url"
