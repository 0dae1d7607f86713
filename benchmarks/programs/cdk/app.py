"""N services on one VPC and cluster, with ecs-patterns of AWS CDK: `python app.py SERVICES FOLDER`."""

import sys

from aws_cdk import App, Environment, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_ecs_patterns as patterns

PER_STACK = 30
"""CloudFormation allows 500 resources in a stack."""
ENVIRONMENT = Environment(account="123456789012", region="us-east-1")


def add_services(stack: Stack, cluster: ecs.Cluster, numbers: range) -> None:
    """Add one load-balanced Fargate service per number."""
    for number in numbers:
        patterns.ApplicationLoadBalancedFargateService(
            stack,
            f"service-{number}",
            cluster=cluster,
            cpu=256,
            memory_limit_mib=512,
            desired_count=2,
            circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
            task_image_options=patterns.ApplicationLoadBalancedTaskImageOptions(
                image=ecs.ContainerImage.from_registry("public.ecr.aws/nginx/nginx:1"), container_port=80
            ),
        )


def main(services: int, folder: str) -> None:
    """Write the CloudFormation templates of that many services to a folder."""
    app = App(outdir=folder)
    network = Stack(app, "network", env=ENVIRONMENT)
    vpc = ec2.Vpc(network, "vpc", max_azs=2, nat_gateways=1)
    cluster = ecs.Cluster(network, "cluster", vpc=vpc)
    for first in range(1, services + 1, PER_STACK):
        numbers = range(first, min(first + PER_STACK, services + 1))
        add_services(Stack(app, f"services-{first}", env=ENVIRONMENT), cluster, numbers)
    app.synth()


main(int(sys.argv[1]), sys.argv[2])
