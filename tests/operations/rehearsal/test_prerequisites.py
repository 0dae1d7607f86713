"""The resources that a rehearsal creates before the deploy, and the inventory after the destroy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from operations.rehearsal.emulator.client import Emulator
from operations.rehearsal.inventory import inventory
from operations.rehearsal.prerequisites import account_id_of, prerequisites
from stacks.project import Selection, load
from stacks.project.models import Project

pytestmark = pytest.mark.slow

REGION = "eu-west-1"
OWN = "arn:aws:iam::123456789012:policy"
CERTIFICATE = f"arn:aws:acm:{REGION}:123456789012:certificate/12345678-1234-1234-1234-123456789012"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture(scope="module")
def clients(emulator: Emulator) -> Callable[[str, str], Any]:
    """The emulator's clients, each created once: an inventory needs dozens of them."""
    return cache(emulator.client)


def project(folder: Path, **settings: Any) -> Project:
    """A project of one worker in one environment."""
    file = folder / "ecsforge.yaml"
    worker = {"type": "worker", "image": "busybox:1"}
    file.write_text(
        yaml.safe_dump({"project_id": "shop", "region": REGION, "services": {"mailer": worker}, **settings})
    )
    return load(Selection(file=file, env="prod")).projects[0]


def test_a_project_that_creates_everything_itself_has_no_prerequisites(tmp_path: Path) -> None:
    assert prerequisites(project(tmp_path)) == ()


def test_everything_that_a_project_names_but_does_not_create_is_created(
    tmp_path: Path, emulator: Emulator, clients: Callable[[str, str], Any]
) -> None:
    before = inventory(clients, REGION)
    found = prerequisites(
        project(
            tmp_path,
            network={
                "vpc_id": "vpc-00000001",
                "public_subnet_ids": ["subnet-00000001", "subnet-00000002"],
                "private_subnet_ids": ["subnet-00000003", "subnet-00000004"],
            },
            load_balancer={"https": {"certificate_arn": CERTIFICATE}},
            permissions_boundary=f"{OWN}/team/boundary",
            services={
                "web": {
                    "image": "busybox:1",
                    "egress": [{"port": 5432, "security_group": "sg-00000005"}],
                    "permissions": {
                        "managed_policies": [f"{OWN}/uploads", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]
                    },
                }
            },
        )
    )
    for each in found:
        each.create(emulator)

    assert [each.description for each in found] == [
        "VPC vpc-00000001 with 4 subnets",
        "certificate 12345678-1234-1234-1234-123456789012",
        "policy boundary",
        "policy uploads",
        "security group sg-00000005",
    ]
    created = inventory(clients, REGION) - before
    assert {
        f"acm {CERTIFICATE}",
        "ec2 sg-00000005",
        "ec2 subnet-00000004",
        "ec2 vpc-00000001",
        "iam boundary",
        "iam uploads",
    } <= created
    boundary = emulator.client("iam", REGION).get_policy(PolicyArn=f"{OWN}/team/boundary")
    assert boundary["Policy"]["PolicyName"] == "boundary"


def test_the_hosted_zone_of_a_domain_is_created(tmp_path: Path, emulator: Emulator) -> None:
    https = {"domain": "shop.example.com", "hosted_zone": "example.com"}
    web = {"web": {"image": "busybox:1"}}
    (zone,) = prerequisites(project(tmp_path, load_balancer={"https": https}, services=web))
    zone.create(emulator)

    zones = emulator.client("route53", REGION).list_hosted_zones()["HostedZones"]
    assert zone.description == "hosted zone example.com"
    assert [each["Name"] for each in zones] == ["example.com."]


def test_a_prerequisite_of_both_versions_is_created_once(tmp_path: Path) -> None:
    one = project(tmp_path, permissions_boundary=f"{OWN}/boundary")

    assert [each.description for each in prerequisites(one, one)] == ["policy boundary"]


def test_the_account_is_the_one_that_the_project_names(tmp_path: Path) -> None:
    role = "arn:aws:iam::210987654321:role/deploy"

    assert account_id_of(project(tmp_path)) == "123456789012"
    assert account_id_of(project(tmp_path, account_id="111122223333")) == "111122223333"
    assert account_id_of(project(tmp_path, assume_role=role)) == "210987654321"


def test_what_aws_keeps_for_a_while_counts_as_gone(emulator: Emulator, clients: Callable[[str, str], Any]) -> None:
    kms, ecs = emulator.client("kms", REGION), emulator.client("ecs", REGION)
    before = inventory(clients, REGION)
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    ecs.create_cluster(clusterName="web")
    container = {"name": "web", "image": "busybox:1", "memory": 64}
    task = ecs.register_task_definition(family="web", containerDefinitions=[container])["taskDefinition"]
    assert inventory(clients, REGION) - before == {f"kms {key}", "ecs web", f"ecs {task['taskDefinitionArn']}"}

    kms.schedule_key_deletion(KeyId=key)
    ecs.delete_cluster(cluster="web")
    ecs.deregister_task_definition(taskDefinition="web:1")

    assert inventory(clients, REGION) == before


def test_records_in_a_zone_of_the_user_are_found(emulator: Emulator, clients: Callable[[str, str], Any]) -> None:
    route53 = emulator.client("route53", REGION)
    zone = route53.create_hosted_zone(Name="example.org", CallerReference="1")["HostedZone"]["Id"]
    before = inventory(clients, REGION)
    record = {"Name": "www.example.org", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    route53.change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    )

    assert inventory(clients, REGION) - before == {"route53 A www.example.org."}


def test_an_existing_load_balancer_and_the_secret_of_an_identity_provider_are_created(
    tmp_path: Path, emulator: Emulator, clients: Callable[[str, str], Any]
) -> None:
    balancer = f"arn:aws:elasticloadbalancing:{REGION}:123456789012:loadbalancer/app/shared/50dc6c495c0c9188"
    listener = f"{balancer.replace(':loadbalancer/', ':listener/')}/f2f7dc8efc522ab2"
    url = "https://login.example.com"
    keys = ("issuer", "authorization_endpoint", "token_endpoint", "user_info_endpoint")
    oidc = {**dict.fromkeys(keys, url), "client_id": "tool", "client_secret": "secretsmanager:tool/oidc:secret"}
    subnets = ["subnet-000000a1", "subnet-000000a2"]
    found = prerequisites(
        project(
            tmp_path,
            network={"vpc_id": "vpc-000000a0", "public_subnet_ids": subnets, "private_subnet_ids": subnets},
            load_balancer={"arn": balancer, "listener_arn": listener, "security_group": "sg-000000a0"},
            services={
                "tool": {
                    "image": "app:1",
                    "http": {"hosts": ["tool.example.com"], "priority": 1, "auth": {"oidc": oidc}},
                }
            },
            state={"backend": "s3", "bucket": "tool-state"},
        )
    )

    for each in found:
        each.create(emulator)

    assert [each.description for each in found][1:] == ["load balancer shared with a listener", "secret tool/oidc"]
    elb = clients("elbv2", REGION)
    (made,) = elb.describe_load_balancers(LoadBalancerArns=[balancer])["LoadBalancers"]
    assert (made["VpcId"], made["SecurityGroups"]) == ("vpc-000000a0", ["sg-000000a0"])
    (served,) = elb.describe_listeners(ListenerArns=[listener])["Listeners"]
    assert (served["Protocol"], served["Port"]) == ("HTTPS", 443)
    value = clients("secretsmanager", REGION).get_secret_value(SecretId="tool/oidc")["SecretString"]
    assert value == '{"secret": "made-up"}'
