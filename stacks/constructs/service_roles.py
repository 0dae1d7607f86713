"""The execution role and the task role of a service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stacks.constructs.base import Construct, Scope
from stacks.constructs.environment import Environment
from stacks.constructs.iam import Role
from stacks.constructs.log_group import LogGroup
from stacks.constructs.own_values import OwnValues
from stacks.constructs.store import UsedStores
from stacks.grants import Grant, execution_grants, read_connections, user_grants
from stacks.naming import identifier
from stacks.project.models import Service
from stacks.project.uses import Used
from stacks.role_policies import RolePolicies


class ServiceRoles(Construct):
    """Two roles that ECS assumes for one service's tasks.

    The execution role starts tasks: it writes to the service's log group, pulls from its repositories, reads its
    secrets and environment files, and nothing else. The task role has the permissions of the containers.

    Attributes:
        execution_arn: The ARN of the execution role.
        task_arn: The ARN of the task role.
        execution_name: The name of the execution role.
        task_name: The name of the task role.
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
        stores: UsedStores,
        task_grants: Sequence[Grant],
        used: tuple[Used, ...] = (),
    ) -> None:
        super().__init__(scope, "roles")
        execution = self._role(environment, name, "execution", "Starts the tasks of")
        task = self._role(environment, name, "task", "What the containers may do in the tasks of")
        sizes = RolePolicies(
            environment.names,
            environment.account.region,
            environment.key is not None,
            name,
            config,
            environment.registry,
            used,
        )
        region, key = environment.account.region, environment.key_arn
        insert = OwnValues(self, identifier(name)).in_json
        grants = execution_grants(
            environment.account, config, log_group_arn=log_group.arn, repository_arn=repository_arn, insert=insert
        )
        grants += read_connections([*stores.by_ecs.values()], region, key)
        policies = execution.allow(grants, sizes.documents(sizes.execution))
        permissions = config.permissions
        own = [*task_grants, *read_connections([*stores.by_tasks.values()], region, key)]
        policies += task.allow([*own, *user_grants(permissions.statements, insert)], sizes.documents(sizes.task))
        policies += task.attach(permissions.managed_policies)
        self.execution_arn: str = execution.arn
        self.task_arn: str = task.arn
        self.execution_name: str = execution.name
        self.task_name: str = task.name
        self.policies: tuple[Any, ...] = tuple(policies)

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
