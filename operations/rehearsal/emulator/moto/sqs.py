"""Patches moto's SQS: the policies of a queue."""

from __future__ import annotations

import json
from typing import Any

from moto.sqs.models import Queue


def patch() -> None:
    # GetQueueAttributes returns the RedriveAllowPolicy; moto drops it, and Terraform polls for it for minutes.
    Queue.redrive_allow_policy = None
    Queue.BASE_ATTRIBUTES = [*Queue.BASE_ATTRIBUTES, "RedriveAllowPolicy"]
    _keep_the_policy()
    _write_policies_compactly()


def _keep_the_policy() -> None:
    """SetQueueAttributes keeps attributes that a request omits; moto drops the policy."""
    change = Queue._set_attributes

    def change_and_keep(self: Any, attributes: dict[str, Any], now: float | None = None) -> None:
        policy = getattr(self, "policy", None)
        change(self, attributes, now)
        if "Policy" not in attributes:
            self.policy = policy

    Queue._set_attributes = change_and_keep


def _write_policies_compactly() -> None:
    """GetQueueAttributes returns a redrive policy without spaces; Terraform compares it as text."""
    read = Queue.attributes.fget

    def attributes(self: Any) -> dict[str, Any]:
        result: dict[str, Any] = read(self)
        if self.redrive_policy:
            result["RedrivePolicy"] = json.dumps(self.redrive_policy, separators=(",", ":"), sort_keys=True)
        return result

    Queue.attributes = property(attributes)
