"""The services that `init` detects in a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.init.detect import Detected, detect
from cli.init.draft import ServiceDraft


def test_an_empty_folder(tmp_path: Path) -> None:
    assert detect(tmp_path) == Detected()


def test_the_dockerfile_and_the_compose_file_are_read(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM node\nEXPOSE 8080\n")
    (tmp_path / "compose.yaml").write_text("services: {web: {image: acme/web}, db: {image: 'postgres:16'}}")

    assert detect(tmp_path) == Detected(
        (ServiceDraft("web", "acme/web", None),),
        8080,
        (
            "Dockerfile exposes port 8080",
            "compose.yaml: skipped db (postgres:16): use a managed AWS service for data stores",
        ),
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: [", "it is not valid YAML"),
        ("version: '3'", "it has no services"),
        ("- web", "it has no services"),
        ("services: web", "it has no services"),
    ],
)
def test_an_invalid_compose_file_is_a_note(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "compose.yml").write_text(text)

    assert detect(tmp_path) == Detected(notes=(f"Could not read compose.yml: {reason}",))
