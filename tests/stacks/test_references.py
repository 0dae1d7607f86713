"""Parsing references to AWS resources in the project file."""

from __future__ import annotations

import pytest

from stacks.references import SecretReference, secret_reference

SSM_ARN = "arn:aws:ssm:eu-west-1:123456789012:parameter/shop/url"
SECRET_ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/payment-AbCdEf"


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:here:account:{resource}"


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("ssm:/shop/url", SecretReference("ssm", "/shop/url")),
        (SSM_ARN, SecretReference("ssm", SSM_ARN)),
        ("secretsmanager:shop/payment", SecretReference("secretsmanager", "shop/payment")),
        ("secretsmanager:shop/payment:key", SecretReference("secretsmanager", "shop/payment", "key")),
        ("secretsmanager:payment:key:AWSPREVIOUS", SecretReference("secretsmanager", "payment", "key:AWSPREVIOUS")),
        (SECRET_ARN, SecretReference("secretsmanager", SECRET_ARN)),
        (f"{SECRET_ARN}:key::", SecretReference("secretsmanager", SECRET_ARN, "key::")),
    ],
)
def test_a_secret_is_read(text: str, reference: SecretReference) -> None:
    assert secret_reference(text) == reference


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ssm:/shop/url", "arn:aws:ssm:here:account:parameter/shop/url"),
        (SSM_ARN, SSM_ARN),
        ("secretsmanager:payment", "arn:aws:secretsmanager:here:account:secret:payment"),
        ("secretsmanager:payment:key", "arn:aws:secretsmanager:here:account:secret:payment:key::"),
        ("secretsmanager:payment:key:stage", "arn:aws:secretsmanager:here:account:secret:payment:key:stage:"),
        ("secretsmanager:payment:key::version", "arn:aws:secretsmanager:here:account:secret:payment:key::version"),
        ("secretsmanager:payment:::version", "arn:aws:secretsmanager:here:account:secret:payment:::version"),
        ("secretsmanager:payment:key::", "arn:aws:secretsmanager:here:account:secret:payment:key::"),
        (SECRET_ARN, SECRET_ARN),
        (f"{SECRET_ARN}:key", f"{SECRET_ARN}:key::"),
    ],
)
def test_the_value_for_ecs_is_the_arn_with_the_selector_of_the_secret(text: str, value: str) -> None:
    assert secret_reference(text).value_from(arn) == value


@pytest.mark.parametrize(
    ("text", "readable"),
    [
        ("ssm:/shop/url", "arn:aws:ssm:here:account:parameter/shop/url"),
        (SSM_ARN, SSM_ARN),
        ("secretsmanager:payment:key", "arn:aws:secretsmanager:here:account:secret:payment-??????"),
        (f"{SECRET_ARN}:key::", SECRET_ARN),
        (SECRET_ARN.removesuffix("-AbCdEf"), f"{SECRET_ARN.removesuffix('-AbCdEf')}-??????"),
    ],
)
def test_the_execution_role_may_read_only_that_secret(text: str, readable: str) -> None:
    """Secrets Manager appends a dash and six random characters to the name in every ARN."""
    assert secret_reference(text).readable(arn) == readable
