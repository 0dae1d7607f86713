"""The emulator's process, in which services run tasks, deployments can fail, and tasks have logs and sessions.

moto starts no tasks for services. Here each has as many as it wants, and each deployment replaces them. A revision
whose LOG_LEVEL is not `debug` or `info` is broken: its task prints `COMPLAINT` and exits with 1, and ECS rolls the
service back, as its deployment circuit breaker does. The answers have the shape of the API's documentation (ECS API
reference: Deployment, Task), and are not recorded ones. One-off tasks and sessions are those of
`emulator_with_tasks` and `emulator_with_sessions`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from operations.rehearsal.emulator.client import Emulator
from operations.rehearsal.emulator.server import main
from tests.support import emulator_with_sessions, emulator_with_tasks

PATIENCE = timedelta(seconds=5)
"""How long a broken revision is tried: Terraform must have read the service again before it is rolled back."""
LEVELS = ("debug", "info")
ROLLING_BACK = "ECS deployment circuit breaker: rolling back to deploymentId"
COMPLAINT = "Error: LOG_LEVEL must be one of debug, info"
FOREVER = 10**9


class EmulatorOfADay(Emulator):
    """The emulator, with everything that a day of operating needs."""

    server = "tests.support.emulator_of_a_day"


def patch() -> None:
    """Give the services of moto their tasks; runs after the emulator's own patches."""
    from moto.core.responses import ActionResult
    from moto.ecs.models import EC2ContainerServiceBackend as Backend
    from moto.ecs.responses import EC2ContainerServiceResponse as Response

    emulator_with_tasks.patch()
    emulator_with_sessions.patch()
    listed, described, updated = Backend.list_tasks, Backend.describe_services, Backend.update_service

    def list_tasks(self: Any, *arguments: Any) -> list[Any]:
        service = arguments[4]
        for each in list(self.services.values()):
            _replace_tasks(self, each)
        return [each for each in listed(self, *arguments) if not service or each.group == f"service:{service}"]

    def describe_services(self: Any, *arguments: Any) -> Any:
        answer = described(self, *arguments)
        for service in answer[0]:
            _replace_tasks(self, service)
        return answer

    def update_service(self: Any, properties: dict[str, Any]) -> Any:
        before = self._get_service(properties.get("cluster", "default"), properties["service"]).task_definition
        service = updated(self, properties)
        service.before = before
        return service

    def list_service_deployments(self: Any) -> Any:
        (service,), _ = self.ecs_backend.describe_services(self._get_param("cluster"), [self._get_param("service")])
        after = (self._get_param("createdAt") or {}).get("after", 0)
        found = [each for each in service.history.values() if each["createdAt"].timestamp() >= float(after)]
        return ActionResult({"serviceDeployments": [_service_deployment(service, each) for each in found]})

    def describe_service_revisions(self: Any) -> Any:
        known = {
            _revision_arn(service, each): each
            for service in self.ecs_backend.services.values()
            for each in getattr(service, "history", {}).values()
        }
        found = [
            {"serviceRevisionArn": arn, "taskDefinition": known[arn]["taskDefinition"]}
            for arn in self._get_param("serviceRevisionArns")
        ]
        return ActionResult({"serviceRevisions": found, "failures": []})

    Backend.list_tasks, Backend.describe_services = list_tasks, describe_services
    Backend.update_service = update_service
    Response.list_service_deployments = list_service_deployments
    Response.describe_service_revisions = describe_service_revisions


def _replace_tasks(backend: Any, service: Any) -> None:
    """Bring the tasks of a service to those of its deployment, and roll a broken deployment back."""
    deployment = service.deployments[0]
    service.history = getattr(service, "history", {})
    if ROLLING_BACK not in deployment["rolloutStateReason"]:  # which belongs to the service deployment that failed
        service.history.setdefault(deployment["id"], {**deployment, "state": "SUCCESSFUL"})
    if getattr(service, "before", None) and not _works(backend, service.task_definition):
        if datetime.now(UTC) - deployment["createdAt"] < PATIENCE:
            deployment.update(rolloutState="IN_PROGRESS", rolloutStateReason="ECS deployment in progress.")
            service.history[deployment["id"]]["state"] = "IN_PROGRESS"
            return
        deployment = _roll_back(backend, service, deployment)
    running = _running(backend, service)
    for task in running:
        if task.started_by != deployment["id"]:
            _stop(backend, task, f"Scaling activity initiated by (deployment {deployment['id']})", 0)
    kept = [task for task in running if task.started_by == deployment["id"]]
    for task in kept[service.desired_count :]:
        _stop(backend, task, f"Scaling activity initiated by (deployment {deployment['id']})", 0)
    for _ in range(service.desired_count - len(kept)):
        _start(backend, service, deployment)


