"""What was added to a stack outside of its state, in moto."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from operations.clients import Clients, Requests
from operations.drift.additions import StackState, listeners, role_policies, security_group_rules
from operations.drift.unmanaged import unmanaged_resources
from operations.state.document import StateDocument
from stacks.addresses import Owners
from stacks.errors import AwsError
from tests.support.refusals import THROTTLED, refuse

TAGS = {"Project": "shop", "Environment": "dev", "ManagedBy": "ecsforge"}
TAG_LIST = [{"Key": key, "Value": value} for key, value in TAGS.items()]
OWNERS = Owners({"aws_security_group.web": "web", "aws_iam_role.web_task": "web"}, ("web",))


def state(**resources: dict[str, Any]) -> StateDocument:
    """A state with a resource of each type, called `web`."""
    return StateDocument(
        {
            "version": 4,
            "resources": [
                {"mode": "managed", "type": kind, "name": "web", "instances": [{"attributes": attributes}]}
                for kind, attributes in resources.items()
            ],
        }
    )


def requests(account: boto3.Session) -> Requests:
    return Requests(Clients(account, "eu-west-1"))


def unmanaged(account: boto3.Session, document: StateDocument) -> list[tuple[str, str, bool]]:
    found = unmanaged_resources(requests(account), TAGS, document, "shop-dev-")
    return [(each.kind, each.name, each.importable) for each in found]


def test_resources_with_the_tags_that_are_not_in_the_state_are_found(account: boto3.Session) -> None:
    sqs, sns, ec2 = account.client("sqs"), account.client("sns"), account.client("ec2")
    kept = sqs.create_queue(QueueName="kept", tags=TAGS)["QueueUrl"]
    sqs.create_queue(QueueName="extra", tags=TAGS)
    sqs.create_queue(QueueName="prod", tags={**TAGS, "Environment": "prod"})
    sns.create_topic(Name="news", Tags=TAG_LIST)  # type: ignore[arg-type]
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.create_tags(Resources=[vpc], Tags=[*TAG_LIST, {"Key": "Name", "Value": "shop-dev"}])  # type: ignore[list-item]
    arn = sqs.get_queue_attributes(QueueUrl=kept, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    assert unmanaged(account, state(aws_sqs_queue={"id": kept, "arn": arn})) == [
        ("VPC", "shop-dev", True),
        ("topic", "news", True),
        ("queue", "extra", False),
    ]


def test_earlier_revisions_of_a_task_definition_and_tasks_are_not_reported(account: boto3.Session) -> None:
    ecs = account.client("ecs")
    tags: Any = [{"key": key, "value": value} for key, value in TAGS.items()]
    containers: Any = [{"name": "web", "image": "nginx", "memory": 128}]
    for family in ("web-shop-dev", "web-shop-dev", "other"):
        ecs.register_task_definition(family=family, containerDefinitions=containers, tags=tags)
    document = state(aws_ecs_task_definition={"family": "web-shop-dev", "arn": "arn:aws:ecs:x:1:task-definition/x:2"})

    assert unmanaged(account, document) == [("ecs task-definition", "other:1", False)]


def test_snapshots_of_databases_and_nodes_of_caches_are_not_reported(account: boto3.Session) -> None:
    rds, elasticache = account.client("rds"), account.client("elasticache")
    login = {"MasterUsername": "app", "MasterUserPassword": "a-password-of-a-test"}
    rds.create_db_cluster(DBClusterIdentifier="extra", Engine="aurora-postgresql", **login)
    rds.create_db_cluster_snapshot(DBClusterIdentifier="extra", DBClusterSnapshotIdentifier="kept", Tags=TAG_LIST)  # type: ignore[arg-type]
    for name in ("shop-dev-cache-001", "own"):
        node: Any = {"CacheClusterId": name, "CacheNodeType": "cache.t4g.micro", "NumCacheNodes": 1, "Tags": TAG_LIST}
        elasticache.create_cache_cluster(Engine="redis", **node)

    assert unmanaged(account, state(aws_sqs_queue={})) == [("cache", "own", False)]


def test_deleted_resources_that_aws_still_lists_are_not_reported(account: boto3.Session) -> None:
    ecs = account.client("ecs")
    tags: Any = [{"key": key, "value": value} for key, value in TAGS.items()]
    definition: Any = [{"name": "web", "image": "nginx", "memory": 128}]
    ecs.register_task_definition(family="gone", containerDefinitions=definition, tags=tags)
    ecs.deregister_task_definition(taskDefinition="gone:1")

    assert unmanaged(account, state()) == []


def test_roles_are_found_by_their_name_and_tags(account: boto3.Session) -> None:
    iam = account.client("iam")
    trust = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}
            ],
        }
    )
    for name, tags in (("shop-dev-old", TAG_LIST), ("shop-dev-web", TAG_LIST), ("shop-dev-ci", []), ("x", TAG_LIST)):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, Tags=tags)  # type: ignore[arg-type]

    assert unmanaged(account, state(aws_iam_role={"name": "shop-dev-web", "id": "shop-dev-web"})) == [
        ("role", "shop-dev-old", True)
    ]


def test_a_throttled_request_is_an_error(account: boto3.Session) -> None:
    refuse(account, "resource-groups-tagging-api.GetResources", *THROTTLED)

    with pytest.raises(AwsError, match="AWS refused GetResources"):
        unmanaged(account, state())


def test_an_empty_page_with_a_token_is_followed(account: boto3.Session) -> None:
    pages: Any = iter(
        [
            {"ResourceTagMappingList": [], "PaginationToken": "more"},
            {"ResourceTagMappingList": [{"ResourceARN": "arn:aws:sqs:eu-west-1:1:late", "Tags": []}]},
        ]
    )

    def page(**_: Any) -> Any:
        return type("Answer", (), {"status_code": 200})(), next(pages)

    account.events.register("before-call.resource-groups-tagging-api.GetResources", page)

    assert unmanaged(account, state()) == [("queue", "late", False)]


def test_rules_of_security_groups_that_the_stack_does_not_have_are_additions(account: boto3.Session) -> None:
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    own = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
            {"IpProtocol": "udp", "FromPort": 5000, "ToPort": 5010, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
        ],
    )
    document = state(
        aws_security_group={"id": group},
        aws_vpc_security_group_egress_rule={"security_group_rule_id": own[0]["SecurityGroupRuleId"]},
    )

    found = list(security_group_rules(StackState(document.managed, OWNERS), requests(account)))

    assert sorted((str(each.place), each.what) for each in found) == [
        ("security group of service `web`", "ingress rule, tcp 22 from 0.0.0.0/0"),
        ("security group of service `web`", "ingress rule, udp 5000-5010 from 10.0.0.0/8"),
    ]


def test_policies_of_roles_that_the_stack_does_not_have_are_additions(account: boto3.Session) -> None:
    iam = account.client("iam")
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs.amazonaws.com"}}],
    }
    iam.create_role(RoleName="web", AssumeRolePolicyDocument=json.dumps(trust))
    for name in ("permissions", "extra"):
        iam.put_role_policy(RoleName="web", PolicyName=name, PolicyDocument=json.dumps(document))
    policy = iam.create_policy(PolicyName="admin", PolicyDocument=json.dumps(document))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="web", PolicyArn=policy)
    known = state(aws_iam_role={"name": "web"}, aws_iam_role_policy={"role": "web", "name": "permissions"})

    found = list(role_policies(StackState(known.managed, OWNERS), requests(account)))

    assert [(each.what, each.id) for each in found] == [
        ("inline policy extra", "extra"),
        ("attached policy admin", policy),
    ]


def test_listeners_and_rules_that_the_stack_does_not_have_are_additions(account: boto3.Session) -> None:
    ec2, elb = account.client("ec2"), account.client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"eu-west-1{zone}")["Subnet"][
            "SubnetId"
        ]
        for number, zone in enumerate("ab")
    ]
    balancer = elb.create_load_balancer(Name="web", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    answer: Any = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    own, other = (
        elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=port, DefaultActions=[answer])["Listeners"][
            0
        ]["ListenerArn"]
        for port in (80, 8080)
    )
    condition: Any = {"Field": "path-pattern", "Values": ["/x"]}
    rule = elb.create_rule(ListenerArn=own, Priority=7, Conditions=[condition], Actions=[answer])["Rules"][0]["RuleArn"]
    known = state(aws_lb={"arn": balancer}, aws_lb_listener={"arn": own})

    found = list(listeners(StackState(known.managed, OWNERS), requests(account)))

    assert [(each.what, each.id) for each in found] == [
        ("listener, HTTP 8080", other),
        ("listener rule, priority 7", rule),
    ]
