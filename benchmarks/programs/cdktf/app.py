"""N services on one network, load balancer and cluster, with plain cdktf: `python app.py SERVICES FOLDER`."""

import json
import sys

from cdktf import App, TerraformStack
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.ecs_cluster import EcsCluster
from cdktf_cdktf_provider_aws.ecs_service import (
    EcsService,
    EcsServiceDeploymentCircuitBreaker,
    EcsServiceLoadBalancer,
    EcsServiceNetworkConfiguration,
)
from cdktf_cdktf_provider_aws.ecs_task_definition import EcsTaskDefinition
from cdktf_cdktf_provider_aws.eip import Eip
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from cdktf_cdktf_provider_aws.internet_gateway import InternetGateway
from cdktf_cdktf_provider_aws.lb import Lb
from cdktf_cdktf_provider_aws.lb_listener import (
    LbListener,
    LbListenerDefaultAction,
    LbListenerDefaultActionFixedResponse,
)
from cdktf_cdktf_provider_aws.lb_listener_rule import (
    LbListenerRule,
    LbListenerRuleAction,
    LbListenerRuleCondition,
    LbListenerRuleConditionPathPattern,
)
from cdktf_cdktf_provider_aws.lb_target_group import LbTargetGroup, LbTargetGroupHealthCheck
from cdktf_cdktf_provider_aws.nat_gateway import NatGateway
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.route import Route
from cdktf_cdktf_provider_aws.route_table import RouteTable
from cdktf_cdktf_provider_aws.route_table_association import RouteTableAssociation
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.subnet import Subnet
from cdktf_cdktf_provider_aws.vpc import Vpc
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from constructs import Construct

REGION = "us-east-1"
PORT = 80
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


class Network(Construct):
    """A VPC with public and private subnets in two availability zones, and one NAT gateway."""

    def __init__(self, scope: Construct) -> None:
        super().__init__(scope, "network")
        self.vpc = Vpc(self, "vpc", cidr_block="10.0.0.0/16", enable_dns_hostnames=True)
        gateway = InternetGateway(self, "internet", vpc_id=self.vpc.id)
        self.public = self._subnets("public", 0)
        self.private = self._subnets("private", 2)
        address = Eip(self, "address", domain="vpc")
        nat = NatGateway(self, "nat", allocation_id=address.id, subnet_id=self.public[0].id)
        self._routes("public", self.public, gateway_id=gateway.id)
        self._routes("private", self.private, nat_gateway_id=nat.id)

    def _subnets(self, name: str, offset: int) -> list[Subnet]:
        return [
            Subnet(
                self,
                f"{name}-{zone}",
                vpc_id=self.vpc.id,
                cidr_block=f"10.0.{(offset + number) * 16}.0/20",
                availability_zone=REGION + zone,
            )
            for number, zone in enumerate("ab")
        ]

    def _routes(self, name: str, subnets: list[Subnet], **target: str) -> None:
        table = RouteTable(self, f"{name}-routes", vpc_id=self.vpc.id)
        Route(self, f"{name}-route", route_table_id=table.id, destination_cidr_block="0.0.0.0/0", **target)
        for number, subnet in enumerate(subnets):
            RouteTableAssociation(self, f"{name}-association-{number}", subnet_id=subnet.id, route_table_id=table.id)


class Shared(Construct):
    """The load balancer and the cluster of all services."""

    def __init__(self, scope: Construct, network: Network) -> None:
        super().__init__(scope, "shared")
        self.network = network
        self.group = SecurityGroup(self, "balancer-group", vpc_id=network.vpc.id)
        VpcSecurityGroupIngressRule(
            self,
            "http",
            security_group_id=self.group.id,
            ip_protocol="tcp",
            from_port=80,
            to_port=80,
            cidr_ipv4="0.0.0.0/0",
        )
        VpcSecurityGroupEgressRule(
            self, "tasks", security_group_id=self.group.id, ip_protocol="-1", cidr_ipv4="10.0.0.0/16"
        )
        balancer = Lb(
            self,
            "balancer",
            load_balancer_type="application",
            security_groups=[self.group.id],
            subnets=[subnet.id for subnet in network.public],
        )
        answer = LbListenerDefaultActionFixedResponse(content_type="text/plain", status_code="404")
        self.listener = LbListener(
            self,
            "listener",
            load_balancer_arn=balancer.arn,
            port=80,
            default_action=[LbListenerDefaultAction(type="fixed-response", fixed_response=answer)],
        )
        self.cluster = EcsCluster(self, "cluster", name="bench")


