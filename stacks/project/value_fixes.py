"""How to fix a value of the wrong kind or out of its range."""

from __future__ import annotations

import json
import re
from typing import Any, Literal, get_args

import annotated_types
from pydantic_core import ErrorDetails, PydanticUndefined

from stacks.project.meant import meant
from stacks.project.models.base import Model
from stacks.project.models.expression import Expression
from stacks.project.neighbors import TYPES
from stacks.project.nodes import Items, Mapping, Node, Path, Scalar, find
from stacks.project.plain import command, flow, health_command, plain
from stacks.project.shape import Shape, described
from stacks.project.shown import PRIVATE, quoted
from stacks.project.suggest import nearest

_PAIR = "[1024, 4096]"
_SOME_SECONDS = "60"
_NO = ("none", "disabled")
# What other tools call a choice, by the key; in lower case.
_CHOICES = {
    "access": {
        **dict.fromkeys(("rw", "readwrite", "read-write", "full", "all", "true"), "read_write"),
        **dict.fromkeys(("ro", "r", "readonly", "read_only", "read-only"), "read"),
        **dict.fromkeys(("w", "wo", "writeonly", "write_only", "write-only"), "write"),
    },
    "architecture": {
        "amd64": "x86_64",
        "x86": "x86_64",
        "x64": "x86_64",
        "arm": "arm64",
        "aarch64": "arm64",
        "linux/amd64": "x86_64",
        "linux/arm64": "arm64",
        "linux/x86_64": "x86_64",
    },
    "capacity": {"fargate": "on_demand", "fargate_spot": "spot", "true": "spot", "on-demand": "on_demand"},
    "insights": {"true": "enabled", "container": "enabled"},
    "nat": {"true": "single", "1": "single", "0": "none", "gateway": "single"},
    "protocol": {"http": "HTTP1", "http1.1": "HTTP1", "http/1.1": "HTTP1", "h2": "HTTP2", "http/2": "HTTP2"},
    "encryption": {"kms": "customer", "true": "customer", "aes256": "aws"},
    "backend": {"remote": "cloud", "file": "local"},
}
_CONDITIONS = {
    "service_healthy": "HEALTHY",
    "service_started": "START",
    "service_completed_successfully": "SUCCESS",
    "started": "START",
}
_WORKFLOW = (
    "{github: {repository: acme/shop, install: pip install https://example.com/ecsforge-0.1.0-py3-none-any.whl}}"
)
# A valid item or value of each model.
_EXAMPLES = {
    "Alarms": "{email: [ops@example.com]}",
    "Auth": "{cognito: {user_pool_arn: ..., client_id: ..., domain: ...}}",
    "Bucket": "{type: bucket}",
    "Build": "{context: ., dockerfile: Dockerfile}",
    "CapacityMix": "{on_demand_base: 1, on_demand_weight: 1, spot_weight: 3}",
    "Ci": _WORKFLOW,
    "Connect": "{alias: web}",
    "ContainerHealthCheck": '{command: [CMD-SHELL, "curl -f localhost:3000"]}',
    "Cors": "{origins: [https://shop.example.com]}",
    "DatabaseCapacity": "{min: 0.5, max: 4}",
    "EgressRule": "{port: 443}",
    "FurtherPort": "{port: 9090, paths: [/metrics]}",
    "Github": _WORKFLOW[len("{github: ") : -1],
    "Http": "{paths: [/*]}",
    "Https": "{domain: app.example.com, hosted_zone: example.com}",
    "OneOffTask": "{command: [npm, run, migrate]}",
    "Permissions": '{statements: [{actions: ["s3:GetObject"], resources: ["arn:aws:s3:::bucket/*"]}]}',
    "Postgres": "{type: postgres, capacity: {min: 0.5, max: 4}}",
    "Queue": "{visibility_timeout: 60}",
    "Redirect": "{from: www.example.com, to: example.com}",
    "Registry": '{account_id: "123456789012"}',
    "Scaling": "{min: 1, max: 4, cpu_percent: 60}",
    "ScheduledCount": '{cron: "cron(0 8 * * ? *)", min: 2, max: 4}',
    "ServiceAlarms": "{cpu_percent: 85}",
    "Sidecar": "{image: registry.example.com/team/app:1.2}",
    "State": "{backend: s3, bucket: my-company-terraform-state}",
    "Statement": '{actions: ["s3:GetObject"], resources: ["arn:aws:s3:::bucket/*"]}',
    "Subscription": "{topic: arn:aws:sns:eu-west-1:123456789012:orders}",
    "Table": "{type: table, key: {id: S}}",
    "Tcp": "{port: 5432}",
    "Use": "{url: DATABASE_URL}",
    "Volume": "{path: /data}",
}
_CALLED = re.compile("backend|private")
# Values that are valid together with the defaults of the fields beside them, where a bound is not.
_LEAST = {"interval": 6, "on_demand_weight": 1, "spot_weight": 1, "max_percent": 200}
_ABSOLUTE = frozenset({"path", "root_directory", "working_directory"})
_LONGEST_COMMAND = 20
_OFF_NAT = "write nat: none and endpoints: [s3, ecr.api, ecr.dkr, logs]"


