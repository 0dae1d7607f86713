"""Reads the structure of a file in Terraform's native syntax: blocks and arguments, whose expressions are skipped.

python-hcl2 reads expressions too, but not their positions, and installs a package named `cli`.

https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
"""

from __future__ import annotations

import re

from stacks.infra.blocks import TOO_DEEP, Attribute, Block, Lines, UnreadableFile
from stacks.infra.literals import unquoted

_NAME = re.compile(r"[^\W\d][\w-]*")
_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"[ \t\r\n]*")
_HEREDOC = re.compile(r"<<-?([^\W\d][\w-]*)\r?\n")
_IN_HEREDOC = re.compile(r"[$%]\{|\$\$\{|%%\{|\n")
# What Go's bytes.TrimSpace removes around the end marker of a heredoc.
_SPACES = "\t\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_COMMENTS = ("#", "//", "/*")
_LABEL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_MAX_DEPTH = 200
# Text in which nothing begins or ends; read in one step, because files can be long.
_PLAIN = re.compile(r'[^"#/<()\[\]{}\n]+')


def read_native(text: str, source: str) -> Block:
    """The blocks and arguments of a file, in a block without a kind.

    `source` is the path of the file for messages. Raises UnreadableFile.
    """
    reader = _Reader(text, source)
    try:
        return reader.file()
    except RecursionError:
        raise reader.error(TOO_DEEP) from None


