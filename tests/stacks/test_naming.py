"""Every name is valid in AWS, the same on every run, and unique."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks.naming import Names, identifier, shortened, stack_name

LONGEST = Names("project-of-many-letters1", "environment-1234")
LONGEST_SERVICE = "service-with-a-name1"
ODD = [Names("shop", "a-"), Names("shop", "a--b"), Names("s1", "p"), LONGEST]
SERVICES = ["web", "a", "web-", "web--api", LONGEST_SERVICE]

# The patterns and limits of the AWS API references.
BALANCER = r"(?!internal-)[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?"
PATTERNS = {
    "alarm": r"[\x20-\x7e]{1,255}",
    "bucket": r"(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?<!-s3alias)(?<!--ol-s3)(?<!\.mrap)",
    "cluster": r"[A-Za-z0-9_-]{1,255}",
    "file system": r"[\x21-\x7e]{1,64}",
    "key alias": r"alias/[A-Za-z0-9/_-]{1,250}",
    "load balancer": BALANCER,
    "log group": r"[\w./#-]{1,512}",
    "metric filter": r"[^:*]{1,512}",
    "namespace": r"[!-~]{1,1024}",
    "queue": r"(?=.{1,80}$)[A-Za-z0-9_-]+(?:\.fifo)?",
    "repository": r"(?=.{2,256}$)(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*",
    "role": r"[\w+=,.@-]{1,64}",
    "scaling": r"[ -~]{1,256}",
    "schedule": r"[0-9a-zA-Z_.-]{1,64}",
    "security group": r"(?!sg-)[\w ./:()#,@\[\]+=&;{}!$*-]{1,255}",
    "service": r"[A-Za-z0-9_-]{1,255}",
    "target group": BALANCER,
    "task definition": r"[A-Za-z0-9_-]{1,255}",
    "topic": r"[A-Za-z0-9_-]{1,256}",
    "waf": r"[\w-]{1,128}",
}


def environment_names(names: Names) -> Iterator[tuple[str, str]]:
    """Each name of an environment, with its kind of resource."""
    yield "cluster", names.cluster
    yield "load balancer", names.load_balancer
    yield "security group", names.load_balancer_security_group
    yield "security group", names.endpoint_security_group
    yield "namespace", names.namespace
    yield "log group", names.flow_log_group
    yield "log group", names.exec_log_group
    yield "log group", names.waf_log_group
    yield "role", names.flow_log_role
    yield "waf", names.waf
    yield "topic", names.alarm_topic
    yield "key alias", names.key_alias
    yield "key alias", names.alarm_key_alias
    yield "bucket", names.access_log_bucket("123456789012")


def service_names(names: Names, service: str) -> Iterator[tuple[str, str]]:
    """Each name of a service, with its kind of resource."""
    yield "service", names.service(service)
    yield "task definition", names.task_definition(service)
    yield "security group", names.task_security_group(service)
    yield "log group", names.log_group(service)
    yield "repository", names.repository(service)
    yield "schedule", names.schedule(service)
    yield "file system", names.file_system(service, "data")
    yield "security group", names.file_system_security_group(service, "data")
    for use in ("execution", "task", "schedule"):
        yield "role", names.role(service, use)
    for measure in ("cpu-percent", "http-5xx-percent", "queue-age-seconds"):
        yield "alarm", names.alarm(service, measure)
    for use in ("cpu", "memory", "requests", "queue", "0"):
        yield "scaling", names.scaling(service, use)
    for protocol in ("HTTP1", "HTTP2", "GRPC"):
        yield "target group", names.target_group(service, 65535, protocol)
    for dead in (False, True):
        for fifo in (False, True):
            yield "queue", names.queue(service, dead=dead, fifo=fifo)


@pytest.mark.parametrize("names", ODD, ids=lambda names: names.stack)
def test_aws_accepts_every_name_of_an_environment(names: Names) -> None:
    refused = [pair for pair in environment_names(names) if not re.fullmatch(PATTERNS[pair[0]], pair[1], re.ASCII)]

    assert not refused


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("names", ODD, ids=lambda names: names.stack)
def test_aws_accepts_every_name_of_a_service(names: Names, service: str) -> None:
    made = service_names(names, service)
    refused = [pair for pair in made if not re.fullmatch(PATTERNS[pair[0]], pair[1], re.ASCII)]

    assert not refused


def test_the_longest_bucket_name_is_as_long_as_s3_allows() -> None:
    assert len(LONGEST.access_log_bucket("123456789012")) == 63


def test_names_contain_the_project_the_environment_and_the_service() -> None:
    names = Names("node-app", "prod")

    assert names.stack == stack_name("node-app", "prod") == "node-app-prod"
    assert names.cluster == "web-cluster-node-app-prod"
    assert names.load_balancer == "alb-node-app-prod"
    assert names.service("web") == "web-service-node-app-prod"
    assert names.task_definition("web") == "web-node-app-prod"
    assert names.log_group("web") == "/aws/ecs/node-app-prod/web"
    assert names.target_group("web", 3000, "HTTP1") == "node-app-prod-web-3000"
    assert names.target_group("web", 3000, "GRPC") == "node-app-prod-web-3000-grpc"
    assert names.role("web", "execution") == "node-app-prod-web-execution"
    assert names.repository("web") == "node-app-prod/web"
    assert names.queue("mailer") == "node-app-prod-mailer"
    assert names.queue("mailer", dead=True, fifo=True) == "node-app-prod-mailer-dead_letters.fifo"
    assert names.alarm("web", "cpu-percent") == "node-app-prod-web-cpu-percent"
    assert names.file_system("web", "data") == "node-app-prod-web/data"
    assert names.task_definition_file("web") == "task-definitions/prod/web.latest.json"


def test_a_shortened_name_never_changes() -> None:
    """Another hash would rename, and so replace, deployed resources."""
    head = "project-of-many-letters1-environment-1234-service-with"

    assert LONGEST.load_balancer == "alb-project-of-many-let-3453f814"
    assert LONGEST.target_group(LONGEST_SERVICE, 8080, "HTTP2") == "project-of-many-letters-685e836a"
    assert LONGEST.role(LONGEST_SERVICE, "execution") == f"{head}-7ecaa2ca"
    assert LONGEST.file_system(LONGEST_SERVICE, "data") == f"{head}-a8a91371"
    assert Names("shop", "a-").load_balancer == "alb-shop-a-759d5aa9"
    assert Names("shop", "a-").repository("web--api") == "shop-a/web-api-7ec83eb2"


def test_a_name_within_the_limit_is_unchanged() -> None:
    assert shortened("x" * 32, 32) == "x" * 32


def test_a_shortened_name_keeps_its_start_and_is_unique() -> None:
    one, other = shortened("x" * 33, 32), shortened("x" * 34, 32)

    assert len(one) == len(other) == 32
    assert one[:23] == other[:23] == "x" * 23
    assert one != other


def test_a_shortened_name_has_no_double_dash() -> None:
    assert re.fullmatch(r"a{22}-[0-9a-f]{8}", shortened(f"{'a' * 22}-{'b' * 20}", 32))


def test_a_name_that_would_end_in_a_dash_ends_in_a_hash() -> None:
    assert re.fullmatch(r"alb-shop-a-[0-9a-f]{8}", Names("shop", "a-").load_balancer)


def test_repositories_with_double_dashes_differ_from_single_dashes() -> None:
    names = Names("shop", "prod")

    assert names.repository("web--api") != names.repository("web-api")
    assert names.repository("web-") != names.repository("web")


def test_databases_and_caches_with_double_dashes_differ_from_one_another() -> None:
    names, resources = Names("shop", "prod"), ("db", "db-", "db--", "d-b", "d--b", "d---b", "db---")

    assert len({names.database(each) for each in resources}) == len(resources)
    assert len({names.cache(each) for each in resources}) == len(resources)
    assert all("--" not in names.cache(each) and not names.cache(each).endswith("-") for each in resources)


def test_terraform_identifiers_have_underscores() -> None:
    assert identifier("web-api") == "web_api"


def test_a_worker_can_be_named_like_the_dead_letter_queue_of_another() -> None:
    names = Names("shop", "prod")

    assert names.queue("mailer", dead=True) != names.queue("mailer-dead-letters")


PROJECTS = st.from_regex(r"(?!.*--)[a-z][a-z0-9-]{0,22}[a-z0-9]", fullmatch=True)
DASHLESS = st.from_regex(r"[a-z][a-z0-9]{0,15}", fullmatch=True)
ANY_ENV = st.from_regex(r"[a-z][a-z0-9-]{0,15}", fullmatch=True)
ANY_SERVICE = st.from_regex(r"[a-z][a-z0-9-]{0,19}", fullmatch=True)


@given(PROJECTS, DASHLESS, PROJECTS, DASHLESS, ANY_SERVICE)
def test_two_environments_do_not_share_names(project: str, env: str, other: str, other_env: str, service: str) -> None:
    one, two = Names(project, env), Names(other, other_env)

    def made(names: Names) -> set[tuple[str, str]]:
        return {*environment_names(names), *service_names(names, service)}

    assert one == two or not made(one) & made(two)


@given(PROJECTS, DASHLESS, ANY_SERVICE, ANY_SERVICE)
def test_two_services_do_not_share_names(project: str, env: str, service: str, other: str) -> None:
    names = Names(project, env)

    assert service == other or not {*service_names(names, service)} & {*service_names(names, other)}


@given(PROJECTS, ANY_ENV, ANY_SERVICE)
def test_names_of_a_service_differ_from_those_of_its_environment(project: str, env: str, service: str) -> None:
    reserved = {"access-logs", "endpoints", "exec", "flow-logs", "load-balancer", "main", "waf"}
    names = Names(project, env)

    assert service in reserved or not {*environment_names(names)} & {*service_names(names, service)}


@given(PROJECTS, ANY_ENV, ANY_SERVICE)
def test_aws_accepts_the_names_of_any_environment(project: str, env: str, service: str) -> None:
    names = Names(project, env)
    made = [*environment_names(names), *service_names(names, service)]

    assert not [pair for pair in made if not re.fullmatch(PATTERNS[pair[0]], pair[1], re.ASCII)]


def test_security_group_names_never_look_like_an_id() -> None:
    """EC2 reserves names that start with sg- for its IDs."""
    assert Names("shop", "prod").task_security_group("sg") == "tasks-sg-shop-prod"
    assert Names("sg", "prod").file_system_security_group("web", "data") == "efs-sg-prod-web/data"
