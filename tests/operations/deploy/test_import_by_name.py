"""Untagged resources are found by their name, or by the resource they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from operations.deploy.import_by_name import found_by_name
from operations.rehearsal.emulator.client import Emulator
from tests.support.roles import scheduler_role

REGION = "eu-west-1"
ANYWHERE = "0.0.0.0/0"
Session = Any


@pytest.fixture(scope="module")
def account() -> Iterator[Session]:
    """The emulator, as a boto3 session."""
    with Emulator() as running:
        yield SimpleNamespace(client=lambda service: running.client(service, REGION))


@pytest.fixture
def network(account: Session) -> dict[str, Any]:
    """A VPC with a subnet, a route table and two security groups, as in Terraform's state."""
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    tasks, balancer = (
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"] for name in ("t", "b")
    )
    ids = {
        "subnet.main": subnet,
        "route_table.main": table,
        "security_group.tasks": tasks,
        "security_group.lb": balancer,
    }
    return {**{f"aws_{name}": {"id": id_} for name, id_ in ids.items()}, "gateway": gateway}


def found(account: Session, kind: str, arguments: dict[str, Any], known: dict[str, Any]) -> str | None:
    """The import ID of the only resource in the configuration; None when it does not exist."""
    content = {"resource": {kind: {"it": arguments}}}
    return dict(found_by_name(content, known, account)).get(f"{kind}.it")


def test_a_route_by_its_table_and_destination(account: Session, network: dict[str, Any]) -> None:
    wanted = {"route_table_id": "${aws_route_table.main.id}", "destination_cidr_block": ANYWHERE}
    table = network["aws_route_table.main"]["id"]

    assert found(account, "aws_route", wanted, network) is None
    account.client("ec2").create_route(RouteTableId=table, DestinationCidrBlock=ANYWHERE, GatewayId=network["gateway"])
    assert found(account, "aws_route", wanted, network) == f"{table}_{ANYWHERE}"


def test_an_association_by_its_table_and_subnet(account: Session, network: dict[str, Any]) -> None:
    wanted = {"route_table_id": "${aws_route_table.main.id}", "subnet_id": "${aws_subnet.main.id}"}
    table, subnet = network["aws_route_table.main"]["id"], network["aws_subnet.main"]["id"]

    assert found(account, "aws_route_table_association", wanted, network) is None
    account.client("ec2").associate_route_table(RouteTableId=table, SubnetId=subnet)
    assert found(account, "aws_route_table_association", wanted, network) == f"{subnet}/{table}"


def test_a_rule_by_its_group_ports_and_peer(account: Session, network: dict[str, Any]) -> None:
    kind = "aws_vpc_security_group_ingress_rule"
    wanted = {
        "security_group_id": "${aws_security_group.tasks.id}",
        "referenced_security_group_id": "${aws_security_group.lb.id}",
        "ip_protocol": "tcp",
        "from_port": 3000,
        "to_port": 3000,
        "description": "The load balancer",
    }
    tasks, balancer = (network[f"aws_security_group.{name}"]["id"] for name in ("tasks", "lb"))
    peer = [{"GroupId": balancer, "Description": "The load balancer"}]

    assert found(account, kind, wanted, network) is None
    answer = account.client("ec2").authorize_security_group_ingress(
        GroupId=tasks,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 3000, "ToPort": 3000, "UserIdGroupPairs": peer}],
    )
    rule = answer["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    assert found(account, kind, wanted, network) == rule
    assert found(account, kind, {**wanted, "to_port": 3001}, network) is None
    assert found(account, "aws_vpc_security_group_egress_rule", wanted, network) is None


def test_a_rule_for_all_ports_is_not_the_one_that_aws_adds_to_every_group(
    account: Session, network: dict[str, Any]
) -> None:
    """Terraform omits the ports if the API returns -1."""
    kind, tasks = "aws_vpc_security_group_egress_rule", network["aws_security_group.tasks"]["id"]
    wanted = {
        "security_group_id": "${aws_security_group.tasks.id}",
        "cidr_ipv4": ANYWHERE,
        "ip_protocol": "-1",
        "description": "Everything: egress is open",
    }
    ec2, everything = account.client("ec2"), {"IpProtocol": "-1", "IpRanges": [{"CidrIp": ANYWHERE}]}

    assert found(account, kind, wanted, network) is None
    ec2.revoke_security_group_egress(GroupId=tasks, IpPermissions=[everything])
    everything["IpRanges"] = [{"CidrIp": ANYWHERE, "Description": "Everything: egress is open"}]
    answer = ec2.authorize_security_group_egress(GroupId=tasks, IpPermissions=[everything])
    rule = answer["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    assert found(account, kind, wanted, network) == rule


def test_a_bucket_whose_name_ends_in_the_account(account: Session) -> None:
    wanted = {"bucket": "logs-${data.aws_caller_identity.current.account_id}"}

    assert found(account, "aws_s3_bucket", wanted, {}) is None
    account.client("s3").create_bucket(
        Bucket="logs-123456789012", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    assert found(account, "aws_s3_bucket", wanted, {}) == "logs-123456789012"


def test_a_schedule_by_its_name(account: Session) -> None:
    assert found(account, "aws_scheduler_schedule", {"name": "shop-dev-cleanup"}, {}) is None
    account.client("scheduler").create_schedule(
        Name="shop-dev-cleanup",
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": "arn:aws:ecs:eu-west-1:1:cluster/x", "RoleArn": scheduler_role(account.client("iam"))},
    )
    assert found(account, "aws_scheduler_schedule", {"name": "shop-dev-cleanup"}, {}) == "default/shop-dev-cleanup"


def test_an_alias_of_a_key_by_its_name(account: Session) -> None:
    kms = account.client("kms")

    assert found(account, "aws_kms_alias", {"name": "alias/shop-dev"}, {}) is None
    kms.create_alias(AliasName="alias/shop-dev", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    assert found(account, "aws_kms_alias", {"name": "alias/shop-dev"}, {}) == "alias/shop-dev"


def test_a_record_by_its_zone_name_and_type(account: Session) -> None:
    route53 = account.client("route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"].rpartition("/")[2]
    known = {"data.aws_route53_zone.main": {"zone_id": zone}}
    wanted = {"zone_id": "${data.aws_route53_zone.main.zone_id}", "name": "shop.example.com", "type": "A"}
    record = {"Name": "shop.example.com", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "10.0.0.1"}]}

    assert found(account, "aws_route53_record", wanted, known) is None
    route53.change_resource_record_sets(
        HostedZoneId=zone,
        ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]},
    )
    assert found(account, "aws_route53_record", wanted, known) == f"{zone}_shop.example.com_A"
    assert found(account, "aws_route53_record", {**wanted, "name": "${one(made.up).name}"}, known) is None


