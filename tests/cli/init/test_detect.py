"""The services that `init` detects in a folder."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest

from cli.init.detect import Detected, detect
from cli.init.draft import BuildDraft, ServiceDraft
from cli.init.notices import Group, Notice


def test_an_empty_folder(tmp_path: Path) -> None:
    assert detect(tmp_path) == Detected()


def test_the_dockerfile_and_the_compose_file_are_read(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM node\nEXPOSE 8080\n")
    (tmp_path / "compose.yaml").write_text("services: {web: {image: acme/web}, db: {image: 'postgres:16'}}")

    found = detect(tmp_path)

    assert (found.services, found.build, found.port) == (
        (ServiceDraft("web", "acme/web", None),),
        BuildDraft("."),
        8080,
    )
    assert found.notices == (
        Notice(Group.FOUND, "Dockerfile", "port 8080"),
        Notice(
            Group.OMITTED,
            "db (postgres:16)",
            "add `resources: {db: {type: postgres, instance: db.t4g.micro}}` and `uses`, or use Amazon Aurora or RDS "
            "for PostgreSQL",
        ),
        Notice(Group.FOUND, "compose.yaml", "web"),
        Notice(Group.CHECK, "", "no service publishes a port, so the project has no load balancer"),
    )


def test_a_containerfile_is_built_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "Containerfile").write_text("FROM node\n")

    assert detect(tmp_path).build == BuildDraft(".", "Containerfile")


def test_a_compose_file_that_compose_does_not_read_by_itself_is_named(tmp_path: Path) -> None:
    (tmp_path / "docker-compose.prod.yml").write_text("services: {web: {image: acme/web}}")

    assert detect(tmp_path).notices == (
        Notice(
            Group.CHECK,
            "docker-compose.prod.yml",
            "not read: compose reads it only with -f; rename it to compose.yaml to convert it",
        ),
    )


def test_files_that_are_not_regular_are_not_read(tmp_path: Path) -> None:
    for name in ("compose.yaml", "Dockerfile", ".env", "docker-compose.yml"):
        os.mkfifo(tmp_path / name)

    assert detect(tmp_path).services == ()


def read_error(text: str) -> tuple[Notice, ...]:
    return (Notice(Group.FOUND, "", f"Could not read {text}"),)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("version: '3'", "it has no services"),
        ("- web", "it has no services"),
        ("services: web", "it has no services"),
    ],
)
def test_an_invalid_compose_file_is_a_note(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "compose.yml").write_text(text)

    assert detect(tmp_path) == Detected(notices=read_error(f"compose.yml: {reason}"))


def test_broken_yaml_in_a_compose_file_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "compose.yml").write_text("services:\n  web: 'a\n")

    assert detect(tmp_path).notices == read_error(
        "compose.yml:2:8: invalid YAML: this quote is not closed; got '; add the closing quote"
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "services:\n  a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9]\n"
            + "".join(f"  {b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in pairwise("abcdefghi")),
            ":7:10: the file has more than 100000 values after alias expansion; use fewer aliases",
        ),
        (
            "services: {a: &a {b: 1}, "
            + ", ".join(f"{b}: &{b} {{<<: [{', '.join([f'*{a}'] * 9)}]}}" for a, b in pairwise("abcdefghi"))
            + "}",
            ":1:250: the file has more than 100000 values after alias expansion; use fewer aliases",
        ),
        ("[" * 100_000, ":1:33: values are nested more than 32 levels deep; flatten this part of the file"),
        ("#" * 1024 * 1024 + "\n", ": it is larger than 1 MiB"),
    ],
    ids=["aliases", "merges", "depth", "size"],
)
def test_a_compose_file_that_expands_without_end_is_a_note(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "compose.yml").write_text(text)

    assert detect(tmp_path).notices == read_error(f"compose.yml{reason}")