def is_out_of_range(error: ErrorDetails) -> bool:
    """Whether a value has the type of its field and is only out of its range."""
    return error["type"] in ("greater_than_equal", "less_than_equal", "too_long", "too_short")


def value_fix(root: Mapping, node: Node, path: Path, shape: Shape, error: ErrorDetails) -> str:
    """How to write the value that was probably meant, or an example."""
    branch = shape.branch(node)
    if branch and is_out_of_range(error):
        return _range_fix(branch, error, path)
    if isinstance(node, Scalar) and (choice := _choice(node, path, shape)):
        return choice
    return _kind_fix(root, node, path, shape)


def _choice(node: Scalar, path: Path, shape: Shape) -> str | None:
    """The choice of a field that a value probably means."""
    choices = [c for b in shape.branches() if b.origin is Literal for c in get_args(b.type) if isinstance(c, str)]
    text = node.text.strip().lower()
    if not choices:
        return None
    if path[-1] == "type" and text in TYPES:
        extra = (
            ", and connect: {port: 8080} if other services call it" if "backend" in text or "private" in text else ""
        )
        return f"write type: {TYPES[text]}{extra}"
    other = _CHOICES.get(str(path[-1]), {}).get(text) or (_CONDITIONS.get(text) if "START" in choices else None)
    if other in choices:
        return f"write {path[-1]}: {other}"
    off = next((choice for choice in choices if choice in _NO), None) if node.value is False else None
    near = off or nearest(text, choices)
    if path[-1] == "nat" and near == "none" and node.value is False:
        return _OFF_NAT
    return f"did you mean {near}?" if near else None


def _range_fix(shape: Shape, error: ErrorDetails, path: Path) -> str:
    if error["type"] == "greater_than_equal":
        least = shape.constraint(annotated_types.Ge)
        beside = path[-2:-1] != ("container_health_check",) and path[2:3] != ("sidecars",)
        if path[-1] == "max_percent":
            return f"write {_LEAST['max_percent']}"
        number = _LEAST.get(str(path[-1]), least) if beside else least
        return f"write {shape.number(number)} or more"
    if error["type"] == "less_than_equal":
        return f"write {shape.number(shape.constraint(annotated_types.Le))} or less"
    return f"for example {path[-1]}: {_PAIR}"


def _kind_fix(root: Mapping, node: Node, path: Path, shape: Shape) -> str:
    """How to write a value of the right kind."""
    label = f"{path[-1]}:" if isinstance(path[-1], str) else "-"
    kinds = {branch.origin for branch in shape.branches() if branch.type is not Expression}
    if (task := _words_of_task(root, path, shape)) is not None:
        return f"write {path[-2]}: [{flow({'command': task})}]"
    other = meant(root, node, path, shape, kinds)
    if other is not None:
        return f"write {label} {flow(other)}" if isinstance(path[-1], str) else f"write {flow(other)}"
    if isinstance(node, Scalar) and kinds == {str} and path[-1] in _ABSOLUTE:
        return f"write {label} /{node.text}"
    if isinstance(node, Scalar) and str in kinds:
        return f"put it in quotes: {label} {quoted(node.text)}"
    if tuple in kinds and not kinds & {int, dict} and not isinstance(node, Items):
        return list_fix(label, node, path, shape)
    if path[-1] == "depends_on":
        return "remove it; services start independently, and depends_on orders the containers of one task"
    if isinstance(node, Items) and any(branch.is_mapping for branch in shape.branches()):
        return "write `key: value` lines without dashes"
    if kinds == {str}:
        return "write a single value"
    return _example_fix(label, shape)


