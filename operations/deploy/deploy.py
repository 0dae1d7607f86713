"""Plan, show, confirm, apply exactly that plan, wait for a steady state: the steps of `plan`, `deploy` and `destroy`.

    Stack ─> plan ─> Reporter.show_plan ─> consent ─> apply, marked ─> wait ─> Outputs

The `Stack` contains what its preparation found (`operations/stack.py`), so nothing is looked up twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from operations import aws
from operations.ci.granted import refuse_missing
from operations.deploy.brought_back import report_brought_back
from operations.deploy.consent import Consent, agreed
from operations.deploy.content import content_problems
from operations.deploy.existing_load_balancer import load_balancer_problems
from operations.deploy.families import deregister_families, families_of, removed_families
from operations.deploy.image_tags import tag_images, untag_images
from operations.deploy.images import NO_IMAGES, refuse_moved_repositories, require_images
from operations.deploy.imported_network import network_problems
from operations.deploy.in_two_steps import Actions, Step, until_services
from operations.deploy.one_off_tasks import refuse_saved, run_tasks, services_with_tasks, with_tasks
from operations.deploy.ownership import require_state
from operations.deploy.protection import Protection
from operations.deploy.running_tasks import RunningTasks, removed_starters
from operations.deploy.security_groups import close_open_groups
from operations.deploy.steady_state import before_apply, wait
from operations.plan.import_blocks import unread_addresses
from operations.plan.make import make_plan, read_plan
from operations.plan.variables import Variables
from operations.private_folder import private_folder
from operations.reporter import activity
from operations.state.apply_marker import clear, marked
from stacks.errors import AwsError, Position, Problem, TerraformError

if TYPE_CHECKING:
    from operations.plan.model import Plan
    from operations.reporter import Reporter
    from operations.stack import Stack
    from operations.state.document import StateDocument
    from operations.terraform.stream import Outputs


def plan(
    stack: Stack,
    reporter: Reporter,
    file: Path,
    *,
    images: Mapping[str, str] = NO_IMAGES,
    destroy: bool = False,
    details: bool = False,
    state: StateDocument | None = None,
    targets: Sequence[str] = (),
) -> Plan:
    """Plan into `file`, and import the resources that an unfinished apply left.

    Args:
        stack: The stack, ready for Terraform.
        reporter: Receives `Started` and `Finished`, and Terraform's warnings as details.
        file: The plan file to write. It contains secrets in plain text.
        images: Images to deploy, by service, for services with `build` or `repository`. Default: the deployed ones.
        destroy: Plan to destroy everything.
        details: Also read a plan without changes, which takes a few seconds.
        state: The current state, if something was applied since the stack was prepared.
        targets: The addresses to plan, with what they depend on; everything by default.

    Raises:
        UsageError: A service has no image.
        TerraformError: Planning failed, the stack exists in the account but is not in its state, or AWS would refuse
            a change.
        AwsError: The existing VPC lacks what a deploy needs.
    """
    if not destroy:
        refuse_moved_repositories(stack)
        require_images(stack, images)
    if not destroy and not targets:
        _require_network(stack, reporter)
        _report_stopped(stack, reporter)
    what = "to destroy " if destroy else "the first part of " if targets else ""
    orphans, current = stack.unfinished.orphans, state or stack.state_before
    with activity(reporter, f"Planning {what}{stack.name}"):
        made = make_plan(
            stack.terraform,
            stack.name,
            file,
            reporter,
            imports={address: orphans[address] for address in orphans if not targets or address in targets},
            unread=unread_addresses(stack.synthesized.configuration, orphans, current),
            variables=Variables.of(
                stack.synthesized.configuration,
                current,
                images=images,
                env_vars=stack.terraform.env_vars,
            ),
            destroy=destroy,
            details=details,
            targets=targets,
        )
    if stack.exists:
        require_state(made, stack.backend, destroy=destroy, searched=stack.unfinished.found)
        if not targets and state is None:  # else the service does not run the new revision yet
            report_brought_back(made, stack.session, reporter)
    return with_tasks(_possible(made, stack, reporter), stack.project)


def deploy(
    stack: Stack,
    reporter: Reporter,
    consent: Consent,
    *,
    images: Mapping[str, str] = NO_IMAGES,
    saved_plan: Path | None = None,
    timeout: float | None,
    before: bool = True,
) -> Outputs | None:
    """Deploy a stack as the project file describes it.

    Args:
        stack: The stack, ready for Terraform.
        reporter: Shows the plan, asks, and receives Terraform's events and the states of the services.
        consent: What may be done without asking.
        images: Images to deploy, by service, for services with `build` or `repository`. Default: the deployed ones.
        saved_plan: A plan file to apply instead of a new plan.
        timeout: Seconds to wait for a steady state; None to not wait.
        before: Run the tasks of `deployment.before`.

    Returns:
        The stack's outputs; None when the user declined the plan.

    Raises:
        TerraformError: Planning or applying failed, or the environment is stopped.
        AwsError: A service did not reach a steady state, or AWS refused a request.
        UsageError: A service has no image, or the reporter cannot ask.
    """
    _refuse_stopped(stack)
    with private_folder(stack.terraform.folder) as folder:
        if saved_plan is None:
            stack.unfinished.keep_incomplete(stack.terraform, reporter)
            file = folder / "plan"
            planned = plan(stack, reporter, file, images=images)
        else:
            file = saved_plan
            planned = _possible(read_plan(stack.terraform, stack.name, file, stack.backend), stack, reporter)
            refuse_saved(with_tasks(planned, stack.project, before=before))
        planned = with_tasks(planned, stack.project, before=before)
        protection = Protection.of(stack.project, stack.state_before)
        destroys = planned.destroys_everything
        if destroys:
            protection.refuse_destroy()
        reporter.show_plan(planned)
        if not planned.has_changes:
            clear(stack.terraform.folder)
            # The last deployment may have failed since, or `--no-wait` was set.
            wait(stack, reporter, timeout)
            outputs = stack.terraform.output()
            tag_images(stack, reporter, outputs)
            return outputs
        changes = [(each.type, each.action) for each in planned.resources]
        refuse_missing(stack.project, stack.session, stack.caller, changes)
        if not agreed(planned, protection, reporter, consent):
            return None
        if stack.unfinished.found:
            _close_groups(stack, reporter)
        baseline = before_apply(stack, reporter, planned) if timeout is not None else None
        step = Step(planned, file)
        if before:
            step = _run_before(stack, reporter, consent, protection, step, images)
        outputs = _apply(stack, reporter, step.plan, step.file)
        wait(stack, reporter, timeout, baseline)
        tag_images(stack, reporter, outputs)
        _run_after(stack, reporter, planned, waited=timeout is not None)
    reporter.say(f"{'Destroyed' if destroys else 'Deployed'} {stack.name}")
    return outputs


def destroy(stack: Stack, reporter: Reporter, consent: Consent) -> bool:
    """Destroy everything in a stack; return False when the user declined. Raises the same errors as `deploy`."""
    protection = Protection.of(stack.project, stack.state_before)
    protection.refuse_destroy()
    with private_folder(stack.terraform.folder) as folder:
        file = folder / "plan"
        planned = plan(stack, reporter, file, destroy=True)
        if not planned.resources:
            deregister_families(stack, reporter, families_of(stack.project))
            untag_images(stack, reporter)
            reporter.say(f"{stack.name}: nothing to destroy")
            return True
        reporter.show_plan(planned)
        if not agreed(planned, protection, reporter, consent, destroy=True):
            return False
        _apply(stack, reporter, planned, file)
    untag_images(stack, reporter)
    reporter.say(f"Destroyed {stack.name}")
    return True


def _possible(planned: Plan, stack: Stack, reporter: Reporter) -> Plan:
    """Return a plan. Raises TerraformError if AWS would refuse a part of it while it is applied."""
    problems = (*planned.impossible, *content_problems(planned, stack.session, reporter))
    if problems:
        raise TerraformError(*problems)
    return planned


def _refuse_stopped(stack: Stack) -> None:
    """Raise TerraformError if the environment is stopped: an apply would start a part of it."""
    if stack.stopped is not None:
        what = f"the environment has been stopped since {stack.stopped.moment}, and a deploy would start a part of it"
        raise TerraformError(Problem(Position(stack.name), what, fix="start it first:", command=("start",)))


def _report_stopped(stack: Stack, reporter: Reporter) -> None:
    """Warn that the environment is stopped: the plan then contains what starts it."""
    if stack.stopped is not None:
        what = f"the environment has been stopped since {stack.stopped.moment}, so the plan also shows what was stopped"
        fix = "deploy refuses until"
        command = ("start", "--env", stack.project.env)
        reporter.warn(Problem(Position(stack.name), what, fix=fix, severity="warning", command=command))


def _require_network(stack: Stack, reporter: Reporter) -> None:
    """Raise AwsError if the existing VPC or load balancer lacks what a deploy needs.

    It is a warning if AWS denies the request for it.
    """
    try:
        problems = (
            *network_problems(stack.project, stack.session, deployed=stack.exists),
            *load_balancer_problems(stack.project, stack.session),
        )
    except AwsError as error:
        if not error.codes & aws.DENIED:
            raise
        for problem in error.problems:
            reporter.warn(problem)
        return
    if problems:
        raise AwsError(*problems)


def _close_groups(stack: Stack, reporter: Reporter) -> None:
    """Close the security groups that the last deploy left open."""
    with aws.errors("closing the security groups that the last deploy did not complete"):
        closed = close_open_groups(stack.synthesized, stack.session)
    for name in closed:
        reporter.say(f"Closed the security group {name}, which the last deploy left open")


def _run_before(
    stack: Stack,
    reporter: Reporter,
    consent: Consent,
    protection: Protection,
    step: Step,
    images: Mapping[str, str],
) -> Step:
    """Run the tasks of `deployment.before`, and return what is then to be applied."""
    services = services_with_tasks(step.plan, stack.project, "before")
    actions = Actions(
        partial(_apply, stack, reporter, whole=False),
        lambda file, targets: plan(stack, reporter, file, images=images, targets=targets, state=stack.stored_state()),
        lambda planned: agreed(planned, protection, reporter, consent),
    )
    return until_services(stack, reporter, step, services, actions) if services else step


def _run_after(stack: Stack, reporter: Reporter, planned: Plan, *, waited: bool) -> None:
    """Run the tasks of `deployment.after` of the services that are in a steady state."""
    services = services_with_tasks(planned, stack.project, "after")
    if services and not waited:
        reporter.warn(f"`deployment.after` of {', '.join(services)} is not run with --no-wait")
    elif services:
        attributes = stack.stored_state().attributes
        run_tasks(stack, reporter, "after", {name: attributes[address] for name, address in services.items()})


def _apply(stack: Stack, reporter: Reporter, planned: Plan, file: Path, *, whole: bool = True) -> Outputs:
    """Apply the plan in `file`; stop the tasks and deregister the task definitions of what it removes."""
    families = removed_families(planned, lambda: stack.state_before)
    if planned.destroys_everything:
        families |= families_of(stack.project)
    starters = removed_starters(planned, stack.state_before) if families else {}
    tasks = RunningTasks(stack, reporter, families, starters)
    with activity(reporter, f"Applying {stack.name}", planned), marked(stack.terraform.folder, whole=whole):
        tasks.stop_abandoned()
        outputs = stack.terraform.apply(file, on_event=tasks.event)
    deregister_families(stack, reporter, families)
    return outputs
