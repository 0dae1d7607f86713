"""A worker's queue, and its dead-letter queue."""

from __future__ import annotations

import json
from textwrap import dedent

import pytest

from tests.stacks.conftest import Synth
from tests.support.some import some

WORKER = "services: {mailer: {type: worker, queue: {visibility_timeout: 120, max_receive_count: 5}}}"
KEY = "${aws_kms_key.main.arn}"


def test_a_worker_has_a_queue_with_a_dead_letter_queue(small: Synth) -> None:
    made = small(WORKER)

    queue, dead = made["aws_sqs_queue.mailer_queue"], made["aws_sqs_queue.mailer_dead_letters"]
    assert (queue["name"], queue["visibility_timeout_seconds"]) == ("shop-prod-mailer", 120)
    assert json.loads(queue["redrive_policy"]) == {
        "deadLetterTargetArn": "${aws_sqs_queue.mailer_dead_letters.arn}",
        "maxReceiveCount": 5,
    }
    assert (dead["name"], dead["message_retention_seconds"]) == ("shop-prod-mailer-dead_letters", 14 * 24 * 3600)


def test_queues_are_encrypted_with_sse_sqs(small: Synth) -> None:
    for queue in some(small(WORKER).all("aws_sqs_queue").values()):
        assert queue["sqs_managed_sse_enabled"] is True
        assert "kms_master_key_id" not in queue


def test_queues_deny_requests_without_tls(small: Synth) -> None:
    made = small(WORKER)

    for name in ("mailer_queue", "mailer_dead_letters"):
        assert made.policy(f"aws_sqs_queue_policy.{name}") == [
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": "sqs:*",
                "Resource": [f"${{aws_sqs_queue.{name}.arn}}"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ]


def test_the_names_of_fifo_queues_end_in_fifo(small: Synth) -> None:
    made = small("services: {mailer: {type: worker, queue: {fifo: true}}}")

    for queue in some(made.all("aws_sqs_queue").values()):
        assert queue["name"].endswith(".fifo")
        assert queue["fifo_queue"] is True


def test_a_standard_queue_omits_fifo_queue(small: Synth) -> None:
    """SQS rejects `false`."""
    assert "fifo_queue" not in small(WORKER)["aws_sqs_queue.mailer_queue"]


def test_the_container_has_the_url_of_the_queue(small: Synth) -> None:
    made = small(WORKER)

    assert made.environment("mailer") == {"QUEUE_URL": "${aws_sqs_queue.mailer_queue.url}"}
    assert "$${aws_sqs_queue" not in made.text


def test_the_project_file_can_override_the_url(small: Synth) -> None:
    made = small("services: {mailer: {type: worker, queue: {}, environment: {QUEUE_URL: 'http://${x}'}}}")

    assert made.environment("mailer") == {"QUEUE_URL": "http://${x}"}


def test_the_worker_may_only_consume_its_own_queue(small: Synth) -> None:
    made = small(f"{WORKER[:-1]}, other: {{type: worker, queue: {{}}}}}}")

    (consume,) = made.policy("aws_iam_role_policy.mailer_task")
    assert consume == {
        "Sid": "ConsumeQueue",
        "Effect": "Allow",
        "Action": [
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
            "sqs:ReceiveMessage",
        ],
        "Resource": ["${aws_sqs_queue.mailer_queue.arn}"],
    }


def test_with_a_customer_key_the_worker_may_decrypt(small: Synth) -> None:
    made = small(f"encryption: customer\n{WORKER}")

    for queue in some(made.all("aws_sqs_queue").values()):
        assert queue["kms_master_key_id"] == KEY
        assert "sqs_managed_sse_enabled" not in queue
    assert made.statements("aws_iam_role_policy.mailer_task")["DecryptQueue"]["Action"] == ["kms:Decrypt"]


def test_a_worker_without_a_queue(small: Synth) -> None:
    assert small("services: {mailer: {type: worker}}").names("aws_sqs_queue") == []


@pytest.mark.parametrize("protected", [True, False])
def test_queues_of_a_protected_environment_prevent_destroy(small: Synth, protected: bool) -> None:
    made = small(f"{WORKER}\nprotected: {str(protected).lower()}")

    for queue in some(made.all("aws_sqs_queue").values()):
        assert queue.get("lifecycle") == ({"prevent_destroy": True} if protected else None)


ORDERS, PAYMENTS = "arn:aws:sns:us-east-1:123456789012:orders", "arn:aws:sns:us-east-1:210987654321:payments"
SUBSCRIBED = f"""
    services:
      mailer:
        type: worker
        queue:
          subscribe:
            - {PAYMENTS}
            - topic: {ORDERS}
              raw: true
              filter_policy: {{kind: [placed, "${{x}}"], price: [{{numeric: [">=", 1]}}]}}
    """


def test_a_queue_subscribes_to_topics(small: Synth) -> None:
    made = small(SUBSCRIBED)

    assert made.names("aws_sns_topic_subscription") == ["mailer_orders", "mailer_payments"]
    orders, payments = (made[f"aws_sns_topic_subscription.mailer_{name}"] for name in ("orders", "payments"))
    queue, first = "${aws_sqs_queue.mailer_queue.arn}", ["aws_sqs_queue_policy.mailer_queue"]
    assert payments == {"topic_arn": PAYMENTS, "protocol": "sqs", "endpoint": queue, "depends_on": first}
    assert (orders["topic_arn"], orders["raw_message_delivery"]) == (ORDERS, True)
    policy = json.loads(orders["filter_policy"])
    assert policy == {"kind": ["placed", "$${x}"], "price": [{"numeric": [">=", 1]}]}


def test_the_queue_admits_its_topics_and_still_only_tls(small: Synth) -> None:
    made = small(SUBSCRIBED)

    tls, topics = made.policy("aws_sqs_queue_policy.mailer_queue")
    assert tls["Sid"] == "TlsOnly"
    assert topics == {
        "Sid": "Topics",
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "${aws_sqs_queue.mailer_queue.arn}",
        "Condition": {"ArnEquals": {"aws:SourceArn": [ORDERS, PAYMENTS]}},
    }
    assert [each["Sid"] for each in made.policy("aws_sqs_queue_policy.mailer_dead_letters")] == ["TlsOnly"]


def test_a_customer_key_admits_the_accounts_of_the_topics(small: Synth) -> None:
    made = small(f"encryption: customer\n{dedent(SUBSCRIBED)}")

    assert made.statements("aws_kms_key.main")["Topics"] == {
        "Sid": "Topics",
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceAccount": ["123456789012", "210987654321"]}},
    }
    assert "Topics" not in small(f"encryption: customer\n{WORKER}").statements("aws_kms_key.main")


def test_topics_of_two_accounts_can_have_one_name(small: Synth) -> None:
    other = ORDERS.replace("123456789012", "210987654321")
    made = small(f"services: {{mailer: {{type: worker, queue: {{subscribe: ['{ORDERS}', '{other}']}}}}}}")

    arns = [each["topic_arn"] for each in made.all("aws_sns_topic_subscription").values()]
    assert sorted(arns) == [ORDERS, other]
