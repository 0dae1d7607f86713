"""Recognizes values that a plan must not show, in addition to those that Terraform marks as sensitive.

The value of an environment variable is plain text to Terraform and to ECS, and plans are read in CI logs and pull
requests.
"""

from __future__ import annotations

import re

from stacks.credentials import credential_in, names_credential, words_of

MASK = "(sensitive)"
# Wider than the warnings of `validate`: hiding too much does no harm.
_NAME = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|SECRETS?|TOKENS?|KEYS?|CREDENTIALS?|CREDS|AUTH|DSN|SALT|COOKIE|"
    r"SIGNATURE|WEBHOOK|CONNECTION_STRING|CONN_STR)(?:_|$)"
)


def looks_secret(name: str, value: object) -> bool:
    """Whether the variable `name` looks like a credential, by its name or by its value."""
    return names_credential(name) or bool(_NAME.search(words_of(name))) or is_credential(value)


def is_credential(value: object) -> bool:
    """Whether the text of a value looks like a credential, or contains one."""
    return credential_in(str(value)) is not None


def contains_credential(value: object, name: str = "") -> bool:
    """Whether a JSON value called `name` looks like a credential, or contains one under any name."""
    if isinstance(value, dict):
        if isinstance(value.get("name"), str) and "value" in value and looks_secret(value["name"], value["value"]):
            return True
        return any(contains_credential(item, str(key)) for key, item in value.items())
    if isinstance(value, list):
        return is_credential(value) or any(contains_credential(item, name) for item in value)
    return isinstance(value, str) and bool(value) and (names_credential(name) or is_credential(value))
