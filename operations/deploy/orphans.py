"""After an apply that did not end in order: what it has made but Terraform does not know, and what it half made.

A resource enters the state when AWS has finished making it, which for a load balancer takes minutes. An apply that is
killed meanwhile leaves it in the account, unknown to Terraform, and the next one fails because the name is taken, or
makes, and pays for, a second one. So an apply leaves a mark until it has ended well. Where the mark is found, what
bears this stack's tags and stands in its configuration but not in its state is imported by the next plan, with
Terraform's own `import` blocks (https://developer.hashicorp.com/terraform/language/import).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from operations.deploy.arns import imported
from operations.deploy.import_by_name import found_by_name
from operations.terraform.init import STACK_FILE
from operations.terraform.runner import Terraform
from stacks.errors import TerraformError

if TYPE_CHECKING:
    import boto3

Ending = Literal["interrupted", "failed"]
_MARK = ".ecsforge-apply.json"  # not in .terraform, which goes with a stack that a later synth leaves out
_IMPORTS = "ecsforge-imports.tf.json"


@dataclass(frozen=True)
class Orphan:
    """A resource in AWS that belongs to this stack but is not in its state; `id` is what Terraform imports it by."""

    address: str
    id: str


@contextmanager
def marked(folder: Path) -> Iterator[None]:
    """Leave a mark in the stack's folder for as long as the apply in here has not ended well."""
    mark = folder / _MARK
    mark.write_text(json.dumps({"ended": "interrupted"}), "utf-8")  # what a killed apply leaves
    try:
        yield
    except TerraformError:
        with suppress(OSError):  # a synth of other stacks may have cleared the folder meanwhile
            mark.write_text(json.dumps({"ended": "failed"}), "utf-8")
        raise
    settled(folder)


def settled(folder: Path) -> None:
    """Take the mark away: all that was asked for is there."""
    (folder / _MARK).unlink(missing_ok=True)


