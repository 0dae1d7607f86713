"""VPC flow logs."""

from __future__ import annotations

from stacks.bindings import aws
from stacks.constructs.base import Construct, Scope
from stacks.constructs.environment import Environment
from stacks.constructs.iam import Role
from stacks.constructs.log_group import LogGroup
from stacks.grants import Grant
from stacks.project.models import FlowLogs


class FlowLog(Construct):
    """All traffic of a VPC, accepted and rejected, in a log group. The role can write to it and nothing else."""

    def __init__(self, scope: Scope, environment: Environment, vpc_id: str, config: FlowLogs) -> None:
        super().__init__(scope, "flow_logs")
        names = environment.names
        group = LogGroup(
            self,
            "flow_logs",
            environment=environment,
            name=names.flow_log_group,
            retention_days=config.retention_days,
        )
        role = Role(
            self,
            "flow_logs",
            environment=environment,
            name=names.flow_log_role,
            description=f"Writes the VPC flow logs of {names.stack}",
            principal="vpc-flow-logs.amazonaws.com",
            source_arn=environment.account.arn("ec2", "vpc-flow-log/*"),
        )
        actions = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        role.allow([Grant("WriteFlowLogs", actions, [f"{group.arn}:*"])])
        self.make(
            aws.flow_log.FlowLog,
            "main",
            vpc_id=vpc_id,
            traffic_type="ALL",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            tags={"Name": names.stack},
        )
