"""Rules of what the execution role reads: names of secrets, and the keys that encrypt them.

Sources: the Secrets Manager User Guide ("What's in a Secrets Manager secret?") and API reference (GetSecretValue,
SecretId), the KMS Developer Guide ("Key identifiers", "Using IAM policies with AWS KMS").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stacks.project.data.regions import REGIONS
from stacks.project.models import Project, Service
from stacks.project.nodes import dotted
from stacks.project.rules.finding import Finding, Rule, containers, containers_of, repeated, service_path
from stacks.references import partition_of

_LIKE_WHOLE_ARN = re.compile(r"secretsmanager:(?P<name>[A-Za-z0-9/_+=.@!-]*-[A-Za-z0-9]{6})(?::[^:]*){0,3}", re.ASCII)
_HEX_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_KEY = re.compile(
    rf"arn:(?P<partition>aws(?:-[a-z]+)*):kms:(?P<region>[a-z0-9-]+):\d{{12}}:key/(?:{_HEX_ID}|mrk-[0-9a-f]{{32}})",
    re.ASCII,
)


def secret_names(project: Project) -> Iterator[Finding]:
    """Secrets Manager reads a name that ends in a dash and six letters or digits as the end of a complete ARN."""
    for container in containers(project):
        for name, value in container.config.secrets.items():
            if match := _LIKE_WHOLE_ARN.fullmatch(value):
                path = (*container.path, "secrets", name)
                what = (
                    f"{dotted(path)} ends in a dash and six characters, which Secrets Manager reads as the end of a "
                    "complete ARN"
                )
                arn = f"arn:{partition_of(project.region)}:secretsmanager:{project.region}:{_account(project)}"
                fix = f"write the whole ARN: {arn}:secret:{match['name']}-XXXXXX"
                yield Finding((path,), what, value, fix)


def _account(project: Project) -> str:
    return project.account_id or "ACCOUNT"


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


def _kms_key(project: Project, path: tuple[str | int, ...], arn: str) -> Iterator[Finding]:
    match, region, partition = _KEY.fullmatch(arn), project.region, partition_of(project.region)
    example = f"arn:{partition}:kms:{region}:{_account(project)}:key/ID"
    if match is None:
        alias = ":alias/" in arn or arn.startswith("alias/")
        fix = f"write the ARN of the key{' instead of its alias' if alias else ''}: {example}"
        yield Finding((path,), f"{dotted(path)} must be the ARN of a KMS key", arn or '""', fix)
    elif region in REGIONS and match["partition"] != partition:
        what = f"{dotted(path)} must be an ARN in {partition}, the partition of {region}"
        yield Finding((path, ("region",)), what, match["partition"], f"write arn:{partition}:...")
    elif match["region"] != region:
        what = f"{dotted(path)} must be a key in {region}, because ECS reads secrets and files of that region"
        yield Finding((path, ("region",)), what, match["region"], f"use the key that encrypts them in {region}")


def _reads_encrypted(name: str, service: Service) -> bool:
    """Whether ECS reads secrets or files for the service, as far as the project file shows it."""
    own = any(container.config.secrets for container in containers_of(name, service))
    return own or bool(service.env_files or service.task_definition_template)


RULES: tuple[Rule, ...] = (secret_names, kms_keys)
