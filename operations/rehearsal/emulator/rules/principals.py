"""The principals of policies: those of the account must exist.

AWS stores the ID of a role or user in the place of its ARN, so a policy that names one that does not exist is refused
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html). Those of other accounts
are accepted here: the emulator has only one account.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from operations.rehearsal.emulator.request import Request

_IDENTITY = re.compile(r"arn:[^:]+:iam::(\d{12}):(root|(?:role|user)/.+)")
_ASSUMED = re.compile(r"arn:[^:]+:sts::\d{12}:(assumed-role|federated-user)/.+")
_UNIQUE_ID = re.compile(r"A(?:ROA|IDA)[A-Z0-9]{10,}")
_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(?:\.cn)?")


def statements(document: str | Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The statements of a policy document; none if it is not JSON, which moto refuses."""
    try:
        policy = json.loads(document) if isinstance(document, str) else document
    except ValueError:
        return []
    found = policy.get("Statement", []) if isinstance(policy, Mapping) else []
    return [found] if isinstance(found, Mapping) else list(found)


def as_list(value: Any) -> list[Any]:
    """A value of a policy, which may be one or a list."""
    return list(value) if isinstance(value, list) else [] if value is None else [value]


def principals(statement: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The kind and name of each principal of a statement; `*` is of the kind AWS."""
    for element in ("Principal", "NotPrincipal"):
        value = statement.get(element, {})
        for kind, names in value.items() if isinstance(value, Mapping) else [("AWS", value)]:
            for name in as_list(names):
                yield kind, str(name)


def invalid_principals(request: Request, document: str | Mapping[str, Any]) -> list[tuple[str, str]]:
    """The principals of a policy that AWS refuses, with their kind."""
    found = (each for statement in statements(document) for each in principals(statement))
    return [(kind, name) for kind, name in found if not _exists(request, kind, name)]


def role_of(request: Request, arn: str) -> Any:
    """moto's role with an ARN or name; None if it does not exist."""
    roles = request.backend("iam").roles.values()
    return next((each for each in roles if arn in (each.arn, each.name)), None)


def can_be_assumed_by(role: Any, service: str) -> bool:
    """Whether the trust policy of moto's role lets a service principal assume it."""
    return any(
        ("Service", service) in principals(each) and each.get("Effect") == "Allow"
        for each in statements(role.assume_role_policy_document)
    )


def _exists(request: Request, kind: str, name: str) -> bool:
    if kind == "Service":
        return bool(_SERVICE.fullmatch(name))
    if kind != "AWS" or name == "*" or re.fullmatch(r"\d{12}", name):
        return True
    if _ASSUMED.fullmatch(name) or _UNIQUE_ID.fullmatch(name):
        return True
    identity = _IDENTITY.fullmatch(name)
    if identity is None:
        return False
    if identity[2] == "root" or identity[1] != request.account:
        return True
    iam = request.backend("iam")
    return name in {each.arn for each in (*iam.roles.values(), *iam.users.values())}
