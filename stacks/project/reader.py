"""Text to nodes: reads a YAML file, or the value of a `--set`, keeping every position.

Built on PyYAML's events rather than on its loaded values, because those know no positions, silently take
the last of two equal keys, and expand an anchor bomb before anyone can count. Limits: `MAX_BYTES`,
`MAX_DEPTH` and `MAX_VALUES`.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path as FilePath

import yaml
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from stacks.errors import Position, Problem, ProjectError
from stacks.project.nodes import Entry, Items, Layer, Mapping, Mark, Node, Scalar, kind

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 32
MAX_VALUES = 100_000
_MAX_DIGITS = 30

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVER = Resolver()
_CONSTRUCTOR = SafeConstructor()
_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_STR = "tag:yaml.org,2002:str"
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_PLAIN_TAGS = tuple(f"tag:yaml.org,2002:{kind}" for kind in ("bool", "float", "int", "null"))
_MERGE = "<<"
_ENDLESS = "add the closing quote"


def read_file(file: FilePath) -> tuple[Mapping, tuple[Problem, ...]]:
    """Read a project file. Returns its tree, and the problems that leave a tree (such as a duplicate key).

    Raises `ProjectError` when there is no tree to speak of: the file is missing, a folder, too large, empty,
    not text, not YAML, or not a mapping.
    """
    source = str(file)
    text = _decode(_bytes(file, source), source)
    composer = Composer(text, source, Layer.FILE)
    root = composer.document()
    start = Position(source, 1, 1)
    if root is None or (isinstance(root, Scalar) and root.value is None):
        raise _fatal(
            start, "the project file is empty", None, "start with `project_id: my-app`, or run `ecsforge init`"
        )
    if not isinstance(root, Mapping):
        raise _fatal(
            root.mark.position, "a project file is a mapping of keys", kind(root), "start with `project_id: my-app`"
        )
    return root, tuple(composer.problems)


def read_value(text: str, source: str) -> tuple[Node, tuple[Problem, ...]]:
    """Read the value of a `--set` as YAML; `source` is what messages call it. Raises as `read_file`."""
    if len(text) > MAX_BYTES:
        raise _fatal(
            Position(source), "the value is too long", f"{len(text)} characters", "put it into the project file"
        )
    _refuse_control_characters(text, source)
    composer = Composer(text, source, Layer.OPTION)
    node = composer.document() or Scalar(None, "", False, Mark(Layer.OPTION, Position(source)))
    return node, tuple(composer.problems)


def _fatal(where: Position, what: str, got: str | None, fix: str) -> ProjectError:
    return ProjectError(Problem(where, what, got, fix))


def _bytes(file: FilePath, source: str) -> bytes:
    where = Position(source)
    try:
        # Opening a pipe that nobody writes to would wait forever, and a pipe can be read only once.
        if (kind_of_file := _KINDS.get(stat.S_IFMT(file.stat().st_mode))) is not None:
            in_folder = f"name the file in it, such as {file / 'ecsforge.yaml'}"
            fix = in_folder if kind_of_file == "a folder" else "write it to a file, and name that"
            raise _fatal(where, "the project file must be a file", kind_of_file, fix)
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _fatal(
            where, "there is no such file", None, "check the path, or run `ecsforge init` to write one"
        ) from None
    except (OSError, ValueError) as error:
        got = error.strerror if isinstance(error, OSError) else str(error)
        raise _fatal(where, "the project file can't be read", got, "check its path and permissions") from None
    if len(data) > MAX_BYTES:
        raise _fatal(where, "a project file is at most 1 MiB", "more", "check that this is the project file")
    return data


def _decode(data: bytes, source: str) -> str:
    fix = "save it as text in UTF-8"
    if b"\0" in data:
        raise _fatal(Position(source, 1, 1), "the project file is not text", "a binary file", fix)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = _position(data[: error.start].decode("utf-8-sig", "replace"), source)
        raise _fatal(where, "the project file is not UTF-8 text", f"the byte 0x{data[error.start]:02x}", fix) from None
    _refuse_control_characters(text, source)
    return text


def _refuse_control_characters(text: str, source: str) -> None:
    if found := _CONTROL.search(text):
        where = _position(text[: found.start()], source) if "\n" in text or source[:2] != "--" else Position(source)
        raise _fatal(
            where,
            "YAML takes no control characters",
            f"U+{ord(found[0]):04X}",
            "remove it, or escape it in double quotes",
        )


def _position(before: str, source: str) -> Position:
    """The position of what follows the text `before`."""
    lines = before.splitlines() if not before.endswith("\n") else [*before.splitlines(), ""]
    return Position(source, len(lines) or 1, len(lines[-1]) + 1 if lines else 1)


class Composer:
    """Composes the single document of a text into nodes; collects in `problems` what can be worked past."""

    def __init__(self, text: str, source: str, layer: Layer) -> None:
        self.problems: list[Problem] = []
        self._text = text
        self._source = source
        self._layer = layer
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=_LOADER)
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._open_anchors: set[str] = set()
        self._values = 0

    def document(self) -> Node | None:
        """The document's root; None when the text holds none."""
        try:
            return self._document()
        except yaml.MarkedYAMLError as error:
            raise ProjectError(*self.problems, self._syntax_problem(error)) from None
        except yaml.YAMLError as error:
            raise _fatal(
                Position(self._source), "this is not valid YAML", str(error), "check the file's encoding"
            ) from None

    def _document(self) -> Node | None:
        self._next()
        if not isinstance(self._next(), yaml.DocumentStartEvent):
            return None
        root = self._node(self._next(), 1)
        self._next()
        event = self._next()
        if isinstance(event, yaml.DocumentStartEvent):
            raise self._refused(
                event, "a project file is a single YAML document", "a second one", "remove the line `---`"
            )
        return root

    def _next(self) -> yaml.Event:
        return next(self._events)

    def _mark(self, event: yaml.Event) -> Mark:
        start = event.start_mark
        if self._layer is Layer.OPTION or start is None:
            return Mark(self._layer, Position(self._source))
        return Mark(self._layer, Position(self._source, start.line + 1, start.column + 1))

    def _refused(self, event: yaml.Event, what: str, got: str | None, fix: str) -> ProjectError:
        return ProjectError(*self.problems, Problem(self._mark(event).position, what, got, fix))

    def _node(self, event: yaml.Event, depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        self._count(event, 1)
        if depth > MAX_DEPTH:
            raise self._refused(event, f"values nest at most {MAX_DEPTH} deep", "more", "flatten this part of the file")
        before = self._values
        anchor = event.anchor  # type: ignore[attr-defined]
        if anchor:
            self._open_anchors.add(anchor)
        node = self._fresh(event, depth)
        if anchor:
            self._open_anchors.discard(anchor)
            self._anchors[anchor] = (node, self._values - before + 1)
        return node

    def _fresh(self, event: yaml.Event, depth: int) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        self._check_tag(event, event.tag, ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"))  # type: ignore[attr-defined]
        if isinstance(event, yaml.SequenceStartEvent):
            return self._items(event, depth)
        return self._mapping(event, depth)

    def _count(self, event: yaml.Event, values: int) -> None:
        self._values += values
        if self._values > MAX_VALUES:
            raise self._refused(
                event,
                f"a project file holds at most {MAX_VALUES} values, aliases expanded",
                "more",
                "use fewer aliases",
            )

    def _alias(self, event: yaml.AliasEvent) -> Node:
        name = event.anchor
        if name in self._open_anchors:
            raise self._refused(event, "an alias can't stand inside what it names", f"*{name}", "write the value out")
        if name not in self._anchors:
            raise self._refused(
                event, "there is no anchor of this name above", f"*{name}", f"put &{name} before the value it names"
            )
        node, values = self._anchors[name]
        self._count(event, values)
        return node

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        mark = self._mark(event)
        self._check_tag(event, event.tag, (_STR, *_PLAIN_TAGS))
        if "\0" in event.value or any("\ud800" <= letter <= "\udfff" for letter in event.value):
            raise self._refused(event, "text can't hold this character", "an escaped NUL or surrogate", "remove it")
        plain = event.implicit[0] or event.tag in _PLAIN_TAGS
        return Scalar(_plain_value(event.value) if plain else event.value, event.value, not plain, mark)

    def _check_tag(self, event: yaml.Event, tag: str | None, known: tuple[str, ...]) -> None:
        if tag not in (None, "!", *known):
            shown = str(tag).replace("tag:yaml.org,2002:", "!!")
            what = "tags are not supported here"
            self.problems.append(Problem(self._mark(event).position, what, shown, "write the plain value"))

    def _items(self, event: yaml.Event, depth: int) -> Items:
        items: list[Node] = []
        while not isinstance(item := self._next(), yaml.SequenceEndEvent):
            items.append(self._node(item, depth + 1))
        return Items(tuple(items), self._mark(event))

    def _mapping(self, event: yaml.Event, depth: int) -> Mapping:
        entries: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        while not isinstance(key_event := self._next(), yaml.MappingEndEvent):
            key = self._node(key_event, depth + 1)
            value_event = self._next()
            value = self._node(value_event, depth + 1)
            if isinstance(key, Scalar) and key.text == _MERGE and not key.quoted:
                merged = {**self._merge_sources(value), **merged}
            else:
                self._add(entries, key, value)
        return Mapping({**merged, **entries}, self._mark(event))

    def _add(self, entries: dict[str, Entry], key: Node, value: Node) -> None:
        where = key.mark.position
        if not isinstance(key, Scalar) or key.bare:
            self.problems.append(Problem(where, "a key must be text", kind(key), "write a name before the colon"))
        elif key.text in entries:
            line = entries[key.text].keys[0].position.line
            first = f"; {key.text} is already at line {line}" if line else ""
            what = f"a key may stand only once in a mapping{first}"
            self.problems.append(Problem(where, what, key.text, "remove one of the two"))
        else:
            entries[key.text] = Entry(_placed(value, key.mark), (key.mark,))

    def _merge_sources(self, value: Node) -> dict[str, Entry]:
        sources = value.items if isinstance(value, Items) else (value,)
        merged: dict[str, Entry] = {}
        for source in sources:
            if isinstance(source, Mapping):
                merged = {**source.entries, **merged}
            else:
                where = source.mark.position
                self.problems.append(Problem(where, "<< merges mappings", kind(source), "name the anchor of a mapping"))
        return merged

    def _syntax_problem(self, error: yaml.MarkedYAMLError) -> Problem:
        problem = (error.problem or "it can't be parsed").strip()
        # What has no end is noticed at the end of the file, and opened elsewhere.
        endless = "end of stream" in problem and error.context_mark is not None
        mark = error.context_mark if endless else error.problem_mark or error.context_mark
        where = Position(self._source)
        at = ""
        if mark and self._layer is Layer.FILE:
            where = Position(self._source, mark.line + 1, mark.column + 1)
            line = self._text.split("\n")[mark.line] if mark.line <= self._text.count("\n") else ""
            at = line[mark.column : mark.column + 1]
        if at == "\t":
            return Problem(where, "YAML can't be indented with tabs", "a tab", "use spaces")
        if endless:
            return Problem(where, "this is not valid YAML: what is opened here has no end", at or None, _ENDLESS)
        return Problem(where, f"this is not valid YAML: {problem}", f"'{at}'" if at else None, _syntax_fix(problem))


def _placed(value: Node, key: Mark) -> Node:
    """A bare value stands where its key does: after the colon there is nothing to point at."""
    if isinstance(value, Scalar) and value.bare:
        return Scalar(None, "", False, key)
    return value


def _syntax_fix(problem: str) -> str:
    if "mapping values are not allowed" in problem:
        return "quote a value that holds a colon, and indent keys of one mapping alike"
    if "block end" in problem or "expected ','" in problem:
        return "check the indentation and the brackets above"
    if "cannot start any token" in problem or "alphabetic or numeric character" in problem:
        return "put values that start with a special character in quotes"
    if "unknown escape character" in problem:
        return "use single quotes, which leave backslashes alone, or double the backslash"
    if "could not find expected ':'" in problem:
        return "put a space after each colon, and after the dash of each item"
    return "check the quotes, brackets and indentation here"


def _plain_value(text: str) -> str | int | float | bool | None:
    """What a plain scalar means in YAML 1.1, without its dates and its base-60 numbers."""
    resolved: str = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    tag = resolved.rpartition(":")[2]
    if tag == "null":
        return None
    if tag == "bool":
        return text.lower() in ("yes", "true", "on")
    if tag in ("int", "float") and ":" not in text and len(text) <= _MAX_DIGITS:
        node = yaml.ScalarNode(f"tag:yaml.org,2002:{tag}", text)
        return _CONSTRUCTOR.construct_yaml_int(node) if tag == "int" else _CONSTRUCTOR.construct_yaml_float(node)
    return text
