"""moto's Resource Groups Tagging API: all types of resources."""

from __future__ import annotations

from typing import Any

from tests.operations.rehearsal.emulator.moto.conftest import REGION, Aws


def test_every_tagged_resource_is_listed_by_its_arn(aws: Aws, network: dict[str, Any]) -> None:
    ec2, tags = aws("ec2"), [{"Key": "Project", "Value": "listed"}]
    vpc = network["vpc"]

    def tagged(kind: str) -> list[Any]:
        return [{"ResourceType": kind, "Tags": tags}]

    address = ec2.allocate_address(Domain="vpc", TagSpecifications=tagged("elastic-ip"))["AllocationId"]
    endpoint = ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.s3", TagSpecifications=tagged("vpc-endpoint")
    )["VpcEndpoint"]["VpcEndpointId"]
    aws("logs").create_log_group(logGroupName="flow")
    flow_log = ec2.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogGroupName="flow",
        DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/flow",
        TagSpecifications=tagged("vpc-flow-log"),
    )["FlowLogIds"][0]
    aws("ecr").create_repository(repositoryName="listed", tags=tags)
    aws("servicediscovery").create_http_namespace(Name="listed", Tags=tags)
    aws("wafv2").create_web_acl(
        Name="listed",
        Scope="REGIONAL",
        DefaultAction={"Allow": {}},
        VisibilityConfig={"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "listed"},
        Tags=tags,
    )
    rds, group = aws("rds"), {"DBParameterGroupFamily": "aurora-mysql8.0", "Description": "x", "Tags": tags}
    rds.create_db_parameter_group(DBParameterGroupName="listed", **group)
    rds.create_db_cluster_parameter_group(DBClusterParameterGroupName="listed", **group)
    rds.create_db_subnet_group(
        DBSubnetGroupName="listed", DBSubnetGroupDescription="x", SubnetIds=[network["subnet"]], Tags=tags
    )

    pages = aws("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "Project", "Values": ["listed"]}])
    listed = sorted(each["ResourceARN"].split(":", 5)[5] for each in pages["ResourceTagMappingList"])

    assert {f"elastic-ip/{address}", f"vpc-endpoint/{endpoint}", f"vpc-flow-log/{flow_log}"} < {*listed}
    assert "repository/listed" in listed
    assert [each for each in listed if each.startswith("namespace/ns-")]
    assert [each for each in listed if each.startswith("regional/webacl/listed/")]
    assert {"pg:listed", "cluster-pg:listed", "subgrp:listed"} < {*listed}
