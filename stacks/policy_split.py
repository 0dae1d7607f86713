"""Divides the statements of a role among policies of the sizes that IAM allows.

Sources: IAM User Guide, "IAM and AWS STS quotas": all inline policies of a role have at most 10,240 characters, a
managed policy 6,144, and ten managed policies can be attached to a role; white space does not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from stacks.grants import Grant
from stacks.jsonencode import terraform_json
from stacks.literal import evaluated

MAX_INLINE = 10_240
"""Characters of all inline policies of a role."""
MAX_MANAGED = 6_144
"""Characters of a managed policy."""
MANAGED_POLICIES = 10
"""Managed policies that can be attached to a role."""


@dataclass(frozen=True)
class Part:
    """A part of a statement: its number, and the bounds of the actions and resources that are in this part."""

    statement: int
    actions: tuple[int, int | None] = (0, None)
    resources: tuple[int, int | None] = (0, None)

    def of(self, grants: Sequence[Grant]) -> Grant:
        """The part of the statement in `grants`."""
        whole = grants[self.statement]
        actions, resources = whole.actions[slice(*self.actions)], whole.resources[slice(*self.resources)]
        return replace(whole, actions=actions, resources=resources)


Documents: TypeAlias = tuple[tuple[Part, ...], ...]
"""The inline policy, then managed policies; each a list of parts of statements."""


def characters(value: object) -> int:
    """The characters of a value in a policy, as IAM counts them."""
    return len("".join(evaluated(terraform_json(value)).split()))


def size(grants: Sequence[Grant]) -> int:
    """The characters of a policy with these statements."""
    return characters({"Version": "2012-10-17", "Statement": [grant.rendered() for grant in grants]})


def split(grants: Sequence[Grant]) -> Documents | None:
    """One inline policy if the statements fit into it; otherwise also managed policies with the rest, in order.

    A statement that does not fit into what is left of a policy continues in the next one, with its other resources or
    actions. So an inline policy stays where it is when a statement grows. None if one action on one resource does not
    fit into a policy.
    """
    if size(grants) <= MAX_INLINE:
        return (tuple(Part(number) for number, _ in enumerate(grants)),)
    documents: list[list[Part]] = [[]]
    available = MAX_INLINE - size([])
    for number, grant in enumerate(grants):
        for block in _by_actions(number, grant):
            start, resources = 0, [characters(resource) + 1 for resource in grant.resources]
            while start < len(resources):
                empty = characters(replace(block.of(grants), resources=[]).rendered())
                end = _fitting(resources, start, available - empty)
                if end == start:
                    if not documents[-1]:
                        return None
                    documents.append([])
                    available = MAX_MANAGED - size([])
                    continue
                documents[-1].append(replace(block, resources=(start, end)))
                available -= empty + sum(resources[start:end])
                start = end
    return tuple(map(tuple, documents))


def _by_actions(number: int, grant: Grant) -> Iterator[Part]:
    """The statement, in parts that leave half of a managed policy for resources."""
    actions = [characters(action) + 1 for action in grant.actions]
    start = 0
    while start < len(actions):
        end = max(_fitting(actions, start, MAX_MANAGED // 2), start + 1)
        yield Part(number, actions=(start, end))
        start = end


def _fitting(sizes: Sequence[int], start: int, available: int) -> int:
    """The end of the longest run of items from `start` that fits into `available`; `start` if not even one does."""
    end = start
    while end < len(sizes) and sizes[end] <= available:
        available -= sizes[end]
        end += 1
    return end
