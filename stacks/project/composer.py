"""Composes nodes from the events of a YAML text, with the position of every key and value.

PyYAML's own `compose` does not serve: deep nesting crashes the process, nodes have no position for an alias, a reused
anchor is an error, and a syntax error hides the problems before it.
"""

from __future__ import annotations

from collections.abc import Iterator

import yaml
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from stacks.errors import Position, Problem, ProjectError
from stacks.project.limit import limited
from stacks.project.nodes import Entry, Items, Layer, Mapping, Mark, Node, Scalar, kind

MAX_DEPTH = 32
MAX_VALUES = 100_000
_MAX_DIGITS = 30

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVER = Resolver()
_CONSTRUCTOR = SafeConstructor()
_TAG = "tag:yaml.org,2002:"
_STR = f"{_TAG}str"
_COLLECTION_TAGS = (f"{_TAG}map", f"{_TAG}seq")
_PLAIN_TAGS = tuple(f"{_TAG}{kind}" for kind in ("bool", "float", "int", "null"))
_MERGE = "<<"


class Composer:
    """Composes the single document of a text; collects in `problems` those that do not prevent it."""

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
        """The root of the document; None for a text without one."""
        try:
            return self._document()
        except yaml.MarkedYAMLError as error:
            raise self._with_others(self._syntax_problem(error)) from None
        except yaml.YAMLError as error:
            problem = Problem(Position(self._source), "invalid YAML", str(error), "check the file's encoding")
            raise ProjectError(problem) from None

    def _document(self) -> Node | None:
        self._next()
        if not isinstance(self._next(), yaml.DocumentStartEvent):
            return None
        root = self._node(self._next(), 1)
        self._next()
        event = self._next()
        if isinstance(event, yaml.DocumentStartEvent):
            what = "the file must be a single YAML document"
            raise self._error(event, what, "a second one", "remove the line `---`")
        return root

    def _next(self) -> yaml.Event:
        return next(self._events)

    def _mark(self, event: yaml.Event) -> Mark:
        start = event.start_mark
        if self._layer is Layer.OPTION or start is None:
            return Mark(self._layer, Position(self._source))
        return Mark(self._layer, Position(self._source, start.line + 1, start.column + 1))

    def _error(self, event: yaml.Event, what: str, got: str | None, fix: str) -> ProjectError:
        return self._with_others(Problem(self._mark(event).position, what, got, fix))

    def _with_others(self, problem: Problem) -> ProjectError:
        return ProjectError(*limited(self.problems, len(self.problems)), problem)

    def _node(self, event: yaml.Event, depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        self._count(event, 1)
        if depth > MAX_DEPTH:
            what = f"values are nested more than {MAX_DEPTH} levels deep"
            raise self._error(event, what, None, "flatten this part of the file")
        before = self._values
        anchor = event.anchor  # type: ignore[attr-defined]
        if anchor:
            self._open_anchors.add(anchor)
        node = self._new_node(event, depth)
        if anchor:
            self._open_anchors.discard(anchor)
            self._anchors[anchor] = (node, self._values - before + 1)
        return node

    def _new_node(self, event: yaml.Event, depth: int) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        self._check_tag(event, event.tag, _COLLECTION_TAGS)  # type: ignore[attr-defined]
        if isinstance(event, yaml.SequenceStartEvent):
            return self._items(event, depth)
        return self._mapping(event, depth)

    def _count(self, event: yaml.Event, values: int) -> None:
        self._values += values
        if self._values > MAX_VALUES:
            what = f"the file has more than {MAX_VALUES} values after alias expansion"
            raise self._error(event, what, None, "use fewer aliases")

    def _alias(self, event: yaml.AliasEvent) -> Node:
        name = event.anchor
        if name in self._open_anchors:
            raise self._error(event, "an alias can't be inside its own anchor", f"*{name}", "write the value out")
        if name not in self._anchors:
            raise self._error(event, "undefined alias", f"*{name}", f"put &{name} before a value above this line")
        node, values = self._anchors[name]
        self._count(event, values)
        return node

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        mark = self._mark(event)
        self._check_tag(event, event.tag, (_STR, *_PLAIN_TAGS))
        if "\0" in event.value or any("\ud800" <= letter <= "\udfff" for letter in event.value):
            raise self._error(event, "text can't contain this character", "an escaped NUL or surrogate", "remove it")
        plain = event.implicit[0] or event.tag in _PLAIN_TAGS
        return Scalar(_plain_value(event.value) if plain else event.value, event.value, not plain, mark)

    def _check_tag(self, event: yaml.Event, tag: str | None, known: tuple[str, ...]) -> None:
        if tag not in (None, "!", *known):
            got = str(tag).replace(_TAG, "!!")
            what = "YAML tags are not supported"
            self.problems.append(Problem(self._mark(event).position, what, got, "write the plain value"))

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
                _merge(self._merge_sources(value), merged)
            else:
                self._add(entries, key, value)
        return Mapping({**merged, **entries}, self._mark(event))

    def _add(self, entries: dict[str, Entry], key: Node, value: Node) -> None:
        where = key.mark.position
        if not isinstance(key, Scalar) or key.bare:
            self.problems.append(Problem(where, "a key must be text", kind(key), "write a name before the colon"))
        elif key.text in entries:
            line = entries[key.text].keys[0].position.line
            first = f", first used on line {line}" if line else ""
            self.problems.append(Problem(where, f"duplicate key `{key.text}`{first}", None, "remove one of the two"))
        else:
            entries[key.text] = Entry(_with_mark(value, key.mark), (key.mark,))

    def _merge_sources(self, value: Node) -> dict[str, Entry]:
        sources = value.items if isinstance(value, Items) else (value,)
        merged: dict[str, Entry] = {}
        for source in sources:
            if isinstance(source, Mapping):
                _merge(source.entries, merged)
            else:
                what, fix = "<< can only merge mappings", "use the alias of a mapping"
                self.problems.append(Problem(source.mark.position, what, kind(source), fix))
        return merged

    def _syntax_problem(self, error: yaml.MarkedYAMLError) -> Problem:
        problem = (error.problem or "it can't be parsed").strip()
        # A missing closing quote is noticed at the end of the file; the context is the opening quote.
        unclosed = "end of stream" in problem and error.context_mark is not None
        mark = error.context_mark if unclosed else error.problem_mark or error.context_mark
        where = Position(self._source)
        at = ""
        if mark and self._layer is Layer.FILE:
            where = Position(self._source, mark.line + 1, mark.column + 1)
            line = self._text.split("\n")[mark.line] if mark.line <= self._text.count("\n") else ""
            at = line[mark.column : mark.column + 1]
        if at == "\t":
            return Problem(where, "YAML does not allow tabs for indentation", None, "use spaces")
        if unclosed:
            return Problem(where, "invalid YAML: this quote is not closed", at or None, "add the closing quote")
        return Problem(where, f"invalid YAML: {problem}", f"'{at}'" if at else None, _syntax_fix(problem))


def _merge(source: dict[str, Entry], merged: dict[str, Entry]) -> None:
    """Add the entries whose keys are new; the first of several `<<` takes precedence."""
    for key, entry in source.items():
        merged.setdefault(key, entry)


def _with_mark(value: Node, key: Mark) -> Node:
    """The value; one that is not written gets the position of its key."""
    if isinstance(value, Scalar) and value.bare:
        return Scalar(None, "", False, key)
    return value


def _syntax_fix(problem: str) -> str:
    if "mapping values are not allowed" in problem:
        return "quote a value that contains a colon, and indent the keys of a mapping equally"
    if "block end" in problem or "expected ','" in problem:
        return "check the indentation and the brackets above"
    if "cannot start any token" in problem or "alphabetic or numeric character" in problem:
        return "quote values that start with a special character"
    if "unknown escape character" in problem:
        return "use single quotes, or write the backslash twice"
    if "could not find expected ':'" in problem:
        return "put a space after each colon, and after the dash of each item"
    return "check the quotes, brackets and indentation here"


def _plain_value(text: str) -> str | int | float | bool | None:
    """The value of a plain scalar in YAML 1.1, without dates and base-60 numbers."""
    resolved: str = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    tag = resolved.removeprefix(_TAG)
    if tag == "null":
        return None
    if tag == "bool":
        return text.lower() in ("yes", "true", "on")
    if tag in ("int", "float") and ":" not in text and len(text) <= _MAX_DIGITS:
        node = yaml.ScalarNode(resolved, text)
        return _CONSTRUCTOR.construct_yaml_int(node) if tag == "int" else _CONSTRUCTOR.construct_yaml_float(node)
    return text