def test_a_mount_target_by_its_file_system_and_subnet(account: Session, network: dict[str, Any]) -> None:
    efs = account.client("efs")
    system = efs.create_file_system(CreationToken="1")["FileSystemId"]
    known = {**network, "aws_efs_file_system.data": {"id": system}}
    wanted = {"file_system_id": "${aws_efs_file_system.data.id}", "subnet_id": "${aws_subnet.main.id}"}

    assert found(account, "aws_efs_mount_target", wanted, known) is None
    target = efs.create_mount_target(FileSystemId=system, SubnetId=network["aws_subnet.main"]["id"])
    assert found(account, "aws_efs_mount_target", wanted, known) == target["MountTargetId"]


@pytest.mark.parametrize(
    "kind",
    [
        "aws_efs_mount_target",
        "aws_route",
        "aws_route_table_association",
        "aws_route53_record",
        "aws_s3_bucket",
        "aws_vpc_security_group_egress_rule",
    ],
)
def test_a_resource_of_one_that_does_not_exist_is_not_found(account: Session, kind: str) -> None:
    nowhere = "${aws_vpc.gone.id}"
    names = ("file_system_id", "subnet_id", "route_table_id", "zone_id", "bucket", "security_group_id")
    wanted = {**dict.fromkeys(names, nowhere), "name": "x", "type": "A", "ip_protocol": "-1"}

    assert found(account, kind, wanted, {}) is None


def test_a_resource_in_the_state_is_not_looked_up() -> None:
    content = {"resource": {"aws_s3_bucket": {"logs": {"bucket": "logs"}}}}

    assert dict(found_by_name(content, {"aws_s3_bucket.logs": {"id": "logs"}}, None)) == {}  # type: ignore[arg-type]


def test_a_managed_policy_by_its_name(account: Session) -> None:
    wanted = {"name": "shop-prod-web-execution-1", "policy": "{}"}
    document = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}'

    assert found(account, "aws_iam_policy", wanted, {}) is None
    made = account.client("iam").create_policy(PolicyName=wanted["name"], PolicyDocument=document)
    assert found(account, "aws_iam_policy", wanted, {}) == made["Policy"]["Arn"]


def test_a_rule_to_a_gateway_endpoint_by_its_prefix_list(account: Session, network: dict[str, Any]) -> None:
    kind = "aws_vpc_security_group_egress_rule"
    lists = account.client("ec2").describe_managed_prefix_lists()["PrefixLists"]
    list_id = next(each["PrefixListId"] for each in lists if each["PrefixListName"].endswith(".s3"))
    wanted = {
        "security_group_id": "${aws_security_group.tasks.id}",
        "prefix_list_id": "${aws_vpc_endpoint.s3.prefix_list_id}",
        "ip_protocol": "tcp",
        "from_port": 443,
        "to_port": 443,
        "description": "Gateway endpoint of s3",
    }
    known = {**network, "aws_vpc_endpoint.s3": {"id": "vpce-1", "prefix_list_id": list_id}}
    group = network["aws_security_group.tasks"]["id"]

    assert found(account, kind, wanted, known) is None
    rule = account.client("ec2").authorize_security_group_egress(
        GroupId=group,
        IpPermissions=[
            {
                "IpProtocol": "tcp",
                "FromPort": 443,
                "ToPort": 443,
                "PrefixListIds": [{"PrefixListId": list_id, "Description": wanted["description"]}],
            }
        ],
    )["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    assert found(account, kind, wanted, known) == rule
