"""The printed problems of a project file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cli.console import Console
from cli.views.problems import excerpt, print_problems, summarize
from stacks.errors import NOT_SHOWN, Position, Problem


def problem(line: int = 1, column: int = 1, *, source: str = "a.yaml", warning: bool = False) -> Problem:
    where = Position(source, line, column)
    return Problem(where, "port is wrong", "0", "write 80", severity="warning" if warning else "error")


def test_each_problem_is_one_line_on_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    print_problems(Console(), [problem(3), problem(2, 5, warning=True), problem(3)])

    assert capsys.readouterr().err == (
        "warning: a.yaml:2:5: port is wrong; got 0; write 80\n"
        "a.yaml:3:1: port is wrong; got 0; write 80\n"
        "1 problem and 1 warning in a.yaml\n"
    )


def test_with_color_the_source_line_has_a_caret(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.yaml").write_text("project_id: shop\nport: 0\n")
    monkeypatch.setenv("FORCE_COLOR", "1")

    print_problems(Console(), [problem(2, 7)])

    assert capsys.readouterr().err == (
        "a.yaml:2:7: port is wrong; got 0; write 80\n"
        "\x1b[2m    2 | \x1b[0mport: 0\n"
        "\x1b[2m      | \x1b[0m\x1b[31m      ^\x1b[0m\n"
        "1 problem in a.yaml\n"
    )


@pytest.mark.parametrize(
    ("problems", "expected"),
    [
        ([], ""),
        ([problem()], "1 problem in a.yaml"),
        ([problem(1), problem(2), problem(3)], "3 problems in a.yaml"),
        ([problem(warning=True)], "1 warning in a.yaml"),
        ([problem(0, 0, source="--env")], ""),
        ([problem(0, 0, source="--env"), problem()], "2 problems"),
    ],
)
def test_the_last_line_counts_problems_and_warnings(problems: list[Problem], expected: str) -> None:
    assert summarize(problems) == expected


@pytest.mark.parametrize(
    ("line", "column", "expected"),
    [
        ("port: 0", 7, ("port: 0", "      ^")),
        ("name: 日本 x", 10, ("name: 日本 x", "           ^")),
        ("\tport: 0", 2, (" port: 0", " ^")),
        ("port: 0", 8, ("port: 0", "       ^")),
    ],
)
def test_the_caret_is_under_the_column(folder: Path, line: str, column: int, expected: tuple[str, str]) -> None:
    (folder / "a.yaml").write_text(line, encoding="utf-8")

    assert excerpt(problem(1, column)) == expected


def test_a_long_line_is_cut_around_the_column(folder: Path) -> None:
    (folder / "a.yaml").write_text("x" * 400 + "!" + "y" * 400)

    shown = excerpt(problem(1, 401))

    assert shown is not None
    assert len(shown[0]) == 100
    assert shown[0][shown[1].index("^")] == "!"


def test_a_line_of_wide_characters_fits_into_a_narrow_terminal(folder: Path) -> None:
    (folder / "a.yaml").write_text("name: 日本日本日本日本日本日本 port: 0 # 日本日本日本", encoding="utf-8")

    assert excerpt(problem(1, 26), width=30) == ("日本日本 port: 0 # 日本日本日", " " * 15 + "^")


@pytest.mark.parametrize(
    ("line", "column", "got", "expected"),
    [
        (
            '{NAME: x, DB_PASSWORD: "hunter2-Xy77", cpu: 3}',
            45,
            "3",
            ("{NAME: x, DB_PASSWORD: ..., cpu: 3}", " " * 33 + "^"),
        ),
        ("  API_TOKEN: Xy77ztQ9-hunter2", 14, NOT_SHOWN, ("  API_TOKEN: ...", " " * 13 + "^")),
        ("  KEY: 'the secret itself'", 8, NOT_SHOWN, ("  KEY: ...", " " * 7 + "^")),
        ("{A: secret, B: x}", 5, NOT_SHOWN, ("{A: ..., B: x}", "    ^")),
        ("{TOKEN_TTL: 300, 1A: x}", 18, "1A", ("{TOKEN_TTL: 300, 1A: x}", " " * 17 + "^")),
        ("command: [run, AKIAIOSFODNN7EXAMPLE, 80]", 38, "80", None),
        ("password:", 1, "", ("password:", "^")),
    ],
)
def test_possible_credentials_are_hidden(
    folder: Path, line: str, column: int, got: str, expected: tuple[str, str] | None
) -> None:
    (folder / "a.yaml").write_text(line)

    assert excerpt(replace(problem(1, column), got=got)) == expected


@pytest.mark.parametrize("where", [Position("--env"), Position("missing.yaml", 1, 1), Position("a.yaml", 9, 1)])
def test_without_a_source_line_there_is_no_excerpt(folder: Path, where: Position) -> None:
    (folder / "a.yaml").write_text("x")

    assert excerpt(replace(problem(), where=where)) is None
