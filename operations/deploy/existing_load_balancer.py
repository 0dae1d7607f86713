"""Whether an existing load balancer can route to the services, checked before anything is planned.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/, API_CreateRule (a priority is taken once
on a listener; the target group is in the VPC of the load balancer).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from operations import aws
from stacks.errors import Position, Problem
from stacks.listener_rules import HIGHEST
from stacks.naming import Names
from stacks.project.nodes import dotted
from stacks.project.targets import Target, all_targets

if TYPE_CHECKING:
    import boto3

    from stacks.project.models import Project

_TAGS_AT_ONCE = 20  # API_DescribeTags


def load_balancer_problems(project: Project, session: boto3.Session) -> tuple[Problem, ...]:
    """What keeps the services from getting their rules; empty if nothing does, or the load balancer is the stack's.

    Raises:
        AwsError: The load balancer or the listener does not exist, or AWS refused to describe them.
    """
    config, targets = project.load_balancer, all_targets(project.services)
    if config.arn is None or config.listener_arn is None or not targets:
        return ()
    with aws.errors(f"load balancer {config.arn}"):
        elb = aws.client(session, "elbv2")
        (balancer,) = elb.describe_load_balancers(LoadBalancerArns=[config.arn])["LoadBalancers"]
        pages = elb.get_paginator("describe_rules").paginate(ListenerArn=config.listener_arn)
        (listener,) = elb.describe_listeners(ListenerArns=[config.listener_arn])["Listeners"]
        rules = [rule for page in pages for rule in page["Rules"]]
        own = _own(project, targets, rules, elb)
    taken = _taken(targets, {rule["Priority"] for rule in rules if rule["RuleArn"] not in own})
    return (*_of_balancer(project, balancer), *_needing_https(targets, listener), *taken)


def _of_balancer(project: Project, balancer: Mapping[str, Any]) -> Iterator[Problem]:
    if balancer.get("VpcId") != project.network.vpc_id:
        what, fix = "the load balancer is in another VPC", f"write vpc_id: {balancer.get('VpcId')} and its subnets"
        yield Problem(Position("network.vpc_id"), what, project.network.vpc_id, fix)
    groups = balancer.get("SecurityGroups") or ()
    if project.load_balancer.security_group not in groups:
        what = "the load balancer does not have the security group"
        fix = f"write one of {', '.join(groups)}"
        yield Problem(Position("load_balancer.security_group"), what, project.load_balancer.security_group, fix)


def _needing_https(targets: tuple[Target, ...], listener: Mapping[str, Any]) -> Iterator[Problem]:
    for target in targets:
        key = "auth" if target.config.http.auth else "protocol" if target.routing.protocol != "HTTP1" else None
        if key and listener["Protocol"] != "HTTPS":
            where = Position(f"{dotted(target.path)}.{key}")
            got = f"a listener for {listener['Protocol']}"
            yield Problem(where, "works only over HTTPS", got, "write the listener_arn of an HTTPS listener")


def _own(project: Project, targets: tuple[Target, ...], rules: list[dict[str, Any]], elb: Any) -> set[str]:
    """The ARNs of this stack's rules among those with the priorities of the targets.

    A rule forwards to a target group of the stack, or has its tags: after a change of the port, it still forwards to a
    target group with another name.
    """
    names = Names(project.project_id, project.env)
    groups = {target.name(names) for target in targets}
    wanted = {str(target.routing.priority) for target in targets}
    found = {rule["RuleArn"]: groups.isdisjoint(_target_groups(rule)) for rule in rules if rule["Priority"] in wanted}
    unknown = [arn for arn, is_unknown in found.items() if is_unknown]
    tags = {"Project": project.project_id, "Environment": project.env}
    for start in range(0, len(unknown), _TAGS_AT_ONCE):
        arns = unknown[start : start + _TAGS_AT_ONCE]
        for each in elb.describe_tags(ResourceArns=arns)["TagDescriptions"]:
            given = {tag["Key"]: tag.get("Value") for tag in each["Tags"]}
            found[each["ResourceArn"]] = not tags.items() <= given.items()
    return {arn for arn, is_unknown in found.items() if not is_unknown}


def _taken(targets: tuple[Target, ...], others: set[str]) -> Iterator[Problem]:
    """The priorities that rules of others have, each with the next free one."""
    used = others | {str(target.routing.priority) for target in targets}
    for target in targets:
        priority = target.routing.priority
        if priority is not None and str(priority) in others:
            order = (*range(priority, HIGHEST + 1), *range(1, priority))
            free = next(each for each in order if str(each) not in used)  # a listener has at most some hundred rules
            where = Position(f"{dotted(target.path)}.priority")
            yield Problem(where, "a rule of another stack has the priority", str(priority), f"write priority: {free}")


def _target_groups(rule: Mapping[str, Any]) -> Iterator[str]:
    for action in rule.get("Actions") or ():
        groups = action.get("ForwardConfig", {}).get("TargetGroups") or ()
        arns = [action.get("TargetGroupArn"), *(each.get("TargetGroupArn") for each in groups)]
        yield from (arn.split("/")[1] for arn in arns if arn)
