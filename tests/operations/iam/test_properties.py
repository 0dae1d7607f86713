"""Properties of the evaluator that hold for all policies and requests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from operations.iam import Policies, Policy, Principal, Request, Statement, decide, parse
from operations.iam.patterns import action_matches, pieces, resource_matches
from tests.operations.iam.examples import ACCOUNT, ROLE, document, statement, user

ACTIONS = ["sqs:ReceiveMessage", "sqs:SendMessage", "s3:GetObject", "kms:Decrypt"]
RESOURCES = [
    f"arn:aws:sqs:eu-west-1:{ACCOUNT}:jobs",
    "arn:aws:s3:::bucket/a/b",
    f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1",
]
PATTERNS = [*RESOURCES, "*", "arn:aws:s3:::*", "arn:aws:sqs:*:*:j??s", f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/*"]
CONDITIONS: list[dict[str, Any]] = [
    {},
    {"StringEquals": {"k": "a"}},
    {"StringNotLike": {"k": "a*"}},
    {"Null": {"k": "true"}},
    {"ForAllValues:StringEquals": {"k": ["a", "b"]}},
    {"ForAnyValue:StringNotEqualsIfExists": {"k": "a"}},
]
PRINCIPALS = [ROLE, user("bob"), user("eve", "210987654321"), Principal("Service", "ecs-tasks.amazonaws.com")]
NAMED: list[Any] = ["*", {"AWS": ACCOUNT}, {"AWS": ROLE.identifier}, {"Service": "ecs-tasks.amazonaws.com"}]

actions = st.sampled_from(["*", "sqs:*", "SQS:receive*", "s3:Get?bject", *ACTIONS])


@st.composite
def statements(draw: st.DrawFn, *, named: bool = False) -> dict[str, Any]:
    made = statement(
        draw(st.sampled_from(["Allow", "Deny"])),
        draw(st.lists(actions, min_size=1, max_size=2)),
        draw(st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=2)),
        Condition=draw(st.sampled_from(CONDITIONS)),
    )
    return {**made, "Principal": draw(st.sampled_from(NAMED))} if named else made


def documents(*, named: bool = False) -> st.SearchStrategy[Policy]:
    return st.lists(statements(named=named), min_size=1, max_size=3).map(lambda found: parse(document(*found)))


policies = st.builds(
    Policies,
    st.lists(documents(), max_size=2).map(tuple),
    st.none() | documents(named=True),
    st.none() | documents(),
)
requests = st.builds(
    Request,
    st.sampled_from(PRINCIPALS),
    st.sampled_from(ACTIONS),
    st.sampled_from(RESOURCES),
    st.sampled_from([{}, {"k": "a"}, {"k": ("a", "b")}, {"k": "c"}]),
    st.just(ACCOUNT),
)
DENY_ALL = parse(document(statement("Deny", "*")))
ALLOW_ALL = parse(document(statement("Allow", "*")))


@given(policies, requests)
def test_an_explicit_deny_always_wins(found: Policies, request: Request) -> None:
    denied = replace(found, identity=(*found.identity, DENY_ALL))

    assert decide(denied, request).outcome == "explicitly denied"


@given(policies, documents(), requests)
def test_another_allow_never_removes_a_permission(found: Policies, other: Policy, request: Request) -> None:
    allows = replace(other, statements=tuple(each for each in other.statements if each.effect == "Allow"))
    more = replace(found, identity=(*found.identity, allows))

    assert decide(more, request).allowed >= decide(found, request).allowed


@given(policies, documents(), requests)
def test_another_deny_never_adds_a_permission(found: Policies, other: Policy, request: Request) -> None:
    denies = replace(other, statements=tuple(each for each in other.statements if each.effect == "Deny"))
    less = replace(found, identity=(*found.identity, denies))

    assert decide(less, request).allowed <= decide(found, request).allowed


@given(policies, requests)
def test_a_boundary_never_adds_a_permission(found: Policies, request: Request) -> None:
    assert decide(found, request).allowed <= decide(replace(found, boundary=None), request).allowed


@given(policies, requests)
def test_a_boundary_that_allows_everything_changes_nothing(found: Policies, request: Request) -> None:
    without = replace(found, boundary=None)

    assert decide(replace(found, boundary=ALLOW_ALL), request).allowed == decide(without, request).allowed


@given(policies, requests)
def test_actions_are_not_case_sensitive(found: Policies, request: Request) -> None:
    expected = decide(found, request).outcome

    for action in (request.action.upper(), request.action.lower()):
        assert decide(found, replace(request, action=action)).outcome == expected


@given(policies, requests)
def test_names_of_condition_keys_are_not_case_sensitive(found: Policies, request: Request) -> None:
    upper = replace(request, context={key.upper(): value for key, value in request.context.items()})

    assert decide(found, upper).outcome == decide(found, request).outcome


@given(policies, requests)
def test_the_order_of_statements_does_not_matter(found: Policies, request: Request) -> None:
    def reversed_order(policy: Policy | None) -> Policy | None:
        return policy and replace(policy, statements=policy.statements[::-1])

    turned = Policies(
        tuple(replace(each, statements=each.statements[::-1]) for each in found.identity[::-1]),
        reversed_order(found.resource),
        reversed_order(found.boundary),
    )

    assert decide(turned, request).outcome == decide(found, request).outcome


@given(policies, requests)
def test_a_decision_names_a_statement_with_its_effect_unless_nothing_allows(found: Policies, request: Request) -> None:
    decision = decide(found, request)
    effects = {"allowed": "Allow", "explicitly denied": "Deny", "implicitly denied": None}

    assert (decision.statement and decision.statement.effect) == effects[decision.outcome]


@given(policies, requests)
def test_nothing_is_allowed_without_a_statement_that_allows(found: Policies, request: Request) -> None:
    def without_allows(policy: Policy) -> Policy:
        return replace(policy, statements=tuple(each for each in policy.statements if each.effect == "Deny"))

    denies = Policies(
        tuple(map(without_allows, found.identity)), found.resource and without_allows(found.resource), found.boundary
    )

    assert not decide(denies, request).allowed


texts = st.text(alphabet="ab:/*?", max_size=8)


@given(texts)
def test_text_matches_itself_and_a_star_matches_everything(text: str) -> None:
    assert action_matches(text, text)
    assert action_matches("*", text)


@given(texts, texts)
def test_a_resource_without_wildcards_matches_only_itself(pattern: str, arn: str) -> None:
    plain = pattern.replace("*", "x").replace("?", "y")
    parts = pieces(plain, lambda key: ())

    assert parts is not None
    assert resource_matches(parts, arn) == (plain == arn)


def test_a_statement_is_hashable_for_reports() -> None:
    (found,) = parse(document(statement("Allow", "s3:GetObject", Principal={"AWS": "*"}))).statements

    assert isinstance(found, Statement)
    assert found in {found}
