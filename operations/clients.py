"""The AWS clients of one session, and requests that are recorded by their IAM action."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from operations import aws
from operations.iam.actions import action_of

if TYPE_CHECKING:
    import boto3


class Clients:
    """Clients of one session, each created once. Threads can share them: boto3's sessions are not thread-safe.

    Args:
        session: The session.
        region: The region of clients without one of their own.
    """

    def __init__(self, session: boto3.Session, region: str) -> None:
        self.session = session
        self._region = region
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    def get(self, service: str, *, region: str | None = None) -> Any:
        """The client of a service, as boto3 names it."""
        key = (service, region or self._region)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._new(*key)
            return self._clients[key]

    def new(self, service: str, *, region: str | None = None) -> Any:
        """A client that nothing else uses."""
        with self._lock:
            return self._new(service, region or self._region)

    def _new(self, service: str, region: str) -> Any:
        return aws.client(self.session, service, region=region)


@dataclass
class Requests:
    """The requests of one operation, which are recorded by their IAM action.

    Attributes:
        clients: The clients to send them with.
        calls: The actions so far, in order.
    """

    clients: Clients
    calls: dict[str, None] = field(default_factory=dict)

    def client(self, service: str, *, region: str | None = None) -> Any:
        """A client for code that sends requests itself; they are recorded too."""
        client = self.clients.new(service, region=region)

        def record(model: Any, **_: Any) -> None:
            self.calls[action_of(service, model.name)] = None

        client.meta.events.register(f"provide-client-params.{client.meta.service_model.service_id.hyphenize()}", record)
        return client

    def call(self, service: str, operation: str, *, region: str | None = None, **arguments: Any) -> Mapping[str, Any]:
        """The answer of an operation, such as `describe_key`. Raises AwsError."""
        client = self.clients.get(service, region=region)
        with aws.errors(self._recorded(client, service, operation)):
            answer: Mapping[str, Any] = getattr(client, operation)(**arguments)
            return answer

    def items(
        self, service: str, operation: str, key: str, *, region: str | None = None, **arguments: Any
    ) -> list[Mapping[str, Any]]:
        """The items under `key` in every page of the answer; pages may be empty. Raises AwsError."""
        client = self.clients.get(service, region=region)
        with aws.errors(self._recorded(client, service, operation)):
            pages = client.get_paginator(operation).paginate(**arguments)
            return [item for page in pages for item in page.get(key) or ()]

    def _recorded(self, client: Any, service: str, operation: str) -> str:
        action = action_of(service, client.meta.method_to_api_mapping[operation])
        self.calls[action] = None
        return action
