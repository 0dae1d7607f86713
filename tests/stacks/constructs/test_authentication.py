"""The sign-in of users by listener rules."""

from __future__ import annotations

from tests.stacks.conftest import Synth

HTTPS = """
load_balancer:
  https: {certificate_arn: "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"}
state: {backend: s3, bucket: my-state}
"""
POOL = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_ABCdefGHI"
COGNITO = f'cognito: {{user_pool_arn: "{POOL}", client_id: "1", domain: acme}}'
OIDC = """oidc: {issuer: "https://a.example.com", authorization_endpoint: "https://a.example.com/authorize",
    token_endpoint: "https://a.example.com/token", user_info_endpoint: "https://a.example.com/userinfo",
    client_id: shop, client_secret: "SECRET"}"""


def web(auth: str, also: str = "") -> str:
    return f"{HTTPS}services: {{web: {{http: {{auth: {{{auth}}}{also}}}}}}}"


def test_cognito_signs_in_before_the_rule_forwards(small: Synth) -> None:
    made = small(web(f"{COGNITO}, scope: openid email"))

    sign_in, forward = made["aws_lb_listener_rule.web_https"]["action"]
    assert sign_in == {
        "type": "authenticate-cognito",
        "authenticate_cognito": {
            "user_pool_arn": POOL,
            "user_pool_client_id": "1",
            "user_pool_domain": "acme",
            "scope": "openid email",
        },
    }
    assert forward == {"type": "forward", "target_group_arn": "${aws_lb_target_group.web.arn}"}
    assert not made.all("data.aws_secretsmanager_secret_version")


def test_further_ports_are_not_open_to_anybody(small: Synth) -> None:
    made = small(web(COGNITO, ", also: [{port: 9090, paths: [/metrics]}]"))

    assert [each["type"] for each in made["aws_lb_listener_rule.web_9090_https"]["action"]] == [
        "authenticate-cognito",
        "forward",
    ]


def test_the_client_secret_of_another_provider_is_read_from_secrets_manager(small: Synth) -> None:
    whole, key = (
        small(web(OIDC.replace("SECRET", secret))) for secret in ("secretsmanager:oidc", "secretsmanager:oidc:id.key")
    )

    data = "data.aws_secretsmanager_secret_version.web_oidc"
    secrets = [
        made["aws_lb_listener_rule.web_https"]["action"][0]["authenticate_oidc"]["client_secret"]
        for made in (whole, key)
    ]
    assert secrets == [f"${{{data}.secret_string}}", f'${{jsondecode({data}.secret_string)["id.key"]}}']
    assert whole[data] == key[data] == {"secret_id": "oidc"}


def test_the_load_balancer_reaches_the_endpoints_of_the_provider(small: Synth) -> None:
    with_auth, without = small(web(COGNITO)), small(f"{HTTPS}services: {{web: {{}}}}")

    rule = {"load_balancer_identity_provider": ("0.0.0.0/0", 443)}
    assert with_auth.rules("egress", "load_balancer").items() - without.rules("egress", "load_balancer").items() == (
        rule.items()
    )
