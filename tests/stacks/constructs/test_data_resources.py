"""What services get for the resources that they use."""

from __future__ import annotations

import json

from tests.stacks.conftest import Synth

SYSTEM = """
resources:
  uploads: {type: bucket}
  sessions: {type: table, key: {id: S}}
  events: {type: topic}
services:
  web:
    uses:
      uploads: {name: BUCKET, arn: BUCKET_ARN}
      sessions: {name: TABLE}
      events: {arn: TOPIC}
      mailer: {url: QUEUE, arn: QUEUE_ARN}
  mailer: {type: worker, queue: {}, uses: {uploads: {}}}
"""


def variables(made: object, service: str) -> dict[str, str]:
    pairs = made.content["locals"][f"{service}_task"]["environment"]  # type: ignore[attr-defined]
    return {pair["name"]: pair["value"] for pair in pairs}


def test_the_variables_have_the_properties(small: Synth) -> None:
    assert variables(small(SYSTEM), "web") == {
        "BUCKET": "${aws_s3_bucket.uploads.id}",
        "BUCKET_ARN": "${aws_s3_bucket.uploads.arn}",
        "PORT": "3000",
        "QUEUE": "${aws_sqs_queue.mailer_queue.url}",
        "QUEUE_ARN": "${aws_sqs_queue.mailer_queue.arn}",
        "TABLE": "${aws_dynamodb_table.sessions.name}",
        "TOPIC": "${aws_sns_topic.events.arn}",
    }


def test_without_variables_a_service_only_gets_permissions(small: Synth) -> None:
    made = small(SYSTEM)

    assert variables(made, "mailer") == {"QUEUE_URL": "${aws_sqs_queue.mailer_queue.url}"}
    sids = [each["Sid"] for each in made.policy("aws_iam_role_policy.mailer_task")]
    assert sids == ["ConsumeQueue", "Use1Objects", "Use1List"]


def test_the_output_resources_has_the_properties_of_each(small: Synth) -> None:
    made = small(SYSTEM)

    assert made.content["output"]["resources"]["value"] == {
        "events": {"name": "${aws_sns_topic.events.name}", "arn": "${aws_sns_topic.events.arn}"},
        "sessions": {"name": "${aws_dynamodb_table.sessions.name}", "arn": "${aws_dynamodb_table.sessions.arn}"},
        "uploads": {"name": "${aws_s3_bucket.uploads.id}", "arn": "${aws_s3_bucket.uploads.arn}"},
    }


def test_without_resources_the_output_does_not_exist(small: Synth) -> None:
    assert "resources" not in small("services: {web: {}}").content["output"]


def test_two_workers_can_use_the_queues_of_each_other(small: Synth) -> None:
    made = small("""
    services:
      a: {type: worker, queue: {}, uses: {b: {url: OTHER}}}
      b: {type: worker, queue: {}, uses: {a: {url: OTHER}}}
    """)

    assert variables(made, "a")["OTHER"] == "${aws_sqs_queue.b_queue.url}"
    assert "aws_sqs_queue.b_queue" in json.dumps(made.policy("aws_iam_role_policy.a_task"))
