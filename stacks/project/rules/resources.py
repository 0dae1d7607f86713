"""Rules of resources: their names, buckets, tables and topics.

Sources: the S3 API reference (CORSRule, PutBucketLifecycleConfiguration), the DynamoDB API reference (KeySchemaElement,
TimeToLiveSpecification), the DynamoDB Developer Guide ("Using time to live").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stacks.naming import RESERVED_RESOURCE_NAMES, RESERVED_SERVICE_NAMES
from stacks.project.models import Bucket, Cors, Project, Table
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, repeated
from stacks.project.rules.names import NAME, legal_name
from stacks.project.suggest import listed

# A scheme, a host with at most one wildcard, and a port: what a browser sends as Origin.
_ORIGIN = re.compile(r"\*|https?://(?!.*\*.*\*)[A-Za-z0-9*](?:[A-Za-z0-9.*-]*[A-Za-z0-9*])?(?::\d{1,5})?")
_HEADER = re.compile(r"(?!.*\*.*\*)[A-Za-z0-9*!#$%&'+.^_`|~-]+")
_EXAMPLES = {"key": "for example key: {id: S}", "sort_key": "for example sort_key: {created_at: N}"}
_MAX_CORS = 100
_MAX_ATTRIBUTE = 255


def resource_path(name: str, *below: str | int) -> Path:
    """The path of a resource, or of a value in it."""
    return ("resources", name, *below)


def resource_names(project: Project) -> Iterator[Finding]:
    """Resources and services share one namespace: AWS names and Terraform addresses are made of both."""
    taken = {*project.services, *project.resources}
    for name in project.resources:
        path = resource_path(name)
        if not NAME.fullmatch(name):
            what = "a resource name must be a lower-case letter, then at most 19 lower-case letters, digits or dashes"
            fix = f"rename it, for example to {_free(legal_name(name, 'data'), taken)}"
            yield Finding((path,), what, name or '""', fix, "name")
        elif name in RESERVED_RESOURCE_NAMES:
            reserved = listed(sorted(RESERVED_RESOURCE_NAMES))
            what = f"a resource can't be named {reserved}: ecsforge uses these names for shared resources"
            yield Finding((path,), what, name, f"rename it, for example to {_free(name, taken)}", "name")
        elif name in project.services:
            what = f"{dotted(path)} and {dotted(('services', name))} have the same name"
            fix = f"rename one of them, for example the resource to {_free(name, taken)}"
            yield Finding((path, ("services", name)), what, name, fix, "name")


def _free(name: str, taken: set[str]) -> str:
    """A valid name that is not reserved and that nothing else has."""
    options = (name, f"{name}-data", f"my-{name}", *(f"{name[:17]}-{number}" for number in range(2, 100)), "data")
    reserved = RESERVED_RESOURCE_NAMES | RESERVED_SERVICE_NAMES
    return next(each for each in options if NAME.fullmatch(each) and each not in reserved and each not in taken)


def buckets(project: Project) -> Iterator[Finding]:
    """Origins are what browsers send; headers are names with at most one wildcard."""
    for name, bucket in project.resources.items():
        if not isinstance(bucket, Bucket):
            continue
        path = resource_path(name, "cors")
        if len(bucket.cors) > _MAX_CORS:
            what = f"{dotted(path)} must have at most {_MAX_CORS} items"
            yield Finding((path,), what, str(len(bucket.cors)), "list several origins in one item", "key")
            continue
        for index, (written, rule) in enumerate(zip(bucket.cors, bucket.cors_rules, strict=True)):
            at = (*path, index)
            if isinstance(written, str):
                yield from _origin(at, written)
            else:
                yield from _cors(at, rule)


def _cors(path: Path, rule: Cors) -> Iterator[Finding]:
    for key, example in (("origins", "https://shop.example.com"), ("methods", "GET")):
        at, values = (*path, key), getattr(rule, key)
        if not values:
            yield Finding((at,), f"{dotted(at)} must have at least one item", "none", f"for example [{example}]")
        yield from repeated(at, values)
    for index, origin in enumerate(rule.origins):
        yield from _origin((*path, "origins", index), origin)
    for key in ("headers", "expose_headers"):
        for index, header in enumerate(getattr(rule, key)):
            yield from _header((*path, key, index), header, wildcard=key == "headers")


def _origin(path: Path, origin: str) -> Iterator[Finding]:
    if not _ORIGIN.fullmatch(origin):
        what = f"{dotted(path)} must be an origin: a scheme and a host, with at most one *"
        plain = re.match(r"https?://[A-Za-z0-9.-]+(?::\d{1,5})?(?=/)", origin)
        host = re.fullmatch(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", origin)
        fix = (
            f"write {plain[0]}"
            if plain
            else f"write https://{origin}"
            if host
            else "for example https://shop.example.com"
        )
        yield Finding((path,), what, origin or '""', fix)


def _header(path: Path, header: str, *, wildcard: bool) -> Iterator[Finding]:
    if not _HEADER.fullmatch(header) or ("*" in header and not wildcard):
        what = f"{dotted(path)} must be a header" + (", with at most one *" if wildcard else ", without *")
        yield Finding((path,), what, header or '""', "for example ETag" if not wildcard else 'for example "x-amz-*"')


def tables(project: Project) -> Iterator[Finding]:
    """A table has one partition key and at most one sort key, which are different attributes, and none is the TTL."""
    for name, table in project.resources.items():
        if isinstance(table, Table):
            yield from _table(name, table)


def _table(name: str, table: Table) -> Iterator[Finding]:
    keys = {"key": table.key, **({} if table.sort_key is None else {"sort_key": table.sort_key})}
    for key, attributes in keys.items():
        path = resource_path(name, key)
        if len(attributes) != 1:
            what = f"{dotted(path)} must have exactly one attribute"
            got = listed(attributes, "and") or "none"
            second = key == "key" and len(attributes) > 1
            fix = "keep one, and make the other one sort_key" if second else _EXAMPLES[key]
            yield Finding((path,), what, got, fix)
        for attribute in attributes:
            yield from _attribute((*path, attribute), attribute, "name")
    shared = [attribute for attribute in table.sort_key or {} if attribute in table.key]
    for attribute in shared:
        paths = resource_path(name, "sort_key", attribute), resource_path(name, "key", attribute)
        what = f"{dotted(paths[0][:-1])} must be another attribute than key"
        yield Finding(paths, what, attribute, "rename it, or remove sort_key", "key")
    if table.ttl is not None:
        yield from _ttl(name, table, table.ttl)


def _ttl(name: str, table: Table, ttl: str) -> Iterator[Finding]:
    path = resource_path(name, "ttl")
    holder = next((key for key in ("key", "sort_key") if ttl in (getattr(table, key) or {})), None)
    if holder is not None:
        what = f"{dotted(path)} must be another attribute than {holder}"
        yield Finding((path, resource_path(name, holder, ttl)), what, ttl, "for example ttl: expires_at")
        return
    yield from _attribute(path, ttl, "value")


def _attribute(path: Path, attribute: str, at: str) -> Iterator[Finding]:
    if not 1 <= len(attribute.encode()) <= _MAX_ATTRIBUTE:
        what = f"an attribute in {dotted(path[:2])} must be 1 to {_MAX_ATTRIBUTE} bytes"
        got = f"{len(attribute.encode())} bytes"
        if at == "name":
            yield Finding((path,), what, got, "rename it, for example to id", "name")
        else:
            yield Finding((path,), what, got, "for example expires_at")


RULES: tuple[Rule, ...] = (resource_names, buckets, tables)
