"""The output of `status`: a table and details on a terminal, one line per service on a pipe, or JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from cli.console import Console
from cli.sentences import message
from cli.views.layout import text_width, wrapped
from operations.health.model import Job, NewerRevision, Revision, ServiceHealth, StackHealth
from operations.health.services import Deployment, ServiceEvent
from operations.health.stopped_tasks import StoppedTask
from operations.text import counted, duration, plain, since
from stacks.image_reference import short_digest

HEADERS = ("Service", "State", "Tasks", "Runs", "Last deployment")
RESOURCE_HEADERS = ("Resource", "Type", "State", "In AWS")
DETAILS_ON_TERMINAL = 3
"""How many stopped tasks and events of a service a terminal shows."""
EVENTS_OF_DEPLOYMENT = 5
"""How many events of a deployment in progress a terminal shows."""
LABEL_WIDTH = 15
WIDE = 80
"""The width from which on images are shown with their registry, in columns."""
NONE = "-"


def show(health: StackHealth, console: Console, now: datetime | None = None) -> None:
    """Print to stdout: a table and details on a terminal, one line per service on a pipe.

    `now` is the time that relative times refer to.
    """
    if console.is_terminal():
        console.data(rendered(health, console, now or datetime.now(UTC)))
        return
    for service in health.services:
        console.data("\t".join(plain(field).replace("\t", " ") for field in fields(service)))


def rendered(health: StackHealth, console: Console, now: datetime) -> str:
    """The table and the details for a terminal."""
    lines = []
    if health.cluster_status != "ACTIVE":
        lines += [f"cluster {health.cluster}: {health.cluster_status}", ""]
    if health.stopped:
        lines += [f"stopped {since(health.stopped.since, now)}; start it with `ecsforge start {health.options}`", ""]
    width = text_width(console, "stdout")
    rows = [overview(service, now, short=width < WIDE) for service in health.services]
    lines.append(console.table_text(rows, HEADERS))
    for service in health.services:
        found = list(details(service, now, health.options))
        lines += ["", console.style(service.name, stream="stdout", bold=True)] if found else []
        for label, text in found:
            lines += wrapped(plain(text), width, first=f"  {label:<{LABEL_WIDTH}} ")
    if health.resources:
        rows = [(each.name, each.type, each.state, each.detail or NONE) for each in health.resources]
        lines += ["", console.table_text(rows, RESOURCE_HEADERS)]
    return "\n".join(lines)


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
        service.newer.newest if service.newer else NONE,
        str(service.queue.oldest_seconds) if service.queue and service.queue.oldest_seconds is not None else NONE,
        ",".join(each.name for each in service.alarms if each.state == "ALARM") or NONE,
    )


def overview(service: ServiceHealth, now: datetime, *, short: bool = False) -> tuple[str, ...]:
    """The row of a service in the table; with `short` the images are without their registry and path."""
    ecs, deployment = service.ecs, service.deployment
    counts = f"{ecs.running}/{ecs.desired}" if ecs else NONE
    pending = f" (+{ecs.pending})" if ecs and ecs.pending else ""
    job = service.job.task_definition if service.job else ""
    return (
        service.name,
        _state(service),
        counts + pending,
        plain(", ".join(_revision(each, short=short) for each in service.revisions) or job or NONE),
        _relative(deployment.started_at if deployment else None, now),
    )


def details(service: ServiceHealth, now: datetime, options: str = "") -> Iterator[tuple[str, str]]:
    """The details of a service: label and text. `options` select the environment in suggested commands."""
    yield from (("problem", message(problem)) for problem in service.problems)
    yield from _deployment_details(service, now)
    if service.newer:
        yield "revision", _newer(service.newer)
    yield from _traffic(service)
    if service.job:
        yield from _job(service.job, now, is_stopped=service.is_stopped)
        if service.job.last_run and service.job.last_run.state == "failed":
            yield "", f"next: read its last lines: {logs_of(service.job.last_run.task, service.name, options)}"
    if service.dead_letters is not None:
        yield "dead letters", str(service.dead_letters)
    for alarm in service.alarms:
        changed = f", {_relative(alarm.since, now)}" if alarm.since else ""
        yield "alarm", f"{alarm.name} {alarm.state}{changed}"
    for task in service.stopped[:DETAILS_ON_TERMINAL]:
        yield from _stopped(task, service.name, now, options)
    if not _is_deploying(service):
        for event in events_of(service)[:DETAILS_ON_TERMINAL]:
            yield "event", f"{_relative(event.at, now)}: {event.message}"


def _traffic(service: ServiceHealth) -> Iterator[tuple[str, str]]:
    """The targets of a web service, and the queue of a worker."""
    if service.targets is not None:
        healthy = sum(target.state == "healthy" for target in service.targets)
        yield "load balancer", f"{healthy} of {len(service.targets)} targets healthy"
        others = (target for target in service.targets if target.state != "healthy")
        yield from (("", f"{target.address} {target.state} {target.reason}".rstrip()) for target in others)
    if service.queue:
        oldest = service.queue.oldest_seconds
        age = f", the oldest for {duration(oldest)}" if oldest is not None and service.queue.waiting else ""
        yield "queue", f"{service.queue.waiting} waiting{age}, {service.queue.in_flight} in flight"


def _stopped(task: StoppedTask, service: str, now: datetime, options: str) -> Iterator[tuple[str, str]]:
    """A stopped task with the reason and the next step."""
    yield "stopped task", f"{task.id[:8]} {_relative(task.stopped_at, now)}, {task.explanation}"
    step = task.next_step(logs_of(task.id, service, options))
    if step:
        yield "", f"next: {step}"


def _deployment_details(service: ServiceHealth, now: datetime) -> Iterator[tuple[str, str]]:
    """The deployment while it is not complete, with its events, oldest first."""
    deployment = service.deployment
    if deployment is None or deployment.state == "COMPLETED":
        return
    yield "deployment", f"{_deployment(deployment)}, started {_relative(deployment.started_at, now)}"
    if _is_deploying(service):
        start = deployment.started_at
        own = [each for each in events_of(service) if start is None or each.at >= start]
        for event in reversed(own[:EVENTS_OF_DEPLOYMENT]):
            yield "", f"{_relative(event.at, now)}: {event.message}"


def _is_deploying(service: ServiceHealth) -> bool:
    return service.deployment is not None and service.deployment.state == "IN_PROGRESS"


def _newer(newer: NewerRevision) -> str:
    if newer.deployed_next:
        return f"{newer.runs} runs, the project file asks for {newer.newest}: the next deploy brings it back"
    return f"{newer.runs} runs, {newer.newest} is newer; deploys don't change it (`image_owner: external`)"


def _relative(at: datetime | None, now: datetime) -> str:
    return NONE if at is None else since(at, now)


def moment(at: datetime | None) -> str:
    """`2026-01-31T12:00:00Z`, or `-` for None."""
    return iso(at) or NONE


def logs_of(task: str, service: str, options: str) -> str:
    """The command that shows the logs of a stopped task: ECS lists it for an hour."""
    return f"ecsforge logs {service} --task {task[:8]} --since 2h {options}".rstrip()


def iso(at: datetime | None) -> str | None:
    return None if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def events_of(service: ServiceHealth) -> tuple[ServiceEvent, ...]:
    return service.ecs.events if service.ecs else ()


def _state(service: ServiceHealth) -> str:
    if service.problems:
        return "UNHEALTHY"
    if service.is_stopped:
        return "stopped"
    return "deploying" if _is_deploying(service) else "healthy"


def _revision(revision: Revision, *, short: bool) -> str:
    images = (short_digest(image.rpartition("/")[2] if short else image) for image in revision.images.values())
    return f"{revision.task_definition} {' '.join(images)}"


def _deployment(deployment: Deployment) -> str:
    failed = f", {counted(deployment.failed_tasks, 'task')} failed" if deployment.failed_tasks else ""
    return f"{deployment.state} {deployment.percent}% of {deployment.revision}{failed}"


def _job(job: Job, now: datetime, *, is_stopped: bool) -> Iterator[tuple[str, str]]:
    off = "" if job.enabled else ", stopped" if is_stopped else ", disabled"
    yield "schedule", f"{job.schedule} {job.timezone}{off}"
    if job.follows_family:
        yield (
            "warning",
            (
                "runs the newest revision, also one that a deploy registers with the `image` of the project file: move "
                'the schedule to a revision, see "When CI owns the image" in docs/deploy.md'
            ),
        )
    if job.next_run:
        yield "next run", f"{since(job.next_run, now)}, at {moment(job.next_run)}"
    run = job.last_run
    if run is None:
        yield "last run", "none yet"
    else:
        reason = run.reason if run.state != "succeeded" else ""
        yield "last run", f"{run.state} {_relative(run.started_at, now)} {run.task[:8]} {reason}".rstrip()
