"""The decision about a request.

Source: IAM User Guide, "Policy evaluation logic" with its pages on single accounts, cross-account requests and
permissions boundaries. An explicit deny always wins. Within an account, an identity policy or a resource policy is
enough; across accounts, both have to allow. A role's trust policy and a KMS key policy must allow in any case. Session
policies and the policies of an organization are not evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from operations.iam.conditions import holds
from operations.iam.document import Policy, Principals, Statement, Values
from operations.iam.patterns import action_matches, resource_matches, resource_pieces
from operations.iam.request import Principal, Request

Outcome = Literal["allowed", "implicitly denied", "explicitly denied"]
Kind = Literal["identity", "resource", "boundary"]
_Grant = Literal["account", "principal", "session"]
"""What a resource policy names: the principal's account, the principal itself, or its session."""


@dataclass(frozen=True)
class Policies:
    """The policies that apply to a request.

    Attributes:
        identity: The inline and managed policies of the user or role.
        resource: The resource's policy, or the trust policy of a role that is assumed; None if it has none.
        boundary: The permissions boundary of the user or role; None if it has none.
    """

    identity: tuple[Policy, ...] = ()
    resource: Policy | None = None
    boundary: Policy | None = None


@dataclass(frozen=True)
class Decision:
    """The decision, and the statement that it follows from.

    Attributes:
        outcome: `allowed`, `explicitly denied` by a statement, or `implicitly denied` because nothing allows it.
        statement: The deciding statement; None for an implicit deny.
        policy: The policy of the statement.
        kind: How the policy applies to the request.
    """

    outcome: Outcome
    statement: Statement | None = None
    policy: Policy | None = None
    kind: Kind | None = None

    @property
    def allowed(self) -> bool:
        """Whether AWS would allow the request."""
        return self.outcome == "allowed"


DENIED = Decision("implicitly denied")


def decide(policies: Policies, request: Request) -> Decision:
    """Decide about a request.

    Raises:
        AwsError: A policy has an unknown condition operator.
    """
    applying = list(_applying(policies, request))
    for found in applying:
        if found.statement.effect == "Deny":
            return found.decision("explicitly denied")
    allows = {found.kind: found for found in applying if found.statement.effect == "Allow" and found.kind != "resource"}
    bounded = policies.boundary is None or "boundary" in allows
    identity = allows.get("identity") if bounded else None
    grant = _strongest(found for found in applying if found.kind == "resource")
    granted = _by_resource(policies, request, grant, identity, bounded)
    return granted.decision("allowed") if granted else DENIED


@dataclass(frozen=True)
class _Found:
    """A statement that applies to the request; `grant` is what it names, in a resource policy."""

    statement: Statement
    policy: Policy
    kind: Kind
    grant: _Grant = "principal"

    def decision(self, outcome: Outcome) -> Decision:
        return Decision(outcome, self.statement, self.policy, self.kind)


def _by_resource(
    policies: Policies, request: Request, grant: _Found | None, identity: _Found | None, bounded: bool
) -> _Found | None:
    """The statement that allows the request; `identity` is that of an identity policy within the boundary."""
    if request.principal.kind != "AWS":
        return grant if grant and grant.grant != "account" else None
    if request.principal.account_id != request.owner:
        return identity if grant else None
    # A boundary limits what a resource policy grants to a role, but not what it grants to a user or a session.
    direct = grant is not None and (grant.grant == "session" or (grant.grant == "principal" and bounded))
    if direct:
        return grant
    if policies.resource is not None and _must_allow(request):
        return identity if grant and grant.grant == "account" else None
    return identity


def _must_allow(request: Request) -> bool:
    """Whether the resource's policy has to allow: that of a role that is assumed, or of a KMS key."""
    prefix = request.action.partition(":")[0].casefold()
    return prefix == "sts" or (prefix == "kms" and ":key/" in request.resource)


def _strongest(found: Iterable[_Found]) -> _Found | None:
    order: tuple[_Grant, ...] = ("account", "principal", "session")
    return max(found, key=lambda each: order.index(each.grant), default=None)


def _applying(policies: Policies, request: Request) -> Iterator[_Found]:
    """Every statement that applies to the request."""
    for policy in policies.identity:
        yield from (_Found(each, policy, "identity") for each in policy.statements if _applies(each, policy, request))
    if policies.boundary is not None:
        policy = policies.boundary
        yield from (_Found(each, policy, "boundary") for each in policy.statements if _applies(each, policy, request))
    if policies.resource is not None:
        policy = policies.resource
        for statement in policy.statements:
            grant = _names(statement.principals, request.principal)
            if grant is not None and _applies(statement, policy, request):
                yield _Found(statement, policy, "resource", grant)


def _applies(statement: Statement, policy: Policy, request: Request) -> bool:
    """Whether the action, the resource and the conditions of a statement match."""
    variables = policy.has_variables
    return (
        _has(statement.actions, lambda text: action_matches(text, request.action))
        and _has_resource(statement.resources, request, variables)
        and all(holds(each, request.values, variables=variables) for each in statement.conditions)
    )


def _has(element: Values, matches: Callable[[str], bool]) -> bool:
    return any(map(matches, element.values)) != element.negated


def _has_resource(resources: Values | None, request: Request, variables: bool) -> bool:
    if resources is None:
        return True

    def matches(text: str) -> bool:
        parts = resource_pieces(text, request.values, variables=variables)
        return parts is not None and resource_matches(parts, request.resource)

    return _has(resources, matches)


def _names(principals: Principals | None, principal: Principal) -> _Grant | None:
    """How a statement of a resource policy names the principal; None if it does not.

    A statement of a resource policy without a principal applies to nobody. `NotPrincipal` applies to all principals
    that are not named themselves: naming their account does not exclude them.
    """
    if principals is None:
        return None
    found = _named(principals, principal)
    if principals.negated:
        return "principal" if found in (None, "account") else None
    return found


def _named(principals: Principals, principal: Principal) -> _Grant | None:
    own = principals.by_kind.get("AWS", ())
    if principal.kind in ("Service", "Federated"):
        listed = principals.by_kind.get("Service" if principal.kind == "Service" else "Federated", ())
        return "principal" if principal.identifier in listed or "*" in (*own, *listed) else None
    if principal.kind == "AWS":
        if (
            "*" in own
            or (principal.session_arn or None) in own
            or (principal.identifier in own and not principal.is_role)
        ):
            return "session"
        if principal.identifier in own:
            return "principal"
        account = principal.account_id
        roots = {account, *(text for text in own if text.endswith(f":iam::{account}:root"))}
        return "account" if account and roots & set(own) else None
    return "principal" if "*" in own else None
