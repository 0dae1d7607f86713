"""Reads env files: `.env` beside a compose file, and the files of `env_file`.

`python-dotenv` does not serve: it does not know compose's defaults in values. Source: the Docker documentation, "Syntax
for environment files in Docker Compose".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from cli.init.interpolation import interpolated

_MAX_BYTES = 256 * 1024
_MAX_LINES = 100
"""Lines of one value in quotes."""
_LINE = re.compile(r"(?:export\s+)?([\w.-]+)\s*(?:[=:]\s*(.*))?", re.S)
_EXAMPLES = ("example", "sample", "dist", "template", "tpl", "default", "defaults", "tmpl")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


def read_env_file(file: Path, known: Mapping[str, str] | None = None) -> dict[str, str] | None:
    """The variables of a file; `known` are those that its values can use. None if it can't be read."""
    try:
        if not file.is_file():
            return None
        with file.open("rb") as stream:
            text = stream.read(_MAX_BYTES).decode("utf-8-sig", "replace")
    except OSError:
        return None
    return parse_env(text, known or {})


def example_of(file: Path) -> Path | None:
    """The file that is committed in place of an env file, such as `.env.example`; None if there is none."""
    for word in _EXAMPLES:
        for name in (f"{file.name}.{word}", f"{file.name}-{word}", f"{word}{file.name}", f"{file.stem}.{word}.env"):
            if (other := file.with_name(name)).is_file():
                return other
    return None


def parse_env(text: str, known: Mapping[str, str]) -> dict[str, str]:
    """The variables of a text. A later value can use the variables above it."""
    values: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        stripped = line.strip()
        found = _LINE.fullmatch(stripped)
        if not found or stripped.startswith("#"):
            continue
        raw = (found[2] or "").strip()
        quote = raw[:1] if raw[:1] in ("'", '"') else ""
        for following in islice(lines, _MAX_LINES) if quote and not _closed(raw, quote) else ():
            raw += f"\n{following}"
            if _closed(raw, quote):
                break
        values[found[1]] = _value(raw, quote, {**known, **values} if "$" in raw else {})
    return values


def _closed(raw: str, quote: str) -> bool:
    return re.match(rf"{quote}(?:[^{quote}\\]|\\.)*{quote}", raw, re.S) is not None


def _value(raw: str, quote: str, known: Mapping[str, str]) -> str:
    if not quote:
        return interpolated(re.split(r"\s#", f" {raw}", maxsplit=1)[0].strip(), known).text
    found = re.match(rf"{quote}((?:[^{quote}\\]|\\.)*)", raw, re.S)
    inner = found[1] if found else raw[1:]
    if quote == "'":
        return inner.replace("\\'", "'")
    unescaped = re.sub(r"\\(.)", lambda escape: _ESCAPES.get(escape[1], escape[1]), inner, flags=re.S)
    return interpolated(unescaped, known).text
