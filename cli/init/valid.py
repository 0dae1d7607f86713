"""Validates a draft with the rules of the project file, and drops detected settings that they refuse."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from cli.init.draft import Draft, ServiceDraft
from cli.init.notices import Group, Notice
from cli.init.render import render
from stacks.errors import Problem
from stacks.files import write_text
from stacks.project import FILE_NAME, Selection, problems_of

_MAX_ROUNDS = 20
_SECTIONS = ("environment", "secrets")


def problems_in(draft: Draft) -> tuple[Problem, ...]:
    """The problems of the project file that a draft becomes."""
    # The folder of a build is not in the temporary folder.
    checked = replace(draft, services=tuple(replace(each, build=None) for each in draft.services))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, FILE_NAME)
        write_text(file, render(checked))
        return problems_of(Selection(file=file))


def without_invalid_settings(draft: Draft) -> tuple[Draft, list[Notice]]:
    """The draft without the settings of compose files that the project file refuses, and a notice about each.

    Names, images and ports are kept: they come from options or answers, which the user can correct.
    """
    notices: list[Notice] = []
    for _ in range(_MAX_ROUNDS):
        services = {service.name: service for service in draft.services}
        for problem in problems_in(draft):
            keys = [str(step) for step in problem.path]
            if problem.severity != "error" or keys[:1] != ["services"] or len(keys) < 3:
                continue
            service = services.get(keys[1])
            fixed = _without(service, keys[2:]) if service else None
            if service and fixed and fixed != service:
                services[service.name] = fixed
                shown = ".".join(keys[2:4]) if keys[2] in _SECTIONS else keys[2]
                notices.append(Notice(Group.DROPPED, service.name, f"{shown}, which is not valid on ECS"))
        if tuple(services.values()) == draft.services:
            break
        draft = replace(draft, services=tuple(services.values()))
    return draft, notices


def _without(service: ServiceDraft, keys: list[str]) -> ServiceDraft:
    key = keys[0]
    if key in _SECTIONS and len(keys) > 1:
        values = {name: value for name, value in getattr(service, key).items() if name != keys[1]}
        return replace(service, **{key: values})  # type: ignore[arg-type]
    if key in service.settings:
        return replace(service, settings={name: value for name, value in service.settings.items() if name != key})
    if key == "connect":
        return replace(service, alias=None) if service.alias else replace(service, connect=False, connect_port=None)
    if key == "command":
        return replace(service, command=())
    if key == "deployment":
        return replace(service, before=())
    if key == "http":
        return replace(service, paths=())
    return service
