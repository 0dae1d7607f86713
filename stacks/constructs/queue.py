"""SQS queues with their dead-letter queues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stacks.bindings import aws
from stacks.constructs.base import Construct, Scope, literal
from stacks.constructs.environment import Environment
from stacks.constructs.policy import policy, tls_only
from stacks.grants import consume_queue
from stacks.jsonencode import terraform_json
from stacks.naming import identifier, identifier_of
from stacks.project.models import Queue as QueueConfig
from stacks.project.models import Service, Subscription

DEAD_LETTER_RETENTION_SECONDS = 1_209_600  # 14 days, the maximum of SQS


class SqsQueue(Construct):
    """An encrypted queue that only accepts requests over TLS, and messages from `topics`.

    Attributes:
        arn: The queue's ARN.
        url: The queue's URL.
        name: The queue's name, as a Terraform expression.
        policy: The queue's policy, for `depends_on`.
    """

    def __init__(
        self,
        scope: Scope,
        environment: Environment,
        logical_id: str,
        *,
        name: str,
        topics: Sequence[str] = (),
        **arguments: Any,
    ) -> None:
        super().__init__(scope, f"{logical_id}_queue")
        queue = self.make(
            aws.sqs_queue.SqsQueue,
            logical_id,
            name=name,
            fifo_queue=True if name.endswith(".fifo") else None,
            sqs_managed_sse_enabled=None if environment.key_arn else True,
            kms_master_key_id=environment.key_arn,
            **arguments,
            tags={"Name": name},
            lifecycle=environment.keeps_data,
        )
        self.arn: str = queue.arn
        self.url: str = queue.url
        self.name: str = queue.name
        statements = [tls_only("sqs:*", [self.arn]), *([_from_topics(self.arn, topics)] if topics else [])]
        kind = aws.sqs_queue_policy.SqsQueuePolicy
        self.policy = self.make(kind, logical_id, queue_url=self.url, policy=policy(statements))


def _from_topics(queue_arn: str, topics: Sequence[str]) -> dict[str, Any]:
    """The statement that lets topics send to a queue (SNS Developer Guide, "Subscribing an Amazon SQS queue")."""
    return {
        "Sid": "Topics",
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": sorted(topics)}},
    }


def topic_accounts(services: Mapping[str, Service], own: str) -> list[str]:
    """The accounts of the topics that queues of these services subscribe to; `own` is that of topics of `resources`."""
    queues = [service.queue for service in services.values() if service.queue is not None]
    accounts = {topic.split(":")[4] for queue in queues for topic in queue.existing_topics}
    has_own = any(not each.is_existing for queue in queues for each in queue.subscriptions)
    return [*([own] if has_own else []), *sorted(accounts)]


def subscription_id(service: str, subscription: Subscription, queue: QueueConfig) -> str:
    """The logical ID of a subscription: the worker and the name of the topic, with its account if names are equal."""
    names = [_topic_id(each) for each in queue.subscriptions]
    id = _topic_id(subscription)
    if subscription.is_existing and names.count(id) > 1:
        id = identifier_of(":".join(subscription.topic.split(":")[4:]))
    return f"{identifier(service)}_{id}"


def _topic_id(subscription: Subscription) -> str:
    if not subscription.is_existing:
        return identifier(subscription.topic)
    return identifier_of(subscription.topic.rpartition(":")[2])


def dead_letter_queue(scope: Scope, environment: Environment, service: str, *, fifo: bool = False) -> SqsQueue:
    """A dead-letter queue for a service, which retains messages for 14 days."""
    return SqsQueue(
        scope,
        environment,
        f"{identifier(service)}_dead_letters",
        name=environment.names.queue(service, dead=True, fifo=fifo),
        message_retention_seconds=DEAD_LETTER_RETENTION_SECONDS,
    )


class WorkQueue(Construct):
    """The queue that a worker consumes, with its dead-letter queue.

    `topics` are the ARNs of the topics of `resources`, by name.

    Attributes:
        arn: The queue's ARN.
        url: The queue's URL.
        name: The queue's name, as a Terraform expression.
        environment: The environment variables with the queue's URL.
        grants: What the worker's task role needs to consume the queue.
    """

    def __init__(
        self,
        scope: Scope,
        environment: Environment,
        service: str,
        config: QueueConfig,
        topics: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, "queue")
        arns = {each.topic: (topics or {}).get(each.topic, each.topic) for each in config.subscriptions}
        dead_letters = dead_letter_queue(self, environment, service, fifo=config.fifo)
        redrive = {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": config.max_receive_count}
        queue = SqsQueue(
            self,
            environment,
            f"{identifier(service)}_queue",
            name=environment.names.queue(service, fifo=config.fifo),
            visibility_timeout_seconds=config.visibility_timeout,
            redrive_policy=terraform_json(redrive),
            topics=list(arns.values()),
        )
        self._subscribe(service, queue, config, arns)
        self.arn, self.url, self.name = queue.arn, queue.url, queue.name
        self.environment = {"QUEUE_URL": queue.url}
        self.grants = consume_queue(queue.arn, environment.account.region, environment.key_arn)

    def _subscribe(self, service: str, queue: SqsQueue, config: QueueConfig, arns: Mapping[str, str]) -> None:
        """Subscribe the queue. A subscription is addressed by the name of its topic."""
        for each in config.subscriptions:
            self.make(
                aws.sns_topic_subscription.SnsTopicSubscription,
                subscription_id(service, each, config),
                topic_arn=arns[each.topic],
                protocol="sqs",
                endpoint=queue.arn,
                filter_policy=literal(terraform_json(each.filter_policy)) if each.filter_policy else None,
                raw_message_delivery=each.raw or None,
                # Messages before the queue's policy admits the topic would be lost.
                depends_on=[queue.policy],
            )
