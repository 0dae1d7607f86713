"""The values that a plan must not show."""

from __future__ import annotations

import pytest

from operations.plan.redact import is_credential, looks_secret


@pytest.mark.parametrize(
    "name",
    [
        "PASSWORD",
        "DB_PASSWORD",
        "dbPassword",
        "API_KEY",
        "apiKey",
        "GITHUB_TOKEN",
        "SECRET",
        "AWS_SECRET_ACCESS_KEY",
        "SENTRY_DSN",
        "SLACK_WEBHOOK",
        "jwt-secret",
        "DB_PASS",
    ],
)
def test_a_variable_named_like_a_credential_is_secret(name: str) -> None:
    assert looks_secret(name, "x")


@pytest.mark.parametrize(
    "name", ["NODE_ENV", "PORT", "GREETING", "KEYBOARD", "TOKENIZER", "MONKEY", "COMPASS", "AUTHOR"]
)
def test_an_ordinary_variable_is_not_secret(name: str) -> None:
    assert not looks_secret(name, "production")


@pytest.mark.parametrize(
    "value",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "-----BEGIN RSA PRIVATE KEY-----\nMII",
        "postgres://app:hunter2@db:5432/app",
        "ghp_0123456789abcdefghij",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.x",
    ],
)
def test_a_value_that_looks_like_a_credential_is_secret_under_any_name(value: str) -> None:
    assert looks_secret("GREETING", value)
    assert is_credential(value)


@pytest.mark.parametrize(
    "value", ["https://example.com:8080/path", "arn:aws:iam::123456789012:role/x", "true", None, 3]
)
def test_an_ordinary_value_is_not_a_credential(value: object) -> None:
    assert not is_credential(value)
