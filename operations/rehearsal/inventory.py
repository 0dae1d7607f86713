"""What stands in an account, so that what a destroy left behind can be told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

INVENTORY: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("acm", "list_certificates", "CertificateSummaryList[].CertificateArn", {}),
    (
        "application-autoscaling",
        "describe_scalable_targets",
        "ScalableTargets[].ResourceId",
        {"ServiceNamespace": "ecs"},
    ),
    ("cloudwatch", "describe_alarms", "MetricAlarms[].AlarmName", {}),
    ("ec2", "describe_addresses", "Addresses[].AllocationId", {}),
    ("ec2", "describe_flow_logs", "FlowLogs[].FlowLogId", {}),
    ("ec2", "describe_internet_gateways", "InternetGateways[].InternetGatewayId", {}),
    ("ec2", "describe_nat_gateways", "NatGateways[?State!='deleted'].NatGatewayId", {}),
    ("ec2", "describe_network_interfaces", "NetworkInterfaces[].NetworkInterfaceId", {}),
    ("ec2", "describe_route_tables", "RouteTables[].RouteTableId", {}),
    ("ec2", "describe_security_groups", "SecurityGroups[].GroupId", {}),
    ("ec2", "describe_subnets", "Subnets[].SubnetId", {}),
    ("ec2", "describe_vpc_endpoints", "VpcEndpoints[?State!='deleted'].VpcEndpointId", {}),
    ("ec2", "describe_vpcs", "Vpcs[].VpcId", {}),
    ("ecr", "describe_repositories", "repositories[].repositoryName", {}),
    ("ecs", "list_task_definitions", "taskDefinitionArns[]", {"status": "ACTIVE"}),
    ("efs", "describe_file_systems", "FileSystems[].FileSystemId", {}),
    ("elbv2", "describe_load_balancers", "LoadBalancers[].LoadBalancerName", {}),
    ("elbv2", "describe_target_groups", "TargetGroups[].TargetGroupName", {}),
    ("iam", "list_policies", "Policies[].PolicyName", {"Scope": "Local"}),
    ("iam", "list_roles", "Roles[].RoleName", {}),
    ("kms", "list_aliases", "Aliases[?!starts_with(AliasName, 'alias/aws/')].AliasName", {}),
    ("logs", "describe_log_groups", "logGroups[].logGroupName", {}),
    ("s3", "list_buckets", "Buckets[].Name", {}),
    ("scheduler", "list_schedules", "Schedules[].Name", {}),
    ("servicediscovery", "list_namespaces", "Namespaces[].Name", {}),
    ("sns", "list_topics", "Topics[].TopicArn", {}),
    ("sqs", "list_queues", "QueueUrls[]", {}),
    ("wafv2", "list_web_acls", "WebACLs[].Name", {"Scope": "REGIONAL"}),
)
"""Service, operation, what identifies each thing in its answer (JMESPath), and the operation's arguments."""


def inventory(client: Any, region: str) -> frozenset[str]:
    """Everything that stands in the account, one text each: `ec2 vpc-1234`.

    Task definitions that were deregistered, clusters that are inactive and keys that are scheduled for deletion count
    as gone: AWS keeps them for a while, and nothing can be done about it.

    Args:
        client: Gives the boto3 client of a service and a region.
        region: The region to look into; what is global is looked up too.
    """
    found = {
        f"{service} {name}"
        for service, operation, path, arguments in INVENTORY
        for name in _listed(client(service, region), operation, path, arguments)
    }
    found.update(_keys(client("kms", region)), _clusters(client("ecs", region)), _records(client("route53", region)))
    return frozenset(found)


def _listed(aws: Any, operation: str, path: str, arguments: dict[str, str]) -> Iterator[str]:
    import jmespath  # type: ignore[import-untyped]  # it has no types

    pages = (
        aws.get_paginator(operation).paginate(**arguments)
        if aws.can_paginate(operation)
        else [getattr(aws, operation)(**arguments)]
    )
    for page in pages:
        yield from jmespath.search(path, page) or ()


def _keys(kms: Any) -> Iterator[str]:
    for key in kms.list_keys()["Keys"]:
        about = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        if about["KeyState"] != "PendingDeletion" and about["KeyManager"] == "CUSTOMER":
            yield f"kms {about['KeyId']}"


def _clusters(ecs: Any) -> Iterator[str]:
    for cluster in ecs.describe_clusters(clusters=ecs.list_clusters()["clusterArns"])["clusters"]:
        if cluster["status"] != "INACTIVE":
            yield f"ecs {cluster['clusterName']}"


def _records(route53: Any) -> Iterator[str]:
    """The records of each hosted zone, of which the zone itself is the user's."""
    for zone in route53.list_hosted_zones()["HostedZones"]:
        for record in route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]:
            yield f"route53 {record['Type']} {record['Name']}"
