"""Data of a protected environment that leaves the project file: refused before anything is applied."""

from __future__ import annotations

import json
from typing import Any

from tests.support.workplace import WORKER, Workplace

STACK = "data-prod"
RESOURCES: dict[str, Any] = {
    "uploads": {"type": "bucket"},
    "sessions": {"type": "table", "key": {"id": "S"}},
    "events": {"type": "topic"},
}


def write(workplace: Workplace, resources: dict[str, Any], *, protected: bool) -> None:
    environments = {"prod": {"protected": protected}}
    workplace.write("data", {"worker": WORKER}, resources=resources, environments=environments)


def deploy(workplace: Workplace) -> None:
    workplace.ecsforge("deploy", "--env", "prod", "--yes-i-mean", STACK)


def test_data_of_a_protected_environment(workplace: Workplace) -> None:
    write(workplace, RESOURCES, protected=True)
    deploy(workplace)
    doctor_finds_what_somebody_changed(workplace)

    bucket = f"{STACK}-uploads-{workplace.emulator.account_id}"
    # The emulator is reached without TLS, which the bucket's policy refuses.
    workplace.aws("s3").delete_bucket_policy(Bucket=bucket)
    workplace.aws("s3").put_object(Bucket=bucket, Key="a.txt", Body=b"a")
    write(workplace, {}, protected=True)
    for command in (("plan",), ("deploy", "--yes-i-mean", STACK)):
        refused = workplace.ecsforge(*command, "--env", "prod", exit_code=1)
        assert (
            "error: aws_dynamodb_table.sessions: it has deletion protection, so AWS refuses to delete it; keep it, and "
            "deploy it with `protected: false` before you remove or replace it\n"
        ) in refused.stderr
        assert (
            f"aws_s3_bucket.uploads: the bucket {bucket} is not empty, so S3 refuses to delete it; got the "
            "object a.txt; empty it; or keep it, and deploy it with `protected: false` before you remove or replace "
            "it\n"
        ) in refused.stderr
    assert "Contents" in workplace.aws("s3").list_objects_v2(Bucket=bucket)

    write(workplace, RESOURCES, protected=False)
    deploy(workplace)
    write(workplace, {}, protected=False)
    deploy(workplace)
    assert f"{STACK}-sessions" not in workplace.aws("dynamodb").list_tables()["TableNames"]
    assert bucket not in [each["Name"] for each in workplace.aws("s3").list_buckets()["Buckets"]]
    workplace.destroy(STACK, "prod")


def doctor_finds_what_somebody_changed(workplace: Workplace) -> None:
    """The environment is as the project file says, until somebody changes it."""
    assert settings(workplace) == ["ok", "ok", "ok"]

    bucket = f"{STACK}-uploads-{workplace.emulator.account_id}"
    workplace.aws("s3").delete_public_access_block(Bucket=bucket)

    assert settings(workplace) == ["warning", "ok", "ok"]
    workplace.ecsforge("deploy", "--env", "prod", "--yes-i-mean", STACK)
    assert settings(workplace) == ["ok", "ok", "ok"]


def settings(workplace: Workplace) -> list[str]:
    found = workplace.ecsforge("doctor", "--env", "prod", "--json", exit_code=0).stdout
    return [each["status"] for each in json.loads(found) if each["check"] == "prod: resource settings"]
