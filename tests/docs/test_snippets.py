"""Every command in the documentation runs, in the folder and the order of its page, or is listed with the reason.

Here run the pages that need neither Terraform nor an account, in a shell. tests/e2e/test_first_deploy.py runs "Your
first deploy to AWS" of the README, and tests/e2e/test_pages.py the other pages.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from tests.docs.not_run import NOT_RUN, SECTIONS_NOT_RUN
from tests.docs.pages import PAGES, ROOT, blocks, text_of
from tests.docs.snippets import commands, reason, section, shell_blocks
from tests.support.shell import Shell

README = ROOT / "README.md"
# `commands.md` is generated from the help of the commands, whose examples are in no order.
SHOWN = [page for page in PAGES if page.name not in ("CHANGELOG.md", "commands.md")]
COMMANDS = [(page, command) for page in SHOWN for block in shell_blocks(page) for command in commands(block)]
RUN_HERE = ("tutorial.md", "template.md", "CONTRIBUTING.md")
RUN_WITH_TERRAFORM = ("deploy.md", "operate.md", "plan-json.md")
# The sections of the README whose commands run, here or in tests/e2e.
CLONE = "From a clone, without installing"
README_SECTIONS = ("Install", "Your first deploy to AWS", CLONE, "Mistakes fail before they reach AWS")
# Options of the AWS CLI itself, and commands that are not operations of the API.
_AWS = re.compile(r"(?:^|[\s$(|&])aws((?: +(?:'[^']*'|\"[^\"]*\"|[^\s'\"|;&<>()`]+))+)")
_GLOBAL = {"query", "output", "region", "cli-input-json"}
_OWN_COMMANDS = {("ecr", "get-login-password"), ("ecs", "wait")}


def start(page: Path, folder: Path) -> None:
    """Write what the reader of a page has: the project file that it shows first, else that of the tutorial."""
    shown = [block.text for block in blocks(page) if block.language == "yaml" and "project_id:" in block.text]
    own = any(block.name == "ecsforge.yaml" for block in blocks(page))
    text = text_of(ROOT / "ecsforge.yaml") if own or not shown else shown[0]
    (folder / "ecsforge.yaml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", RUN_HERE)
def test_the_commands_of_a_page_run_in_its_order(name: str, tmp_path: Path) -> None:
    """A block with a file name is a file that the reader writes at that point."""
    page = next(each for each in SHOWN if each.name == name)
    start(page, tmp_path)
    clone(tmp_path)
    shell = shell_in(tmp_path, tmp_path)

    for block in blocks(page):
        if block.name:
            (tmp_path / block.name).write_text(block.text, encoding="utf-8")
        for command in commands(block) if block in shell_blocks(page) else []:
            if not reason(block, command):
                shell.type(command)

    assert shell.done


def test_the_commands_for_a_clone_run(tmp_path: Path) -> None:
    """`make synth` passes its variables on: .ci/run runs it without, for the packages that it installs first."""
    clone(tmp_path)
    shell = shell_in(tmp_path, tmp_path)
    (command,) = [each for each in shell_commands(CLONE) if "PROJECT_ID" in each]

    printed = shell.type(f"make --dry-run --always-make {command.removeprefix('make ')}").screen
    run = next(line for line in printed if "ecsforge " in line and " synth" in line)
    assert shell.type(run).screen[0].startswith("shop-prod: ")
    for each in shell_commands(CLONE):
        if not reason(section(README, CLONE)[0], each):
            shell.type(each)


def test_the_environment_is_checked_as_the_readme_says(tmp_path: Path) -> None:
    """`doctor` ends with 1 without Terraform or without an account."""
    assert shell_commands("Install")[-1] == "ecsforge doctor"

    done = shell_in(tmp_path, tmp_path).type("ecsforge doctor", exit_code=None)

    assert done.screen[0].split()[:2] == ["ok", "Python:"]


def test_every_command_runs_or_is_listed_with_the_reason() -> None:
    tested = {command for heading in README_SECTIONS for command in shell_commands(heading)}
    unlisted = [
        f"{block}: {command}"
        for page in SHOWN
        if page.name not in (*RUN_HERE, *RUN_WITH_TERRAFORM)
        for block in shell_blocks(page)
        for command in commands(block)
        if not reason(block, command) and command not in tested
    ]

    assert unlisted == []
    assert len(COMMANDS) > 60


def test_every_reason_is_used() -> None:
    used = {pattern for pattern in NOT_RUN for _, command in COMMANDS if re.match(pattern, command)}

    assert used == NOT_RUN.keys()
    assert all(section(ROOT / "docs" / page, heading) for page, heading in SECTIONS_NOT_RUN)


def aws_commands() -> Iterator[str]:
    """Every call of the AWS CLI on the pages."""
    for _, command in COMMANDS:
        yield from (found.strip() for found in _AWS.findall(command.replace("\n", " ")))


@pytest.mark.parametrize("command", sorted(set(aws_commands())))
def test_an_aws_command_has_an_operation_and_options_that_exist(command: str) -> None:
    service, operation, *rest = shlex.split(command)
    if (service, operation) in _OWN_COMMANDS:
        return
    model = botocore.session.get_session().get_service_model(service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    members = {xform_name(name, "-") for name in model.operation_model(names[operation]).input_shape.members}

    assert {word.removeprefix("--") for word in rest if word.startswith("--")} <= members | _GLOBAL


def test_every_make_target_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", text_of_makefile(), re.MULTILINE))
    named = {command.split()[1] for page, command in COMMANDS if page == README and command.startswith("make ")}

    assert named <= targets
    assert named


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.name)
def test_no_page_installs_a_package_that_is_not_published(page: Path) -> None:
    assert re.findall(r"pip install '?ecsforge(?!\[[a-z,]+\] @ git\+)[^\n]*", text_of(page)) == []


def shell_commands(heading: str) -> list[str]:
    """The commands below a heading of the README."""
    return [command for block in section(README, heading) for command in commands(block)]


def text_of_makefile() -> str:
    return (ROOT / "Makefile").read_text(encoding="utf-8")


def shell_in(folder: Path, tmp_path: Path) -> Shell:
    """A shell with `ecsforge` on its PATH."""
    programs = tmp_path / "programs"
    programs.mkdir(exist_ok=True)
    kept = {key: value for key, value in os.environ.items() if key.partition("_")[0] not in ("AWS", "TF", "ECSFORGE")}
    shell = Shell(folder, {**kept, "AWS_EC2_METADATA_DISABLED": "true"}, limit=60)
    shell.install(programs)
    return shell


def clone(folder: Path) -> None:
    """What the commands for a clone use of it; its packages are not installed."""
    if not (folder / "ecsforge.yaml").exists():
        shutil.copy(ROOT / "ecsforge.yaml", folder)
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "requirements").mkdir()
    (folder / "requirements" / "runtime.txt").touch()
    (folder / "pyproject.toml").touch()
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    program = programs / "ecsforge"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m cli "$@"\n')
    program.chmod(0o755)
