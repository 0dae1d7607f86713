"""Whether buckets, tables and topics can be deployed, and are as the project file says, in moto."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from cli.sentences import sentence
from operations.checks.account import account_checks, check_account
from tests.operations.checks.conftest import ACCOUNT, MakeProject, Run, texts
from tests.support.refusals import DENIED, EXPIRED, refuse
from tests.support.reporter import Recorder

BUCKET = f"shop-dev-uploads-{ACCOUNT}"
TOPIC = f"arn:aws:sns:eu-west-1:{ACCOUNT}:shop-dev-events"
QUEUE = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:shop-dev-mailer"
UPLOADS = "resources: {uploads: {type: bucket, cors: ['https://shop.example.com'], expire_days: 30}}"
SESSIONS = "resources: {sessions: {type: table, key: {id: S}, sort_key: {at: N}, ttl: until}}"
EVENTS = """\
resources: {events: {type: topic}}
services: {mailer: {type: worker, queue: {subscribe: [events]}}}
"""
PLAN, DEPLOY = "see what a deploy changes with `ecsforge plan`", "`ecsforge deploy`"


def bucket(account: boto3.Session, *, region: str = "eu-west-1", name: str = BUCKET) -> Any:
    s3: Any = account.client("s3", region_name=region)
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, **where)
    return s3


def configured(s3: Any, encryption: dict[str, str]) -> None:
    """Give the bucket every setting of `UPLOADS`."""
    blocked = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=blocked)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": encryption}]}
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration=rules)
    expire = {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [expire]})
    cors = {"CORSRules": [{"AllowedOrigins": ["https://shop.example.com"], "AllowedMethods": ["GET"]}]}
    s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration=cors)


def table(account: boto3.Session, **settings: Any) -> Any:
    dynamodb: Any = account.client("dynamodb")
    attributes = {"id": "S", "at": "N"}
    dynamodb.create_table(
        TableName="shop-dev-sessions",
        KeySchema=[
            {"AttributeName": each, "KeyType": kind} for each, kind in zip(attributes, ("HASH", "RANGE"), strict=True)
        ],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": type_} for name, type_ in attributes.items()],
        BillingMode="PAY_PER_REQUEST",
        **settings,
    )
    return dynamodb


def expiring(dynamodb: Any, attribute: str) -> None:
    wanted = {"Enabled": True, "AttributeName": attribute}
    dynamodb.update_time_to_live(TableName="shop-dev-sessions", TimeToLiveSpecification=wanted)


def topic(account: boto3.Session, key: str = "alias/aws/sns") -> Any:
    sns: Any = account.client("sns")
    sns.create_topic(Name="shop-dev-events", Attributes={"KmsMasterKeyId": key})
    return sns


def answer(account: boto3.Session, call: str, content: dict[str, Any]) -> None:
    """Let a call answer with this, which moto can't."""
    account.events.register(f"before-call.{call}", lambda **_: (type("Answer", (), {"status_code": 200})(), content))


def described(account: boto3.Session, status: str) -> None:
    """Let DynamoDB describe a table in this state, with the rest as in `SESSIONS`."""
    keys = [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}]
    types = [{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "at", "AttributeType": "N"}]
    content = {"Table": {"TableStatus": status, "KeySchema": keys, "AttributeDefinitions": types}}
    answer(account, "dynamodb.DescribeTable", content)


# What a deploy can't create


def test_resources_that_do_not_exist_can_be_created(run: Run) -> None:
    assert run("resources", UPLOADS) == []
    assert run("resources", SESSIONS) == []


def test_a_bucket_in_another_region_can_not_be_created(account: boto3.Session, run: Run) -> None:
    bucket(account, region="us-east-1")

    (found,) = run("resources", UPLOADS)

    assert texts([found]) == [
        f"missing: resources.uploads: the bucket {BUCKET} exists in another region than eu-west-1; got us-east-1; give "
        "the resource another name; or move the objects and delete the bucket"
    ]
    assert found.calls == ("s3:ListBucket",)


