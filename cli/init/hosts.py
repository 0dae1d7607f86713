"""Host names of compose services in the values of others, which Service Connect or a managed service must resolve."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from stacks.credentials import words_of

# The names of variables whose whole value is a host: DB_HOST, REDIS_SERVER, UPSTREAM.
_HOST_VARIABLE = re.compile(
    r"(?:^|_)(?:\w*HOST(?:S|NAME|NAMES)?|SERVERS?|ADDR(?:ESS|ESSES)?|ENDPOINTS?|URLS?|URIS?|UPSTREAMS?|BROKERS?|NODES?"
    r"|PEERS?|DSN|TARGET|BACKEND_SERVICE|SERVICE_NAME|BOOTSTRAP_SERVERS|CONTACT_POINTS?)(?:_\d+|$)"
)
_SCHEME = r"[a-z][a-z0-9+.-]*:(?:[a-z0-9]+:)*//"
_KEYED = r"(?:^|[;,\s&?])(?:host|server|data source|address|addr|hostaddr|network address)\s*=\s*(?:tcp:)?"
_LOCAL = re.compile(
    r"(?:^|[/@=,\s])(?:localhost|127\.0\.0\.1|host\.docker\.internal|gateway\.docker\.internal|172\.17\.0\.1)(?=[:/,;\s]|$)",
    re.I,
)
_LONGEST_TEXT = 32 * 1024
_MOST = 100
_WINDOW = 300
"""Characters around a word that decide whether it is a host name."""
_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443, "grpc": 50051}


@dataclass(frozen=True)
class Reference:
    """A host name in a text: the service it names, the name as written, and the port, if there is one."""

    service: str
    host: str
    port: int | None


@dataclass
class Hosts:
    """The host names of all services of a compose file.

    Attributes:
        services: The service of each host name: its key, container name, host name or alias.
        omitted: The services that are not deployed.
    """

    services: dict[str, str] = field(default_factory=dict)
    omitted: set[str] = field(default_factory=set)

    def add(self, service: str, names: Iterable[str]) -> None:
        """Register the host names of a service; the service's own key takes precedence over other names."""
        for name in names:
            if name and re.fullmatch(r"[\w.-]+", name):
                self.services.setdefault(name.lower(), service)

    def references(self, text: str, *, variable: str = "") -> list[Reference]:
        """The services that a value names as a host; `variable` is the name of the variable with that value."""
        return list(islice(self._references(text[:_LONGEST_TEXT], variable), _MOST))

    def omitted_in(self, variable: str, text: str) -> list[str]:
        """The services that are not deployed and that a value names."""
        found = (reference.service for reference in self.references(text, variable=variable))
        return list(dict.fromkeys(service for service in found if service in self.omitted))

    @staticmethod
    def is_local(text: str) -> bool:
        """Whether a value is an address on the developer's machine."""
        return _LOCAL.search(text) is not None

    def _references(self, text: str, variable: str) -> Iterator[Reference]:
        whole = bool(variable) and _HOST_VARIABLE.search(words_of(variable)) is not None
        for found in re.finditer(r"[A-Za-z0-9_][\w.-]*", text, re.ASCII):
            service = self.services.get(found[0].lower())
            if service is None:
                continue
            before = text[max(0, found.start() - _WINDOW) : found.start()]
            after = text[found.end() : found.end() + _WINDOW]
            port = re.match(r":(\d{2,5})(?!\d)", after)
            if _is_host(before, after, bool(port), whole):
                scheme = re.search(r"([a-z]+)://[^/\s]*$", before, re.I)
                default = _DEFAULT_PORTS.get(scheme[1].lower()) if scheme else None
                yield Reference(service, found[0], int(port[1]) if port else default)


def _is_host(before: str, after: str, has_port: bool, whole: bool) -> bool:
    """Whether a word between these texts is a host name."""
    if re.search(rf"{_SCHEME}(?:[^\s/]*@)?$", before, re.I):
        return re.match(r"[:/?#,;\s\"')]|$", after) is not None
    if re.search(rf"{_SCHEME}(?:[^\s/]*@)?[^\s/]*,$", before, re.I):  # mongodb://a,b/shop
        return True
    if re.search(rf"{_KEYED}$", before, re.I):
        return re.match(r"[;:,\s&\\]|$", after) is not None
    at_start = re.search(r"(?:^|[\s,;=\"'(@\[])$", before) is not None
    if has_port:
        return at_start
    return (
        whole and re.fullmatch(r"(?:|.*[,;\s])", before, re.S) is not None and re.match(r"[,;/\s]|$", after) is not None
    )


def names_of(key: str, entry: Mapping[str, object]) -> Iterator[str]:
    """The host names of a service of a compose file."""
    yield key
    for name in ("container_name", "hostname"):
        if isinstance(entry.get(name), str):
            yield str(entry[name])
    networks = entry.get("networks")
    for network in networks.values() if isinstance(networks, dict) else ():
        aliases = network.get("aliases") if isinstance(network, dict) else None
        yield from map(str, aliases if isinstance(aliases, list) else ())


def links_of(entry: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """The services that `links` names, each with its alias."""
    links = entry.get("links")
    for link in links if isinstance(links, list) else ():
        service, _, alias = str(link).partition(":")
        yield service, alias or service
