"""Rules of subscriptions of queues to topics.

Sources: the SNS API reference (Subscribe), the SNS Developer Guide ("Filter policy constraints", "Message delivery for
FIFO topics").
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

from stacks.project.data.regions import REGIONS
from stacks.project.models import Project, Queue, Service, Subscription, Topic
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, service_path
from stacks.project.suggest import did_you_mean, listed
from stacks.references import partition_of

_TOPIC = re.compile(
    r"arn:aws(?:-[a-z]+)*:sns:(?P<region>[a-z0-9-]+):\d{12}:(?P<name>[A-Za-z0-9_-]{1,256}|[A-Za-z0-9_-]{1,251}\.fifo)",
    re.ASCII,
)
_MAX_KEYS, _MAX_COMBINATIONS, _MAX_BYTES = 5, 150, 256 * 1024
_MAX_NUMBER = 1_000_000_000
_OPERATORS = ("prefix", "suffix", "anything-but", "equals-ignore-case", "exists", "numeric", "cidr")
_COMPARISONS = ("=", "<", "<=", ">", ">=")
_OR = "$or"


def topics(name: str, service: Service) -> Iterator[tuple[Path, str]]:
    """The topics that a service's queue subscribes to, and where they are written."""
    queue, path = service.queue or Queue(), service_path(name, "queue", "subscribe")
    for index, (written, each) in enumerate(zip(queue.subscribe, queue.subscriptions, strict=True)):
        yield (*path, index, *(() if isinstance(written, str) else ("topic",))), each.topic


def is_topic_in(region: str, arn: str) -> bool:
    """Whether this is the ARN of a topic in the region."""
    match = _TOPIC.fullmatch(arn)
    return match is not None and match["region"] == region


def subscriptions(project: Project) -> Iterator[Finding]:
    """A queue subscribes to topics of its region and kind, to each of them once, with filters that SNS accepts."""
    for name, service in project.services.items():
        if service.queue is None:
            continue
        taken: dict[str, Path] = {}
        for path, topic in topics(name, service):
            yield from _topic(project, service.queue, path, topic)
            if topic in taken:
                what = f"{dotted(path)} duplicates {dotted(taken[topic])}"
                yield Finding((path, taken[topic]), what, topic, "remove one of them")
            taken.setdefault(topic, path)
        for index, each in enumerate(service.queue.subscriptions):
            yield from _filter(service_path(name, "queue", "subscribe", index, "filter_policy"), each)


def _topic(project: Project, queue: Queue, path: Path, arn: str) -> Iterator[Finding]:
    if ":" not in arn:
        yield from _resource_topic(project, queue, path, arn)
        return
    match, region, fifo = _TOPIC.fullmatch(arn), project.region, (*path[:2], "queue", "fifo")
    if match is None:
        example = f"for example arn:{partition_of(region)}:sns:{region}:{project.account_id or 123456789012}:orders"
        yield Finding((path,), f"{dotted(path)} must be the ARN of an SNS topic", arn or '""', example)
    elif region in REGIONS and match["region"] != region:
        what = f"{dotted(path)} must be a topic in {region}, the region of the queue"
        fix = f"use a topic in {region}, or deploy the service to {match['region']}"
        yield Finding((path, ("region",)), what, match["region"], fix)
    elif queue.fifo != match["name"].endswith(".fifo"):
        kind, other = ("FIFO", "false") if queue.fifo else ("standard", "true")
        fix = f"use a {kind} topic, or set fifo to {other}"
        what = f"{dotted(path)} must be a {kind} topic, because the queue is a {kind} queue"
        yield Finding((path, fifo), what, match["name"], fix)


def _resource_topic(project: Project, queue: Queue, path: Path, name: str) -> Iterator[Finding]:
    """A topic of `resources`, of the kind of the queue."""
    topic, fifo = project.resources.get(name), (*path[:2], "queue", "fifo")
    if not isinstance(topic, Topic):
        names = [each for each, resource in project.resources.items() if isinstance(resource, Topic)]
        what = f"{dotted(path)} must be a topic of resources, or the ARN of an SNS topic"
        free = "events" if not name or name in project.resources else name
        add = f"add resources: {{{free}: {{type: topic}}}} at the top level of the file"
        fix = did_you_mean(name, names, "the topics are") if names else add
        # The other path: a resource that is not valid itself has a message of its own.
        yield Finding((path, ("resources", name)), what, name or '""', fix)
    elif queue.fifo != topic.fifo:
        kind, other = ("FIFO", "false") if queue.fifo else ("standard", "true")
        what = f"{dotted(path)} must be a {kind} topic, because the queue is a {kind} queue"
        fix = f"use a {kind} topic, or set fifo of the queue to {other}"
        yield Finding((path, fifo, ("resources", name, "fifo")), what, name, fix)


