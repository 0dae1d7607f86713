"""What AWS refuses to delete, in plans."""

from __future__ import annotations

from typing import Any

import pytest

from cli.sentences import sentence
from operations.plan.impossible import impossible_changes
from operations.plan.undeletable import OnlyIfEmpty, not_empty, only_if_empty
from stacks.addresses import Origin, Owners
from stacks.sources import Sources
from tests.operations.plan.test_impossible import DELETE, KEEP, REPLACE, UPDATE, change

FILES = {"data.tf": "infra/data.tf"}
UPLOADS = {"bucket": "shop-prod-uploads-123456789012", "force_destroy": False}
SPEAKS_OF_BOTH = "`{}`, or `{}` if it is your own Terraform, before you remove or replace it"


def own(*addresses: str) -> Owners:
    """The owners in a stack with own Terraform, to which these addresses belong."""
    return Owners(dict.fromkeys(addresses), sources=Sources(FILES, (), frozenset(addresses)))


def found(change: dict[str, Any], owners: Owners | None = None) -> list[str]:
    return [sentence(problem) for problem in impossible_changes([change], owners)]


@pytest.mark.parametrize("actions", [DELETE, REPLACE])
@pytest.mark.parametrize(
    ("address", "argument", "setting"),
    [
        ("aws_dynamodb_table.sessions", "deletion_protection_enabled", "protected: false"),
        ("aws_lb.main", "enable_deletion_protection", "load_balancer.deletion_protection: false"),
    ],
)
def test_what_has_deletion_protection_is_not_deleted(
    actions: list[str], address: str, argument: str, setting: str
) -> None:
    assert found(change(address, actions, {argument: True}, {})) == [
        f"{address}: it has deletion protection, so AWS refuses to delete it; keep it, and deploy it with `{setting}` "
        "before you remove or replace it"
    ]
    assert found(change(address, actions, {argument: False}, {})) == []
    assert found(change(address, UPDATE, {argument: True}, {argument: False})) == []


@pytest.mark.parametrize(
    "address", ["aws_docdb_cluster.docs", "module.data.aws_dynamodb_table.audit", 'aws_dynamodb_table.audit["eu"]']
)
def test_the_fix_for_own_terraform_is_its_argument(address: str) -> None:
    argument = "deletion_protection_enabled" if "table" in address else "deletion_protection"

    (text,) = found(change(address, DELETE, {argument: True}), own("aws_dynamodb_table.audit"))

    assert text.endswith(f"deploy it with `{argument} = false` before you remove or replace it")


def test_the_fix_for_what_left_both_names_both() -> None:
    removed = change("aws_dynamodb_table.sessions", DELETE, {"deletion_protection_enabled": True})

    (text,) = found(removed, own())

    assert text.endswith(SPEAKS_OF_BOTH.format("protected: false", "deletion_protection_enabled = false"))
    assert "own Terraform" not in found(removed)[0]


def test_buckets_and_repositories_without_force_are_deleted_only_if_empty() -> None:
    changes = [
        change("aws_s3_bucket.uploads", DELETE, UPLOADS),
        change("aws_s3_bucket.access_logs", REPLACE, {**UPLOADS, "bucket": "logs"}, {}),
        change("aws_ecr_repository.web", DELETE, {"name": "shop-prod/web", "force_delete": None}),
        change("aws_s3_bucket.forced", DELETE, {**UPLOADS, "force_destroy": True}),
        change("aws_s3_bucket.kept", KEEP, UPLOADS, UPLOADS),
        change("aws_s3_bucket.changed", UPDATE, UPLOADS, {**UPLOADS, "force_destroy": True}),
    ]

    assert only_if_empty(changes, Owners()) == (
        OnlyIfEmpty("aws_s3_bucket", "aws_s3_bucket.uploads", UPLOADS["bucket"]),
        OnlyIfEmpty("aws_s3_bucket", "aws_s3_bucket.access_logs", "logs"),
        OnlyIfEmpty("aws_ecr_repository", "aws_ecr_repository.web", "shop-prod/web"),
    )


def test_objects_that_the_plan_deletes_too_do_not_count() -> None:
    changes = [
        change("aws_s3_bucket.site", DELETE, {"bucket": "site"}),
        change('aws_s3_object.page["a"]', DELETE, {"bucket": "site", "key": "a.html"}),
        change("aws_s3_object.kept", KEEP, {"bucket": "site", "key": "kept.html"}),
        change("aws_s3_object.other", DELETE, {"bucket": "other", "key": "other.html"}),
    ]

    (bucket,) = only_if_empty(changes, own("aws_s3_bucket.site"))

    assert (bucket.origin, bucket.deleted) == ("own", frozenset({"a.html"}))


@pytest.mark.parametrize(
    ("origin", "deploy"),
    [
        ("stack", "`protected: false` before you remove or replace it"),
        ("own", "`force_destroy = true` before you remove or replace it"),
        ("unknown", SPEAKS_OF_BOTH.format("protected: false", "force_destroy = true")),
    ],
)
def test_the_problem_of_a_bucket_says_how_to_delete_it(origin: Origin, deploy: str) -> None:
    bucket = OnlyIfEmpty("aws_s3_bucket", "aws_s3_bucket.uploads", "uploads", origin)

    assert sentence(not_empty(bucket, "the object a.txt")) == (
        "aws_s3_bucket.uploads: the bucket uploads is not empty, so S3 refuses to delete it; got the object a.txt; "
        f"empty it; or keep it, and deploy it with {deploy}"
    )
