"""The execution role and the task role of a service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stacks.bindings import Construct
from stacks.constructs.base import Concept
from stacks.constructs.containers import object_arn
from stacks.constructs.environment import Environment
from stacks.constructs.iam import Grant, Role, user_grants
from stacks.constructs.log_group import LogGroup
from stacks.naming import identifier
from stacks.project.models import Service
from stacks.references import ecr_repository, secret_reference

PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


class ServiceRoles(Concept):
    """Two roles that ECS assumes for one service's tasks.

    The execution role starts tasks: it writes to the service's log group, pulls from its repository and reads its
    secrets and environment files, and nothing else. The task role is what the containers may do.

    Attributes:
        execution: the execution role.
        task: the task role.
        ready: the policies a task needs before it can start.
    """

    def __init__(
        self,
        scope: Construct,
        environment: Environment,
        name: str,
        spec: Service,
        *,
        log_group: LogGroup,
        repository_arn: str | None,
        task_grants: Sequence[Grant],
    ) -> None:
        super().__init__(scope, "roles")
        self.execution = self._role(environment, name, "execution", "Starts the tasks of")
        self.task = self._role(environment, name, "task", "What the containers may do in the tasks of")
        permissions = spec.permissions
        execution_policy = self.execution.allow(
            [
                Grant("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [f"{log_group.arn}:*"]),
                *_pull_grants(environment, spec, repository_arn),
                *_secret_grants(environment, spec),
                *_env_file_grants(environment, spec),
                *user_grants(permissions.execution_statements),
            ]
        )
        task_policy = self.task.allow([*task_grants, *user_grants(permissions.statements)])
        attached = self.task.attach(permissions.managed_policies)
        self.ready: tuple[Any, ...] = tuple(p for p in (execution_policy, task_policy, *attached) if p is not None)

    def _role(self, environment: Environment, name: str, use: str, does: str) -> Role:
        return Role(
            self,
            f"{identifier(name)}_{use}",
            environment=environment,
            name=environment.names.role(name, use),
            description=f"{does} {name} of {environment.names.stack}",
            principal="ecs-tasks.amazonaws.com",
            source_arn=environment.account.arn("ecs", "*"),
        )


def _pull_grants(environment: Environment, spec: Service, repository_arn: str | None) -> list[Grant]:
    """Pulling from the private repositories of the service's images; a public registry needs no permission."""
    images = [spec.image, *(sidecar.image for sidecar in spec.sidecars.values())]
    found = [ecr_repository(image) for image in images]
    account = environment.account
    arns = {account.arn("ecr", f"repository/{r[2]}", region=r[0], account=r[1]) for r in found if r}
    arns |= {repository_arn} if repository_arn else set()
    if not arns:
        return []
    return [
        # A token is for the whole registry: GetAuthorizationToken knows no resource.
        Grant("RegistryToken", ["ecr:GetAuthorizationToken"], ["*"]),
        Grant("PullImages", PULL, sorted(arns)),
    ]


def _secret_grants(environment: Environment, spec: Service) -> list[Grant]:
    """Reading exactly the parameters and secrets that the service's containers name."""
    texts = [*spec.secrets.values()]
    for sidecar in spec.sidecars.values():
        texts.extend(sidecar.secrets.values())
    references = [secret_reference(text) for text in texts]
    grants = []
    for service, sid, action in (
        ("ssm", "ReadParameters", "ssm:GetParameters"),
        ("secretsmanager", "ReadSecrets", "secretsmanager:GetSecretValue"),
    ):
        arns = {r.readable(environment.account.arn) for r in references if r.service == service}
        if arns:
            grants.append(Grant(sid, [action], sorted(arns)))
    return grants


def _env_file_grants(environment: Environment, spec: Service) -> list[Grant]:
    """Reading exactly the environment files, and finding out where their buckets are."""
    arns = [object_arn(file, environment.account) for file in spec.env_files]
    if not arns:
        return []
    buckets = sorted({arn.partition("/")[0] for arn in arns})
    return [
        Grant("ReadEnvironmentFiles", ["s3:GetObject"], arns),
        Grant("FindEnvironmentBuckets", ["s3:GetBucketLocation"], buckets),
    ]
