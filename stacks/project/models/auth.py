"""Models of the authentication of requests at the load balancer."""

from __future__ import annotations

from stacks.project.models.base import Model, Text


class Cognito(Model):
    """A user pool of Amazon Cognito."""

    user_pool_arn: str
    """The ARN of the user pool, in the same region."""
    client_id: Text
    """The ID of an app client with a secret, which Cognito keeps, and the callback URL
    `https://<host>/oauth2/idpresponse` of each host."""
    domain: str
    """The prefix of the user pool's domain, or its own domain: `auth.example.com`."""


class Oidc(Model):
    """An identity provider for OpenID Connect. Its `/.well-known/openid-configuration` lists the endpoints."""

    issuer: str
    """The issuer, an https URL."""
    authorization_endpoint: str
    """The authorization endpoint, an https URL."""
    token_endpoint: str
    """The token endpoint, an https URL."""
    user_info_endpoint: str
    """The user info endpoint, an https URL."""
    client_id: Text
    """The client ID; the provider needs the callback URL `https://<host>/oauth2/idpresponse` of each host."""
    client_secret: str
    """The secret with the client secret: `secretsmanager:name[:key]` or an ARN, for example
    `secretsmanager:shop/{env}/oidc`. Terraform reads it and stores it in the state in clear text, so that it can't be
    used with `state.backend: local`."""


class Auth(Model):
    """Sign-in at the load balancer, with Cognito or with another identity provider."""

    cognito: Cognito | None = None
    """A user pool of Amazon Cognito."""
    oidc: Oidc | None = None
    """Another identity provider, for OpenID Connect."""
    scope: str = "openid"
    """What to request of a user: `openid email` for the address too."""
