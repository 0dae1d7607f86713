"""The model of the queue that a worker consumes."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from stacks.project.models.base import Model, Seconds


class Subscription(Model):
    """A subscription of the queue to a topic."""

    topic: str
    """A topic of `resources`, or the ARN of an SNS topic in the project's region, which may be in another account."""
    filter_policy: dict[str, Any] = {}
    """The messages to receive, by their attributes: `{kind: [order_placed], price: [{numeric: [">=", 100]}]}`. All
    messages by default."""
    raw: bool = False
    """Deliver the message itself, without the JSON that SNS puts around it."""

    @property
    def is_existing(self) -> bool:
        """Whether the topic is named by its ARN; otherwise it is the name of one of `resources`."""
        return ":" in self.topic


class Queue(Model):
    """An SQS queue with a dead-letter queue, for the worker to consume."""

    visibility_timeout: Annotated[Seconds, Field(ge=0, le=43_200)] = 60
    """Seconds a received message is hidden from other tasks."""
    max_receive_count: Annotated[int, Field(ge=1, le=1000)] = 3
    """The number of receives before a message is moved to the dead-letter queue."""
    fifo: bool = False
    """Create a FIFO queue, with exactly-once processing."""
    subscribe: tuple[str | Subscription, ...] = ()
    """SNS topics whose messages the queue receives: names of topics in `resources`, ARNs of others, or mappings. The
    queue's policy admits them. FIFO queues receive from FIFO topics, others from standard topics."""

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """The subscriptions, also those that are written as a name or an ARN."""
        return tuple(Subscription(topic=each) if isinstance(each, str) else each for each in self.subscribe)

    @property
    def existing_topics(self) -> tuple[str, ...]:
        """The ARNs of the topics that are not in `resources`."""
        return tuple(each.topic for each in self.subscriptions if each.is_existing)
