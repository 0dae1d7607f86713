"""What a folder already says about its services: a Dockerfile's `EXPOSE`, a compose file's services."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cli.init.render import ServiceDraft
from stacks.credentials import credential_in, names_credential

COMPOSE_FILES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
# Stands where only the user can say which image it is; it answers on port 80.
PLACEHOLDER = "public.ecr.aws/docker/library/httpd:2.4"
PLACEHOLDER_PORT = 80
# Images that keep data: a managed service of AWS holds it better than a task that comes and goes.
_KEEPS_DATA = re.compile(
    r"(^|[/_-])(postgres|postgis|mysql|mariadb|mongo|redis|valkey|memcached|rabbitmq|kafka|zookeeper|elasticsearch"
    r"|opensearch|cassandra|minio|localstack|dynamodb-local|clickhouse|influxdb)"
)
# Where a password nearly always stands, if not in compose's own value then in that of production.
_ADDRESSES = re.compile(r"DATABASE_URL|DSN", re.I)
# What a service is without these may be another one than compose runs.
_NOT_TAKEN = (
    *("entrypoint", "env_file", "healthcheck", "volumes", "tmpfs", "deploy", "user", "working_dir", "secrets"),
    *("configs", "depends_on", "ulimits", "read_only", "privileged", "cap_add", "platform"),
)
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))")
_NAME_LENGTH = 20
_PROJECT_LENGTH = 24


@dataclass(frozen=True)
class Found:
    """What a folder says. `notes` are what the user should hear, among others what was left out."""

    services: tuple[ServiceDraft, ...] = ()
    port: int | None = None
    notes: tuple[str, ...] = ()


def look_around(folder: Path) -> Found:
    """Read the Dockerfile and the compose file of `folder`, where there are any. Raises nothing for broken ones."""
    port = exposed_port(folder / "Dockerfile")
    notes = [f"Dockerfile exposes port {port}"] if port else []
    file = next((folder / name for name in COMPOSE_FILES if (folder / name).is_file()), None)
    if file is None:
        return Found((), port, tuple(notes))
    try:
        services, found = _compose_services(file)
    except (OSError, ValueError) as error:
        return Found((), port, (*notes, f"{file.name} was not read: {error}"))
    return Found(services, port, (*notes, *found))


def exposed_port(dockerfile: Path) -> int | None:
    """The first TCP port that the last stage of a Dockerfile exposes; None without one."""
    try:
        text = dockerfile.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    values: dict[str, str] = {}
    stages: dict[str, int | None] = {}  # the port of each stage with a name
    stage, port, inherits = "", None, True
    for line in re.sub(r"\\[ \t]*\r?\n", " ", text).splitlines():
        instruction, _, rest = line.strip().partition(" ")
        rest = _filled_in(rest, values)
        match instruction.upper():
            case "FROM":
                base, stage = _base_and_name(rest)
                port, inherits = stages.get(base), True  # of other stages nothing is in the image
            case "ARG" | "ENV":
                values.update(_assignments(rest))
            case "EXPOSE" if inherits or port is None:
                found = filter(None, map(_tcp_port, rest.replace('"', "").split()))
                port, inherits = next(found, port), False
        stages[stage] = port
    return port


def service_name(text: str) -> str:
    """`text` as the name of a service: lower case, digits and dashes, at most 20 characters."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-").lstrip("0123456789-")
    return plain[:_NAME_LENGTH].strip("-") or "web"


