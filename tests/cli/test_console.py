"""Data is on stdout, messages are on stderr."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import click
import pytest

from cli.console import Console
from operations.text import counted, shown_path


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def terminal(monkeypatch: pytest.MonkeyPatch, answers: str = "") -> Terminal:
    """Replace stdin, stdout and stderr with a terminal on which the user types `answers`."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stdin", Terminal(answers))
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    return screen


def print_everything(console: Console) -> None:
    console.data("data")
    console.say("message")
    console.detail("detail")
    console.warn("careful")
    console.error("wrong")


@pytest.mark.parametrize(
    ("console", "expected"),
    [
        (Console(), "message\nwarning: careful\nwrong\n"),
        (Console(quiet=True), "warning: careful\nwrong\n"),
        (Console(verbose=True), "message\ndetail\nwarning: careful\nwrong\n"),
    ],
)
def test_data_goes_to_stdout_and_messages_go_to_stderr(
    console: Console, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print_everything(console)

    assert capsys.readouterr() == ("data\n", expected)


def test_data_on_a_pipe_is_not_changed(capsys: pytest.CaptureFixture[str]) -> None:
    Console().data("\x1b[31m[bold]ü\x1b[0m")

    assert capsys.readouterr().out == "\x1b[31m[bold]ü\x1b[0m\n"


def test_control_sequences_are_escaped_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = terminal(monkeypatch)
    console = Console(no_color=True)

    console.error("got evil\x1b[2J")
    console.data("\x1b]0;title\x07")
    console.table([("\x1b[31mred",)], ("Value",))

    assert screen.getvalue().split() == ["got", "evil\\x1b[2J", "\\x1b]0;title\\x07", "Value", "\\x1b[31mred"]


def test_a_pipe_is_not_colored(capsys: pytest.CaptureFixture[str]) -> None:
    assert not Console().colored("stderr")
    assert Console().style("x", fg="red") == "x"


def test_a_terminal_is_colored(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = terminal(monkeypatch)

    Console().warn("careful")

    assert screen.getvalue() == "\x1b[33m\x1b[1mwarning:\x1b[0m careful\n"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_without_color_support_is_not_colored(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    terminal(monkeypatch)
    monkeypatch.setenv(name, value)

    assert not Console().colored("stdout")


def test_no_color_overrides_force_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")

    assert Console().colored("stderr")
    assert not Console(no_color=True).colored("stderr")


def test_a_table_on_a_pipe_has_one_tab_separated_line_per_row(capsys: pytest.CaptureFixture[str]) -> None:
    Console().table([("dev", 12), ("prod", 20)], ("Stack", "Count"))

    assert capsys.readouterr().out == "dev\t12\nprod\t20\n"


def test_a_table_on_a_terminal_has_headers_and_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = terminal(monkeypatch)

    Console(no_color=True).table([("dev", 12), ("[prod]", 20)], ("Stack", "Count"))

    lines = [line.rstrip() for line in screen.getvalue().splitlines()]
    assert lines == ["Stack   Count", "dev     12", "[prod]  20"]


def test_a_table_on_stderr_is_not_printed_with_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    Console(quiet=True).table([("dev",)], ("Stack",), stream="stderr")

    assert capsys.readouterr() == ("", "")


def test_without_a_terminal_confirm_names_the_flag() -> None:
    with pytest.raises(click.UsageError) as caught:
        Console().confirm("Deploy?", flag="--auto-approve")

    assert str(caught.value) == "cannot ask 'Deploy?' because the input is not a terminal; pass --auto-approve"


def test_without_a_terminal_ask_names_the_flag() -> None:
    with pytest.raises(click.UsageError) as caught:
        Console().ask("Project id", flag="--project-id", default="shop")

    assert str(caught.value) == "cannot ask 'Project id' because the input is not a terminal; pass --project-id"


def test_answers_are_read_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal(monkeypatch, answers="\ny\n")
    console = Console()

    assert console.interactive
    assert console.ask("Project id", flag="--project-id", default="shop") == "shop"
    assert console.confirm("Deploy?", flag="--auto-approve") is True


def test_an_interrupted_prompt_ends_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = terminal(monkeypatch, answers="")

    with pytest.raises(click.Abort):
        Console().confirm("Deploy?", flag="--auto-approve")

    assert screen.getvalue() == "Deploy? [y/N]: \n"


def test_an_invalid_answer_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def even(text: str) -> str:
        if int(text) % 2:
            raise click.UsageError(f"{text} is odd")
        return text

    screen = terminal(monkeypatch, answers="3\n4\n")

    assert Console().ask("Number", flag="--number", check=even) == "4"
    assert "Error: 3 is odd" in screen.getvalue()


@pytest.mark.parametrize(
    ("number", "noun", "expected"),
    [
        (1, "stack", "1 stack"),
        (0, "stack", "0 stacks"),
        (2, "policy", "2 policies"),
        (2, "gateway", "2 gateways"),
        (2, "address", "2 addresses"),
        (2, "logs", "2 logs"),
    ],
)
def test_a_counted_noun_is_singular_or_plural(number: int, noun: str, expected: str) -> None:
    assert counted(number, noun) == expected


def test_paths_are_relative_if_that_is_shorter(folder: Path) -> None:
    assert shown_path(folder / "cdktf.out") == "cdktf.out"
    assert shown_path(Path("/etc/hosts")) == "/etc/hosts"
    assert shown_path(Path("../ecsforge.yaml")) == "../ecsforge.yaml"


def test_a_hidden_answer_is_not_echoed() -> None:
    code = "from cli.console import Console; print(len(Console().hidden('Value')))"
    screen, typed = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        start_new_session=True,  # without a controlling terminal, the prompt is on stderr
        **dict.fromkeys(("stdin", "stdout", "stderr"), typed),
    )
    os.close(typed)
    shown = b""
    while b"Value: " not in shown:  # after it has turned off the echo
        shown += os.read(screen, 1024)
    os.write(screen, b"s3cret\n")
    with suppress(OSError):  # Linux reports the end of a pseudo-terminal as an error
        while part := os.read(screen, 1024):
            shown += part
    os.close(screen)

    assert process.wait() == 0
    assert shown.decode().split() == ["Value:", "6"]
