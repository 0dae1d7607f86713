"""Each rule: the exact message for a file that breaks it, and the nearest valid files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from stacks.naming import Names
from tests.project.case import Case, cases
from tests.project.conftest import Check
from tests.project.texts import web

CASES = cases()
HERE = Path(__file__).parent


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_file_that_breaks_one_rule_gets_one_message(case: Case, check: Check) -> None:
    where = "" if case.message.startswith("--") else "ecsforge.yaml:"

    assert check(case.broken, env=case.env) == [f"{case.severity} {where}{case.message}"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_file_at_the_limit_is_accepted(case: Case, check: Check) -> None:
    assert case.accepted, "add the nearest valid file under `fine`"
    assert [check(text, env=env) for text, env in case.accepted] == [[] for _ in case.accepted]


def test_every_row_is_tested(capsys: pytest.CaptureFixture[str]) -> None:
    rows = yaml.safe_load((HERE / "rows.yaml").read_text())
    in_tables = {(case.table, case.row) for case in CASES}
    functions = set(re.findall(r"def (test_\w+)", "\n".join(file.read_text() for file in HERE.glob("test_*.py"))))
    tested = [
        (section, row)
        for section, members in rows.items()
        for row, where in members.items()
        if (section, row) in in_tables or where in functions
    ]
    total = sum(map(len, rows.values()))
    with capsys.disabled():
        print(f"\n{len(tested)} of {total} rows tested, in {len(CASES)} cases", end=" ")

    assert total == len(tested)


def test_names_of_the_maximum_length_are_shortened(check: Check) -> None:
    project_id, env, service = "a" + "b" * 23, "c" + "d" * 15, "e" + "f" * 19
    text = f"project_id: {project_id}\nservices: {{{service}: {{image: app:1}}}}\nenvironments: {{{env}: {{}}}}\n"
    names = Names(project_id, env)

    assert check(text) == []
    assert re.fullmatch(r"(?!internal-)[A-Za-z0-9][A-Za-z0-9-]{0,30}[A-Za-z0-9]", names.load_balancer)
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,30}[A-Za-z0-9]", names.target_group(service, 65535, "HTTP2"))
    assert re.fullmatch(r"[\w+=,.@-]{1,64}", names.role(service, "execution"))
    assert re.fullmatch(r"(?=.{2,256}$)[a-z0-9]+([._/-][a-z0-9]+)*", names.repository(service))


def test_a_definition_is_counted_whole(check: Check) -> None:
    """Secrets count as the ARNs that they become, which are longer than the references in the project file."""
    names = "".join(f"      SECRET_{number:03}: ssm:/{'n' * 60}/{number}\n" for number in range(450))
    text = f"project_id: shop\nservices:\n  web:\n    image: app:1\n    secrets:\n{names}"

    assert len(names) < 45_000
    assert check(text) == [
        "error ecsforge.yaml:5:5: the task definition of web must be at most 64 KiB; got 65 KiB, most of it in "
        "services.web.secrets; keep large values in SSM, Secrets Manager, env_files or the image"
    ]


def test_the_command_of_a_task_fits_into_the_overrides_of_run_task(check: Check) -> None:
    """ECS counts the JSON of the overrides, whose other text has 58 characters."""
    longest, longer = (web(f"deployment: {{before: [{{command: [{'x' * size}]}}]}}") for size in (8134, 8135))

    assert check(longest) == []
    assert check(longer) == [
        "error ecsforge.yaml:5:37: services.web.deployment.before[0].command must be at most 8192 characters as JSON; "
        "got 8193; put the commands into a script in the image"
    ]


def test_words_in_place_of_tasks_are_read_as_one_command(check: Check) -> None:
    text = "project_id: shop\nservices: {web: {image: app:1, deployment: {before: [npm, run, migrate]}}}\n"

    assert check(text) == [
        f"error ecsforge.yaml:2:{column}: services.web.deployment.before[{index}] must be a mapping; got {word}; "
        "write before: [{command: [npm, run, migrate]}]"
        for index, (column, word) in enumerate([(54, "npm"), (59, "run"), (64, "migrate")])
    ]
