"""SQS queues with their dead-letter queues."""

from __future__ import annotations

from typing import Any

from stacks.bindings import Construct, aws
from stacks.constructs.base import Chosen, Concept
from stacks.constructs.environment import Environment
from stacks.constructs.iam import Grant
from stacks.constructs.policy import policy, tls_only
from stacks.jsonencode import terraform_json
from stacks.naming import identifier
from stacks.project.models import Queue as QueueSpec

DEAD_LETTER_RETENTION_SECONDS = 1_209_600  # 14 days, the most that SQS keeps


class SqsQueue(Concept):
    """An encrypted queue that takes requests over TLS alone.

    Attributes:
        arn: the queue's ARN.
        url: its URL.
        name: its name, as a Terraform expression.
    """

    def __init__(
        self, scope: Construct, environment: Environment, logical_id: str, *, name: str, **arguments: Any
    ) -> None:
        super().__init__(scope, f"{logical_id}_queue")
        queue = self.make(
            aws.sqs_queue.SqsQueue,
            logical_id,
            **Chosen(
                name=name,
                fifo_queue=True if name.endswith(".fifo") else None,
                sqs_managed_sse_enabled=None if environment.key else True,
                kms_master_key_id=environment.key_arn,
                **arguments,
                tags={"Name": name},
                lifecycle=environment.keeps_data,
            ),
        )
        self.arn: str = queue.arn
        self.url: str = queue.url
        self.name: str = queue.name
        statements = [tls_only("sqs:*", [self.arn])]
        self.make(aws.sqs_queue_policy.SqsQueuePolicy, logical_id, queue_url=self.url, policy=policy(statements))


def dead_letter_queue(scope: Construct, environment: Environment, service: str, *, fifo: bool = False) -> SqsQueue:
    """The queue that keeps for 14 days what a service could not deal with."""
    return SqsQueue(
        scope,
        environment,
        f"{identifier(service)}_dead_letters",
        name=environment.names.queue(service, dead=True, fifo=fifo),
        message_retention_seconds=DEAD_LETTER_RETENTION_SECONDS,
    )


class WorkQueue(Concept):
    """The queue that a worker reads, and the one its failures end in.

    Attributes:
        name: the queue's name, as a Terraform expression.
        environment: the variables that tell the worker where its queue is.
        grants: what the worker's task role needs to read it.
    """

    def __init__(self, scope: Construct, environment: Environment, service: str, spec: QueueSpec) -> None:
        super().__init__(scope, "queue")
        dead_letters = dead_letter_queue(self, environment, service, fifo=spec.fifo)
        redrive = {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": spec.max_receive_count}
        queue = SqsQueue(
            self,
            environment,
            f"{identifier(service)}_queue",
            name=environment.names.queue(service, fifo=spec.fifo),
            visibility_timeout_seconds=spec.visibility_timeout,
            redrive_policy=terraform_json(redrive),
        )
        self.name = queue.name
        self.environment = {"QUEUE_URL": queue.url}
        actions = ["ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "ReceiveMessage"]
        self.grants = [Grant("ConsumeQueue", [f"sqs:{action}" for action in actions], [queue.arn])]
        if environment.key:
            self.grants.append(Grant("DecryptQueue", ["kms:Decrypt"], [environment.key.arn]))
