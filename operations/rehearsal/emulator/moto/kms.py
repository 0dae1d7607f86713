"""Patches moto's KMS: the rotation period of a key, and who manages it."""

from __future__ import annotations

import json
from typing import Any

from moto.kms.models import Key, KmsBackend
from moto.kms.responses import KmsResponse

AWS_ALIAS = "alias/aws/"
DEFAULT_PERIOD = 365
"""Days between rotations when EnableKeyRotation does not set a period."""


def patch() -> None:
    """Give keys a rotation period, and name AWS as the manager of the keys that it creates."""
    _patch_rotation()
    _patch_managed_keys()


def _patch_managed_keys() -> None:
    """A key with an alias such as `alias/aws/sns` belongs to AWS; moto says that the customer manages it."""
    create = KmsBackend.create_alias

    def create_alias(self: Any, target_key_id: str, alias_name: str) -> Any:
        alias = create(self, target_key_id, alias_name)
        if alias_name.startswith(AWS_ALIAS):
            self.keys[self.get_key_id(target_key_id)].key_manager = "AWS"
        return alias

    KmsBackend.create_alias = create_alias


def _patch_rotation() -> None:
    """EnableKeyRotation accepts a period and GetKeyRotationStatus returns it; moto only stores on and off."""
    Key.rotation_period = DEFAULT_PERIOD
    enable, status = KmsResponse.enable_key_rotation, KmsResponse.get_key_rotation_status

    def key_of(response: Any) -> Any:
        return response.kms_backend.describe_key(response._get_param("KeyId"))

    def enable_key_rotation(self: Any) -> str:
        answer: str = enable(self)
        key_of(self).rotation_period = self._get_param("RotationPeriodInDays") or DEFAULT_PERIOD
        return answer

    def get_key_rotation_status(self: Any) -> str:
        answer = json.loads(status(self))
        if answer["KeyRotationEnabled"]:
            answer["RotationPeriodInDays"] = key_of(self).rotation_period
        return json.dumps(answer)

    KmsResponse.enable_key_rotation = enable_key_rotation
    KmsResponse.get_key_rotation_status = get_key_rotation_status
