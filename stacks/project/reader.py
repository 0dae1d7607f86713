"""Reads a YAML file, or the value of a `--set`, into nodes.

The limits are `MAX_BYTES` here, and `MAX_DEPTH` and `MAX_VALUES` in `composer`.
"""

from __future__ import annotations

import codecs
import re
import stat
from pathlib import Path as FilePath

from stacks.errors import Position, Problem, ProjectError
from stacks.project.composer import Composer
from stacks.project.nodes import Layer, Mapping, Mark, Node, Scalar, kind

MAX_BYTES = 1024 * 1024

_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_START = "start with `project_id: my-app`"
_NOT_FILES = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def read_file(file: FilePath) -> tuple[Mapping, tuple[Problem, ...]]:
    """Read a project file. Returns its tree, and the problems that do not prevent one (such as a duplicate key).

    Raises `ProjectError` when there is no tree: the file is missing, a folder, too large, empty, not text, not YAML, or
    not a mapping.
    """
    source = str(file)
    text = _decode(_bytes(file, source), source)
    composer = Composer(text, source, Layer.FILE)
    root = composer.document()
    if root is None or (isinstance(root, Scalar) and root.value is None):
        raise _error(Position(source, 1, 1), "the project file is empty", None, f"{_START}, or run `ecsforge init`")
    if not isinstance(root, Mapping):
        raise _error(root.mark.position, "the project file must be a mapping", kind(root), _START)
    return root, tuple(composer.problems)


def read_value(text: str, source: str) -> tuple[Node, tuple[Problem, ...]]:
    """Read the value of a `--set` as YAML; `source` is its name in messages. Raises as `read_file`."""
    where = Position(source)
    if len(text) > MAX_BYTES:
        raise _error(where, "the value is too long", f"{len(text)} characters", "write it in the project file")
    _refuse_control_characters(text, source)
    composer = Composer(text, source, Layer.OPTION)
    node = composer.document() or Scalar(None, "", False, Mark(Layer.OPTION, where))
    return node, tuple(composer.problems)


def _error(where: Position, what: str, got: str | None, fix: str) -> ProjectError:
    return ProjectError(Problem(where, what, got, fix))


def _bytes(file: FilePath, source: str) -> bytes:
    where = Position(source)
    try:
        # Opening a pipe without a writer would wait forever, and a pipe can only be read once.
        if (kind_of_file := _NOT_FILES.get(stat.S_IFMT(file.stat().st_mode))) is not None:
            is_folder = kind_of_file == "a folder"
            fix = f"pass the file in it, such as {file / 'ecsforge.yaml'}" if is_folder else "save it as a file"
            raise _error(where, "the project file must be a regular file", kind_of_file, fix)
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _error(where, "file not found", None, "check the path, or run `ecsforge init` to create one") from None
    except (OSError, ValueError) as error:
        got = error.strerror if isinstance(error, OSError) else str(error)
        raise _error(where, "can't read the project file", got, "check its path and permissions") from None
    if len(data) > MAX_BYTES:
        raise _error(where, "the project file is larger than 1 MiB", None, "check that this is the project file")
    return data


def _decode(data: bytes, source: str) -> str:
    fix = "save it as UTF-8 text"
    if encoding := _wide_encoding(data):
        raise _error(Position(source, 1, 1), "the project file must be text in UTF-8", encoding, fix)
    if b"\0" in data:
        raise _error(Position(source, 1, 1), "the project file must be text", "a binary file", fix)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = _position(data[: error.start].decode("utf-8-sig", "replace"), source)
        raise _error(where, "the project file is not valid UTF-8", f"byte 0x{data[error.start]:02x}", fix) from None
    _refuse_control_characters(text, source)
    return text


def _wide_encoding(data: bytes) -> str | None:
    """UTF-16 or UTF-32, as some Windows editors and PowerShell's `>` write, by its byte order mark or its NULs."""
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "UTF-32"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "UTF-16"
    even, odd = data[::2], data[1::2]
    ascii_in_one_half = (even.strip(b"\0") == b"" and b"\0" not in odd) or (
        odd.strip(b"\0") == b"" and b"\0" not in even
    )
    return "UTF-16" if len(data) > 1 and b"\0" in data and ascii_in_one_half else None


def _refuse_control_characters(text: str, source: str) -> None:
    if found := _CONTROL.search(text):
        where = _position(text[: found.start()], source) if "\n" in text or source[:2] != "--" else Position(source)
        what, fix = "control characters are not allowed in YAML", "remove it, or escape it in double quotes"
        raise _error(where, what, f"U+{ord(found[0]):04X}", fix)


def _position(before: str, source: str) -> Position:
    """The position after the text `before`."""
    lines = before.splitlines() if not before.endswith("\n") else [*before.splitlines(), ""]
    return Position(source, len(lines) or 1, len(lines[-1]) + 1 if lines else 1)
