"""The flow of a deploy: plan, show, confirm, apply exactly that plan, wait until ECS is steady, print the outputs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli import aws
from cli.console import Console, counted
from cli.plan import Plan, plan_from_actions, plan_from_json
from cli.plan_text import render
from cli.progress import Progress
from cli.recovery import Orphan, importing, keep_half_made, last_ending, marked, orphans
from cli.stack import Stack, busy
from cli.steady import ServiceState, Target, wait_until_steady
from cli.stream import Outputs
from cli.terraform import PlanResult, Terraform
from cli.words import place
from stacks.errors import AwsError, TerraformError

if TYPE_CHECKING:
    from stacks.spec.models import Project


@dataclass(frozen=True)
class Consent:
    """What the user has agreed to on the command line.

    Attributes:
        auto_approve: no question before an ordinary plan.
        stack: the stack named with `--yes-i-mean`, which answers every question about it.
    """

    auto_approve: bool = False
    stack: str | None = None


def deploy(
    stack: Stack, console: Console, consent: Consent, *, saved_plan: Path | None = None, wait_seconds: float | None
) -> Outputs | None:
    """Take a stack to what the project file asks for.

    Arguments:
        consent: what may be done without asking.
        saved_plan: a plan file to apply in place of a new plan.
        wait_seconds: how long to wait until ECS is steady; None not to wait.

    Returns its outputs, None when the user did not want the plan. Raises TerraformError when planning or applying
    fails, AwsError when ECS could not do what was asked, click.UsageError where nobody is there to answer.
    """
    with private_folder() as folder:
        file = saved_plan or folder / "plan"
        keep_half_made(stack.terraform, stack.stored_state, console.say)
        plan = make_plan(stack, console, file) if saved_plan is None else read_plan(stack, file)
        show(plan, console)
        if not plan.has_changes:
            return stack.terraform.output()
        if not agreed(plan, stack.project, console, consent):
            return None
        outputs = apply(stack, console, plan, file)
        if wait_seconds is not None:
            wait(stack, console, wait_seconds)
        console.say(f"Deployed {stack.name}")
        return outputs


def destroy(stack: Stack, console: Console, consent: Consent) -> bool:
    """Destroy all a stack has made; returns whether the user wanted it. Raises as `deploy` does."""
    if stack.project.protected:
        raise TerraformError(
            f"{stack.project.env}: this environment is protected; set `protected: false` in the project file, deploy "
            "that to lift the deletion protection, then destroy it"
        )
    with private_folder() as folder:
        file = folder / "plan"
        plan = make_plan(stack, console, file, destroy=True)
        if not plan.resources:
            console.say(f"{stack.name}: nothing is left to destroy")
            return True
        show(plan, console)
        if not agreed(plan, stack.project, console, consent, destroy=True):
            return False
        apply(stack, console, plan, file)
    console.say(f"Destroyed {stack.name}")
    return True


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder for a plan file, which holds secrets in plain text: it goes with the command."""
    with tempfile.TemporaryDirectory(prefix="ecsforge-") as folder:
        yield Path(folder)


def make_plan(stack: Stack, console: Console, file: Path, *, destroy: bool = False, details: bool = False) -> Plan:
    """Plan into `file`. Raises TerraformError.

    Reading a plan's values takes Terraform seconds. Where a plan only creates, they tell nothing new and are left
    out, unless `details` asks for them.
    """
    with busy(console, f"Planning to destroy {stack.name}" if destroy else f"Planning {stack.name}"):
        result = _planned(stack, console, file, destroy=destroy)
        for warning in result.warnings:
            console.detail(f"Terraform warns: {warning.summary}")
        told_by_actions = result.changes and all(each.action in ("create", "read") for each in result.changes)
        if told_by_actions and not details:
            return plan_from_actions(stack.name, result.changes, stack.services)
        if not result.has_changes and not details:
            return Plan(stack.name, (), has_changes=False)
        return read_plan(stack, file, has_changes=result.has_changes)


def _planned(stack: Stack, console: Console, file: Path, *, destroy: bool) -> PlanResult:
    """Plan, and where the last apply did not end in order, with what it has left."""
    terraform = stack.terraform
    found = _left_by_last_apply(stack, console)
    if destroy:
        _adopt(terraform, console, found)  # a plan to destroy takes no notice of import blocks
        return terraform.plan(file, destroy=True)
    while True:
        with importing(terraform.folder, found):
            try:
                return terraform.plan(file)
            except TerraformError as error:
                # What AWS still lists may be gone already, and can't be imported then: go on without it.
                there = tuple(orphan for orphan in found if orphan.address not in str(error))
                if len(there) == len(found):
                    raise
                found = there


