"""The priorities of listener rules.

A load balancer takes the first rule that matches, so a specific rule has to come before a general one. The priority
of a rule follows from what it matches alone and not from its neighbours: a service that comes or goes renumbers no
other, which AWS would refuse halfway, as no two rules may have one priority even for a moment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from stacks.spec.models import Http, Service

HIGHEST = 50_000
LONGEST = 128
BAND = 190
"""Priorities for each length of pattern: twice 129 bands of them fit below `HIGHEST`."""


def _literal_length(pattern: str) -> int:
    """How many characters of a pattern stand for themselves; one more where it has no wildcard at all."""
    fixed = sum(character not in "*?" for character in pattern)
    return min(LONGEST, fixed + (fixed == len(pattern)))


def specificity(http: Http) -> tuple[bool, int]:
    """How specific a rule is: whether it names hosts, and the length of its most general path."""
    return bool(http.hosts), min((_literal_length(path) for path in http.paths), default=0)


def _band(http: Http) -> int:
    has_hosts, length = specificity(http)
    return (0 if has_hosts else LONGEST + 1) + LONGEST - length


def priorities(services: Mapping[str, Service]) -> dict[str, int]:
    """The priority of each web service's rule: as given, or one of its own within the band of its specificity."""
    web = {name: service.http for name, service in services.items() if service.type == "web"}
    given = {name: http.priority for name, http in web.items() if http.priority is not None}
    taken = set(given.values())
    result = dict(given)
    for name in sorted(set(web) - set(given)):
        start = _band(web[name]) * BAND
        offset = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % BAND
        places = (start + (offset + step) % BAND + 1 for step in range(BAND))
        result[name] = next(place for place in places if place not in taken)
        taken.add(result[name])
    return {name: result[name] for name in web}
