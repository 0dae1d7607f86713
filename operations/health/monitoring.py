"""What CloudWatch knows about services: their alarms, and the age of the oldest message in a queue.

`status` works without the permission for it, and reports that it was denied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from operations import aws
from operations.health.model import Alarm, Queue
from stacks.errors import AwsError, Problem

if TYPE_CHECKING:
    from stacks.naming import Names
    from stacks.project.models import Service

ALARMS_PER_CALL = 100
"""The most names that DescribeAlarms accepts."""
_AGE = timedelta(minutes=10)
"""How far to look back: SQS sends its metrics once a minute, and a new queue's only after some minutes."""

Answer = TypeVar("Answer")


def is_monitored(service: Service) -> bool:
    """Whether CloudWatch is asked about a service."""
    return service.queue is not None or service.alarms.any_set or bool(service.deployment.alarms)


def alarm_names(names: Names, name: str, service: Service) -> list[str]:
    """The names of a service's alarms: its own, and those of others that watch its deployments."""
    own = {key: names.alarm(name, key.replace("_", "-")) for key, value in service.alarms if value is not None}
    return list(dict.fromkeys([*own.values(), *(own.get(each, each) for each in service.deployment.alarms)]))


class Monitoring:
    """Asks CloudWatch.

    Args:
        cloudwatch: A boto3 client; None when nothing is asked.
        names: The AWS names of the environment.

    Attributes:
        denied: A problem for each kind of request that is not allowed.
    """

    def __init__(self, cloudwatch: Any, names: Names) -> None:
        self._cloudwatch, self._names = cloudwatch, names
        self._denied: dict[str, Problem] = {}

    @property
    def denied(self) -> Iterable[Problem]:
        """A problem for each kind of request that is not allowed."""
        return tuple(self._denied.values())

    def alarms(self, services: Mapping[str, Service]) -> dict[str, tuple[Alarm, ...]]:
        """The alarms of services that exist, by service. Raises AwsError."""
        wanted = {name: alarm_names(self._names, name, each) for name, each in services.items()}
        names = list(dict.fromkeys(name for each in wanted.values() for name in each))
        none: dict[str, Alarm] = {}
        found = self._allowed("alarms", lambda: self._alarms(names), none) if names else none
        return {name: tuple(found[each] for each in own if each in found) for name, own in wanted.items()}

    def with_age(self, queue: Queue) -> Queue:
        """The queue with the age of its oldest message. Raises AwsError."""
        return replace(queue, oldest_seconds=self._allowed("age of queues", lambda: self._age(queue.name), None))

    def _allowed(self, what: str, ask: Callable[[], Answer], otherwise: Answer) -> Answer:
        """The result of a request; `otherwise` without the permission for it."""
        if what in self._denied:
            return otherwise
        try:
            with aws.errors(what):
                return ask()
        except AwsError as error:
            if not error.codes & aws.DENIED:
                raise
            self._denied[what] = replace(error.problems[0], severity="warning")
            return otherwise

    def _alarms(self, names: list[str]) -> dict[str, Alarm]:
        found: dict[str, Alarm] = {}
        for start in range(0, len(names), ALARMS_PER_CALL):
            pages = self._cloudwatch.get_paginator("describe_alarms").paginate(
                AlarmNames=names[start : start + ALARMS_PER_CALL], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
            )
            for page in pages:
                for each in (*page.get("MetricAlarms", ()), *page.get("CompositeAlarms", ())):
                    found[each["AlarmName"]] = _alarm(each)
        return found

    def _age(self, queue: str) -> int | None:
        now = datetime.now(UTC)
        answer = self._cloudwatch.get_metric_statistics(
            Namespace="AWS/SQS",
            MetricName="ApproximateAgeOfOldestMessage",
            Dimensions=[{"Name": "QueueName", "Value": queue}],
            StartTime=now - _AGE,
            EndTime=now,
            Period=60,
            Statistics=["Maximum"],
        )
        points = sorted(answer.get("Datapoints", ()), key=lambda point: point["Timestamp"])
        return int(points[-1]["Maximum"]) if points else None


def _alarm(answer: Mapping[str, Any]) -> Alarm:
    return Alarm(
        answer["AlarmName"],
        answer.get("StateValue", "INSUFFICIENT_DATA"),
        answer.get("StateReason", ""),
        answer.get("StateUpdatedTimestamp"),
    )
