"""The attributes that differ between two states of a resource, without noise.

Terraform's plan contains both states in full. Noise is empty and absent values, the order of sets, and tags that
appear twice. JSON in strings (container definitions, policies) is compared as JSON. A value is unknown or sensitive
only where a leaf of the plan's marks says so (`operations/plan/values.py`); its known siblings are compared and shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from operator import eq
from typing import Any

from operations.plan.compare import Leaf, Step, differing, differing_json, parsed
from operations.plan.redact import MASK, contains_credential, looks_secret
from operations.plan.values import UNKNOWN, Secret, concealed, planned


@dataclass(frozen=True)
class AttributeChange:
    """A value that changes.

    Attributes:
        path: The path of the value: `desired_count`, `health_check.path`, `environment.NODE_ENV`. An element of a set
            has the path of the set.
        before: The JSON value before; None when there was none, `(sensitive)` when it must not be shown.
        after: The JSON value after; None when it is removed, `(known after apply)` when AWS assigns it.
        sensitive: Whether values are masked.
        replaces: Whether this change forces the replacement of the resource.
        computed: Whether the configuration does not set the value, and it is not known before apply.
    """

    path: str
    before: Any
    after: Any
    sensitive: bool = False
    replaces: bool = False
    computed: bool = False


def differences(
    change: Mapping[str, Any],
    *,
    configured: Collection[str] = (),
    computed: bool = True,
    container: str | None = None,
    sets: Collection[str] = (),
) -> tuple[AttributeChange, ...]:
    """The attributes that a change of a plan changes.

    Arguments:
        change: The `change` of a resource in `terraform show -json`.
        configured: The paths of the arguments that the configuration sets, without positions; AWS computes the others.
        computed: Whether to include those others.
        container: The service's own container, whose settings are listed without its name.
        sets: The names of the attributes that are sets.
    """
    before, after = states(change)
    found = [
        _attribute(leaf, change.get("replace_paths") or (), set_)
        for name in sorted({*before, *after})
        if not _is_repeated(name, before, after)
        for leaf in _leaves(name, before.get(name), after.get(name), container, sets)
        if (set_ := _is_configured(leaf.steps, configured)) or computed or leaf.steps[0] == "tags_all"
    ]
    return tuple(found)


def states(change: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The attributes before and after, with what is unknown and sensitive in them."""
    before = concealed(_attributes(change.get("before")), _marks(change, "before_sensitive"))
    after = planned(_attributes(change.get("after")), change.get("after_unknown"))
    return before, concealed(_attributes(after), _marks(change, "after_sensitive"))


def output_change(change: Mapping[str, Any]) -> tuple[Any, Any, tuple[AttributeChange, ...]]:
    """The value of an output before and after, and the values in which they differ. Its own path is empty."""
    before = concealed(change.get("before"), change.get("before_sensitive"))
    after = concealed(planned(change.get("after"), change.get("after_unknown")), change.get("after_sensitive"))
    whole = _attribute(Leaf("", (), before, after, in_json=True), ())
    return whole.before, whole.after, tuple(_attribute(leaf, ()) for leaf in differing_json("", before, after))


