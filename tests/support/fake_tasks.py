"""ECS and CloudWatch Logs for one task, scripted poll by poll, for tests without an emulator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from operations.tasks.run import Clients, Listener
from operations.tasks.start import TaskRequest
from stacks.errors import Problem

TASK = "arn:aws:ecs:eu-west-1:123456789012:task/cluster/0123456789abcdef"
DEFINITION = "arn:aws:ecs:eu-west-1:123456789012:task-definition/web-shop-dev:2"
REQUEST = TaskRequest(
    "services.web.deployment.before[0]",
    "cluster",
    DEFINITION,
    "web",
    ("npm", "run", "migrate"),
    ("subnet-a", "subnet-b"),
    ("sg-1",),
    timeout=60,
    token="t" * 32,
)
Poll = dict[str, Any] | Exception | None


def task(status: str, exit_code: int | None = None, **more: Any) -> dict[str, Any]:
    """A task in this state; one with an exit code is to be stopped."""
    container = {"name": "web", **({} if exit_code is None else {"exitCode": exit_code})}
    ended = exit_code is not None or status == "STOPPED"
    return {
        "taskArn": TASK,
        "lastStatus": status,
        "desiredStatus": "STOPPED" if ended else "RUNNING",
        "containers": [{"name": "proxy"}, container],
        **(
            {"stopCode": "EssentialContainerExited", "stoppedReason": "Essential container in task exited"}
            if ended
            else {}
        ),
        **more,
    }


def refused(operation: str, code: str, message: str = "no", status: int = 400) -> ClientError:
    """An error of AWS."""
    answer: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "r"},
    }
    return ClientError(answer, operation)


class Clock:
    """A clock that only `sleep` advances. `interrupt_at` is the second at which a sleep is interrupted."""

    def __init__(self, interrupt_at: float | None = None) -> None:
        self.now, self._interrupt_at = 0.0, interrupt_at

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self._interrupt_at is not None and self.now >= self._interrupt_at:
            raise KeyboardInterrupt


class FakeTasks:
    """Both clients. `polls` are the answers of DescribeTasks in order, the last of them is repeated.

    Attributes:
        started: The answers of RunTask in order; by default the task.
        printed: The lines that each poll of the logs finds.
        calls: The names of the calls, in order.
        stops: The reasons of StopTask.
        after_stop: What DescribeTasks answers after StopTask, if not the next of `polls`.
    """

    def __init__(self, *polls: Poll, printed: Sequence[Sequence[str] | Exception] = ()) -> None:
        self.polls, self.printed = list(polls), list(printed)
        self.started: list[Any] = [{"tasks": [{"taskArn": TASK}], "failures": []}]
        self.after_stop: list[Poll] | None = None
        self.definition: Any = {
            "logDriver": "awslogs",
            "options": {"awslogs-group": "/web", "awslogs-stream-prefix": "ecs"},
        }
        self.calls: list[str] = []
        self.requests: list[dict[str, Any]] = []
        self.stops: list[str] = []
        self.listed: list[str] = []
        self.streams: set[tuple[str, str]] = set()

    @property
    def clients(self) -> Clients:
        """The clients."""
        return Clients(self, self)

    def run_task(self, **arguments: Any) -> Any:
        self.calls.append("run_task")
        self.requests.append(arguments)
        answer = self.started.pop(0) if len(self.started) > 1 else self.started[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def describe_tasks(self, *, cluster: str, tasks: list[str]) -> Any:
        assert (cluster, tasks) == ("cluster", [TASK])
        self.calls.append("describe_tasks")
        answer = self.polls.pop(0) if len(self.polls) > 1 else self.polls[0]
        if isinstance(answer, Exception):
            raise answer
        return {"tasks": [] if answer is None else [answer], "failures": []}

    def stop_task(self, *, cluster: str, task: str, reason: str) -> None:
        assert (cluster, task) == ("cluster", TASK)
        self.calls.append("stop_task")
        self.stops.append(reason)
        if self.after_stop is not None:
            self.polls = self.after_stop

    def list_tasks(self, *, cluster: str, startedBy: str) -> Any:
        assert startedBy == f"ecsforge/{'t' * 32}"
        return {"taskArns": self.listed}

    def describe_task_definition(self, *, taskDefinition: str) -> Any:
        assert taskDefinition == DEFINITION
        if isinstance(self.definition, Exception):
            raise self.definition
        containers = [{"name": "proxy"}, {"name": "web", "logConfiguration": self.definition}]
        return {"taskDefinition": {"containerDefinitions": containers}}

    def get_log_events(self, *, logGroupName: str, logStreamName: str, nextToken: str = "f/0", **more: Any) -> Any:
        self.streams.add((logGroupName, logStreamName))
        if int(nextToken[2:]) % 2 == 1:  # the end, until the next poll
            return {"events": [], "nextForwardToken": f"f/{int(nextToken[2:]) + 1}"}
        lines = self.printed.pop(0) if self.printed else ()
        if isinstance(lines, Exception):
            raise lines
        if not lines:
            return {"events": [], "nextForwardToken": nextToken}
        return {
            "events": [{"message": line} for line in lines],
            "nextForwardToken": f"f/{int(nextToken[2:]) + 1}",
        }


class Heard:
    """A listener that keeps everything."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.lines: list[str] = []
        self.warnings: list[Problem] = []
        self.stopped: list[str] = []

    @property
    def listener(self) -> Listener:
        """The listener."""
        return Listener(self.started.append, self.lines.append, self.warnings.append, self.stopped.append)
