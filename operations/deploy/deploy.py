"""The flow of a deploy: plan, show, confirm, apply exactly that plan, wait until ECS is steady, print the outputs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.console import Console
from cli.views.plan import render
from cli.views.progress import Progress
from operations import aws
from operations.deploy.orphans import close_half_made_groups, keep_half_made, last_ending, marked, settled
from operations.health.wait import ServiceState, Target, wait_until_steady
from operations.plan.make import make_plan, private_folder, read_plan
from operations.plan.model import Plan
from operations.stack import Stack, busy
from operations.terraform.stream import Outputs
from operations.text import counted
from stacks.addresses import Owners, place
from stacks.errors import AwsError, TerraformError
from stacks.naming import Names

if TYPE_CHECKING:
    from stacks.project.models import Project


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
    stack: Stack,
    console: Console,
    consent: Consent,
    *,
    saved_plan: Path | None = None,
    adopt: bool = False,
    wait_seconds: float | None,
) -> Outputs | None:
    """Take a stack to what the project file asks for.

    Arguments:
        consent: what may be done without asking.
        saved_plan: a plan file to apply in place of a new plan.
        adopt: take over what bears this stack's tags but is not in its state.
        wait_seconds: how long to wait until ECS is steady; None not to wait.

    Returns its outputs, None when the user did not want the plan. Raises TerraformError when planning or applying
    fails, AwsError when ECS could not do what was asked, click.UsageError where nobody is there to answer.
    """
    with private_folder() as folder:
        if saved_plan is None:
            keep_half_made(stack.terraform, stack.stored_state, console.say)
        file = saved_plan or folder / "plan"
        plan = make_plan(stack, console, file, adopt=adopt) if saved_plan is None else read_plan(stack, file)
        if plan.destroys_everything:
            _refuse_if_protected(stack.project)
        show(plan, console)
        if not plan.has_changes:
            settled(stack.terraform.folder)
            # What the last deploy asked for may have failed since, or it was not waited for.
            if wait_seconds is not None:
                wait(stack, console, wait_seconds)
            return stack.terraform.output()
        if not agreed(plan, stack.project, console, consent):
            return None
        if adopt or last_ending(stack.terraform.folder) is not None:
            _close_half_made_groups(stack, console)
        outputs = apply(stack, console, plan, file)
        if wait_seconds is not None:
            wait(stack, console, wait_seconds)
        console.say(f"{'Destroyed' if plan.destroys_everything else 'Deployed'} {stack.name}")
        return outputs


def destroy(stack: Stack, console: Console, consent: Consent) -> bool:
    """Destroy all a stack has made; returns whether the user wanted it. Raises as `deploy` does."""
    _refuse_if_protected(stack.project)
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


def _close_half_made_groups(stack: Stack, console: Console) -> None:
    with aws.errors("closing the security groups that the last deploy did not complete"):
        closed = close_half_made_groups(stack.terraform.folder, stack.session)
    for name in closed:
        console.say(f"Closed the security group {name}, which the last deploy had left open to the outside")


def _refuse_if_protected(project: Project) -> None:
    if project.protected:
        raise TerraformError(
            f"{project.env}: this environment is protected; set `protected: false` in the project file, deploy "
            "that to lift the deletion protection, then destroy it"
        )


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
    if consent.stack is not None or (reason is None and consent.auto_approve):
        return True
    if console.quiet:  # whoever is asked has to see what about
        console.error(render(plan, console, stream="stderr"))
    if reason is not None:
        question = f"{reason}. To go on, type {plan.stack}"
        return console.ask(question, flag=f"--yes-i-mean {plan.stack}").strip() == plan.stack
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
    with Progress(console, plan.places, plan.steps) as progress, marked(stack.terraform.folder):
        return stack.terraform.apply(file, on_event=progress.on_event)


def show(plan: Plan, console: Console) -> None:
    """Tell what a plan does; on stderr, since a deploy's data are its outputs."""
    console.say(render(plan, console, stream="stderr"))


def wait(stack: Stack, console: Console, timeout: float) -> None:
    """Wait until every service is steady. Raises AwsError that tells why one is not."""
    names = Names(stack.project.project_id, stack.project.env)
    targets = _targets(stack, names)
    if not targets:
        return

    def tell(state: ServiceState) -> None:
        console.say(f"  {state}{', steady' if state.outcome == 'steady' else ''}")

    try:
        with busy(console, "Waiting until the services are steady"), aws.errors("waiting for ECS"):
            ecs = aws.client(stack.session, "ecs")
            troubles = wait_until_steady(ecs, names.cluster, targets, timeout=timeout, on_state=tell)
    except KeyboardInterrupt:
        console.warn(f"no longer waiting: {stack.name} is deployed, and ECS goes on without this command")
        raise
    if troubles:
        raise AwsError("\n".join(map(str, troubles)))


def _targets(stack: Stack, names: Names) -> list[Target]:
    """The services that Terraform has made, with what they must run as the state tells it."""
    found = []
    for resource in stack.stored_state().get("resources", []):
        name = place(f"{resource['type']}.{resource['name']}", Owners(services=stack.services)).service
        if resource["type"] != "aws_ecs_service" or resource["mode"] != "managed" or name is None:
            continue
        external = stack.project.services[name].deployment.image_owner == "external"
        for instance in resource["instances"]:
            task_definition = None if external else str(instance["attributes"]["task_definition"])
            logs = f"ecsforge logs {name} --env {names.env}"
            found.append(Target(name, str(instance["attributes"]["name"]), task_definition, logs))
    return found
