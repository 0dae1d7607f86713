"""The project file that `init` writes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cli.init.render import Draft, ServiceDraft, render
from stacks.project import Selection, load, problems_of
from stacks.project.models import Model, ProjectFile
from stacks.project.shape import fields_of

WEB = ServiceDraft("web", "ghcr.io/acme/web:1", 3000)
PLAIN = Draft("node-app", "eu-west-1", ("dev", "staging", "prod"), (WEB,))
FULL = Draft(
    "shop",
    "us-east-1",
    ("prod",),
    (
        WEB,
        ServiceDraft("api", "acme/api:2", 4000, paths=("/api", "/api/*"), environment={"MODE": "on", "N": "1"}),
        ServiceDraft("mailer", "acme/mailer", None, command=("node", "send mail.js"), notes=("Reads the outbox.",)),
    ),
)


# Keys of another type of service or another backend, as their descriptions say.
ELSEWHERE = "timezone|retries|timeout|lock"


def uncommented(text: str) -> str:
    """The file with every commented key taken live that its service and backend take."""
    return re.sub(rf"^( *)# ( *(?:(?!(?:{ELSEWHERE}):)\w+:|# ))", r"\1\2", text, flags=re.MULTILINE)


def loaded(folder: Path, text: str) -> tuple[object, ...]:
    file = folder / "ecsforge.yaml"
    file.write_text(text, encoding="utf-8")
    return load(Selection(file=file)).projects


@pytest.mark.parametrize("draft", [PLAIN, FULL], ids=["plain", "full"])
def test_the_file_is_valid_without_a_warning(tmp_path: Path, draft: Draft) -> None:
    file = tmp_path / "ecsforge.yaml"
    file.write_text(render(draft), encoding="utf-8")

    assert problems_of(Selection(file=file)) == ()


@pytest.mark.parametrize("draft", [PLAIN, FULL], ids=["plain", "full"])
def test_the_comments_are_the_defaults(tmp_path: Path, draft: Draft) -> None:
    """Taking every commented key live changes nothing."""
    text = render(draft)

    assert uncommented(text) != text
    assert loaded(tmp_path, uncommented(text)) == loaded(tmp_path, text)


def test_every_key_of_the_models_is_taught() -> None:
    text = render(PLAIN)

    def taught(model: type[Model]) -> None:
        for name, shape in fields_of(model).items():
            if name not in ("ci", "build"):
                assert re.search(rf"^[ #]*{name}:", text, re.MULTILINE), name
            if isinstance(shape.default, Model):
                taught(type(shape.default))

    taught(ProjectFile)


def test_what_was_chosen_stands_first() -> None:
    lines = [line.split("  #")[0].rstrip() for line in render(PLAIN).splitlines()]
    live = [line for line in lines if line and not line.lstrip().startswith("#")]

    assert live == [
        "project_id: node-app",
        "region: eu-west-1",
        "environments:",
        "  dev:",
        "    services: {web: {count: 1, cpu: 256, memory: 512}}",
        "  staging: {}",
        "  prod:",
        "    protected: true",
        "services:",
        "  web:",
        "    image: ghcr.io/acme/web:1",
        "    port: 3000",
    ]


def test_other_services_stand_without_the_comments() -> None:
    text = render(FULL)

    assert (
        text[text.index("  api:") : text.index("\n# tags")]
        == """\
  api:
    image: acme/api:2
    port: 4000
    environment:
      MODE: 'on'
      N: '1'
    http:
      paths: [/api, /api/*]
  mailer:
    # Reads the outbox.
    image: acme/mailer
    type: worker
    command: [node, send mail.js]
"""
    )


def test_no_line_is_wider_than_the_page() -> None:
    assert max(map(len, render(FULL).splitlines())) <= 120


def test_the_first_line_names_the_schema() -> None:
    assert render(PLAIN).splitlines()[0] == "# yaml-language-server: $schema=.ecsforge/schema.json"
