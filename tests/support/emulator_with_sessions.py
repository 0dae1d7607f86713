"""The emulator's process, in which tasks run with ECS Exec and sessions can be opened.

moto has no ExecuteCommand and no sessions. The answers here have the shape of the API's documentation, not recorded
ones: ECS API reference, ExecuteCommand; Systems Manager API reference, StartSession. A session's token is `TOKEN`.

A task runs until it is stopped. Its `startedBy` says what differs: `off` for one without ECS Exec, `PENDING` or
`STOPPED` for the state of its agent, `lost` for an agent that is running but not connected, `gone` for a task that
stops as soon as a session is opened.
"""

from __future__ import annotations

from typing import Any

from operations.rehearsal.emulator.client import Emulator
from operations.rehearsal.emulator.server import main

RUNTIME = "0123456789-42"
TOKEN = "TOKEN-of-a-session"
REASON = "no credentials"


class EmulatorWithSessions(Emulator):
    """The emulator, with sessions."""

    server = "tests.support.emulator_with_sessions"


def patch() -> None:
    """Give moto's tasks ECS Exec, and its APIs sessions."""
    from moto.core.responses import ActionResult
    from moto.ecs.models import EC2ContainerServiceBackend as Backend
    from moto.ecs.responses import EC2ContainerServiceResponse as Response
    from moto.moto_api import state_manager
    from moto.ssm.responses import SimpleSystemManagerResponse as Ssm

    state_manager.set_transition("ecs::task", {"progression": "manual", "times": 10**9})
    run = Backend.run_task

    def run_task(self: Any, *arguments: Any, **more: Any) -> list[Any]:
        tasks = run(self, *arguments, **more)
        for task in tasks:
            task.enable_execute_command = task.started_by != "off"
            for container in task.containers:
                container.runtime_id = RUNTIME
                container.managed_agents = [_agent(task.started_by)] if task.enable_execute_command else []
        return tasks

    def execute_command(self: Any) -> Any:
        task = _running(self.ecs_backend, self._get_param("task"))
        session = {"sessionId": f"ecs-execute-command-{task.id}", "streamUrl": "wss://x", "tokenValue": TOKEN}
        return ActionResult(
            {
                "clusterArn": task.cluster_arn,
                "containerName": self._get_param("container"),
                "interactive": True,
                "session": session,
                "taskArn": task.task_arn,
            }
        )

    def start_session(self: Any) -> Any:
        from moto.ecs.models import ecs_backends

        _, task, _ = self._get_param("Target").split("_")
        _running(ecs_backends[self.current_account][self.region], task, not_connected="TargetNotConnected")
        return ActionResult({"SessionId": f"user-{task}", "StreamUrl": "wss://x", "TokenValue": TOKEN})

    def terminate_session(self: Any) -> Any:
        return ActionResult({"SessionId": self._get_param("SessionId")})

    Backend.run_task, Response.execute_command = run_task, execute_command
    Ssm.start_session, Ssm.terminate_session = start_session, terminate_session


def _agent(state: str) -> dict[str, str]:
    agent = {"name": "ExecuteCommandAgent", "lastStatus": state if state in ("PENDING", "STOPPED") else "RUNNING"}
    return {**agent, "reason": REASON} if state == "STOPPED" else agent


def _running(backend: Any, task_id: str, not_connected: str = "TargetNotConnectedException") -> Any:
    """The task that a session is opened in; an error of AWS if that is not possible."""
    from moto.core.exceptions import JsonRESTError

    (task,) = (each for tasks in backend.tasks.values() for each in tasks.values() if each.id == task_id)
    if task.started_by == "gone":
        task.status = task.desired_status = "STOPPED"
        raise JsonRESTError("InvalidParameterException", "The specified task is not running")
    if task.started_by == "lost":
        raise JsonRESTError(not_connected, "the agent is not connected")
    return task


if __name__ == "__main__":
    patch()
    main()
