"""What the policies of pipelines allow and deny, evaluated: escalations, other environments, sizes, reading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from operations.ci.documents import PipelineRole, roles_of
from operations.ci.names import Account
from operations.ci.permissions import Subject, actions_of
from operations.iam.document import parse
from operations.iam.evaluate import Decision, Policies, decide
from operations.iam.request import Principal, Request
from stacks.naming import Names
from stacks.policy_split import MAX_INLINE, MAX_MANAGED, characters
from stacks.project.models import Github, Project, Service
from stacks.resources import CATALOGUE

ACCOUNT = Account("123456789012", "eu-west-1")
BOUNDARY = ACCOUNT.iam("policy/limits")
GITHUB = Github(repository="acme/shop", install="pip install .")
TYPES = frozenset(CATALOGUE)
Context = Mapping[str, str]


def project(env: str = "prod", **settings: Any) -> Project:
    services = settings.pop("services", {"web": Service(image="app:1")})
    return Project(**{"project_id": "shop", "env": env, "region": "eu-west-1", "services": services, **settings})


def role(kind: str = "deploy", *others: str, own: Project | None = None) -> PipelineRole:
    subject = Subject(own or project(), ACCOUNT, TYPES, tuple(map(project, others)))
    return next(each for each in roles_of(subject, GITHUB) if each.kind == kind)


def decision(pipeline: PipelineRole, action: str, resource: str, context: Context | None = None) -> Decision:
    documents = {"ecsforge": pipeline.inline, **pipeline.managed}
    identity = tuple(parse(document, name) for name, document in documents.items())
    request = Request(Principal("AWS", ACCOUNT.iam(f"role/{pipeline.name}")), action, resource, context or {})
    return decide(Policies(identity), request)


def allowed(pipeline: PipelineRole, action: str, resource: str, context: Context | None = None) -> bool:
    return decision(pipeline, action, resource, context).allowed


BOUNDED = project(permissions_boundary=BOUNDARY)
OWN_ROLE = ACCOUNT.iam("role/shop-prod-web-task")
WITH_BOUNDARY = {"iam:PermissionsBoundary": BOUNDARY}


@pytest.mark.parametrize("own", [project(), BOUNDED], ids=["without a boundary", "with a boundary"])
@pytest.mark.parametrize("name", ["ecsforge-deploy-shop-prod", "ecsforge-plan-shop-prod", "ecsforge-deploy-shop-dev"])
@pytest.mark.parametrize(
    "operation",
    [
        *("PutRolePolicy", "AttachRolePolicy", "DeleteRolePolicy", "DetachRolePolicy", "UpdateAssumeRolePolicy"),
        *("CreateRole", "DeleteRole", "PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary", "TagRole"),
        *("PassRole", "UpdateRole", "UpdateRoleDescription"),
    ],
)
def test_the_role_can_not_rewrite_itself(own: Project, name: str, operation: str) -> None:
    found = decision(role(own=own), f"iam:{operation}", ACCOUNT.iam(f"role/{name}"), WITH_BOUNDARY)

    assert found.outcome == "explicitly denied"


@pytest.mark.parametrize("operation", ["CreatePolicyVersion", "SetDefaultPolicyVersion", "DeletePolicyVersion"])
@pytest.mark.parametrize("policy", ["ecsforge-deploy-shop-prod-1", "limits"])
def test_neither_its_policies_nor_the_boundary_can_be_rewritten(operation: str, policy: str) -> None:
    found = decision(role(own=BOUNDED), f"iam:{operation}", ACCOUNT.iam(f"policy/{policy}"))

    assert found.outcome == "explicitly denied"


def test_a_boundary_that_is_named_like_the_environment_can_not_be_rewritten() -> None:
    boundary = ACCOUNT.iam("policy/shop-prod-limits")
    found = decision(role(own=project(permissions_boundary=boundary)), "iam:CreatePolicyVersion", boundary)

    assert found.outcome == "explicitly denied"


def test_with_a_boundary_no_role_can_be_made_that_may_do_more() -> None:
    """The steps of an escalation: a role without the boundary, a policy for it, the boundary taken away."""
    pipeline, other = role(own=BOUNDED), {"iam:PermissionsBoundary": ACCOUNT.iam("policy/everything")}

    assert allowed(pipeline, "iam:CreateRole", OWN_ROLE, WITH_BOUNDARY)
    for context in ({}, other):
        for operation in ("CreateRole", "PutRolePolicy", "AttachRolePolicy", "PutRolePermissionsBoundary"):
            assert not allowed(pipeline, f"iam:{operation}", OWN_ROLE, context), operation
    assert decision(pipeline, "iam:DeleteRolePermissionsBoundary", OWN_ROLE).outcome == "explicitly denied"


@pytest.mark.parametrize("own", [project(), BOUNDED], ids=["without a boundary", "with a boundary"])
def test_roles_are_only_made_in_the_environment_and_passed_to_its_services(own: Project) -> None:
    pipeline = role(own=own)

    def passes(service: str, name: str = "shop-prod-web-task") -> bool:
        return allowed(pipeline, "iam:PassRole", ACCOUNT.iam(f"role/{name}"), {"iam:PassedToService": service})

    assert [passes(f"{each}.amazonaws.com") for each in ("ecs-tasks", "scheduler", "vpc-flow-logs")] == [True] * 3
    assert [passes(f"{each}.amazonaws.com") for each in ("lambda", "ec2", "cloudformation")] == [False] * 3
    assert not allowed(pipeline, "iam:PassRole", OWN_ROLE)
    assert not passes("ecs-tasks.amazonaws.com", "admin")
    assert not allowed(pipeline, "iam:CreateRole", ACCOUNT.iam("role/admin"), WITH_BOUNDARY)
    for name in ("AdministratorAccess", "IAMFullAccess"):
        policy = {"iam:PolicyARN": f"arn:aws:iam::aws:policy/{name}", **WITH_BOUNDARY}
        assert not allowed(pipeline, "iam:AttachRolePolicy", OWN_ROLE, policy)


def test_policies_that_the_project_file_names_can_be_attached() -> None:
    arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    web = Service(image="app:1", permissions={"managed_policies": (arn,)})
    pipeline = role(own=project(services={"web": web}))

    assert allowed(pipeline, "iam:AttachRolePolicy", OWN_ROLE, {"iam:PolicyARN": arn})


def test_only_service_linked_roles_of_its_services_can_be_created() -> None:
    linked = ACCOUNT.iam("role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS")

    def creates(service: str) -> bool:
        return allowed(role(), "iam:CreateServiceLinkedRole", linked, {"iam:AWSServiceName": service})

    assert creates("ecs.amazonaws.com")
    assert not creates("organizations.amazonaws.com")


def touched(env: str) -> list[tuple[str, str]]:
    """A write to each kind of named resource of an environment."""
    names, arn = Names("shop", env), ACCOUNT.arn
    return [
        ("ecs:UpdateService", arn("ecs", f"service/{names.cluster}/{names.service('web')}")),
        ("ecs:DeleteCluster", arn("ecs", f"cluster/{names.cluster}")),
        ("ecs:RunTask", arn("ecs", f"task-definition/{names.task_definition('web')}:3")),
        ("iam:PutRolePolicy", ACCOUNT.iam(f"role/{names.role('web', 'task')}")),
        ("iam:CreatePolicyVersion", ACCOUNT.iam(f"policy/{names.role('web', 'task')}-1")),
        ("sqs:DeleteQueue", arn("sqs", names.queue("web"))),
        ("sqs:DeleteQueue", arn("sqs", names.queue("web", dead=True, fifo=True))),
        ("sns:DeleteTopic", arn("sns", names.alarm_topic)),
        ("scheduler:DeleteSchedule", arn("scheduler", f"schedule/default/{names.schedule('web')}")),
        ("cloudwatch:DeleteAlarms", arn("cloudwatch", f"alarm:{names.alarm('web', 'cpu')}")),
        ("logs:DeleteLogGroup", arn("logs", f"log-group:{names.log_group('web')}")),
        ("logs:DeleteLogGroup", arn("logs", f"log-group:{names.waf_log_group}")),
        ("kms:DeleteAlias", arn("kms", names.key_alias)),
        ("wafv2:DeleteWebACL", arn("wafv2", f"regional/webacl/{names.waf}/1")),
        ("s3:DeleteBucket", f"arn:aws:s3:::{names.access_log_bucket('123456789012')}"),
        (
            "elasticloadbalancing:DeleteLoadBalancer",
            arn("elasticloadbalancing", f"loadbalancer/app/{names.load_balancer}/1"),
        ),
        (
            "elasticloadbalancing:DeleteTargetGroup",
            arn("elasticloadbalancing", f"targetgroup/{names.target_group('web', 80, 'HTTP1')}/1"),
        ),
    ]


TASKS = project(services={"web": Service(image="app:1", deployment={"before": ({"command": ("a",)},)})})


def test_everything_of_the_environment_can_be_touched_and_nothing_of_another_one() -> None:
    pipeline = role("deploy", "prod-eu", "dev", own=TASKS)

    assert [each for each in touched("prod") if not allowed(pipeline, *each)] == []
    for env in ("prod-eu", "dev"):
        assert [each for each in touched(env) if allowed(pipeline, *each)] == [], env


def test_names_that_begin_like_its_own_are_denied_explicitly() -> None:
    pipeline = role("deploy", "prod-eu")

    for resource in ("role/shop-prod-eu-web-task", "policy/shop-prod-eu-web-task-1"):
        assert decision(pipeline, "iam:PutRolePolicy", ACCOUNT.iam(resource)).outcome == "explicitly denied"
    assert decision(pipeline, "sqs:DeleteQueue", ACCOUNT.arn("sqs", "shop-prod-eu-web")).outcome == "explicitly denied"


def test_a_service_that_is_named_like_another_environment_keeps_its_names() -> None:
    """The service `eu` of prod has names that begin like those of the environment prod-eu."""
    services = {"eu": Service(image="app:1"), "web": Service(image="app:1")}
    pipeline = role("deploy", "prod-eu", own=project(services=services))

    assert allowed(pipeline, "iam:PutRolePolicy", ACCOUNT.iam("role/shop-prod-eu-task"))
    assert not allowed(pipeline, "iam:PutRolePolicy", ACCOUNT.iam("role/shop-prod-eu-web-task"))


WITH_RESOURCES = project(
    resources={
        "uploads": {"type": "bucket"},
        "sessions": {"type": "table", "key": {"id": "S"}},
        "events": {"type": "topic"},
    }
)


def data_of(stack: str, name: str = "data") -> list[tuple[str, str]]:
    """Requests for a bucket, its objects, a table and a topic of a stack."""
    bucket = f"arn:aws:s3:::{stack}-{name}-{ACCOUNT.account_id}"
    return [
        ("s3:PutBucketPolicy", bucket),
        ("s3:DeleteObject", f"{bucket}/x"),
        ("dynamodb:DeleteTable", ACCOUNT.arn("dynamodb", f"table/{stack}-{name}")),
        ("sns:DeleteTopic", ACCOUNT.arn("sns", f"{stack}-{name}")),
    ]


def test_resources_of_the_environment_can_be_changed_and_none_of_another_one() -> None:
    """`data` is not in the project file any more, or not yet."""
    other = WITH_RESOURCES.model_copy(update={"env": "prod-eu"})
    subject = Subject(WITH_RESOURCES, ACCOUNT, TYPES, (other,))
    pipeline = next(each for each in roles_of(subject, GITHUB) if each.kind == "deploy")

    assert [each for each in data_of("shop-prod") if not allowed(pipeline, *each)] == []
    assert [each for each in data_of("shop-dev") if allowed(pipeline, *each)] == []
    for each in data_of("shop-prod-eu"):
        assert decision(pipeline, *each).outcome == "explicitly denied", each


def test_a_resource_that_is_named_like_another_environment_keeps_its_names() -> None:
    """The bucket `eu` of prod has names that begin like those of the environment prod-eu."""
    own = project(resources={"eu": {"type": "bucket"}, "eu-log": {"type": "table", "key": {"id": "S"}}})
    other = WITH_RESOURCES.model_copy(update={"env": "prod-eu"})
    subject = Subject(own, ACCOUNT, TYPES, (other,))
    pipeline = next(each for each in roles_of(subject, GITHUB) if each.kind == "deploy")

    assert allowed(pipeline, *data_of("shop-prod", "eu")[0])
    assert allowed(pipeline, *data_of("shop-prod", "eu-log")[2])
    for name, number in (("uploads", 0), ("sessions", 2), ("events", 3)):
        assert not allowed(pipeline, *data_of("shop-prod-eu", name)[number]), name


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("ec2:DeleteSecurityGroup", "security-group/sg-1"),
        ("ec2:DeleteSubnet", "subnet/subnet-1"),
        ("ec2:DeleteVpc", "vpc/vpc-1"),
        ("ec2:RevokeSecurityGroupIngress", "security-group/sg-1"),
        ("ec2:ReleaseAddress", "elastic-ip/eipalloc-1"),
    ],
)
def test_resources_without_names_are_distinguished_by_their_tags(action: str, resource: str) -> None:
    arn = ACCOUNT.arn("ec2", resource)

    def may(project_id: str, env: str) -> str:
        tags = {"aws:ResourceTag/Project": project_id, "aws:ResourceTag/Environment": env}
        return decision(role(), action, arn, tags).outcome

    assert may("shop", "prod") == "allowed"
    assert may("shop", "prod-eu") == may("shop", "dev") == "explicitly denied"
    assert allowed(role(), action, arn)  # a resource whose tags AWS does not send


@pytest.mark.parametrize("kind", ["deploy", "plan"])
@pytest.mark.parametrize("long", [False, True])
def test_policies_fit_into_the_sizes_of_iam(kind: str, long: bool) -> None:
    own = project("e" * 16, project_id="p" * 24) if long else project()
    found = role(kind, *(f"{own.env[:14]}-{letter}" for letter in "abc"), own=own)

    assert characters(found.inline) <= MAX_INLINE
    assert all(characters(each) <= MAX_MANAGED for each in found.managed.values())
    assert len(found.managed) <= 10
    assert characters(found.trust) <= 2048
    assert len(found.name) <= 64


def test_denials_come_first_so_that_every_policy_size_has_them() -> None:
    effects = [each["Effect"] for each in role("deploy", "prod-eu").inline["Statement"]]

    assert effects == sorted(effects, reverse=True)


def test_a_plan_role_only_reads() -> None:
    found = role("plan")
    actions = {each for document in (found.inline, *found.managed.values()) for s in document["Statement"]
               for each in s["Action"]}  # fmt: skip

    assert {
        each for each in actions if not each.partition(":")[2].startswith(("Describe", "Filter", "Get", "List"))
    } == set()
    assert "*" not in actions
    assert not actions & {"ssm:GetParameter", "sqs:ReceiveMessage", "kms:Decrypt"}


@pytest.mark.parametrize("encryption", ["aws", "customer"])
def test_a_plan_role_reads_only_the_secrets_of_its_own_databases(encryption: str) -> None:
    """Terraform reads the password to compare it with the database; the key of the environment encrypts it."""
    plan = role("plan", own=project(encryption=encryption))

    for name, is_own in (("shop-prod/db/password", True), ("shop-dev/db/password", False), ("other", False)):
        arn = ACCOUNT.arn("secretsmanager", f"secret:{name}-AbCdEf")
        assert allowed(plan, "secretsmanager:GetSecretValue", arn) is is_own
    assert allowed(plan, "kms:Decrypt", ACCOUNT.arn("kms", "key/1")) is (encryption == "customer")
    types = TYPES - {"aws_secretsmanager_secret_version", "data.aws_secretsmanager_secret_version"}
    without = Subject(project(), ACCOUNT, types, ())
    (other,) = (each for each in roles_of(without, GITHUB) if each.kind == "plan")
    assert not allowed(other, "secretsmanager:GetSecretValue", ACCOUNT.arn("secretsmanager", "secret:shop-prod/x"))


def test_the_state_is_read_by_plans_and_written_only_by_deploys() -> None:
    own = project(state={"backend": "s3", "bucket": "states", "kms_key": ACCOUNT.arn("kms", "key/1")})
    key = "arn:aws:s3:::states/shop/prod/terraform.tfstate"
    plan, deploy = (role(kind, own=own) for kind in ("plan", "deploy"))

    for pipeline, writes in ((plan, False), (deploy, True)):
        assert allowed(pipeline, "s3:GetObject", key)
        assert allowed(pipeline, "s3:ListBucket", "arn:aws:s3:::states")
        assert allowed(pipeline, "kms:Decrypt", ACCOUNT.arn("kms", "key/1"))
        assert allowed(pipeline, "s3:PutObject", key) is writes
        assert allowed(pipeline, "s3:PutObject", f"{key}.tflock") is writes
        assert allowed(pipeline, "kms:GenerateDataKey", ACCOUNT.arn("kms", "key/1")) is writes
        assert not allowed(pipeline, "s3:GetObject", key.replace("/prod/", "/dev/"))
    assert not allowed(deploy, "s3:DeleteObject", key)


def test_with_a_role_to_assume_nothing_else_is_granted() -> None:
    assumed = "arn:aws:iam::210987654321:role/deploy"
    found = role(own=project(assume_role=assumed))

    assert found.inline["Statement"] == [
        {"Sid": "AssumeRole", "Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": [assumed]}
    ]
    assert found.managed == {}


def test_the_actions_of_a_change_are_part_of_those_of_its_type() -> None:
    for kind, entry in CATALOGUE.items():
        for action in ("create", "update", "replace", "destroy", "import", "move"):
            assert actions_of(kind, action) <= entry.actions.all
    assert actions_of("aws_unknown", "create") == frozenset()
