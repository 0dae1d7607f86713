"""The `ecsforge` group: its help, and how it reports errors."""

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
from cli.options import Command, add_options
from stacks.errors import Position, Problem, ProjectError, TerraformError, UsageError

ROOT = Path(__file__).parents[2]


def raising(error: BaseException) -> Callable[[], None]:
    def callback() -> None:
        raise error

    return callback


def run_with(error: BaseException, *options: str) -> Result:
    """The result of `ecsforge boom`, a command that raises `error`."""
    group = add_options(LazyGroup("ecsforge", callback=lambda: None))
    group.add_command(Command("boom", callback=raising(error)))
    return CliRunner().invoke(group, [*options, "boom"])


def test_help_lists_every_command_under_its_section(invoke) -> None:
    result = invoke("--help")

    assert result.exit_code == 0
    positions = [result.output.index(f"{section}:") for section in LAZY]
    assert positions == sorted(positions)
    assert all(LAZY.values())
    for name in COMMANDS:
        assert f"\n  {name}" in result.output


def test_the_short_option_shows_the_same_help(invoke) -> None:
    assert invoke("-h").output == invoke("--help").output
    assert invoke("list", "-h").output == invoke("list", "--help").output


def test_version_shows_the_name_of_the_program(invoke) -> None:
    result = invoke("--version")

    assert result.exit_code == 0
    assert result.output.startswith("ecsforge ")


def test_without_a_command_the_help_is_on_stderr_with_exit_code_2(invoke) -> None:
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


def test_an_error_is_a_sentence_for_each_problem_and_an_exit_code() -> None:
    result = run_with(TerraformError.of("terraform init", "exited with 1", fix="run it again"))

    assert (result.exit_code, result.stdout, result.stderr) == (
        1,
        "",
        "error: terraform init: exited with 1; run it again\n",
    )


def test_a_usage_error_of_an_operation_points_to_the_help() -> None:
    result = run_with(UsageError.of("--plan", "the file does not exist", got="a.tfplan"))

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "error: --plan: the file does not exist; got a.tfplan\nTry 'ecsforge boom --help' for help.\n"
    )


def test_a_usage_error_in_a_nested_command_names_the_whole_command() -> None:
    group = LazyGroup("ecsforge")
    nested = click.Group("nested")
    nested.add_command(Command("move", callback=raising(UsageError.of("--to", "is missing"))))
    group.add_command(nested)

    result = CliRunner().invoke(group, ["nested", "move"])

    assert result.stderr == "error: --to: is missing\nTry 'ecsforge nested move --help' for help.\n"


def test_a_project_error_lists_every_problem_by_position_and_counts_them() -> None:
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
def test_an_interrupt_exits_with_130(error: BaseException) -> None:
    result = run_with(error)

    assert result.exit_code == 130
    assert result.stderr.strip() == "Interrupted"


def test_an_unexpected_error_is_one_line_that_explains_how_to_report_it() -> None:
    result = run_with(ZeroDivisionError("division by zero"))

    assert result.exit_code == 1
    assert result.stderr == (
        "error: internal error: ZeroDivisionError: division by zero; this is a bug in ecsforge: "
        "please report it with the output of the same command with -v\n"
    )


def test_verbose_adds_the_traceback_of_an_unexpected_error() -> None:
    result = run_with(ZeroDivisionError("division by zero"), "-v")

    assert result.exit_code == 1
    assert "Traceback (most recent call last)" in result.stderr


@pytest.mark.parametrize("arguments", [["completion", "bash"], ["schema"], ["--help"]])
def test_a_closed_pipe_ends_the_command_silently(arguments: list[str]) -> None:
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
    process.stdin.close()  # the command starts only now

    assert process.wait(timeout=60) == 1
    assert process.stderr.read() == ""
    process.stderr.close()


def test_a_broken_pipe_to_a_child_process_is_an_error() -> None:
    result = run_with(BrokenPipeError(32, "Broken pipe"))

    assert (result.exit_code, result.stderr) == (
        1,
        "error: a child process exited unexpectedly; run the command again with -v for details\n",
    )


def test_python_m_cli_prints_messages_as_ecsforge(ecsforge) -> None:
    result = ecsforge("nothing")

    assert result.returncode == 2
    assert result.stderr == "error: No such command 'nothing'.\nTry 'ecsforge --help' for help.\n"


def test_a_second_interrupt_during_shutdown_does_not_change_the_exit_code() -> None:
    program = """
import atexit, os, signal, sys
import click
from cli.main import main

def interrupt():
    os.kill(os.getpid(), signal.SIGINT)

class Last:
    def __del__(self, kill=os.kill, me=os.getpid(), number=signal.SIGINT):
        kill(me, number)  # while Python shuts down and removes its handlers

atexit.register(interrupt)
sys.last = Last()

@main.command()
def halted():
    interrupt()

main(["halted"])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)

    assert done.returncode == 130, done.stderr
    assert done.stderr.strip() == "Interrupted"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_every_stop_signal_removes_the_temporary_files(number: signal.Signals, tmp_path: Path) -> None:
    done = stopped_by(number, tmp_path, signal.SIG_DFL)

    assert (done.returncode, done.stderr.strip()) == (130, "Interrupted")
    assert list(tmp_path.iterdir()) == []


def test_an_ignored_signal_stays_ignored(tmp_path: Path) -> None:
    done = stopped_by(signal.SIGHUP, tmp_path, signal.SIG_IGN)

    assert (done.returncode, done.stderr.strip()) == (0, "continued")


def stopped_by(number: signal.Signals, folder: Path, before: signal.Handlers) -> subprocess.CompletedProcess[str]:
    """Run a command that receives the signal while it has a plan file; `before` is the handler at its start."""
    program = f"""
import os, signal, sys
from pathlib import Path
from cli.main import main
from operations.private_folder import private_folder

@main.command()
def hold():
    with private_folder(Path(os.environ['TMPDIR'])) as folder:
        (folder / "plan").write_text("secrets")
        os.kill(os.getpid(), {int(number)})
    sys.stderr.write("continued")

signal.signal({int(number)}, signal.{before.name})
main(["hold"])
"""
    environment = {**os.environ, "TMPDIR": str(folder)}
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, env=environment)


def test_a_closed_stdout_is_not_an_error() -> None:
    program = f"{sys.executable} -m cli --version >&-"
    done = subprocess.run(["sh", "-c", program], capture_output=True, text=True, cwd=ROOT)

    assert (done.returncode, done.stderr) == (0, "")
