"""The keys that a draft sets, as YAML in block style."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from cli.init.draft import BuildDraft, Draft, ServiceDraft
from stacks.project.reference import yaml_text

SMALL = {"count": 1, "cpu": 256, "memory": 512}
"""What a service runs in `dev`, unless its size is known."""


def service_settings(draft: Draft, service: ServiceDraft) -> dict[str, Any]:
    """The keys that a service sets, in the order of the file."""
    optional: dict[str, Any] = {
        "image": service.image if service.build is None else None,
        "build": _build(service.build) if service.build else None,
        "type": "worker" if service.port is None else None,
        "port": service.port,
        "entrypoint": service.settings.get("entrypoint"),
        "command": list(service.command),
        **{key: value for key, value in service.settings.items() if key != "entrypoint"},
        "connect": _connect(service),
        "environment": dict(service.environment),
        "secrets": _references(draft, draft.environments[0], service),
        "http": {"paths": list(service.paths)} if service.paths else None,
        "deployment": {"before": [{"command": list(command)} for command in service.before]}
        if service.before
        else None,
    }
    return {name: value for name, value in optional.items() if value or value == 0}


def environment_settings(draft: Draft, env: str, heavy: frozenset[str]) -> dict[str, Any]:
    """What an environment overrides: `dev` runs one small task, and every secret has a parameter of its own."""
    services: dict[str, dict[str, Any]] = {}
    for service in draft.services:
        own: dict[str, Any] = {}
        if env == "dev":
            fixed = service.name in heavy or {"cpu", "memory"} & set(service.settings)
            own |= {"count": 1} if fixed else SMALL
        if env != draft.environments[0] and service.secrets:
            own["secrets"] = _references(draft, env, service)
        if own:
            services[service.name] = own
    return {"services": services} if services else {}


def secret_parameters(draft: Draft, env: str) -> list[str]:
    """The names of the SSM parameters that an environment's services read."""
    found = (_parameter(draft, env, name) for service in draft.services for name in service.secrets.values())
    return list(dict.fromkeys(found))


def block(value: dict[str, Any]) -> str:
    """A mapping in block style. Lists are in flow style, unless they have mappings."""
    lines: list[str] = []
    for key, item in value.items():
        if isinstance(item, dict):
            lines += [f"{yaml_text(key)}:", textwrap.indent(block(item), "  ")]
        elif isinstance(item, list) and any(isinstance(each, dict) for each in item):
            lines += [f"{yaml_text(key)}:", *_items(item)]
        else:
            lines.append(f"{yaml_text(key)}: {yaml_text(item)}")
    return "\n".join(lines)


def _items(items: list[Any]) -> Iterator[str]:
    for item in items:
        first, *rest = block(item).splitlines()
        yield from (f"  - {first}", *(f"    {line}" for line in rest))


def _build(build: BuildDraft) -> str | dict[str, Any]:
    """`build` as the context only, where that is all."""
    keys = {"dockerfile": build.dockerfile, "target": build.target, "args": dict(build.args)}
    more = {key: value for key, value in keys.items() if value}
    return {"context": build.context, **more} if more else build.context


def _connect(service: ServiceDraft) -> bool | dict[str, Any] | None:
    if not service.connect:
        return None
    endpoint = {"port": service.connect_port if service.port is None else None, "alias": service.alias}
    return {key: value for key, value in endpoint.items() if value} or True


def _references(draft: Draft, env: str, service: ServiceDraft) -> dict[str, str]:
    return {name: f"ssm:{_parameter(draft, env, end)}" for name, end in service.secrets.items()}


def _parameter(draft: Draft, env: str, end: str) -> str:
    return f"/{draft.project_id}/{env}/{end}"
