"""Which values a plan must not show, beside those that Terraform itself marks as sensitive.

An environment variable's value is plain text to Terraform and to ECS; a plan is read in CI logs and pull requests.
"""

from __future__ import annotations

import re

from stacks.credentials import credential_in, names_credential, words_of

MASK = "(sensitive)"
# Wider than what is warned of: to hide too much costs nothing.
_NAME = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|SECRETS?|TOKENS?|KEYS?|CREDENTIALS?|CREDS|AUTH|DSN|SALT|COOKIE|"
    r"SIGNATURE|WEBHOOK|CONNECTION_STRING|CONN_STR)(?:_|$)"
)


def looks_secret(name: str, value: object) -> bool:
    """Whether the variable `name` with this value is, by its name or by the look of it, a credential."""
    return names_credential(name) or bool(_NAME.search(words_of(name))) or is_credential(value)


def is_credential(value: object) -> bool:
    """Whether a value has the look of a credential, wherever it stands."""
    return credential_in(str(value)) is not None