def _filter(path: Path, subscription: Subscription) -> Iterator[Finding]:
    policy = subscription.filter_policy
    if len(policy) > _MAX_KEYS:
        what = f"{dotted(path)} must have at most {_MAX_KEYS} attributes"
        yield Finding((path,), what, str(len(policy)), "remove some, or check the others in the worker", "key")
        return
    faults = [fault for key, values in policy.items() for fault in _values((*path, key), key, values)]
    yield from faults
    count = prod(_count(key, values) for key, values in policy.items())
    if not faults and count > _MAX_COMBINATIONS:
        what = f"{dotted(path)} must have at most {_MAX_COMBINATIONS} combinations of values"
        got = " x ".join(str(_count(key, values)) for key, values in policy.items())
        yield Finding(
            (path,), what, f"{got} = {count}" if len(policy) > 1 else got, "use fewer values, or prefix", "key"
        )
    elif not faults and len(json.dumps(policy).encode()) > _MAX_BYTES:
        what = f"{dotted(path)} must be at most {_MAX_BYTES // 1024} KiB as JSON"
        yield Finding((path,), what, "more", "use fewer values, or prefix", "key")


def _count(key: str, values: Any) -> int:
    return len(values) if isinstance(values, tuple) else 1


def _values(path: Path, key: str, values: Any) -> Iterator[Finding]:
    """What is wrong with the values of an attribute, or with the alternatives of `$or`."""
    if not isinstance(values, tuple) or not values:
        what = f"{dotted(path)} must be a list of values"
        got = "an empty list" if values == () else _shown(values)
        simple = isinstance(values, str | int | float | bool)
        yield Finding((path,), what, got, f"write [{_shown(values)}]" if simple else "for example [order_placed]")
        return
    for index, value in enumerate(values):
        at = (*path, index)
        if key == _OR and isinstance(value, Mapping):
            for inner, inner_values in value.items():
                yield from _values((*at, inner), inner, inner_values)
        elif isinstance(value, Mapping) and key != _OR:
            yield from _matcher(at, value)
        elif isinstance(value, tuple | Mapping) or key == _OR:
            what = f"{dotted(at)} must be {'a mapping of attributes' if key == _OR else 'a value or a mapping'}"
            yield Finding((at,), what, _shown(value), "for example order_placed, or {prefix: order_}")
        elif _is_number(value) and not -_MAX_NUMBER <= value <= _MAX_NUMBER:
            what = f"{dotted(at)} must be from -{_MAX_NUMBER} to {_MAX_NUMBER}"
            yield Finding((at,), what, str(value), "put it in quotes to compare it as text")


def _matcher(path: Path, matcher: Mapping[str, Any]) -> Iterator[Finding]:
    """What is wrong with a mapping such as `{prefix: order_}`."""
    operator = next(iter(matcher), "")
    if len(matcher) != 1 or operator not in _OPERATORS:
        what = f"{dotted(path)} must have one of {listed(_OPERATORS)}"
        fix = did_you_mean(operator, _OPERATORS, "for example {prefix: order_}; the operators are")
        got = operator if len(matcher) == 1 else listed(matcher, "and") or "an empty mapping"
        yield Finding((path,), what, got, fix if len(matcher) == 1 else "write one of them")
    elif operator == "exists" and not isinstance(matcher[operator], bool):
        at = (*path, operator)
        yield Finding((at,), f"{dotted(at)} must be true or false", _shown(matcher[operator]), "write true")
    elif operator == "numeric" and not _is_comparison(matcher[operator]):
        at = (*path, operator)
        what = f"{dotted(at)} must be a list of comparisons with numbers"
        yield Finding((at,), what, _shown(matcher[operator]), 'for example [">=", 100] or [">", 0, "<=", 150]')


def _is_comparison(value: Any) -> bool:
    if not isinstance(value, tuple) or len(value) not in (2, 4):
        return False
    return all(each in _COMPARISONS for each in value[::2]) and all(_is_number(each) for each in value[1::2])


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    return "a mapping" if isinstance(value, Mapping) else "a list" if isinstance(value, tuple) else json.dumps(value)


RULES: tuple[Rule, ...] = (subscriptions,)
