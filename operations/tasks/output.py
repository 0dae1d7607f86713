"""What the container of one task prints, from CloudWatch Logs.

GetLogEvents reads one log stream forward, from where the last request ended. See
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from operations import aws
from operations.health.environment import none_if_missing

PAGE = 1000
"""Events in one request; AWS allows 10,000."""
_MOST_PAGES = 50
"""Requests in one read: a container that prints without end must not keep the command from looking at its state."""


@dataclass(frozen=True)
class LogStream:
    """The log stream of a container."""

    group: str
    name: str


def log_stream(ecs: Any, task_definition: str, container: str, task_id: str) -> LogStream | None:
    """The log stream of a task's container; None if its logs do not go to CloudWatch Logs with a prefix.

    Raises botocore's ClientError when AWS refuses a request.
    """
    described = ecs.describe_task_definition(taskDefinition=task_definition)["taskDefinition"]
    found: dict[str, Any] = next((each for each in described["containerDefinitions"] if each["name"] == container), {})
    logs = found.get("logConfiguration") or {}
    options = logs.get("options") or {}
    if logs.get("logDriver") != "awslogs" or not options.get("awslogs-stream-prefix"):
        return None
    return LogStream(options["awslogs-group"], f"{options['awslogs-stream-prefix']}/{container}/{task_id}")


class Output:
    """Reads the lines of a log stream, each once."""

    def __init__(self, logs: Any, stream: LogStream) -> None:
        self._logs, self._stream = logs, stream
        self._token: str | None = None

    def lines(self) -> Iterator[str]:
        """The lines since the last call; none while the stream does not exist.

        Raises:
            AwsError: AWS refused a request.
        """
        for _ in range(_MOST_PAGES):
            with aws.errors(f"the logs of {self._stream.name}"):
                page = none_if_missing(("ResourceNotFoundException",), self._page)
            if page is None:
                return
            token, self._token = self._token, page.get("nextForwardToken", self._token)
            yield from (line for event in page.get("events", ()) for line in event["message"].splitlines() or [""])
            if not page.get("events") or self._token == token:
                return

    def _page(self) -> dict[str, Any]:
        token = {} if self._token is None else {"nextToken": self._token}
        page: dict[str, Any] = self._logs.get_log_events(
            logGroupName=self._stream.group,
            logStreamName=self._stream.name,
            startFromHead=True,
            limit=PAGE,
            **token,
        )
        return page
