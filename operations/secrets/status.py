"""Which secrets of an environment are set, when they were changed, and who uses them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from operations.clients import Clients, Requests
from operations.secret_stores.names import SecretUse, secret_uses
from operations.secret_stores.stored import Place, StoredSecret, find_secrets

if TYPE_CHECKING:
    from operations.health.environment import Environment

State = Literal["set", "missing", "no value", "deleted", "unknown"]


@dataclass(frozen=True)
class SecretStatus:
    """A secret of the project file. Whether the JSON key of a secret exists is not known: its value is not read.

    Attributes:
        name: The environment variable, or `image_credentials`.
        reference: The parameter or secret, as the project file names it.
        services: The services that use it.
        state: `set`, `missing`, `no value`, `deleted` when it is scheduled for deletion, or `unknown` when it belongs
            to another account.
        changed: When its value was last changed; None unless it is known.
        kind: The type of a parameter, or `secret`; empty unless it exists.
    """

    name: str
    reference: str
    services: tuple[str, ...]
    state: State
    changed: datetime | None = None
    kind: str = ""


def secret_statuses(environment: Environment) -> tuple[SecretStatus, ...]:
    """The secrets of the selected services, in the order of the project file.

    Raises:
        AwsError: AWS refused a request.
    """
    uses = [each for each in secret_uses(environment.project) if each.service in environment.services]
    own = [each.reference for each in uses if Place.of(each.reference).account in ("", environment.account_id)]
    requests = Requests(Clients(environment.session, environment.project.region))
    found = find_secrets(requests, list(dict.fromkeys(own)))
    named: dict[tuple[str, str], list[SecretUse]] = {}
    for use in uses:
        named.setdefault((use.name, use.text), []).append(use)
    return tuple(
        _status(users, found.get(users[0].reference), known=users[0].reference in found) for users in named.values()
    )


def _status(uses: Sequence[SecretUse], stored: StoredSecret | None, *, known: bool) -> SecretStatus:
    services = tuple(dict.fromkeys(use.service for use in uses))
    name, text = uses[0].name, uses[0].text
    if stored is None:
        return SecretStatus(name, text, services, "missing" if known else "unknown")
    state: State = "set" if stored.has_value else "no value"
    if stored.deleted is not None:
        state = "deleted"
    return SecretStatus(name, text, services, state, stored.changed, stored.kind)