def _adopt(terraform: Terraform, console: Console, found: Iterable[Orphan]) -> None:
    for orphan in found:
        try:
            terraform.adopt(orphan.address, orphan.id)
        except TerraformError as error:
            console.warn(f"{orphan.address} with the id {orphan.id} may be left in the account: {error}")


def _left_by_last_apply(stack: Stack, console: Console) -> tuple[Orphan, ...]:
    """What the last apply made but Terraform does not know; none when it ended in order."""
    if last_ending(stack.terraform.folder) is None:
        return ()
    try:
        with aws.errors("looking for what the last deploy left"):
            found = orphans(stack.terraform.folder, stack.stored_state(), stack.session)
    except AwsError as error:  # it takes a permission that a deploy does not need otherwise
        console.warn(str(error))
        return ()
    for orphan in found:
        console.detail(f"The last deploy left {orphan.address}, {orphan.id}")
    return found


def read_plan(stack: Stack, file: Path, *, has_changes: bool = True) -> Plan:
    """The plan saved in `file`. Raises TerraformError when it is none."""
    return plan_from_json(stack.name, stack.terraform.show(file), stack.services, has_changes)


def agreed(plan: Plan, project: Project, console: Console, consent: Consent, *, destroy: bool = False) -> bool:
    """Whether the plan may be applied; asks where the options have not answered.

    The stack's name has to be typed for a protected environment, for a plan that destroys more than it keeps, and to
    destroy. Raises click.UsageError where nobody is there to answer.
    """
    if consent.stack is not None and consent.stack != plan.stack:
        raise click.UsageError(
            f"--yes-i-mean: this is not the stack at hand; got {consent.stack}; the stack is {plan.stack}",
            ctx=click.get_current_context(silent=True),
        )
    reason = _typed_because(plan, project, consent, destroy=destroy)
    if consent.stack is not None:
        return True
    if reason is not None:
        question = f"{reason}. To go on, type {plan.stack}"
        return console.ask(question, flag=f"--yes-i-mean {plan.stack}").strip() == plan.stack
    if consent.auto_approve:
        return True
    undone = f" {counted(len(plan.irreversible), 'change')} above can't be undone." if plan.irreversible else ""
    return console.confirm(f"Apply this plan to {plan.stack}?{undone}", flag="--auto-approve")


def _typed_because(plan: Plan, project: Project, consent: Consent, *, destroy: bool) -> str | None:
    """Why the stack's name has to be typed, None when a yes is enough."""
    if project.protected:
        return f"{project.env} is protected"
    if destroy:
        gone = counted(plan.count("destroy"), "resource")
        return None if consent.auto_approve else f"This destroys {gone} of {plan.stack}"
    if plan.destroys_more_than_it_keeps:
        return f"This destroys more than it keeps: {plan.count('destroy', 'replace')} resources go"
    return None


def apply(stack: Stack, console: Console, plan: Plan, file: Path) -> Outputs:
    """Apply the plan in `file`, showing its progress. Raises TerraformError."""
    with Progress(console, stack.services, plan.steps) as progress, marked(stack.terraform.folder):
        return stack.terraform.apply(file, on_event=progress.on_event)


def show(plan: Plan, console: Console) -> None:
    """Tell what a plan does; on stderr, since a deploy's data are its outputs."""
    console.say(render(plan, console, stream="stderr"))


def wait(stack: Stack, console: Console, timeout: float) -> None:
    """Wait until every service is steady. Raises AwsError that tells why one is not."""
    targets = _targets(stack)
    if not targets:
        return
    cluster, services = targets[0][0], [target for _, target in targets]

    def tell(state: ServiceState) -> None:
        console.say(f"  {state}{', steady' if state.outcome == 'steady' else ''}")

    with busy(console, "Waiting until the services are steady"), aws.errors("waiting for ECS"):
        troubles = wait_until_steady(
            aws.client(stack.session, "ecs"), cluster, services, timeout=timeout, on_state=tell
        )
    if troubles:
        raise AwsError("\n".join(map(str, troubles)))


def _targets(stack: Stack) -> list[tuple[str, Target]]:
    """The services Terraform has made, with their cluster and what they must run, as the state tells it."""
    found = []
    for resource in stack.stored_state().get("resources", []):
        name = place(f"{resource['type']}.{resource['name']}", stack.services).service
        if resource["type"] != "aws_ecs_service" or resource["mode"] != "managed" or name is None:
            continue
        external = stack.project.services[name].deployment.image_owner == "external"
        for each in (instance["attributes"] for instance in resource["instances"]):
            task_definition = None if external else str(each["task_definition"])
            found.append((str(each["cluster"]).rpartition("/")[2], Target(name, str(each["name"]), task_definition)))
    return found
