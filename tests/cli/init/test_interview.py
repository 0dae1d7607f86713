"""The prompts of `init`."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import click
import pytest

from cli.console import Console
from cli.init.compose import PLACEHOLDER_NOTE
from cli.init.draft import PLACEHOLDER_IMAGE, BuildDraft, Draft, ServiceDraft
from cli.init.interview import InitOptions, interview


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch):
    """`type_in("shop", "")` types answers, each followed by Enter, and returns the screen."""

    def run(*answers: str) -> Terminal:
        screen = Terminal()
        monkeypatch.setattr(sys, "stdin", Terminal("".join(f"{answer}\n" for answer in answers)))
        monkeypatch.setattr(sys, "stdout", screen)
        monkeypatch.setattr(sys, "stderr", screen)
        return screen

    return run


def test_enter_accepts_every_default(type_in, folder: Path) -> None:
    type_in("", "", "", "", "", "")

    draft = interview(Console(), InitOptions(), folder)

    assert draft == Draft(
        "here", "us-east-1", ("dev", "prod"), (ServiceDraft("web", PLACEHOLDER_IMAGE, 80, notes=(PLACEHOLDER_NOTE,)),)
    )


def test_the_order_of_the_prompts(type_in, folder: Path) -> None:
    screen = type_in("shop", "eu-west-1", "web, mailer", "acme/web:1", "3000", "acme/mailer:1", "none", "dev")

    draft = interview(Console(), InitOptions(), folder)

    assert draft == Draft(
        "shop",
        "eu-west-1",
        ("dev",),
        (ServiceDraft("web", "acme/web:1", 3000), ServiceDraft("mailer", "acme/mailer:1", None)),
    )
    questions = [line.split(" [")[0] for line in screen.getvalue().split(": ") if line]
    assert questions == [
        "Project ID",
        "AWS region",
        "Services",
        "Image of web",
        "Port that web listens on (none for a worker)",
        "Image of mailer",
        "Port that mailer listens on (none for a worker)",
        "Environments",
    ]


def test_values_of_options_are_not_prompted_for(type_in, folder: Path) -> None:
    screen = type_in()
    options = InitOptions("shop", "eu-west-1", ("prod",), ("web",), image="acme/web:1", port=3000)

    draft = interview(Console(), options, folder)

    assert draft == Draft("shop", "eu-west-1", ("prod",), (ServiceDraft("web", "acme/web:1", 3000),))
    assert screen.getvalue() == ""


def test_an_invalid_answer_is_explained_and_prompted_for_again(type_in, folder: Path) -> None:
    screen = type_in("My Shop", "shop", "eu-wst-1", "eu-west-1", "web", "acme/web:1", "0", "80", "PROD", "prod")

    draft = interview(Console(), InitOptions(), folder)

    assert (draft.project_id, draft.region, draft.environments) == ("shop", "eu-west-1", ("prod",))
    assert draft.services[0].port == 80
    text = screen.getvalue()
    assert "Error: --project-id: project_id must be" in text
    assert "Error: --region: " in text
    assert "Error: port must be a number from 1 to 65535, or none; got 0" in text
    assert "Error: --env: an environment name must be" in text


def test_an_answer_with_only_commas_is_rejected(type_in, folder: Path) -> None:
    screen = type_in("shop", "", " , ", "web", "", "", ",", "dev")

    assert interview(Console(), InitOptions(), folder).environments == ("dev",)
    assert screen.getvalue().count("Error: the answer is empty") == 2


def test_the_default_port_is_the_one_the_dockerfile_exposes(type_in, folder: Path) -> None:
    (folder / "Dockerfile").write_text("FROM node\nEXPOSE 8080\n")
    screen = type_in("", "", "", "", "")

    draft = interview(Console(), InitOptions(), folder)

    assert (draft.services[0].port, draft.services[0].build) == (8080, BuildDraft("."))
    assert "Port that web listens on (none for a worker) [8080]: " in screen.getvalue()


def test_the_default_services_are_those_of_the_compose_file(type_in, folder: Path) -> None:
    (folder / "compose.yaml").write_text("""
