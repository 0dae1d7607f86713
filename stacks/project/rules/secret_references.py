"""Rules of secrets, which are references to SSM parameters and Secrets Manager secrets.

Sources: the ECS Developer Guide ("Pass sensitive data to an Amazon ECS container"), the naming rules of SSM parameters
(PutParameter) and of Secrets Manager secrets (CreateSecret), the Secrets Manager API reference (GetSecretValue,
SecretId).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stacks.errors import NOT_SHOWN
from stacks.project.models import Project, Service, written_texts
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, containers
from stacks.references import partition_of

_SSM_NAME = r"(?:/[A-Za-z0-9_.-]+){1,15}"
_SECRETS_MANAGER_NAME = r"[A-Za-z0-9/_+=.@!-]{1,512}"
# json-key, version-stage and version-id; ECS accepts a stage or a version, not both.
_STAGE, _VERSION = r"[A-Za-z0-9_+=.@!-]{0,256}", r"[A-Za-z0-9-]{32,64}"
_SELECTOR = rf"(?::[^:]*(?::{_STAGE})?|:[^:]*::{_VERSION})?:{{0,2}}"
_ARN = r"arn:aws(?:-[a-z]+)*"
_REFERENCE = re.compile(
    rf"ssm:{_SSM_NAME}"
    rf"|secretsmanager:{_SECRETS_MANAGER_NAME}{_SELECTOR}"
    rf"|{_ARN}:ssm:[a-z0-9-]+:\d{{12}}:parameter(?:/[A-Za-z0-9_.-]+)+"
    rf"|{_ARN}:secretsmanager:[a-z0-9-]+:\d{{12}}:secret:{_SECRETS_MANAGER_NAME}{_SELECTOR}",
    re.ASCII,
)
_LIKE_WHOLE_ARN = re.compile(r"secretsmanager:(?P<name>[A-Za-z0-9/_+=.@!-]*-[A-Za-z0-9]{6})(?::.*)?", re.ASCII)
_MAX_SSM_NAME = 1011
_FORMS = (
    "ssm:/name, secretsmanager:name[:json-key[:stage]], secretsmanager:name[:json-key[::version]] "
    "or the full ARN of either"
)
_SERVICES = ("ssm", "secretsmanager")
# What people write for the services; anything else before a colon may be part of a secret.
_SERVICE_WORDS = {
    **dict.fromkeys(("ssm", "awsssm", "parameterstore", "ssmparameter"), "ssm"),
    **dict.fromkeys(("secretsmanager", "secretmanager", "awssecretsmanager", "secretmanger"), "secretsmanager"),
}
# A path of words, such as /shop/db-url: the name of a parameter, not a secret.
_PARAMETER_PATH = re.compile(r"(?:/[a-z][a-z_.-]*\d*){2,}", re.ASCII)


def is_reference(text: str) -> bool:
    """Whether a value of `secrets` is a valid reference."""
    return _REFERENCE.fullmatch(text) is not None and len(text) <= _MAX_SSM_NAME + len("ssm:")


def secret_references(project: Project) -> Iterator[Finding]:
    """A secret is a reference. A message shows the value only if it can't be the secret itself."""
    for container in containers(project):
        sections = [((*container.path, "secrets"), written_texts(container.config.secrets))]
        if isinstance(container.config, Service):
            sections.append(((*container.path, "logs", "secret_options"), container.config.logs.secret_options))
        for path, value in (
            ((*section, name), value) for section, values in sections for name, value in values.items()
        ):
            if not is_reference(value):
                yield _no_reference(project, path, value)
            elif fix := _whole_arn(project, value):
                reads = "which Secrets Manager reads as the end of a complete ARN"
                yield Finding((path,), f"{dotted(path)} ends in a dash and six characters, {reads}", value, fix)


def _no_reference(project: Project, path: Path, value: str) -> Finding:
    meant = _meant(value)
    got = value if meant or _begins_as_reference(value) else NOT_SHOWN
    fix = "store the value in SSM or Secrets Manager and reference it here, for example ssm:/shop/db-url"
    if meant:
        fix = _whole_arn(project, meant) or f"write {meant}"
    return Finding((path,), f"{dotted(path)} must be {_FORMS}", got, fix)


def _whole_arn(project: Project, reference: str) -> str | None:
    """The fix for a name that ends in a dash and six letters or digits; None for every other reference."""
    match = _LIKE_WHOLE_ARN.fullmatch(reference)
    if match is None:
        return None
    account = project.account_id or "ACCOUNT"
    arn = f"arn:{partition_of(project.region)}:secretsmanager:{project.region}:{account}:secret"
    return f"write the whole ARN: {arn}:{match['name']}-XXXXXX"


def _begins_as_reference(value: str) -> bool:
    return value.startswith("arn:") or value.partition(":")[0] in _SERVICES


def _meant(value: str) -> str | None:
    """The reference that a value is probably meant to be; None when it may be a secret."""
    text = value.strip()
    service, _, rest = (part.strip() for part in text.partition(":"))
    known = _SERVICE_WORDS.get(re.sub("[-_ ]", "", service.lower()))
    if known is not None:
        candidates = [rest if rest.startswith("arn:") else f"{known}:{rest}", _shorter(f"{known}:{rest}")]
        candidates += [f"ssm:/{rest.lstrip('/')}"] if known == "ssm" else []
    else:
        candidates = [text] if _begins_as_reference(text) else []
        candidates += [f"ssm:{text}"] if _PARAMETER_PATH.fullmatch(text) else []
        candidates += [f"secretsmanager:{text}"] if text.startswith("rds!") else []  # what RDS names its secrets
    return next(filter(is_reference, candidates), None)


def _shorter(reference: str) -> str:
    """A reference with a stage and a version, without the version."""
    return ":".join(reference.split(":")[:4]).rstrip(":")


RULES: tuple[Rule, ...] = (secret_references,)