class _Reader:
    def __init__(self, text: str, source: str) -> None:
        self.text = text
        self.at = 1 if text.startswith("\ufeff") else 0
        self.lines = Lines(source, text)

    def file(self) -> Block:
        attributes, blocks = self.body(0)
        if self.at < len(self.text):
            raise self.error("unexpected }")
        return Block("", (), self.lines.position(0), attributes, blocks, 0, len(self.text))

    def body(self, depth: int) -> tuple[tuple[Attribute, ...], tuple[Block, ...]]:
        """Everything up to the end of the file or an unmatched closing brace, which is not consumed."""
        if depth > _MAX_DEPTH:
            raise self.error(TOO_DEEP)
        attributes: list[Attribute] = []
        blocks: list[Block] = []
        while True:
            self.skip_blank()
            if self.at == len(self.text) or self.text[self.at] == "}":
                return tuple(attributes), tuple(blocks)
            start, name = self.at, self.name()
            self.skip_comments_in_line()
            if self.text.startswith("=", self.at) and not self.text.startswith("==", self.at):
                self.at += 1
                attributes.append(Attribute(name, self.lines.position(start), self.expression()))
            else:
                blocks.append(self.block(name, start, depth))

    def block(self, kind: str, start: int, depth: int) -> Block:
        labels: list[str] = []
        while not self.text.startswith("{", self.at):
            labels.append(self.label(kind))
            self.skip_comments_in_line()
        self.at += 1
        attributes, blocks = self.body(depth + 1)
        if self.at == len(self.text):
            raise self.error(f"the block {kind} is not closed", start)
        self.at += 1
        return Block(kind, tuple(labels), self.lines.position(start), attributes, blocks, start, self.at)

    def label(self, kind: str) -> str:
        if found := _LABEL.match(self.text, self.at):
            value = unquoted(found[1])
            if value is None:
                raise self.error("a label can't have an interpolation")
            self.at = found.end()
            return value
        if found := _NAME.match(self.text, self.at):
            self.at = found.end()
            return found[0]
        raise self.error(f"expected = or {{ after {kind}")

    def expression(self) -> str:
        """The text up to the end of the argument, without comments."""
        parts: list[str] = []
        open_: list[str] = []
        while self.at < len(self.text):
            start, char = self.at, self.text[self.at]
            if not open_ and char in "\n)]}":
                break
            if self.text.startswith(_COMMENTS, start):
                self.comment()
                parts.append(" ")
                continue
            if char in _CLOSING:
                open_.append(_CLOSING[char])
            elif char in ")]}" and char != open_.pop():
                raise self.error(f"unexpected {char}")
            self.operand(char)
            parts.append(self.text[start : self.at])
        if open_:
            raise self.error(f"missing {open_[-1]}")
        text = "".join(parts).strip()
        if not text:
            raise self.error("missing a value after =")
        return text

    def operand(self, char: str) -> None:
        """Skip a quoted string, a heredoc, text without brackets, or any other character."""
        if char == '"':
            self.quoted()
        elif plain := _PLAIN.match(self.text, self.at):
            self.at = plain.end()
        elif self.text.startswith("<<", self.at):
            self.heredoc()
        else:
            self.at += 1

    def quoted(self) -> None:
        """Skip a quoted string, with the expressions in it."""
        start = self.at
        self.at += 1
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == '"':
                self.at += 1
                return
            if char == "\n":
                break
            if char == "\\":
                self.at += 2
            elif char not in "$%" or not self.marker():
                self.at += 1
        raise self.error("this string is not closed", start)

    def marker(self) -> bool:
        """Skip `${...}` and `%{...}`, or the start of one that is escaped, and return whether there was one."""
        if self.text.startswith(("$${", "%%{"), self.at):
            self.at += 3
            return True
        if self.text.startswith(("${", "%{"), self.at):
            self.interpolation()
            return True
        return False

    def interpolation(self) -> None:
        """Skip `${...}`, in which everything can be that is in an expression: heredocs, too."""
        start, depth = self.at, 0
        self.at += 2
        while self.at < len(self.text):
            char = self.text[self.at]
            if self.text.startswith(_COMMENTS, self.at):
                self.comment()
                continue
            self.operand(char)
            if char == "{":
                depth += 1
            elif char == "}":
                if depth == 0:
                    return
                depth -= 1
        raise self.error("this interpolation is not closed", start)

    def heredoc(self) -> None:
        """Skip a heredoc up to the line with its end marker, which is none inside of an interpolation.

        The rules are those of hclsyntax/scan_tokens.rl in hashicorp/hcl: what is read differently here could hide
        blocks from the checks.
        """
        start, opening = self.at, _HEREDOC.match(self.text, self.at)
        if opening is None:
            raise self.error("unexpected <<, which begins a heredoc only with a name at the end of the line")
        name, self.at, line = opening[1], opening.end(), opening.end()
        while found := _IN_HEREDOC.search(self.text, self.at):
            self.at = found.start()
            if found[0] != "\n":
                line = -1  # Nothing else is on the line of the end marker.
                if not self.marker():
                    self.at += 1
                continue
            if line >= 0 and self.text[line : self.at].strip(_SPACES) == name:
                self.at -= self.text[self.at - 1] == "\r"
                return
            self.at += 1
            line = self.at
        raise self.error(f"the heredoc {name} is not closed", start)

    def name(self) -> str:
        found = _NAME.match(self.text, self.at)
        if found is None:
            raise self.error(f"unexpected {self.text[self.at]}")
        self.at = found.end()
        return found[0]

    def comment(self) -> None:
        if self.text.startswith("/*", self.at):
            end = self.text.find("*/", self.at + 2)
            if end < 0:
                raise self.error("this comment is not closed")
            self.at = end + 2
            return
        end = self.text.find("\n", self.at)
        self.at = len(self.text) if end < 0 else end

    def skip_blank(self) -> None:
        self._skip(_BLANK)

    def skip_comments_in_line(self) -> None:
        self._skip(_SPACE)

    def _skip(self, space: re.Pattern[str]) -> None:
        while True:
            found = space.match(self.text, self.at)
            assert found is not None
            self.at = found.end()
            inline = ("/*",) if space is _SPACE else _COMMENTS
            if not self.text.startswith(inline, self.at):
                return
            self.comment()

    def error(self, what: str, at: int | None = None) -> UnreadableFile:
        return UnreadableFile(self.lines.position(self.at if at is None else at), what)
