"""Rules of names, tags, accounts and regions.

Sources: the names in `stacks/naming/`, the AWS tagging rules, the S3 bucket naming rules, botocore's
list of regions.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator

from stacks.naming import RESERVED_SERVICE_NAMES
from stacks.project.data.regions import REGIONS
from stacks.project.models import Project
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, service_path
from stacks.project.suggest import listed, nearest

MAX_TAGS = 40
OWN_TAGS = ("Environment", "ManagedBy", "Name", "Project")
"""The tags that ecsforge sets on every resource."""
_PROJECT_ID = re.compile(r"(?!.*--)[a-z][a-z0-9-]{0,22}[a-z0-9]")
NAME = re.compile(r"[a-z][a-z0-9-]{0,19}")
"""The names of services and resources."""
# Letters, digits and spaces of any script (Resource Groups Tagging API: \p{L}, \p{Z} and \p{N}).
_TAG = re.compile(r"[\w \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000.:/=+@-]*")
_MAX_TAG_KEY, _MAX_TAG_VALUE = 128, 256
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_BUCKET_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_BUCKET_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3")


def project_id(project: Project) -> Iterator[Finding]:
    """The project's name is part of nearly every AWS name."""
    if not _PROJECT_ID.fullmatch(project.project_id):
        what = "project_id must be 2 to 24 lower-case letters, digits and single dashes, starting with a letter"
        fix = f"for example {_legal(project.project_id, _PROJECT_ID, 'node-app')}"
        yield Finding((("project_id",),), what, project.project_id or '""', fix)


def legal_name(name: str, otherwise: str) -> str:
    """A valid name of a service or resource that is near to `name`."""
    return _legal(name, NAME, otherwise)


def _legal(name: str, pattern: re.Pattern[str], otherwise: str) -> str:
    """A valid name: the name in lower case, with dashes for everything other than letters and digits."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-").lstrip("0123456789-")
    cut = next((size for size in range(len(plain), 1, -1) if pattern.fullmatch(plain[:size])), 0)
    return plain[:cut].rstrip("-") or otherwise


def service_names(project: Project) -> Iterator[Finding]:
    """Service names are short, because they are part of AWS names; some are reserved for shared resources."""
    if not project.services:
        yield Finding(
            (("services",),), "services must have at least one service", "none", "add one, for example web: {}"
        )
    for name in project.services:
        path = service_path(name)
        if not NAME.fullmatch(name):
            what = "a service name must be a lower-case letter, then at most 19 lower-case letters, digits or dashes"
            example = _free(_legal(name, NAME, "web"), project.services)
            yield Finding((path,), what, name or '""', f"rename it, for example to {example}", "name")
        elif name in RESERVED_SERVICE_NAMES:
            reserved = listed(sorted(RESERVED_SERVICE_NAMES))
            what = f"a service can't be named {reserved}: ecsforge uses these names for shared resources"
            example = _free(name, project.services)
            yield Finding((path,), what, name, f"rename it, for example to {example}", "name")


def _free(name: str, taken: Iterable[str]) -> str:
    """A valid service name that is not reserved and that no other service has."""
    others = (f"{name}-service", f"my-{name}", *(f"{name[:17]}-{number}" for number in range(2, 100)), "app")
    legal = filter(NAME.fullmatch, (name, *others))
    return next(each for each in legal if each not in RESERVED_SERVICE_NAMES and each not in taken)


def regions(project: Project) -> Iterator[Finding]:
    """Regions are in botocore's list."""
    for path, region in ((("region",), project.region), (("state", "region"), project.state.region)):
        if region is not None and region not in REGIONS:
            yield Finding((path,), f"{dotted(path)} must be an AWS region", region or '""', region_fix(region))


def region_fix(region: str) -> str:
    """How to fix a text that is not a region."""
    near = nearest(region, REGIONS)
    return f"did you mean {near}?" if near else "for example us-east-1 or eu-west-1"


def tags(project: Project) -> Iterator[Finding]:
    """Tags are valid for every AWS service."""
    if len(project.tags) > MAX_TAGS:
        what = f"tags must have at most {MAX_TAGS} entries: AWS allows 50, and ecsforge adds its own"
        yield Finding((("tags",),), what, str(len(project.tags)), "remove some", "key")
    # IAM ignores case in tag keys, and rejects a role with two keys that only differ in case.
    taken: dict[str, Path] = {}
    for key, value in project.tags.items():
        path = ("tags", key)
        if own := next((own for own in OWN_TAGS if own.lower() == key.lower()), None):
            yield Finding((path,), f"the tag {own} is set by ecsforge", key, "remove it, or rename it", "key")
        elif key.lower() in taken:
            other = taken[key.lower()]
            what = f"tag keys must differ in more than case: to IAM, {key} and {other[-1]} are the same key"
            yield Finding((path, other), what, key, "remove one of them", "key")
        taken.setdefault(key.lower(), path)
        if key.lower().startswith("aws:"):
            yield Finding((path,), "a tag key must not start with aws:, which AWS reserves", key, "rename it", "key")
        elif not 1 <= len(key) <= _MAX_TAG_KEY or not _TAG.fullmatch(key):
            what = f"a tag key must be 1 to {_MAX_TAG_KEY} letters, digits, spaces and _.:/=+-@"
            yield Finding((path,), what, key or '""', "shorten or rename it", "key")
        if len(value) > _MAX_TAG_VALUE or not _TAG.fullmatch(value):
            what = f"{dotted(path)} must be at most {_MAX_TAG_VALUE} letters, digits, spaces and _.:/=+-@"
            got = f"{len(value)} characters" if len(value) > _MAX_TAG_VALUE else value
            yield Finding((path,), what, got, "shorten it, or remove other characters")


def bucket_fault(name: str) -> str | None:
    """What is invalid in a bucket name, as the end of a sentence that starts with the bucket."""
    if not _BUCKET.fullmatch(name) or ".." in name:
        return "must be 3 to 63 lower-case letters, digits, dashes and single dots, with a letter or digit at both ends"
    if start := next((start for start in _BUCKET_STARTS if name.startswith(start)), None):
        return f"must not start with {start}, which S3 reserves"
    if end := next((end for end in _BUCKET_ENDS if name.endswith(end)), None):
        return f"must not end with {end}, which S3 reserves"
    return "must not be an IP address" if _is_address(name) else None


def _is_address(name: str) -> bool:
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True


RULES: tuple[Rule, ...] = (project_id, service_names, regions, tags)
