"""The execution role and the task role of a service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stacks.constructs.base import Construct, Scope
from stacks.constructs.containers import object_arn
from stacks.constructs.environment import Environment
from stacks.constructs.iam import Grant, Role, user_grants
from stacks.constructs.log_group import LogGroup
from stacks.image_reference import ecr_repository
from stacks.naming import identifier
from stacks.project.models import Service
from stacks.references import secret_reference

PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


class ServiceRoles(Construct):
    """Two roles that ECS assumes for one service's tasks.

    The execution role starts tasks: it writes to the service's log group, pulls from its repositories, reads its
    secrets and environment files, and nothing else. The task role has the permissions of the containers.

    Attributes:
        execution_arn: The ARN of the execution role.
        task_arn: The ARN of the task role.
        policies: The policies of both roles, which must exist before a task starts.
    """

    def __init__(
        self,
        scope: Scope,
        environment: Environment,
        name: str,
        config: Service,
        *,
        log_group: LogGroup,
        repository_arn: str | None,
        task_grants: Sequence[Grant],
    ) -> None:
        super().__init__(scope, "roles")
        execution = self._role(environment, name, "execution", "Starts the tasks of")
        task = self._role(environment, name, "task", "What the containers may do in the tasks of")
        permissions = config.permissions
        execution_policy = execution.allow(
            [
                Grant("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [f"{log_group.arn}:*"]),
                *_pull_grants(environment, config, repository_arn),
                *_secret_grants(environment, config),
                *_env_file_grants(environment, config),
                *user_grants(permissions.execution_statements),
            ]
        )
        task_policy = task.allow([*task_grants, *user_grants(permissions.statements)])
        attachments = task.attach(permissions.managed_policies)
        self.execution_arn: str = execution.arn
        self.task_arn: str = task.arn
        policies = (execution_policy, task_policy, *attachments)
        self.policies: tuple[Any, ...] = tuple(policy for policy in policies if policy is not None)

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


def _pull_grants(environment: Environment, config: Service, repository_arn: str | None) -> list[Grant]:
    """Permission to pull the service's images from private ECR repositories; none for public images."""
    images = [config.image, *(sidecar.image for sidecar in config.sidecars.values())]
    found = [ecr_repository(image) for image in images]
    account = environment.account
    arns = {account.arn("ecr", f"repository/{r.name}", region=r.region, account=r.account_id) for r in found if r}
    arns |= {repository_arn} if repository_arn else set()
    if not arns:
        return []
    return [
        # GetAuthorizationToken has no resource-level permissions: the token is for the whole registry.
        Grant("RegistryToken", ["ecr:GetAuthorizationToken"], ["*"]),
        Grant("PullImages", PULL, sorted(arns)),
    ]


def _secret_grants(environment: Environment, config: Service) -> list[Grant]:
    """Permission to read exactly the parameters and secrets that the service's containers use."""
    texts = [*config.secrets.values()]
    for sidecar in config.sidecars.values():
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


def _env_file_grants(environment: Environment, config: Service) -> list[Grant]:
    """Permission to read exactly the environment files, and the location of their buckets."""
    arns = [object_arn(file, environment.account) for file in config.env_files]
    if not arns:
        return []
    buckets = sorted({arn.partition("/")[0] for arn in arns})
    return [
        Grant("ReadEnvironmentFiles", ["s3:GetObject"], arns),
        Grant("FindEnvironmentBuckets", ["s3:GetBucketLocation"], buckets),
    ]
