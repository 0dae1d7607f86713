"""The output of `status --json`; docs/operate.md describes it. Times are ISO 8601 in UTC."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from cli.sentences import message
from cli.views.status import events_of, iso, logs_of
from operations.health.model import Job, ServiceHealth, StackHealth
from operations.health.services import Deployment
from operations.health.stopped_tasks import StoppedTask

EVENTS_IN_JSON = 5


def report_json(health: StackHealth) -> dict[str, Any]:
    """The output of `status --json`; docs/operate.md describes it. Times are ISO 8601 in UTC."""
    return {
        "stack": health.stack,
        "env": health.env,
        "healthy": health.healthy,
        "region": health.region,
        "account_id": health.account_id,
        "cluster": health.cluster,
        "cluster_status": health.cluster_status,
        "stopped_since": iso(health.stopped.since) if health.stopped else None,
        "problems": [message(problem) for problem in health.problems],
        "resources": [asdict(each) for each in health.resources],
        "services": [_service_report(service, health.options) for service in health.services],
    }


def _service_report(service: ServiceHealth, options: str) -> dict[str, Any]:
    ecs = service.ecs
    return {
        "name": service.name,
        "type": service.type,
        "healthy": not service.problems,
        "problems": [message(problem) for problem in service.problems],
        "missing": service.missing,
        "status": ecs.status if ecs else None,
        "tasks": {"running": ecs.running, "desired": ecs.desired, "pending": ecs.pending} if ecs else None,
        "revisions": [asdict(revision) for revision in service.revisions],
        "deployment": _deployment_report(service.deployment),
        "rolled_back": _deployment_report(ecs.rolled_back if ecs else None),
        "targets": None if service.targets is None else [asdict(target) for target in service.targets],
        "queue": asdict(service.queue) if service.queue else None,
        "dead_letters": service.dead_letters,
        "job": _job_report(service.job) if service.job else None,
        "stopped": [_stopped_report(task, service.name, options) for task in service.stopped],
        "events": [{"at": iso(event.at), "message": event.message} for event in events_of(service)[:EVENTS_IN_JSON]],
        "crashes": service.crashes,
        "unhealthy_tasks": service.unhealthy_tasks,
        "alarms": [asdict(alarm) | {"since": iso(alarm.since)} for alarm in service.alarms],
        "newer_revision": asdict(service.newer) if service.newer else None,
    }


def _deployment_report(deployment: Deployment | None) -> dict[str, Any] | None:
    if deployment is None:
        return None
    return {
        "state": deployment.state,
        "reason": deployment.reason,
        "percent": deployment.percent,
        "task_definition": deployment.revision,
        "failed_tasks": deployment.failed_tasks,
        "started_at": iso(deployment.started_at),
        "updated_at": iso(deployment.updated_at),
    }


def _job_report(job: Job) -> dict[str, Any]:
    run = job.last_run
    times = {"started_at": iso(run.started_at), "stopped_at": iso(run.stopped_at)} if run else {}
    last_run = asdict(run) | times if run else None
    return asdict(job) | {"next_run": iso(job.next_run), "last_run": last_run}


def _stopped_report(task: StoppedTask, service: str, options: str) -> dict[str, Any]:
    return {
        "task": task.id,
        "stopped_at": iso(task.stopped_at),
        "reason": task.cause,
        "crashed": task.crashed,
        "advice": task.advice,
        "explanation": task.explanation,
        "next_step": task.next_step(logs_of(task.id, service, options)),
    }
