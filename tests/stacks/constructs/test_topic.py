"""Topics of `resources`, and the queues that subscribe to them."""

from __future__ import annotations

from tests.stacks.conftest import Synth

TOPIC = "resources: {events: {type: topic}}\n"
SUBSCRIBED = f"""
{TOPIC}
services:
  web: {{uses: {{events: {{arn: EVENTS}}}}}}
  mailer: {{type: worker, queue: {{subscribe: [{{topic: events, filter_policy: {{kind: [mail]}}}}]}}}}
"""
BOTH = f"""
{TOPIC}
services:
  mailer: {{type: worker, queue: {{subscribe: [events, "arn:aws:sns:us-east-1:210987654321:events"]}}}}
"""


def test_a_topic_is_encrypted_and_denies_messages_without_tls(small: Synth) -> None:
    made = small(f"{TOPIC}services: {{web: {{}}}}")

    topic = made["aws_sns_topic.events"]
    assert (topic["name"], topic["kms_master_key_id"]) == ("shop-prod-events", "alias/aws/sns")
    assert "fifo_topic" not in topic
    assert made.policy("aws_sns_topic_policy.events") == [
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": "sns:Publish",
            "Resource": ["${aws_sns_topic.events.arn}"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]


def test_the_name_of_a_fifo_topic_ends_in_fifo(small: Synth) -> None:
    topic = small("resources: {events: {type: topic, fifo: true}}\nservices: {web: {}}")["aws_sns_topic.events"]

    assert (topic["name"], topic["fifo_topic"]) == ("shop-prod-events.fifo", True)


def test_a_queue_subscribes_to_a_topic_by_its_name(small: Synth) -> None:
    made = small(SUBSCRIBED)

    assert made["aws_sns_topic_subscription.mailer_events"] == {
        "topic_arn": "${aws_sns_topic.events.arn}",
        "protocol": "sqs",
        "endpoint": "${aws_sqs_queue.mailer_queue.arn}",
        "filter_policy": '{"kind":["mail"]}',
        "depends_on": ["aws_sqs_queue_policy.mailer_queue"],
    }
    _, admitted = made.policy("aws_sqs_queue_policy.mailer_queue")
    assert admitted["Condition"] == {"ArnEquals": {"aws:SourceArn": ["${aws_sns_topic.events.arn}"]}}


def test_a_publisher_starts_after_the_subscriptions(small: Synth) -> None:
    made = small(SUBSCRIBED)

    assert "aws_sns_topic_subscription.mailer_events" in made["aws_ecs_service.web"]["depends_on"]
    assert "aws_sns_topic_subscription.mailer_events" not in made["aws_ecs_service.mailer"].get("depends_on", [])


def test_topics_of_the_same_name_have_subscriptions_of_their_own(small: Synth) -> None:
    assert small(BOTH).names("aws_sns_topic_subscription") == [
        "mailer_210987654321_events_c90aec51",
        "mailer_events",
    ]


def test_a_topic_of_the_environment_may_use_its_key_for_encrypted_queues(small: Synth) -> None:
    made = small(f"encryption: customer\n{SUBSCRIBED}")

    assert made["aws_sns_topic.events"]["kms_master_key_id"] == "${aws_kms_key.main.arn}"
    topics = made.policy("aws_kms_key.main")[-1]
    assert (topics["Sid"], topics["Principal"]) == ("Topics", {"Service": "sns.amazonaws.com"})
    own = "${data.aws_caller_identity.current.account_id}"
    assert topics["Condition"] == {"StringEquals": {"aws:SourceAccount": [own]}}
