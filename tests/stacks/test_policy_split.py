"""Statements that don't fit into one inline policy continue in managed policies."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks.grants import Grant
from stacks.naming import Names
from stacks.policy_split import MAX_INLINE, MAX_MANAGED, Part, size, split
from stacks.project import Selection, load
from stacks.project.uses import used_by
from stacks.role_policies import RolePolicies
from stacks.shared_registry import SharedRegistry
from tests.stacks.conftest import Synth
from tests.support.synthesized import Json, Stack

Pair = tuple[str, str, str]
TEXTS = st.text(st.sampled_from("abc*/:-_${}"), min_size=1, max_size=300)
GRANTS = st.lists(
    st.builds(
        Grant,
        st.from_regex(r"[A-Z][a-z]{3}", fullmatch=True),
        st.lists(TEXTS, min_size=1, max_size=20),
        st.lists(TEXTS, min_size=1, max_size=80),
        st.sampled_from([None, {"StringEquals": {"aws:SourceAccount": "123456789012"}}]),
        st.sampled_from(["Allow", "Deny"]),
    ),
    min_size=1,
    max_size=12,
)


def allowed(grants: list[Grant]) -> list[Pair]:
    """Each action on each resource, with what else is in its statement."""
    return sorted(
        (action, resource, f"{grant.sid} {grant.effect} {grant.conditions}")
        for grant in grants
        for action in grant.actions
        for resource in grant.resources
    )


@given(GRANTS)
def test_nothing_is_lost_and_every_policy_is_within_its_limit(grants: list[Grant]) -> None:
    documents = split(grants)

    assert documents is not None
    parts = [[part.of(grants) for part in document] for document in documents]
    assert allowed([part for document in parts for part in document]) == allowed(grants)
    assert size(parts[0]) <= MAX_INLINE
    assert all(size(document) <= MAX_MANAGED for document in parts[1:])
    assert all(parts)


def test_what_fits_stays_in_one_policy() -> None:
    grants = [Grant("A", ["s3:GetObject"], ["x" * 10_131])]

    assert size(grants) == MAX_INLINE
    assert split(grants) == ((Part(0),),)


def test_what_is_larger_than_a_policy_cannot_be_split() -> None:
    assert split([Grant("A", ["s3:GetObject"], ["x" * 10_132])]) is None


def test_white_space_does_not_count() -> None:
    assert size([Grant("A", ["a"], ["a b c"])]) == size([Grant("A", ["a"], ["abc"])])


@pytest.mark.parametrize("action", ["a", "b" * 100])
def test_a_policy_that_is_full_stays_as_it_is_when_a_statement_grows(action: str) -> None:
    some, more = ([Grant("A", [action], [f"{number:0200}" for number in range(count)])] for count in (80, 81))

    assert split(some)[0] == split(more)[0]  # type: ignore[index]


SERVICES = ("web", "api", "worker", "cleanup")
SECRETS = 130
LARGE = "".join(f"V{number}: 'ssm:/shop/{number:030}', " for number in range(SECRETS))


@pytest.fixture
def large(small: Synth) -> Stack:
    """A service with more secrets than fit into the inline policy of its execution role."""
    return small(f"services: {{web: {{secrets: {{{LARGE}}}}}}}")


def resolved(policy: str) -> str:
    """A policy as IAM receives it."""
    text = policy.replace("${data.aws_caller_identity.current.account_id}", "123456789012")
    text = text.replace("${data.aws_partition.current.partition}", "aws")
    return text.replace(
        "${aws_cloudwatch_log_group.web.arn}", f"arn:aws:logs:us-east-1:{'1' * 12}:log-group:/aws/ecs/x"
    )


def documents(made: Stack, use: str) -> Iterator[Json]:
    """The policies of a role: the inline one, then those that are attached."""
    yield made[f"aws_iam_role_policy.web_{use}"]
    yield from (policy for name, policy in made.all("aws_iam_policy").items() if name.startswith(f"web_{use}_"))


def test_secrets_beyond_the_inline_policy_are_in_attached_policies(large: Stack) -> None:
    inline, managed = documents(large, "execution")
    statements = [each for one in (inline, managed) for each in json.loads(one["policy"])["Statement"]]

    assert len(resolved(inline["policy"])) <= MAX_INLINE
    assert len(resolved(managed["policy"])) <= MAX_MANAGED
    readable = [arn for each in statements if each["Sid"] == "ReadParameters" for arn in each["Resource"]]
    assert len(set(readable)) == len(readable) == SECRETS
    assert managed["name"] == "shop-prod-web-execution-1"
    attachment = large["aws_iam_role_policy_attachment.web_execution_1"]
    assert attachment == {
        "policy_arn": "${aws_iam_policy.web_execution_1.arn}",
        "role": "${aws_iam_role.web_execution.name}",
    }


def test_tasks_start_after_all_their_policies(large: Stack) -> None:
    waits = large["aws_ecs_service.web"]["depends_on"]

    assert {"aws_iam_role_policy.web_execution", "aws_iam_role_policy_attachment.web_execution_1"} <= {*waits}


def test_a_role_with_few_statements_has_one_inline_policy(small: Synth) -> None:
    assert small("services: {web: {secrets: {A: 'ssm:/a'}}}").names("aws_iam_policy") == []


REAL = {
    "data.aws_caller_identity.current.account_id": "123456789012",
    "data.aws_partition.current.partition": "aws",
    **{f"aws_cloudwatch_log_group.{name}.arn": f"log-group:/aws/ecs/everything-prod/{name}" for name in SERVICES},
    "aws_cloudwatch_log_group.exec.arn": "log-group:/aws/ecs/everything-prod/exec",
    "aws_ecr_repository.api.arn": "repository/everything-prod/api",
    "aws_efs_file_system.web_data.arn": "file-system/fs-0123456789abcdef0",
    "aws_efs_access_point.web_data.arn": "access-point/fsap-0123456789abcdef0",
    "aws_kms_key.main.arn": "key/11111111-2222-3333-4444-555555555555",
    "aws_dynamodb_table.sessions.arn": "table/everything-prod-sessions",
    "aws_s3_bucket.uploads.arn": "everything-prod-uploads-123456789012",
    "aws_sns_topic.events.arn": "everything-prod-events.fifo",
    "aws_sqs_queue.worker_queue.arn": "everything-prod-worker.fifo",
}
"""The ARNs and parts of ARNs that Terraform inserts; of ARNs only the resource."""
ARNS = {
    "aws_cloudwatch_log_group": "logs",
    "aws_dynamodb_table": "dynamodb",
    "aws_ecr_repository": "ecr",
    "aws_efs_file_system": "elasticfilesystem",
    "aws_efs_access_point": "elasticfilesystem",
    "aws_kms_key": "kms",
    "aws_sns_topic": "sns",
    "aws_sqs_queue": "sqs",
}


def real(reference: re.Match[str]) -> str:
    service = ARNS.get(reference[1].partition(".")[0])
    value = REAL[reference[1]]
    if reference[1].startswith("aws_s3_bucket."):
        return f"arn:aws:s3:::{value}"
    return f"arn:aws:{service}:eu-central-1:123456789012:{value}" if service else value


@pytest.mark.parametrize("service", SERVICES)
def test_a_policy_is_measured_as_it_will_be(everything: Stack, specs: Path, service: str) -> None:
    (project,) = load(Selection(file=specs / "everything.yaml", env="prod")).projects
    policies = RolePolicies(
        Names("everything", "prod"),
        project.region,
        True,
        service,
        project.services[service],
        SharedRegistry.of(project),
        tuple(used_by(project, project.services[service])),
    )

    for use, grants in (("execution", policies.execution), ("task", policies.task)):
        made = everything.all("aws_iam_role_policy").get(f"{service}_{use}", {"policy": ""})
        text = re.sub(r"\$\{([\w.]+)}", real, made["policy"])
        assert len(text) == (size(grants) if grants else 0)
