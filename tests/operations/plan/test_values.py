"""The marks of a plan: what is unknown and what is sensitive."""

from __future__ import annotations

from operations.plan.values import UNKNOWN, Secret, concealed, has_mark, planned


def test_a_skeleton_marks_nothing() -> None:
    assert planned([{"a": 1}], [{}]) == [{"a": 1}]
    assert planned({"a": [1]}, {"a": [False], "b": {}}) == {"a": [1]}
    assert not has_mark({"a": [{}, False]})


def test_values_that_a_plan_leaves_out_are_unknown() -> None:
    assert planned({"a": 1}, {"b": True, "c": [{"d": True}]}) == {"a": 1, "b": UNKNOWN, "c": [{"d": UNKNOWN}]}
    assert planned([None, "x"], [True, False]) == [UNKNOWN, "x"]
    assert planned(None, True) == UNKNOWN


def test_a_secret_is_not_in_its_representation() -> None:
    assert concealed({"a": "hunter2", "b": 1, "c": None}, {"a": True, "c": True}) == {
        "a": Secret("hunter2"),
        "b": 1,
        "c": None,
    }
    assert "hunter2" not in repr(Secret("hunter2"))