def configured_arguments(shown: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """The paths of the arguments that the configuration sets, by address of the resource."""
    module = shown.get("configuration", {}).get("root_module", {})
    return {each["address"]: frozenset(_arguments(each.get("expressions", {}))) for each in module.get("resources", [])}


def _arguments(expressions: Mapping[str, Any], prefix: str = "") -> Iterable[str]:
    """The arguments in a block's expressions: an expression is a map, a block is a list of them or one."""
    for name, value in expressions.items():
        blocks = value if isinstance(value, list) else [value]
        if all(isinstance(block, dict) and not {"constant_value", "references"} & block.keys() for block in blocks):
            for block in blocks:
                yield from _arguments(block, f"{prefix}{name}.")
            if any(not block for block in blocks):
                yield f"{prefix}{name}"
        else:
            yield f"{prefix}{name}"


def _attributes(state: Any) -> dict[str, Any]:
    return dict(state) if isinstance(state, Mapping) else {}


def _marks(change: Mapping[str, Any], key: str) -> Any:
    """The marks of a state. `true` in place of marks is the mark of every attribute."""
    marks = change.get(key)
    if marks is not True:
        return marks
    return dict.fromkeys((*_attributes(change.get("before")), *_attributes(change.get("after"))), True)


def _is_repeated(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """`tags_all` contains the provider's default tags and `tags`. A default tag whose value changes looks removed in
    `tags`.
    """
    return name == "tags" and isinstance(before.get("tags_all"), dict) and isinstance(after.get("tags_all"), dict)


def _leaves(name: str, before: Any, after: Any, container: str | None, sets: Collection[str]) -> Iterator[Leaf]:
    if name == "container_definitions" and not isinstance(before, Secret) and not isinstance(after, Secret):
        yield from _containers(parsed(before), parsed(after), container)
        return
    for leaf in differing(name, before, after, sets=sets):
        # The tags that change are those of `tags_all`; readers know them as tags.
        yield replace(leaf, path=leaf.path.replace("tags_all.", "tags.", 1)) if name == "tags_all" else leaf


def _containers(before: Any, after: Any, own: str | None) -> Iterator[Leaf]:
    """Container definitions by container name; those of the service's own container without it."""
    steps: tuple[Step, ...] = ("container_definitions",)
    old, new = _by_name(before or []), _by_name(after or [])
    if old is None or new is None:
        if after == UNKNOWN:
            yield Leaf("containers", steps, None, UNKNOWN, in_json=True)
        else:
            yield from differing_json("containers", before, after, steps=steps)
        return
    changed = False
    for name in sorted({*old, *new}):
        for leaf in differing_json("" if name == own else name, old.get(name), new.get(name), steps=steps):
            changed = True
            yield leaf
    if not changed and list(old) != list(new):
        yield Leaf("containers", steps, list(old), list(new), in_json=True)


def _by_name(containers: Any) -> dict[str, dict[str, Any]] | None:
    """The containers by name, without it; None if these are not named containers."""
    if not isinstance(containers, list) or not all(isinstance(each, dict) for each in containers):
        return None
    found = {str(each.get("name")): {key: value for key, value in each.items() if key != "name"} for each in containers}
    return found if len(found) == len(containers) else None


def _attribute(leaf: Leaf, replace_paths: Collection[list[Step]], configured: bool = True) -> AttributeChange:
    values = (leaf.before, leaf.after)
    secrets = [secret for value in values for secret in _secrets(value)]
    hidden = any(isinstance(value, Secret) or (not secrets and _looks_secret(leaf, value)) for value in values)
    shown = [_hidden(value) if hidden else _masked(value, secrets) for value in values]
    masked = hidden or bool(secrets)
    computed = leaf.after == UNKNOWN and not configured
    replaces = _replaces(leaf.steps, replace_paths)
    return AttributeChange(leaf.path, shown[0], shown[1], masked, replaces, computed)


def _looks_secret(leaf: Leaf, value: Any) -> bool:
    """Whether a value that Terraform shows must not be shown: it looks like a credential, by its content or name."""
    if value is None or value == UNKNOWN:
        return False
    if leaf.variable and looks_secret(leaf.variable, value):
        return True
    return contains_credential(value, leaf.path.rpartition(".")[2] if leaf.in_json and not leaf.variable else "")


def _secrets(value: Any) -> list[Any]:
    """The sensitive values in a value."""
    if isinstance(value, Secret):
        return [value.value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [secret for item in items for secret in _secrets(item)]


def _hidden(value: Any) -> Any:
    """The mask of a value; it still shows whether there is one, and whether it is known."""
    return value if value is None or value == UNKNOWN else MASK


def _masked(value: Any, secrets: list[Any]) -> Any:
    """A value without the sensitive ones in it. What is sensitive on one side is masked on both, as by Terraform."""
    if value is None or value == UNKNOWN:
        return value
    if isinstance(value, Secret) or value in secrets:
        return MASK
    if isinstance(value, dict):
        return {key: _masked(item, secrets) for key, item in value.items()}
    return [_masked(item, secrets) for item in value] if isinstance(value, list) else value


def _is_configured(steps: tuple[Step, ...], configured: Collection[str]) -> bool:
    """Whether the configuration sets the value at `steps`, or a value that it is part of."""
    names = [step for step in steps if isinstance(step, str)]
    return any(".".join(names[:length]) in configured for length in range(1, len(names) + 1))


def _replaces(steps: tuple[Step, ...], replace_paths: Collection[list[Step]]) -> bool:
    """Whether a change at `steps` is one that forces a replacement: at, above or below a path of `replace_paths`."""
    return any(path and all(map(eq, steps, path)) for path in replace_paths)