def _words_of_task(root: Mapping, path: Path, shape: Shape) -> list[str] | None:
    """The words of a command that is written in place of a list of tasks; None for anything else."""
    items = find(root, path[:-1]) if shape.is_model and shape.type.__name__ == "OneOffTask" else None
    if not isinstance(items, Items) or not 1 < len(items.items) <= _LONGEST_COMMAND:
        return None
    words = [item.text for item in items.items if isinstance(item, Scalar) and not re.search(r"\s", item.text)]
    return words if len(words) == len(items.items) else None


def list_fix(label: str, node: Scalar | Mapping, path: Path, shape: Shape) -> str:
    """The value as a list: the words of a command line, an example of a mapping, or the value itself."""
    branch = next(branch for branch in shape.branches() if branch.origin is tuple)
    if get_args(branch.type)[-1] is not Ellipsis:
        number = node.value if isinstance(node, Scalar) else None
        legal = isinstance(number, int) and not isinstance(number, bool) and number >= 0
        return f"write {label} [{number}, {number}]" if legal else f"for example {label} {_PAIR}"
    return f"write a list: {label} [{_items(node, path, branch.below(0))}]"


def _items(node: Scalar | Mapping, path: Path, item: Shape | None) -> str:
    if PRIVATE.intersection(map(str, path)):
        return "..."
    if item is not None and item.is_model:
        if item.type.__name__ == "OneOffTask" and isinstance(node, Scalar) and node.text.strip():
            return flow({"command": command(node.text)})
        return _EXAMPLES[item.type.__name__]
    if isinstance(node, Mapping):
        is_item = item is not None and any(branch.is_model for branch in item.branches())
        return flow(plain(node)) if is_item else ", ".join(map(flow, node.entries))
    if item is not None and item.as_written:
        is_health = any("health_check" in str(step) for step in path)
        words = health_command(node.text) if is_health else command(node.text)
    else:
        words = [word for word in re.split(r"[,\s]+", node.text.strip()) if word]
    return flow(words or [])[1:-1]


def _example_fix(label: str, shape: Shape) -> str:
    example = _example(shape)
    if example is not None:
        return f"for example `{label} {example}`"
    branches = [branch for branch in shape.branches() if branch.type is not Expression]
    models = [branch for branch in branches if branch.is_model]
    if models:
        return f"for example `{label} {example_of(models[0])}`"
    if any(branch.is_mapping for branch in branches):
        return "write `key: value` lines, indented below it"
    return f"write {described(shape.branches())}"


def example_of(model: Shape) -> str:
    """A mapping with the required keys of a model, or with the first key that has an example."""
    if example := _EXAMPLES.get(model.type.__name__):
        return example
    fields = _fields(model)
    required = {key: shape for key, shape in fields.items() if shape.default is PydanticUndefined}
    shown = required or dict(each for each in fields.items() if _example(each[1]) is not None)
    keys = [*shown] if required else [*shown][:1]
    return "{" + ", ".join(f"{key}: {_example(shown[key]) or '...'}" for key in keys) + "}"


def _fields(model: Shape) -> dict[str, Shape]:
    from stacks.project.shape import fields_of

    return fields_of(model.type)


def _example(shape: Shape) -> str | None:
    """The default as YAML, when it is a useful example; a `false` that turns the field off is not."""
    default: Any = shape.default
    if default is False and any(branch.is_false for branch in shape.branches()):
        return next((_SOME_SECONDS for branch in shape.branches() if branch.unit == "seconds"), None)
    if default is PydanticUndefined or default is None or isinstance(default, Model | dict):
        choices = get_args(shape.type) if shape.origin is Literal else ()
        return str(choices[0]) if choices else ("true" if shape.type is bool else None)
    if shape.is_duration:
        return shape.number(default)
    if isinstance(default, tuple):
        return json.dumps(list(default)) if default else None
    return str(default).lower() if isinstance(default, bool) else str(default)
