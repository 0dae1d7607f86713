"""SQS queues with their dead-letter queues."""

from __future__ import annotations

from typing import Any

from stacks.bindings import aws
from stacks.constructs.base import Construct, Scope
from stacks.constructs.environment import Environment
from stacks.constructs.policy import policy, tls_only
from stacks.grants import consume_queue
from stacks.jsonencode import terraform_json
from stacks.naming import identifier
from stacks.project.models import Queue as QueueConfig

DEAD_LETTER_RETENTION_SECONDS = 1_209_600  # 14 days, the maximum of SQS


class SqsQueue(Construct):
    """An encrypted queue that only accepts requests over TLS.

    Attributes:
        arn: The queue's ARN.
        url: The queue's URL.
        name: The queue's name, as a Terraform expression.
    """

    def __init__(self, scope: Scope, environment: Environment, logical_id: str, *, name: str, **arguments: Any) -> None:
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
        statements = [tls_only("sqs:*", [self.arn])]
        self.make(aws.sqs_queue_policy.SqsQueuePolicy, logical_id, queue_url=self.url, policy=policy(statements))


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

    Attributes:
        name: The queue's name, as a Terraform expression.
        environment: The environment variables with the queue's URL.
        grants: What the worker's task role needs to consume the queue.
    """

    def __init__(self, scope: Scope, environment: Environment, service: str, config: QueueConfig) -> None:
        super().__init__(scope, "queue")
        dead_letters = dead_letter_queue(self, environment, service, fifo=config.fifo)
        redrive = {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": config.max_receive_count}
        queue = SqsQueue(
            self,
            environment,
            f"{identifier(service)}_queue",
            name=environment.names.queue(service, fifo=config.fifo),
            visibility_timeout_seconds=config.visibility_timeout,
            redrive_policy=terraform_json(redrive),
        )
        self.name = queue.name
        self.environment = {"QUEUE_URL": queue.url}
        self.grants = consume_queue(queue.arn, environment.account.region, environment.key_arn)
