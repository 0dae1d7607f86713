"""The values that `init` writes: from options, from the files in the folder, and from prompts for the rest."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import click

from cli.console import Console
from cli.init.compose import PLACEHOLDER_NOTE
from cli.init.detect import Detected, detect, service_of
from cli.init.draft import (
    PLACEHOLDER_IMAGE,
    PLACEHOLDER_PORT,
    Draft,
    ServiceDraft,
    placeholder_command,
    project_id,
    with_paths,
)
from cli.init.notices import Group, Notice, print_notices
from cli.init.valid import problems_in, without_invalid_settings
from cli.sentences import sentence
from stacks.errors import Position, Problem

_DEFAULT_PORT = 3000
_SAMPLE = Draft("my-app", "us-east-1", ("dev",), (ServiceDraft("web", PLACEHOLDER_IMAGE, PLACEHOLDER_PORT),))
# The option that sets a key of the project file.
_OPTION_OF_KEY = {"project_id": "--project-id", "region": "--region", "environments": "--env", "services": "--service"}
# Validates and normalizes an answer; raises click.UsageError.
Check = Callable[[str], str]


@dataclass(frozen=True)
class InitOptions:
    """The options of `init`; None or empty if not set. `workers` are services without a port."""

    project_id: str | None = None
    region: str | None = None
    environments: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    workers: tuple[str, ...] = ()
    image: str | None = None
    port: int | None = None
    default_service: str | None = None


def interview(console: Console, options: InitOptions, folder: Path) -> Draft:
    """The validated draft of a project file for `folder`.

    Raises click.UsageError, naming the option, if a value is invalid, or if it is missing and cannot be prompted for.
    """
    if options.project_id is None and not console.interactive:
        _ask_project_id(console, folder, "")  # raises before anything is printed
    detected = detect(folder)
    print_notices(console, detected.notices)
    draft = Draft(
        project_id=options.project_id or _ask_project_id(console, folder, detected.name),
        region=options.region or _ask_region(console),
        services=_services(console, options, detected),
        environments=options.environments or _ask_environments(console),
    )
    draft, dropped = without_invalid_settings(draft)
    print_notices(console, dropped)
    _require_valid(draft)
    return draft


def _ask_project_id(console: Console, folder: Path, name: str) -> str:
    check = _valid_in(lambda text: replace(_SAMPLE, project_id=text))
    default = project_id(name or folder.resolve().name)
    return console.ask("Project ID", flag="--project-id", default=default, check=check)


def _ask_region(console: Console) -> str:
    check = _valid_in(lambda text: replace(_SAMPLE, region=text))
    return _ask(console, "AWS region", "--region", os.environ.get("AWS_REGION") or _SAMPLE.region, check)


def _ask_environments(console: Console) -> tuple[str, ...]:
    check = _valid_in(lambda text: replace(_SAMPLE, environments=_split(text)))
    return _split(_ask(console, "Environments", "--env", "dev, prod", check))


def _services(console: Console, options: InitOptions, detected: Detected) -> tuple[ServiceDraft, ...]:
    drafts = {service.name: service for service in detected.services}
    web = options.services or (() if options.workers else _ask_services(console, options, tuple(drafts)))
    if (options.image or options.port) and len(web) + len(options.workers) > 1:
        raise click.UsageError("--image and --port apply to one service; add the others to the file afterwards")
    services = [_web_service(console, options, drafts.get(name), name, detected) for name in web]
    services += [_worker(console, options, drafts.get(name), name, detected) for name in options.workers]
    return with_paths(services, _catch_all(console, options, services, detected.catch_all))


def _ask_services(console: Console, options: InitOptions, detected: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the services if no option sets them. `--image` and `--port` imply a single service."""
    default = detected if detected and not (options.image or options.port) else ("web",)
    check = _valid_in(lambda text: replace(_SAMPLE, services=tuple(map(_sample_service, _split(text)))))
    return _split(_ask(console, "Services", "--service", ", ".join(default), check))


def _catch_all(
    console: Console, options: InitOptions, services: list[ServiceDraft], detected: str | None
) -> str | None:
    """The service for requests that no other path matches. Raises click.UsageError if it is not a web service."""
    web = [service.name for service in services if service.port is not None]

    def check(text: str) -> str:
        if text not in web:
            known = ", ".join(web) or "none"
            raise click.UsageError(f"--default-service must be a web service; got {text}; the web services are {known}")
        return text

    if options.default_service:
        return check(options.default_service)
    default = detected if detected in web else next(iter(web), None)
    undecided = [service.name for service in services if service.port is not None and not service.paths]
    if default is None or len(undecided) < 2:
        return default
    question = "Service for requests that no other path matches"
    return _ask(console, question, "--default-service", default, check)


