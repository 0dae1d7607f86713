"""Rules of the inputs of a container: environment variables, secrets, environment files, and credentials that should be
secrets.

Sources: the ECS Developer Guide ("Passing sensitive data", "Passing environment variables"), the naming rules of
SSM parameters, Secrets Manager secrets and S3 buckets.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

from stacks.credentials import credential_in, names_credential
from stacks.errors import NOT_SHOWN
from stacks.project.models import Project, Service
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Container, Finding, Rule, containers, duplicates, service_path
from stacks.project.rules.names import bucket_fault

SET_BY_ECS = frozenset(
    {
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "ECS_CONTAINER_METADATA_URI",
        "ECS_CONTAINER_METADATA_URI_V4",
        "ECS_AGENT_URI",
    }
)
MAX_ENV_FILES = 10

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SSM_NAME = r"(?:/[A-Za-z0-9_.-]+){1,15}"
_SECRET_NAME = r"[A-Za-z0-9/_+=.@-]{1,512}"
# json-key, version-stage and version-id; ECS accepts a stage or a version, not both.
_SELECTOR = r"(?::[^:]*(?::[A-Za-z0-9_+=.@!-]{0,256})?|:[^:]*::[A-Za-z0-9-]{32,64})?"
_ARN = r"arn:aws(?:-[a-z]+)*"
_REFERENCE = re.compile(
    rf"ssm:{_SSM_NAME}"
    rf"|secretsmanager:{_SECRET_NAME}{_SELECTOR}:{{0,2}}"
    rf"|{_ARN}:ssm:[a-z0-9-]+:\d{{12}}:parameter(?:/[A-Za-z0-9_.-]+)+"
    rf"|{_ARN}:secretsmanager:[a-z0-9-]+:\d{{12}}:secret:{_SECRET_NAME}{_SELECTOR}:{{0,2}}"
)
_MAX_SSM_NAME = 1011
_ENV_FILE = re.compile(r"s3://(?P<bucket>[^/]+)/(?P<key>.{1,1024})")

_POINTER = re.compile(r"(?:[a-z0-9+.-]+://|/|\$\{|arn:).*|.*\.(?:json|pem|txt|key|crt)", re.I)
_MIN_SECRET_LENGTH = 8
# Bits per character: words and dates are below this, random text of at least eight characters is above it.
_MIN_ENTROPY = 2.8


def variable_names(project: Project) -> Iterator[Finding]:
    """Variables have names that a shell can read."""
    for container in containers(project):
        for section in ("environment", "secrets"):
            for name in getattr(container.config, section):
                path = (*container.path, section, name)
                if not _NAME.fullmatch(name):
                    allowed = "letters, digits and underscores, and not start with a digit"
                    what = f"names in {dotted(path[:-1])} must be {allowed}"
                    yield Finding((path,), what, name or '""', f"rename it, for example to {_legal_name(name)}", "name")
                elif name in SET_BY_ECS:
                    fix = "remove it, unless the container needs another value"
                    yield Finding((path,), f"ECS sets {name} itself", name, fix, "key", "warning")


def _legal_name(name: str) -> str:
    legal = re.sub(r"[^A-Za-z0-9_]", "_", name)
    legal = legal if legal.strip("_") else "NAME"
    return f"_{legal}" if legal[0].isdigit() else legal


def variables_once(project: Project) -> Iterator[Finding]:
    """A variable is in `environment` or in `secrets`, not in both."""
    for container in containers(project):
        for name in container.config.environment:
            if name in container.config.secrets:
                paths = (*container.path, "environment", name), (*container.path, "secrets", name)
                what = f"{name} is in both environment and secrets of {dotted(container.path)}"
                yield Finding(paths, what, name, "remove one of them", "key")


def secret_references(project: Project) -> Iterator[Finding]:
    """A secret is a reference. Messages do not show the value, which may be the secret itself."""
    for container in containers(project):
        for name, value in container.config.secrets.items():
            path = (*container.path, "secrets", name)
            legal = _REFERENCE.fullmatch(value) and len(value) <= _MAX_SSM_NAME + len("ssm:")
            if not legal:
                forms = "ssm:/name, secretsmanager:name[:json-key[:stage[:version]]] or the full ARN of either"
                what = f"{dotted(path)} must be {forms}"
                fix = "store the value in SSM or Secrets Manager and reference it here"
                yield Finding((path,), what, NOT_SHOWN, fix)


def env_files(project: Project) -> Iterator[Finding]:
    """Environment files are `.env` objects in S3."""
    for name, service in project.services.items():
        path = service_path(name, "env_files")
        if len(service.env_files) > MAX_ENV_FILES:
            what = f"{dotted(path)} must list at most {MAX_ENV_FILES} files"
            yield Finding((path,), what, str(len(service.env_files)), "merge some of them")
        yield from _env_files(name, service)
        for first, again, file in duplicates(service.env_files):
            what = f"{dotted((*path, again))} duplicates {dotted((*path, first))}"
            yield Finding(((*path, again), (*path, first)), what, file, "remove one of them")


def _env_files(name: str, service: Service) -> Iterator[Finding]:
    for index, file in enumerate(service.env_files):
        path = service_path(name, "env_files", index)
        match = _ENV_FILE.fullmatch(file)
        if match is None or not match["key"].endswith(".env"):
            what = f"{dotted(path)} must be a file in S3 that ends in .env"
            yield Finding((path,), what, file or '""', "for example s3://my-bucket/web.env")
        elif fault := bucket_fault(match["bucket"]):
            yield Finding((path,), f"the bucket in {dotted(path)} {fault}", match["bucket"], "check the bucket name")


def credentials(project: Project) -> Iterator[Finding]:
    """Values outside of `secrets` do not look like credentials: anyone who can describe the task can read them."""
    for container in containers(project):
        for name, value in container.config.environment.items():
            if kind := credential_kind(name, value):
                path = (*container.path, "environment", name)
                what = (
                    f"{dotted(path)} looks like {kind}, and environment is readable by anyone who can describe the task"
                )
                fix = f"store it in SSM or Secrets Manager and write secrets: {{{name}: ssm:/path/to/it}}"
                yield Finding((path,), what, NOT_SHOWN, fix, severity="warning")
        for path, argument in _arguments(container):
            if kind := credential_in(argument):
                what = (
                    f"{dotted(path)} looks like {kind}, and a command is readable by anyone who can describe the task"
                )
                fix = "store it in SSM or Secrets Manager, reference it under secrets, and read that variable here"
                yield Finding((path,), what, NOT_SHOWN, fix, severity="warning")
    for key, value in project.tags.items():
        if kind := credential_in(value):
            readers = "anyone who can describe a resource"
            what = f"{dotted(('tags', key))} looks like {kind}, and tags are readable by {readers}"
            yield Finding((("tags", key),), what, NOT_SHOWN, "remove it", severity="warning")


def _arguments(container: Container) -> Iterator[tuple[Path, str]]:
    """Every word of the commands of a container, and its path."""
    config = container.config
    commands: dict[Path, tuple[str, ...]] = {(*container.path, "command"): config.command}
    if isinstance(config, Service):
        commands[*container.path, "entrypoint"] = config.entrypoint
    if check := container.health_check:
        commands[*container.health_check_path, "command"] = check.command
    for path, words in commands.items():
        yield from (((*path, index), word) for index, word in enumerate(words))


def credential_kind(name: str, value: str) -> str | None:
    """The kind of credential that a variable seems to contain; None when it does not seem to contain one."""
    if kind := credential_in(value):
        return kind
    if names_credential(name) and not _POINTER.fullmatch(value) and _random(value):
        return "a password or token"
    return None


def _random(value: str) -> bool:
    """Whether text is long and varied enough to be a secret rather than a word, a number or a flag."""
    if len(value) < _MIN_SECRET_LENGTH or value.isdecimal() or " " in value.strip():
        return False
    shares = [count / len(value) for count in Counter(value).values()]
    return -sum(share * math.log2(share) for share in shares) >= _MIN_ENTROPY


RULES: tuple[Rule, ...] = (variable_names, variables_once, secret_references, env_files, credentials)
