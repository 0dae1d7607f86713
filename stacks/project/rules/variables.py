"""Rules of the inputs of a container: environment variables, environment files, and credentials that should be secrets.

Sources: the ECS API reference (KeyValuePair), the ECS Developer Guide ("Passing environment variables") and the naming
rules of S3 buckets.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, count

from stacks.credentials import credential_in, names_credential, words_of
from stacks.errors import NOT_SHOWN
from stacks.project.models import Project, Service, written_texts
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Container, Finding, Rule, containers, repeated
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

_READABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ILLEGAL = re.compile(r"[=\x00-\x1f\x7f-\x9f]")
_ENV_FILE = re.compile(r"s3://(?P<bucket>[^/]+)/(?P<key>.{1,1024})")

_POINTER = re.compile(r"(?:[a-z0-9+.-]+://|/|\$\{|arn:).*|.*\.(?:json|pem|txt|key|crt)", re.I)
# Names of variables for passwords, which can be short words.
_PASSWORD = re.compile(r"(?:PASSWORD|PASSWD|PASSPHRASE|(?:^|_)(?:PASS|PWD|PW))\d*(?:_|$)")
# Placeholders, switches and settings: changeme, <password>, {{ password }}, %PASSWORD%, xxxx, disabled, true.
_NOT_A_PASSWORD = re.compile(
    r"|[$<{%*\[].*|x+|\.+|-|(?:change|replace|fill)[ _-]?(?:me|it|this)?|(?:your|my|the)[ _-].*"
    r"|none|null|nil|empty|todo|tbd|example|dummy|placeholder|unset"
    r"|true|false|yes|no|on|off|(?:en|dis)abled(?:-.*)?|required|optional|auto|always|never",
    re.I,
)
# A short text of letters and digits; a longer one must also be varied, because it may be the name of something.
_MIXED = re.compile(r"(?=.*[A-Za-z])(?=.*\d)[A-Za-z0-9]{6,7}")
_MIN_SECRET_LENGTH = 8
# Bits per character: words and dates are below this, random text of at least eight characters is above it.
_MIN_ENTROPY = 2.8


def variable_names(project: Project) -> Iterator[Finding]:
    """Names are any text without `=` and control characters; one that a shell can't read is a warning."""
    for container in containers(project):
        for section in ("environment", "secrets"):
            names: dict[str, object] = getattr(container.config, section)
            for name in names:
                path = (*container.path, section, name)
                if not _READABLE.fullmatch(name):
                    yield from _name_findings(path, name, names)
                elif name in SET_BY_ECS:
                    fix = "remove it, unless the container needs another value"
                    yield Finding((path,), f"ECS sets {name} itself", name, fix, "key", "warning")


def variable_name(path: Path, name: str) -> Iterator[Finding]:
    """What is wrong with the name of a variable that is written as a value."""
    if not name or _ILLEGAL.search(name):
        what = f"{dotted(path)} must be the name of a variable, without = and control characters"
        yield Finding((path,), what, name or '""', f"for example {_readable_name(name, ())}")
    elif not _READABLE.fullmatch(name):
        what = f"a shell can't read the variable {name} in {dotted(path)}"
        fix = f"for example {_readable_name(name, ())}, unless the program reads this name"
        yield Finding((path,), what, name, fix, severity="warning")


def _name_findings(path: Path, name: str, names: Iterable[str]) -> Iterator[Finding]:
    """A finding about the name of a variable that a shell can't read."""
    other = _readable_name(name, names)
    if not name or _ILLEGAL.search(name):
        what = f"names in {dotted(path[:-1])} must not be empty or contain = or control characters"
        yield Finding((path,), what, name or '""', f"rename it, for example to {other}", "name")
    else:
        what = f"a shell can't read the variable {name} in {dotted(path[:-1])}"
        fix = f"rename it, for example to {other}, unless the program reads this name"
        yield Finding((path,), what, name, fix, "name", "warning")


