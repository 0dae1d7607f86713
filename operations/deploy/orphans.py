"""What a failed or interrupted apply left: resources that are not in the state, and incomplete ones.

A resource enters the state when AWS has finished creating it, which takes minutes for a load balancer. When an apply is
killed before that, the resource stays in the account, unknown to Terraform: the next apply fails because the name is in
use, or creates a second one, which costs money. So after an apply that did not succeed (`state/apply_marker.py`), the
next plan imports resources that have this stack's tags and are in its configuration but not in its state.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from operations import aws
from operations.deploy.import_by_arn import Imported, candidates
from operations.deploy.import_by_name import found_by_name
from operations.deploy.stores_in_creation import has_type, wait_for_stores
from operations.state.apply_marker import Ending
from stacks.errors import AwsError

if TYPE_CHECKING:
    import boto3

    from operations.reporter import Reporter
    from operations.state.document import StateDocument
    from operations.terraform.runner import Terraform
    from stacks.output import SynthesizedStack


@dataclass(frozen=True)
class Unfinished:
    """What the last apply left if it did not succeed.

    Attributes:
        ending: How it ended; None when it succeeded.
        orphans: Resources in AWS that belong to this stack but are not in its state: address to import ID.
        incomplete: Addresses of resources that Terraform would replace although it only has to complete them.
        adopting: Whether `--adopt` is set: look for orphans even if the last apply on this machine succeeded.
    """

    ending: Ending | None = None
    orphans: Mapping[str, str] = field(default_factory=dict)
    incomplete: tuple[str, ...] = ()
    adopting: bool = False

    @property
    def found(self) -> bool:
        """Whether there may be leftover resources: the last apply did not succeed, or `--adopt` is set."""
        return self.ending is not None or self.adopting

    def keep_incomplete(self, terraform: Terraform, reporter: Reporter) -> None:
        """Let Terraform complete those resources instead of replacing them. Raises TerraformError."""
        for address in self.incomplete:
            reporter.say(f"Keeping {address}, which the last deploy did not complete")
            terraform.untaint(address)


def find_unfinished(
    stack: SynthesizedStack,
    ending: Ending | None,
    read_state: Callable[[], StateDocument],
    session: boto3.Session,
    reporter: Reporter,
    *,
    adopt: bool = False,
) -> Unfinished:
    """What the last apply left; with `adopt`, also orphans after an apply that succeeded on this machine.

    Finding orphans needs a permission that a deploy does not need otherwise. Without it, there is only a warning.
    """
    if ending is None and not adopt:
        return Unfinished()
    state = read_state()
    incomplete = tuple(_incomplete(stack, state, ending)) if ending is not None else ()
    try:
        with aws.errors("finding what an interrupted deploy left"):
            found = orphans(stack, state, session)
            wait_for_stores(stack.configuration, (*found, *incomplete), session, reporter)
    except AwsError as error:
        for problem in error.problems:
            reporter.warn(problem)
        found = {}
    for address, id_ in found.items():
        reporter.detail(f"An interrupted deploy left {address}, {id_}")
    return Unfinished(ending, found, incomplete, adopt)


def _incomplete(stack: SynthesizedStack, state: StateDocument, ending: Ending) -> Iterator[str]:
    """The tainted resources that can be kept.

    Terraform taints a resource that it could not finish creating, and replaces it. After an interrupt nothing is wrong
    with it. A resource with create_before_destroy can't be replaced while its name is in use, and one with
    prevent_destroy never.
    """
    for address in state.tainted:
        kind, _, name = address.partition(".")
        wanted = stack.configuration.get("resource", {}).get(kind, {}).get(name)
        if wanted is None:
            continue
        lifecycle = wanted.get("lifecycle", {})
        if ending == "interrupted" or lifecycle.get("create_before_destroy") or lifecycle.get("prevent_destroy"):
            yield address


def orphans(stack: SynthesizedStack, state: StateDocument, session: boto3.Session) -> dict[str, str]:
    """The resources in AWS and in the configuration, but not in the state: address to import ID, sorted.

    Resources are found by the tags that every resource of a stack has (Project, Environment and its own Name); those
    without tags by name (`operations/deploy/import_by_name.py`). Raises botocore's ClientError.
    """
    known = state.attributes
    found = _with_tags(stack, known, session)
    existing = {**known, **{address: {"id": id_, "arn": id_} for address, id_ in found.items()}}
    found |= dict(found_by_name(stack.configuration, existing, session))
    return dict(sorted(found.items()))


def _with_tags(stack: SynthesizedStack, known: Collection[str], session: boto3.Session) -> dict[str, str]:
    """The import IDs of resources that are not known but have the stack's tags, by address."""
    missing = {
        (kind, resource["tags"]["Name"]): f"{kind}.{name}"
        for kind, made in stack.configuration.get("resource", {}).items()
        for name, resource in made.items()
        if f"{kind}.{name}" not in known and "Name" in (resource.get("tags") or {})
    }
    if not missing:
        return {}
    own = stack.own_tags
    found = {missing[key]: id_ for key, id_ in _tagged(session, own, missing)}
    return found | dict(_roles(session, own, {key: at for key, at in missing.items() if key[0] == "aws_iam_role"}))


def _tagged(
    session: boto3.Session, own: Mapping[str, str], missing: Collection[tuple[str, str]]
) -> Iterator[tuple[tuple[str, str], str]]:
    """What has the stack's tags and is missing: Terraform's type and the Name tag, and the import ID."""
    filters = [{"Key": key, "Values": [value]} for key, value in own.items()]
    pages = session.client("resourcegroupstaggingapi").get_paginator("get_resources").paginate(TagFilters=filters)
    for page in pages:
        for each in page["ResourceTagMappingList"]:
            name = {tag["Key"]: tag["Value"] for tag in each["Tags"]}.get("Name", "")
            for resource in candidates(each["ResourceARN"]):
                if (resource.type, name) in missing and _exists(session, resource):
                    yield (resource.type, name), resource.id


def _exists(session: boto3.Session, resource: Imported) -> bool:
    """Whether it is a resource of that type and still there: deleted ones keep their tags for a while."""
    if resource.type != "aws_ecs_service":
        return has_type(session, resource.type, resource.id)
    return _is_active(session, resource.id)


def _is_active(session: boto3.Session, service: str) -> bool:
    """Whether ECS still has the service `cluster/name`."""
    cluster, _, name = service.partition("/")
    found = session.client("ecs").describe_services(cluster=cluster, services=[name])["services"]
    return any(each["status"] == "ACTIVE" for each in found)


def _roles(
    session: boto3.Session, own: Mapping[str, str], missing: Mapping[tuple[str, str], str]
) -> Iterator[tuple[str, str]]:
    """Roles, which the tagging API does not return: a role's Name tag is its name."""
    iam: Any = session.client("iam")
    for (_, name), address in missing.items():
        with suppress(iam.exceptions.NoSuchEntityException):
            tags = {tag["Key"]: tag["Value"] for tag in iam.get_role(RoleName=name)["Role"].get("Tags", [])}
            if own.items() <= tags.items():
                yield address, name
