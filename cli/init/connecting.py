"""Service Connect for the services of a compose file that call each other by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cli.init.entry import Entry
from cli.init.hosts import Hosts, Reference, links_of
from cli.init.images import is_proxy

_MAX_FILES = 20
_MAX_BYTES = 64 * 1024
_CONFIGURATION = re.compile(r".*\.(?:conf|cfg|template|tmpl|tpl|toml|ya?ml|json|vcl)|Caddyfile|default", re.I)
_COMMENT = re.compile(r"^\s*#.*|\s#\s.*", re.M)
_ALIAS = re.compile(r"(?!-)[a-z0-9_.-]{1,127}")


@dataclass
class Endpoint:
    """How other services call one: the names that they use, the ports, and who they are."""

    hosts: list[str] = field(default_factory=list)
    ports: list[int] = field(default_factory=list)
    clients: list[str] = field(default_factory=list)


def endpoints(entries: Iterable[Entry], hosts: Hosts, folder: Path) -> dict[str, Endpoint]:
    """The services that others call, by key."""
    entries = list(entries)
    found: dict[str, Endpoint] = {}
    known = {entry.key for entry in entries}
    for entry in entries:
        own = Hosts(dict(hosts.services), hosts.omitted)
        own.services |= {alias.lower(): service for service, alias in links_of(entry.data)}
        for reference in _references(entry, own, folder):
            if reference.service in known and reference.service != entry.key:
                endpoint = found.setdefault(reference.service, Endpoint())
                endpoint.hosts.append(reference.host.lower())
                endpoint.ports += [reference.port] if reference.port else []
                endpoint.clients.append(entry.key)
    return found


def alias_of(endpoint: Endpoint, name: str) -> tuple[str | None, list[str]]:
    """The alias that a service needs, None for its own name, and the other names that are not served."""
    names = list(dict.fromkeys(host for host in endpoint.hosts if _ALIAS.fullmatch(host)))
    if not names or name in names:
        return None, [each for each in names if each != name]
    most = max(names, key=endpoint.hosts.count)
    return most, [each for each in names if each != most]


def _references(entry: Entry, hosts: Hosts, folder: Path) -> Iterator[Reference]:
    for name, value in entry.environment.items():
        yield from hosts.references(str(value or ""), variable=name)
    for word in (*entry.command, *entry.entrypoint):
        yield from hosts.references(word)
    if is_proxy(entry.key, entry.base_image):
        for text in _configuration(entry, folder):
            yield from hosts.references(_COMMENT.sub("", text))


def _configuration(entry: Entry, folder: Path) -> Iterator[str]:
    """The configuration files of a proxy: those that it mounts, and those that its Dockerfile copies."""
    own = Path(entry.data.get(".folder", folder))
    paths = [own / source for source, _ in entry.mounts() if source.startswith((".", "~")) or "/" in source]
    if entry.build and entry.stage:
        paths += [folder / entry.build.context / source for source in entry.stage.copied if source not in (".", "./")]
    files = (file for path in paths for file in _files(path))
    for _, file in zip(range(_MAX_FILES), files, strict=False):
        try:
            with file.open("rb") as stream:
                yield stream.read(_MAX_BYTES).decode("utf-8", "replace")
        except OSError:
            continue


def _files(path: Path) -> Iterator[Path]:
    try:
        if path.is_file():
            yield path
        elif path.is_dir():
            yield from sorted(file for file in path.iterdir() if file.is_file() and _CONFIGURATION.fullmatch(file.name))
    except (OSError, ValueError):
        return


def ports_by_use(candidates: Iterable[int], used: Iterable[int]) -> int | None:
    """The port that others use, if the service has it; else its first one, else the first that others use."""
    candidates, used = list(candidates), list(used)
    both = [port for port in used if port in candidates]
    return next(iter([*both, *candidates, *used]), None)


def unserved(endpoint: Endpoint, port: int) -> list[int]:
    """The ports that others use and that the service does not have."""
    return sorted({used for used in endpoint.ports if used != port})


def clients_of(found: Mapping[str, Endpoint]) -> set[str]:
    """The keys of the services that call others."""
    return {client for endpoint in found.values() for client in endpoint.clients}
