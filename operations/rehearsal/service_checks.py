"""Compares ECS services, their scaling and the schedules of jobs with the project file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from operations.deploy.families import family_of
from operations.rehearsal.check import Check
from operations.rehearsal.deployed import Deployed, first
from stacks.project.models import written
from stacks.project.targets import targets_of, tcp_target_of

if TYPE_CHECKING:
    from stacks.project.models import Service


def service_checks(account: Deployed, name: str, service: Service) -> Iterator[Check]:
    """The ECS service, its network and its scaling."""
    subject = f"service `{name}`"
    ecs, arn = account.aws("ecs"), account.names.service(name)
    running = first(ecs.describe_services(cluster=account.names.cluster, services=[arn])["services"])
    yield Check(subject, "status", "ACTIVE", running.get("status"))
    yield Check(subject, "desired count", service.desired_count, running.get("desiredCount"))
    family = running.get("taskDefinition", "").rpartition("/")[2].rpartition(":")[0]
    yield Check(subject, "task definition", account.names.task_definition(name), family)
    network = running.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    public_ip = "ENABLED" if service.placement == "public" else "DISABLED"
    yield Check(subject, "public IP", public_ip, network.get("assignPublicIp"))
    yield from _groups(account, name, service, network.get("securityGroups") or [])
    yield from _reached(account, name, service, running)
    given = account.project.network.public_subnet_ids if service.placement == "public" else None
    given = given or account.project.network.private_subnet_ids
    if given:
        expected = sorted(given)
        yield Check(subject, "subnets", expected, sorted(network.get("subnets", [])))
    if service.scaling:
        yield from _scaling(account, name, service)


def schedule_checks(account: Deployed, name: str, service: Service) -> Iterator[Check]:
    """The schedule of a job, and what it runs."""
    schedule = account.aws("scheduler").get_schedule(Name=account.names.schedule(name))
    expected = (service.schedule, service.timezone)
    found = (schedule["ScheduleExpression"], schedule.get("ScheduleExpressionTimezone"))
    yield Check(f"job `{name}`", "schedule and time zone", expected, found)
    task = family_of(schedule["Target"]["EcsParameters"]["TaskDefinitionArn"])
    yield Check(f"job `{name}`", "task definition", account.names.task_definition(name), task)


def _groups(account: Deployed, name: str, service: Service, groups: list[str]) -> Iterator[Check]:
    """The security group of the tasks, and those that the project file adds."""
    subject, expected = f"service `{name}`", account.names.task_security_group(name)
    given = written(service.security_groups)
    others = [group for group in groups if group not in given]
    names = _group_names(account, others)
    if len(given) < len(service.security_groups):  # the rest is known only to the user's own Terraform
        count = len(service.security_groups) + 1
        yield Check(subject, "security groups", count, len(groups))
        names = [each for each in names if each == expected]
    yield Check(subject, "security group", [expected], names)
    if given:
        further = [group for group in groups if group in given]
        yield Check(subject, "further security groups", sorted(given), sorted(further))


def _group_names(account: Deployed, ids: list[str]) -> list[str]:
    if not ids:
        return []
    groups = account.aws("ec2").describe_security_groups(GroupIds=ids)["SecurityGroups"]
    return [group["GroupName"] for group in groups]


def _reached(account: Deployed, name: str, service: Service, running: Mapping[str, Any]) -> Iterator[Check]:
    """Which containers the load balancers reach, where it is not only the service's own."""
    if service.target_container is None and not service.http.also:
        return
    tcp = tcp_target_of(name, service)
    targets = (*targets_of(name, service), *((tcp,) if tcp else ()))
    expected = [(target.container, target.port) for target in targets]
    found = [(each.get("containerName"), each.get("containerPort")) for each in running.get("loadBalancers", [])]
    what = "container and port that the load balancer reaches"
    yield Check(f"service `{name}`", what, sorted(expected), sorted(found))


def _scaling(account: Deployed, name: str, service: Service) -> Iterator[Check]:
    assert service.scaling is not None
    resource = f"service/{account.names.cluster}/{account.names.service(name)}"
    answer = account.aws("application-autoscaling").describe_scalable_targets(
        ServiceNamespace="ecs", ResourceIds=[resource]
    )
    target = first(answer["ScalableTargets"])
    bounds = (target.get("MinCapacity"), target.get("MaxCapacity"))
    expected = (service.scaling.min, service.scaling.max)
    yield Check(f"service `{name}`", "minimum and maximum task count", expected, bounds)