def test_a_bucket_that_s3_does_not_show_is_a_warning(account: boto3.Session, run: Run) -> None:
    refuse(account, "s3.HeadBucket", "403", 403, "Forbidden")

    assert texts(run("resources", UPLOADS)) == [
        f"warning: resources.uploads: S3 refuses access to the bucket {BUCKET}; got 403; allow s3:ListBucket on it; "
        "or, if another account has this bucket, give the resource another name"
    ]


def test_the_owner_of_a_bucket_is_compared(account: boto3.Session, run: Run) -> None:
    asked: list[dict[str, Any]] = []
    account.events.register("provide-client-params.s3.HeadBucket", lambda params, **_: asked.append(params))

    run("resources", UPLOADS)

    assert asked == [{"Bucket": BUCKET, "ExpectedBucketOwner": ACCOUNT}]


def test_a_table_that_is_being_deleted_can_not_be_created(account: boto3.Session, run: Run) -> None:
    described(account, "DELETING")

    assert texts(run("resources", SESSIONS)) == [
        "missing: resources.sessions: DynamoDB still deletes a table of this name, and refuses to create another one "
        "until it is done; got shop-dev-sessions; deploy again in a few minutes"
    ]


def test_a_deploy_says_nothing_of_settings_that_it_changes(account: boto3.Session, project: MakeProject) -> None:
    bucket(account)
    reporter = Recorder()

    check_account(project(UPLOADS), account, reporter, deployed=True)

    assert reporter.warnings == []
    assert [each.check for each in account_checks(project(UPLOADS), account, ACCOUNT, deployed=True)] == []


# What differs from the project file


@pytest.mark.parametrize("resources", [UPLOADS, SESSIONS, EVENTS])
def test_nothing_is_compared_before_the_first_deploy(run: Run, resources: str) -> None:
    assert run("resource settings", resources) == []


@pytest.mark.parametrize(
    ("resources", "what"),
    [
        (UPLOADS, f"resources.uploads: the bucket {BUCKET}"),
        (SESSIONS, "resources.sessions: the table shop-dev-sessions"),
        (EVENTS, "resources.events: the topic shop-dev-events"),
    ],
)
def test_a_resource_that_does_not_exist_is_a_warning(run: Run, resources: str, what: str) -> None:
    found = run("resource settings", resources, deployed=True)

    assert texts(found) == [f"warning: {what} does not exist; create it with {DEPLOY}"]


def test_a_bucket_as_declared_is_ok(account: boto3.Session, run: Run) -> None:
    configured(bucket(account), {"SSEAlgorithm": "AES256"})

    (found,) = run("resource settings", UPLOADS, deployed=True)

    assert texts([found]) == [f"ok: uploads: bucket {BUCKET}"]
    assert found.calls == (
        "s3:ListBucket",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketVersioning",
        "s3:GetEncryptionConfiguration",
        "s3:GetLifecycleConfiguration",
        "s3:GetBucketCORS",
    )


def test_every_setting_of_a_bare_bucket_is_named(account: boto3.Session, run: Run) -> None:
    bucket(account).delete_bucket_encryption(Bucket=BUCKET)

    differs = "differs from the project file; got"
    assert texts(run("resource settings", UPLOADS, deployed=True)) == [
        f"warning: resources.uploads: {text}; {PLAN}"
        for text in (
            f"public access block {differs} 0 of 4 settings instead of 4 of 4 settings",
            f"versioning {differs} off instead of on",
            f"encryption {differs} none instead of AES256",
            f"expiration in days {differs} none instead of 30",
            f"CORS {differs} none instead of https://shop.example.com",
        )
    ]


def test_what_the_project_file_does_not_have_is_named(account: boto3.Session, run: Run) -> None:
    configured(bucket(account), {"SSEAlgorithm": "AES256"})

    found = run("resource settings", "resources: {uploads: {type: bucket, versioned: false}}", deployed=True)

    assert [text.partition("; see")[0] for text in texts(found)] == [
        "warning: resources.uploads: versioning differs from the project file; got on instead of off",
        "warning: resources.uploads: expiration in days differs from the project file; got 30 instead of none",
        "warning: resources.uploads: CORS differs from the project file; got https://shop.example.com instead of none",
    ]


