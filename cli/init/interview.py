"""What `init` writes down: what the options say, what the folder proposes, and what is asked for the rest."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import click

from cli.console import Console
from cli.init.detect import PLACEHOLDER, PLACEHOLDER_PORT, Found, look_around, project_name, routed
from cli.init.render import Draft, ServiceDraft, render
from cli.sentences import sentence
from stacks.errors import Position, Problem
from stacks.project import FILE_NAME, Selection, problems_of

_PLACEHOLDER_NOTE = "A placeholder: put the address of your own image here."
_UNKNOWN_PORT = 3000
_SAMPLE = Draft("my-app", "us-east-1", ("dev",), (ServiceDraft("web", PLACEHOLDER, PLACEHOLDER_PORT),))
# The option that says what a key of the project file says.
_FLAGS = {"project_id": "--project-id", "region": "--region", "environments": "--env", "services": "--service"}


@dataclass(frozen=True)
class Wishes:
    """What the options of `init` say; empty where they say nothing. `workers` are services without a port."""

    project_id: str | None = None
    region: str | None = None
    environments: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    workers: tuple[str, ...] = ()
    image: str | None = None
    port: int | None = None


def interview(console: Console, wishes: Wishes, folder: Path) -> Draft:
    """The draft of a project file for `folder`, checked.

    Raises click.UsageError naming the option where a value is wrong, or is missing and nobody is there to ask.
    """
    found = look_around(folder)
    for note in found.notes:
        console.say(note)
    project_id = wishes.project_id or console.ask(
        "Project id",
        flag="--project-id",
        default=project_name(folder.resolve().name),
        check=_checked(lambda text: replace(_SAMPLE, project_id=text)),
    )
    region = wishes.region or _answer(
        console,
        "AWS region",
        "--region",
        os.environ.get("AWS_REGION") or _SAMPLE.region,
        _checked(lambda text: replace(_SAMPLE, region=text)),
    )
    services = _services(console, wishes, found)
    environments = wishes.environments or _names(
        _answer(
            console,
            "Environments",
            "--env",
            "dev, prod",
            _checked(lambda text: replace(_SAMPLE, environments=_names(text))),
        )
    )
    draft = Draft(project_id, region, environments, services)
    _refuse(draft)
    return draft


def _services(console: Console, wishes: Wishes, found: Found) -> tuple[ServiceDraft, ...]:
    known = {service.name: service for service in found.services}
    web = wishes.services or (() if wishes.workers else _proposed(console, wishes, tuple(known)))
    if (wishes.image or wishes.port) and len(web) + len(wishes.workers) > 1:
        raise click.UsageError(
            "--image and --port describe one service; write the others into the file afterwards",
            ctx=click.get_current_context(silent=True),
        )
    drafts = [_web(console, wishes, known.get(name), name, found.port) for name in web]
    drafts += [_worker(console, wishes, known.get(name), name) for name in wishes.workers]
    return routed(drafts)


def _proposed(console: Console, wishes: Wishes, known: tuple[str, ...]) -> tuple[str, ...]:
    """The services to write when no option names any; `--image` and `--port` mean one alone."""
    default = known if known and not (wishes.image or wishes.port) else ("web",)
    check = _checked(lambda text: replace(_SAMPLE, services=tuple(map(_sample_service, _names(text)))))
    return _names(_answer(console, "Services", "--service", ", ".join(default), check))


def _web(console: Console, wishes: Wishes, known: ServiceDraft | None, name: str, exposed: int | None) -> ServiceDraft:
    """A service as the compose file has it, or with the port that is given, exposed or asked for."""
    draft = _with_image(console, wishes, known or ServiceDraft(name, PLACEHOLDER, None))
    if known is not None and not wishes.port:
        return draft
    guess = exposed or (PLACEHOLDER_PORT if draft.image == PLACEHOLDER else _UNKNOWN_PORT)
    port = (
        str(wishes.port)
        if wishes.port
        else _answer(console, f"Port that {name} listens on (none for a worker)", "--port", str(guess), _port_or_none)
    )
    return replace(draft, port=None if port == "none" else int(port))


def _worker(console: Console, wishes: Wishes, known: ServiceDraft | None, name: str) -> ServiceDraft:
    return replace(_with_image(console, wishes, known or ServiceDraft(name, PLACEHOLDER, None)), port=None)


def _with_image(console: Console, wishes: Wishes, draft: ServiceDraft) -> ServiceDraft:
    if draft.image != PLACEHOLDER and not wishes.image:
        return draft
    image = wishes.image or _answer(
        console,
        f"Image of {draft.name}",
        "--image",
        PLACEHOLDER,
        _checked(lambda text: replace(_SAMPLE, services=(ServiceDraft("web", text, PLACEHOLDER_PORT),))),
    )
    notes = tuple(note for note in draft.notes if note != _PLACEHOLDER_NOTE)
    return replace(draft, image=image, notes=(_PLACEHOLDER_NOTE, *notes) if image == PLACEHOLDER else notes)


def _answer(console: Console, question: str, flag: str, default: str, check: Callable[[str], str]) -> str:
    """What the user says, or the default where nobody is there to ask."""
    return console.ask(question, flag=flag, default=default, check=check) if console.interactive else default


def _checked(sample: Callable[[str], Draft]) -> Callable[[str], str]:
    """A check of an answer: what the project file itself would say about it."""

    def check(text: str) -> str:
        if not text.strip(", "):
            raise click.UsageError("there is nothing in the answer")
        _refuse(sample(text.strip()))
        return text.strip()

    return check


def _port_or_none(text: str) -> str:
    if text != "none" and not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise click.UsageError(f"a port is a number from 1 to 65535, or none; got {text}")
    return text


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _sample_service(name: str) -> ServiceDraft:
    return ServiceDraft(name, PLACEHOLDER, None)


def _refuse(draft: Draft) -> None:
    """Raise click.UsageError where the project file would not be valid."""
    errors = [_said(problem) for problem in _problems(draft) if problem.severity == "error"]
    if errors:
        # An overlay repeats the name of a service, and so what is wrong with it.
        raise click.UsageError("\n".join(dict.fromkeys(errors)), ctx=click.get_current_context(silent=True))


def _problems(draft: Draft) -> tuple[Problem, ...]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, FILE_NAME)
        file.write_text(render(draft), encoding="utf-8")
        return problems_of(Selection(file=file))


def _said(problem: Problem) -> str:
    """A problem at the option that caused it: the file it would be in does not exist."""
    keys = [str(step) for step in problem.path]
    if keys[0:1] == ["environments"] and len(keys) > 2:
        keys = keys[2:]  # an override of what another option gave
    flag = f"--{keys[-1]}" if keys[-1:] in (["image"], ["port"]) else _FLAGS.get(keys[0] if keys else "")
    return sentence(replace(problem, where=Position(flag or ".".join(keys))))
