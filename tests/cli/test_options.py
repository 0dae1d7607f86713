"""The options that all commands share."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from cli.loading import default_out, one_stack
from cli.main import LazyGroup
from cli.options import Command, Context, add_options, current_context, repeated_options, selection_options
from stacks.project import Loaded, Selection

FILE = """\
project_id: node-app
environments: {dev: {}, prod: {}}
"""


@click.command(cls=Command)
@selection_options
@click.option("--own", help="An option of its own.")
def probe(ctx: Context, own: str | None) -> None:
    """Print the selection."""
    ctx.console.data(repr(ctx.selection))
    ctx.console.data(f"{ctx.console.verbose} {ctx.console.quiet} {ctx.console.no_color}")


@click.command()
@selection_options
def only(ctx: Context) -> None:
    """Print the environment."""
    ctx.console.data(one_stack(ctx).projects[0].env)


def run(*arguments: str, **variables: str) -> Result:
    group = add_options(LazyGroup("ecsforge", callback=lambda: None))
    group.add_command(probe)
    group.add_command(only)
    return CliRunner().invoke(group, arguments, env=variables)


def selected(*arguments: str, **variables: str) -> str:
    result = run(*arguments, **variables)
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()[0]


def test_options_work_before_and_after_the_command() -> None:
    expected = repr(Selection(Path("a.yaml"), "shop", "prod", ("a=1",)))
    options = ["-f", "a.yaml", "--project-id", "shop", "-e", "prod", "--set", "a=1"]

    assert selected(*options, "probe") == expected
    assert selected("probe", *options) == expected


def test_the_last_value_wins_and_set_accumulates() -> None:
    expected = repr(Selection(env="dev", sets=("a=1", "b=2", "c=3")))

    assert selected("-e", "prod", "--set", "a=1", "probe", "-e", "dev", "--set", "b=2", "--set", "c=3") == expected


def test_environment_variables_set_the_selection() -> None:
    variables = {"ECSFORGE_ENV": "prod", "ECSFORGE_PROJECT_ID": "shop", "ECSFORGE_FILE": "a.yaml"}

    assert selected("probe", **variables) == repr(Selection(Path("a.yaml"), "shop", "prod"))


@pytest.mark.parametrize("arguments", [["-e", "dev", "probe"], ["probe", "-e", "dev"]])
def test_an_option_overrides_its_variable(arguments: list[str]) -> None:
    assert selected(*arguments, ECSFORGE_ENV="prod") == repr(Selection(env="dev"))


@pytest.mark.parametrize(
    ("arguments", "variables", "source"),
    [
        (("only", "-e", "nope"), {}, "--env"),
        (("only",), {"ECSFORGE_ENV": "nope"}, "ECSFORGE_ENV"),
        (("-e", "nope", "only"), {"ECSFORGE_ENV": "dev"}, "--env"),
        (("only", "-e", "nope"), {"ECSFORGE_ENV": "dev"}, "--env"),
    ],
)
def test_the_error_for_an_unknown_environment_names_the_source_of_the_value(
    tmp_path: Path, arguments: tuple[str, ...], variables: dict[str, str], source: str
) -> None:
    (tmp_path / "ecsforge.yaml").write_text(FILE)

    result = run(*arguments, ECSFORGE_FILE=str(tmp_path / "ecsforge.yaml"), **variables)

    assert f"environment nope does not exist; the file has dev and prod; got {source} nope; choose" in result.stderr


def test_an_empty_variable_counts_as_unset() -> None:
    variables = {"ECSFORGE_ENV": "", "ECSFORGE_PROJECT_ID": "", "ECSFORGE_FILE": ""}

    assert selected("probe", **variables) == repr(Selection())


def test_an_empty_option_is_refused() -> None:
    result = run("probe", "--env", "")

    assert result.exit_code == 2
    assert result.stderr == (
        "error: Invalid value for '-e' / '--env' (env var: 'ECSFORGE_ENV'): "
        "the value is empty; set one or omit the option\n"
        "Try 'ecsforge probe --help' for help.\n"
    )


@pytest.mark.parametrize("arguments", [["-v", "-q", "--no-color", "probe"], ["probe", "-v", "-q", "--no-color"]])
def test_options_configure_the_console_before_and_after_the_command(arguments: list[str]) -> None:
    assert run(*arguments).stdout.splitlines()[1] == "True True True"


def test_help_shows_a_commands_own_options_before_the_shared_ones() -> None:
    text = run("probe", "--help").output

    assert text.index("Options:\n  --own") < text.index("Options of every command:\n  -e, --env ENV")
    assert text.index("Options of every command:") < text.index("--help")


def test_one_stack_is_the_selected_environment(folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(FILE)

    assert run("only", "--env", "prod").stdout == "prod\n"


def test_without_a_selection_one_stack_lists_the_environments(folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(FILE)

    result = run("only")

    assert result.exit_code == 2
    assert result.stderr == (
        "error: this command works on one environment; select it with --env: dev, prod\n"
        "Try 'ecsforge only --help' for help.\n"
    )


def test_the_output_folder_is_next_to_a_discovered_file(folder: Path) -> None:
    found = Loaded(Path(".."), Path("../ecsforge.yaml"), (), ())

    assert default_out(found, Selection()) == Path("../cdktf.out")


def test_the_output_folder_is_in_the_current_folder_for_a_named_file_and_without_a_file(folder: Path) -> None:
    named = Loaded(Path("shop"), Path("shop/a.yaml"), (), ())

    assert default_out(named, Selection(Path("shop/a.yaml"))) == Path("cdktf.out")
    assert default_out(Loaded(Path(), None, (), ()), Selection()) == Path("cdktf.out")


def test_repeated_options_select_the_same_stacks() -> None:
    selection = Selection(Path("a.yaml"), "shop", "prod", ("a=1", "b=2"))

    assert repeated_options(selection) == ["-f", "a.yaml", "--project-id", "shop", "--set", "a=1", "--set", "b=2"]


def test_a_command_without_the_group_has_a_context_too() -> None:
    @click.command()
    def single() -> None:
        click.echo(repr(current_context().selection))

    assert CliRunner().invoke(single).stdout == f"{Selection()!r}\n"


def test_completion_proposes_the_environments_of_the_file(folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(FILE)
    context = click.Context(probe)
    option = next(parameter for parameter in probe.params if parameter.name == "env")

    assert [item.value for item in option.shell_complete(context, "p")] == ["prod"]


def test_completion_proposes_nothing_if_the_file_is_invalid(folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text("{{{")
    option = next(parameter for parameter in probe.params if parameter.name == "env")

    assert option.shell_complete(click.Context(probe), "") == []