@pytest.mark.parametrize(("own", "problems"), [(True, []), (False, ["another KMS key instead of the key of the"])])
def test_a_key_of_the_customer_is_that_of_the_environment(
    account: boto3.Session, run: Run, own: bool, problems: list[str]
) -> None:
    kms: Any = account.client("kms")
    keys = [kms.create_key()["KeyMetadata"] for _ in range(2)]
    kms.create_alias(AliasName="alias/shop-dev", TargetKeyId=keys[0]["KeyId"])
    arn = keys[not own]["Arn"]
    configured(bucket(account), {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn})
    expiring(table(account, SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": arn}), "until")
    topic(account, keys[not own]["KeyId"])

    for text in (UPLOADS, SESSIONS, "resources: {events: {type: topic}}"):
        found = texts(run("resource settings", f"encryption: customer\n{text}", deployed=True))

        assert [each.startswith("ok: ") for each in found] == [own]
        assert all(part in each for each, part in zip(found, problems, strict=False))


def test_a_key_that_is_not_there_encrypts_nothing(account: boto3.Session, run: Run) -> None:
    configured(bucket(account), {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/shop-dev"})

    (found,) = texts(run("resource settings", f"encryption: customer\n{UPLOADS}", deployed=True))

    assert "; got another KMS key instead of the key of the environment; " in found


def test_a_table_as_declared_is_ok(account: boto3.Session, run: Run) -> None:
    expiring(table(account), "until")

    (found,) = run("resource settings", SESSIONS, deployed=True)

    assert texts([found]) == ["ok: sessions: table shop-dev-sessions"]
    assert found.calls == tuple(
        f"dynamodb:{each}" for each in ("DescribeTable", "DescribeTimeToLive", "DescribeContinuousBackups")
    )


def test_every_setting_of_another_table_is_named(account: boto3.Session, run: Run) -> None:
    expiring(table(account, DeletionProtectionEnabled=True, SSESpecification={"Enabled": True}), "until")

    text = "resources: {sessions: {type: table, key: {at: N}, ttl: expires_at}}"
    differs = "differs from the project file; got"
    assert texts(run("resource settings", text, deployed=True)) == [
        f"warning: resources.sessions: {text}; {PLAN}"
        for text in (
            f"primary key {differs} id (S), at (N) instead of at (N)",
            f"ttl {differs} until instead of expires_at",
            f"deletion protection {differs} on instead of off",
            f"encryption {differs} another KMS key instead of the key of DynamoDB",
        )
    ]


def test_a_table_of_a_protected_environment_is_protected(account: boto3.Session, run: Run) -> None:
    expiring(table(account), "until")

    found = texts(run("resource settings", f"protected: true\n{SESSIONS}", deployed=True))

    assert [text.partition(" differs")[0] for text in found] == [
        "warning: resources.sessions: deletion protection",
        "warning: resources.sessions: point-in-time recovery",
    ]


@pytest.mark.parametrize(
    ("status", "fix"),
    [
        ("UPDATING", "wait until it is ACTIVE"),
        ("INACCESSIBLE_ENCRYPTION_CREDENTIALS", "enable its KMS key, or cancel the deletion of the key"),
        (
            "ARCHIVED",
            "restore it from its backup, because DynamoDB archives a table whose key was inaccessible for a week",
        ),
    ],
)
def test_a_table_that_is_not_active_is_a_warning(account: boto3.Session, run: Run, status: str, fix: str) -> None:
    expiring(table(account), "until")
    described(account, status)

    assert texts(run("resource settings", SESSIONS, deployed=True)) == [
        f"warning: resources.sessions: the table shop-dev-sessions is not ACTIVE; got {status}; {fix}"
    ]


def test_a_topic_with_its_queues_is_ok(account: boto3.Session, run: Run) -> None:
    topic(account).subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=QUEUE)

    (found,) = run("resource settings", EVENTS, deployed=True)

    assert texts([found]) == ["ok: events: topic shop-dev-events"]
    assert found.calls == ("sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic")


def test_a_topic_without_encryption_and_subscriptions(account: boto3.Session, run: Run) -> None:
    account.client("sns").create_topic(Name="shop-dev-events")

    assert texts(run("resource settings", EVENTS, deployed=True)) == [
        "warning: resources.events: encryption differs from the project file; got none instead of alias/aws/sns; "
        f"{PLAN}",
        f"warning: resources.events: the queue of mailer is not subscribed; subscribe it with {DEPLOY}",
    ]


def test_subscriptions_without_a_confirmation_are_counted(account: boto3.Session, run: Run) -> None:
    topic(account)
    pending = [
        {"SubscriptionArn": "PendingConfirmation", "Protocol": protocol, "Endpoint": endpoint}
        for protocol, endpoint in (("email", "me@example.com"), ("https", "https://me:secret@example.com"))
    ]
    confirmed = {"SubscriptionArn": f"{TOPIC}:1", "Protocol": "sqs", "Endpoint": QUEUE}
    answer(account, "sns.ListSubscriptionsByTopic", {"Subscriptions": [*pending, confirmed]})

    assert texts(run("resource settings", EVENTS, deployed=True)) == [
        "warning: resources.events: SNS sends nothing to 2 subscriptions without a confirmation; got email and https; "
        "confirm within two days of the request, or subscribe again"
    ]


def test_a_queue_whose_subscription_is_not_confirmed_is_not_subscribed(account: boto3.Session, run: Run) -> None:
    topic(account)
    pending = {"SubscriptionArn": "PendingConfirmation", "Protocol": "sqs", "Endpoint": QUEUE}
    answer(account, "sns.ListSubscriptionsByTopic", {"Subscriptions": [pending]})

    assert [text.partition(";")[0] for text in texts(run("resource settings", EVENTS, deployed=True))] == [
        "warning: resources.events: SNS sends nothing to 1 subscription without a confirmation",
        "warning: resources.events: the queue of mailer is not subscribed",
    ]


# What AWS does not answer


@pytest.mark.parametrize("call", ["s3.GetBucketVersioning", "s3.GetBucketCors"])
def test_a_denied_setting_is_a_warning_and_the_others_are_compared(account: boto3.Session, run: Run, call: str) -> None:
    s3 = bucket(account)
    configured(s3, {"SSEAlgorithm": "AES256"})
    s3.delete_public_access_block(Bucket=BUCKET)
    refuse(account, call, "AccessDenied", 403)

    first, second = run("resource settings", UPLOADS, deployed=True)

    assert texts([first])[0].startswith("warning: resources.uploads: public access block differs")
    assert second.status == "warning"
    assert second.problem is not None
    assert sentence(second.problem).startswith(
        f"resources.uploads: AWS refused {call.partition('.')[2]}; got AccessDenied: refused; allow this for the user "
    )


@pytest.mark.parametrize(
    ("resources", "call", "refusal"),
    [
        (UPLOADS, "s3.HeadBucket", ("403", 403)),
        (SESSIONS, "dynamodb.DescribeTable", DENIED),
        (EVENTS, "sns.GetTopicAttributes", ("AuthorizationError", 403)),
    ],
)
def test_a_denied_resource_is_a_warning(
    account: boto3.Session, run: Run, resources: str, call: str, refusal: tuple[str, int]
) -> None:
    refuse(account, call, *refusal)

    assert [each.status for each in run("resource settings", resources, deployed=True)] == ["warning"]


def test_expired_credentials_are_one_failure(account: boto3.Session, project: MakeProject) -> None:
    for call in ("s3.HeadBucket", "dynamodb.DescribeTable"):
        refuse(account, call, *EXPIRED)
    both = json.dumps({"a": {"type": "bucket"}, "b": {"type": "table", "key": {"id": "S"}}})

    results = account_checks(project(f"resources: {both}"), account, ACCOUNT, deployed=True)

    assert [each.status for each in results] == ["failed"]
