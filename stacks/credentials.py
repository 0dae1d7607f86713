"""Patterns of credentials: for warnings about a project file, and for values that a plan must not show."""

from __future__ import annotations

import re

# Formats that token issuers document for scanners. A prefix only matches at the start of a word.
_TOKENS = (
    *(r"gh[pousr]_[A-Za-z0-9]{20,}", r"github_pat_\w{20,}", r"gl(?:pat|dt|oas|rt|ptt)-[\w-]{20,}"),
    *(r"xox[abeoprs]-[A-Za-z0-9-]{10,}", r"xapp-[A-Za-z0-9-]{10,}", r"[sr]k_(?:live|test)_[A-Za-z0-9]{16,}"),
    *(r"whsec_[A-Za-z0-9+/=]{20,}", r"SG\.[\w-]{16,}\.[\w-]{16,}", r"AIza[\w-]{35}", r"npm_[A-Za-z0-9]{36}"),
    *(r"pypi-[\w-]{20,}", r"sk-(?:proj|svcacct|admin|ant)-[\w-]{16,}", r"sk-[A-Za-z0-9]{32,}", r"SK[0-9a-f]{32}\b"),
    *(
        r"hf_[A-Za-z0-9]{30,}",
        r"dop_v1_[0-9a-f]{64}",
        r"hv[sb]\.[\w-]{20,}",
        r"NRAK-[A-Z0-9]{27}",
        r"GOCSPX-[\w-]{20,}",
    ),
    r"eyJ[\w-]{8,}\.[\w-]{8,}\.",  # a JSON web token
    r"(?:Basic|Bearer) (?=\S*\d)[\w+/=.~-]{16,}",
)
_LOOKS = {
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "an access token": re.compile(rf"(?<![\w-])(?:{'|'.join(_TOKENS)})"),
    "the address of a webhook": re.compile(
        r"https://(?:hooks\.slack\.com/(?:services|workflows|triggers)/\S{8}|"
        r"[\w.]*discord(?:app)?\.com/api/webhooks/\d+/\S{8}|[\w.-]+\.webhook\.office\.com/\S{8})"
    ),
    # A placeholder for a password, such as $PASSWORD, <password> or {{ password }}, is not a credential.
    "an address with a password in it": re.compile(r"://[^\s/:@]*:[^\s/@$<{*][^\s/@]*@"),
    "a connection string with a password in it": re.compile(
        r"(?:^|[;\s&?-])(?:password|passwd|pwd|(?:account|sharedaccess)key)=[^;\s&$<{*][^;\s&]{5}", re.I
    ),
}
_SECRET_WORDS = re.compile(
    r"(?:^|_)(?:[A-Z0-9]*(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|APIKEY)|PASS|PWD|PW|SALT|CREDENTIALS?|BASIC_AUTH|"
    r"(?:API|ACCESS|PRIVATE|SECRET|SIGNING|ENCRYPTION|AUTH|APP|MASTER|SHARED|LICENSE|ACCOUNT)_KEY)\d*(?=_|$)"
)
# Names of variables about a credential that do not contain it: TOKEN_TTL, SECRET_NAME, API_KEY_HEADER.
_ABOUT_IT = re.compile(
    r"_(?:ALG|ALGORITHM|AUDIENCE|AUTH|BACKEND|COLUMN|COUNT|DIR|DISABLED|DURATION|ENABLED|ENDPOINT|EXPIRATION|EXPIRES|"
    r"EXPIRY|FIELD|FILE|FORMAT|HASHER|HEADER|HOST|ID|ISSUER|LABEL|LENGTH|LIFETIME|LIMIT|LOGIN|MANAGER|MODE|MODEL|NAME|"
    r"PATH|PATTERN|POLICY|PREFIX|PROMPT|PROVIDER|REGEX|REGION|RESET|ROTATION|SIZE|STORE|SUFFIX|TEMPLATE|TTL|TYPE|URI|"
    r"URL|VERSION|ARN)(?:_|$)"
)


def credential_in(text: str) -> str | None:
    """The kind of credential that a text contains, by its format only; None when it contains none."""
    return next((kind for kind, look in _LOOKS.items() if look.search(text)), None)


def names_credential(name: str) -> bool:
    """Whether a variable with this name contains a credential: `DB_PASSWORD` and `apiKey` do, `TOKEN_TTL` does not."""
    words = words_of(name)
    found = _SECRET_WORDS.search(words)
    return found is not None and not _ABOUT_IT.search(words, found.end())


def words_of(name: str) -> str:
    """A variable's name as capital words with underscores between: `API_KEY` for `apiKey` and `api-key`."""
    return re.sub(r"[^A-Z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper())
