"""Patches moto's STS: the credentials of a role are for the account of the role."""

from __future__ import annotations

from typing import Any

from moto.core.responses import BaseResponse

from operations.rehearsal.emulator.request import role_account


def patch() -> None:
    """Requests with the credentials of a role are for its account; moto takes them all for `MOTO_ACCOUNT_ID`."""
    known = BaseResponse.get_current_account

    def get_current_account(self: Any) -> str:
        return role_account(self.get_access_key()) or str(known(self))

    BaseResponse.get_current_account = get_current_account
