"""Variables in compose files and env files."""

from __future__ import annotations

import pytest

from cli.init.env_file import parse_env
from cli.init.interpolation import interpolated

VALUES = {"SET": "value", "EMPTY": ""}


@pytest.mark.parametrize(
    ("text", "result", "missing"),
    [
        ("$SET-${SET}", "value-value", []),
        ("$UNSET ${UNSET}", " ", ["UNSET", "UNSET"]),
        ("${EMPTY:-a}${EMPTY-b}${UNSET:-c}${UNSET-d}${SET:-e}", "acdvalue", []),
        ("${SET:+a}${EMPTY:+b}${EMPTY+c}${UNSET+d}", "ac", []),
        ("${SET:?why}${SET?}", "valuevalue", []),
        ("${UNSET:?why}${UNSET?}${EMPTY:?}", "", ["UNSET", "UNSET", "EMPTY"]),
        ("${UNSET:-${EMPTY:-${OTHER:-deep}}}", "deep", []),
        ("${UNSET:-${OTHER}}", "", ["OTHER"]),
        ("${SET:-${OTHER}}", "value", []),
        ("${UNSET:-a$SET}b}", "avalueb}", []),
        ("$$SET $${SET} $$$SET", "$SET ${SET} $value", []),
        ("5$ $5 $ {SET} ${5} ${}", "5$ $5 $ {SET} ${5} ${}", []),
        ("${SET/a/b} ${SET", "${SET/a/b} ${SET", []),
        ("${UNSET:-${SET}", "${UNSET:-value", []),
    ],
)
def test_every_form_is_replaced_or_kept(text: str, result: str, missing: list[str]) -> None:
    found = interpolated(text, VALUES)

    assert (found.text, found.missing) == (result, missing)


def test_a_backslash_keeps_a_variable_in_a_dockerfile() -> None:
    assert interpolated(r"\$SET $SET $$SET", VALUES, escape="\\").text == "$SET value $value"


@pytest.mark.parametrize("text", ["${A-" * 20_000, "${A:-" * 30 + "}" * 30 + "${A" * 20_000, "$" * 70_000])
def test_text_that_never_ends_is_kept(text: str) -> None:
    assert len(interpolated(text, {}).text) <= 64 * 1024


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("A=b\nexport C = d\n# E=f\n\nG\n", {"A": "b", "C": "d", "G": ""}),
        ("A=b # comment\nC=d#e\n", {"A": "b", "C": "d#e"}),
        ('A=\'x $B\' # c\nC="x $A\\n\\""\n', {"A": "x $B", "C": 'x x $B\n"'}),
        ('A="one\ntwo"\nB=c\n', {"A": "one\ntwo", "B": "c"}),
        ("A=${B:-c}$$\n", {"A": "c$"}),
        ("A: yaml\n", {"A": "yaml"}),
        ('A="never closed\n', {"A": "never closed"}),
        ("not a line!\n=x\n", {}),
    ],
)
def test_an_env_file_is_read_as_compose_does(text: str, values: dict[str, str]) -> None:
    assert parse_env(text, {}) == values


def test_quotes_that_are_never_closed_end_after_some_lines() -> None:
    values = parse_env("".join(f"A{number}='\n" for number in range(1000)), {})

    assert list(values) == [f"A{number}" for number in range(0, 1000, 2)]