def _web_service(
    console: Console, options: InitOptions, detected: ServiceDraft | None, name: str, found: Detected
) -> ServiceDraft:
    """The service of the compose file, or one whose port is set by an option, exposed or prompted for."""
    draft = _with_image(console, options, detected or _new_service(name, options, found))
    if options.port:
        return _listening(replace(draft, connect_port=None), options.port)
    if detected is not None:
        return draft
    exposed = found.port
    default = exposed or (PLACEHOLDER_PORT if draft.is_placeholder else _DEFAULT_PORT)
    question = f"Port that {name} listens on (none for a worker)"
    port = _ask(console, question, "--port", str(default), _port_or_none)
    if draft.build and exposed is None and port != "none":
        # Most programs that expose no port read it from PORT.
        draft = replace(draft, environment={**draft.environment, "PORT": port})
        if not console.interactive:
            text = f"its Dockerfile exposes no port: {port} is assumed, and set as PORT; --port sets another"
            print_notices(console, [Notice(Group.CHECK, name, text)])
    return _listening(draft, None if port == "none" else int(port))


def _new_service(name: str, options: InitOptions, found: Detected) -> ServiceDraft:
    """A service that no compose file has: built from the Dockerfile in the folder, if there is one."""
    if found.build and found.stage and not options.image:
        return service_of(name, found.build, found.stage, options.port or found.port)
    return ServiceDraft(name, PLACEHOLDER_IMAGE, None)


def _listening(draft: ServiceDraft, port: int | None) -> ServiceDraft:
    """The service on a port; without one it is a worker."""
    command = placeholder_command(port) if draft.is_placeholder else draft.command
    return replace(draft, port=port, command=command)


def _worker(
    console: Console, options: InitOptions, detected: ServiceDraft | None, name: str, found: Detected
) -> ServiceDraft:
    draft = detected or _new_service(name, options, found)
    settings = {key: value for key, value in draft.settings.items() if key != "health_check"}
    connect_port = draft.connect_port or (draft.port if draft.connect else None)
    draft = replace(draft, settings=settings, connect_port=connect_port)
    return replace(_with_image(console, options, draft), port=None)


def _with_image(console: Console, options: InitOptions, draft: ServiceDraft) -> ServiceDraft:
    if not options.image and not draft.is_placeholder:
        return draft
    image = options.image or _ask_image(console, draft.name)
    notes = tuple(note for note in draft.notes if note != PLACEHOLDER_NOTE)
    if image == PLACEHOLDER_IMAGE:
        return replace(draft, image=image, build=None, notes=(PLACEHOLDER_NOTE, *notes))
    command = () if draft.is_placeholder else draft.command
    return replace(draft, image=image, build=None, command=command, notes=notes)


def _ask_image(console: Console, service: str) -> str:
    check = _valid_in(lambda text: replace(_SAMPLE, services=(ServiceDraft("web", text, PLACEHOLDER_PORT),)))
    return _ask(console, f"Image of {service}", "--image", PLACEHOLDER_IMAGE, check)


def _ask(console: Console, question: str, flag: str, default: str, check: Check) -> str:
    """The answer to a prompt; the default without a terminal."""
    return console.ask(question, flag=flag, default=default, check=check) if console.interactive else default


def _valid_in(sample: Callable[[str], Draft]) -> Check:
    """Checks an answer with the rules of the project file, in a draft that contains it."""

    def check(text: str) -> str:
        if not text.strip(", "):
            raise click.UsageError("the answer is empty")
        _require_valid(sample(text.strip()))
        return text.strip()

    return check


def _port_or_none(text: str) -> str:
    if text != "none" and not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise click.UsageError(f"port must be a number from 1 to 65535, or none; got {text}")
    return text


def _split(text: str) -> tuple[str, ...]:
    """The names in a comma-separated list, without duplicates."""
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _sample_service(name: str) -> ServiceDraft:
    return ServiceDraft(name, PLACEHOLDER_IMAGE, None)


def _require_valid(draft: Draft) -> None:
    """Raise click.UsageError if the project file would be invalid."""
    errors = [sentence(_at_option(problem)) for problem in problems_in(draft) if problem.severity == "error"]
    if errors:
        # The section of an environment repeats the name of a service, and with it the problem.
        raise click.UsageError("\n".join(dict.fromkeys(errors)))


def _at_option(problem: Problem) -> Problem:
    """The problem, placed at the option that caused it, because the file does not exist yet."""
    keys = [str(step) for step in problem.path]
    if keys[0:1] == ["environments"] and len(keys) > 2:
        keys = keys[2:]  # an environment overrides a value of another option
    option = f"--{keys[-1]}" if keys[-1:] in (["image"], ["port"]) else _OPTION_OF_KEY.get(keys[0] if keys else "")
    return replace(problem, where=Position(option or ".".join(keys)))
