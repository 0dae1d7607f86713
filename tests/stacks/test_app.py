"""The stacks as a whole: sound in themselves, and apart from each other."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.stacks.conftest import Synth
from tests.stacks.test_naming import PATTERNS
from tests.support.some import some
from tests.support.synthesized import Stack

# One of everything that the project file can ask for.
EVERYTHING = """
    project_id: {project}
    encryption: customer
    permissions_boundary: arn:aws:iam::123456789012:policy/boundary
    network: {{nat: per_az, endpoints: [s3, dynamodb, logs]}}
    load_balancer:
      waf: {{}}
      https: {{domain: shop.example.com, hosted_zone: example.com}}
    alarms: {{email: [ops@example.com]}}
    services:
      {service}:
        count: {{min: 1, max: 4, cpu_percent: 60, memory_percent: 60, requests_per_target: 100,
                schedules: [{{cron: cron(0 7 * * ? *), min: 2, max: 4}}]}}
        connect: true
        exec: true
        volumes: {{data: {{path: /data}}, shared: {{efs: fs-12345678, path: /shared}}}}
        secrets: {{URL: "ssm:/shop/url"}}
        egress: [{{port: 443}}]
        deployment: {{image_owner: external, alarms: [cpu_percent]}}
        alarms: {{cpu_percent: 80, memory_percent: 80, http_5xx_percent: 5, log_errors: {{}}}}
        permissions: {{managed_policies: ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]}}
      api: {{connect: true, http: {{paths: ["/api/*"]}}}}
      mailer:
        type: worker
        count: {{max: 4, queue_messages_per_task: 10}}
        queue: {{fifo: true}}
        alarms: {{queue_age_seconds: 60}}
      nightly: {{type: job, schedule: rate(1 day), readonly_root: true, writable_paths: [/tmp]}}
"""


def everything(project: str = "shop", service: str = "web") -> str:
    return EVERYTHING.format(project=project, service=service)


@pytest.fixture(scope="module")
def whole(stack: Synth) -> Stack:
    return stack(everything())


# Types of resources whose name AWS wants unique in an account and region, or in the world, with the kind of name.
NAMED = {
    "aws_cloudwatch_log_group": ("name", "log group"),
    "aws_cloudwatch_metric_alarm": ("alarm_name", "alarm"),
    "aws_ecr_repository": ("name", "repository"),
    "aws_ecs_cluster": ("name", "cluster"),
    "aws_ecs_service": ("name", "service"),
    "aws_ecs_task_definition": ("family", "task definition"),
    "aws_efs_file_system": ("creation_token", "file system"),
    "aws_iam_role": ("name", "role"),
    "aws_kms_alias": ("name", "key alias"),
    "aws_lb": ("name", "load balancer"),
    "aws_lb_target_group": ("name", "target group"),
    "aws_s3_bucket": ("bucket", "bucket"),
    "aws_scheduler_schedule": ("name", "schedule"),
    "aws_security_group": ("name", "security group"),
    "aws_service_discovery_http_namespace": ("name", "namespace"),
    "aws_sns_topic": ("name", "topic"),
    "aws_sqs_queue": ("name", "queue"),
    "aws_wafv2_web_acl": ("name", "waf"),
    "aws_appautoscaling_policy": ("name", "scaling"),
    "aws_appautoscaling_scheduled_action": ("name", "scaling"),
    "aws_cloudwatch_log_metric_filter": ("name", "metric filter"),
}
# Names that are unique in something that the stack itself makes, and are the same in each.
INNER = {"aws_iam_role_policy"}
NAME_KEYS = {"name", "bucket", "family", "creation_token", "alarm_name", "name_prefix", "bucket_prefix"}


def names_in(stack: Stack) -> Iterator[tuple[str, str]]:
    """The names of a stack's resources, each with its kind; the account's id where it is part of a name."""
    account = "${data.aws_caller_identity.current.account_id}"
    for kind, (key, what) in NAMED.items():
        for arguments in stack.all(kind).values():
            yield what, arguments[key].replace(account, "123456789012")


class TestNames:
    def test_every_name_there_is_is_known_to_these_tests(self, whole: Stack) -> None:
        named = {
            address.partition(".")[0]
            for address, arguments in whole.everything()
            if not address.startswith("data.") and NAME_KEYS & set(arguments)
        }

        references = {"aws_route53_record", "aws_s3_bucket_policy"} | {
            kind for kind in named if kind.startswith("aws_s3_bucket_")
        }
        assert named - references - INNER == {*NAMED}

    def test_no_name_is_given_twice(self, whole: Stack) -> None:
        twice = [name for name, count in Counter(names_in(whole)).items() if count > 1]

        assert not twice

    @pytest.mark.parametrize("other", [("shop", "dev"), ("store", "prod"), ("shop-two", "prod")], ids="-".join)
    def test_two_stacks_share_no_name(self, stack: Synth, whole: Stack, other: tuple[str, str]) -> None:
        project, env = other

        shared = {*names_in(whole)} & {*names_in(stack(everything(project), env))}

        assert not shared

    def test_aws_takes_the_longest_names(self, stack: Synth) -> None:
        longest = stack(everything("project-of-many-letters1", "service-with-a-name1"), "environment-1234")

        refused = [pair for pair in names_in(longest) if not re.fullmatch(PATTERNS[pair[0]], pair[1], re.ASCII)]

        assert not refused

    def test_every_resource_that_takes_tags_is_tagged_with_its_name(self, whole: Stack) -> None:
        """The provider adds the project's tags to every resource; a name is what the console shows of some."""
        nameless = [
            address
            for kind in ("aws_vpc", "aws_subnet", "aws_nat_gateway", "aws_eip", "aws_route_table", "aws_vpc_endpoint")
            for address, arguments in whole.all(kind).items()
            if "Name" not in arguments["tags"]
        ]

        assert not nameless


