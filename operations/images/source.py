"""Identifies what an image is built from: its commit, or the content of its files.

An image has the tag `<commit>-<8 hex digits>`: the first 12 digits of the commit, and of a hash of everything else that
the image depends on. Where the files of the build are not exactly those of the commit, the hash covers them too: git
reports a change, a file is not in the commit (also one that git ignores, such as a compiled program that the Dockerfile
copies), a submodule is among them. Without git the tag is `local-<8 hex digits>`.

The hash of files covers their paths, contents, executable bits and the targets of symbolic links, which are not
followed. It does not cover `.git`, whose files change without a commit. A commit has no empty folders, so these only
count where the hash covers the files.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from operations.images import git
from operations.images.ignore import Ignore, Parents, ignore_file, read_ignore
from operations.reporter import Reporter
from operations.text import shown_path
from stacks.errors import ImageError

COMMIT_DIGITS, HASH_DIGITS = 12, 8
NO_COMMIT = "local"
"""What the tag of an image has in place of a commit."""
_GIT = ".git"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class ServiceBuild:
    """How the image of a service is built.

    Attributes:
        service: The service's name.
        repository: The name of its repository in ECR, such as `shop/web`.
        context: The folder with the files of the build.
        dockerfile: The Dockerfile. Default: `Dockerfile` in the context.
        platform: The platform that it runs on, `linux/amd64` or `linux/arm64`.
        target: The stage to build. Default: the last one.
        args: The build arguments.
        tag: The image's tag. Default: one that identifies what is built.
    """

    service: str
    repository: str
    context: Path
    dockerfile: Path | None = None
    platform: str = "linux/amd64"
    target: str | None = None
    args: Mapping[str, str] = field(default_factory=dict)
    tag: str | None = None

    @property
    def file(self) -> Path:
        """The Dockerfile."""
        return self.context / "Dockerfile" if self.dockerfile is None else self.dockerfile


def check_source(build: ServiceBuild) -> None:
    """Raise ImageError unless the context is a folder and the Dockerfile a file."""
    if not build.context.is_dir():
        fix = "create it, or correct `build` in the project file"
        raise ImageError.of(build.service, "the build context is not a folder", got=shown_path(build.context), fix=fix)
    if not build.file.is_file():
        fix = "create it, or set `build.dockerfile`"
        raise ImageError.of(build.service, "the Dockerfile does not exist", got=shown_path(build.file), fix=fix)


def default_tag(build: ServiceBuild, reporter: Reporter) -> str:
    """The tag that identifies what is built. Raises ImageError when a file can't be read."""
    check_source(build)
    checkout = git.checkout(build.context)
    difference = checkout if isinstance(checkout, str) else difference_from(build, checkout)
    if isinstance(checkout, str):
        reporter.detail(f"{build.service}: {checkout}, so the tag identifies the files")
        return f"{NO_COMMIT}-{_digits(_settings(build), _files(build))}"
    if difference is None:
        return commit_tag(build, checkout)
    reporter.detail(f"{build.service}: {difference}, so the tag also identifies the files")
    return f"{checkout.commit[:COMMIT_DIGITS]}-{_digits(_settings(build), _files(build))}"


def commit_tag(build: ServiceBuild, checkout: git.Checkout) -> str:
    """The tag of an image whose files are exactly those of the commit."""
    place = os.path.relpath(build.context.resolve(), checkout.folder)
    return f"{checkout.commit[:COMMIT_DIGITS]}-{_digits(_settings(build), [(b'context', _posix(place))])}"


def difference_from(build: ServiceBuild, checkout: git.Checkout) -> str | None:
    """Why the files of a build are not exactly those of the commit; None if they are."""
    context, named, ignore = _parts(build)
    return _difference(context, named, ignore, checkout)


def changed_since(build: ServiceBuild, checkout: git.Checkout, commit: str) -> str | None:
    """The first file of a build that the checked-out commit has changed since an earlier one; None if none is."""
    context, named, ignore = _parts(build)
    folder, needed = context.resolve(), [path.resolve() for path in named]
    for path in git.changed_since(checkout, commit, [folder, *needed]):
        if path in needed or not _left_out(path, folder, ignore):
            return shown_path(path)
    return None


