"""`ecsforge doctor`: check what a deploy needs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from cli.loading import say_found
from cli.options import Command, Context, selection_options, terraform_option

if TYPE_CHECKING:
    from operations.checks.model import CheckResult


@click.command(cls=Command)
@selection_options
@click.option("--json", "as_json", is_flag=True, help="Print the findings as a JSON array.")
@terraform_option
def doctor(ctx: Context, as_json: bool, binary: str | None) -> int:
    """Check everything that a deploy needs, and show how to fix what is missing.

    Checks Python, Node.js, Terraform and its provider, and for each environment of the project file, or the selected
    one, the credentials, the state, and what only the account knows: whether images, secrets and other resources that
    the project file names exist, what execution roles may read, what subnets reach, the certificate, quotas, and
    whether deployed buckets, tables and topics are as the project file says. Each result names the AWS calls that were
    made. A check that the credentials may not make is a warning. Exits with 1 when something is missing, or AWS did not
    answer. On a new machine, also starts to unpack the AWS bindings in the background.

    \b
    Examples:
      ecsforge doctor
      ecsforge doctor --env prod --json
    """
    from cli.views.doctor import result_json, show_findings
    from operations.checks.model import complete
    from operations.doctor import machine

    findings = [*machine(binary, os.environ), *_project(ctx)]
    if as_json:
        ctx.console.data(json.dumps([result_json(finding) for finding in findings], indent=2, ensure_ascii=False))
    else:
        show_findings(ctx.console, findings)
    ctx.console.say(_conclusion(findings))
    return 0 if complete(findings) else 1


def _conclusion(findings: list[CheckResult]) -> str:
    """What the findings mean for a deploy."""
    missing, failed, warned = (
        ", ".join(dict.fromkeys(each.check for each in findings if each.status == status))
        for status in ("missing", "failed", "warning")
    )
    if missing:
        return f"Missing for a deploy: {missing}"
    if failed:
        return f"Not checked, because AWS did not answer: {failed}"
    return "Everything that a deploy needs is available." + (f" See the warnings: {warned}" if warned else "")


def _project(ctx: Context) -> Iterator[CheckResult]:
    """The checks of the selected environments; a project file that can't be loaded is one finding."""
    from operations.checks.model import CheckResult
    from operations.doctor import environment_of, shared_stack_of
    from stacks.errors import ProjectError
    from stacks.project import load

    try:
        loaded = load(ctx.selection)
    except ProjectError as error:
        first, *others = error.problems
        fix = "ecsforge validate lists every problem" if others else first.fix
        yield CheckResult.of("project file", replace(first, fix=fix))
        return
    say_found(ctx, loaded)
    if loaded.shared is not None:
        yield from shared_stack_of(loaded.shared.project, loaded.root, on_slow=ctx.console.say)
    for project in loaded.projects:
        for finding in environment_of(project, loaded.root, on_slow=ctx.console.say):
            yield _with_selection(finding, ctx.repeated(project.env))


def _with_selection(finding: CheckResult, options: list[str]) -> CheckResult:
    """A finding whose command has the options that select its environment."""
    problem = finding.problem
    if problem is None or not problem.command:
        return finding
    return replace(finding, problem=replace(problem, command=(*problem.command, *options)))
