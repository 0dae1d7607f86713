"""Text that is recognized as a credential, and text that only looks similar."""

from __future__ import annotations

import pytest

from stacks.credentials import credential_in, names_credential
from stacks.project.rules.variables import credential_kind

# Each in two parts, so that secret scanners don't report this file.
TOKENS = (
    ("ghp_", "0123456789abcdefghijABCDEFGHIJ012345"),
    ("github_pat_", "11ABCDEFG0abcdefghijkl_MNOPQRSTUVWXYZ0123456789"),
    ("glpat-", "abcdefghij0123456789"),
    ("xoxb-", "123456789012-1234567890123-abcdefghijklmnop"),
    ("sk_live_", "4eC39HqLyjWDarjtT1zdp7dc"),
    ("rk_live_", "4eC39HqLyjWDarjtT1zdp7dc"),
    ("whsec_", "4eC39HqLyjWDarjtT1zdp7dcabcd"),
    ("SG.", "ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf-09kqeF8tAmbihYzrnopKc"),
    ("AIza", "SyA1234567890abcdefghijklmnopqrstuv"),
    ("npm_", "abcdefghijklmnopqrstuvwxyz0123456789"),
    ("pypi-", "AgEIcHlwaS5vcmcCJGFiY2RlZjAxMjM0NTY3ODkw"),
    ("sk-proj-", "abcdefghijklmnopqrstuvwxyz0123456789"),
    ("SK", "0123456789abcdef0123456789abcdef"),
    ("eyJ", "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w"),
    ("Authorization: Basic ", "YWRtaW46U3VwM3JTM2NyZXQ="),
    ("Bearer ", "abcdef0123456789abcdef0123456789"),
)


@pytest.mark.parametrize(("start", "rest"), TOKENS, ids=[start for start, _ in TOKENS])
def test_a_token_is_recognized_anywhere_in_a_text(start: str, rest: str) -> None:
    assert credential_in(start + rest) == "an access token"
    assert credential_in(f"run --with={start}{rest} now") == "an access token"
    assert credential_kind("GREETING", start + rest) == "an access token"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("AKIAIOSFODNN7EXAMPLE", "an AWS access key"),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----", "a private key"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "a private key"),
        ("postgres://app:s3cr3t@db.internal:5432/app", "an address with a password in it"),
        ("redis://:p4ssw0rd@cache:6379/0", "an address with a password in it"),
        ("https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXX", "the address of a webhook"),
        ("https://discord.com/api/webhooks/123456789012345678/abcdefABCDEF_0123", "the address of a webhook"),
        ("Server=db;User Id=app;Password=S3cr3tPw!;", "a connection string with a password in it"),
        ("AccountName=x;AccountKey=abcdefghijkl==;", "a connection string with a password in it"),
        ("jdbc:postgresql://db/app?user=x&password=S3cretPw", "a connection string with a password in it"),
    ],
)
def test_other_credentials_are_recognized_by_their_format(text: str, kind: str) -> None:
    assert credential_in(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        *("production", "3000", "", "0 3 * * *", "#alerts", "Ops <ops@example.com>", "a=true,b=false"),
        *("550e8400-e29b-41d4-a716-446655440000", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        *(
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "arn:aws:iam::123456789012:role/x",
        ),
        *("postgres://db.internal:5432/app", "postgres://app@db/app", "postgres://app:${PASSWORD}@db/app"),
        *("postgres://app:$PASSWORD@db/app", "https://user:<password>@example.com", "https://example.com:8080/@user/x"),
        *("https://registry.npmjs.org/@scope/pkg", "https://example.com/?to=a:b@c.com", "http://api:8000"),
        *("AROAIOSFODNN7EXAMPLE", "AIDAIOSFODNN7EXAMPLE", "pk_live_4eC39HqLyjWDarjtT1zdp7dc", "eyJhbGciOi"),
        *(
            "task-sk-abcdefghij-pipeline",
            "risk-assessment-service-of-the-second-generation",
            "Bearer authentication is on",
        ),
        *("-----BEGIN CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----", "Enter your password=", "password=$PASSWORD"),
    ],
)
def test_text_in_another_format_is_not_a_credential(text: str) -> None:
    assert credential_in(text) is None


@pytest.mark.parametrize(
    "name",
    [
        *("PASSWORD", "DB_PASSWORD", "dbPassword", "PGPASSWORD", "MYSQL_PWD", "DB_PASS", "ADMIN_PW", "DB_PASSWORD2"),
        *("API_KEY", "apiKey", "SECRET", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "jwt-secret", "CLIENTSECRET"),
        *(
            "SECRET_KEY_BASE",
            "APP_KEY",
            "SIGNING_KEY",
            "NEW_RELIC_LICENSE_KEY",
            "SALT",
            "BASIC_AUTH",
            "DB_PASSWORD_PROD",
        ),
    ],
)
def test_a_variable_name_indicates_a_credential(name: str) -> None:
    assert names_credential(name)
    assert credential_kind(name, "kX9v2mQ8zL") == "a password or token"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("TOKEN_EXPIRY", "15minutes"), ("TOKENIZER", "bert-base-uncased"), ("TOKEN_ISSUER", "shop-auth-service")),
        *(
            ("SECRETS_MANAGER_REGION", "eu-central-1"),
            ("SECRET_NAME", "prod/shop/payment"),
            ("SECRET_ID", "shop/prod/db"),
        ),
        *(
            ("API_KEY_HEADER", "X-Internal-Api-Key"),
            ("PASSWORD_POLICY", "min8-upper-lower"),
            ("MAX_TOKENS", "16384000"),
        ),
        *(("PASSWORD_RESET_TEMPLATE", "reset-password-v2"), ("PASSWORD_HASHER", "argon2id-default")),
        *(("BYPASS_CACHE", "never-for-admins"), ("PASSENGER_APP_ENV", "production-eu"), ("COMPASS", "north-up-locked")),
        *(
            ("PARTITION_KEY", "customer_identifier"),
            ("S3_KEY", "exports/2024/report.csv"),
            ("KEYBOARD", "qwertz-de-102"),
        ),
        *(("AWS_CREDENTIALS_MODE", "container-role"), ("ALLOW_PASSWORD_LOGIN", "disabled-by-policy")),
        *(("PASSWORD_FILE", "secrets/pw.dat"), ("GOOGLE_APPLICATION_CREDENTIALS", "/app/gcp.json")),
        *(("TOKEN_URL", "https://example.com/oauth/token"), ("DB_PASSWORD", "changeme"), ("API_TOKEN", "${API_TOKEN}")),
    ],
)
def test_a_variable_that_only_mentions_a_credential_is_not_one(name: str, value: str) -> None:
    assert credential_kind(name, value) is None
