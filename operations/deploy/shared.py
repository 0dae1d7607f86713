"""Applies and destroys the stack that all environments share: the repositories of the images.

A deploy of any environment applies it first, so it only adds and updates. A repository whose service left the project
file may hold what another branch deploys, or what a rollback needs. Terraform would destroy what is not in the
configuration; so a plan contains it as it is in the state, with every change ignored. The alternatives lose something:
a `removed` block takes it out of the state, where `destroy --shared` would not find it, and `prevent_destroy` refuses
the whole plan.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from operations import aws
from operations.ci.granted import refuse_missing
from operations.deploy.consent import Consent, agreed
from operations.deploy.deployed_tags import deployed_tags
from operations.deploy.protection import Protection
from operations.images.registry import Registry
from operations.plan.make import make_plan
from operations.private_folder import private_folder
from operations.reporter import activity
from operations.state.apply_marker import clear, marked
from stacks.errors import Position, Problem, TerraformError
from stacks.files import write_text
from stacks.naming import SHARED
from stacks.project.suggest import listed

if TYPE_CHECKING:
    from operations.plan.model import Plan
    from operations.reporter import Reporter
    from operations.stack import Stack
    from operations.state.document import Instance, StateDocument

REPOSITORY = "aws_ecr_repository"
_KEPT_FILE = "ecsforge-kept.tf.json"
# The types that are kept, with the arguments that Terraform requires for them.
_KEPT: Mapping[str, tuple[str, ...]] = {
    REPOSITORY: ("name",),
    "aws_ecr_lifecycle_policy": ("repository", "policy"),
    "aws_ecr_repository_policy": ("repository", "policy"),
    "aws_kms_key": (),
    "aws_kms_alias": ("name", "target_key_id"),
}
_OF_A_REPOSITORY = ("aws_ecr_lifecycle_policy", "aws_ecr_repository_policy")
_HOLDS_DATA = (REPOSITORY, "aws_kms_key")
_SHOWN = 5


def plan_shared(stack: Stack, reporter: Reporter, file: Path, *, details: bool = False) -> Plan:
    """Plan the shared stack into `file`, without destroying what has left the project file.

    Raises:
        TerraformError: Planning failed.
    """
    kept = kept_resources(stack.synthesized.configuration, stack.state_before)
    with activity(reporter, f"Planning {stack.name}"):
        planned = _planned(stack, reporter, file, kept, details=details)
        gone = {each.address for each in planned.resources if each.action == "create"} & {*kept}
        if gone:  # deleted in ECR, and not to be created again
            kept = {address: arguments for address, arguments in kept.items() if address not in gone}
            planned = _planned(stack, reporter, file, kept, details=details)
    lost = [each.address for each in planned.resources if each.action in ("destroy", "replace")]
    if any(address.partition(".")[0] in _HOLDS_DATA for address in lost):
        what = "the shared stack would lose repositories or their key"
        raise TerraformError.of(stack.name, what, got=listed(lost, "and"), fix="report this as a bug in ecsforge")
    for address, arguments in kept.items():
        if address.startswith(f"{REPOSITORY}."):
            fix = "delete it in ECR when nothing runs its images"
            what = "its service has left the project file; it stays, with its images"
            reporter.warn(Problem(Position(f"repository {arguments['name']}"), what, None, fix, severity="warning"))
    return planned


def deploy_shared(stack: Stack, reporter: Reporter, consent: Consent) -> bool:
    """Apply the shared stack if it is missing or has changed.

    Args:
        stack: The shared stack, ready for Terraform.
        reporter: Shows the plan, asks, and receives Terraform's events.
        consent: What may be done without asking. The consent to an environment's stack covers this one.

    Returns:
        Whether the stack is as the project file describes it; False when the user declined.

    Raises:
        TerraformError: Planning or applying failed.
        UsageError: The reporter cannot ask.
    """
    with private_folder(stack.terraform.folder) as folder:
        stack.unfinished.keep_incomplete(stack.terraform, reporter)
        file = folder / "plan"
        planned = plan_shared(stack, reporter, file)
        if not planned.has_changes:
            clear(stack.terraform.folder)
            reporter.detail(f"{stack.name}: no changes")
            return True
        reporter.show_plan(planned)
        changes = [(each.type, each.action) for each in planned.resources]
        refuse_missing(stack.project, stack.session, stack.caller, changes)
        given = Consent(consent.auto_approve or consent.stack is not None)
        if not agreed(planned, Protection(SHARED), reporter, given):
            return False
        _apply(stack, reporter, planned, file)
    reporter.say(f"Deployed {stack.name}")
    return True


def plan_destroy_shared(stack: Stack, reporter: Reporter, file: Path) -> Plan:
    """Plan to destroy the shared stack into `file`.

    Raises:
        TerraformError: An environment runs an image of one of its repositories, or planning failed.
        AwsError: AWS refused a request.
    """
    _refuse_deployed(stack)
    with activity(reporter, f"Planning to destroy {stack.name}"):
        return _planned(stack, reporter, file, {}, destroy=True)


def destroy_shared(stack: Stack, reporter: Reporter, consent: Consent) -> bool:
    """Destroy the shared stack with all images; return False when the user declined.

    Raises:
        TerraformError: An environment runs an image of one of its repositories, or planning or destroying failed.
        AwsError: AWS refused a request.
        UsageError: The reporter cannot ask.
    """
    with private_folder(stack.terraform.folder) as folder:
        file = folder / "plan"
        planned = plan_destroy_shared(stack, reporter, file)
        if not planned.resources:
            reporter.say(f"{stack.name}: nothing to destroy")
            return True
        reporter.show_plan(planned)
        if not agreed(planned, Protection(SHARED), reporter, consent, destroy=True):
            return False
        _refuse_deployed(stack)  # a deploy may have run since
        _delete_images(stack, reporter)
        _apply(stack, reporter, planned, file)
    reporter.say(f"Destroyed {stack.name}")
    return True


def kept_resources(configuration: Mapping[str, Any], state: StateDocument) -> dict[str, dict[str, Any]]:
    """What is in the state but no longer in the configuration, and must not be destroyed: arguments by address."""
    made = configuration.get("resource", {})
    left = [each for each in state.managed if each.type in _KEPT and each.name not in made.get(each.type, {})]
    repositories = {each.name for each in left if each.type == REPOSITORY}
    return {
        each.address: _arguments(each)
        for each in left
        if each.type not in _OF_A_REPOSITORY or each.name in repositories
    }


def _arguments(instance: Instance) -> dict[str, Any]:
    values = {name: _escaped(instance.attributes.get(name)) for name in _KEPT[instance.type]}
    return {**values, "lifecycle": {"ignore_changes": "all"}}


def _escaped(value: Any) -> Any:
    return value.replace("${", "$${").replace("%{", "%%{") if isinstance(value, str) else value


def _planned(
    stack: Stack,
    reporter: Reporter,
    file: Path,
    kept: Mapping[str, Mapping[str, Any]],
    *,
    destroy: bool = False,
    details: bool = False,
) -> Plan:
    orphans = {} if destroy else stack.unfinished.orphans
    with _kept_file(stack.terraform.folder, kept):
        return make_plan(stack.terraform, stack.name, file, reporter, imports=orphans, destroy=destroy, details=details)


@contextmanager
def _kept_file(folder: Path, kept: Mapping[str, Mapping[str, Any]]) -> Iterator[None]:
    """Add what is kept to the configuration in this block. The plan file contains it."""
    file = folder / _KEPT_FILE
    resources: dict[str, dict[str, Any]] = {}
    for address, arguments in kept.items():
        kind, _, name = address.partition(".")
        resources.setdefault(kind, {})[name] = arguments
    if resources:
        write_text(file, json.dumps({"resource": resources}, indent=2))
    else:
        file.unlink(missing_ok=True)  # from a plan that was killed
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _refuse_deployed(stack: Stack) -> None:
    """Raise TerraformError if an environment runs an image of a repository in the state."""
    repositories = repositories_in(stack.state_before)
    if not repositories:
        return
    found = deployed_tags(Registry(stack.session), repositories)
    environments = sorted({each.env for each in found})
    if environments:
        names = listed([f"{each.repository}:{each.tag}" for each in found][:_SHOWN], "and")
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise TerraformError.of(
            stack.name,
            f"{listed(environments, 'and')} {'runs' if len(environments) == 1 else 'run'} images of its repositories",
            got=f"{names}{more}",
            fix="destroy these environments first",
        )


def repositories_in(state: StateDocument) -> tuple[str, ...]:
    """The names of the repositories in a state."""
    return tuple(str(each.attributes["name"]) for each in state.managed if each.type == REPOSITORY)


def _delete_images(stack: Stack, reporter: Reporter) -> None:
    """Delete the repositories that have images, with them. Terraform only deletes empty ones."""
    with activity(reporter, "Deleting images"), aws.errors(f"deleting the images of {stack.name}"):
        ecr = aws.client(stack.session, "ecr")
        for repository in repositories_in(stack.state_before):
            try:
                ecr.delete_repository(repositoryName=repository, force=True)
            except ecr.exceptions.RepositoryNotFoundException:
                continue


def _apply(stack: Stack, reporter: Reporter, planned: Plan, file: Path) -> None:
    with activity(reporter, f"Applying {stack.name}", planned), marked(stack.terraform.folder):
        stack.terraform.apply(file, on_event=reporter.event)
