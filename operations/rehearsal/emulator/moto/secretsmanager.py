"""Patches moto's Secrets Manager: what it answers about a secret that is scheduled for deletion.

The AWS provider recognizes a deleted secret by the text, and plans to create it again. CreateSecret then refuses for as
long as AWS keeps the name (internal/service/secretsmanager/secret_version.go and secret.go).
"""

from __future__ import annotations

from typing import Any

from moto.secretsmanager.exceptions import InvalidRequestException
from moto.secretsmanager.models import SecretsManagerBackend

DELETED = "You can't perform this operation on the secret because it was marked for deletion."
TAKEN = "You can't create this secret because a secret with this name is already scheduled for deletion."
_OF_MOTO = "marked deleted"


def patch() -> None:
    _use_the_text_of_aws()
    _keep_the_names_of_deleted_secrets()


def _use_the_text_of_aws() -> None:
    _create = InvalidRequestException.__init__

    def create(self: Any, message: str) -> None:
        _create(self, DELETED if _OF_MOTO in message else message)

    InvalidRequestException.__init__ = create


def _keep_the_names_of_deleted_secrets() -> None:
    _create = SecretsManagerBackend.create_secret

    def create_secret(self: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        found = self.secrets.get(name)
        if found is not None and found.is_deleted():
            raise InvalidRequestException(TAKEN)
        return _create(self, name, *args, **kwargs)

    SecretsManagerBackend.create_secret = create_secret
