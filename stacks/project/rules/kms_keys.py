"""Rules of the KMS keys that encrypt what the execution role reads.

Source: the KMS Developer Guide ("Key identifiers", "Using IAM policies with AWS KMS").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stacks.project.data.regions import REGIONS
from stacks.project.models import Project, Service
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, containers_of, repeated, service_path
from stacks.references import partition_of

_HEX_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_KEY = re.compile(
    rf"arn:aws(?:-[a-z]+)*:kms:(?P<region>[a-z0-9-]+):\d{{12}}:key/(?:{_HEX_ID}|mrk-[0-9a-f]{{32}})",
    re.ASCII,
)


def kms_keys(project: Project) -> Iterator[Finding]:
    """Keys are key ARNs of the project's region: in a policy an alias is not its key."""
    for name, service in project.services.items():
        path = service_path(name, "kms_keys")
        yield from repeated(path, service.kms_keys)
        for index, arn in enumerate(service.kms_keys):
            yield from _kms_key(project, (*path, index), arn)
        if service.kms_keys and not _reads_encrypted(name, service):
            what = f"{dotted(path)} has no effect, because {name} has neither secrets nor env_files"
            yield Finding((path,), what, None, "remove it", "key", "warning")


def _kms_key(project: Project, path: Path, arn: str) -> Iterator[Finding]:
    match, region = _KEY.fullmatch(arn), project.region
    if match is None:
        example = f"arn:{partition_of(region)}:kms:{region}:{project.account_id or 'ACCOUNT'}:key/ID"
        alias = ":alias/" in arn or arn.startswith("alias/")
        fix = f"write the ARN of the key{' instead of its alias' if alias else ''}: {example}"
        yield Finding((path,), f"{dotted(path)} must be the ARN of a KMS key", arn or '""', fix)
    elif region in REGIONS and match["region"] != region:
        what = f"{dotted(path)} must be a key in {region}, because ECS reads secrets and files of that region"
        yield Finding((path, ("region",)), what, match["region"], f"use the key that encrypts them in {region}")


def is_key_in(region: str, arn: str) -> bool:
    """Whether this is the ARN of a KMS key in the region."""
    match = _KEY.fullmatch(arn)
    return match is not None and match["region"] == region


def _reads_encrypted(name: str, service: Service) -> bool:
    """Whether ECS reads secrets or files for the service, as far as the project file shows it."""
    configs = [container.config for container in containers_of(name, service)]
    own = any(config.secrets or config.image_credentials for config in configs)
    return own or bool(service.logs.secret_options or service.all_env_files or service.task_definition_template)


RULES: tuple[Rule, ...] = (kms_keys,)
