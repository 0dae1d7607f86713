"""Creates the roles of pipelines in an account, and GitHub's identity provider; deletes the roles.

Safe to repeat: what exists is compared and changed only where it differs. A role with such a name that ecsforge did not
create is never changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from operations import aws
from operations.ci.documents import INLINE, PipelineRole
from operations.ci.names import AUDIENCE, ISSUER, KINDS, Account, Kind, role_name
from stacks.errors import AwsError, Position, Problem

if TYPE_CHECKING:
    import boto3

    from operations.reporter import Reporter
    from stacks.project.models import Project

TAG = "ecsforge:pipeline"
"""The tag of the roles that ecsforge created: its value is the project and the environment."""
_MISSING = frozenset({"NoSuchEntity", "NoSuchEntityException"})
_MOST_VERSIONS = 5
"""The versions that a managed policy can have (IAM User Guide, "Versioning IAM policies")."""


def create_roles(
    session: boto3.Session, project: Project, account: Account, roles: tuple[PipelineRole, ...], reporter: Reporter
) -> None:
    """Create the identity provider and the roles, or bring them up to date; delete a plan role that is not wanted.

    Raises:
        AwsError: AWS refused a request, or a role with such a name belongs to somebody else.
    """
    iam = aws.client(session, "iam")
    with aws.errors("the roles of pipelines"):
        _provider(iam, account, reporter)
        for role in roles:
            _role(iam, project, account, role, reporter)
        for kind in set(KINDS) - {role.kind for role in roles}:
            _delete(iam, project, role_name(kind, project.project_id, project.env), reporter)


def remove_roles(session: boto3.Session, project: Project, reporter: Reporter) -> bool:
    """Delete the roles of an environment; return whether there was any. Raises the same errors as `create_roles`."""
    iam = aws.client(session, "iam")
    kinds: tuple[Kind, ...] = KINDS
    with aws.errors("the roles of pipelines"):
        deleted = [_delete(iam, project, role_name(kind, project.project_id, project.env), reporter) for kind in kinds]
    return any(deleted)


def _provider(iam: Any, account: Account, reporter: Reporter) -> None:
    arn = account.provider_arn
    found = _found(lambda: iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn))
    if found is None:
        iam.create_open_id_connect_provider(Url=f"https://{ISSUER}", ClientIDList=[AUDIENCE])
        reporter.say(f"Created the identity provider {ISSUER}")
    elif AUDIENCE not in found.get("ClientIDList", ()):
        what = f"the identity provider {ISSUER} does not accept tokens for {AUDIENCE}"
        fix = f"add it: aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn {arn}"
        fix += f" --client-id {AUDIENCE}"
        reporter.warn(Problem(Position(arn), what, None, fix, severity="warning"))
    else:
        reporter.say(f"The identity provider {ISSUER} exists")


def _role(iam: Any, project: Project, account: Account, role: PipelineRole, reporter: Reporter) -> None:
    found = _found(lambda: iam.get_role(RoleName=role.name))
    if found is None:
        does = "Deploys" if role.kind == "deploy" else "Plans"
        iam.create_role(
            RoleName=role.name,
            AssumeRolePolicyDocument=_text(role.trust),
            Description=f"{does} {project.project_id}-{project.env} from GitHub Actions",
            Tags=[{"Key": TAG, "Value": _tag(project)}],
        )
        changed = True
    else:
        _require_own(project, found["Role"])
        changed = _as_object(found["Role"]["AssumeRolePolicyDocument"]) != role.trust
        if changed:
            iam.update_assume_role_policy(RoleName=role.name, PolicyDocument=_text(role.trust))
    changed |= _policies(iam, account, role)
    state = "Created" if found is None else "Updated" if changed else "Unchanged:"
    reporter.say(f"{state} role {role.name}, for {role.subject}")


def _policies(iam: Any, account: Account, role: PipelineRole) -> bool:
    """Write the policies of a role; return whether any changed."""
    inline = _found(lambda: iam.get_role_policy(RoleName=role.name, PolicyName=INLINE))
    changed = inline is None or _as_object(inline["PolicyDocument"]) != role.inline
    # Added before others are removed, so that a running deploy keeps what it needs.
    for name, document in role.managed.items():
        changed |= _managed(iam, account.iam(f"policy/{name}"), name, document)
        iam.attach_role_policy(RoleName=role.name, PolicyArn=account.iam(f"policy/{name}"))
    if changed:
        iam.put_role_policy(RoleName=role.name, PolicyName=INLINE, PolicyDocument=_text(role.inline))
    for arn in _own_managed(iam, role.name):
        if arn.rpartition("/")[2] not in role.managed:
            _delete_managed(iam, role.name, arn)
            changed = True
    return changed


def _managed(iam: Any, arn: str, name: str, document: Mapping[str, Any]) -> bool:
    """Create a managed policy or a new version of it; return whether it changed."""
    found = _found(lambda: iam.get_policy(PolicyArn=arn))
    if found is None:
        iam.create_policy(PolicyName=name, PolicyDocument=_text(document))
        return True
    current = iam.get_policy_version(PolicyArn=arn, VersionId=found["Policy"]["DefaultVersionId"])
    if _as_object(current["PolicyVersion"]["Document"]) == document:
        return False
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    if len(versions) >= _MOST_VERSIONS:
        oldest = min((each for each in versions if not each["IsDefaultVersion"]), key=lambda each: each["CreateDate"])
        iam.delete_policy_version(PolicyArn=arn, VersionId=oldest["VersionId"])
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=_text(document), SetAsDefault=True)
    return True


def _delete(iam: Any, project: Project, name: str, reporter: Reporter) -> bool:
    """Delete a role with its policies; return whether it existed."""
    found = _found(lambda: iam.get_role(RoleName=name))
    if found is None:
        return False
    _require_own(project, found["Role"])
    own = set(_own_managed(iam, name))
    for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        if policy["PolicyArn"] in own:
            _delete_managed(iam, name, policy["PolicyArn"])
        else:
            iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    iam.delete_role(RoleName=name)
    reporter.say(f"Deleted role {name}")
    return True


def _own_managed(iam: Any, role: str) -> Iterator[str]:
    """The ARNs of the attached policies that belong to the role."""
    for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        start, _, number = policy["PolicyName"].rpartition("-")
        if start == role and number.isdigit():
            yield policy["PolicyArn"]


def _delete_managed(iam: Any, role: str, arn: str) -> None:
    iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
    iam.delete_policy(PolicyArn=arn)


def _require_own(project: Project, role: Mapping[str, Any]) -> None:
    tags = {tag["Key"]: tag["Value"] for tag in role.get("Tags", ())}
    if tags.get(TAG) != _tag(project):
        what = f"a role with this name exists, and does not belong to the pipelines of {_tag(project)}"
        raise AwsError.of(
            role["RoleName"], what, got=tags.get(TAG) or f"no tag {TAG}", fix="delete it, or use another project_id"
        )


def _tag(project: Project) -> str:
    return f"{project.project_id}/{project.env}"


def _found(ask: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """The answer of a request; None if what it names does not exist."""
    from botocore.exceptions import ClientError

    try:
        return ask()
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            return None
        raise


def _text(document: Mapping[str, Any]) -> str:
    """A document without white space, which IAM does not count in policies but does in trust policies."""
    return json.dumps(document, separators=(",", ":"))


def _as_object(document: Any) -> Any:
    return json.loads(document) if isinstance(document, str) else document
