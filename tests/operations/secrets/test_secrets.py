"""Values of secrets in moto's SSM and Secrets Manager."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from cli.sentences import sentences
from operations.deploy.consent import Consent
from operations.health.environment import Environment
from operations.secret_stores.names import environments_with, one_secret
from operations.secrets.set import SecretSet, set_secret
from operations.secrets.status import secret_statuses
from operations.secrets.unset import unset_secret
from stacks.errors import NOT_SHOWN, AwsError, EcsforgeError, UsageError
from stacks.naming import Names
from stacks.project.models import Project
from tests.support.refusals import DENIED, EXPIRED, THROTTLED, UNAVAILABLE, drop, refuse
from tests.support.reporter import Recorder

VALUE = "postgres://shop:s3cret-value@db/shop"
SECRETS = {"URL": "ssm:/shop/url", "KEY": "secretsmanager:shop/payment:key", "CERT": "secretsmanager:shop/cert"}
Open = Callable[..., Environment]


@pytest.fixture
def opened(account: boto3.Session) -> Open:
    """`opened(protected=True)` is the environment `dev` of a project whose services use `SECRETS`."""

    def make(secrets: dict[str, str] | None = None, **settings: Any) -> Environment:
        services = {
            "web": {"secrets": secrets or SECRETS},
            "mailer": {"type": "worker", "secrets": {"URL": "ssm:/shop/url"}},
        }
        project = Project.model_validate(
            {"project_id": "shop", "env": "dev", "region": "eu-west-1", "services": services, **settings}
        )
        names = Names("shop", "dev")
        return Environment(project, project.services, names, "123456789012", "--env dev", account)

    return make


def put(environment: Environment, name: str, value: str = VALUE, **more: Any) -> SecretSet | None:
    uses = one_secret(environment.project, name)
    return set_secret(environment, uses, lambda: value, more.pop("reporter", Recorder()), Consent(**more))


def parameter(account: boto3.Session, name: str = "/shop/url") -> Any:
    return account.client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]


def secret(account: boto3.Session, name: str = "shop/payment") -> str:
    return account.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]


def test_a_parameter_is_created_encrypted_and_then_changed(account: boto3.Session, opened: Open) -> None:
    first, second = put(opened(), "URL"), put(opened(), "URL", "another")

    assert first == SecretSet("URL", "ssm:/shop/url", ("web", "mailer"), "created", plain=False, deployed=False)
    assert second is not None
    assert second.done == "changed"
    assert (parameter(account)["Type"], parameter(account)["Value"]) == ("SecureString", "another")


def test_a_changed_parameter_keeps_its_type_key_and_tier(account: boto3.Session, opened: Open) -> None:
    ssm: Any = account.client("ssm")
    key = account.client("kms").create_key()["KeyMetadata"]["Arn"]
    ssm.put_parameter(Name="/shop/url", Value="x", Type="SecureString", KeyId=key, Tier="Advanced")
    put(opened(), "URL")
    (secure,) = ssm.describe_parameters()["Parameters"]
    ssm.delete_parameter(Name="/shop/url")
    ssm.put_parameter(Name="/shop/url", Value="x", Type="String")
    plain = put(opened(), "URL")

    assert (secure["KeyId"], secure["Tier"], secure["Version"]) == (key, "Advanced", 2)
    assert plain is not None
    assert plain.plain
    assert parameter(account)["Type"] == "String"


def test_a_whole_secret_is_created_and_changed(account: boto3.Session, opened: Open) -> None:
    put(opened(), "CERT", "line 1\nline 2\n")
    created = secret(account, "shop/cert")
    put(opened(), "CERT", "other")

    assert (created, secret(account, "shop/cert")) == ("line 1\nline 2\n", "other")


def test_a_json_key_leaves_the_other_keys(account: boto3.Session, opened: Open) -> None:
    put(opened(), "KEY", "one")
    created = secret(account)
    account.client("secretsmanager").put_secret_value(SecretId="shop/payment", SecretString='{"b": 1, "key": "one"}')
    put(opened(), "KEY", 'with "quotes" and ü')

    assert created == '{"key": "one"}'
    assert json.loads(secret(account)) == {"b": 1, "key": 'with "quotes" and ü'}


@pytest.mark.parametrize("value", ["[1]", "plain text"])
def test_a_secret_that_is_not_a_json_object_is_not_overwritten(
    account: boto3.Session, opened: Open, value: str
) -> None:
    account.client("secretsmanager").create_secret(Name="shop/payment", SecretString=value)

    with pytest.raises(AwsError) as error:
        put(opened(), "KEY")

    assert sentences(error.value) == (
        "services.web.secrets.KEY: the secret is not a JSON object; got secretsmanager:shop/payment:key; remove `:key` "
        "from the reference, or replace the value by a JSON object in Secrets Manager"
    )
    assert secret(account) == value


def test_a_secret_that_is_scheduled_for_deletion_is_restored(account: boto3.Session, opened: Open) -> None:
    manager = account.client("secretsmanager")
    manager.create_secret(Name="shop/cert", SecretString="old")
    manager.delete_secret(SecretId="shop/cert", RecoveryWindowInDays=7)
    reporter = Recorder()

    put(opened(), "CERT", "new", reporter=reporter)

    assert secret(account, "shop/cert") == "new"
    assert reporter.messages == ["Restored shop/cert, which was scheduled for deletion"]


def test_a_protected_environment_asks_for_the_name_of_the_stack_before_the_value(
    account: boto3.Session, opened: Open
) -> None:
    environment, reporter = opened(protected=True), Recorder("shop-prod")

    def never() -> str:
        raise AssertionError("the value was read")

    declined = set_secret(environment, one_secret(environment.project, "URL"), never, reporter, Consent())
    with pytest.raises(UsageError):
        set_secret(environment, one_secret(environment.project, "URL"), never, Recorder(), Consent())
    agreed = put(environment, "URL", stack="shop-dev")

    assert declined is None
    assert reporter.asked == ["dev is protected. To set URL, type shop-dev"]
    assert agreed is not None


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("URL", "", "URL: the value is empty; pass it on stdin, or type it at the prompt"),
        (
            "URL",
            "x" * 4097,
            "URL: a parameter has at most 4096 bytes; got 4097 bytes; write secretsmanager:NAME in the project file, "
            "which takes 65,536 bytes",
        ),
        ("CERT", "ü" * 32_769, "CERT: a secret has at most 65536 bytes; got 65538 bytes; shorten it"),
    ],
)
def test_values_that_aws_does_not_accept_are_refused(opened: Open, name: str, value: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        put(opened(), name, value)

    assert sentences(error.value) == message


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (
            "secretsmanager:shop/x:key:AWSPREVIOUS",
            "services.web.secrets.A: the reference is to a certain stage or version; got "
            "secretsmanager:shop/x:key:AWSPREVIOUS; remove the stage or version from the reference, or change the "
            "secret in Secrets Manager",
        ),
        (
            "arn:aws:ssm:eu-west-1:210987654321:parameter/x",
            "the secret belongs to another account; got arn:aws:ssm:eu-west-1:210987654321:parameter/x; set it with "
            "credentials for account 210987654321",
        ),
    ],
)
def test_references_that_can_not_be_set_are_refused(opened: Open, reference: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        put(opened({"A": reference}), "A")

    assert sentences(error.value) == message


def test_a_secret_that_another_service_manages_is_refused(account: boto3.Session, opened: Open) -> None:
    def managed(**_: Any) -> Any:
        found = {"ARN": "arn:aws:secretsmanager:eu-west-1:1:secret:x-abcdef", "Name": "x", "OwningService": "rds"}
        return type("Answer", (), {"status_code": 200})(), found

    account.events.register("before-call.secrets-manager.DescribeSecret", managed)

    with pytest.raises(AwsError) as error:
        put(opened(), "CERT")

    assert sentences(error.value) == (
        "services.web.secrets.CERT: an AWS service manages this secret; got rds; change it in rds, which rotates it"
    )


def everything(error: EcsforgeError) -> str:
    """All that `-v` could print of an error."""
    return sentences(error) + "".join(traceback.format_exception(error))


@pytest.mark.parametrize(
    ("code", "message", "got"),
    [
        ("ValidationException", f"Value '{VALUE}' at 'value' failed to satisfy constraint", "ValidationException"),
        ("Strange", f"cannot store {VALUE}", "Strange"),
        ("AccessDeniedException", "no ssm:PutParameter", "AccessDeniedException: no ssm:PutParameter"),
    ],
)
def test_a_value_that_aws_repeats_is_in_no_message(
    account: boto3.Session, opened: Open, code: str, message: str, got: str
) -> None:
    refuse(account, "ssm.PutParameter", code, 400, message)

    with pytest.raises(AwsError) as error:
        put(opened(), "URL")

    assert error.value.problems[0].got == got
    assert VALUE not in everything(error.value)
    assert "s3cret" not in everything(error.value)


def test_a_value_that_is_the_code_of_the_error_is_not_shown(account: boto3.Session, opened: Open) -> None:
    refuse(account, "ssm.PutParameter", "Strange", 400, "Strange")

    with pytest.raises(AwsError) as error:
        put(opened(), "URL", "Strange")

    assert error.value.problems[0].got == NOT_SHOWN


@pytest.mark.parametrize("trouble", [DENIED, EXPIRED, THROTTLED, UNAVAILABLE])
@pytest.mark.parametrize("call", ["ssm.DescribeParameters", "ssm.PutParameter"])
def test_a_refused_request_is_one_problem_and_changes_nothing(
    account: boto3.Session, opened: Open, call: str, trouble: tuple[str, int]
) -> None:
    refuse(account, call, *trouble)

    with pytest.raises(AwsError) as error:
        put(opened(), "URL")

    assert len(error.value.problems) == 1
    assert error.value.codes == {trouble[0]}


def test_a_dropped_connection_is_one_problem(account: boto3.Session, opened: Open) -> None:
    drop(account, "ssm.PutParameter")

    with pytest.raises(AwsError, match="the request to AWS failed"):
        put(opened(), "URL")


def test_the_states_of_all_secrets(account: boto3.Session, opened: Open) -> None:
    put(opened(), "URL")
    account.client("secretsmanager").create_secret(Name="shop/cert")
    other = "arn:aws:ssm:eu-west-1:210987654321:parameter/x"

    found = secret_statuses(opened({**SECRETS, "OTHER": other}))

    assert [(each.name, each.state, each.services, each.kind) for each in found] == [
        ("URL", "set", ("web", "mailer"), "SecureString"),
        ("KEY", "missing", ("web",), ""),
        ("CERT", "no value", ("web",), "secret"),
        ("OTHER", "unknown", ("web",), ""),
    ]
    assert found[0].changed is not None


def remove(environment: Environment, name: str, reporter: Recorder, **consent: Any) -> str | None:
    done = unset_secret(environment, one_secret(environment.project, name), reporter, Consent(**consent))
    return None if done is None else done.done


def test_unset_deletes_a_parameter_after_a_yes(account: boto3.Session, opened: Open) -> None:
    put(opened(), "URL")
    reporter = Recorder(False)

    declined = remove(opened(), "URL", reporter)
    deleted = remove(opened(), "URL", Recorder(True))

    assert (declined, deleted) == (None, "deleted")
    assert reporter.asked == [
        "Remove ssm:/shop/url? New tasks of web, mailer will not start without it. SSM keeps no copy."
    ]
    assert account.client("ssm").describe_parameters()["Parameters"] == []
    assert remove(opened(), "URL", Recorder()) == "absent"


def test_unset_removes_a_key_and_schedules_a_secret_without_keys_for_deletion(
    account: boto3.Session, opened: Open
) -> None:
    manager = account.client("secretsmanager")
    manager.create_secret(Name="shop/payment", SecretString='{"key": "x", "b": 1}')

    removed = remove(opened(), "KEY", Recorder(True))
    left = secret(account)
    again = remove(opened(), "KEY", Recorder(True))
    manager.put_secret_value(SecretId="shop/payment", SecretString='{"key": "x"}')
    scheduled = remove(opened(), "KEY", Recorder(), auto_approve=True)

    assert (removed, again, scheduled) == ("removed", "absent", "scheduled")
    assert json.loads(left) == {"b": 1}
    assert "DeletedDate" in manager.describe_secret(SecretId="shop/payment")
    assert remove(opened(), "KEY", Recorder()) == "absent"


def test_auto_approve_is_not_enough_in_a_protected_environment(account: boto3.Session, opened: Open) -> None:
    put(opened(), "URL")
    reporter = Recorder("yes")

    assert remove(opened(protected=True), "URL", reporter, auto_approve=True) is None
    assert reporter.asked == ["dev is protected. To remove URL, type shop-dev"]


def test_a_name_that_services_use_for_different_secrets_needs_the_service(opened: Open) -> None:
    project = opened({"URL": "ssm:/shop/web/url"}).project

    with pytest.raises(UsageError) as error:
        one_secret(project, "URL")

    assert sentences(error.value) == (
        "services use this name for different secrets; got URL; pass --service web or --service mailer"
    )
    assert [use.service for use in one_secret(project, "URL", "mailer")] == ["mailer"]


@pytest.mark.parametrize(
    ("name", "service", "message"),
    [
        ("URI", None, "unknown secret; got URI; did you mean URL?"),
        ("URL", "api", "--service: unknown service; got api; the services are web and mailer"),
        ("KEY", "mailer", "unknown secret; got KEY; the only one is URL"),
    ],
)
def test_unknown_names_are_refused_with_the_known_ones(
    opened: Open, name: str, service: str | None, message: str
) -> None:
    with pytest.raises(UsageError) as error:
        one_secret(opened().project, name, service)

    assert sentences(error.value) == message


def test_environments_with_the_same_secret_are_found(opened: Open) -> None:
    own = opened().project
    others = {
        "prod": {},
        "far": {"region": "us-east-1"},
        "elsewhere": {"account_id": "210987654321"},
    }
    every = [own, *(own.model_copy(update={"env": env, **changes}) for env, changes in others.items())]
    reference = one_secret(own, "URL")[0].reference

    assert [each.env for each in environments_with(every, reference, own, "123456789012")] == ["prod"]


LOGIN = '{"username": "deploy", "password": "token"}'


@pytest.fixture
def private(account: boto3.Session) -> Environment:
    """An environment with an image in a private registry, for a service and its sidecar."""
    proxy = {"image": "quay.io/acme/proxy:1", "image_credentials": "secretsmanager:quay"}
    web = {"image": "ghcr.io/acme/web:1", "image_credentials": "secretsmanager:ghcr", "sidecars": {"proxy": proxy}}
    project = Project.model_validate(
        {"project_id": "shop", "env": "dev", "region": "eu-west-1", "services": {"web": web}}
    )
    return Environment(project, project.services, Names("shop", "dev"), "123456789012", "--env dev", account)


def test_the_login_to_a_registry_is_a_secret_too(private: Environment, account: boto3.Session) -> None:
    done = put(private, "image_credentials", LOGIN)

    assert done is not None
    assert (done.reference, done.services) == ("secretsmanager:ghcr", ())
    assert secret(account, "ghcr") == LOGIN
    assert [(each.name, each.state) for each in secret_statuses(private)] == [
        ("image_credentials", "set"),
        ("proxy.image_credentials", "missing"),
    ]


def test_a_login_without_a_password_is_refused(private: Environment) -> None:
    with pytest.raises(UsageError) as error:
        put(private, "proxy.image_credentials", '{"username": "deploy"}')

    assert sentences(error.value) == (
        'proxy.image_credentials: the value is not a JSON object with username and password; pass {"username": "...", '
        '"password": "..."}'
    )
