"""Each patch of moto: without it Terraform would fail, wait for minutes or never plan without changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from operations.rehearsal.emulator import moto
from operations.rehearsal.emulator.client import Emulator
from operations.rehearsal.emulator.moto import services

REGION = "eu-west-1"
PATCHES = Path(moto.__path__[0])
Aws = Any


def test_every_module_of_the_package_is_a_patch() -> None:
    names = services()

    assert names == sorted(names)
    assert {"acm", "ecs", "tagging"} <= {*names}
    assert all("\ndef patch() -> None:" in (PATCHES / f"{name}.py").read_text("utf-8") for name in names)
    assert {f"{name}.py" for name in names} | {"__init__.py"} == {file.name for file in PATCHES.glob("*.py")}


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture(scope="module")
def aws(emulator: Emulator) -> Aws:
    """`aws("ecs")` is a client of the emulator."""
    return lambda service: emulator.client(service, REGION)


@pytest.fixture(scope="module")
def network(aws: Aws) -> dict[str, Any]:
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    groups = [ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"] for name in ("a", "b")]
    return {"vpc": vpc, "subnet": subnet, "groups": groups}


@pytest.fixture
def service(aws: Aws, network: dict[str, Any], request: pytest.FixtureRequest) -> dict[str, Any]:
    """An ECS service with every setting that moto drops without the patch, in its own cluster."""
    ecs, cluster = aws("ecs"), request.node.name.replace("_", "-")
    ecs.create_cluster(clusterName=cluster)
    container = {"name": "web", "image": "nginx", "memory": 128}
    for image in ("nginx:1", "nginx:2"):
        ecs.register_task_definition(family=cluster, containerDefinitions=[{**container, "image": image}])
    created: dict[str, Any] = ecs.create_service(
        cluster=cluster,
        serviceName="web",
        taskDefinition=f"{cluster}:1",
        desiredCount=2,
        availabilityZoneRebalancing="DISABLED",
        capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        deploymentConfiguration={"maximumPercent": 150, "minimumHealthyPercent": 50},
        enableECSManagedTags=True,
        enableExecuteCommand=True,
        healthCheckGracePeriodSeconds=60,
        networkConfiguration={
            "awsvpcConfiguration": {"subnets": [network["subnet"]], "securityGroups": network["groups"][:1]}
        },
        serviceConnectConfiguration={"enabled": True, "namespace": "shop"},
    )["service"]
    return {**created, "cluster": cluster}


def described(aws: Aws, service: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = aws("ecs").describe_services(cluster=service["cluster"], services=["web"])["services"][0]
    return found


def test_an_ecs_service_is_returned_with_all_its_settings(aws: Aws, service: dict[str, Any]) -> None:
    found = described(aws, service)

    assert found["availabilityZoneRebalancing"] == "DISABLED"
    assert found["capacityProviderStrategy"] == [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    assert "launchType" not in found
    assert found["deploymentConfiguration"] == {"maximumPercent": 150, "minimumHealthyPercent": 50}
    assert found["enableECSManagedTags"]
    assert found["enableExecuteCommand"]
    assert found["healthCheckGracePeriodSeconds"] == 60
    assert found["deployments"][0]["serviceConnectConfiguration"] == {"enabled": True, "namespace": "shop"}


def test_zone_rebalancing_is_enabled_by_default(aws: Aws) -> None:
    ecs = aws("ecs")
    ecs.create_cluster(clusterName="rebalancing")
    ecs.register_task_definition(family="plain", containerDefinitions=[{"name": "a", "image": "a", "memory": 64}])
    made = ecs.create_service(cluster="rebalancing", serviceName="web", taskDefinition="plain", desiredCount=1)

    assert made["service"]["availabilityZoneRebalancing"] == "ENABLED"


def test_a_deployment_of_ecs_completes(aws: Aws, service: dict[str, Any]) -> None:
    found = described(aws, service)

    assert (found["runningCount"], found["pendingCount"]) == (2, 0)
    assert found["deployments"][0]["rolloutState"] == "COMPLETED"
    assert found["deployments"][0]["runningCount"] == 2
    assert found["events"][0]["message"] == "(service web) has reached a steady state."


def test_a_new_task_definition_starts_a_deployment(aws: Aws, service: dict[str, Any]) -> None:
    cluster = service["cluster"]
    before = described(aws, service)["deployments"][0]["id"]
    aws("ecs").update_service(cluster=cluster, service="web", taskDefinition=f"{cluster}:2", desiredCount=3)

    found = described(aws, service)
    arn = f"arn:aws:ecs:{REGION}:123456789012:task-definition/{cluster}:2"
    assert found["taskDefinition"] == arn
    assert [(each["taskDefinition"], each["runningCount"]) for each in found["deployments"]] == [(arn, 3)]
    assert found["deployments"][0]["id"] != before
    assert found["deployments"][0]["serviceConnectConfiguration"] == {"enabled": True, "namespace": "shop"}


def test_an_update_keeps_the_rest_of_the_deployment_configuration(aws: Aws, service: dict[str, Any]) -> None:
    alarms = {"alarmNames": ["errors"], "enable": True, "rollback": True}
    for name in ("web", service["serviceArn"]):
        aws("ecs").update_service(cluster=service["cluster"], service=name, deploymentConfiguration={"alarms": alarms})

    configuration = described(aws, service)["deploymentConfiguration"]
    assert configuration == {"maximumPercent": 150, "minimumHealthyPercent": 50, "alarms": alarms}


def test_a_service_that_left_service_connect_is_described_without_it(aws: Aws, service: dict[str, Any]) -> None:
    aws("ecs").update_service(cluster=service["cluster"], service="web", serviceConnectConfiguration={"enabled": False})

    assert "serviceConnectConfiguration" not in described(aws, service)["deployments"][0]


def test_a_new_count_does_not_start_a_deployment(aws: Aws, service: dict[str, Any]) -> None:
    before = described(aws, service)["deployments"][0]["id"]
    aws("ecs").update_service(cluster=service["cluster"], service="web", desiredCount=5)

    found = described(aws, service)
    assert (found["desiredCount"], found["runningCount"]) == (5, 5)
    assert [each["id"] for each in found["deployments"]] == [before]


def test_a_scalable_target_has_tags(aws: Aws, service: dict[str, Any]) -> None:
    scaling = aws("application-autoscaling")
    arn = scaling.register_scalable_target(**target(service), MinCapacity=1, MaxCapacity=4, Tags={"team": "web"})[
        "ScalableTargetARN"
    ]
    scaling.tag_resource(ResourceARN=arn, Tags={"cost": "1"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["team"])

    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"cost": "1"}


def test_an_updated_scaling_policy_keeps_its_arn_and_replaces_its_alarms(aws: Aws, service: dict[str, Any]) -> None:
    scaling = aws("application-autoscaling")
    scaling.register_scalable_target(**target(service), MinCapacity=1, MaxCapacity=4)
    metric = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}
    policy = {**target(service), "PolicyName": "cpu", "PolicyType": "TargetTrackingScaling"}
    arns, alarms = set(), set()
    for percent in (60.0, 70.0):
        made = scaling.put_scaling_policy(
            **policy, TargetTrackingScalingPolicyConfiguration={"TargetValue": percent, **metric}
        )
        arns.add(made["PolicyARN"])
        alarms = {alarm["AlarmName"] for alarm in made["Alarms"]}
    resource = target(service)["ResourceId"]
    left = aws("cloudwatch").describe_alarms(AlarmNamePrefix=f"TargetTracking-{resource}")["MetricAlarms"]

    assert len(arns) == 1
    assert {alarm["AlarmName"] for alarm in left} == alarms


def target(service: dict[str, Any]) -> dict[str, Any]:
    return {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{service['cluster']}/web",
        "ScalableDimension": "ecs:service:DesiredCount",
    }


def rule(aws: Aws, rule_id: str) -> dict[str, Any]:
    answer = aws("ec2").describe_security_group_rules(SecurityGroupRuleIds=[rule_id])
    found: dict[str, Any] = answer["SecurityGroupRules"][0]
    return found


def test_rules_between_security_groups_and_to_prefix_lists_have_descriptions(aws: Aws, network: dict[str, Any]) -> None:
    ec2, (ours, theirs) = aws("ec2"), network["groups"]
    lists = ec2.describe_managed_prefix_lists()["PrefixLists"]
    peers: tuple[dict[str, Any], ...] = (
        {"UserIdGroupPairs": [{"GroupId": theirs, "Description": "theirs"}]},
        {"PrefixListIds": [{"PrefixListId": lists[0]["PrefixListId"], "Description": "theirs"}]},
        {"IpRanges": [{"CidrIp": "10.1.0.0/16", "Description": "theirs"}]},
    )
    for peer in peers:
        permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **peer}
        made = ec2.authorize_security_group_egress(GroupId=ours, IpPermissions=[permission])

        assert rule(aws, made["SecurityGroupRules"][-1]["SecurityGroupRuleId"])["Description"] == "theirs"


def test_a_rule_between_security_groups_can_be_changed(aws: Aws, network: dict[str, Any]) -> None:
    ec2, (ours, theirs) = aws("ec2"), network["groups"]
    permission = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": theirs}]}
    made = ec2.authorize_security_group_ingress(GroupId=ours, IpPermissions=[permission])
    rule_id = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    changed = {"IpProtocol": "-1", "ReferencedGroupId": ours, "Description": "ours"}
    ec2.modify_security_group_rules(
        GroupId=ours, SecurityGroupRules=[{"SecurityGroupRuleId": rule_id, "SecurityGroupRule": changed}]
    )

    found = rule(aws, rule_id)
    assert (found["IpProtocol"], found["ReferencedGroupInfo"]["GroupId"], found["Description"]) == ("-1", ours, "ours")


def test_deleting_a_nat_gateway_releases_its_interface_and_address(aws: Aws, network: dict[str, Any]) -> None:
    ec2 = aws("ec2")
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    made = ec2.create_nat_gateway(SubnetId=network["subnet"], AllocationId=address)["NatGateway"]
    interface = made["NatGatewayAddresses"][0]["NetworkInterfaceId"]
    ec2.delete_nat_gateway(NatGatewayId=made["NatGatewayId"])

    interfaces = ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert interface not in {each["NetworkInterfaceId"] for each in interfaces}
    assert "AssociationId" not in ec2.describe_addresses(AllocationIds=[address])["Addresses"][0]


def test_a_file_system_can_be_backed_up_and_changed(aws: Aws) -> None:
    efs = aws("efs")
    system = efs.create_file_system(CreationToken="data", Backup=False)["FileSystemId"]
    assert efs.describe_backup_policy(FileSystemId=system)["BackupPolicy"] == {"Status": "DISABLED"}

    efs.put_backup_policy(FileSystemId=system, BackupPolicy={"Status": "ENABLED"})
    efs.update_file_system(FileSystemId=system, ThroughputMode="elastic")

    assert efs.describe_backup_policy(FileSystemId=system)["BackupPolicy"] == {"Status": "ENABLED"}
    assert efs.describe_file_systems(FileSystemId=system)["FileSystems"][0]["ThroughputMode"] == "elastic"


def test_a_file_system_policy_can_be_deleted(aws: Aws) -> None:
    efs = aws("efs")
    system = efs.create_file_system(CreationToken="policy")["FileSystemId"]
    efs.put_file_system_policy(FileSystemId=system, Policy='{"Version": "2012-10-17", "Statement": []}')
    efs.delete_file_system_policy(FileSystemId=system)

    with pytest.raises(efs.exceptions.PolicyNotFound):
        efs.describe_file_system_policy(FileSystemId=system)


def test_a_key_returns_its_rotation_period(aws: Aws) -> None:
    kms = aws("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key)
    assert kms.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"] == 365

    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
    assert kms.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"] == 90


def test_a_queue_keeps_its_policies(aws: Aws) -> None:
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:123456789012:dead"
    statement = {"Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    allow = json.dumps({"redrivePermission": "denyAll"})
    redrive = {"maxReceiveCount": 3, "deadLetterTargetArn": arn}
    for attributes in ({"Policy": policy}, {"RedriveAllowPolicy": allow}, {"RedrivePolicy": json.dumps(redrive)}):
        sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)

    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert found["Policy"] == policy
    assert found["RedriveAllowPolicy"] == allow
    assert found["RedrivePolicy"] == f'{{"deadLetterTargetArn":"{arn}","maxReceiveCount":3}}'


def test_the_key_of_a_log_group_can_be_changed_and_removed(aws: Aws) -> None:
    logs, keys = aws("logs"), []
    logs.create_log_group(logGroupName="/shop/web")

    def key() -> str | None:
        (group,) = logs.describe_log_groups(logGroupNamePrefix="/shop/web")["logGroups"]
        found: str | None = group.get("kmsKeyId")
        return found

    for _ in range(2):
        keys.append(aws("kms").create_key()["KeyMetadata"]["Arn"])
        logs.associate_kms_key(logGroupName="/shop/web", kmsKeyId=keys[-1])
        assert key() == keys[-1]

    logs.disassociate_kms_key(logGroupName="/shop/web")
    assert key() is None
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.associate_kms_key(logGroupName="/shop/api", kmsKeyId=keys[0])


def test_a_certificate_is_issued_once_its_record_exists(aws: Aws) -> None:
    acm, route53 = aws("acm"), aws("route53")
    arn = acm.request_certificate(DomainName="shop.example.com", ValidationMethod="DNS")["CertificateArn"]
    before = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    record = before["DomainValidationOptions"][0]["ResourceRecord"]
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
    records = {"Name": record["Name"], "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": record["Value"]}]}
    route53.change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": records}]}
    )

    assert before["Status"] == "PENDING_VALIDATION"
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"] == "ISSUED"


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

    pages = aws("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "Project", "Values": ["listed"]}])
    listed = sorted(each["ResourceARN"].split(":", 5)[5] for each in pages["ResourceTagMappingList"])

    assert {f"elastic-ip/{address}", f"vpc-endpoint/{endpoint}", f"vpc-flow-log/{flow_log}"} < {*listed}
    assert "repository/listed" in listed
    assert [each for each in listed if each.startswith("namespace/ns-")]
    assert [each for each in listed if each.startswith("regional/webacl/listed/")]
