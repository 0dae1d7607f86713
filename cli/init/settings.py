"""Keys of a compose service that have a counterpart in the project file, and the names of those that have none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cli.init.compose_data import environment_of, missing_in
from cli.init.entry import Entry
from cli.init.health import compose_test, container_health_check, request_path, seconds
from cli.init.listening import command_line
from cli.init.size import task_count, task_size
from cli.init.values import secret_words
from stacks.project.rules.containers import is_system_control
from stacks.project.rules.task import ULIMITS

_CONVERTED = frozenset(
    {"image", "build", "command", "entrypoint", "environment", "env_file", "ports", "expose", "healthcheck", "user"}
    | {"working_dir", "read_only", "stop_grace_period", "ulimits", "platform", "mem_limit", "cpus", "scale", "restart"}
    | {"profiles", "deploy", "extends", "init", "sysctls"}
)
_STOP = range(2, 121)  # ECS API reference, ContainerDefinition, stopTimeout
_WHOLE = re.compile(r"-?\d{1,9}")
# Programs that start jobs at their times: two of them would start every job twice.
_SCHEDULER = re.compile(r"\b(?:beat|crond?|supercronic|schedule:work|clock(?:work)?|rqscheduler|sidekiq-cron|ofelia)\b")
_USER = re.compile(r"[A-Za-z0-9_][\w.-]*(?::[A-Za-z0-9_][\w.-]*)?", re.ASCII)


def settings_of(entry: Entry) -> dict[str, Any]:
    """The keys of the project file that need no other service; what can't be converted is added to `dropped`."""
    data = entry.data
    result = _process(entry)
    if data.get("read_only") is True:
        result["readonly_root"] = True
        if paths := _tmpfs(data.get("tmpfs")):
            result["writable_paths"] = paths
    if entry.architecture:
        result["architecture"] = entry.architecture
    result |= task_size(data)
    if (count := task_count(data)) is not None:
        result["count"] = count
    elif _SCHEDULER.search(command_line((*entry.entrypoint, *entry.command))):
        result["count"] = 1
        entry.checks.append("is a scheduler, so it has count: 1")
    if stop := seconds(data.get("stop_grace_period")):
        result["stop_timeout"] = min(max(stop, _STOP[0]), _STOP[-1])
    if limits := _ulimits(data.get("ulimits")):
        result["ulimits"] = limits
    if data.get("init") is True:
        result["init_process"] = True
    if controls := _system_controls(environment_of(data.get("sysctls"))):
        result["system_controls"] = controls
    return result


def _process(entry: Entry) -> dict[str, Any]:
    """How the process of the container starts."""
    result: dict[str, Any] = {}
    if secret_words(entry.entrypoint):
        entry.checks.append("its entrypoint contains a credential and is not copied")
        entry.entrypoint = ()
    if entry.entrypoint:
        result["entrypoint"] = list(entry.entrypoint)
    folder = entry.data.get("working_dir")
    if _text(folder) and not missing_in(folder):
        result["working_directory"] = _text(folder)
    user = entry.data.get("user")
    if _USER.fullmatch(_text(user)) and not missing_in(user):
        result["user"] = _text(user)
    elif user is not None:
        entry.dropped.append("user")
    return result


def health_of(entry: Entry, port: int | None) -> tuple[tuple[str, ...], Mapping[str, Any]]:
    """The health check command of a service, and its options: the service's own, or that of its image.

    ECS replaces a task whose check fails, so the check of an image is not used for a command that it does not fit.
    """
    check = entry.data.get("healthcheck")
    own = check if isinstance(check, dict) else {}
    if _is_disabled(check):
        return (), {}
    if test := compose_test(own.get("test")):
        return test, own
    stage = entry.stage
    if stage is None or not stage.health_check:
        return (), {}
    if entry.overrides_command and (port is None or request_path(stage.health_check, port) is None):
        entry.checks.append("does not use the HEALTHCHECK of its Dockerfile, because it has another command")
        return (), {}
    return stage.health_check, {**stage.health_options, **own}


def health_settings(entry: Entry, port: int | None) -> dict[str, Any]:
    """`container_health_check` and, for a web service on `port`, `health_check`.

    A check that can't be converted is added to `dropped`.
    """
    test, options = health_of(entry, port)
    check = container_health_check(test, options)
    if check is None:
        given = entry.data.get("healthcheck")
        if test or (given is not None and not _is_disabled(given)):
            entry.dropped.append("healthcheck")
        return {}
    path = request_path(test, port) if port else None
    return {"container_health_check": check, **({"health_check": {"path": path}} if path and path != "/" else {})}


def _is_disabled(check: Any) -> bool:
    own = check if isinstance(check, dict) else {}
    return own.get("disable") is True or own.get("test") in ("NONE", ["NONE"])


def dropped_keys(entry: Entry) -> list[str]:
    """Every key of the service that is not converted, in the order of the file."""
    data = entry.data
    converted = _CONVERTED | ({"tmpfs"} if data.get("read_only") is True else frozenset())
    keys = [str(key) for key in data if key not in converted and not str(key).startswith(("x-", "."))]
    deploy = data.get("deploy")
    if isinstance(deploy, dict):
        keys += [f"deploy.{key}" for key in deploy if key not in ("resources", "replicas", "restart_policy")]
    elif deploy is not None:
        keys.append("deploy")
    more = [f"port {port}" for port in entry.published[1:]]
    ignored = [f"ulimits.{name}" for name in _names(data.get("ulimits")) if name not in ULIMITS]
    controls = environment_of(data.get("sysctls"))
    ignored += [f"sysctls.{name}" for name in controls if name not in _system_controls(controls)]
    return list(dict.fromkeys([*keys, *entry.dropped, *ignored, *more]))


def _names(value: Any) -> list[str]:
    return [str(name) for name in value] if isinstance(value, dict) else []


def _ulimits(value: Any) -> dict[str, list[int]]:
    result: dict[str, list[int]] = {}
    for name, limit in value.items() if isinstance(value, dict) else ():
        both = (limit.get("soft"), limit.get("hard")) if isinstance(limit, dict) else (limit, limit)
        numbers = [int(each) for each in both if isinstance(each, str) and _WHOLE.fullmatch(each)]
        if name in ULIMITS and len(numbers) == len(both):
            result[str(name)] = numbers
    return result


def _system_controls(given: Mapping[str, Any]) -> dict[str, str]:
    """The kernel parameters that Fargate can set, with a value."""
    return {name: _text(value) for name, value in given.items() if is_system_control(name) and _text(value)}


def _tmpfs(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value] if isinstance(value, str) else []
    return list(dict.fromkeys(str(item).partition(":")[0] for item in items if str(item).startswith("/")))


def _text(value: Any) -> str:
    return str(value).strip() if isinstance(value, str) else ""
