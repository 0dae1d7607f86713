"""Searches the files of a rehearsal for the passwords of databases, which must be in none of them."""

from __future__ import annotations

import base64
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from operations.rehearsal.check import Check
from operations.rehearsal.store_checks import Aws
from stacks.naming import Names
from stacks.project.models import Mysql, Postgres, Project

_PROVIDERS = ".terraform"


def password_check(project: Project, aws: Aws, folder: Path) -> Iterator[Check]:
    """No file in `folder` contains the password of a database of the project; no check without databases."""
    passwords = _passwords(project, aws)
    if passwords:
        files = [str(each.relative_to(folder)) for each in files_with(passwords, folder)]
        yield Check("databases", "files that contain a password", [], files)


def files_with(texts: Sequence[str], folder: Path) -> Iterator[Path]:
    """The files below a folder, providers excepted, that contain one of the texts: plain, in a URL, or in base64.

    A plan is a zip file; what is in it is searched.
    """
    wanted = [encoded for text in texts for encoded in encodings(text)]
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or _PROVIDERS in path.relative_to(folder).parts:
            continue
        if any(each in content for content in _contents(path) for each in wanted):
            yield path


def encodings(text: str) -> Iterator[bytes]:
    """The text as files contain it. In base64 it looks different at each of three offsets from a multiple of three."""
    plain = text.encode()
    yield plain
    yield quote(text, safe="").encode()
    for offset in range(3):
        coded = base64.b64encode(b"\0" * offset + plain)
        # Without the characters that also depend on what is before and after the text.
        yield coded[(0, 2, 3)[offset] : len(coded) - 4]


def _contents(path: Path) -> Iterator[bytes]:
    yield path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield archive.read(name)


def _passwords(project: Project, aws: Aws) -> list[str]:
    names = Names(project.project_id, project.env)
    databases = (name for name, each in project.resources.items() if isinstance(each, Postgres | Mysql))
    secrets = (names.secret(name, "password") for name in databases)
    return [str(aws("secretsmanager").get_secret_value(SecretId=each)["SecretString"]) for each in secrets]
