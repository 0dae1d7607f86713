"""The services of a compose file, converted to services of the project file."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cli.init.dockerfile import VARIABLE, exposed_port, interpolated, tcp_port
from cli.init.draft import PLACEHOLDER_IMAGE, ServiceDraft, service_name
from stacks.credentials import credential_in, names_credential
from stacks.project.composer import Composer
from stacks.project.nodes import Items, Layer, Node, Scalar
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


def compose_services(file: Path) -> tuple[tuple[ServiceDraft, ...], list[str]]:
    """The services of a compose file, and a note about each service that is skipped.

    Raises ProjectError if it is not YAML or has too many values, ValueError if it is not a compose file.
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
        text = stream.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise ValueError("it is larger than 1 MiB")
    root = Composer(text.decode("utf-8-sig"), file.name, Layer.FILE).document()
    content = None if root is None else _data(root)
    entries = content.get("services") if isinstance(content, dict) else None
    if not isinstance(entries, dict):
        raise ValueError("it has no services")
    return entries


def _data(node: Node) -> Any:
    """A node in YAML 1.2, as compose reads it: `yes` and `22:22` are text. Numbers are text too."""
    if isinstance(node, Scalar):
        boolean = node.text.lower() if not node.quoted else ""
        return boolean == "true" if boolean in ("true", "false") else None if node.value is None else node.text
    if isinstance(node, Items):
        return [_data(item) for item in node.items]
    return {key: _data(entry.value) for key, entry in node.entries.items()}


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
