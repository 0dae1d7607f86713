"""How many statements a role can have."""

from __future__ import annotations

import pytest

from tests.project.conftest import Check
from tests.project.texts import web

ADD = "name fewer or shorter resources in"


def statements(count: int, more: str = "") -> str:
    """A web service whose task role may read this many buckets, each with 100 characters in the policy."""
    buckets = ", ".join(f"'arn:aws:s3:::{f'bucket-{number}-':x<84}'" for number in range(count))
    return web(f"permissions: {{{more}statements: [{{actions: [s3:GetObject], resources: [{buckets}]}}]}}")


def secrets(count: int) -> str:
    """A web service with this many secrets of short names."""
    return web("secrets:\n" + "".join(f"  V{number}: ssm:/{number}\n" for number in range(count)))


@pytest.mark.parametrize("count", [0, 101, 102, 119, 120, 121, 500, 690])
def test_statements_that_fit_into_a_few_policies_are_accepted(check: Check, count: int) -> None:
    assert check(statements(count) if count else web("")) == []


@pytest.mark.parametrize("count", [90, 120, 300, 700])
def test_any_number_of_secrets_of_a_task_definition_is_accepted(check: Check, count: int) -> None:
    assert check(secrets(count)) == []


def test_the_policies_of_a_role_have_a_limit(check: Check) -> None:
    limits = "an inline policy of 10240 characters and 10 managed policies of 6144"

    assert check(statements(720)) == [
        f"error ecsforge.yaml:5:19: the statements of web's task role must fit into {limits}; got 72113 characters; "
        f"{ADD} services.web.permissions.statements, for example with a wildcard"
    ]


def test_the_managed_policies_of_the_project_file_count(check: Check) -> None:
    attached = ", ".join(f"'arn:aws:iam::aws:policy/P{number}'" for number in range(9))
    more = f"managed_policies: [{attached}], "
    limits = "an inline policy of 10240 characters and 1 managed policy of 6144, beside the 9 of managed_policies"

    assert check(statements(150, more)) == []
    assert check(statements(165, more)) == [
        f"error ecsforge.yaml:5:309: the statements of web's task role must fit into {limits}; got 16613 characters; "
        f"{ADD} services.web.permissions.statements, for example with a wildcard"
    ]


def test_what_ecsforge_adds_counts(check: Check) -> None:
    volumes = "".join(f"  v{number}: {{path: /v{number}}}\n" for number in range(200))

    (message,) = check(web(f"volumes:\n{volumes}"))

    assert message.startswith(
        "error ecsforge.yaml:5:5: the statements of web's task role must fit into an inline policy"
    )
    assert check(web("volumes:\n" + "".join(f"  v{number}: {{path: /v{number}}}\n" for number in range(100)))) == []
