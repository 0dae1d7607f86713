"""The services of a compose file, converted to services of the project file."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from cli.init.dockerfile import VARIABLE, exposed_port, interpolated, tcp_port
from cli.init.draft import PLACEHOLDER_IMAGE, ServiceDraft, service_name
from stacks.credentials import credential_in, names_credential
from stacks.project.composer import MAX_DEPTH, MAX_VALUES
from stacks.project.reader import MAX_BYTES

# Images of data stores: a managed AWS service keeps data more safely than a Fargate task.
_DATA_STORES = re.compile(
    r"(^|[/_-])(postgres|postgis|mysql|mariadb|mongo|redis|valkey|memcached|rabbitmq|kafka|zookeeper|elasticsearch"
    r"|opensearch|cassandra|minio|localstack|dynamodb-local|clickhouse|influxdb)"
)
# Variables that usually hold a password: if not in the compose file, then in production.
_CONNECTION_STRINGS = re.compile(r"DATABASE_URL|DSN", re.I)
# Keys that are not converted, although the service may depend on them.
_NOT_CONVERTED = (
    *("entrypoint", "env_file", "healthcheck", "volumes", "tmpfs", "deploy", "user", "working_dir", "secrets"),
    *("configs", "depends_on", "ulimits", "read_only", "privileged", "cap_add", "platform"),
)


_PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(yaml.SafeLoader):
    """YAML 1.2, as compose reads it: `yes` and `22:22` are text. PyYAML implements YAML 1.1."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.endswith((":null", ":merge"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false", re.I), [*"tTfF"])


def compose_services(file: Path) -> tuple[tuple[ServiceDraft, ...], list[str]]:
    """The services of a compose file, and a note about each service that is skipped.

    Raises ValueError if the file is not a compose file.
    """
    services: dict[str, ServiceDraft] = {}
    notes = []
    for key, entry in _entries(file).items():
        entry = entry if isinstance(entry, dict) else {}
        if _DATA_STORES.search(str(entry.get("image") or "")):
            notes.append(f"{file.name}: skipped {key} ({entry['image']}): use a managed AWS service for data stores")
            continue
        draft = _service(service_name(str(key)), entry, file.parent)
        if draft.name in services:
            notes.append(f"{file.name}: skipped {key}: the service name {draft.name} is already used")
        services.setdefault(draft.name, draft)
    return tuple(services.values()), notes


def _entries(file: Path) -> dict[Any, Any]:
    with file.open("rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError("it is larger than 1 MiB")
    try:
        text = data.decode("utf-8")
        _require_limits(text)
        content = _Loader(text).get_single_data()
    except yaml.YAMLError as error:
        raise ValueError("it is not valid YAML") from error
    entries = content.get("services") if isinstance(content, dict) else None
    if not isinstance(entries, dict):
        raise ValueError("it has no services")
    return entries


def _require_limits(text: str) -> None:
    """Raise ValueError if the values are nested too deeply, or too many once every alias is replaced by its value."""
    sizes: dict[str | None, int] = {}
    open_: list[tuple[str | None, int]] = []  # the anchor and the size of each collection that has not ended
    for event in yaml.parse(text, Loader=_PARSER):
        if isinstance(event, yaml.CollectionStartEvent):
            open_.append((event.anchor, 1))
            if len(open_) > MAX_DEPTH:
                raise ValueError(f"its values are nested more than {MAX_DEPTH} levels deep")
            continue
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, size = open_.pop()
        elif isinstance(event, yaml.NodeEvent):
            anchor, size = event.anchor, sizes.get(event.anchor, 1) if isinstance(event, yaml.AliasEvent) else 1
        else:
            continue
        if anchor is not None and not isinstance(event, yaml.AliasEvent):
            sizes[anchor] = size
        if size > MAX_VALUES:
            raise ValueError(f"it has more than {MAX_VALUES:,} values after alias expansion")
        if open_:
            open_[-1] = (open_[-1][0], open_[-1][1] + size)


def _service(name: str, entry: Mapping[str, Any], folder: Path) -> ServiceDraft:
    environment, secrets = _environment(entry.get("environment"))
    image, notes = _image(entry.get("image"))
    command = _command(entry.get("command"))
    if any(map(credential_in, command)):
        command, secrets = (), ["the command", *secrets]
    if secrets:
        notes.append(
            f"Not copied because secrets belong in SSM or Secrets Manager (see `secrets`): {', '.join(secrets)}."
        )
    if skipped := [key for key in _NOT_CONVERTED if entry.get(key)]:
        notes.append(f"Not converted from the compose file: {', '.join(skipped)}.")
    port = _port(entry, folder)
    return ServiceDraft(name, image, port, command=command, environment=environment, notes=tuple(notes))


def _image(value: Any) -> tuple[str, list[str]]:
    """The image; the placeholder if it is built from source or depends on a shell variable without a default."""
    if not isinstance(value, str) or not value.strip():
        return PLACEHOLDER_IMAGE, []
    if any(match[2] is None for match in VARIABLE.finditer(value)):
        return PLACEHOLDER_IMAGE, [f"The compose file uses {value}."]
    return interpolated(value.strip(), {}), []


def _port(entry: Mapping[str, Any], folder: Path) -> int | None:
    """The container port: published, exposed, or exposed by the Dockerfile of `build`."""
    for item in [*_items(entry.get("ports")), *_items(entry.get("expose"))]:
        target = item.get("target") if isinstance(item, dict) else interpolated(str(item), {}).rpartition(":")[2]
        if port := tcp_port(str(target)):
            return port
    build = entry.get("build")
    context = build.get("context", ".") if isinstance(build, dict) else build
    if not isinstance(context, str):
        return None
    dockerfile = build.get("dockerfile", "Dockerfile") if isinstance(build, dict) else "Dockerfile"
    return exposed_port(folder / context / str(dockerfile))


def _environment(value: Any) -> tuple[dict[str, str], list[str]]:
    """The variables with a literal value, and the names of those that look like secrets."""
    if isinstance(value, list):
        value = dict(str(item).split("=", 1) for item in value if "=" in str(item))
    literals: dict[str, str] = {}
    secrets = []
    for name, content in (value if isinstance(value, dict) else {}).items():
        text = _text(content)
        if names_credential(str(name)) or _CONNECTION_STRINGS.search(str(name)) or credential_in(text or ""):
            secrets.append(str(name))
        elif text is not None and "$" not in text.replace("$$", "") and re.fullmatch(r"[A-Za-z_]\w*", str(name)):
            literals[str(name)] = text.replace("$$", "$")
    return literals, secrets


def _command(value: Any) -> tuple[str, ...]:
    """The command as a list; compose splits a string as a shell does."""
    try:
        return tuple(shlex.split(value)) if isinstance(value, str) else tuple(map(str, _items(value)))
    except ValueError:  # an unclosed quote
        return ()


def _text(value: Any) -> str | None:
    """The value of a variable as text; None if compose takes it from the shell."""
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