def _parts(build: ServiceBuild) -> tuple[Path, list[Path], Ignore]:
    """The context, the files that matter even if they are left out of it, and what is left out."""
    patterns = ignore_file(build.context, build.file)
    named = [build.file] if patterns is None else [build.file, patterns]
    return build.context, named, read_ignore(patterns)


def files(context: Path, ignore: Ignore) -> Iterator[str]:
    """The paths of a build, relative to its context and with slashes: files, links, and folders with a final slash."""
    yield from _walk(context, "", ignore, None)


def _walk(folder: Path, prefix: str, ignore: Ignore, parents: Parents | None) -> Iterator[str]:
    for entry in sorted(_entries(folder), key=lambda entry: os.fsencode(entry.name)):
        if entry.name == _GIT:
            continue
        path = f"{prefix}{entry.name}"
        left_out, matched = ignore.match(path, parents)
        if not entry.is_dir(follow_symlinks=False):
            if not left_out:
                yield path
            continue
        if not left_out:
            yield f"{path}/"
        if not left_out or ignore.has_exceptions:
            yield from _walk(folder / entry.name, f"{path}/", ignore, matched)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        raise _unreadable(folder, error) from error


def _difference(folder: Path, named: Sequence[Path], ignore: Ignore, checkout: git.Checkout) -> str | None:
    """Why the files in the context, and those that the build names, are not those of the commit; None if they are."""
    context, needed = folder.resolve(), [path.resolve() for path in named]
    for path in needed:
        if not path.is_relative_to(checkout.folder):
            return f"{shown_path(path)} is not in the repository"
    status = git.status(checkout, [context, *needed])
    for path in status.changed:
        if path in needed or not _left_out(path, context, ignore):
            return f"{shown_path(path)} differs from the commit"
    for path in status.submodules:
        if not _left_out(path, context, ignore):
            return f"{shown_path(path)} is a submodule"
    for path in (*needed, *(context / path for path in files(context, ignore) if not path.endswith("/"))):
        if path not in status.tracked:
            return f"{shown_path(path)} is not in the commit"
    return None


def _left_out(path: Path, context: Path, ignore: Ignore) -> bool:
    return path.is_relative_to(context) and ignore.ignores(path.relative_to(context).as_posix())


def _settings(build: ServiceBuild) -> list[tuple[bytes, bytes]]:
    """What an image depends on besides its files."""
    dockerfile = _posix(os.path.relpath(build.file.resolve(), build.context.resolve()))
    args = [(b"argument", f"{name}={value}".encode()) for name, value in sorted(build.args.items())]
    target = [] if build.target is None else [(b"target", build.target.encode())]
    return [
        (b"service", build.service.encode()),
        (b"dockerfile", dockerfile),
        (b"platform", build.platform.encode()),
        *target,
        *args,
    ]


def _files(build: ServiceBuild) -> Iterator[tuple[bytes, bytes]]:
    """The Dockerfile and the files of the context, as the parts of a hash."""
    yield b"dockerfile", _content(build.file)
    for path in files(build.context, _parts(build)[2]):
        full = build.context / path
        try:
            mode = full.lstat().st_mode
            link = os.fsencode(full.readlink()) if stat.S_ISLNK(mode) else b""
        except OSError as error:
            raise _unreadable(full, error) from error
        yield b"path", os.fsencode(path)
        if stat.S_ISLNK(mode):
            yield b"link", link
        elif stat.S_ISREG(mode):
            yield b"program" if mode & stat.S_IXUSR else b"file", _content(full)


def _content(file: Path) -> bytes:
    """The digest of a file's content."""
    digest = hashlib.sha256()
    try:
        with file.open("rb") as opened:
            while chunk := opened.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise _unreadable(file, error) from error
    return digest.digest()


def _digits(*parts: Iterable[tuple[bytes, bytes]]) -> str:
    """The hash of named parts; their lengths are in it, so that no two lists of parts have the same bytes."""
    digest = hashlib.sha256()
    for part in parts:
        for name, value in part:
            digest.update(b"%d:%b%d:%b" % (len(name), name, len(value), value))
    return digest.hexdigest()[:HASH_DIGITS]


def _posix(path: str) -> bytes:
    return os.fsencode(path.replace(os.sep, "/"))


def _unreadable(path: Path, error: OSError) -> ImageError:
    fix = "make it readable, or leave it out with .dockerignore"
    return ImageError.of(shown_path(path), "can't be read", got=error.strerror or str(error), fix=fix)