def project_name(text: str) -> str:
    """`text` as a project id: lower case, digits and single dashes, 2 to 24 characters."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-").lstrip("0123456789-")[:_PROJECT_LENGTH].strip("-")
    return plain if len(plain) > 1 else "my-app"


def routed(services: Iterable[ServiceDraft]) -> tuple[ServiceDraft, ...]:
    """The services with paths that do not collide: the first web service takes all that no other one claims."""
    result: list[ServiceDraft] = []
    for service in services:
        second = service.port is not None and any(other.port is not None for other in result)
        result.append(replace(service, paths=(f"/{service.name}", f"/{service.name}/*")) if second else service)
    return tuple(result)


def _compose_services(file: Path) -> tuple[tuple[ServiceDraft, ...], list[str]]:
    """The services of a compose file, and what was not taken over. Raises ValueError for what is no compose file."""
    content = _as_compose_reads(file.read_text(encoding="utf-8"))
    entries = content.get("services") if isinstance(content, dict) else None
    if not isinstance(entries, dict):
        raise ValueError("it has no services")
    services: dict[str, ServiceDraft] = {}
    notes = []
    for key, entry in entries.items():
        entry = entry if isinstance(entry, dict) else {}
        if _KEEPS_DATA.search(str(entry.get("image") or "")):
            notes.append(f"{file.name}: left out {key} ({entry['image']}), which keeps data: use a managed service")
            continue
        draft = _service(service_name(str(key)), entry, file.parent)
        if draft.name in services:
            notes.append(f"{file.name}: left out {key}, whose name would be {draft.name} once more")
        services.setdefault(draft.name, draft)
    return tuple(services.values()), notes


def _as_compose_reads(text: str) -> Any:
    """YAML 1.2, in which `yes` and `22:22` are text. Raises ValueError for what is no YAML."""
    import yaml

    class Reader(yaml.SafeLoader):
        """PyYAML follows YAML 1.1 otherwise."""

    Reader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag.endswith((":null", ":merge"))]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    Reader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false", re.I), [*"tTfF"])
    try:
        return Reader(text).get_single_data()
    except yaml.YAMLError as error:
        raise ValueError("it is not valid YAML") from error


def _service(name: str, entry: Mapping[str, Any], folder: Path) -> ServiceDraft:
    environment, secret = _environment(entry.get("environment"))
    image, notes = _image(entry.get("image"))
    command = _command(entry.get("command"))
    if any(map(credential_in, command)):
        command, secret = (), ["the command", *secret]
    if secret:
        notes.append(
            f"Not copied, since a secret belongs into SSM or Secrets Manager (see `secrets`): {', '.join(secret)}."
        )
    if left := [key for key in _NOT_TAKEN if entry.get(key)]:
        notes.append(f"Of the compose file not taken over: {', '.join(left)}.")
    return ServiceDraft(
        name,
        image,
        _port(entry, folder),
        command=command,
        environment=environment,
        notes=tuple(notes),
    )


def _image(value: Any) -> tuple[str, list[str]]:
    """The image, or a placeholder where it is built or depends on a variable that only a shell knows."""
    if not isinstance(value, str) or not value.strip():
        return PLACEHOLDER, []
    if any(found[2] is None for found in _VARIABLE.finditer(value)):
        return PLACEHOLDER, [f"In the compose file it is {value}."]
    return _filled_in(value.strip(), {}), []


def _port(entry: Mapping[str, Any], folder: Path) -> int | None:
    """The container's port: published, exposed, or exposed by the Dockerfile it is built from."""
    for item in [*_items(entry.get("ports")), *_items(entry.get("expose"))]:
        target = item.get("target") if isinstance(item, dict) else _filled_in(str(item), {}).rpartition(":")[2]
        if port := _tcp_port(str(target)):
            return port
    build = entry.get("build")
    context = build.get("context", ".") if isinstance(build, dict) else build
    if not isinstance(context, str):
        return None
    name = build.get("dockerfile", "Dockerfile") if isinstance(build, dict) else "Dockerfile"
    return exposed_port(folder / context / str(name))


def _environment(value: Any) -> tuple[dict[str, str], list[str]]:
    """The variables with a value of their own, and the names of those that look like secrets."""
    if isinstance(value, list):
        value = dict(str(item).split("=", 1) for item in value if "=" in str(item))
    plain: dict[str, str] = {}
    secret = []
    for name, content in (value if isinstance(value, dict) else {}).items():
        text = _spelled(content)
        if names_credential(str(name)) or _ADDRESSES.search(str(name)) or credential_in(text or ""):
            secret.append(str(name))
        elif text is not None and "$" not in text.replace("$$", "") and re.fullmatch(r"[A-Za-z_]\w*", str(name)):
            plain[str(name)] = text.replace("$$", "$")
    return plain, secret


def _command(value: Any) -> tuple[str, ...]:
    """The command as a list; compose splits a string as a shell does."""
    try:
        return tuple(shlex.split(value)) if isinstance(value, str) else tuple(map(str, _items(value)))
    except ValueError:  # a quote that is never closed
        return ()


def _spelled(value: Any) -> str | None:
    """A variable's value as text; None where compose takes it from the shell."""
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _tcp_port(text: str) -> int | None:
    """`3000`, `3000/tcp` or the first of `3000-3005`; None for UDP and what is no port."""
    number, _, protocol = text.partition("/")
    first = number.partition("-")[0]
    if protocol.lower() not in ("", "tcp") or not first.isascii() or not first.isdigit():
        return None
    return int(first) if 1 <= int(first) <= 65535 else None


def _base_and_name(text: str) -> tuple[str, str]:
    """What a `FROM` starts from and what it calls the stage, which can be a base of later ones."""
    words = [word for word in text.lower().split() if not word.startswith("--")]
    return words[0] if words else "", words[2] if words[1:2] == ["as"] and len(words) > 2 else ""


def _assignments(text: str) -> dict[str, str]:
    """`PORT=3000 HOST=x` and the old `PORT 3000`."""
    if "=" not in text:
        name, _, value = text.partition(" ")
        return {name: value.strip()} if value else {}
    return dict(item.replace('"', "").split("=", 1) for item in text.split() if "=" in item)


def _filled_in(text: str, values: Mapping[str, str]) -> str:
    """`text` with `$NAME` and `${NAME:-default}` replaced by what is known, or by their default."""
    return _VARIABLE.sub(lambda found: values.get(found[1] or found[3], found[2] or ""), text)
