"""A service: its log group, roles, task definition, and the ECS service or the schedule that runs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from stacks.bindings import Construct, TerraformResourceLifecycle, aws
from stacks.constructs.alarms import AlarmTopic, ServiceAlarmSet, Watched
from stacks.constructs.autoscaling import Autoscaling, Scaled
from stacks.constructs.base import Chosen, Concept, literal
from stacks.constructs.capacity import strategy
from stacks.constructs.cluster import Cluster
from stacks.constructs.containers import served_port
from stacks.constructs.endpoints import Endpoint
from stacks.constructs.environment import Environment
from stacks.constructs.iam import Grant
from stacks.constructs.load_balancer import LoadBalancer
from stacks.constructs.log_group import LogGroup
from stacks.constructs.network import ANYWHERE, Subnets
from stacks.constructs.queue import WorkQueue
from stacks.constructs.registry import Registry
from stacks.constructs.schedule import RunnableTask, Schedule
from stacks.constructs.security_group import Peer, SecurityGroup
from stacks.constructs.service_connect import ServiceConnectNamespace
from stacks.constructs.service_roles import ServiceRoles
from stacks.constructs.target_group import TargetGroup
from stacks.constructs.task_definition import TaskDefinition, TaskInputs
from stacks.constructs.volumes import NFS_PORT, FileSystem, TaskVolume, ephemeral_volumes, existing_volume
from stacks.naming import identifier, peer_identifier
from stacks.project.models import Service as ServiceSpec
from stacks.references import ecr_repository


@dataclass(frozen=True)
class Platform:
    """What the services of an environment share. What no service needs is None."""

    subnets: Subnets
    cluster: Cluster
    load_balancer: LoadBalancer | None
    namespace: ServiceConnectNamespace | None
    alarm_topic: AlarmTopic | None


class Service(Concept):
    """One service of the project file, whole.

    Attributes:
        security_group: the security group of its tasks.
        name: the ECS service's name, as a Terraform expression; None for a job.
        repository_url: where its images are pushed; None without a repository of its own.
        task_definition_path: where the task definition for CI/CD is written, relative to the stack's folder.
    """

    def __init__(
        self,
        scope: Construct,
        environment: Environment,
        platform: Platform,
        name: str,
        spec: ServiceSpec,
        *,
        priority: int | None = None,
    ) -> None:
        super().__init__(scope, f"service_{identifier(name)}")
        self._environment, self._platform, self._key, self._spec = environment, platform, name, spec
        self._id = identifier(name)
        names = environment.names
        self._log_group = LogGroup(
            self,
            self._id,
            environment=environment,
            name=names.log_group(name),
            retention_days=spec.logs.retention_days,
        )
        self._registry = Registry(self, environment, name) if _needs_repository(spec) else None
        self.repository_url = self._registry.url if self._registry else None
        self.security_group = self._security_group()
        self._queue = WorkQueue(self, environment, name, spec.queue) if spec.queue else None
        self._target_group = self._attach(priority)
        self._volumes()
        self._roles = self._service_roles()
        task = TaskDefinition(self, environment, self._task_inputs())
        self.task_definition_path = task.path
        self._alarms = self._service_alarms()
        self.name: str | None = None
        if spec.type == "job":
            self._schedule(task)
        else:
            self._ecs_service = self._service(task)
            self.name = self._ecs_service.name
            self._autoscale()

    @property
    def lists_egress(self) -> bool:
        """Whether its tasks reach nothing but what a rule names."""
        return self._spec.egress != "open"

    def know(self, endpoints: Sequence[Endpoint], *, after: Sequence[Service]) -> None:
        """Deploy the service after those it calls, and again whenever the `endpoints` of Service Connect change."""
        if endpoints:
            self._ecs_service.triggers = {"endpoints": " ".join(sorted(map(str, endpoints)))}
        made_first = [f"{aws.ecs_service.EcsService.TF_RESOURCE_TYPE}.{service._id}" for service in after]
        self._ecs_service.depends_on = [*self._ecs_service.depends_on, *made_first]

    def _security_group(self) -> SecurityGroup:
        """The tasks' security group: what they may reach, `egress` says."""
        group = SecurityGroup(
            self,
            f"{self._id}_tasks",
            name=self._environment.names.task_security_group(self._key),
            description=f"Tasks of {self._key}",
            vpc_id=self._platform.subnets.vpc_id,
        )
        egress = self._spec.egress
        if egress == "open":
            group.allow_out("open", Peer(cidr=ANYWHERE), None, "Everything: egress is open")
            return group
        for rule in egress:
            cidr = None if rule.security_group else rule.cidr or ANYWHERE
            peer = Peer(cidr=cidr, security_group_id=rule.security_group)
            where = rule.security_group or cidr or ""
            group.allow_out(f"{rule.port}_{peer_identifier(where)}", peer, rule.port, f"Port {rule.port} of {where}")
        return group

    def _attach(self, priority: int | None) -> TargetGroup | None:
        """Put a web service behind the load balancer, which alone may reach its tasks."""
        balancer = self._platform.load_balancer
        if self._spec.type != "web" or balancer is None or priority is None:
            return None
        port = self._spec.port
        to_tasks = Peer(security_group_id=self.security_group.id)
        from_balancer = Peer(security_group_id=balancer.security_group.id)
        balancer.security_group.allow_out(f"{self._id}_tasks", to_tasks, port, f"Tasks of {self._key}")
        self.security_group.allow_in("load_balancer", from_balancer, port, "The load balancer")
        return TargetGroup(
            self,
            self._environment,
            balancer,
            vpc_id=self._platform.subnets.vpc_id,
            name=self._key,
            spec=self._spec,
            priority=priority,
        )

    def _volumes(self) -> None:
        """The task's volumes, and what they ask of the task role and of the start."""
        environment, subnets = self._environment, self._platform.subnets
        volumes: list[TaskVolume] = []
        self._volume_grants: list[Grant] = []
        self._mount_targets: list[Any] = []
        for number, (name, spec) in enumerate(self._spec.volumes.items(), start=1):
            if spec.efs != "managed":
                volume, grant = existing_volume(environment, name, spec)
            else:
                system = FileSystem(self, environment, subnets, self._key, name, spec, self.security_group.id)
                volume, grant = system.volume, system.grant
                self._mount_targets.extend(system.mount_targets)
                if self.lists_egress:
                    peer = Peer(security_group_id=system.security_group_id)
                    self.security_group.allow_out(f"efs_{identifier(name)}", peer, NFS_PORT, f"Volume {name}")
            volumes.append(volume)
            # Statement ids are unique in a policy.
            self._volume_grants.append(replace(grant, sid=f"MountVolume{number}"))
        writable = self._spec.writable_paths if self._spec.readonly_root else ()
        self._task_volumes = (*volumes, *ephemeral_volumes(writable))

    def _service_roles(self) -> ServiceRoles:
        exec_grants = self._platform.cluster.exec_grants if self._spec.exec else ()
        queue_grants = self._queue.grants if self._queue else ()
        return ServiceRoles(
            self,
            self._environment,
            self._key,
            self._spec,
            log_group=self._log_group,
            repository_arn=self._registry.arn if self._registry else None,
            task_grants=[*queue_grants, *self._volume_grants, *exec_grants],
        )

    def _task_inputs(self) -> TaskInputs:
        port = served_port(self._spec)
        return TaskInputs(
            name=self._key,
            spec=self._spec,
            log_group=self._log_group.name,
            execution_role_arn=self._roles.execution.arn,
            task_role_arn=self._roles.task.arn,
            image=literal(self._spec.image),
            volumes=self._task_volumes,
            environment={
                **({"PORT": str(port)} if port else {}),
                **(self._queue.environment if self._queue else {}),
            },
        )

    def _service_alarms(self) -> ServiceAlarmSet:
        balancer, group = self._platform.load_balancer, self._target_group
        watched = Watched(
            name=self._key,
            log_group=self._log_group.name,
            load_balancer=balancer.arn_suffix if balancer else None,
            target_group=group.arn_suffix if group else None,
            queue_name=self._queue.name if self._queue else None,
        )
        return ServiceAlarmSet(self, self._environment, watched, self._spec.alarms, self._platform.alarm_topic)

    def _schedule(self, task: TaskDefinition) -> None:
        external = self._spec.deployment.image_owner == "external"
        account, cluster = self._environment.account, self._platform.cluster
        family = account.arn("ecs", f"task-definition/{self._environment.names.task_definition(self._key)}")
        runnable = RunnableTask(
            # Without a revision the scheduler runs the newest, which is the CI pipeline's, and IAM is asked for the
            # family alone.
            definition_arn=family if external else task.arn,
            runnable_arns=(f"{family}:*", *([family] if external else [])),
            role_arns=(self._roles.execution.arn, self._roles.task.arn),
            cluster_arn=cluster.arn,
            subnets=self._platform.subnets.private,
            security_group_id=self.security_group.id,
            prerequisites=tuple(self._prerequisites()),
        )
        Schedule(self, self._environment, self._key, self._spec, runnable)

    def _service(self, task: TaskDefinition) -> Any:
        kind = aws.ecs_service
        spec, platform, names = self._spec, self._platform, self._environment.names
        deployment = spec.deployment
        return self.make(
            kind.EcsService,
            self._id,
            comment=_explained(spec),
            **Chosen(
                name=names.service(self._key),
                cluster=platform.cluster.arn,
                task_definition=task.arn,
                desired_count=spec.desired_count,
                capacity_provider_strategy=strategy(kind.EcsServiceCapacityProviderStrategy, spec.capacity),
                force_new_deployment=True,
                platform_version="LATEST",
                availability_zone_rebalancing=_rebalancing(spec),
                deployment_minimum_healthy_percent=deployment.min_percent,
                deployment_maximum_percent=deployment.max_percent,
                deployment_circuit_breaker=kind.EcsServiceDeploymentCircuitBreaker(
                    enable=True, rollback=deployment.rollback
                ),
                alarms=self._deployment_alarms(),
                enable_execute_command=spec.exec,
                enable_ecs_managed_tags=True,
                propagate_tags="SERVICE",
                network_configuration=kind.EcsServiceNetworkConfiguration(
                    subnets=platform.subnets.private,
                    security_groups=[self.security_group.id],
                    assign_public_ip=False,
                ),
                **self._routing(),
                service_connect_configuration=self._connect(),
                tags={"Name": names.service(self._key)},
                lifecycle=_ignored(spec),
                depends_on=self._prerequisites(),
            ),
        )

    def _routing(self) -> dict[str, Any]:
        group = self._target_group
        if group is None:
            return {}
        target = aws.ecs_service.EcsServiceLoadBalancer(
            target_group_arn=group.arn, container_name=self._key, container_port=self._spec.port
        )
        return {
            "load_balancer": [target],
            "health_check_grace_period_seconds": self._spec.health_check.grace_period,
        }

    def _connect(self) -> Any:
        namespace = self._platform.namespace
        if namespace is None or not self._spec.connect:
            return None
        return namespace.configuration(self._environment, self._key, self._spec, self._log_group.name)

    def _deployment_alarms(self) -> Any:
        """The alarms that watch a deployment. Those that do not are named all the same, as switched off.

        The AWS provider can't take the block away again: it would send it without the names that ECS demands.
        """
        deployment, own = self._spec.deployment, self._alarms.names
        if not deployment.alarms and not own:
            return None
        names = [own.get(alarm, literal(alarm)) for alarm in deployment.alarms or own]
        watching = bool(deployment.alarms)
        return aws.ecs_service.EcsServiceAlarms(
            alarm_names=names, enable=watching, rollback=watching and deployment.rollback
        )

    def _prerequisites(self) -> list[Any]:
        """What the first task needs: the circuit breaker does not wait for a network that is not there yet."""
        return [
            self._platform.cluster.capacity_providers,
            *(self._target_group.rules if self._target_group else ()),
            *self._roles.ready,
            *self._mount_targets,
            *self.security_group.rules,
            *self._platform.subnets.ways_out,
        ]

    def _autoscale(self) -> None:
        spec, platform, names = self._spec, self._platform, self._environment.names
        if spec.scaling is None:
            return
        label = None
        if platform.load_balancer and self._target_group:
            label = f"{platform.load_balancer.arn_suffix}/{self._target_group.arn_suffix}"
        scaled = Scaled(
            name=self._key,
            cluster_name=platform.cluster.name,
            service_name=self.name or names.service(self._key),
            request_label=label,
            queue_name=self._queue.name if self._queue else None,
        )
        Autoscaling(self, self._environment, scaled, spec.scaling)


