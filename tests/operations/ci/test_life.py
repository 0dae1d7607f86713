"""The roles of pipelines, measured: the requests of rehearsed lives, evaluated with the policies of each environment.

`tests/recorded/requests` has the requests of a deploy, a second plan and a destroy of each environment of tests/specs/.
tests/e2e/test_actions.py runs a life with changes under the policies themselves, in front of the emulator.
"""

from __future__ import annotations

import pytest

from tests.support.measured_roles import MEASURED, measured, reason
from tests.support.pipelines import ENVIRONMENTS


@pytest.mark.parametrize("kind", ["deploy", "plan"])
@pytest.mark.parametrize(("spec", "env"), MEASURED)
def test_nothing_is_denied(spec: str, env: str, kind: str) -> None:
    role = measured(spec, env, kind)

    assert list(role.denied()) == []
    assert len(role.requests) > 25


@pytest.mark.parametrize("kind", ["deploy", "plan"])
@pytest.mark.parametrize(("spec", "env"), MEASURED)
def test_every_action_was_used_or_has_a_reason(
    spec: str, env: str, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    role = measured(spec, env, kind)
    unused = role.granted() - role.used()
    reasons = {action: reason(spec, env, action) for action in unused}
    with capsys.disabled():
        count = len(role.granted())
        print(f"\n{role.role.name}: {count} granted, {count - len(unused)} used, {len(unused)} with a reason", end=" ")

    assert [action for action, text in reasons.items() if text is None] == []


def test_every_environment_is_measured() -> None:
    assert [*MEASURED] == [*ENVIRONMENTS]
