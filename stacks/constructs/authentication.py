"""The sign-in of users by a listener rule, before it forwards a request."""

from __future__ import annotations

from typing import Any

from stacks.bindings import aws
from stacks.constructs.base import Construct, literal
from stacks.naming import identifier
from stacks.project.models import Auth, Oidc
from stacks.references import secret_reference


def authentication(construct: Construct, service: str, auth: Auth | None) -> list[Any]:
    """The action of the service's rules that signs users in; none without `auth`.

    The client secret of OpenID Connect is read here, once for all rules of the service.
    """
    kind = aws.lb_listener_rule
    if auth is None:
        return []
    if auth.cognito:
        cognito = kind.LbListenerRuleActionAuthenticateCognito(
            user_pool_arn=literal(auth.cognito.user_pool_arn),
            user_pool_client_id=literal(auth.cognito.client_id),
            user_pool_domain=literal(auth.cognito.domain),
            scope=literal(auth.scope),
        )
        return [kind.LbListenerRuleAction(type="authenticate-cognito", authenticate_cognito=cognito)]
    assert auth.oidc is not None
    oidc = kind.LbListenerRuleActionAuthenticateOidc(
        issuer=literal(auth.oidc.issuer),
        authorization_endpoint=literal(auth.oidc.authorization_endpoint),
        token_endpoint=literal(auth.oidc.token_endpoint),
        user_info_endpoint=literal(auth.oidc.user_info_endpoint),
        client_id=literal(auth.oidc.client_id),
        client_secret=_client_secret(construct, service, auth.oidc),
        scope=literal(auth.scope),
    )
    return [kind.LbListenerRuleAction(type="authenticate-oidc", authenticate_oidc=oidc)]


def _client_secret(construct: Construct, service: str, oidc: Oidc) -> str:
    reference = secret_reference(oidc.client_secret)
    key, stage, version = [*reference.selector.split(":"), "", ""][:3]
    secret = construct.make(
        aws.data_aws_secretsmanager_secret_version.DataAwsSecretsmanagerSecretVersion,
        f"{identifier(service)}_oidc",
        comment="The client secret is in the state in clear text.",
        secret_id=literal(reference.name),
        version_stage=literal(stage) or None,
        version_id=literal(version) or None,
    )
    value = f"data.aws_secretsmanager_secret_version.{secret.friendly_unique_id}.secret_string"
    return f'${{jsondecode({value})["{key}"]}}' if key else f"${{{value}}}"
