"""Patches moto's IAM: a policy that is attached twice is attached once.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_Policy.html, `AttachmentCount`: the number of entities
that the policy is attached to. moto counts the requests, and then refuses to delete the policy.
"""

from __future__ import annotations

from typing import Any

from moto.iam.models import ManagedPolicy


def patch() -> None:
    _attach = ManagedPolicy.attach_to

    def attach_to(self: Any, obj: Any) -> None:
        if self.arn not in obj.managed_policies:
            _attach(self, obj)

    ManagedPolicy.attach_to = attach_to
