"""The group, its help and the one error boundary."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from cli.main import COMMANDS, LAZY, LazyGroup
from cli.options import add_options
from stacks.errors import Position, Problem, ProjectError, TerraformError

ROOT = Path(__file__).parents[2]


def raising(error: BaseException) -> Callable[[], None]:
    def callback() -> None:
        raise error

    return callback


def run_with(error: BaseException, *options: str) -> Result:
    """What `ecsforge boom` prints and ends with when its command raises `error`."""
    group = add_options(LazyGroup("ecsforge", callback=lambda: None))
    group.add_command(click.Command("boom", callback=raising(error)))
    return CliRunner().invoke(group, [*options, "boom"])


def test_help_lists_every_command_under_its_section(invoke) -> None:
    result = invoke("--help")

    assert result.exit_code == 0
    at = [result.output.index(f"{section}:") for section, names in LAZY.items() if names]
    assert at == sorted(at)
    for name in COMMANDS:
        assert f"\n  {name}" in result.output


def test_short_help_is_help(invoke) -> None:
    assert invoke("-h").output == invoke("--help").output
    assert invoke("list", "-h").output == invoke("list", "--help").output


def test_version_names_the_program(invoke) -> None:
    result = invoke("--version")

    assert result.exit_code == 0
    assert result.output.startswith("ecsforge ")


def test_no_command_shows_the_help_on_stderr_and_ends_with_2(invoke) -> None:
    result = invoke()

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == invoke("--help").output


def test_an_unknown_command_suggests_the_nearest(invoke) -> None:
    result = invoke("synht")

    assert result.exit_code == 2
    assert result.stderr == ("error: No such command 'synht'. Did you mean 'synth'?\nTry 'ecsforge --help' for help.\n")


def test_an_unknown_option_suggests_the_nearest(invoke) -> None:
    result = invoke("list", "--jsn")

    assert result.exit_code == 2
    assert result.stderr == (
        "error: No such option '--jsn'. Did you mean '--json'?\nTry 'ecsforge list --help' for help.\n"
    )


def test_an_error_of_ours_is_its_message_and_its_exit_code() -> None:
    result = run_with(TerraformError("terraform init failed"))

    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "error: terraform init failed\n")


def test_a_spec_error_prints_every_problem_by_position_and_counts_them() -> None:
    later = Problem(Position("a.yaml", 7, 3), "count must be 0 or more", "-1", "write 0 or more")
    earlier = Problem(Position("a.yaml", 2, 11), "unknown key", "regon", "did you mean region?")

    result = run_with(ProjectError(later, earlier))

    assert result.exit_code == 2
    assert result.stderr == (
        "a.yaml:2:11: unknown key; got regon; did you mean region?\n"
        "a.yaml:7:3: count must be 0 or more; got -1; write 0 or more\n"
        "2 problems in a.yaml\n"
    )


def test_an_operating_system_error_names_the_file() -> None:
    result = run_with(PermissionError(13, "Permission denied", "cdktf.out/stacks"))

    assert (result.exit_code, result.stderr) == (1, "error: cdktf.out/stacks: Permission denied\n")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_an_interrupt_ends_with_130(error: BaseException) -> None:
    result = run_with(error)

    assert result.exit_code == 130
    assert result.stderr.strip() == "Interrupted"


def test_an_error_nobody_foresaw_is_one_line_that_says_how_to_report_it() -> None:
    result = run_with(ZeroDivisionError("division by zero"))

    assert result.exit_code == 1
    assert result.stderr == (
        "error: internal error: ZeroDivisionError: division by zero; this is a bug in ecsforge: please report it "
        "with what the same command prints with -v\n"
    )


def test_verbose_adds_the_traceback_of_an_error_nobody_foresaw() -> None:
    result = run_with(ZeroDivisionError("division by zero"), "-v")

    assert result.exit_code == 1
    assert "Traceback (most recent call last)" in result.stderr


@pytest.mark.parametrize("arguments", [["completion", "bash"], ["schema"], ["--help"]])
def test_a_reader_that_leaves_ends_the_command_quietly(arguments: list[str]) -> None:
    code = "import sys; from cli.main import main; sys.stdin.read(); main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin and process.stdout and process.stderr
    process.stdout.close()
    process.stdin.close()  # only now does the command begin

    assert process.wait(timeout=60) == 1
    assert process.stderr.read() == ""
    process.stderr.close()


def test_a_helper_program_that_dies_is_not_taken_for_a_reader_that_left() -> None:
    result = run_with(BrokenPipeError(32, "Broken pipe"))

    assert (result.exit_code, result.stderr) == (
        1,
        "error: a program that ecsforge had started ended before its time; -v says more\n",
    )


def test_python_m_cli_calls_itself_ecsforge(ecsforge) -> None:
    result = ecsforge("nothing")

    assert result.returncode == 2
    assert result.stderr == "error: No such command 'nothing'.\nTry 'ecsforge --help' for help.\n"


def test_an_interrupt_on_the_way_out_of_an_interrupt_changes_nothing() -> None:
    program = """
import atexit, os, signal, sys
import click
from cli.main import main

def interrupt():
    os.kill(os.getpid(), signal.SIGINT)

class Last:
    def __del__(self, kill=os.kill, me=os.getpid(), number=signal.SIGINT):
        kill(me, number)  # while Python ends, and takes its handlers away

atexit.register(interrupt)
sys.last = Last()

@main.command()
def stop():
    interrupt()

main(["stop"])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)

    assert done.returncode == 130, done.stderr
    assert done.stderr.strip() == "Interrupted"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_whatever_asks_it_to_end_it_leaves_no_temporary_files(number: signal.Signals, tmp_path: Path) -> None:
    done = stopped_by(number, tmp_path, signal.SIG_DFL)

    assert (done.returncode, done.stderr.strip()) == (130, "Interrupted")
    assert list(tmp_path.iterdir()) == []


def test_it_goes_on_where_the_signal_is_ignored(tmp_path: Path) -> None:
    done = stopped_by(signal.SIGHUP, tmp_path, signal.SIG_IGN)

    assert (done.returncode, done.stderr.strip()) == (0, "went on")


def stopped_by(number: signal.Signals, folder: Path, before: signal.Handlers) -> subprocess.CompletedProcess[str]:
    """A command that is asked to end while it holds a plan file, having been started with `before` for the signal."""
    program = f"""
import os, signal, sys
from cli.main import main
from operations.plan.make import private_folder

@main.command()
def hold():
    with private_folder() as folder:
        (folder / "plan").write_text("secrets")
        os.kill(os.getpid(), {int(number)})
    sys.stderr.write("went on")

signal.signal({int(number)}, signal.{before.name})
main(["hold"])
"""
    environment = {**os.environ, "TMPDIR": str(folder)}
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, env=environment)


def test_output_that_nobody_opened_is_no_error() -> None:
    program = f"{sys.executable} -m cli --version >&-"
    done = subprocess.run(["sh", "-c", program], capture_output=True, text=True, cwd=ROOT)

    assert (done.returncode, done.stderr) == (0, "")