def last_ending(folder: Path) -> Ending | None:
    """How the last apply ended, None when it ended well."""
    try:
        ended = json.loads((folder / _MARK).read_text("utf-8"))["ended"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return "failed" if ended == "failed" else "interrupted"


def keep_half_made(
    terraform: Terraform, read_state: Callable[[], Mapping[str, Any]], say: Callable[[str], None]
) -> None:
    """Let Terraform complete what it would otherwise replace.

    Terraform marks what it could not make to the end as tainted and replaces it. After an interrupt nothing is wrong
    with it; what is replaced by first making the new one can't be, as long as the old one has its name; and what must
    not be destroyed can't be replaced at all.
    """
    ending = last_ending(terraform.folder)
    if ending is None:
        return
    for address, lifecycle in tainted(read_state(), _content(terraform.folder)):
        if ending == "interrupted" or lifecycle.get("create_before_destroy") or lifecycle.get("prevent_destroy"):
            say(f"Keeping {address}, which the last deploy did not complete")
            terraform.untaint(address)


def tainted(state: Mapping[str, Any], content: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The addresses of tainted resources that are still asked for, each with its `lifecycle` settings."""
    for each in state.get("resources", []):
        wanted = content.get("resource", {}).get(each["type"], {}).get(each["name"])
        if wanted is not None and any(instance.get("status") == "tainted" for instance in each["instances"]):
            yield f"{each['type']}.{each['name']}", wanted.get("lifecycle", {})


def orphans(folder: Path, state: Mapping[str, Any], session: boto3.Session) -> tuple[Orphan, ...]:
    """What is in AWS and in the configuration, but not in the state.

    Resources are known by the tags that every resource of a stack bears: Project, Environment and a Name of its own.
    Those that bear none are known by what `operations.deploy.import_by_name` says of them.
    """
    content, known = _content(folder), _known(state)
    found = _with_tags(content, known, session)
    there = {**known, **{address: {"id": id_, "arn": id_} for address, id_ in found.items()}}
    found |= dict(found_by_name(content, there, session))
    return tuple(Orphan(address, found[address]) for address in sorted(found))


def _known(state: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The attributes of the resources and data sources in a state, by address."""
    return {
        f"{'data.' if each['mode'] == 'data' else ''}{each['type']}.{each['name']}": instance.get("attributes") or {}
        for each in state.get("resources", [])
        for instance in each.get("instances", [])[:1]
    }


def _with_tags(content: Mapping[str, Any], known: Collection[str], session: boto3.Session) -> dict[str, str]:
    """The import ids of what is not known but bears the stack's tags, by address."""
    missing = {
        (kind, resource["tags"]["Name"]): f"{kind}.{name}"
        for kind, made in content.get("resource", {}).items()
        for name, resource in made.items()
        if f"{kind}.{name}" not in known and "Name" in (resource.get("tags") or {})
    }
    if not missing:
        return {}
    own = _own_tags(content)
    found = {missing[key]: id_ for key, id_ in _tagged(session, own) if key in missing}
    return found | dict(_roles(session, own, {key: at for key, at in missing.items() if key[0] == "aws_iam_role"}))


def _own_tags(content: Mapping[str, Any]) -> dict[str, str]:
    """The tags that tell a stack's resources from all others."""
    tags = content["provider"]["aws"][0]["default_tags"][0]["tags"]
    return {key: tags[key] for key in ("Project", "Environment", "ManagedBy")}


def _tagged(session: boto3.Session, own: Mapping[str, str]) -> Iterator[tuple[tuple[str, str], str]]:
    """All that bears the stack's tags: Terraform's type and the Name tag, and the id to import it by."""
    filters = [{"Key": key, "Values": [value]} for key, value in own.items()]
    pages = session.client("resourcegroupstaggingapi").get_paginator("get_resources").paginate(TagFilters=filters)
    for page in pages:
        for each in page["ResourceTagMappingList"]:
            name = {tag["Key"]: tag["Value"] for tag in each["Tags"]}.get("Name", "")
            resource = imported(each["ResourceARN"])
            if resource is not None and (resource.type != "aws_ecs_service" or _runs(session, resource.id)):
                yield (resource.type, name), resource.id


def _runs(session: boto3.Session, service: str) -> bool:
    """Whether ECS still has the service `cluster/name`: deleted ones keep their tags for a while."""
    cluster, _, name = service.partition("/")
    found = session.client("ecs").describe_services(cluster=cluster, services=[name])["services"]
    return any(each["status"] == "ACTIVE" for each in found)


def _roles(
    session: boto3.Session, own: Mapping[str, str], missing: Mapping[tuple[str, str], str]
) -> Iterator[tuple[str, str]]:
    """Roles, which the tagging API does not know: a role's Name tag is its name."""
    iam = session.client("iam")
    for (_, name), address in missing.items():
        with suppress(iam.exceptions.NoSuchEntityException):
            tags = {tag["Key"]: tag["Value"] for tag in iam.get_role(RoleName=name)["Role"].get("Tags", [])}
            if own.items() <= tags.items():
                yield address, name


def close_half_made_groups(folder: Path, session: boto3.Session) -> tuple[str, ...]:
    """Take from this stack's security groups the rule that AWS gives to every new one; returns the groups' names.

    It lets everything out. Terraform takes it away as the last step of making a group, and never again: a group that
    was half made and is kept would stay open. Our own rules have a description, this one has none.
    """
    content = _content(folder)
    groups = content.get("resource", {}).get("aws_security_group", {})
    names = {group["tags"]["Name"] for group in groups.values() if "Name" in (group.get("tags") or {})}
    if not names:
        return ()
    ec2 = session.client("ec2")
    filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in _own_tags(content).items()]
    closed = []
    for page in ec2.get_paginator("describe_security_groups").paginate(Filters=filters):
        for group in page["SecurityGroups"]:
            if group["GroupName"] in names and _closed(ec2, group["GroupId"]):
                closed.append(group["GroupName"])
    return tuple(sorted(closed))


def _closed(ec2: Any, group: str) -> bool:
    """Take the rule from one group; returns whether it had it."""
    pages = ec2.get_paginator("describe_security_group_rules").paginate(
        Filters=[{"Name": "group-id", "Values": [group]}]
    )
    rules = [
        rule["SecurityGroupRuleId"]
        for page in pages
        for rule in page["SecurityGroupRules"]
        if rule["IsEgress"]
        and rule["IpProtocol"] == "-1"
        and not rule.get("Description")
        and (rule.get("CidrIpv4") == "0.0.0.0/0" or rule.get("CidrIpv6") == "::/0")
    ]
    if rules:
        ec2.revoke_security_group_egress(GroupId=group, SecurityGroupRuleIds=rules)
    return bool(rules)


@contextmanager
def importing(folder: Path, found: Iterable[Orphan]) -> Iterator[None]:
    """Make every plan in here import what was found. The plan file keeps it; the configuration does not."""
    file = folder / _IMPORTS
    blocks = [{"to": orphan.address, "id": orphan.id} for orphan in found]
    if blocks:
        file.write_text(json.dumps({"import": blocks}, indent=2), "utf-8")
    else:
        file.unlink(missing_ok=True)  # left by a plan that was killed
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _content(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / STACK_FILE).read_text("utf-8"))
    return content
