"""What Docker leaves out of the images of a new project: the files that ecsforge and Terraform write.

A state has secrets in plain text, and `COPY . .` would put it into the image. These files also change with every
deploy, and with them the tag that identifies what is built.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cli.init.draft import Draft
from operations.images.ignore import ignore_file

_WRITTEN = ("*.tfstate*", "*.tfplan", "cdktf.out", ".terraform", ".terraform.lock.hcl", ".ecsforge")


def missing_patterns(draft: Draft, project_file: Path) -> dict[Path, list[str]]:
    """The ignore files of the builds whose context is the project file's folder, each with the patterns it lacks."""
    found = {}
    for file in dict.fromkeys(_ignore_files(draft, project_file.parent)):
        present = file.read_text(encoding="utf-8", errors="surrogateescape") if file.is_file() else ""
        patterns = {line.strip().strip("/") for line in present.splitlines()}
        missing = [pattern for pattern in (*_WRITTEN, project_file.name) if pattern not in patterns]
        if missing:
            found[file] = missing
    return found


def _ignore_files(draft: Draft, folder: Path) -> Iterator[Path]:
    for service in draft.services:
        if service.build is not None and (context := folder / service.build.context).resolve() == folder.resolve():
            dockerfile = context / (service.build.dockerfile or "Dockerfile")
            yield ignore_file(folder, dockerfile) or folder / ".dockerignore"
