"""Roles and the identity provider in an account that moto mocks."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from cli.sentences import sentences
from operations.ci.documents import INLINE, PipelineRole, roles_of
from operations.ci.names import ISSUER, Account
from operations.ci.permissions import Subject
from operations.ci.setup import TAG, create_roles, remove_roles
from stacks.errors import AwsError
from stacks.project.models import Github, Project
from stacks.resources import CATALOGUE
from tests.support.reporter import Recorder

ACCOUNT = Account("123456789012", "eu-west-1")
GITHUB = Github(repository="acme/shop", install="pip install .")
FEW = frozenset({"aws_ecs_cluster"})
MANY = frozenset(CATALOGUE)
DEPLOY, PLAN = "ecsforge-deploy-shop-dev", "ecsforge-plan-shop-dev"


class Place:
    """An account, and the roles of shop-dev in it."""

    def __init__(self, session: boto3.Session) -> None:
        self.session = session
        self.iam: Any = session.client("iam")

    def create(self, types: frozenset[str] = FEW, github: Github = GITHUB, **settings: Any) -> list[str]:
        """Create the roles and return the messages."""
        project = Project(**{"project_id": "shop", "env": "dev", **settings})
        roles = roles_of(Subject(project, ACCOUNT, types), github)
        reporter = Recorder()
        create_roles(self.session, project, ACCOUNT, roles, reporter)
        assert self.written() == {role.name: role for role in roles}
        return [*reporter.messages, *(f"warning: {each}" for each in reporter.warnings)]

    def remove(self) -> tuple[bool, list[str]]:
        reporter = Recorder()
        return remove_roles(self.session, Project(project_id="shop", env="dev"), reporter), reporter.messages

    def written(self) -> dict[str, PipelineRole]:
        """The roles in the account, read back."""
        found = {}
        for role in self.iam.list_roles()["Roles"]:
            name, trust = role["RoleName"], role["AssumeRolePolicyDocument"]
            managed = {
                each["PolicyName"]: self.default_version(each["PolicyArn"])
                for each in self.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
            }
            inline = self.iam.get_role_policy(RoleName=name, PolicyName=INLINE)["PolicyDocument"]
            subject = trust["Statement"][0]["Condition"]["StringEquals"][f"{ISSUER}:sub"]
            found[name] = PipelineRole(name, "plan" if "-plan-" in name else "deploy", subject, trust, inline, managed)
        return found

    def default_version(self, arn: str) -> dict[str, Any]:
        version = self.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = self.iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        return json.loads(document) if isinstance(document, str) else document


@pytest.fixture
def place(account: boto3.Session) -> Place:
    return Place(account)


def test_the_first_run_creates_everything(place: Place) -> None:
    assert place.create() == [
        f"Created the identity provider {ISSUER}",
        f"Created role {DEPLOY}, for repo:acme/shop:environment:dev",
        f"Created role {PLAN}, for repo:acme/shop:pull_request",
    ]
    provider = place.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=ACCOUNT.provider_arn)
    assert (provider["Url"].removeprefix("https://"), provider["ClientIDList"]) == (ISSUER, ["sts.amazonaws.com"])


def test_the_second_run_changes_nothing(place: Place) -> None:
    place.create(MANY)

    assert place.create(MANY) == [
        f"The identity provider {ISSUER} exists",
        f"Unchanged: role {DEPLOY}, for repo:acme/shop:environment:dev",
        f"Unchanged: role {PLAN}, for repo:acme/shop:pull_request",
    ]


def test_more_types_and_another_repository_are_an_update(place: Place) -> None:
    place.create()

    assert place.create(MANY, Github(repository="acme/store", install="x"))[1:] == [
        f"Updated role {DEPLOY}, for repo:acme/store:environment:dev",
        f"Updated role {PLAN}, for repo:acme/store:pull_request",
    ]
    assert place.written()[DEPLOY].managed


def test_fewer_types_remove_policies(place: Place) -> None:
    place.create(MANY)
    place.create()

    assert place.written()[DEPLOY].managed == {}
    assert place.iam.list_policies(Scope="Local")["Policies"] == []


def test_a_policy_is_changed_more_often_than_it_can_have_versions(place: Place) -> None:
    for number in range(8):
        place.create(MANY, state={"backend": "s3", "bucket": f"state-{number}"}, project_id="shop")

    arn = ACCOUNT.iam(f"policy/{DEPLOY}-1")
    assert len(place.iam.list_policy_versions(PolicyArn=arn)["Versions"]) <= 5


def test_an_environment_that_becomes_protected_loses_its_plan_role(place: Place) -> None:
    place.create()

    assert place.create(protected=True)[-1] == f"Deleted role {PLAN}"
    assert list(place.written()) == [DEPLOY]


def test_a_provider_for_other_audiences_is_unchanged(place: Place) -> None:
    place.iam.create_open_id_connect_provider(Url=f"https://{ISSUER}", ClientIDList=["other"])

    assert place.create()[-1] == (
        f"warning: {ACCOUNT.provider_arn}: the identity provider {ISSUER} does not accept tokens for "
        "sts.amazonaws.com; add it: aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn "
        f"{ACCOUNT.provider_arn} --client-id sts.amazonaws.com"
    )


@pytest.mark.parametrize(("tags", "got"), [([], f"no tag {TAG}"), ([{"Key": TAG, "Value": "other/dev"}], "other/dev")])
def test_a_role_of_somebody_else_is_never_changed(place: Place, tags: list[dict[str, str]], got: str) -> None:
    place.iam.create_role(RoleName=DEPLOY, AssumeRolePolicyDocument="{}", Tags=tags)
    message = (
        f"{DEPLOY}: a role with this name exists, and does not belong to the pipelines of shop/dev; got {got}; "
        "delete it, or use another project_id"
    )

    for change in (place.create, place.remove):
        with pytest.raises(AwsError) as caught:
            change()
        assert sentences(caught.value) == message
    assert place.iam.get_role(RoleName=DEPLOY)["Role"]["RoleName"] == DEPLOY


def test_removal_deletes_roles_and_policies_and_keeps_the_provider(place: Place) -> None:
    place.create(MANY)
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    other = place.iam.create_policy(PolicyName="other", PolicyDocument=text)["Policy"]["Arn"]
    place.iam.attach_role_policy(RoleName=DEPLOY, PolicyArn=other)
    arn = ACCOUNT.iam(f"policy/{DEPLOY}-1")
    place.iam.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)

    assert place.remove() == (True, [f"Deleted role {DEPLOY}", f"Deleted role {PLAN}"])
    assert place.remove() == (False, [])
    assert [each["Arn"] for each in place.iam.list_policies(Scope="Local")["Policies"]] == [other]
    assert place.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