class Service(Construct):
    """A service with its roles, log group, security group, target group and listener rule."""

    def __init__(self, scope: Construct, number: int, shared: Shared) -> None:
        self.name = f"service-{number}"
        super().__init__(scope, self.name)
        group = self._security_group(shared)
        target = LbTargetGroup(
            self,
            "target",
            port=PORT,
            protocol="HTTP",
            target_type="ip",
            vpc_id=shared.network.vpc.id,
            health_check=LbTargetGroupHealthCheck(path="/"),
        )
        pattern = LbListenerRuleConditionPathPattern(values=[f"/{self.name}/*"])
        rule = LbListenerRule(
            self,
            "rule",
            listener_arn=shared.listener.arn,
            action=[LbListenerRuleAction(type="forward", target_group_arn=target.arn)],
            condition=[LbListenerRuleCondition(path_pattern=pattern)],
        )
        EcsService(
            self,
            "service",
            name=self.name,
            cluster=shared.cluster.id,
            task_definition=self._task_definition().arn,
            desired_count=2,
            launch_type="FARGATE",
            load_balancer=[
                EcsServiceLoadBalancer(target_group_arn=target.arn, container_name=self.name, container_port=PORT)
            ],
            network_configuration=EcsServiceNetworkConfiguration(
                subnets=[subnet.id for subnet in shared.network.private], security_groups=[group.id]
            ),
            deployment_circuit_breaker=EcsServiceDeploymentCircuitBreaker(enable=True, rollback=True),
            depends_on=[rule],
        )

    def _security_group(self, shared: Shared) -> SecurityGroup:
        group = SecurityGroup(self, "group", vpc_id=shared.network.vpc.id)
        VpcSecurityGroupIngressRule(
            self,
            "ingress",
            security_group_id=group.id,
            ip_protocol="tcp",
            from_port=PORT,
            to_port=PORT,
            referenced_security_group_id=shared.group.id,
        )
        VpcSecurityGroupEgressRule(self, "egress", security_group_id=group.id, ip_protocol="-1", cidr_ipv4="0.0.0.0/0")
        return group

    def _task_definition(self) -> EcsTaskDefinition:
        logs = CloudwatchLogGroup(self, "logs", name=f"/ecs/{self.name}", retention_in_days=30)
        execution = IamRole(self, "execution", assume_role_policy=TRUST)
        statement = {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        IamRolePolicy(self, "write-logs", role=execution.id, policy=policy)
        task = IamRole(self, "task", assume_role_policy=TRUST)
        options = {"awslogs-group": logs.name, "awslogs-region": REGION, "awslogs-stream-prefix": "ecs"}
        container = {
            "name": self.name,
            "image": "public.ecr.aws/nginx/nginx:1",
            "portMappings": [{"containerPort": PORT}],
            "logConfiguration": {"logDriver": "awslogs", "options": options},
        }
        return EcsTaskDefinition(
            self,
            "definition",
            family=self.name,
            cpu="256",
            memory="512",
            network_mode="awsvpc",
            requires_compatibilities=["FARGATE"],
            execution_role_arn=execution.arn,
            task_role_arn=task.arn,
            container_definitions=json.dumps([container]),
        )


def main(services: int, folder: str) -> None:
    """Write the Terraform of that many services to a folder."""
    app = App(outdir=folder)
    stack = TerraformStack(app, "bench")
    AwsProvider(stack, "aws", region=REGION)
    shared = Shared(stack, Network(stack))
    for number in range(1, services + 1):
        Service(stack, number, shared)
    app.synth()


main(int(sys.argv[1]), sys.argv[2])
