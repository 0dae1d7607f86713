"""Rules of logs that a router sends on.

Sources: the ECS Developer Guide ("Example Amazon ECS task definition: Route logs to FireLens"), the ECS API reference
(LogConfiguration, FirelensConfiguration).
"""

from __future__ import annotations

from collections.abc import Iterator

from stacks.naming import LOG_ROUTER
from stacks.project.models import Project, Service
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, service_path
from stacks.project.suggest import did_you_mean

_ROUTER_KEYS = ("options", "secret_options", "router", "config_file")


def routers(project: Project) -> Iterator[Finding]:
    """Logs go to the log group, or through a router with an output."""
    for name, service in project.services.items():
        path = service_path(name, "logs")
        if service.logs.driver == "awslogs":
            yield from _without_router(path, service)
            continue
        yield from _router(name, path, service)
        yield from _output(path, service)
        yield from _config_file(path, service.logs.config_file)
        if service.alarms.log_errors is not None:
            at = service_path(name, "alarms", "log_errors")
            what = f"{dotted(at)} counts lines in the log group, which has only those of the log router"
            fix = "remove it, or write driver: awslogs"
            yield Finding((at, (*path, "driver")), what, "driver firelens", fix, "key")


def _without_router(path: Path, service: Service) -> Iterator[Finding]:
    for key in _ROUTER_KEYS:
        if getattr(service.logs, key):
            at = (*path, key)
            fix = "remove it, or set driver to firelens"
            yield Finding(
                (at, (*path, "driver")), f"{dotted(at)} is only for driver firelens", "driver awslogs", fix, "key"
            )


def _router(name: str, path: Path, service: Service) -> Iterator[Finding]:
    """What is wrong with the router: a sidecar, or the one that ecsforge adds, whose name is free."""
    router, at = service.logs.router, (*path, "router")
    sidecar = service_path(name, "sidecars", LOG_ROUTER)
    if router is not None and router not in service.sidecars:
        fix = "remove it, to use the router that ecsforge adds, or add it under sidecars"
        fix = did_you_mean(router, service.sidecars, "the sidecars are") if service.sidecars else fix
        yield Finding((at,), f"{dotted(at)} must be a sidecar", router or '""', fix)
    elif router is None and LOG_ROUTER in service.sidecars:
        what = f"{dotted(sidecar)} has the name of the log router that ecsforge adds"
        fix = f"rename it, or set {dotted((*path, 'router'))} to {LOG_ROUTER} to use yours"
        yield Finding((sidecar, (*path, "driver")), what, LOG_ROUTER, fix, "name")
    elif router is None and name == LOG_ROUTER:
        what = f"a service with driver firelens can't be named {LOG_ROUTER}: its log router has that name"
        yield Finding((service_path(name), (*path, "driver")), what, name, "rename it", "name")


def _output(path: Path, service: Service) -> Iterator[Finding]:
    """What is wrong with the options of the output."""
    logs = service.logs
    names = {name.lower() for name in (*logs.options, *logs.secret_options)}
    if logs.adds_router and logs.config_file is None and "name" not in names:
        what = f"{dotted(path)} must have options with the Name of an output, or the logs are lost"
        fix = "add options: {Name: cloudwatch_logs}, with the options of that output"
        yield Finding((path, (*path, "driver"), (*path, "options")), what, None, fix, "missing")
    for name in logs.options:
        if name in logs.secret_options:
            paths = (*path, "options", name), (*path, "secret_options", name)
            what = f"{name} is in both options and secret_options of {dotted(path)}"
            yield Finding(paths, what, name, "remove one of them", "key")


def _config_file(path: Path, file: str | None) -> Iterator[Finding]:
    if file is not None and not file.startswith("/"):
        at = (*path, "config_file")
        what = f"{dotted(at)} must be an absolute path in the router's image"
        fix = (
            "Fargate reads no files from S3; copy it into an image"
            if file.startswith(("s3:", "arn:"))
            else "for example /fluent-bit/configs/parse-json.conf"
        )
        yield Finding((at,), what, file or '""', fix)


RULES: tuple[Rule, ...] = (routers,)
