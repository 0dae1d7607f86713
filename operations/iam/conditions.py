"""Condition operators.

Sources: IAM User Guide, "IAM JSON policy elements: Condition operators" and "Set operators for multivalued context
keys". A block is true when all of its keys are, a key when any of its values is, and a key of a negated operator when
none of its values matches.
"""

from __future__ import annotations

import base64
import binascii
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

from operations.iam.document import Condition
from operations.iam.patterns import Piece, ValuesOf, arn_matches, matches, pieces, plain
from stacks.errors import AwsError

Matches = Callable[[Sequence[Piece], str], bool]
"""Whether a value of the policy matches one of the request."""
_FOR_ALL, _FOR_ANY, _IF_EXISTS = "forallvalues:", "foranyvalue:", "ifexists"


@dataclass(frozen=True)
class Operator:
    """A condition operator without its set prefix and its `IfExists` suffix."""

    matches: Matches
    negated: bool = False
    variables: bool = True


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _instant(text: str) -> float | None:
    """Seconds since 1970, of a date in ISO 8601 format or of the seconds themselves."""
    seconds = _number(text)
    if seconds is not None:
        return seconds
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _compared(read: Callable[[str], float | None], compare: Callable[[float, float], bool]) -> Matches:
    def matching(parts: Sequence[Piece], value: str) -> bool:
        expected, given = read(plain(parts)), read(value)
        return expected is not None and given is not None and compare(given, expected)

    return matching


def _in_network(parts: Sequence[Piece], value: str) -> bool:
    try:
        return ip_address(value) in ip_network(plain(parts), strict=False)
    except ValueError:
        return False


def _same_bytes(parts: Sequence[Piece], value: str) -> bool:
    try:
        return base64.b64decode(plain(parts), validate=True) == base64.b64decode(value, validate=True)
    except binascii.Error:
        return False


def _equal(parts: Sequence[Piece], value: str) -> bool:
    return plain(parts) == value


def _equal_in_any_case(parts: Sequence[Piece], value: str) -> bool:
    return plain(parts).casefold() == value.casefold()


def _both(name: str, negation: str, matching: Matches, *, variables: bool = True) -> dict[str, Operator]:
    return {
        name.casefold(): Operator(matching, variables=variables),
        negation.casefold(): Operator(matching, negated=True, variables=variables),
    }


def _ordered(kind: str, read: Callable[[str], float | None]) -> dict[str, Operator]:
    named = {
        "LessThan": operator.lt,
        "LessThanEquals": operator.le,
        "GreaterThan": operator.gt,
        "GreaterThanEquals": operator.ge,
    }
    found = {
        f"{kind}{name}".casefold(): Operator(_compared(read, compare), variables=False)
        for name, compare in named.items()
    }
    equal = _compared(read, operator.eq)
    return {**_both(f"{kind}Equals", f"{kind}NotEquals", equal, variables=False), **found}


OPERATORS: dict[str, Operator] = {
    **_both("StringEquals", "StringNotEquals", _equal),
    **_both("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", _equal_in_any_case),
    **_both("StringLike", "StringNotLike", matches),
    **_both("ArnEquals", "ArnNotEquals", arn_matches),
    **_both("ArnLike", "ArnNotLike", arn_matches),
    **_both("IpAddress", "NotIpAddress", _in_network, variables=False),
    **_ordered("Numeric", _number),
    **_ordered("Date", _instant),
    "bool": Operator(_equal_in_any_case),
    "binaryequals": Operator(_same_bytes, variables=False),
}
"""Every operator except Null, by its name in lower case."""


def holds(condition: Condition, values_of: ValuesOf, *, variables: bool = True) -> bool:
    """Whether a condition is true for a request.

    Args:
        condition: One key of a condition block.
        values_of: The values of a condition key in the request.
        variables: Whether the version of the policy has policy variables.

    Raises:
        AwsError: The operator does not exist.
    """
    name = condition.operator.casefold()
    given = values_of(condition.key)
    if name == "null":
        return _is_null(given) in [text.casefold() == "true" for text in condition.values]
    name, sets = _without_set(name)
    base = name.removesuffix(_IF_EXISTS)
    found = OPERATORS.get(base)
    if found is None:
        what = f"unknown condition operator for {condition.key}"
        raise AwsError.of("policy", what, got=condition.operator, code="MalformedPolicyDocument")
    if not given or (sets == _FOR_ALL and _is_null(given)):
        return name != base or sets == _FOR_ALL or (found.negated and sets != _FOR_ANY)
    expected = [pieces(text, values_of, variables=variables and found.variables) for text in condition.values]

    def matched(value: str) -> bool:
        return any(parts is not None and found.matches(parts, value) for parts in expected)

    if sets:
        each = [matched(value) != found.negated for value in given]
        return all(each) if sets == _FOR_ALL else any(each)
    return any(map(matched, given)) != found.negated


def _is_null(given: tuple[str, ...]) -> bool:
    """Whether a key is missing, or has only empty values."""
    return not any(given)


def _without_set(name: str) -> tuple[str, str]:
    for prefix in (_FOR_ALL, _FOR_ANY):
        if name.startswith(prefix):
            return name.removeprefix(prefix), prefix
    return name, ""
