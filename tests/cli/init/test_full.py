"""The project file with every key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cli.init.draft import Draft, ServiceDraft
from cli.init.full import render_full
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


# Keys that only other service types or state backends accept.
OTHER_TYPES = "timezone|retries|timeout|lock"


def uncommented(text: str) -> str:
    """The file with every commented key uncommented that its service type and state backend accept."""
    return re.sub(rf"^( *)# ( *(?:(?!(?:{OTHER_TYPES}):)\w+:|# ))", r"\1\2", text, flags=re.MULTILINE)


def loaded(folder: Path, text: str) -> tuple[object, ...]:
    file = folder / "ecsforge.yaml"
    file.write_text(text, encoding="utf-8")
    return load(Selection(file=file)).projects


@pytest.mark.parametrize("draft", [PLAIN, FULL], ids=["plain", "full"])
def test_the_file_is_valid_without_warnings(tmp_path: Path, draft: Draft) -> None:
    file = tmp_path / "ecsforge.yaml"
    file.write_text(render_full(draft), encoding="utf-8")

    assert problems_of(Selection(file=file)) == ()


@pytest.mark.parametrize("draft", [PLAIN, FULL], ids=["plain", "full"])
def test_the_comments_are_the_defaults(tmp_path: Path, draft: Draft) -> None:
    """Uncommenting every key does not change the project."""
    text = render_full(draft)

    assert uncommented(text) != text
    assert loaded(tmp_path, uncommented(text)) == loaded(tmp_path, text)


def test_every_key_of_the_models_is_in_the_file() -> None:
    text = render_full(PLAIN)

    def check(model: type[Model]) -> None:
        for name, shape in fields_of(model).items():
            if name != "build":
                assert re.search(rf"^[ #]*{name}:", text, re.MULTILINE), name
            if isinstance(shape.default, Model):
                check(type(shape.default))

    check(ProjectFile)


def test_only_the_values_of_the_draft_are_set() -> None:
    lines = [line.split("  #")[0].rstrip() for line in render_full(PLAIN).splitlines()]
    settings = [line for line in lines if line and not line.lstrip().startswith("#")]

    assert settings == [
        "project_id: node-app",
        "region: eu-west-1",
        "environments:",
        "  dev:",
        "    services:",
        "      web: {count: 1, cpu: 256, memory: 512}",
        "  staging: {}",
        "  prod:",
        "    protected: true",
        "services:",
        "  web:",
        "    image: ghcr.io/acme/web:1",
        "    port: 3000",
    ]


def test_only_one_service_has_the_commented_keys() -> None:
    text = render_full(FULL)

    assert (
        text[text.index("\n  api:\n    image") : text.index("\n# tags")]
        == """
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


def test_every_line_fits_120_columns() -> None:
    assert max(map(len, render_full(FULL).splitlines())) <= 120
