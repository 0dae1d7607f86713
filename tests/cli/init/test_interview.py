"""What `init` asks on a terminal."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import click
import pytest

from cli.console import Console
from cli.init.detect import PLACEHOLDER
from cli.init.interview import Wishes, interview
from cli.init.render import Draft, ServiceDraft


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch):
    """`type_in("shop", "")` types answers, each with a return, and gives what the terminal shows."""

    def run(*answers: str) -> Terminal:
        screen = Terminal()
        monkeypatch.setattr(sys, "stdin", Terminal("".join(f"{answer}\n" for answer in answers)))
        monkeypatch.setattr(sys, "stdout", screen)
        monkeypatch.setattr(sys, "stderr", screen)
        return screen

    return run


def test_the_return_key_takes_every_proposal(type_in, folder: Path) -> None:
    type_in("", "", "", "", "", "")

    draft = interview(Console(), Wishes(), folder)

    placeholder = "A placeholder: put the address of your own image here."
    assert draft == Draft(
        "here", "us-east-1", ("dev", "prod"), (ServiceDraft("web", PLACEHOLDER, 80, notes=(placeholder,)),)
    )


def test_the_questions_in_their_order(type_in, folder: Path) -> None:
    screen = type_in("shop", "eu-west-1", "web, mailer", "acme/web:1", "3000", "acme/mailer:1", "none", "dev")

    draft = interview(Console(), Wishes(), folder)

    assert draft == Draft(
        "shop",
        "eu-west-1",
        ("dev",),
        (ServiceDraft("web", "acme/web:1", 3000), ServiceDraft("mailer", "acme/mailer:1", None)),
    )
    questions = [line.split(" [")[0] for line in screen.getvalue().split(": ") if line]
    assert questions == [
        "Project id",
        "AWS region",
        "Services",
        "Image of web",
        "Port that web listens on (none for a worker)",
        "Image of mailer",
        "Port that mailer listens on (none for a worker)",
        "Environments",
    ]


def test_what_options_say_is_not_asked(type_in, folder: Path) -> None:
    screen = type_in()
    wishes = Wishes("shop", "eu-west-1", ("prod",), ("web",), image="acme/web:1", port=3000)

    draft = interview(Console(), wishes, folder)

    assert draft == Draft("shop", "eu-west-1", ("prod",), (ServiceDraft("web", "acme/web:1", 3000),))
    assert screen.getvalue() == ""


def test_a_wrong_answer_is_explained_and_asked_again(type_in, folder: Path) -> None:
    screen = type_in("My Shop", "shop", "eu-wst-1", "eu-west-1", "web", "acme/web:1", "0", "80", "PROD", "prod")

    draft = interview(Console(), Wishes(), folder)

    assert (draft.project_id, draft.region, draft.environments) == ("shop", "eu-west-1", ("prod",))
    assert draft.services[0].port == 80
    text = screen.getvalue()
    assert "Error: --project-id: project_id must be" in text
    assert "Error: --region: " in text
    assert "Error: a port is a number from 1 to 65535, or none; got 0" in text
    assert "Error: --env: an environment name must be" in text


def test_an_answer_of_commas_is_asked_again(type_in, folder: Path) -> None:
    screen = type_in("shop", "", " , ", "web", "", "", ",", "dev")

    assert interview(Console(), Wishes(), folder).environments == ("dev",)
    assert screen.getvalue().count("Error: there is nothing in the answer") == 2


def test_a_dockerfile_proposes_the_port(type_in, folder: Path) -> None:
    (folder / "Dockerfile").write_text("FROM node\nEXPOSE 8080\n")
    screen = type_in("", "", "", "acme/web:1", "", "")

    draft = interview(Console(), Wishes(), folder)

    assert draft.services[0].port == 8080
    assert "Port that web listens on (none for a worker) [8080]: " in screen.getvalue()


def test_a_compose_file_proposes_its_services_and_what_it_says_is_not_asked(type_in, folder: Path) -> None:
    (folder / "compose.yaml").write_text("""
services: {front: {image: "acme/front:1", ports: ["3000"]}, mailer: {image: "acme/mailer:1"}}
""")
    screen = type_in("shop", "", "", "")

    draft = interview(Console(), Wishes(), folder)

    assert draft.services == (
        ServiceDraft("front", "acme/front:1", 3000),
        ServiceDraft("mailer", "acme/mailer:1", None),
    )
    assert "Services [front, mailer]: " in screen.getvalue()


def test_an_interrupt_ends_the_interview(type_in, folder: Path) -> None:
    type_in()

    with pytest.raises(click.Abort):
        interview(Console(), Wishes(), folder)
