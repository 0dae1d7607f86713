"""Names of services that a command was given."""

from __future__ import annotations

from collections.abc import Iterable

from stacks.errors import UsageError
from stacks.project.suggest import did_you_mean


def require_services(services: Iterable[str], names: Iterable[str], where: str = "") -> None:
    """Raise UsageError for a name that is not one of the services; `where` is the option that named it."""
    known = tuple(services)
    for name in names:
        if name not in known:
            fix = did_you_mean(name, known, "the services are")
            raise UsageError.of(where, "unknown service", got=name, fix=fix)
