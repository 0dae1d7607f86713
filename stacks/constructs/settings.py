"""The Terraform settings of a stack: providers, their versions, and the backend of the state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from stacks.bindings import (
    CloudBackend,
    LocalBackend,
    NamedCloudWorkspace,
    S3Backend,
    TerraformStack,
    aws,
    local,
)
from stacks.constructs.base import ephemerals, literal
from stacks.naming import Names, state_key
from stacks.project.models import Project, State

if TYPE_CHECKING:
    from stacks.infra import OwnTerraform

TERRAFORM_VERSION = ">= 1.5"
LOCK_FILE_TERRAFORM_VERSION = ">= 1.10"
EPHEMERAL_TERRAFORM_VERSION = ">= 1.11"
PROVIDERS = {
    # The bindings are generated from one 6.x release; what is generated here works from 5.100 on.
    "aws": {"source": "hashicorp/aws", "version": ">= 5.100, < 7"},
    "local": {"source": "hashicorp/local", "version": "~> 2.5"},
}


def terraform_settings(
    stack: TerraformStack,
    project: Project,
    names: Names,
    *,
    local_files: bool = True,
    own: OwnTerraform | None = None,
) -> None:
    """Add the providers and the backend to a stack.

    `local_files` is whether it writes files. `own` is the user's own Terraform, whose providers are added.
    """
    state = project.state
    providers = PROVIDERS if local_files else {"aws": PROVIDERS["aws"]}
    stack.add_override("terraform.required_providers", _merged(providers, own) if own else providers)
    if state.backend == "s3":
        _s3_backend(stack, project, state, names)
    elif state.backend == "cloud":
        CloudBackend(stack, organization=state.organization or "", workspaces=NamedCloudWorkspace(names.stack))
    else:
        # cdktf's default is an absolute path. This one is in the folder of the project file, beside the output folder.
        LocalBackend(stack, path=f"../../../terraform.{names.stack}.tfstate")
    _aws_provider(stack, project)
    if local_files:
        local.provider.LocalProvider(stack, "local")


def _merged(ours: Mapping[str, dict[str, str]], own: OwnTerraform) -> dict[str, dict[str, str]]:
    """The providers of both; Terraform combines the version constraints of one that both have."""
    merged = {name: dict(each) for name, each in ours.items()}
    for name, provider in sorted(own.providers.items()):
        entry = merged.setdefault(name, {"source": provider.source})
        if entry["source"] != provider.source:
            continue  # Another provider, which has this name in a module.
        versions = [entry.get("version", ""), provider.version]
        if version := ", ".join(dict.fromkeys(filter(None, versions))):
            entry["version"] = version
    return merged


def require_version(stack: TerraformStack, project: Project) -> None:
    """Add the required version of Terraform; for HCL only.

    checkov skips a JSON file with `required_version` (bridgecrewio/checkov, issue 7454), so its scan would find
    nothing. For JSON, the commands that run Terraform check its version.
    """
    locked = project.state.backend == "s3" and project.state.lock
    version = LOCK_FILE_TERRAFORM_VERSION if locked else TERRAFORM_VERSION
    if ephemerals(stack):
        version = EPHEMERAL_TERRAFORM_VERSION
    stack.add_override("terraform.required_version", version)


def _s3_backend(stack: TerraformStack, project: Project, state: State, names: Names) -> None:
    backend = S3Backend(
        stack,
        bucket=state.bucket or "",
        key=state_key(project.project_id, project.env, state.key_prefix),
        region=state.region or project.region,
        encrypt=True,
        kms_key_id=state.kms_key,
    )
    if state.lock:
        backend.add_override("use_lockfile", True)


def _aws_provider(stack: TerraformStack, project: Project) -> None:
    """Add the AWS provider: region, allowed account, assumed role, default tags."""
    kind = aws.provider
    role = None
    if project.assume_role:
        role = [kind.AwsProviderAssumeRole(role_arn=project.assume_role, session_name="ecsforge")]
    kind.AwsProvider(
        stack,
        "aws",
        region=project.region,
        allowed_account_ids=[project.account_id] if project.account_id else None,
        assume_role=role,
        default_tags=[kind.AwsProviderDefaultTags(tags=default_tags(project))],
    )


def default_tags(project: Project) -> dict[str, str]:
    """The tags of every resource of the stack, sorted by key."""
    tags = {name: literal(value) for name, value in project.tags.items()}
    tags |= {"Environment": project.env, "ManagedBy": "ecsforge", "Project": project.project_id}
    return dict(sorted(tags.items()))
