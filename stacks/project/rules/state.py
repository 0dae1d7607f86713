"""Rules of the Terraform state."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stacks.project.models import Project
from stacks.project.nodes import dotted
from stacks.project.rules.finding import Finding, Rule
from stacks.project.rules.names import bucket_fault

_REQUIRED = {"s3": ("bucket", "my-company-terraform-state"), "cloud": ("organization", "my-company")}
_KEYS_OF = {
    "bucket": "s3",
    "key_prefix": "s3",
    "region": "s3",
    "lock": "s3",
    "kms_key": "s3",
    "organization": "cloud",
}
_KEY_PREFIX = re.compile(r"[A-Za-z0-9!_.*'()-]+(?:/[A-Za-z0-9!_.*'()-]+)*/?")
_KEY = r"(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})"
_ALIAS = r"alias/[A-Za-z0-9/_-]{1,250}"
_KMS_KEY = re.compile(rf"{_KEY}|{_ALIAS}|arn:aws(?:-[a-z]+)*:kms:[a-z0-9-]+:\d{{12}}:(?:key/{_KEY}|{_ALIAS})", re.ASCII)
_ORGANIZATION = re.compile(r"[A-Za-z0-9_-]{3,40}")


def backend(project: Project) -> Iterator[Finding]:
    """A backend has its required keys, and no keys of another backend."""
    state = project.state
    cause = ("state", "backend")
    if state.backend in _REQUIRED:
        key, example = _REQUIRED[state.backend]
        if getattr(state, key) is None:
            what = f"state.backend {state.backend} needs {key}"
            yield Finding((("state",), cause, ("state", key)), what, None, f"add {key}: {example}", "missing")
    for key, owner in _KEYS_OF.items():
        if key in state.model_fields_set and state.backend != owner:
            path = ("state", key)
            what = f"{dotted(path)} is only for the backend {owner}"
            yield Finding(
                (path, cause), what, f"backend {state.backend}", f"remove it, or write backend: {owner}", "key"
            )


def names(project: Project) -> Iterator[Finding]:
    """Bucket, key prefix, KMS key and organization are valid names; those of another backend are reported already."""
    given = project.state
    state = given.model_copy(update={key: None for key, owner in _KEYS_OF.items() if owner != given.backend})
    if state.bucket is not None and (fault := bucket_fault(state.bucket)):
        fix = "for example my-company-terraform-state"
        yield Finding((("state", "bucket"),), f"state.bucket {fault}", state.bucket or '""', fix)
    if state.key_prefix is not None and not _KEY_PREFIX.fullmatch(state.key_prefix):
        what = "state.key_prefix must be letters, digits, dashes and single slashes, and not start with a slash"
        yield Finding((("state", "key_prefix"),), what, state.key_prefix or '""', "for example teams/web")
    if state.kms_key is not None and not _KMS_KEY.fullmatch(state.kms_key):
        what = "state.kms_key must be the ARN, the id or the alias of a KMS key"
        fix = "for example alias/terraform-state, or copy the ARN from the KMS console"
        yield Finding((("state", "kms_key"),), what, state.kms_key or '""', fix)
    if state.organization is not None and not _ORGANIZATION.fullmatch(state.organization):
        what = "state.organization must be 3 to 40 letters, digits, dashes and underscores"
        yield Finding((("state", "organization"),), what, state.organization or '""', "copy it from HCP Terraform")


RULES: tuple[Rule, ...] = (backend, names)
