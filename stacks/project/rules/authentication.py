"""Rules of the authentication of users at the load balancer.

Sources: the ELB User Guide ("Authenticate users": HTTPS listeners, the load balancer reaches the endpoints; "Protocol
version": rules to gRPC target groups only forward), the ELB API reference (AuthenticateOidcActionConfig,
AuthenticateCognitoActionConfig) and the Cognito API reference (CreateUserPoolDomain).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stacks.errors import NOT_SHOWN
from stacks.project.models import Auth, Cognito, Oidc, Project
from stacks.project.nodes import Path, dotted
from stacks.project.rules.existing_vpc import creates_vpc
from stacks.project.rules.finding import Finding, Rule, service_path
from stacks.project.rules.secret_references import is_reference
from stacks.project.targets import serves_http, targets_of
from stacks.references import secret_reference

_ENDPOINTS = ("issuer", "authorization_endpoint", "token_endpoint", "user_info_endpoint")
_URL = re.compile(r"https://[A-Za-z0-9.-]+(?::\d{1,5})?(?:/[!-~]*)?")
_POOL = re.compile(
    r"arn:aws(?:-[a-z]+)*:cognito-idp:(?P<region>[a-z0-9-]+):\d{12}:userpool/(?P=region)_[0-9A-Za-z]+", re.ASCII
)
_DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*")
_SCOPE = re.compile(r"[!-~]+(?: [!-~]+)*")
_KEY = re.compile(r"[A-Za-z0-9_.-]*")
"""A JSON key, which becomes part of an expression."""
_OPENID = "openid"


def authentication(project: Project) -> Iterator[Finding]:
    """One identity provider, which the load balancer reaches, over HTTPS."""
    for name, service in project.services.items():
        auth, path = service.http.auth, service_path(name, "http", "auth")
        if auth is None or not serves_http(service):
            continue
        yield from _choice(auth, path)
        yield from _listeners(project, path)
        for target in targets_of(name, service):
            if target.routing.protocol == "GRPC":
                protocol = (*target.path, "protocol")
                what = f"{dotted(path)} can't be combined with {dotted(protocol)}: GRPC"
                fix = "remove auth and check tokens in the service, or use HTTP2"
                yield Finding((path, protocol), what, "GRPC", fix, "key")
        yield from _reachable(project, path)
        if _OPENID not in auth.scope.split() or not _SCOPE.fullmatch(auth.scope):
            what = f"{dotted((*path, 'scope'))} must have openid, and one space between scopes"
            yield Finding(((*path, "scope"),), what, auth.scope or '""', 'for example "openid email"')
        if auth.cognito and not auth.oidc:
            yield from _cognito(project, auth.cognito, (*path, "cognito"))
        if auth.oidc and not auth.cognito:
            faults = list(_oidc(project, auth.oidc, (*path, "oidc")))
            yield from faults or _stored((*path, "oidc", "client_secret"))


def _choice(auth: Auth, path: Path) -> Iterator[Finding]:
    both = (*path, "cognito"), (*path, "oidc")
    if auth.cognito and auth.oidc:
        what = f"{dotted(path)} takes only one of cognito and oidc"
        yield Finding(both, what, "both", "remove one of them", "key")
    if not auth.cognito and not auth.oidc:
        what = f"{dotted(path)} needs cognito or oidc"
        yield Finding((path, *both), what, None, "add one of them, or remove auth", "missing")


def _listeners(project: Project, path: Path) -> Iterator[Finding]:
    """A rule of an HTTP listener can't authenticate."""
    balancer = project.load_balancer
    if balancer.arn is not None:
        return
    what = f"{dotted(path)} works only over HTTPS"
    if balancer.https is None:
        fix = "add load_balancer.https with a certificate"
        yield Finding((path, ("load_balancer", "https")), what, "no load_balancer.https", fix, "key")
    elif not balancer.redirect_http:
        cause = ("load_balancer", "redirect_http")
        yield Finding((path, cause), what, "redirect_http: false", "remove redirect_http, or auth", "key")


def _reachable(project: Project, path: Path) -> Iterator[Finding]:
    """The load balancer calls the identity provider: an internal one through NAT."""
    internal = project.load_balancer.internal and project.load_balancer.arn is None
    if internal and creates_vpc(project.network) and project.network.nat == "none":
        what = f"{dotted(path)} needs NAT, because an internal load balancer reaches the identity provider through it"
        causes = ("load_balancer", "internal"), ("network", "nat")
        yield Finding((path, *causes), what, "nat: none", "use nat: single, or a public load balancer", "key")


def _cognito(project: Project, cognito: Cognito, path: Path) -> Iterator[Finding]:
    arn = (*path, "user_pool_arn")
    match = _POOL.fullmatch(cognito.user_pool_arn)
    if match is None:
        what = f"{dotted(arn)} must be the ARN of a user pool"
        yield Finding((arn,), what, cognito.user_pool_arn or '""', "copy it from the Cognito console")
    elif match["region"] != project.region:
        what = f"{dotted(arn)} must be in {project.region}"
        yield Finding((arn, ("region",)), what, match["region"], "use a user pool in the region of the project")
    if not _DOMAIN.fullmatch(cognito.domain):
        what = f"{dotted((*path, 'domain'))} must be the prefix of the user pool's domain, or a domain"
        yield Finding(((*path, "domain"),), what, cognito.domain or '""', "for example acme-login")
    yield from _client_id(cognito.client_id, path)


def _client_id(client_id: str, path: Path) -> Iterator[Finding]:
    if not client_id:
        key = (*path, "client_id")
        yield Finding((key,), f"{dotted(key)} must not be empty", '""', "copy it from the identity provider")


def _oidc(project: Project, oidc: Oidc, path: Path) -> Iterator[Finding]:
    for key in _ENDPOINTS:
        value = getattr(oidc, key)
        if not _URL.fullmatch(value):
            what = f"{dotted((*path, key))} must be a URL that begins with https://"
            yield Finding(((*path, key),), what, value or '""', "copy it from the provider's openid-configuration")
    yield from _client_id(oidc.client_id, path)
    secret = (*path, "client_secret")
    if not _is_secret(oidc.client_secret):
        what = f"{dotted(secret)} must be secretsmanager:name[:key] or the ARN of a secret"
        yield Finding((secret,), what, NOT_SHOWN, "store it in Secrets Manager, and write its name")
    elif project.state.backend == "local":
        what = f"{dotted(secret)} can't be used with state.backend: local, because the state has it in clear text"
        fix = "use state.backend: s3 with a bucket that few can read, or cognito, which needs no secret"
        yield Finding((secret, ("state", "backend")), what, "local", fix)


def _stored(path: Path) -> Iterator[Finding]:
    what = f"{dotted(path)} is in the state in clear text, because the AWS provider stores it"
    fix = "limit who can read the state, or use cognito, which needs no secret"
    yield Finding((path,), what, None, fix, severity="warning")


def _is_secret(text: str) -> bool:
    reference = secret_reference(text)
    key = reference.selector.partition(":")[0]
    return is_reference(text) and reference.service == "secretsmanager" and bool(_KEY.fullmatch(key))


RULES: tuple[Rule, ...] = (authentication,)
