"""A deploy with a pipeline's role is refused before it applies what the role may not do."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from cli.sentences import sentences
from operations import aws
from operations.ci.documents import roles_of
from operations.ci.granted import refuse_missing
from operations.ci.names import Account
from operations.ci.permissions import Subject
from operations.ci.setup import create_roles
from stacks.errors import AwsError
from stacks.project.models import Github, Project, Service
from stacks.resources import CATALOGUE
from tests.support.reporter import Recorder

PROJECT = Project(project_id="shop", env="dev", services={"web": Service(image="app:1")})
ACCOUNT = Account("123456789012", "eu-west-1")


def refused(project: Project, session: boto3.Session, changes: list[tuple[str, str]]) -> None:
    refuse_missing(project, session, aws.identity(session).arn, changes)


def in_role(session: boto3.Session, types: frozenset[str], name: str = "ecsforge-deploy-shop-dev") -> boto3.Session:
    """A session in a pipeline's role for these types."""
    roles = roles_of(Subject(PROJECT, ACCOUNT, types), Github(repository="acme/shop", install="x"))
    create_roles(session, PROJECT, ACCOUNT, roles, Recorder())
    return in_role_of(session, name)


def in_role_of(session: boto3.Session, name: str) -> boto3.Session:
    """A session in a role that exists."""
    sts: Any = session.client("sts")
    found = sts.assume_role(RoleArn=ACCOUNT.iam(f"role/{name}"), RoleSessionName="GitHubActions")["Credentials"]
    return boto3.Session(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"], "eu-west-1")


def test_a_new_type_needs_a_new_policy(account: boto3.Session) -> None:
    session = in_role(account, frozenset({"aws_ecs_cluster", "aws_sns_topic"}))
    refused(PROJECT, session, [("aws_ecs_cluster", "create"), ("aws_sns_topic", "destroy")])

    with pytest.raises(AwsError) as caught:
        refused(PROJECT, session, [("aws_ecs_cluster", "create"), ("aws_sqs_queue", "create")])

    assert sentences(caught.value) == (
        "ecsforge-deploy-shop-dev: the role lacks permissions for what the plan changes (queue); got sqs:CreateQueue, "
        "sqs:ListQueueTags, sqs:TagQueue, sqs:UntagQueue; with the credentials of an administrator, run "
        "`ecsforge ci init`"
    )


def test_every_change_of_its_types_is_granted(account: boto3.Session) -> None:
    session = in_role(account, frozenset(CATALOGUE))
    managed = [kind for kind in CATALOGUE if not kind.startswith("data.")]
    changes = [(kind, action) for kind in managed for action in ("create", "update", "replace", "destroy")]

    refused(PROJECT, session, changes)


def test_other_identities_are_not_compared(account: boto3.Session) -> None:
    session = in_role(account, frozenset({"aws_ecs_cluster"}), "ecsforge-plan-shop-dev")

    refused(PROJECT, session, [("aws_sqs_queue", "create")])
    refused(PROJECT, account, [("aws_sqs_queue", "create")])


def test_what_an_administrator_added_counts(account: boto3.Session) -> None:
    session = in_role(account, frozenset({"aws_ecs_cluster"}))
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}}
    iam: Any = account.client("iam")
    iam.put_role_policy(RoleName="ecsforge-deploy-shop-dev", PolicyName="more", PolicyDocument=json.dumps(document))

    refused(PROJECT, session, [("aws_sqs_queue", "create")])


def test_with_a_boundary_nothing_removes_one(account: boto3.Session) -> None:
    project = PROJECT.model_copy(update={"permissions_boundary": ACCOUNT.iam("policy/limits")})
    roles = roles_of(Subject(project, ACCOUNT, frozenset({"aws_iam_role"})), Github(repository="a/b", install="x"))
    create_roles(account, project, ACCOUNT, roles, Recorder())
    session = in_role_of(account, "ecsforge-deploy-shop-dev")

    refused(project, session, [("aws_iam_role", "update")])
    with pytest.raises(AwsError):  # the boundary left the project file
        refused(PROJECT, session, [("aws_iam_role", "update")])
