"""The record of a stopped environment: what its services were like before `ecsforge stop`.

It is kept as tags of the ECS cluster: every command that asks for the cluster sees them, from any machine, and one call
writes all of them before anything is stopped. Terraform's state does not contain them, so an apply outside of ecsforge
removes them.

    ecsforge:stopped     2026-01-31T20:00:00Z
    ecsforge:stopped-1   web=2 mailer=1:ios cleanup=on

`web=2` is the desired count, and the letters are the scaling activities that were already suspended: in, out,
scheduled. A job has `on` or `off`. Keys and values keep to the limits of
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html#tag-restrictions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

TAG = "ecsforge:stopped"
VALUE_LIMIT = 256
"""The longest value of a tag, in characters."""
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_ACTIVITIES = {"i": "DynamicScalingInSuspended", "o": "DynamicScalingOutSuspended", "s": "ScheduledScalingSuspended"}
ACTIVITIES = tuple(_ACTIVITIES.values())
"""The members of Application Auto Scaling's `SuspendedState`."""


@dataclass(frozen=True)
class ServiceBefore:
    """A service before the stop.

    Attributes:
        count: Its desired count.
        suspended: The members of `SuspendedState` that were true.
    """

    count: int
    suspended: frozenset[str] = frozenset()


@dataclass(frozen=True)
class JobBefore:
    """A job before the stop.

    Attributes:
        enabled: Whether its schedule was enabled.
    """

    enabled: bool


@dataclass(frozen=True)
class Stopped:
    """The record of a stopped environment.

    Attributes:
        since: When it was stopped.
        services: The services and jobs, by name in the project file.
    """

    since: datetime
    services: Mapping[str, ServiceBefore | JobBefore] = field(default_factory=dict)

    @property
    def moment(self) -> str:
        """`2026-01-31T20:00:00Z`."""
        return f"{self.since.astimezone(UTC):{_TIME}}"

    def tags(self) -> dict[str, str]:
        """The tags of the cluster that contain it."""
        values = _packed(f"{name}={_written(before)}" for name, before in self.services.items())
        return {TAG: self.moment, **{f"{TAG}-{number}": text for number, text in enumerate(values, start=1)}}


def stopped_in(tags: Mapping[str, str]) -> Stopped | None:
    """The record in the tags of a cluster; None while the environment is not stopped."""
    if TAG not in tags:
        return None
    entries = " ".join(tags[key] for key in record_keys(tags) if key != TAG).split()
    read = (entry.partition("=") for entry in entries)
    return Stopped(_time(tags[TAG]), {name: before for name, _, text in read if (before := _read(text)) is not None})


def record_keys(tags: Mapping[str, str]) -> list[str]:
    """The keys of the tags that belong to the record."""
    return sorted(key for key in tags if key == TAG or key.startswith(f"{TAG}-"))


def _packed(entries: Iterable[str]) -> list[str]:
    """Entries in as few values as their limit allows."""
    values: list[str] = []
    for entry in entries:
        if values and len(values[-1]) + 1 + len(entry) <= VALUE_LIMIT:
            values[-1] += f" {entry}"
        else:
            values.append(entry)
    return values


def _written(before: ServiceBefore | JobBefore) -> str:
    if isinstance(before, JobBefore):
        return "on" if before.enabled else "off"
    letters = "".join(letter for letter, activity in _ACTIVITIES.items() if activity in before.suspended)
    return f"{before.count}:{letters}" if letters else str(before.count)


def _read(text: str) -> ServiceBefore | JobBefore | None:
    """The value of an entry; None for one that somebody edited."""
    if text in ("on", "off"):
        return JobBefore(text == "on")
    count, _, letters = text.partition(":")
    if not count.isdecimal():
        return None
    return ServiceBefore(int(count), frozenset(_ACTIVITIES[letter] for letter in letters if letter in _ACTIVITIES))


def _time(text: str) -> datetime:
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError:  # somebody edited the tag
        return datetime.fromtimestamp(0, UTC)
