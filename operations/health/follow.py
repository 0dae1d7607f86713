"""Follows log groups: new events as they arrive, each once, until it is interrupted."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace

from operations import aws
from operations.health.log_events import LogEvent, LogGroups, OnMissing
from stacks.errors import AwsError, Problem

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 5.0
"""Seconds between two polls: FilterLogEvents allows an account 10 requests a second in most regions."""
LATE_SECONDS = 60.0
"""How much later than newer events an event may arrive and still be returned: tasks send theirs independently."""
PATIENCE_SECONDS = 30.0
"""How long to try again with credentials that have expired: they may be renewed."""
CLOCK_ERROR_SECONDS = 600.0
"""How far ahead the clock of this machine may be. After a longer silence, `follow` does not read all of it again."""
SECONDS_KEPT = 2 * int(LATE_SECONDS)
"""After how many seconds of events IDs are forgotten."""


def follow(
    logs: LogGroups,
    since: float,
    on_missing: OnMissing,
    *,
    limit: int | None = None,
    on_trouble: Callable[[Problem], None] = lambda problem: None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.time,
) -> Iterator[LogEvent]:
    """The events since a time, in seconds since 1970, and then new ones, each once, until interrupted.

    Arguments:
        on_missing: Called once for each service without a log group; the group may be created later.
        limit: Return only the last of the events that are already written, this many; all by default.
        on_trouble: Called with a warning at the beginning of a stretch in which AWS does not answer.
        sleep: Pauses for a number of seconds.
        clock: The current time in seconds since 1970.

    Raises the same errors as `LogGroups.read`, but only those that can't be temporary: an error that may go away is
    retried, and the events of that time are read afterwards.
    """
    unseen = _Unseen(logs, since, on_missing, clock)
    pause, failing_since = FIRST_PAUSE, None
    while True:
        before = unseen.count
        try:
            yield from unseen.read(limit)
        except AwsError as error:
            now = clock()
            if not _may_pass(error, now - (failing_since or now)):
                raise
            if failing_since is None:
                on_trouble(_still_following(error))
            failing_since = failing_since or now
            pause = LONGEST_PAUSE
        else:
            limit, failing_since = None, None
            pause = FIRST_PAUSE if unseen.count > before else min(pause * 1.5, LONGEST_PAUSE)
            unseen.advance(clock())
        sleep(pause)


def _may_pass(error: AwsError, failing: float) -> bool:
    """Whether an error may go away, after it has lasted for this many seconds."""
    trouble = aws.trouble(error)
    return trouble == "temporary" or (trouble == "expired" and failing < PATIENCE_SECONDS)


def _still_following(error: AwsError) -> Problem:
    (problem, *_) = error.problems
    fix = problem.fix if aws.trouble(error) == "expired" else ""
    return replace(problem, what=f"{problem.what}; ecsforge tries again", fix=fix, severity="warning")


class _Unseen:
    """Reads the same log groups again and again, and returns each event once.

    Events come in order of time, so everything before the last one was returned, except for what arrives late. Only the
    IDs of the last `LATE_SECONDS` are kept, as hashes by second, however many events are read.
    """

    def __init__(self, logs: LogGroups, since: float, on_missing: OnMissing, clock: Callable[[], float]) -> None:
        self._logs, self._since, self._on_missing, self._clock = logs, since, on_missing, clock
        self._reported: set[str] = set()
        self._seen: dict[int, set[int]] = {}
        self._latest = 0
        self.count = 0
        """How many events were returned."""

    @property
    def kept(self) -> int:
        """How many IDs are kept."""
        return sum(map(len, self._seen.values()))

    def read(self, limit: int | None = None) -> Iterator[LogEvent]:
        """The events that were not returned yet, or the last of them; with an error, the rest comes with the next read.

        With a limit nothing is returned before everything was read: else an error would lose what was read until then.
        """
        events = self._logs.read(self._since, self._report_once)
        if limit is None:
            yield from filter(self._is_new, events)
            return
        kept: deque[LogEvent] = deque(maxlen=limit)
        since = self._since
        try:
            kept.extend(filter(self._is_new, events))
        except AwsError:
            self._since, self._seen, self._latest = since, {}, 0  # nothing was returned
            raise
        self._forget(self._latest / 1000)
        yield from kept

    def advance(self, now: float) -> None:
        """Skip what can't have new events from now on."""
        # A task whose clock is ahead must not hide the events of the others.
        self._forget(max(min(self._latest / 1000, now), now - CLOCK_ERROR_SECONDS))

    def _is_new(self, event: LogEvent) -> bool:
        """Whether an event was not returned yet; it counts as returned from now on."""
        second, id_ = event.timestamp // 1000, hash(event.id)
        if second not in self._seen:
            self._seen[second] = set()
            if len(self._seen) > SECONDS_KEPT:
                self._forget(min(second, self._clock()))
        if id_ in self._seen[second]:
            return False
        self._seen[second].add(id_)
        self._latest = max(self._latest, event.timestamp)
        self.count += 1
        return True

    def _forget(self, latest: float) -> None:
        """Read on from before this time, in seconds since 1970, and forget the events from before that."""
        self._since = max(self._since, latest - LATE_SECONDS)
        self._seen = {second: ids for second, ids in self._seen.items() if second >= int(self._since)}

    def _report_once(self, services: list[str]) -> None:
        new = [service for service in services if service not in self._reported]
        self._reported.update(new)
        if new:
            self._on_missing(new)
