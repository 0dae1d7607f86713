"""The emulator's process, in which one-off tasks have a life that their command describes.

moto moves a task one state further with each DescribeTasks, and ends it with exit code 0 and without logs. Here a task
whose command is `emulated [NAME=VALUE]...` runs for `polls` descriptions (2), prints `print`, and ends with `exit` (0);
`fails=REASON` makes RunTask return a failure. Any other command ends with 0. A stopped task ends with 143.
"""

from __future__ import annotations

import time
from typing import Any

from operations.rehearsal.emulator.client import Emulator
from operations.rehearsal.emulator.server import main

STOPPED = 143


class EmulatorWithTasks(Emulator):
    """The emulator, with the lives of tasks."""

    server = "tests.support.emulator_with_tasks"


class _Life:
    """The life of one task."""

    def __init__(self, command: list[str]) -> None:
        words = command[1:] if command[:1] == ["emulated"] else []
        given = dict(word.partition("=")[::2] for word in words)
        self.polls, self.exit_code = int(given.get("polls", 2)), int(given.get("exit", 0))
        self.printed = [line for line in given.get("print", " ".join(command)).split("|") if line]
        self.refusal = given.get("fails")


def patch() -> None:
    """Give the tasks of moto their lives."""
    from moto.core.responses import ActionResult
    from moto.ec2.models.elastic_network_interfaces import NetworkInterface
    from moto.ecs.models import EC2ContainerServiceBackend as Backend
    from moto.ecs.responses import EC2ContainerServiceResponse as Response
    from moto.moto_api import state_manager

    state_manager.set_transition("ecs::task", {"progression": "manual", "times": 10**9})
    run, describe, stop, respond = Backend.run_task, Backend.describe_tasks, Backend.stop_task, Response.run_task

    def run_task(self: Any, *arguments: Any, **more: Any) -> list[Any]:
        tasks = run(self, *arguments, **more)
        for task in tasks:
            (override,) = task.overrides["containerOverrides"]
            task.life = _Life(override.get("command", []))
            task.status = "PROVISIONING"
            (container,) = task.containers
            container.name, container.exitCode, container.last_status = override["name"], None, "PENDING"
        return tasks

    def answer(self: Any) -> Any:
        (override,) = self._get_param("overrides")["containerOverrides"]
        refusal = _Life(override.get("command", [])).refusal
        return respond(self) if refusal is None else ActionResult({"tasks": [], "failures": [{"reason": refusal}]})

    def describe_tasks(self: Any, *arguments: Any) -> list[Any]:
        tasks = describe(self, *arguments)
        for task in tasks:
            advance(self, task)
        return tasks

    def stop_task(self: Any, cluster: str, task: str, reason: str) -> Any:
        stopped = stop(self, cluster, task, reason)
        stopped.life.polls, stopped.life.exit_code = 0, STOPPED
        return stopped

    NetworkInterface.private_dns_name = ""  # which moto sets only in a VPC with DNS
    Backend._calculate_task_resource_requirements = staticmethod(lambda definition: {"CPU": 0, "MEMORY": 0})
    Backend.run_task, Backend.describe_tasks, Backend.stop_task = run_task, describe_tasks, stop_task
    Response.run_task = answer


def advance(backend: Any, task: Any) -> None:
    """Bring a task one state further."""
    from operations.rehearsal.emulator.moto.ecs import delete_interfaces

    life = task.life
    if task.status == "PROVISIONING":
        task.status = "RUNNING"
        write_lines(backend, task, task.life.printed)
    elif life.polls > 0:
        life.polls -= 1
    else:
        (container,) = task.containers
        container.exitCode, container.last_status = life.exit_code, "STOPPED"
        task.status = task.desired_status = "STOPPED"
        task.stopped_reason = task.stopped_reason or "Essential container in task exited"
        delete_interfaces(backend.account_id, backend.region_name, task)


def write_lines(backend: Any, task: Any, lines: list[str]) -> None:
    """Write lines of a task to the log stream that its definition names; the group exists, as for ECS."""
    from moto.logs.models import logs_backends

    definition = backend.describe_task_definition(task.task_definition_arn)
    (container,) = task.containers
    (described,) = (each for each in definition.container_definitions if each["name"] == container.name)
    options = described.get("logConfiguration", {}).get("options")
    if options is None:
        return
    logs, group = logs_backends[backend.account_id][backend.region_name], options["awslogs-group"]
    stream = f"{options['awslogs-stream-prefix']}/{container.name}/{task.id}"
    if stream not in logs.groups[group].streams:
        logs.create_log_stream(group, stream)
    now = int(time.time() * 1000)
    logs.put_log_events(group, stream, [{"timestamp": now, "message": line} for line in lines])


if __name__ == "__main__":
    patch()
    main()