def _needs_repository(spec: ServiceSpec) -> bool:
    """A CI pipeline that owns the image needs a place to push it, unless the image names one."""
    return spec.deployment.image_owner == "external" and ecr_repository(spec.image) is None


def _rebalancing(spec: ServiceSpec) -> str:
    """Zones are rebalanced by starting tasks before others stop, which takes room above 100 percent."""
    return "ENABLED" if spec.deployment.max_percent > 100 else "DISABLED"


def _explained(spec: ServiceSpec) -> str:
    """What a reader of the HCL may wonder about."""
    sentences = [
        "Without force_new_deployment, Terraform would replace the service where its capacity changes.",
        *(["Autoscaling sets desired_count."] if spec.scaling else []),
        *(["A CI pipeline sets task_definition."] if spec.deployment.image_owner == "external" else []),
        "The first tasks start when what they depend on is there.",
    ]
    return " ".join(sentences)


def _ignored(spec: ServiceSpec) -> Any:
    """What another owns, Terraform leaves alone: the count of a service that scales, the image of a CI pipeline."""
    attributes = [
        *(["desired_count"] if spec.scaling else []),
        *(["task_definition"] if spec.deployment.image_owner == "external" else []),
    ]
    return TerraformResourceLifecycle(ignore_changes=attributes) if attributes else None
