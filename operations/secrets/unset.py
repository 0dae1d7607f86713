"""Removes the value of a secret that the project file names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from operations.deploy.consent import Consent, agreed_to
from operations.deploy.protection import protection_of
from operations.secret_stores.names import SecretUse
from operations.secrets.json_key import current_object, written
from operations.secrets.target import SecretTarget

if TYPE_CHECKING:
    from operations.health.environment import Environment
    from operations.reporter import Reporter

RECOVERY_DAYS = 30
"""How long Secrets Manager keeps a deleted secret; its default, and its maximum."""


@dataclass(frozen=True)
class SecretUnset:
    """The result of removing a value.

    Attributes:
        name: The environment variable.
        reference: The parameter or secret.
        done: `deleted` for a parameter, `scheduled` for a secret that can be restored for `RECOVERY_DAYS`, `removed`
            for one key of a secret, `absent` when there was nothing to remove.
    """

    name: str
    reference: str
    done: Literal["deleted", "scheduled", "removed", "absent"]


def unset_secret(
    environment: Environment, uses: Sequence[SecretUse], reporter: Reporter, consent: Consent
) -> SecretUnset | None:
    """Delete a parameter or secret, or remove one key of a secret that other names share.

    Args:
        environment: The environment.
        uses: The uses of the secret; see `operations.secret_stores.names.one_secret`.
        reporter: Asks: for the stack's name in a protected environment, else for a yes.
        consent: What may be done without asking.

    Returns:
        What was done; None when the user declined.

    Raises:
        UsageError: The secret can't be changed, or the reporter cannot ask.
        AwsError: AWS refused a request.
    """
    target = SecretTarget.of(environment, uses)
    name, stored = uses[0].name, target.stored
    if stored is None or stored.deleted is not None:
        return SecretUnset(name, target.text, "absent")
    if not _agreed(environment, target, reporter, consent):
        return None
    return SecretUnset(name, target.text, _remove(target))


def _agreed(environment: Environment, target: SecretTarget, reporter: Reporter, consent: Consent) -> bool:
    name, services = target.uses[0].name, ", ".join(target.services)
    if not agreed_to(f"remove {name}", environment, reporter, consent):
        return False
    if protection_of(environment).is_on or consent.stack is not None or consent.auto_approve:
        return True
    kept = "" if target.reference.service != "ssm" else " SSM keeps no copy."
    question = f"Remove {target.text}? New tasks of {services} will not start without it.{kept}"
    return reporter.confirm(question, flag="--auto-approve")


def _remove(target: SecretTarget) -> Literal["deleted", "scheduled", "removed", "absent"]:
    assert target.stored is not None
    call = target.requests.call
    if target.reference.service == "ssm":
        call("ssm", "delete_parameter", region=target.region, Name=target.stored.name)
        return "deleted"
    if target.key:
        content = current_object(target)
        if target.key not in content:
            return "absent"
        del content[target.key]
        if content:
            call(
                "secretsmanager",
                "put_secret_value",
                region=target.region,
                SecretId=target.stored.arn,
                SecretString=written(content),
            )
            return "removed"
    call(
        "secretsmanager",
        "delete_secret",
        region=target.region,
        SecretId=target.stored.arn,
        RecoveryWindowInDays=RECOVERY_DAYS,
    )
    return "scheduled"
