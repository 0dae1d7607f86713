"""The ECS cluster."""

from __future__ import annotations

from typing import Any

from stacks.bindings import TerraformResourceLifecycle, aws
from stacks.constructs.base import Construct, Scope
from stacks.constructs.environment import Environment
from stacks.constructs.log_group import LogGroup
from stacks.grants import exec_session
from stacks.project.models import Cluster as ClusterConfig

FARGATE = "FARGATE"
FARGATE_SPOT = "FARGATE_SPOT"
EXEC_RETENTION_DAYS = 365


class Cluster(Construct):
    """The cluster of an environment, with Container Insights and both Fargate capacity providers.

    Where a service enables ECS Exec (`exec_enabled`), the sessions are logged to a log group.

    Attributes:
        arn: The cluster's ARN.
        name: The cluster's name, as a Terraform expression.
        exec_grants: What a task role needs for ECS Exec in this cluster.
        capacity_providers: The capacity provider association, for `depends_on` of what uses a capacity provider.
    """

    def __init__(self, scope: Scope, environment: Environment, config: ClusterConfig, *, exec_enabled: bool) -> None:
        super().__init__(scope, "cluster")
        kind = aws.ecs_cluster
        name = environment.names.cluster
        sessions = self._exec_log_group(environment) if exec_enabled else None
        cluster = self.make(
            kind.EcsCluster,
            "web_cluster",
            name=name,
            setting=[kind.EcsClusterSetting(name="containerInsights", value=config.insights)],
            configuration=_exec_configuration(environment, sessions) if sessions else None,
            tags={"Name": name},
            # ECS keeps a configuration that an update leaves out, so after ECS Exec is disabled every plan would try to
            # remove it.
            lifecycle=None if sessions else TerraformResourceLifecycle(ignore_changes=["configuration"]),
        )
        self.arn: str = cluster.arn
        self.name: str = cluster.name
        self.capacity_providers = self.make(
            aws.ecs_cluster_capacity_providers.EcsClusterCapacityProviders,
            "web_cluster",
            cluster_name=self.name,
            capacity_providers=[FARGATE, FARGATE_SPOT],
        )
        self.exec_grants = exec_session(sessions.arn, environment.key_arn) if sessions else ()

    def _exec_log_group(self, environment: Environment) -> LogGroup:
        name = environment.names.exec_log_group
        return LogGroup(self, "exec", environment=environment, name=name, retention_days=EXEC_RETENTION_DAYS)


def _exec_configuration(environment: Environment, sessions: LogGroup) -> Any:
    kind = aws.ecs_cluster
    encrypted = environment.key_arn is not None
    logs = kind.EcsClusterConfigurationExecuteCommandConfigurationLogConfiguration(
        cloud_watch_log_group_name=sessions.name, cloud_watch_encryption_enabled=encrypted
    )
    execute = kind.EcsClusterConfigurationExecuteCommandConfiguration(
        logging="OVERRIDE", kms_key_id=environment.key_arn, log_configuration=logs
    )
    return kind.EcsClusterConfiguration(execute_command_configuration=execute)
