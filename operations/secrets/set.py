"""Sets the value of a secret that the project file names.

Sources: SSM API reference, PutParameter (a parameter keeps its type; 4 KB, or 8 KB for advanced parameters); Secrets
Manager API reference, PutSecretValue (65,536 bytes), RestoreSecret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from operations.deploy.consent import Consent, agreed_to
from operations.deploy.ownership import cluster_exists
from operations.secret_stores.names import SecretUse
from operations.secret_stores.stored import parameter_name
from operations.secrets.json_key import current_object, written
from operations.secrets.target import SecretTarget
from stacks.errors import NOT_SHOWN, AwsError, Problem, UsageError

if TYPE_CHECKING:
    from operations.health.environment import Environment
    from operations.reporter import Reporter

PARAMETER_BYTES, ADVANCED_BYTES, SECRET_BYTES = 4096, 8192, 65_536
_SECURE = "SecureString"
_ENOUGH_TO_FIND = 4
"""The length from which a line of a value is looked for in AWS's messages."""
_REPEATING = re.compile(r"Validation|Invalid|Malformed")
"""The codes of errors that repeat what was sent."""


@dataclass(frozen=True)
class SecretSet:
    """The result of setting a value.

    Attributes:
        name: The environment variable, or `image_credentials`.
        reference: The parameter or secret.
        services: The services whose containers have it in their environment.
        done: Whether it was created or changed.
        plain: Whether the parameter is not encrypted, because it has the type String.
        deployed: Whether the environment is deployed, so that its tasks have the old value.
    """

    name: str
    reference: str
    services: tuple[str, ...]
    done: Literal["created", "changed"]
    plain: bool
    deployed: bool


def set_secret(
    environment: Environment,
    uses: Sequence[SecretUse],
    read: Callable[[], str],
    reporter: Reporter,
    consent: Consent,
) -> SecretSet | None:
    """Set the value of a secret; create the parameter or secret if it does not exist.

    Args:
        environment: The environment.
        uses: The uses of the secret; see `operations.secret_stores.names.one_secret`.
        read: Returns the value; called after the user has agreed.
        reporter: Asks for the stack's name in a protected environment.
        consent: What may be done without asking.

    Returns:
        What was done; None when the user declined.

    Raises:
        UsageError: The value is empty or too large, the secret can't be set, or the reporter cannot ask.
        AwsError: AWS refused a request. It never contains the value.
    """
    target = SecretTarget.of(environment, uses)
    deployed = cluster_exists(environment.project, environment.session)
    if not agreed_to(f"set {uses[0].name}", environment, reporter, consent):
        return None
    value = read()
    _check(target, value)
    with _hidden(value):
        if target.reference.service == "ssm":
            _put_parameter(target, value)
        else:
            _put_secret(target, value, reporter)
    stored = target.stored
    plain = stored is not None and stored.kind in ("String", "StringList")
    done: Literal["created", "changed"] = "created" if stored is None else "changed"
    readers = tuple(dict.fromkeys(each.service for each in uses if not each.is_login))
    return SecretSet(uses[0].name, target.text, readers, done, plain, deployed)


def _check(target: SecretTarget, value: str) -> None:
    """Raise UsageError for a value that AWS does not accept."""
    where, size = target.uses[0].name, len(value.encode())
    limit, kind = _limit(target)
    if not value:
        raise UsageError.of(where, "the value is empty", fix="pass it on stdin, or type it at the prompt")
    if size > limit:
        fix = "write secretsmanager:NAME in the project file, which takes 65,536 bytes" if limit < SECRET_BYTES else ""
        raise UsageError.of(where, f"{kind} has at most {limit} bytes", got=f"{size} bytes", fix=fix or "shorten it")
    if any(each.is_login for each in target.uses) and not _is_login(value):
        fix = 'pass {"username": "...", "password": "..."}'
        raise UsageError.of(where, "the value is not a JSON object with username and password", fix=fix)


def _is_login(value: str) -> bool:
    """Whether ECS can log in with it (ECS Developer Guide, "Using non-AWS container images in Amazon ECS")."""
    try:
        content = json.loads(value)
    except ValueError:
        return False
    return isinstance(content, dict) and all(isinstance(content.get(key), str) for key in ("username", "password"))


def _limit(target: SecretTarget) -> tuple[int, str]:
    if target.reference.service != "ssm":
        return SECRET_BYTES, "a secret"
    advanced = target.stored is not None and target.stored.tier == "Advanced"
    return (ADVANCED_BYTES, "an advanced parameter") if advanced else (PARAMETER_BYTES, "a parameter")


def _put_parameter(target: SecretTarget, value: str) -> None:
    """Create or overwrite a parameter. It keeps its type and key: without KeyId, AWS would use its own key."""
    stored, more = target.stored, dict[str, Any]()
    if stored is not None:
        more = {"KeyId": stored.key} if stored.key and stored.kind == _SECURE else {}
        more |= {"Tier": stored.tier} if stored.tier else {}
    target.requests.call(
        "ssm",
        "put_parameter",
        region=target.region,
        Name=stored.name if stored is not None else parameter_name(target.reference),
        Value=value,
        Type=stored.kind if stored is not None else _SECURE,
        Overwrite=stored is not None,
        **more,
    )


def _put_secret(target: SecretTarget, value: str, reporter: Reporter) -> None:
    stored, call = target.stored, target.requests.call
    if stored is None:
        content = written({target.key: value}) if target.key else value
        if target.reference.name.startswith("arn:"):
            fix = "write the name of a new secret in the project file: secretsmanager:NAME"
            raise AwsError.of(target.uses[0].path, "the secret does not exist", got=target.text, fix=fix)
        call("secretsmanager", "create_secret", region=target.region, Name=target.reference.name, SecretString=content)
        return
    if stored.deleted is not None:
        call("secretsmanager", "restore_secret", region=target.region, SecretId=stored.arn)
        reporter.say(f"Restored {stored.name}, which was scheduled for deletion")
    content = written({**current_object(target), target.key: value}) if target.key else value
    call("secretsmanager", "put_secret_value", region=target.region, SecretId=stored.arn, SecretString=content)


@contextmanager
def _hidden(value: str) -> Iterator[None]:
    """Remove the value from errors in this block: AWS repeats invalid parameters in some messages.

    Their cause is dropped too, which `-v` would print.
    """
    try:
        yield
    except AwsError as error:
        raise AwsError(*(_without(each, value) for each in error.problems)) from None


def _without(problem: Problem, value: str) -> Problem:
    """A problem that does not contain the value, or the JSON object that it is a part of."""
    text, code = problem.got, problem.code or ""
    if text is None or not (_REPEATING.search(code) or _contains(text, value)):
        return problem
    return replace(problem, got=code if code and not _contains(code, value) else NOT_SHOWN)


def _contains(text: str, value: str) -> bool:
    """Whether a message contains the value or one of its lines."""
    lines = [line.strip() for line in value.splitlines()]
    return value in text or any(len(line) >= _ENOUGH_TO_FIND and line in text for line in lines)
