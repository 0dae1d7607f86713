"""Whether a plan changes only what a confirmed one changes."""

from __future__ import annotations

from typing import Any

import pytest

from operations.plan.subset import changes, unconfirmed


def change(
    *actions: str, after: Any = None, unknown: Any = None, address: str = "aws_a.a", **more: Any
) -> dict[str, Any]:
    inner = {"actions": list(actions), "after": after, "after_unknown": unknown or {}}
    importing = {"importing": more.pop("importing")} if "importing" in more else {}
    return {"address": address, "type": address.partition(".")[0], "change": {**inner, **importing}, **more}


ARGUMENTS = ("name", "block", "items", "final_snapshot_identifier")


def plan(*resources: dict[str, Any], arguments: tuple[str, ...] = ARGUMENTS) -> dict[str, Any]:
    expressions = {name: {"references": []} for name in arguments}
    configured = [{"address": each["address"], "expressions": expressions} for each in resources]
    return {"resource_changes": list(resources), "configuration": {"root_module": {"resources": configured}}}


NOTHING = change("no-op", after={"name": "x"})
SUBSETS = {
    "the same": (change("update", after={"name": "x"}), change("update", after={"name": "x"})),
    "done": (change("create"), change("no-op")),
    "unknown before": (
        change("create", after={}, unknown={"name": True}),
        change("create", after={"name": "x"}),
    ),
    "unknown in a block": (
        change("create", after={"block": [{"a": 1}]}, unknown={"block": [{"b": True}]}),
        change("create", after={"block": [{"a": 1, "b": 2}]}),
    ),
    "unknown in a list of another length": (
        change("create", after={"items": [None]}, unknown={"items": [True]}),
        change("create", after={"items": ["x", "y"]}),
    ),
    "a skeleton of marks": (
        change("update", after={"block": [{"a": 1}]}, unknown={"block": [{"a": False}]}),
        change("update", after={"block": [{"a": 1}]}, unknown={"block": [{}]}),
    ),
    "an update in place of a replacement": (change("delete", "create"), change("update")),
    "a replacement in the other order": (change("create", "delete"), change("delete", "create")),
    "an empty value": (change("update", after={"name": ""}), change("update", after={"name": None})),
    "what is computed": (change("update", after={"arn": "a"}), change("update", after={"arn": "b"})),
    "the name of a final snapshot": (
        change("create", after={"final_snapshot_identifier": "db-20260101000000"}),
        change("create", after={"final_snapshot_identifier": "db-20260101000107"}),
    ),
    "data": (NOTHING, change("read", mode="data")),
}
OTHERS = {
    "another address": (change("create"), change("create", address="aws_b.b")),
    "a destroy": (change("update"), change("delete")),
    "a replacement": (change("update"), change("delete", "create")),
    "a change of what was kept": (NOTHING, change("update", after={"name": "x"})),
    "another value": (change("update", after={"name": "x"}), change("update", after={"name": "y"})),
    "another value in a block": (
        change("update", after={"block": [{"a": 1}]}),
        change("update", after={"block": [{"a": 2}]}),
    ),
    "another length": (change("update", after={"items": ["x"]}), change("update", after={"items": []})),
    "an import": (change("update"), change("update", importing={"id": "x"})),
    "a deposed object": (change("update"), change("delete", deposed="0a1b")),
}


@pytest.mark.parametrize("case", SUBSETS)
def test_what_was_confirmed_is_not_asked_about_again(case: str) -> None:
    confirmed, later = SUBSETS[case]

    assert unconfirmed(plan(confirmed), plan(later)) == ()


@pytest.mark.parametrize("case", OTHERS)
def test_what_was_not_confirmed_is_named(case: str) -> None:
    confirmed, later = OTHERS[case]

    assert unconfirmed(plan(confirmed), plan(later)) == (later["address"],)


def test_a_move_and_an_import_are_changes() -> None:
    assert changes(change("no-op", previous_address="aws_old.a"))
    assert changes(change("no-op", importing={"id": "x"}))
    assert not changes(change("no-op", previous_address="aws_a.a"))
    assert not changes(change("read", mode="data"))
