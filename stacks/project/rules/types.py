"""Rules of a service's type: the keys that each type has, and names that say another type.

Sources: the ECS API reference (CreateService) and the EventBridge Scheduler API reference (EcsParameters).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stacks.project.models import Project, Service
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, service_path
from stacks.project.targets import serves_http

# Keys of a service that are only valid for one type.
_KEYS_OF_TYPE = {
    "port": "web",
    "http": "web",
    "health_check": "web",
    "tcp": "web",
    "target_container": "web",
    "queue": "worker",
    "schedule": "job",
    "timezone": "job",
    "retries": "job",
    "timeout": "job",
}
_DEPLOYMENT_KEYS = ("min_percent", "max_percent", "rollback", "alarms")
_JOB_TASKS = range(1, 11)
_NAMES_OF_TYPE = {
    "worker": re.compile(
        r"(?:.*-)?(?:workers?|consumers?|sidekiq|celery|resque|rq|queue|processor|background)(?:-.*)?"
    ),
    "job": re.compile(r"(?:.*-)?(?:jobs?|cron(?:job)?|nightly|daily|hourly|weekly|scheduled?)(?:-.*)?"),
}


def type_by_name(name: str) -> str | None:
    """The type that the name of a service says; None where it says none: `worker`, `nightly-report`."""
    return next((kind for kind, pattern in _NAMES_OF_TYPE.items() if pattern.fullmatch(name)), None)


def types(project: Project) -> Iterator[Finding]:
    """Each type of service has keys that are not valid for the others."""
    for name, service in project.services.items():
        wrong = [key for key, kind in _KEYS_OF_TYPE.items() if key in service.model_fields_set and service.type != kind]
        for key in wrong:
            kind, path = _KEYS_OF_TYPE[key], service_path(name, key)
            what = f"{dotted(path)} is only for services of type {kind}"
            fix = f"remove it, or write type: {kind}"
            yield Finding((path, service_path(name, "type")), what, f"type {service.type}", fix, "key")
        yield from _job(name, service)


def _job(name: str, service: Service) -> Iterator[Finding]:
    if service.type != "job":
        return
    path = service_path(name)
    kind = (*path, "type")
    if service.schedule is None:
        what = f"{dotted(path)} is a job and needs a schedule"
        paths = path, kind, (*path, "schedule")
        yield Finding(paths, what, None, "add schedule: rate(1 day), or cron(...) or at(...)", "missing")
    if service.scaling is not None:
        what = f"{dotted((*path, 'count'))} must be a number, because a job does not scale"
        yield Finding(((*path, "count"), kind), what, "a mapping", "write count: 1, or leave it out")
    elif service.tasks_of_a_run not in _JOB_TASKS:
        what = (
            f"{dotted((*path, 'count'))} must be {_JOB_TASKS[0]} to {_JOB_TASKS[-1]}, the tasks of one run of the job"
        )
        fix = f"write {_JOB_TASKS[-1]} or less" if service.tasks_of_a_run else "write 1, or leave it out"
        yield Finding(((*path, "count"), kind), what, str(service.tasks_of_a_run), fix)
    yield from _service_only_keys(service, path, kind)


def _service_only_keys(service: Service, path: Path, kind: Path) -> Iterator[Finding]:
    """Keys that only apply to an ECS service, which a job is not."""
    for key in _DEPLOYMENT_KEYS:
        if key in service.deployment.model_fields_set:
            at = (*path, "deployment", key)
            what = f"{dotted(at)} has no effect, because a job is not an ECS service"
            yield Finding((at, kind), what, "type job", "remove it", "key", "warning")
    if service.connect:
        what = f"{dotted((*path, 'connect'))} is only for services of type web or worker"
        yield Finding(((*path, "connect"), kind), what, "type job", "remove it, or change the type", "key")
    for key in ("cpu_percent", "memory_percent"):
        if getattr(service.alarms, key) is not None:
            at = (*path, "alarms", key)
            what = f"{dotted(at)} is only for services of type web or worker"
            yield Finding((at, kind), what, "type job", "remove it, or use log_errors", "key")


def names_without_type(project: Project) -> Iterator[Finding]:
    """A service whose name says another type is a web service when it has no type."""
    for name, service in project.services.items():
        kind = type_by_name(name)
        written = service.model_fields_set
        if kind is None or written & {"type", *_KEYS_OF_TYPE} or _shares_route(project, name):
            continue
        path = service_path(name)
        what = f"{dotted(path)} has no type, so it is a web service behind the load balancer"
        schedule = " and schedule: rate(1 day)" if kind == "job" else ""
        fix = f"add type: {kind}{schedule}, or type: web if it receives requests"
        yield Finding((path, (*path, "type")), what, None, fix, "missing", "warning")


def _shares_route(project: Project, name: str) -> bool:
    """Whether another web service has the same default route, which is reported as an error with the same fix."""
    default = project.services[name].http
    others = (service for other, service in project.services.items() if other != name and serves_http(service))
    return serves_http(project.services[name]) and any(
        not other.http.hosts and set(default.paths) & set(other.http.paths) for other in others
    )


RULES: tuple[Rule, ...] = (types, names_without_type)
