"""The priorities of listener rules.

A load balancer uses the first rule that matches, so a specific rule must come before a general one. The priority of a
rule is derived from its conditions and its service's name, not from the other rules: adding or removing a service does
not renumber the others. AWS would reject that halfway, because two rules can't have the same priority even for a
moment. Only when two names hash to the same priority, about one in a hundred pairs of similar rules, does one affect
the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from stacks.project.models import LoadBalancer, Routing, Service
from stacks.project.targets import all_targets, serves_http

HIGHEST = 50_000
LONGEST = 128
WIDTHS = {1: 2000, 32: 150, LONGEST: 34}
"""The number of priorities for path lengths up to the key: more for common lengths."""
HOST_RANKS = 5
NO_PORTS: Mapping[int, int] = {}
"""The priorities of a service without listener rules."""


def _literal_length(pattern: str) -> int:
    """The number of literal characters in a pattern, plus one when it has no wildcard."""
    fixed = sum(character not in "*?" for character in pattern)
    return max(1, min(LONGEST, fixed + (fixed == len(pattern))))


def _host_rank(host: str) -> int:
    """0 for a single host; then wildcards: inside a label, then the deepest domains first."""
    if not {"*", "?"}.intersection(host):
        return 0
    if not host.startswith("*."):
        return HOST_RANKS - 2 if host.startswith("*") else 1
    return HOST_RANKS - 1 - max(1, min(HOST_RANKS - 2, host.count(".") - 1))


def specificity(http: Routing) -> tuple[int, int]:
    """The specificity of a rule: the length of its most general path, and the rank of its most general host."""
    length = min((_literal_length(path) for path in http.paths), default=1)
    return length, max((_host_rank(host) for host in http.hosts), default=HOST_RANKS - 1)


def _all_bands() -> Iterator[tuple[tuple[int, int], range]]:
    start = 1
    for length in range(LONGEST, 0, -1):
        width = next(width for longest, width in WIDTHS.items() if length <= longest)
        for rank in range(HOST_RANKS):
            yield (length, rank), range(start, start + width)
            start += width


_BANDS = dict(_all_bands())


def _candidates(name: str, band: range) -> Iterator[int]:
    """Candidate priorities of a service's rule: its own, the others of its band, then those after and before it."""
    offset = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % len(band)
    return chain(band[offset:], band[:offset], range(band.stop, HIGHEST + 1), range(band.start - 1, 0, -1))


def priorities(services: Mapping[str, Service]) -> dict[str, int]:
    """The priority of each web service's rule: as set, or one within the band of its specificity."""
    web = {name: service.http for name, service in services.items() if serves_http(service)}
    result = {name: http.priority for name, http in web.items() if http.priority is not None}
    taken = set(result.values())
    for name in sorted(set(web) - set(result)):
        result[name] = _free(name, _BANDS[specificity(web[name])], taken)
        taken.add(result[name])
    return {name: result[name] for name in web}


def _free(name: str, band: range, taken: Collection[int]) -> int:
    return next(candidate for candidate in _candidates(name, band) if candidate not in taken)


@dataclass(frozen=True)
class Priorities:
    """The priorities of all listener rules: by service and port, and by the host that is redirected."""

    ports: Mapping[str, Mapping[int, int]]
    redirects: Mapping[str, int]


def all_priorities(balancer: LoadBalancer, services: Mapping[str, Service]) -> Priorities:
    """The priorities of all rules. Further ports and redirects get free ones, and change none of the services'.

    A redirect comes before the rules that match its host through a wildcard, or any host.
    """
    own = priorities(services)
    targets = all_targets(services)
    ports = {each.service: {each.port: own[each.service]} for each in targets if each.further is None}
    further = [target for target in targets if target.further]
    taken = {*own.values(), *(each.routing.priority for each in further if each.routing.priority)}
    for target in sorted(further, key=lambda each: (each.service, each.port)):
        name, band = f"{target.service}:{target.port}", _BANDS[specificity(target.routing)]
        ports[target.service][target.port] = target.routing.priority or _free(name, band, taken)
        taken.add(ports[target.service][target.port])
    redirects: dict[str, int] = {}
    for host in sorted(each.source for each in balancer.redirects):
        redirects[host] = _free(host, _BANDS[LONGEST, _host_rank(host)], taken)
        taken.add(redirects[host])
    return Priorities(ports, redirects)
