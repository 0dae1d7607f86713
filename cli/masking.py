"""Which values a plan must not show, beside those that Terraform itself marks as sensitive.

An environment variable's value is plain text to Terraform and to ECS; a plan is read in CI logs and pull requests.
"""

from __future__ import annotations

import re

MASK = "(sensitive)"
_NAME = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|SECRETS?|TOKENS?|API_?KEYS?|KEYS?|CREDENTIALS?|CREDS|AUTH|DSN|SALT|"
    r"COOKIE|SIGNATURE|WEBHOOK|CONNECTION_STRING|CONN_STR)(?:_|$)"
)
_VALUE = re.compile(
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"  # AWS access keys
    r"|-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|://[^/\s:@]*:[^/\s@]+@"  # a password in an address
    r"|\b(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk_live_|rk_live_|sk-)[A-Za-z0-9_-]{10,}"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\."  # a JSON web token
)


def looks_secret(name: str, value: object) -> bool:
    """Whether the variable `name` with this value is, by its name or by the look of it, a credential."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return bool(_NAME.search(re.sub(r"[^A-Z0-9]+", "_", words.upper()))) or is_credential(value)


def is_credential(value: object) -> bool:
    """Whether a value has the look of a credential, wherever it stands."""
    return bool(_VALUE.search(str(value)))