def _roll_back(backend: Any, service: Any, broken: dict[str, Any]) -> dict[str, Any]:
    """Start a deployment of the revision before, as the circuit breaker does, and return it."""
    _crash(backend, service, broken)
    service.history[broken["id"]]["state"] = "ROLLBACK_SUCCESSFUL"
    service.task_definition, service.before = service.before, None
    failed = {
        **broken,
        "status": "ACTIVE",
        "rolloutState": "FAILED",
        "rolloutStateReason": "ECS deployment circuit breaker: tasks failed to start.",
        "failedTasks": 1,
        "runningCount": 0,
    }
    deployment = {
        **broken,
        "id": f"{broken['id']}0",
        "createdAt": datetime.now(UTC),
        "taskDefinition": service.task_definition,
        "rolloutState": "COMPLETED",
        "rolloutStateReason": f"{ROLLING_BACK} {broken['id']}0.",
    }
    service.deployments = [deployment, failed]
    return deployment


def _service_deployment(service: Any, known: dict[str, Any]) -> dict[str, Any]:
    state = known["state"]
    return {
        "serviceDeploymentArn": _revision_arn(service, known).replace("service-revision", "service-deployment"),
        "serviceArn": service.arn,
        "targetServiceRevisionArn": _revision_arn(service, known),
        "status": state,
        "statusReason": "" if state == "SUCCESSFUL" else "ECS deployment circuit breaker: tasks failed to start.",
        "createdAt": known["createdAt"],
    }


def _revision_arn(service: Any, known: dict[str, Any]) -> str:
    arn: str = service.arn.replace(":service/", ":service-revision/")
    return f"{arn}/{known['id'].rpartition('/')[2]}"


def _works(backend: Any, task_definition: str) -> bool:
    container = backend.describe_task_definition(task_definition).container_definitions[0]
    values = {each["name"]: each["value"] for each in container.get("environment", ())}
    return values.get("LOG_LEVEL", "info") in LEVELS


def _running(backend: Any, service: Any) -> list[Any]:
    tasks = backend.tasks.get(service.cluster_name, {}).values()
    return [each for each in tasks if each.group == f"service:{service.name}" and each.desired_status == "RUNNING"]


def _start(backend: Any, service: Any, deployment: dict[str, Any]) -> Any:
    definition = backend.describe_task_definition(deployment["taskDefinition"])
    container = definition.container_definitions[0]["name"]
    (task,) = backend.run_task(
        service.cluster_name,
        deployment["taskDefinition"],
        1,
        {"containerOverrides": [{"name": container, "command": []}]},
        deployment["id"],
        [],
        "FARGATE",
        service.network_configuration,
        f"service:{service.name}",
    )
    task.life.polls, task.life.printed = FOREVER, [f"{container} listens"]
    emulator_with_tasks.advance(backend, task)
    task.created_at = task.started_at = datetime.now(UTC)
    return task


def _crash(backend: Any, service: Any, deployment: dict[str, Any]) -> None:
    """Start a task of a broken revision, which exits at once."""
    task = _start(backend, service, deployment)
    emulator_with_tasks.write_lines(backend, task, [COMPLAINT])
    _stop(backend, task, "Essential container in task exited", 1)
    task.stop_code = "EssentialContainerExited"


def _stop(backend: Any, task: Any, reason: str, exit_code: int) -> None:
    backend.stop_task(task.cluster_name, task.id, reason)
    task.life.exit_code, task.stop_code = exit_code, "ServiceSchedulerInitiated"
    emulator_with_tasks.advance(backend, task)
    task.stopped_at = datetime.now(UTC)


if __name__ == "__main__":
    patch()
    main()
