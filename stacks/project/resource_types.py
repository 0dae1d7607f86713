"""The type of a resource: what is wrong with it, and which one is meant."""

from __future__ import annotations

from collections.abc import Sequence

from stacks.errors import Problem
from stacks.project.nodes import Mapping, Path, Scalar, dotted, find, key_position
from stacks.project.shown import shown
from stacks.project.suggest import listed, nearest

# What other tools and AWS call the types, in lower case.
_OTHER_NAMES = {
    **dict.fromkeys(("postgresql", "pg", "psql", "aurora-postgresql", "aurora", "rds", "database"), "postgres"),
    **dict.fromkeys(("mariadb", "aurora-mysql"), "mysql"),
    **dict.fromkeys(("redis", "elasticache", "memcached", "cache"), "valkey"),
    **dict.fromkeys(("s3", "storage"), "bucket"),
    **dict.fromkeys(("dynamodb", "dynamo", "ddb"), "table"),
    "sns": "topic",
}
_QUEUES = frozenset({"queue", "sqs"})


def type_problem(root: Mapping, path: Path, types: Sequence[str]) -> Problem:
    """A mapping at `path` whose `type` is missing or is none of `types`."""
    written = find(root, (*path, "type"))
    if written is None:
        what = f"{dotted(path)} needs type"
        return Problem(key_position(root, path), what, None, f"the types are {listed(types, 'and')}", path)
    at = (*path, "type")
    text = written.text if isinstance(written, Scalar) else ""
    what = f"{dotted(at)} must be {listed(types)}"
    return Problem(written.mark.position, what, shown(written), _fix(text, types), at)


def meant_type(text: str, types: Sequence[str]) -> str | None:
    """The type that a text means; None when it means none of them."""
    name = text.strip().lower()
    other = _OTHER_NAMES.get(name)
    return name if name in types else other if other in types else nearest(name, types)


def _fix(text: str, types: Sequence[str]) -> str:
    if text.strip().lower() in _QUEUES:
        return "a queue belongs to a service: write queue: {} in one with type: worker"
    kind = meant_type(text, types)
    return f"write type: {kind}" if kind else "for example type: bucket"
