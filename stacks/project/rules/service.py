"""Rules of a service: scaling, deployments, schedules, Service Connect and alarms.

Sources: the ECS API reference (CreateService), Application Auto Scaling and EventBridge Scheduler.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stacks.project.models import CapacityMix, Project, Scaling, Service, ServiceAlarms
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, repeated, service_path
from stacks.project.schedules import has_passed, is_time_zone, schedule_fault, time_zones
from stacks.project.suggest import nearest

_MAX_ALARM_NAME = 255
_SCALING_TRIGGERS = ("cpu_percent", "memory_percent", "requests_per_target", "queue_messages_per_task", "schedules")
_MAX_SCHEDULE = 256  # EventBridge Scheduler API, CreateSchedule
_ALIAS = re.compile(r"(?!-)[a-z0-9_.-]{1,127}")
# From this count on, a deployment with any headroom can replace a task.
_LARGEST_CHECKED_COUNT = 200


def scaling(project: Project) -> Iterator[Finding]:
    """Scaling has bounds in order and a metric or schedule."""
    for name, service in project.services.items():
        count, path = service.scaling, service_path(name, "count")
        if count is None:
            continue
        if count.min > count.max:
            yield _bounds((*path, "min"), (*path, "max"), count.min, count.max)
        for index, schedule in enumerate(count.schedules):
            at = (*path, "schedules", index)
            if schedule.min > schedule.max:
                yield _bounds((*at, "min"), (*at, "max"), schedule.min, schedule.max)
        yield from _metrics(name, service, count)


def _bounds(low: Path, high: Path, least: int, most: int) -> Finding:
    what = f"{dotted(low)} must be at most {high[-1]}"
    return Finding((low, high), what, f"min {least} and max {most}", "swap them, or correct one")


def _metrics(name: str, service: Service, count: Scaling) -> Iterator[Finding]:
    path = service_path(name, "count")
    kind = service_path(name, "type")
    if not any(getattr(count, key) for key in _SCALING_TRIGGERS):
        what = f"{dotted(path)} has no scaling metric or schedule"
        paths = path, *((*path, key) for key in _SCALING_TRIGGERS)
        yield Finding(paths, what, None, "add cpu_percent: 60 or another target, or schedules", "missing")
    if count.requests_per_target is not None and service.type != "web":
        what = f"{dotted((*path, 'requests_per_target'))} is only for services of type web"
        fix = "use cpu_percent, or queue_messages_per_task in a worker with a queue"
        yield Finding(((*path, "requests_per_target"), kind), what, f"type {service.type}", fix)
    yield from _only_with_queue(name, service, (*path, "queue_messages_per_task"), count.queue_messages_per_task)


def _only_with_queue(name: str, service: Service, path: Path, value: int | None) -> Iterator[Finding]:
    """A finding if a value is set that only workers with a queue can have."""
    if value is None or (service.type == "worker" and service.queue is not None):
        return
    cause, got = ("queue", "no queue") if service.type == "worker" else ("type", f"type {service.type}")
    what = f"{dotted(path)} is only for workers with a queue"
    yield Finding((path, service_path(name, cause)), what, got, "add queue: {} to a worker, or remove it")


def capacity(project: Project) -> Iterator[Finding]:
    """A capacity mix has a weight."""
    for name, service in project.services.items():
        mix, path = service.capacity, service_path(name, "capacity")
        if isinstance(mix, CapacityMix) and not (mix.on_demand_weight or mix.spot_weight):
            what = f"{dotted(path)} must set on_demand_weight or spot_weight above 0"
            paths = path, (*path, "on_demand_weight"), (*path, "spot_weight")
            fix = "for example {on_demand_base: 1, on_demand_weight: 1, spot_weight: 3}"
            yield Finding(paths, what, "0 for both", fix)


def deployment_progress(project: Project) -> Iterator[Finding]:
    """A deployment can only make progress when it can start or stop a task."""
    for name, service in project.services.items():
        if service.type == "job":
            continue
        low, high = service.deployment.min_percent, service.deployment.max_percent
        stuck = next((count for count in _counts(service) if not _progresses(count, low, high)), None)
        if stuck is not None:
            path = service_path(name, "deployment")
            what = f"{dotted(path)} can never replace a task at a count of {stuck}"
            fix = "write min_percent: 100 with max_percent: 200, or min_percent: 0"
            paths = (*path, "min_percent"), (*path, "max_percent"), service_path(name, "count")
            yield Finding(paths, what, f"min_percent {low} and max_percent {high}", fix)


def _counts(service: Service) -> range | tuple[int, ...]:
    """The task counts during which a deployment can run. A count of zero needs no headroom."""
    if service.scaling is None:
        return (service.desired_count,) if service.desired_count else ()
    least = max(service.scaling.min, 1)
    return range(least, max(least, min(service.scaling.max, _LARGEST_CHECKED_COUNT)) + 1)


def _progresses(count: int, low: int, high: int) -> bool:
    """ECS rounds the upper bound down and the lower bound up."""
    return count * high // 100 > -(-count * low // 100)


def schedules(project: Project) -> Iterator[Finding]:
    """Schedule expressions are valid, in IANA time zones."""
    for path, expression, timezone in _schedules(project):
        fault = schedule_fault(expression)
        if len(expression) > _MAX_SCHEDULE and path[-1] == "schedule":
            what = f"{dotted(path)} must be at most {_MAX_SCHEDULE} characters"
            yield Finding((path,), what, f"{len(expression)} characters", "use ranges and steps, or split the job")
        elif fault is not None:
            yield Finding(
                (path,), f"{dotted(path)} must be a cron(), rate() or at() expression", expression or '""', fault
            )
        elif has_passed(expression, timezone):
            what = f"{dotted(path)} is in the past, so it never runs"
            yield Finding((path,), what, expression, "choose a future time, or remove it", severity="warning")
        if not is_time_zone(timezone):
            zone = (*path[:-1], "timezone")
            near = nearest_zone(timezone)
            fix = f"did you mean {near}?" if near else "for example Europe/Berlin"
            yield Finding((zone,), f"{dotted(zone)} must be an IANA time zone", timezone or '""', fix)


def nearest_zone(name: str) -> str | None:
    """The time zone with the most similar name, ignoring case."""
    zones = {zone.lower().replace("-", "_"): zone for zone in sorted(time_zones())}
    plain = name.strip().lower().replace(" ", "_").replace("-", "_")
    cities = [zone for zone in zones.values() if zone.lower().endswith(f"/{plain}") and zone.count("/") == 1]
    near = nearest(plain, zones)
    return cities[0] if cities else zones[near] if near else None


def _schedules(project: Project) -> Iterator[tuple[Path, str, str]]:
    for name, service in project.services.items():
        if service.schedule is not None:
            yield service_path(name, "schedule"), service.schedule, service.timezone
        for index, schedule in enumerate(service.scaling.schedules if service.scaling else ()):
            path = service_path(name, "count", "schedules", index, "cron")
            yield path, schedule.cron, schedule.timezone


def connect(project: Project) -> Iterator[Finding]:
    """Names in Service Connect are host names and unique."""
    taken: dict[str, Path] = {}
    for name, service in project.services.items():
        if not service.connect:
            continue
        path: Path = service_path(name, "connect")
        alias = name
        if not isinstance(service.connect, bool) and service.connect.alias is not None:
            alias, path = service.connect.alias, (*path, "alias")
            if not _ALIAS.fullmatch(alias):
                what = f"{dotted(path)} must be 1 to 127 characters of a-z, 0-9, _, . and -, and not start with a dash"
                yield Finding((path,), what, alias or '""', "for example web or web.internal")
        if alias in taken:
            what = f"{dotted(path)} is the Service Connect name of another service"
            yield Finding((path, taken[alias]), what, alias, "give one of them another alias")
        taken.setdefault(alias, path)


def alarms(project: Project) -> Iterator[Finding]:
    """Alarms are for metrics that the service has."""
    for name, service in project.services.items():
        path, kind = service_path(name, "alarms"), service_path(name, "type")
        if service.alarms.http_5xx_percent is not None and service.type != "web":
            what = f"{dotted((*path, 'http_5xx_percent'))} is only for services of type web"
            yield Finding(((*path, "http_5xx_percent"), kind), what, f"type {service.type}", "remove it")
        yield from _only_with_queue(name, service, (*path, "queue_age_seconds"), service.alarms.queue_age_seconds)


def rollback_alarms(project: Project) -> Iterator[Finding]:
    """Deployment alarms exist."""
    for name, service in project.services.items():
        yield from repeated(service_path(name, "deployment", "alarms"), service.deployment.alarms)
        for index, alarm in enumerate(service.deployment.alarms):
            if not 1 <= len(alarm) <= _MAX_ALARM_NAME:
                at = service_path(name, "deployment", "alarms", index)
                what = f"{dotted(at)} must be the name of an alarm, 1 to {_MAX_ALARM_NAME} characters"
                yield Finding((at,), what, f"{len(alarm)} characters", "copy it from the CloudWatch console")
            path = service_path(name, "deployment", "alarms", index)
            if alarm in ServiceAlarms.model_fields and getattr(service.alarms, alarm) is None:
                what = (
                    f"{dotted(path)} names the alarm {alarm}, which {dotted(service_path(name, 'alarms'))} does not set"
                )
                fix = f"add {alarm} to alarms, or remove it here"
                yield Finding((path, service_path(name, "alarms", alarm)), what, alarm, fix)


RULES: tuple[Rule, ...] = (scaling, capacity, deployment_progress, schedules, connect, alarms, rollback_alarms)
