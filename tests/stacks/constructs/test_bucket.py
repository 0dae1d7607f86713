"""Buckets of `resources`."""

from __future__ import annotations

import pytest

from tests.stacks.conftest import Synth

SERVICES = "services: {web: {}}"
BUCKET = f"resources: {{uploads: {{type: bucket}}}}\n{SERVICES}"
FULL = f"""
resources:
  uploads:
    type: bucket
    versioned: false
    expire_days: 90
    cors: ["https://shop.example.com", {{origins: ["*"], methods: [GET], headers: [], expose_headers: [], max_age: 1m}}]
{SERVICES}
"""


def test_a_bucket_is_private_encrypted_versioned_and_destroyed_with_its_objects(small: Synth) -> None:
    made = small(BUCKET)

    bucket = made["aws_s3_bucket.uploads"]
    assert bucket["bucket"] == "shop-prod-uploads-${data.aws_caller_identity.current.account_id}"
    assert bucket["force_destroy"] is True
    assert "lifecycle" not in bucket
    block = made["aws_s3_bucket_public_access_block.uploads"]
    assert [key for key, value in block.items() if value is True] == [
        "block_public_acls",
        "block_public_policy",
        "ignore_public_acls",
        "restrict_public_buckets",
    ]
    assert made["aws_s3_bucket_ownership_controls.uploads"]["rule"] == {"object_ownership": "BucketOwnerEnforced"}
    assert made["aws_s3_bucket_versioning.uploads"]["versioning_configuration"] == {"status": "Enabled"}
    [rule] = made["aws_s3_bucket_server_side_encryption_configuration.uploads"]["rule"]
    assert rule == {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}


def test_a_bucket_denies_requests_without_tls(small: Synth) -> None:
    assert small(BUCKET).policy("aws_s3_bucket_policy.uploads") == [
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": "s3:*",
            "Resource": ["${aws_s3_bucket.uploads.arn}", "${aws_s3_bucket.uploads.arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]


def test_earlier_versions_and_incomplete_uploads_expire(small: Synth) -> None:
    made = small(BUCKET)

    lifecycle = made["aws_s3_bucket_lifecycle_configuration.uploads"]
    [rule] = lifecycle["rule"]
    assert rule["noncurrent_version_expiration"] == [{"noncurrent_days": 30}]
    assert rule["abort_incomplete_multipart_upload"] == [{"days_after_initiation": 7}]
    assert rule["expiration"] == [{"expired_object_delete_marker": True}]
    assert lifecycle["depends_on"] == ["aws_s3_bucket_versioning.uploads"]
    assert "aws_s3_bucket_cors_configuration.uploads" not in made


def test_objects_expire_after_expire_days(small: Synth) -> None:
    _, expire = small(FULL)["aws_s3_bucket_lifecycle_configuration.uploads"]["rule"]

    assert expire["expiration"] == [{"days": 90}]


def test_without_versioned_there_is_no_versioning(small: Synth) -> None:
    made = small(FULL)

    assert "aws_s3_bucket_versioning.uploads" not in made
    assert "depends_on" not in made["aws_s3_bucket_lifecycle_configuration.uploads"]


def test_an_origin_has_default_methods_and_a_mapping_its_own(small: Synth) -> None:
    assert small(FULL)["aws_s3_bucket_cors_configuration.uploads"]["cors_rule"] == [
        {
            "allowed_origins": ["https://shop.example.com"],
            "allowed_methods": ["GET", "HEAD", "POST", "PUT"],
            "allowed_headers": ["*"],
            "expose_headers": ["ETag"],
            "max_age_seconds": 3600,
        },
        {"allowed_origins": ["*"], "allowed_methods": ["GET"], "max_age_seconds": 60},
    ]


def test_a_protected_environment_keeps_its_buckets(small: Synth) -> None:
    bucket = small(f"protected: true\n{BUCKET}")["aws_s3_bucket.uploads"]

    assert bucket["force_destroy"] is False
    assert bucket["lifecycle"] == {"prevent_destroy": True}


def test_with_a_customer_key_objects_are_encrypted_with_it(small: Synth) -> None:
    [rule] = small(f"encryption: customer\n{BUCKET}")["aws_s3_bucket_server_side_encryption_configuration.uploads"][
        "rule"
    ]

    assert rule == {
        "apply_server_side_encryption_by_default": {
            "kms_master_key_id": "${aws_kms_key.main.arn}",
            "sse_algorithm": "aws:kms",
        },
        "bucket_key_enabled": True,
    }


@pytest.mark.parametrize(
    ("project", "name"),
    [
        ("sthree", "data-sthree-prod-uploads-${data.aws_caller_identity.current.account_id}"),
        (
            "a-project-with-24-letter",
            "a-project-with-24-letter-prod-uploads-${data.aws_caller_identity.current.account_id}",
        ),
    ],
)
def test_a_bucket_has_a_name_that_s3_accepts(small: Synth, project: str, name: str) -> None:
    assert small(f"project_id: {project}\n{BUCKET}")["aws_s3_bucket.uploads"]["bucket"] == name
