"""The parameter or secret whose value is set or removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from operations.clients import Clients, Requests
from operations.secret_stores.names import SecretUse
from operations.secret_stores.stored import CURRENT_STAGE, Place, StoredSecret, find_secrets
from stacks.errors import AwsError, UsageError
from stacks.references import SecretReference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from operations.health.environment import Environment


@dataclass(frozen=True)
class SecretTarget:
    """A parameter or secret, and who uses it.

    Attributes:
        uses: The uses of it.
        stored: What AWS has; None if it does not exist.
        requests: Sends the requests.
    """

    uses: Sequence[SecretUse]
    stored: StoredSecret | None
    requests: Requests

    @classmethod
    def of(cls, environment: Environment, uses: Sequence[SecretUse]) -> SecretTarget:
        """The target of these uses, which all have the same reference.

        Raises:
            UsageError: The reference is to a version that can't be changed, or to another account.
            AwsError: Another AWS service manages the secret, or AWS refused a request.
        """
        reference = uses[0].reference
        _refuse_fixed(uses[0])
        account = Place.of(reference).account
        if account not in ("", environment.account_id):
            fix = f"set it with credentials for account {account}"
            raise UsageError.of("", "the secret belongs to another account", got=uses[0].text, fix=fix)
        requests = Requests(Clients(environment.session, environment.project.region))
        stored = find_secrets(requests, [reference])[reference]
        if stored is not None and stored.owner:
            fix = f"change it in {stored.owner}, which rotates it"
            raise AwsError.of(uses[0].path, "an AWS service manages this secret", got=stored.owner, fix=fix)
        return cls(uses, stored, requests)

    @property
    def reference(self) -> SecretReference:
        """The reference in the project file."""
        return self.uses[0].reference

    @property
    def text(self) -> str:
        """The reference as it is written."""
        return self.uses[0].text

    @property
    def key(self) -> str:
        """The JSON key of a secret; empty for its whole value."""
        return self.reference.selector.partition(":")[0]

    @property
    def region(self) -> str | None:
        """The region in the reference; None without one."""
        return Place.of(self.reference).region or None

    @property
    def services(self) -> tuple[str, ...]:
        """The services that use it."""
        return tuple(dict.fromkeys(each.service for each in self.uses))


def _refuse_fixed(use: SecretUse) -> None:
    """Refuse a reference to a stage or version: setting a value creates another version."""
    _, stage, version = [*use.reference.selector.split(":"), "", "", ""][:3]
    if version or stage not in ("", CURRENT_STAGE):
        fix = "remove the stage or version from the reference, or change the secret in Secrets Manager"
        raise UsageError.of(use.path, "the reference is to a certain stage or version", got=use.text, fix=fix)
