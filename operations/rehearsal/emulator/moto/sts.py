"""Patches moto's STS: the credentials of a role are for the account of the role."""

from __future__ import annotations

from typing import Any

from moto.core.responses import BaseResponse
from moto.iam.models import get_account_id_from

_TEMPORARY = "ASIA"


def patch() -> None:
    """Requests with the credentials of a role are for its account; moto takes them all for `MOTO_ACCOUNT_ID`."""
    known = BaseResponse.get_current_account

    def get_current_account(self: Any) -> str:
        access_key = self.get_access_key()
        return str(get_account_id_from(access_key) if access_key.startswith(_TEMPORARY) else known(self))

    BaseResponse.get_current_account = get_current_account
