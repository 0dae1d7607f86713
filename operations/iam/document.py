"""Policy documents as types.

Source: IAM User Guide, "IAM JSON policy element reference" and "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from stacks.errors import AwsError

Effect = Literal["Allow", "Deny"]
PrincipalKind = Literal["AWS", "Service", "Federated", "CanonicalUser"]
VARIABLES_SINCE = "2012-10-17"
"""The version of the policy language that has policy variables."""
_DEFAULT_VERSION = "2008-10-17"
_ELEMENTS = frozenset(
    {
        *("Sid", "Effect", "Condition"),
        *("Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource"),
    }
)
_KINDS: tuple[PrincipalKind, ...] = ("AWS", "Service", "Federated", "CanonicalUser")


@dataclass(frozen=True)
class Values:
    """The values of an element and whether the element is its negated form, such as `NotAction`."""

    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True)
class Principals:
    """The principals of a statement by kind. `"*"` is the AWS principal `*`, as in the documentation."""

    by_kind: Mapping[PrincipalKind, tuple[str, ...]] = field(hash=False)
    negated: bool = False


@dataclass(frozen=True)
class Condition:
    """One key of a condition block: `operator` is written as in the document, `ForAnyValue:StringLike`."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Statement:
    """A statement. `resources` is None in a trust policy, `principals` None in an identity policy."""

    effect: Effect
    actions: Values
    resources: Values | None = None
    principals: Principals | None = None
    conditions: tuple[Condition, ...] = ()
    sid: str = ""


@dataclass(frozen=True)
class Policy:
    """A policy document. `name` identifies it in a `Decision`."""

    statements: tuple[Statement, ...]
    version: str = VARIABLES_SINCE
    name: str = ""

    @property
    def has_variables(self) -> bool:
        """Whether `${aws:username}` is a policy variable in it, and not text."""
        return self.version == VARIABLES_SINCE


def parse(document: str | Mapping[str, Any], name: str = "") -> Policy:
    """Parse a policy document, given as JSON text or as an object.

    Raises:
        AwsError: IAM would refuse the document with `MalformedPolicyDocument`.
    """
    content = _loaded(document, name)
    version = content.get("Version", _DEFAULT_VERSION)
    if version not in (VARIABLES_SINCE, _DEFAULT_VERSION):
        raise _malformed(name, "unknown version", got=str(version))
    if "Statement" not in content:
        raise _malformed(name, "has no Statement")
    given = content["Statement"]
    parsed = tuple(_statement(each, name) for each in (given if isinstance(given, list) else [given]))
    sids = [each.sid for each in parsed if each.sid]
    if len(set(sids)) != len(sids):
        raise _malformed(name, "statement IDs must be unique", got=", ".join(sids))
    return Policy(parsed, version, name)


def _loaded(document: str | Mapping[str, Any], name: str) -> Mapping[str, Any]:
    try:
        content = json.loads(document) if isinstance(document, str) else document
    except ValueError as error:
        raise _malformed(name, "is not JSON", got=str(error)) from error
    if not isinstance(content, Mapping):
        raise _malformed(name, "must be an object", got=type(content).__name__)
    return content


def _statement(given: Any, name: str) -> Statement:
    if not isinstance(given, Mapping):
        raise _malformed(name, "a statement must be an object", got=type(given).__name__)
    unknown = sorted(set(given) - _ELEMENTS)
    if unknown:
        raise _malformed(name, "unknown elements in a statement", got=", ".join(unknown))
    effect = given.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise _malformed(name, "Effect must be Allow or Deny", got=str(effect))
    actions = _either(given, "Action", name)
    if actions is None:
        raise _malformed(name, "a statement has neither Action nor NotAction")
    return Statement(
        effect,
        actions,
        _either(given, "Resource", name),
        _principals(given, name),
        tuple(_conditions(given.get("Condition", {}), name)),
        str(given.get("Sid", "")),
    )


def _either(given: Mapping[str, Any], element: str, name: str) -> Values | None:
    """The element or its negated form; a statement can have only one of them."""
    negated = f"Not{element}"
    if element in given and negated in given:
        raise _malformed(name, f"a statement has both {element} and {negated}")
    if negated in given:
        return Values(_texts(given[negated], negated, name), negated=True)
    return Values(_texts(given[element], element, name)) if element in given else None


def _principals(given: Mapping[str, Any], name: str) -> Principals | None:
    if "Principal" in given and "NotPrincipal" in given:
        raise _malformed(name, "a statement has both Principal and NotPrincipal")
    negated = "NotPrincipal" in given
    element = "NotPrincipal" if negated else "Principal"
    if element not in given:
        return None
    value = given[element]
    if value == "*":
        return Principals({"AWS": ("*",)}, negated)
    if not isinstance(value, Mapping) or set(value) - set(_KINDS):
        raise _malformed(name, f"{element} must be * or an object of AWS, Service, Federated", got=str(value))
    return Principals({kind: _texts(value[kind], element, name) for kind in _KINDS if kind in value}, negated)


def _conditions(block: Any, name: str) -> Iterator[Condition]:
    if not isinstance(block, Mapping):
        raise _malformed(name, "Condition must be an object", got=type(block).__name__)
    for operator, keys in block.items():
        if not isinstance(keys, Mapping):
            raise _malformed(name, f"{operator} must be an object of condition keys", got=str(keys))
        for key, values in keys.items():
            yield Condition(operator, key, _texts(values, key, name))


def _texts(value: Any, element: str, name: str) -> tuple[str, ...]:
    """The values of an element; JSON numbers and booleans are text to IAM."""
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str | bool | int | float) for item in items):
        raise _malformed(name, f"{element} must be text or a list of texts", got=str(value))
    return tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in items)


def _malformed(name: str, what: str, *, got: str | None = None) -> AwsError:
    return AwsError.of(f"policy {name}".strip(), what, got=got, code="MalformedPolicyDocument")
