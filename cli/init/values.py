"""Which variables of a service are copied to the project file, and which become secrets.

A value is copied if it is complete and does not look like a credential. Values are never printed.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cli.init.compose_data import missing_in
from cli.init.hosts import Hosts
from stacks.credentials import credential_in, names_credential, words_of

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
# Variables that usually hold a password: if not in the compose file, then in production.
_CONNECTION_STRINGS = re.compile(
    r"(?:^|_)(?:DATABASE_URL|DB_URL|DATABASE_URI|DB_URI|DSN|CONNECTION_STRING|MONGO(?:DB)?_UR[LI]|REDIS_TLS_URL|JDBC_URL"
    r"|SQLALCHEMY_DATABASE_URI|CONNECTIONSTRINGS?_\w+)(?:$|_)"
)
_KEYS = re.compile(r"(?:^|_)(?:\w*KEY|SECRETS?|TOKENS?|HASH|SEED|CERT|PEM|DSN|COOKIE)S?(?:_BASE)?$")
_SWITCH = re.compile(r"true|false|yes|no|on|off|0|1", re.I)
_SECRET_FILE = re.compile(r"/run/secrets/([\w.-]+)")
# The task role replaces credentials of AWS; ECS sets the region.
_AWS = frozenset(
    {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"}
    | {"AWS_REGION", "AWS_DEFAULT_REGION"}
)
_MIN_RANDOM = 12
_MIN_ENTROPY = 3.0
_LONGEST_VALUE = 8 * 1024


@dataclass
class Variables:
    """The variables of a service.

    Attributes:
        literals: Names and values that are copied.
        secrets: The names of variables that get their value from SSM.
        invalid: Names that ECS or a shell does not accept.
        aws: Names that the task role or ECS replaces.
        unresolved: The names of variables with the address of services that are not deployed, and those services.
        local: Names of variables with an address on the developer's machine.
        files: Names of variables with the path of a file in /run/secrets, with the name of the variable instead.
    """

    literals: dict[str, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)
    aws: list[str] = field(default_factory=list)
    unresolved: dict[str, list[str]] = field(default_factory=dict)
    local: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)


def classified(environment: Mapping[str, Any], known: Mapping[str, str], hosts: Hosts) -> Variables:
    """Sort the variables of a service.

    Args:
        environment: Names and values of compose; None takes the value from `known`.
        known: The variables of `.env`.
        hosts: The host names of the compose file's services.
    """
    result = Variables()
    for name, content in environment.items():
        _sort(str(name), _text(content, known.get(name)), result, hosts, bool(missing_in(content)))
    # NAME_FILE and NAME can both be set.
    result.secrets = [name for name in dict.fromkeys(result.secrets) if name not in result.literals]
    return result


def _sort(name: str, text: str, result: Variables, hosts: Hosts, incomplete: bool) -> None:
    if name in _AWS or name.startswith("AWS_ENDPOINT_URL"):
        result.aws.append(name)
    elif not _NAME.fullmatch(name) or "\0" in text or len(text) > _LONGEST_VALUE:
        result.invalid.append(name)
    elif name.endswith("_FILE") and len(name) > len("_FILE") and _SECRET_FILE.fullmatch(text):
        result.files[name] = name.removesuffix("_FILE")
        result.secrets.append(name.removesuffix("_FILE"))
    elif omitted := hosts.omitted_in(name, text):
        result.secrets.append(name)
        result.unresolved[name] = omitted
    elif not text or incomplete or is_secret(name, text):
        result.secrets.append(name)
    else:
        result.literals[name] = text
        if hosts.is_local(text):
            result.local.append(name)


def is_secret(name: str, value: str) -> bool:
    """Whether a variable looks like a credential, by its name, its value or both."""
    if _SWITCH.fullmatch(value):
        return False
    if credential_in(value) or names_credential(name) or _CONNECTION_STRINGS.search(words_of(name)):
        return True
    return _random(value) and (bool(_KEYS.search(words_of(name))) or _varied(value))


def secret_words(words: Iterable[str]) -> bool:
    """Whether a command contains a credential."""
    return any(map(credential_in, words))


def _text(content: Any, otherwise: str | None) -> str:
    if content is None:
        return otherwise or ""
    if isinstance(content, bool):
        return str(content).lower()
    return str(content) if isinstance(content, str) else ""


def _random(value: str) -> bool:
    """Whether a value is one long word that is not an address, a path or a number."""
    if len(value) < _MIN_RANDOM or not re.fullmatch(r"[\w+/=.~-]+", value, re.ASCII) or value.isdecimal():
        return False
    shares = [number / len(value) for number in Counter(value).values()]
    return -sum(share * math.log2(share) for share in shares) >= _MIN_ENTROPY


def _varied(value: str) -> bool:
    """Whether letters and digits alternate as in a random text, rather than as in `arn`, a version or a file name."""
    if re.search(r"[./]", value):
        return False
    changes = len(re.findall(r"(?<=[a-zA-Z])(?=\d)|(?<=\d)(?=[a-zA-Z])", value))
    return changes >= 4 and len(value) >= 20
