"""Patches moto's KMS: the rotation period of a key."""

from __future__ import annotations

import json
from typing import Any

from moto.kms.models import Key
from moto.kms.responses import KmsResponse

DEFAULT_PERIOD = 365
"""Days between rotations when EnableKeyRotation does not set a period."""


def patch() -> None:
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
