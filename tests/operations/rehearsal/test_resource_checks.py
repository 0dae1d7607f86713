"""Whether a rehearsal finds that a resource, or what a service may do with it, is not what the project file says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from operations.rehearsal.check import Check
from operations.rehearsal.emulator.client import ACCOUNT_ID, Emulator
from operations.rehearsal.resource_checks import resource_checks
from operations.rehearsal.use_checks import use_checks
from stacks.project.models import Project

REGION = "eu-west-1"
PROJECT = Project.model_validate(
    {
        "project_id": "shop",
        "env": "dev",
        "region": REGION,
        "resources": {
            "uploads": {"type": "bucket", "expire_days": 30, "cors": ("https://shop.example.com",)},
            "sessions": {"type": "table", "key": {"id": "S"}, "sort_key": {"at": "N"}, "ttl": "until"},
            "events": {"type": "topic"},
        },
        "services": {
            "web": {
                "uses": {
                    "uploads": {"name": "BUCKET"},
                    "sessions": {"access": "write"},
                    "events": {"arn": "TOPIC"},
                    "mailer": {"url": "QUEUE"},
                }
            },
            "mailer": {"type": "worker", "queue": {}},
        },
    }
)
BUCKET = f"shop-dev-uploads-{ACCOUNT_ID}"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:shop-dev-events"
ENVIRONMENT = [
    {"name": "BUCKET", "value": BUCKET},
    {"name": "TOPIC", "value": TOPIC},
    {"name": "QUEUE", "value": f"http://localhost/{ACCOUNT_ID}/shop-dev-mailer"},
]
GRANTS = {
    f"arn:aws:s3:::{BUCKET}": ["s3:ListBucket"],
    f"arn:aws:s3:::{BUCKET}/*": ["s3:GetObject"],
    f"arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/shop-dev-sessions": [
        f"dynamodb:{each}Item" for each in ("Put", "Update", "Delete")
    ],
    TOPIC: ["sns:Publish"],
    f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:shop-dev-mailer": ["sqs:SendMessage"],
}


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(disabled=["layer"]) as running:
        yield running


def wrong(checks: Iterator[Check]) -> list[str]:
    return [f"{check.subject}: {check.what}" for check in checks if not check.passed]


def test_every_setting_of_buckets_tables_and_topics_is_compared(emulator: Emulator) -> None:
    def aws(service: str) -> Any:
        return emulator.client(service, REGION)

    s3, dynamodb, sns = aws("s3"), aws("dynamodb"), aws("sns")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration=encryption("aws:kms"))
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration=lifecycle(31))
    s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration=cors("*"))
    dynamodb.create_table(
        TableName="shop-dev-sessions",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        DeletionProtectionEnabled=True,
        SSESpecification={"Enabled": True},
    )
    sns.create_topic(Name="shop-dev-events")

    assert wrong(resource_checks(PROJECT, aws, ACCOUNT_ID)) == [
        "bucket `uploads`: public access block",
        "bucket `uploads`: versioning",
        "bucket `uploads`: encryption",
        "bucket `uploads`: expiration in days",
        "bucket `uploads`: CORS",
        "table `sessions`: primary key",
        "table `sessions`: ttl",
        "table `sessions`: deletion protection",
        "table `sessions`: encryption",
        "topic `events`: encryption",
    ]


def encryption(algorithm: str) -> Any:
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}]}


def lifecycle(days: int) -> Any:
    return {"Rules": [{"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": days}}]}


def cors(origin: str) -> Any:
    return {"CORSRules": [{"AllowedOrigins": [origin], "AllowedMethods": ["GET"]}]}


def uses(emulator: Emulator, role: dict[str, list[str]], environment: list[dict[str, str]]) -> list[str]:
    """The checks of `web` that fail, when its role has these statements and its container these variables."""
    iam = emulator.client("iam", REGION)
    name = "shop-dev-web-task"
    if not any(each["RoleName"] == name for each in iam.list_roles()["Roles"]):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []}))
    statements = [{"Effect": "Allow", "Action": do, "Resource": on} for on, do in role.items()]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_role_policy(RoleName=name, PolicyName="permissions", PolicyDocument=document)
    container = {"environment": environment}
    return wrong(use_checks(PROJECT, "web", PROJECT.services["web"], iam, ACCOUNT_ID, container))


def test_the_variables_and_permissions_of_the_project_file_pass(emulator: Emulator) -> None:
    assert uses(emulator, GRANTS, ENVIRONMENT) == []


def test_a_missing_permission_and_one_too_many_are_found(emulator: Emulator) -> None:
    other = {**GRANTS, f"arn:aws:s3:::{BUCKET}/*": ["s3:GetObject", "s3:PutObject"], TOPIC: ["sns:Subscribe"]}

    assert uses(emulator, other, ENVIRONMENT) == [
        "service `web`: permissions on uploads",
        "service `web`: permissions on events",
    ]


def test_permissions_on_everything_are_found(emulator: Emulator) -> None:
    assert uses(emulator, {"*": ["dynamodb:*"], **GRANTS}, ENVIRONMENT) == ["service `web`: permissions on sessions"]


def test_wrong_and_missing_variables_are_found(emulator: Emulator) -> None:
    wrong_url = {"name": "QUEUE", "value": "http://localhost/1/other"}

    assert uses(emulator, GRANTS, [*ENVIRONMENT[1:2], wrong_url]) == [
        "service `web`: BUCKET, the name of uploads",
        "service `web`: QUEUE, the url of mailer",
    ]
