"""Patches moto's Secrets Manager: what it answers about a secret that is scheduled for deletion.

The AWS provider recognizes a deleted secret by this text, and plans to create it again
(internal/service/secretsmanager/secret_version.go).
"""

from __future__ import annotations

from typing import Any

from moto.secretsmanager.exceptions import InvalidRequestException

DELETED = "You can't perform this operation on the secret because it was marked for deletion."
_OF_MOTO = "marked deleted"


def patch() -> None:
    _create = InvalidRequestException.__init__

    def create(self: Any, message: str) -> None:
        _create(self, DELETED if _OF_MOTO in message else message)

    InvalidRequestException.__init__ = create