def _readable_name(name: str, taken: Iterable[str]) -> str:
    """A name that a shell can read, and that no other variable has."""
    plain = re.sub(r"[^A-Za-z0-9_]", "_", name)
    plain = plain if plain.strip("_") else "NAME"
    plain = f"_{plain}" if plain[0].isdigit() else plain
    numbered = (f"{plain}_{number}" for number in count(2))
    return next(free for free in chain([plain], numbered) if free not in taken)


def variables_once(project: Project) -> Iterator[Finding]:
    """A variable is in `environment` or in `secrets`, not in both."""
    for container in containers(project):
        for name in container.config.environment:
            if name in container.config.secrets:
                paths = (*container.path, "environment", name), (*container.path, "secrets", name)
                what = f"{name} is in both environment and secrets of {dotted(container.path)}"
                yield Finding(paths, what, name, "remove one of them", "key")


def env_files(project: Project) -> Iterator[Finding]:
    """Environment files are `.env` objects in S3."""
    for container in containers(project):
        path, files = (*container.path, "env_files"), container.config.env_files
        if len(files) > MAX_ENV_FILES:
            what = f"{dotted(path)} must list at most {MAX_ENV_FILES} files"
            yield Finding((path,), what, str(len(files)), "merge some of them")
        for index, file in enumerate(files):
            yield from _env_file((*path, index), file)
        yield from repeated(path, files)


def _env_file(path: Path, file: str) -> Iterator[Finding]:
    match = _ENV_FILE.fullmatch(file)
    if match is None or not match["key"].endswith(".env"):
        what = f"{dotted(path)} must be a file in S3 that ends in .env"
        yield Finding((path,), what, file or '""', "for example s3://my-bucket/web.env")
    elif fault := bucket_fault(match["bucket"]):
        yield Finding((path,), f"the bucket in {dotted(path)} {fault}", match["bucket"], "check the bucket name")


def credentials(project: Project) -> Iterator[Finding]:
    """Values outside of `secrets` do not look like credentials: anyone who can describe the task can read them."""
    for container in containers(project):
        yield from _log_options(container)
        for name, value in written_texts(container.config.environment).items():
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


def _log_options(container: Container) -> Iterator[Finding]:
    """Options of a log output that look like credentials."""
    config = container.config
    for name, value in config.logs.options.items() if isinstance(config, Service) else ():
        if kind := credential_kind(name, value):
            path = (*container.path, "logs", "options", name)
            what = f"{dotted(path)} looks like {kind}, and options are readable by anyone who can describe the task"
            fix = f"store it in SSM or Secrets Manager and write secret_options: {{{name}: ssm:/path/to/it}}"
            yield Finding((path,), what, NOT_SHOWN, fix, severity="warning")


def _arguments(container: Container) -> Iterator[tuple[Path, str]]:
    """Every word of the commands of a container, and its path."""
    config = container.config
    keys = ("command", "entrypoint")
    commands: dict[Path, tuple[str, ...]] = {(*container.path, key): getattr(config, key) for key in keys}
    if check := container.health_check:
        commands[*container.health_check_path, "command"] = check.command
    for path, words in commands.items():
        yield from (((*path, index), word) for index, word in enumerate(words))


def credential_kind(name: str, value: str) -> str | None:
    """The kind of credential that a variable seems to contain; None when it does not seem to contain one."""
    if kind := credential_in(value):
        return kind
    if not names_credential(name) or _POINTER.fullmatch(value):
        return None
    found = _random(value) or _MIXED.fullmatch(value) or _is_password(name, value)
    return "a password or token" if found else None


def _is_password(name: str, value: str) -> bool:
    """Whether a variable for a password has a value, however short, that is not a placeholder or a switch."""
    return _PASSWORD.search(words_of(name)) is not None and not _NOT_A_PASSWORD.fullmatch(value.strip())


def _random(value: str) -> bool:
    """Whether text is long and varied enough to be a secret rather than a word, a number or a flag."""
    if len(value) < _MIN_SECRET_LENGTH or value.isdecimal() or " " in value.strip():
        return False
    shares = [count / len(value) for count in Counter(value).values()]
    return -sum(share * math.log2(share) for share in shares) >= _MIN_ENTROPY


RULES: tuple[Rule, ...] = (variable_names, variables_once, env_files, credentials)
