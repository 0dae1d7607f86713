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
    """Whether a value looks like a credential, or contains one."""
    return credential_in(str(value)) is not None
