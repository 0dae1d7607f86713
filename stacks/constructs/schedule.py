"""The schedule of a job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stacks.bindings import TerraformResourceLifecycle, aws
from stacks.constructs.base import Construct, Scope
from stacks.constructs.capacity import strategy
from stacks.constructs.environment import Environment
from stacks.constructs.iam import Role
from stacks.constructs.network import TaskSubnets
from stacks.constructs.own_values import security_group_ids
from stacks.constructs.queue import dead_letter_queue
from stacks.grants import Grant
from stacks.naming import identifier
from stacks.project.models import Service

_REVISION = "target[0].ecs_parameters[0].task_definition_arn"


@dataclass(frozen=True)
class RunnableTask:
    """What the scheduler runs, and where.

    `definition_arn` is the ARN of a revision; `external` is whether a CI pipeline moves the schedule to other ones.
    `runnable_arns` are the task definitions that the scheduler may run, `role_arns` the roles that it passes to ECS.
    `prerequisites`, and what is at the Terraform addresses in `other_prerequisites`, must exist before a task can run.
    """

    definition_arn: str
    external: bool
    runnable_arns: tuple[str, ...]
    role_arns: tuple[str, ...]
    cluster_arn: str
    subnets: TaskSubnets
    security_group_id: str
    prerequisites: tuple[Any, ...] = ()
    other_prerequisites: tuple[str, ...] = ()


class Schedule(Construct):
    """Runs a task on an EventBridge Scheduler schedule, without an ECS service.

    A run that can't be started after all retries goes to a dead-letter queue.
    """

    def __init__(self, scope: Scope, environment: Environment, name: str, config: Service, task: RunnableTask) -> None:
        super().__init__(scope, "schedule")
        self._dead_letters = dead_letter_queue(self, environment, name)
        role = self._role(environment, name)
        allowed = role.allow(self._grants(environment, task))
        kind = aws.scheduler_schedule
        schedule = self.make(
            kind.SchedulerSchedule,
            identifier(name),
            name=environment.names.schedule(name),
            description=f"Runs job {name} of {environment.names.stack}",
            schedule_expression=config.schedule,
            schedule_expression_timezone=config.timezone,
            flexible_time_window=kind.SchedulerScheduleFlexibleTimeWindow(mode="OFF"),
            kms_key_arn=environment.key_arn,
            target=self._target(config, task, role),
            # A schedule with a rate runs for the first time as soon as it is created.
            depends_on=[*allowed, *task.prerequisites],
            lifecycle=TerraformResourceLifecycle(ignore_changes=[_REVISION]) if task.external else None,
            comment="A CI pipeline manages task_definition_arn." if task.external else "",
        )
        schedule.depends_on = [*schedule.depends_on, *task.other_prerequisites]

    def _role(self, environment: Environment, name: str) -> Role:
        return Role(
            self,
            f"{identifier(name)}_schedule",
            environment=environment,
            name=environment.names.role(name, "schedule"),
            description=f"Starts job {name} of {environment.names.stack} on its schedule",
            principal="scheduler.amazonaws.com",
            source_arn=environment.account.arn("scheduler", "schedule-group/default"),
        )

    def _grants(self, environment: Environment, task: RunnableTask) -> list[Grant]:
        same_cluster = {"ArnEquals": {"ecs:cluster": task.cluster_arn}}
        to_ecs = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
        on_create = {"StringEquals": {"ecs:CreateAction": "RunTask"}}
        tasks = environment.account.arn("ecs", f"task/{environment.names.cluster}/*")
        grants = [
            Grant("RunJob", ["ecs:RunTask"], task.runnable_arns, same_cluster),
            Grant("TagTask", ["ecs:TagResource"], [tasks], on_create),
            Grant("PassRoles", ["iam:PassRole"], task.role_arns, to_ecs),
            Grant("KeepFailures", ["sqs:SendMessage"], [self._dead_letters.arn]),
        ]
        if environment.key_arn:
            grants.append(Grant("EncryptFailures", ["kms:Decrypt", "kms:GenerateDataKey"], [environment.key_arn]))
        return grants

    def _target(self, config: Service, task: RunnableTask, role: Role) -> Any:
        kind = aws.scheduler_schedule
        network = kind.SchedulerScheduleTargetEcsParametersNetworkConfiguration(
            subnets=task.subnets.ids,
            security_groups=[task.security_group_id, *security_group_ids(config.security_groups)],
            assign_public_ip=task.subnets.has_public_ip,
        )
        ecs = kind.SchedulerScheduleTargetEcsParameters(
            task_definition_arn=task.definition_arn,
            task_count=config.tasks_of_a_run,
            capacity_provider_strategy=strategy(
                kind.SchedulerScheduleTargetEcsParametersCapacityProviderStrategy, config.capacity
            ),
            network_configuration=network,
            propagate_tags="TASK_DEFINITION",
            enable_ecs_managed_tags=True,
            enable_execute_command=config.exec,
        )
        return kind.SchedulerScheduleTarget(
            arn=task.cluster_arn,
            role_arn=role.arn,
            ecs_parameters=ecs,
            dead_letter_config=kind.SchedulerScheduleTargetDeadLetterConfig(arn=self._dead_letters.arn),
            retry_policy=kind.SchedulerScheduleTargetRetryPolicy(
                maximum_retry_attempts=config.retries, maximum_event_age_in_seconds=config.timeout
            ),
        )
