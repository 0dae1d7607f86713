"""The attributes that differ between two states of a resource, without noise.

Terraform's plan contains both states in full. Noise is values that AWS computes, empty and absent values, the order of
sets, and tags that appear twice. JSON in strings (container definitions, policies) is compared as JSON. See https://developer.hashicorp.com/terraform/internals/json-format#change-representation.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from operations.plan.redact import MASK, is_credential, looks_secret

UNKNOWN = "(known after apply)"


@dataclass(frozen=True)
class AttributeChange:
    """A value that changes.

    Attributes:
        path: The path of the value: `desired_count`, `health_check.path`, `environment.NODE_ENV`.
        before: The JSON value before; None when there was none, `(sensitive)` when it must not be shown.
        after: The JSON value after; `(known after apply)` when AWS assigns it.
        sensitive: Whether the values are masked.
        replaces: Whether this change forces the replacement of the resource.
    """

    path: str
    before: Any
    after: Any
    sensitive: bool = False
    replaces: bool = False


def differences(
    change: Mapping[str, Any],
    *,
    configured: Collection[str] = (),
    computed: bool = True,
    container: str | None = None,
) -> tuple[AttributeChange, ...]:
    """The attributes that a change of a plan changes.

    Arguments:
        change: The `change` of a resource in `terraform show -json`.
        configured: The attributes that the configuration sets; AWS computes the others.
        computed: Whether to include those others, where AWS's value before and after is known.
        container: The service's own container, whose settings are listed without its name.
    """
    before, after = change.get("before") or {}, change.get("after") or {}
    unknown = change.get("after_unknown") or {}
    hidden = (change.get("before_sensitive") or {}, change.get("after_sensitive") or {})
    replacing = {path[0] for path in change.get("replace_paths", []) if path}
    found: list[AttributeChange] = []
    for name in sorted({*before, *after, *unknown}):
        if _is_noise(name, before, after, unknown, configured):
            continue
        if not computed and name not in configured and name != "tags_all":
            continue
        masked = any(_contains_true(marks.get(name)) for marks in hidden)
        old, new = before.get(name), UNKNOWN if unknown.get(name) is True else after.get(name)
        for path, left, right, secret in _expanded(name, old, new, container):
            shown = (MASK, MASK) if masked or secret else (left, right)
            found.append(AttributeChange(path, *_present(shown, left, right), masked or secret, name in replacing))
    return tuple(found)


def _present(shown: tuple[Any, Any], before: Any, after: Any) -> tuple[Any, Any]:
    """Masked values still show whether there was a value and will be one."""
    return (None if _is_empty(before) else shown[0], None if _is_empty(after) else shown[1])


def _is_noise(
    name: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    unknown: Mapping[str, Any],
    configured: Collection[str],
) -> bool:
    if unknown.get(name):
        return unknown[name] is not True or name not in configured
    # `tags_all` contains the provider's default tags and `tags`. A default tag whose value changes looks removed in
    # `tags`.
    if name == "tags" and isinstance(before.get("tags_all"), dict) and isinstance(after.get("tags_all"), dict):
        return True
    return _same(before.get(name), after.get(name))


def _expanded(name: str, before: Any, after: Any, container: str | None) -> Iterator[tuple[str, Any, Any, bool]]:
    """The values that differ at and below an attribute: path, before, after, whether it looks like a secret."""
    if name == "container_definitions":
        yield from _containers(_parsed(before), _parsed(after), container)
        return
    for path, left, right in _leaves(name, _parsed(before), _parsed(after)):
        yield path.replace("tags_all", "tags", 1), left, right, is_credential(left) or is_credential(right)


def _containers(before: Any, after: Any, own: str | None) -> Iterator[tuple[str, Any, Any, bool]]:
    """Container definitions by container name, environment and secrets by variable name."""
    if after == UNKNOWN or not isinstance(after, list):
        yield "containers", None, after, False
        return
    old, new = _by_name(before or []), _by_name(after)
    for name in sorted({*old, *new}):
        left, right = _keyed(old.get(name, {})), _keyed(new.get(name, {}))
        for key in sorted({*left, *right}):
            prefix = key if name == own else f"{name}.{key}"
            for path, one, other in _leaves(prefix, left.get(key), right.get(key)):
                variable = path.removeprefix(f"{prefix}.") if key == "environment" else ""
                secret = looks_secret(variable, one) or looks_secret(variable, other)
                yield path, one, other, secret


def _by_name(containers: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {str(container.get("name")): container for container in containers}


def _keyed(container: Mapping[str, Any]) -> dict[str, Any]:
    """A container with its lists of names and values as maps, so that their order is ignored and each has a path."""
    result = {key: value for key, value in container.items() if key != "name"}
    for key, value_key in (("environment", "value"), ("secrets", "valueFrom")):
        if key in result:
            result[key] = {str(each["name"]): each.get(value_key) for each in result[key] or []}
    return result


def _leaves(path: str, before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    """The values that differ at and below `path`; a list of plain values counts as one."""
    if _same(before, after):
        return
    before, after = _single(before, after)
    if isinstance(before, dict | None) and isinstance(after, dict | None) and (before or after):
        left, right = before or {}, after or {}
        for key in sorted({*left, *right}):
            yield from _leaves(f"{path}.{key}", left.get(key), right.get(key))
    elif _has_blocks(before) or _has_blocks(after):
        left_list, right_list = before or [], after or []
        for index in range(max(len(left_list), len(right_list))):
            left_item, right_item = (items[index] if index < len(items) else None for items in (left_list, right_list))
            yield from _leaves(f"{path}[{index}]", left_item, right_item)
    else:
        yield path, before, after


def _single(before: Any, after: Any) -> tuple[Any, Any]:
    """A block that occurs once is a list of one in the plan; its index is left out."""
    if all(value is None or (_has_blocks(value) and len(value) == 1) or value == [] for value in (before, after)):
        return (before[0] if before else None), (after[0] if after else None)
    return before, after


def _has_blocks(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict | list) for item in value)


def _parsed(value: Any) -> Any:
    """The JSON in a string that contains an object or a list; any other value unchanged."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _same(before: Any, after: Any) -> bool:
    return bool(_canonical(before) == _canonical(after))


def _canonical(value: Any) -> Any:
    """A form in which equivalent values are equal: empty ones left out, JSON strings parsed, lists of blocks sorted."""
    value = _parsed(value)
    if isinstance(value, dict):
        return {key: _canonical(item) for key, item in value.items() if not _is_empty(item)} or None
    if isinstance(value, list):
        items = [_canonical(item) for item in value]
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True)) or None
    return None if _is_empty(value) else value


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or value == [] or value == {}


def _contains_true(marks: Any) -> bool:
    if isinstance(marks, dict):
        return any(map(_contains_true, marks.values()))
    if isinstance(marks, list):
        return any(map(_contains_true, marks))
    return marks is True
