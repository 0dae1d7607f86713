"""The output of `status`: a table and details on a terminal, one line per service on a pipe, or JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from cli.console import Console
from cli.sentences import message
from operations.health.model import Job, Revision, ServiceHealth, StackHealth
from operations.health.services import Deployment, ServiceEvent
from operations.health.stopped_tasks import StoppedTask
from operations.text import counted, plain
from stacks.image_reference import short_digest

HEADERS = ("Service", "State", "Tasks", "Runs", "Last deployment")
DETAILS_ON_TERMINAL = 3
"""How many stopped tasks and events of a service a terminal shows."""
EVENTS_IN_JSON = 5
NONE = "-"


def show(health: StackHealth, console: Console) -> None:
    """Print to stdout: a table and details on a terminal, one line per service on a pipe."""
    if not console.is_terminal():
        for service in health.services:
            console.data("\t".join(plain(field).replace("\t", " ") for field in fields(service)))
        return
    if health.cluster_status != "ACTIVE":
        console.data(f"cluster {health.cluster}: {health.cluster_status}\n")
    console.table([overview(service) for service in health.services], HEADERS)
    for service in health.services:
        rows = list(details(service))
        if rows:
            console.data("\n" + console.style(service.name, stream="stdout", bold=True))
        for label, text in rows:
            console.data(f"  {label:<15} {plain(text)}")


def fields(service: ServiceHealth) -> tuple[str, ...]:
    """The columns on a pipe. Their order is stable (docs/operate.md); `-` means that a column does not apply."""
    ecs, deployment, job, targets = service.ecs, service.deployment, service.job, service.targets
    return (
        service.name,
        service.type,
        "unhealthy" if service.problems else "healthy",
        *((str(ecs.running), str(ecs.desired), str(ecs.pending)) if ecs else (NONE,) * 3),
        ",".join(each.task_definition for each in service.revisions) or NONE,
        ",".join(image for each in service.revisions for image in each.images.values()) or NONE,
        *((deployment.state, f"{deployment.percent}%", moment(deployment.started_at)) if deployment else (NONE,) * 3),
        NONE if targets is None else f"{sum(each.state == 'healthy' for each in targets)}/{len(targets)}",
        str(service.queue.waiting) if service.queue else NONE,
        NONE if service.dead_letters is None else str(service.dead_letters),
        moment(job.next_run if job else None),
        job.last_run.state if job and job.last_run else NONE,
        "; ".join(map(message, service.problems)) or NONE,
    )


def overview(service: ServiceHealth) -> tuple[str, ...]:
    """The row of a service in the table."""
    ecs, deployment = service.ecs, service.deployment
    counts = f"{ecs.running}/{ecs.desired}" if ecs else NONE
    pending = f" (+{ecs.pending})" if ecs and ecs.pending else ""
    return (
        service.name,
        _state(service),
        counts + pending,
        plain(", ".join(map(_revision, service.revisions)) or NONE),
        moment(deployment.started_at if deployment else None),
    )


def details(service: ServiceHealth) -> Iterator[tuple[str, str]]:
    """The details of a service: label and text."""
    yield from (("problem", message(problem)) for problem in service.problems)
    if service.deployment and service.deployment.state != "COMPLETED":
        yield "deployment", _deployment(service.deployment)
    if service.targets is not None:
        healthy = sum(target.state == "healthy" for target in service.targets)
        yield "load balancer", f"{healthy} of {len(service.targets)} targets healthy"
        others = (target for target in service.targets if target.state != "healthy")
        yield from (("", f"{target.address} {target.state} {target.reason}".rstrip()) for target in others)
    if service.queue:
        yield "queue", f"{service.queue.waiting} waiting, {service.queue.in_flight} in flight"
    if service.job:
        yield from _job(service.job)
    if service.dead_letters is not None:
        yield "dead letters", str(service.dead_letters)
    for task in service.stopped[:DETAILS_ON_TERMINAL]:
        yield "stopped task", f"{moment(task.stopped_at)} {task.id[:8]} {task.cause}"
        yield from [("", f"try: {task.advice}")] if task.advice else []
    for event in _events(service)[:DETAILS_ON_TERMINAL]:
        yield "event", f"{moment(event.at)} {event.message}"


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
        "problems": [message(problem) for problem in health.problems],
        "services": [_service_report(service) for service in health.services],
    }


def moment(at: datetime | None) -> str:
    """`2026-01-31T12:00:00Z`, or `-` for None."""
    return _iso(at) or NONE


def _service_report(service: ServiceHealth) -> dict[str, Any]:
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
        "stopped": [_stopped_report(task) for task in service.stopped],
        "events": [{"at": _iso(event.at), "message": event.message} for event in _events(service)[:EVENTS_IN_JSON]],
        "crashes": service.crashes,
        "unhealthy_tasks": service.unhealthy_tasks,
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
        "started_at": _iso(deployment.started_at),
        "updated_at": _iso(deployment.updated_at),
    }


def _job_report(job: Job) -> dict[str, Any]:
    run = job.last_run
    times = {"started_at": _iso(run.started_at), "stopped_at": _iso(run.stopped_at)} if run else {}
    last_run = asdict(run) | times if run else None
    return asdict(job) | {"next_run": _iso(job.next_run), "last_run": last_run}


def _stopped_report(task: StoppedTask) -> dict[str, Any]:
    return {
        "task": task.id,
        "stopped_at": _iso(task.stopped_at),
        "reason": task.cause,
        "crashed": task.crashed,
        "advice": task.advice,
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _events(service: ServiceHealth) -> tuple[ServiceEvent, ...]:
    return service.ecs.events if service.ecs else ()


def _state(service: ServiceHealth) -> str:
    if service.problems:
        return "UNHEALTHY"
    deploying = service.deployment is not None and service.deployment.state == "IN_PROGRESS"
    return "deploying" if deploying else "healthy"


def _revision(revision: Revision) -> str:
    images = (short_digest(image) for image in revision.images.values())
    return f"{revision.task_definition} {' '.join(images)}"


def _deployment(deployment: Deployment) -> str:
    failed = f", {counted(deployment.failed_tasks, 'task')} failed" if deployment.failed_tasks else ""
    return f"{deployment.state} {deployment.percent}% of {deployment.revision}{failed}"


def _job(job: Job) -> Iterator[tuple[str, str]]:
    yield "schedule", f"{job.schedule} {job.timezone}{'' if job.enabled else ', disabled'}"
    if job.next_run:
        yield "next run", moment(job.next_run)
    run = job.last_run
    if run is None:
        yield "last run", "none yet"
    else:
        reason = run.reason if run.state != "succeeded" else ""
        yield "last run", f"{run.state} {moment(run.started_at)} {run.task[:8]} {reason}".rstrip()
