"""The priorities of listener rules.

A load balancer uses the first rule that matches, so a specific rule must come before a general one. The priority of a
rule is derived from its conditions and its service's name, not from the other rules: adding or removing a service does
not renumber the others. AWS would reject that halfway, because two rules can't have the same priority even for a
moment. Only when two names hash to the same priority, about one in a hundred pairs of similar rules, does one affect
the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from itertools import chain

from stacks.project.models import Http, Service

HIGHEST = 50_000
LONGEST = 128
WIDTHS = {1: 2000, 32: 150, LONGEST: 34}
"""The number of priorities for path lengths up to the key: more for common lengths."""
HOST_RANKS = 5


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


def specificity(http: Http) -> tuple[int, int]:
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


def _candidates(name: str, http: Http) -> Iterator[int]:
    """Candidate priorities of a service's rule: its own, the others of its band, then those after and before it."""
    band = _BANDS[specificity(http)]
    offset = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % len(band)
    return chain(band[offset:], band[:offset], range(band.stop, HIGHEST + 1), range(band.start - 1, 0, -1))


def priorities(services: Mapping[str, Service]) -> dict[str, int]:
    """The priority of each web service's rule: as set, or one within the band of its specificity."""
    web = {name: service.http for name, service in services.items() if service.type == "web"}
    result = {name: http.priority for name, http in web.items() if http.priority is not None}
    taken = set(result.values())
    for name in sorted(set(web) - set(result)):
        result[name] = next(candidate for candidate in _candidates(name, web[name]) if candidate not in taken)
        taken.add(result[name])
    return {name: result[name] for name in web}
