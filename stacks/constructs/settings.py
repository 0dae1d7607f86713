"""What Terraform itself is told: providers, their versions, and where the state is."""

from __future__ import annotations

from stacks.bindings import (
    CloudBackend,
    LocalBackend,
    NamedCloudWorkspace,
    S3Backend,
    TerraformStack,
    aws,
    local,
)
from stacks.constructs.base import Chosen, literal
from stacks.naming import Names
from stacks.project.models import Project, State

TERRAFORM_VERSION = ">= 1.5"
LOCK_FILE_TERRAFORM_VERSION = ">= 1.10"
PROVIDERS = {
    # The bindings pin one release of 6.x; what is generated here is understood from 5.100 on.
    "aws": {"source": "hashicorp/aws", "version": ">= 5.100, < 7"},
    "local": {"source": "hashicorp/local", "version": "~> 2.5"},
}


def terraform_settings(stack: TerraformStack, project: Project, names: Names) -> None:
    """The providers and the backend of the state."""
    state = project.state
    stack.add_override("terraform.required_providers", PROVIDERS)
    if state.backend == "s3":
        _s3_backend(stack, project, state, names)
    elif state.backend == "cloud":
        CloudBackend(stack, organization=state.organization or "", workspaces=NamedCloudWorkspace(names.stack))
    else:
        # cdktf's own default is an absolute path. This one is beside the output folder, which is beside the file.
        LocalBackend(stack, path=f"../../../terraform.{names.stack}.tfstate")
    _aws_provider(stack, project)
    local.provider.LocalProvider(stack, "local")


def require_version(stack: TerraformStack, project: Project) -> None:
    """Say which version of Terraform the stack needs; for HCL alone.

    checkov reads nothing at all of a JSON file that says it (bridgecrewio/checkov, issue 7454), and a scan of nothing
    finds nothing. For JSON the commands that run Terraform check its version.
    """
    locked = project.state.backend == "s3" and project.state.lock
    stack.add_override("terraform.required_version", LOCK_FILE_TERRAFORM_VERSION if locked else TERRAFORM_VERSION)


def state_key(project: Project) -> str:
    """The key of the state's object in the bucket: no other project's, also where several share a prefix."""
    prefix = (project.state.key_prefix or "").strip("/")
    return "/".join(filter(None, (prefix, project.project_id, project.env, "terraform.tfstate")))


def _s3_backend(stack: TerraformStack, project: Project, state: State, names: Names) -> None:
    backend = S3Backend(
        stack,
        **Chosen(
            bucket=state.bucket,
            key=state_key(project),
            region=state.region or project.region,
            encrypt=True,
            kms_key_id=state.kms_key,
        ),
    )
    if state.lock:
        backend.add_override("use_lockfile", True)


def _aws_provider(stack: TerraformStack, project: Project) -> None:
    """The AWS provider: the region, the account it accepts, the role it assumes, the tags of every resource."""
    kind = aws.provider
    tags = {name: literal(value) for name, value in project.tags.items()}
    tags |= {"Environment": project.env, "ManagedBy": "ecsforge", "Project": project.project_id}
    role = None
    if project.assume_role:
        role = [kind.AwsProviderAssumeRole(role_arn=project.assume_role, session_name="ecsforge")]
    kind.AwsProvider(
        stack,
        "aws",
        **Chosen(
            region=project.region,
            allowed_account_ids=[project.account_id] if project.account_id else None,
            assume_role=role,
            default_tags=[kind.AwsProviderDefaultTags(tags=dict(sorted(tags.items())))],
        ),
    )
