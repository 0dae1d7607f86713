"""What `status` prints: a table and details for people, a line a service for programs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from cli.console import Console
from operations.health.model import Deployment, Job, Revision, ServiceHealth, StackHealth
from operations.text import counted, plain

HEADERS = ("Service", "State", "Tasks", "Runs", "Last deployment")
TOLD = 3
"""How many stopped tasks and events a terminal shows; `--json` has more."""
NONE = "-"


def show(health: StackHealth, console: Console) -> None:
    """Print on stdout: for people when it is a terminal, one line a service when it is not."""
    if not console.is_terminal():
        for service in health.services:
            console.data("\t".join(plain(field).replace("\t", " ") for field in fields(service)))
        return
    console.table([overview(service) for service in health.services], HEADERS)
    for service in health.services:
        told = list(details(service))
        if told:
            console.data("\n" + console.style(service.name, stream="stdout", bold=True))
        for label, text in told:
            console.data(f"  {label:<15} {plain(text)}")


def fields(service: ServiceHealth) -> tuple[str, ...]:
    """The columns of a pipe, in an order that stays; docs/operate.md lists them. `-` is what the service lacks."""
    tasks, deployment, job, targets = service.tasks, service.deployment, service.job, service.targets
    return (
        service.name,
        service.type,
        "unhealthy" if service.problems else "healthy",
        *((str(tasks.running), str(tasks.desired), str(tasks.pending)) if tasks else (NONE,) * 3),
        ",".join(each.task_definition for each in service.revisions) or NONE,
        ",".join(image for each in service.revisions for image in each.images.values()) or NONE,
        *((deployment.state, f"{deployment.percent}%", moment(deployment.started_at)) if deployment else (NONE,) * 3),
        NONE if targets is None else f"{sum(each.state == 'healthy' for each in targets)}/{len(targets)}",
        str(service.queue.waiting) if service.queue else NONE,
        NONE if service.dead_letters is None else str(service.dead_letters),
        moment(job.next_run if job else None),
        job.last_run.state if job and job.last_run else NONE,
        "; ".join(service.problems) or NONE,
    )


def overview(service: ServiceHealth) -> tuple[str, ...]:
    """The row of a service in the table."""
    tasks, deployment = service.tasks, service.deployment
    counts = f"{tasks.running}/{tasks.desired}" if tasks else NONE
    pending = f" (+{tasks.pending})" if tasks and tasks.pending else ""
    return (
        service.name,
        _state(service),
        counts + pending,
        plain(", ".join(map(_revision, service.revisions)) or NONE),
        moment(deployment.started_at if deployment else None),
    )


def details(service: ServiceHealth) -> Iterator[tuple[str, str]]:
    """What there is to tell about a service, each with a label."""
    yield from (("problem", problem) for problem in service.problems)
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
    for task in service.stopped[:TOLD]:
        yield "stopped task", f"{moment(task.stopped_at)} {task.task[:8]} {task.reason}"
        yield from [("", f"try: {task.advice}")] if task.advice else []
    yield from (("event", f"{moment(event.at)} {event.message}") for event in service.events[:TOLD])


def moment(at: datetime | None) -> str:
    """`2026-01-31T12:00:00Z`."""
    return NONE if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _state(service: ServiceHealth) -> str:
    if service.problems:
        return "UNHEALTHY"
    deploying = service.deployment is not None and service.deployment.state == "IN_PROGRESS"
    return "deploying" if deploying else "healthy"


def _revision(revision: Revision) -> str:
    images = (_brief(image) for image in revision.images.values())
    return f"{revision.task_definition} {' '.join(images)}"


def _brief(image: str) -> str:
    """An image with the first digits of its digest, as git shortens commits."""
    name, at, digest = image.partition("@sha256:")
    return name + (f"@{digest[:12]}" if at else "")


def _deployment(deployment: Deployment) -> str:
    failed = f", {counted(deployment.failed_tasks, 'task')} failed" if deployment.failed_tasks else ""
    return f"{deployment.state} {deployment.percent}% of {deployment.task_definition}{failed}"


def _job(job: Job) -> Iterator[tuple[str, str]]:
    yield "schedule", f"{job.schedule} {job.timezone}{'' if job.enabled else ', disabled'}"
    if job.next_run:
        yield "next run", moment(job.next_run)
    run = job.last_run
    if run is None:
        yield "last run", "none yet"
    else:
        told = f"{run.state} {moment(run.started_at)} {run.task[:8]} {run.reason if run.state != 'succeeded' else ''}"
        yield "last run", told.rstrip()
