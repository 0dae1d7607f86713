"""The address of a list item is derived from its value, so removing an item does not change the others.

If a rule's address were its index, removing the first of two rules would change the first into the second while the
second still exists, which EC2 rejects as a duplicate; and a policy would be attached before its other attachment is
removed.
"""

from __future__ import annotations

import pytest

from stacks.naming import identifier_of, peer_identifier
from tests.stacks.conftest import Synth
from tests.support.synthesized import Stack

LISTS = [
    ("load_balancer: {ingress_cidrs: [%s]}", "10.0.0.0/8", "11.0.0.0/8", "aws_vpc_security_group_ingress_rule"),
    ("services: {web: {egress: [%s]}}", "{port: 443}", "{port: 80}", "aws_vpc_security_group_egress_rule"),
    (
        "services: {web: {permissions: {managed_policies: [%s]}}}",
        "'arn:aws:iam::aws:policy/A'",
        "'arn:aws:iam::123456789012:policy/team/A'",
        "aws_iam_role_policy_attachment",
    ),
    (
        "services: {web: {alarms: {cpu_percent: 80}}}\nalarms: {email: [%s]}",
        "a.b@example.com",
        "a_b@example.com",
        "aws_sns_topic_subscription",
    ),
    (
        "services: {web: {volumes: {data: {path: /data}}}}\nnetwork: {vpc_id: vpc-00000001, public_subnet_ids: "
        "[subnet-0000000a, subnet-0000000b], private_subnet_ids: [%s, subnet-0000000e]}",
        "subnet-0000000c",
        "subnet-0000000d",
        "aws_efs_mount_target",
    ),
]


@pytest.mark.parametrize(("text", "first", "second", "kind"), LISTS, ids=[case[3] for case in LISTS])
def test_removing_an_item_does_not_change_the_others(
    stack: Synth, text: str, first: str, second: str, kind: str
) -> None:
    def made(items: str) -> Stack:
        return stack(text % items)

    both, last = made(f"{first}, {second}").all(kind), made(second).all(kind)

    assert len(last) == len(both) - 1
    assert last.items() <= both.items()


def test_different_texts_have_different_identifiers() -> None:
    texts = (
        "a.b@c.de",
        "a_b@c.de",
        "a@b.c.de",
        "policy/A",
        "policy_A",
        "A",
        "+",
        "'${x}'@example.org",
        "ops@example.com",
    )
    identifiers = {identifier_of(text) for text in texts}

    assert len(identifiers) == len(texts)
    assert identifier_of("AmazonS3ReadOnlyAccess") == "AmazonS3ReadOnlyAccess"
    assert identifier_of("ops@example.com") == "ops_example_com_af3c8254"
    assert [peer_identifier(peer) for peer in ("0.0.0.0/0", "10.0.0.0/8", "sg-0a")] == [
        "anywhere",
        "10_0_0_0_8",
        "sg_0a",
    ]
