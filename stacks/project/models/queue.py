"""The model of the queue that a worker consumes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stacks.project.models.base import Model, Seconds


class Queue(Model):
    """An SQS queue with a dead-letter queue, for the worker to consume."""

    visibility_timeout: Annotated[Seconds, Field(ge=0, le=43_200)] = 60
    """Seconds a received message is hidden from other tasks."""
    max_receive_count: Annotated[int, Field(ge=1, le=1000)] = 3
    """The number of receives before a message is moved to the dead-letter queue."""
    fifo: bool = False
    """Create a FIFO queue, with exactly-once processing."""