services: {front: {image: "acme/front:1", ports: ["3000"]}, mailer: {image: "acme/mailer:1"}}
""")
    screen = type_in("shop", "", "", "")

    draft = interview(Console(), InitOptions(), folder)

    assert draft.services == (
        ServiceDraft("front", "acme/front:1", 3000),
        ServiceDraft("mailer", "acme/mailer:1", None),
    )
    assert "Services [front, mailer]: " in screen.getvalue()


def test_an_interrupt_ends_the_interview(type_in, folder: Path) -> None:
    type_in()

    with pytest.raises(click.Abort):
        interview(Console(), InitOptions(), folder)


def test_workers_replace_the_prompt_for_services(type_in, folder: Path) -> None:
    screen = type_in("")
    options = InitOptions("shop", "eu-west-1", ("dev",), workers=("mailer",))

    draft = interview(Console(), options, folder)

    assert draft.services == (ServiceDraft("mailer", PLACEHOLDER_IMAGE, None, notes=(PLACEHOLDER_NOTE,)),)
    assert screen.getvalue().startswith("Image of mailer [")


def test_an_image_and_a_port_override_the_compose_file(folder: Path) -> None:
    (folder / "compose.yaml").write_text('services: {web: {image: "acme/web:1", ports: ["3000"], command: run}}')
    options = InitOptions("shop", services=("web",), image="acme/web:2", port=4000)

    draft = interview(Console(), options, folder)

    assert draft.services == (ServiceDraft("web", "acme/web:2", 4000, command=("run",)),)


def test_the_default_region_comes_from_the_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-north-1")

    assert interview(Console(), InitOptions("shop"), folder).region == "eu-north-1"


TWO_WEB = "services: {api: {image: 'acme/api:1', ports: [4000]}, front: {image: 'acme/front:1', ports: [3000]}}"


def test_the_catch_all_is_asked_for_when_there_are_several_web_services(type_in, folder: Path) -> None:
    (folder / "compose.yaml").write_text(TWO_WEB)
    screen = type_in("shop", "", "", "nobody", "front", "")

    draft = interview(Console(), InitOptions(), folder)

    assert [service.paths for service in draft.services] == [("/api", "/api/*"), ()]
    text = screen.getvalue()
    assert "Service for requests that no other path matches [api]: " in text
    assert "Error: --default-service must be a web service; got nobody; the web services are api, front" in text


def test_an_option_sets_the_catch_all(type_in, folder: Path) -> None:
    (folder / "compose.yaml").write_text(TWO_WEB)
    type_in("")

    draft = interview(Console(), InitOptions("shop", "eu-west-1", ("dev",), default_service="front"), folder)

    assert [service.paths for service in draft.services] == [("/api", "/api/*"), ()]


def test_a_dockerfile_without_a_port_gets_one_in_its_variable(type_in, folder: Path) -> None:
    (folder / "Dockerfile").write_text("FROM node\n")
    screen = type_in("", "", "", "4000", "")

    (service,) = interview(Console(), InitOptions(), folder).services

    assert (service.build, service.port, service.environment) == (BuildDraft("."), 4000, {"PORT": "4000"})
    assert "Port that web listens on (none for a worker) [3000]: " in screen.getvalue()


def test_the_name_of_the_compose_project_is_the_default_project_id(type_in, folder: Path) -> None:
    (folder / "compose.yaml").write_text("name: My_Shop\nservices: {web: {image: 'acme/web:1', ports: [80]}}")
    type_in("", "", "", "")

    assert interview(Console(), InitOptions(), folder).project_id == "my-shop"


def test_a_setting_that_is_not_valid_is_dropped_with_a_notice(type_in, folder: Path) -> None:
    (folder / "compose.yaml").write_text(
        "services: {web: {image: 'acme/web:1', ports: [80], working_dir: relative, read_only: true, tmpfs: [/a/../b]}}"
    )
    screen = type_in()

    draft = interview(Console(), InitOptions("shop", "eu-west-1", ("dev",), ("web",)), folder)

    assert draft.services[0].settings == {"readonly_root": True}
    assert screen.getvalue().split("Not converted:\n")[1] == (
        "  web: working_directory, which is not valid on ECS\n  web: writable_paths, which is not valid on ECS\n"
    )
