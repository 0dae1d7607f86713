"""A service: its log group, roles, task definition, and the ECS service or the schedule that runs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stacks.bindings import aws, terraform_type
from stacks.constructs import ecs_service
from stacks.constructs.alarms import MonitoredService, ServiceAlarmSet
from stacks.constructs.authentication import authentication
from stacks.constructs.autoscaling import Autoscaling, ScaledService
from stacks.constructs.base import Construct, Scope
from stacks.constructs.data_resources import NO_USES, Uses
from stacks.constructs.ecs_service import EcsServiceInputs
from stacks.constructs.endpoints import Connection
from stacks.constructs.environment import Environment
from stacks.constructs.image import image
from stacks.constructs.log_group import LogGroup
from stacks.constructs.network import ANYWHERE, HTTPS_PORT
from stacks.constructs.network_load_balancer import TcpTargetGroup
from stacks.constructs.own_values import destination
from stacks.constructs.platform import Platform
from stacks.constructs.queue import WorkQueue
from stacks.constructs.registry import Registry
from stacks.constructs.schedule import RunnableTask, Schedule
from stacks.constructs.security_group import Peer, SecurityGroup
from stacks.constructs.service_roles import ServiceRoles
from stacks.constructs.service_volumes import service_volumes
from stacks.constructs.store import UsedStores
from stacks.constructs.target_group import TargetGroup
from stacks.constructs.task_definition import TaskDefinition, TaskInputs
from stacks.naming import identifier
from stacks.project.models import Service as ServiceConfig
from stacks.project.targets import checked_ports, targets_of, tcp_target_of
from stacks.role_policies import needs_repository


def service_id(name: str) -> str:
    """The construct ID of the service `name`."""
    return f"service_{identifier(name)}"


class Service(Construct):
    """One service of the project file, with everything that only it uses.

    `priorities` are those of the listener rules, by the port that they forward to. `uses` is what it gets for the
    resources that it uses, and `topics` are the ARNs of the topics of `resources`, by name.

    Attributes:
        security_group_id: The ID of its tasks' security group.
        ecs_service_name: The name of the ECS service, as a Terraform expression; None for a job.
        task_role_arn: The ARN of its task role.
        execution_role_arn: The ARN of its execution role.
        task_role_name: The name of its task role.
        execution_role_name: The name of its execution role.
        target_group_arn: The ARN of its first target group; None without one.
        log_group_name: The name of its log group.
        queue: The queue that it consumes; None without one.
        image: Its image, as a Terraform expression.
        repository_url: The URL of its ECR repository; None without one in this stack.
        task_definition_path: The path of the task definition for CI/CD, relative to the stack's folder.
    """

    def __init__(
        self,
        scope: Scope,
        environment: Environment,
        platform: Platform,
        name: str,
        config: ServiceConfig,
        *,
        priorities: Mapping[int, int],
        connection: Connection | None = None,
        uses: Uses = NO_USES,
        topics: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, service_id(name))
        self._environment, self._platform, self._name, self._config = environment, platform, name, config
        self._uses = uses
        self._id = identifier(name)
        self._subnets = platform.subnets.of_tasks(config)
        self._log_group = self._make_log_group()
        self.log_group_name = self._log_group.name
        self._registry = Registry(self, environment, name) if needs_repository(config) else None
        self.repository_url = self._registry.url if self._registry else None
        self._security_group = self._task_security_group()
        self.security_group_id = self._security_group.id
        self._stores = UsedStores(name, config, platform.stores, self._security_group)
        self.queue = WorkQueue(self, environment, name, config.queue, topics) if config.queue else None
        self._target_groups = self._make_target_groups(priorities)
        self._target_group = self._target_groups[0] if self._target_groups else None
        self._tcp_target_group = self._make_tcp_target_group()
        self._volumes = service_volumes(self, environment, platform.subnets, name, config, self._security_group)
        self._roles = self._service_roles()
        self.task_role_arn, self.execution_role_arn = self._roles.task_arn, self._roles.execution_arn
        self.task_role_name, self.execution_role_name = self._roles.task_name, self._roles.execution_name
        group = self._target_group or self._tcp_target_group
        self.target_group_arn: str | None = group.arn if group else None
        self.image = image(self, name, config)
        task = TaskDefinition(self, environment, self._task_inputs())
        self.task_definition_path = task.path
        alarms = self._service_alarms()
        self.ecs_service_name: str | None = None
        if config.type == "job":
            self._schedule(task)
        else:
            self.ecs_service_name = self._ecs_service(task, alarms, connection or Connection())
            self._autoscale(self.ecs_service_name)

    def allow_client(self, client: Service, port: int) -> None:
        """Let the tasks of another service connect to `port` of this one's tasks over Service Connect."""
        from_client, to_server = (Peer(security_group_id=each.security_group_id) for each in (client, self))
        self._security_group.allow_in(f"from_{client._id}", from_client, port, f"Service Connect: {client._name}")
        if client._config.egress != "open":
            client._security_group.allow_out(f"to_{self._id}", to_server, port, f"Service Connect: {self._name}")

    def _make_log_group(self) -> LogGroup:
        return LogGroup(
            self,
            self._id,
            environment=self._environment,
            name=self._environment.names.log_group(self._name),
            retention_days=self._config.logs.retention_days,
        )

    def _task_security_group(self) -> SecurityGroup:
        """The security group of the tasks, with the egress rules of the project file."""
        group = SecurityGroup(
            self,
            f"{self._id}_tasks",
            name=self._environment.names.task_security_group(self._name),
            description=f"Tasks of {self._name}",
            vpc_id=self._platform.subnets.vpc_id,
        )
        egress = self._config.egress
        if egress == "open":
            group.allow_out("open", Peer(cidr=ANYWHERE), None, "Everything: egress is open")
            return group
        for rule in egress:
            to = destination(rule)
            group.allow_out(f"{rule.port}_{to.id}", to.peer, rule.port, f"Port {rule.port} of {to.shown}")
        for service, prefix_list in self._subnets.prefix_lists.items():
            to_service = Peer(prefix_list_id=prefix_list)
            group.allow_out(f"endpoint_{service}", to_service, HTTPS_PORT, f"Gateway endpoint of {service}")
        return group

    def _make_target_groups(self, priorities: Mapping[int, int]) -> list[TargetGroup]:
        """The target groups of a web service, whose tasks only the load balancer can reach; none for other services."""
        balancer, targets = self._platform.load_balancer, targets_of(self._name, self._config)
        if balancer is None or not targets:
            return []
        balancer.allow_to_tasks(self._name, self.security_group_id, targets[0].port)
        from_balancer = Peer(security_group_id=balancer.security_group_id)
        self._security_group.allow_in("load_balancer", from_balancer, targets[0].port, "The load balancer")
        further = {target.port: f"Port {target.port}" for target in targets[1:]}
        further |= dict.fromkeys(checked_ports(targets), "Health checks")
        for port, purpose in further.items():
            balancer.allow_to_port(self._name, self.security_group_id, port, purpose)
            what = f"The load balancer: {purpose.lower()}"
            self._security_group.allow_in(f"load_balancer_{port}", from_balancer, port, what)
        if self._config.http.auth:
            balancer.allow_to_identity_provider()
        sign_in = authentication(self, self._name, self._config.http.auth)
        return [
            TargetGroup(
                self,
                self._environment,
                balancer,
                vpc_id=self._platform.subnets.vpc_id,
                target=target,
                priority=priorities[target.port],
                authentication=sign_in,
            )
            for target in targets
        ]

    def _make_tcp_target_group(self) -> TcpTargetGroup | None:
        balancer, target = self._platform.network_load_balancer, tcp_target_of(self._name, self._config)
        return balancer.forward_to(self, target, self._security_group) if balancer and target else None

    @property
    def _balanced(self) -> list[TargetGroup | TcpTargetGroup]:
        """All target groups that the tasks are registered with."""
        return [*self._target_groups, *([self._tcp_target_group] if self._tcp_target_group else [])]

    def _service_roles(self) -> ServiceRoles:
        exec_grants = self._platform.cluster.exec_grants if self._config.exec else ()
        queue_grants = self.queue.grants if self.queue else ()
        return ServiceRoles(
            self,
            self._environment,
            self._name,
            self._config,
            log_group=self._log_group,
            repository_arn=self._repository_arn(),
            stores=self._stores,
            task_grants=[*queue_grants, *self._volumes.grants, *exec_grants, *self._uses.grants],
            used=self._uses.used,
        )

    def _repository_arn(self) -> str | None:
        """The repository that the execution role may pull from: the service's shared one, or its own."""
        environment = self._environment
        if self._config.has_shared_repository:
            return environment.registry.repository_arn(environment.account, self._name)
        return self._registry.arn if self._registry else None

    def _task_inputs(self) -> TaskInputs:
        port = self._config.served_port
        return TaskInputs(
            name=self._name,
            config=self._config,
            log_group=self._log_group.name,
            execution_role_arn=self._roles.execution_arn,
            task_role_arn=self._roles.task_arn,
            image=self.image,
            volumes=self._volumes.volumes,
            environment={
                **({"PORT": str(port)} if port else {}),
                **(self.queue.environment if self.queue else {}),
                **self._stores.environment,
                **self._uses.environment,
            },
            secrets=self._stores.secrets,
        )

    def _service_alarms(self) -> ServiceAlarmSet:
        balancer, group = self._platform.load_balancer, self._target_group
        service = MonitoredService(
            name=self._name,
            log_group=self._log_group.name,
            load_balancer=balancer.arn_suffix if balancer else None,
            target_group=group.arn_suffix if group else None,
            queue_name=self.queue.name if self.queue else None,
        )
        return ServiceAlarmSet(self, self._environment, service, self._config.alarms, self._platform.alarm_topic)

    def _schedule(self, task: TaskDefinition) -> None:
        external = self._config.deployment.image_owner == "external"
        account, cluster = self._environment.account, self._platform.cluster
        family = account.arn("ecs", f"task-definition/{self._environment.names.task_definition(self._name)}")
        runnable = RunnableTask(
            definition_arn=task.arn,
            external=external,
            # A schedule of an earlier version names the family without a revision, and IAM checks that ARN.
            runnable_arns=(f"{family}:*", *([family] if external else [])),
            role_arns=(self._roles.execution_arn, self._roles.task_arn),
            cluster_arn=cluster.arn,
            subnets=self._subnets,
            security_group_id=self.security_group_id,
            prerequisites=self._prerequisites(),
            other_prerequisites=(*self._volumes.other_mount_targets, *self._uses.depends_on),
        )
        Schedule(self, self._environment, self._name, self._config, runnable)

    def _ecs_service(self, task: TaskDefinition, alarms: ServiceAlarmSet, connection: Connection) -> str:
        """Make the ECS service and return its name."""
        inputs = EcsServiceInputs(
            name=self._name,
            config=self._config,
            task_definition_arn=task.arn,
            security_group_id=self.security_group_id,
            target_groups=self._balanced,
            log_group=self._log_group.name,
            force_new_deployment=ecs_service.force_new_deployment(self, self._name),
            alarm_names=alarms.names,
            connection=connection,
            depends_on=self._prerequisites(),
        )
        arguments = ecs_service.arguments(self._environment, self._platform, inputs)
        kind = aws.ecs_service.EcsService
        service = self.make(kind, self._id, comment=ecs_service.comment(inputs), **arguments)
        # By address: a service that is created first may come later in the project file.
        first = [f"{terraform_type(kind)}.{identifier(name)}" for name in connection.after]
        after = [*first, *self._volumes.other_mount_targets, *self._uses.depends_on]
        service.depends_on = [*service.depends_on, *after]
        return str(service.name)

    def _prerequisites(self) -> tuple[Any, ...]:
        """What the first task needs, because the circuit breaker does not wait for it."""
        return (
            self._platform.cluster.capacity_providers,
            *(rule for group in self._balanced for rule in group.rules),
            *self._roles.policies,
            *self._volumes.mount_targets,
            *self._stores.ready,
            *self._security_group.rules,
            *self._subnets.egress,
        )

    def _autoscale(self, ecs_service_name: str) -> None:
        platform = self._platform
        if self._config.scaling is None:
            return
        label = None
        if platform.load_balancer and self._target_group:
            label = f"{platform.load_balancer.arn_suffix}/{self._target_group.arn_suffix}"
        service = ScaledService(
            name=self._name,
            cluster_name=platform.cluster.name,
            service_name=ecs_service_name,
            request_label=label,
            queue_name=self.queue.name if self.queue else None,
        )
        Autoscaling(self, self._environment, service, self._config.scaling)