REFERENCE = re.compile(r"(?<![\w.$])(?:data\.)?(?:aws|local)_[a-z0-9_]+\.[A-Za-z_][\w-]*|\blocal\.[a-z0-9_]+")


def references_in(value: Any) -> set[str]:
    """The addresses that the expressions of a value name; what is literal text names none."""
    if isinstance(value, dict):
        return set().union(*map(references_in, value.values()))
    if isinstance(value, list):
        return set().union(*map(references_in, value))
    if not isinstance(value, str):
        return set()
    expressions = re.findall(r"(?<!\$)\$\{((?:[^{}]|\{[^{}]*\})*)\}", value)
    return {found for expression in expressions for found in REFERENCE.findall(expression)}


class TestSoundness:
    def test_every_reference_names_something_that_is_there(self, any_stack: Stack) -> None:
        there = {*any_stack.addresses, *(f"local.{name}" for name in any_stack.content["locals"])}

        missing = references_in(any_stack.content) - there

        assert not missing

    def test_every_dependency_names_something_that_is_there(self, any_stack: Stack) -> None:
        missing = {
            target
            for _, arguments in any_stack.everything()
            for target in arguments.get("depends_on", [])
            if target not in any_stack
        }

        assert not missing

    def test_no_dependency_is_named_twice(self, any_stack: Stack) -> None:
        for address, arguments in some(any_stack.everything()):
            dependencies = arguments.get("depends_on", [])
            assert len(dependencies) == len(set(dependencies)), address

    def test_no_expression_has_become_text(self, any_stack: Stack) -> None:
        """A token that was escaped as if a user had written it."""
        assert not re.search(r"\$\$\{(?:aws|data|local|path|var)[._]", any_stack.text)
        assert "TfToken" not in any_stack.text

    def test_no_security_group_has_a_rule_twice(self, any_stack: Stack) -> None:
        for direction in ("ingress", "egress"):
            rules = any_stack.all(f"aws_vpc_security_group_{direction}_rule").values()
            written = [json.dumps({**rule, "description": ""}, sort_keys=True) for rule in rules]
            assert len(written) == len(set(written))

    def test_every_security_group_rule_has_a_description_that_ec2_takes(self, any_stack: Stack) -> None:
        allowed = re.compile(r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}")
        for kind in ("aws_security_group", "aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"):
            for name, rule in some(any_stack.all(kind).items()):
                assert allowed.fullmatch(rule["description"]), name

    def test_every_statement_id_is_iams_and_its_policys_only_one(self, any_stack: Stack) -> None:
        policies = [
            (address, key)
            for address, arguments in any_stack.everything()
            for key in ("policy", "assume_role_policy")
            if key in arguments and not address.startswith("aws_ecr_lifecycle_policy")
        ]
        for address, key in some(policies):
            ids = [statement["Sid"] for statement in any_stack.policy(address, key) if "Sid" in statement]
            assert len(ids) == len(set(ids)), address
            assert all(re.fullmatch(r"[A-Za-z0-9]+", sid) for sid in ids), address

    def test_nothing_but_the_load_balancer_reaches_a_task_from_outside(self, any_stack: Stack) -> None:
        for name, rule in some(any_stack.all("aws_vpc_security_group_ingress_rule").items()):
            open_to_the_world = rule.get("cidr_ipv4") == "0.0.0.0/0"
            assert not open_to_the_world or "load_balancer.id" in rule["security_group_id"], name


def test_nothing_is_made_that_no_service_needs(stack: Synth) -> None:
    worker = stack("services: {mailer: {type: worker}}")

    for kind in ("aws_lb", "aws_lb_target_group", "aws_s3_bucket", "aws_sns_topic", "aws_kms_key", "aws_sqs_queue"):
        assert worker.names(kind) == []
    assert "alb_url" not in worker.content["output"]


@pytest.mark.parametrize("name", ["connect", "alb", "network", "cluster", "account", "providers", "outputs"])
def test_a_service_may_be_called_as_a_concept_is(stack: Synth, name: str) -> None:
    made = stack(f"services: {{{name}: {{connect: true}}, other: {{type: worker, connect: true}}}}")

    assert f"aws_ecs_service.{name}" in made
    assert Counter(names_in(made)).most_common(1)[0][1] == 1
