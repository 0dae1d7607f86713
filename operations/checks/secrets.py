"""Whether the secrets of the project file exist, and whether the execution roles may read them.

ECS reads them when a task starts (ECS Developer Guide, "Pass sensitive data to an Amazon ECS container"); without one,
tasks stop until the deploy fails. Values are never read, so that a JSON key of a secret is not checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from operations.checks.answers import denied
from operations.checks.model import CheckResult
from operations.checks.roles import NO_POLICY, ExecutionRole, boundary_of, reason
from operations.checks.target import Target
from operations.clients import Requests
from operations.iam import Decision, Policy, parse
from operations.secret_stores.names import SecretUse, secret_uses
from operations.secret_stores.stored import CURRENT_STAGE, Place, StoredSecret, find_secrets
from operations.text import counted
from stacks.errors import AwsError, Position, Problem
from stacks.references import SecretReference

_READ = {"ssm": "ssm:GetParameters", "secretsmanager": "secretsmanager:GetSecretValue"}
_ENABLED = "Enabled"
ROLES = "secrets and roles"


def secrets(target: Target, requests: Requests) -> Iterator[CheckResult]:
    """The checks of the secrets; none if the project has no secrets."""
    uses = list(secret_uses(target.project))
    own = [each for each in uses if Place.of(each.reference).account in ("", target.account_id)]
    for use in _first(set(uses) - set(own), uses):
        what = "not checked: it belongs to another account"
        yield CheckResult.of("secrets", Problem(Position(use.path), what, use.text), status="warning")
    if not own:
        return
    found = find_secrets(requests, list(dict.fromkeys(each.reference for each in own)))
    results = [
        CheckResult.of("secrets", problem, calls=_calls_to(requests, use.reference.service))
        for use in _first(own, own)
        for problem in _missing(use, found[use.reference])
    ]
    yield from results
    if not results:
        count = counted(len(found), "secret")
        yield CheckResult("secrets", "ok", f"{count}, each with a value", calls=tuple(requests.calls))


def _calls_to(requests: Requests, service: str) -> list[str]:
    return [each for each in requests.calls if each.startswith(f"{service}:")]


def _first(wanted: Iterable[SecretUse], uses: Iterable[SecretUse]) -> list[SecretUse]:
    """The first use of each reference, in the order of the project file."""
    kept = set(wanted)
    return list({use.reference: use for use in reversed([each for each in uses if each in kept])}.values())[::-1]


def _missing(use: SecretUse, stored: StoredSecret | None) -> Iterator[Problem]:
    where, command = Position(use.path), ("secrets", "set", use.name)
    if stored is None:
        what = "the parameter does not exist" if use.reference.service == "ssm" else "the secret does not exist"
        yield Problem(where, what, use.text, "set its value:", command=command)
    elif stored.deleted is not None:
        got = f"{use.text}, on {stored.deleted:%Y-%m-%d}"
        yield Problem(where, "the secret will be deleted", got, "restore it with a new value:", command=command)
    elif (version := _wanted_version(use.reference)) and not _has_version(stored, *version):
        fix = f"correct the reference, or remove its {version[0]}"
        yield Problem(where, f"the secret does not have this {version[0]}", version[1], fix)
    elif not stored.has_value:
        yield Problem(where, "the secret has no value", use.text, "set its value:", command=command)


def _wanted_version(reference: SecretReference) -> tuple[str, str] | None:
    """The `stage` or `version` that a reference names, and its value."""
    _, stage, version = [*reference.selector.split(":"), "", "", ""][:3]
    if version:
        return ("version", version)
    return ("stage", stage) if stage and stage != CURRENT_STAGE else None


def _has_version(stored: StoredSecret, kind: str, value: str) -> bool:
    stages = stored.stages or {}
    return value in stages if kind == "version" else any(value in each for each in stages.values())


def role_access(target: Target, requests: Requests) -> Iterator[CheckResult]:
    """Whether the execution roles may read the secrets that exist; none if the project has no secrets."""
    uses = [each for each in secret_uses(target.project) if Place.of(each.reference).account in ("", target.account_id)]
    if not uses:
        return
    found = find_secrets(requests, list(dict.fromkeys(each.reference for each in uses)))
    try:
        boundary = boundary_of(target, requests)
    except AwsError as error:
        if NO_POLICY in error.codes:  # the check of named resources reports it
            return
        raise
    access = _Access(target, requests, boundary, {}, {})
    existing = {(use.service, use.reference): use for use in reversed(uses) if found[use.reference] is not None}
    results = [result for use in reversed(existing.values()) for result in access.results(use, found[use.reference])]
    yield from dict.fromkeys(results)
    if existing and not results:
        roles = counted(len({use.service for use in existing.values()}), "execution role")
        yield CheckResult(ROLES, "ok", f"{roles} may read the secrets", calls=tuple(requests.calls))


@dataclass(frozen=True)
class _Access:
    """Reads the policies of secrets and keys once each."""

    target: Target
    requests: Requests
    boundary: Policy | None
    policies: dict[str, Policy | None]
    keys: dict[str, tuple[str, str, Policy | None]]

    def results(self, use: SecretUse, stored: StoredSecret | None) -> list[CheckResult]:
        """What keeps the execution role of a service from reading a secret; a warning if it can't be checked."""
        if stored is None:
            return []
        before = set(self.requests.calls)
        try:
            problems = list(self._problems(use, stored))
        except AwsError as error:
            return [denied(ROLES, error, self.requests)]
        calls = [each for each in self.requests.calls if each not in before] or self.requests.calls
        return [CheckResult.of(ROLES, each, calls=calls) for each in problems]

    def _problems(self, use: SecretUse, stored: StoredSecret) -> Iterator[Problem]:
        role = ExecutionRole(self.target, use.service, self.boundary)
        where = Position(use.path)
        arn = stored.arn or use.reference.readable(self.target.arn)
        policy = self._policy_of(arn) if use.reference.service == "secretsmanager" else None
        decision = role.may(_READ[use.reference.service], arn, policy=policy)
        if not decision.allowed:
            yield self._refused(
                where, f"the execution role may not read {use.name}", decision, _READ[use.reference.service]
            )
        if stored.key:
            yield from self._key_problems(use, role, stored.key, arn)

    def _key_problems(self, use: SecretUse, role: ExecutionRole, key: str, secret_arn: str) -> Iterator[Problem]:
        where, region = Position(use.path), secret_arn.split(":")[3]
        arn, state, policy = self._key(key, region)
        if not arn:  # a key that AWS manages
            return
        if state != _ENABLED:
            fix = "enable the key, or encrypt the secret with another one"
            yield Problem(where, "the key that encrypts it can't be used", f"{arn}, {state}", fix)
            return
        via = {"kms:ViaService": f"{use.reference.service}.{region}.amazonaws.com"}
        context = {**via, "kms:CallerAccount": self.target.account_id, **_encryption_context(use, secret_arn)}
        decision = role.may("kms:Decrypt", arn, policy=policy, context=context)
        if decision.allowed:
            return
        what = f"the execution role may not decrypt {use.name}"
        if arn not in self.target.project.services[use.service].kms_keys and decision.outcome == "implicitly denied":
            fix = f"add {arn} to services.{use.service}.kms_keys"
            yield Problem(where, what, f"encrypted with {arn}", fix)
        else:
            yield self._refused(where, what, decision, f"kms:Decrypt with {arn}")

    def _refused(self, where: Position, what: str, decision: Decision, action: str) -> Problem:
        kind = {"boundary": "the permissions boundary", "resource": "the policy of the secret or key"}
        place = kind.get(decision.kind or "", "the role, its permissions boundary and the policy of the secret or key")
        return Problem(where, what, reason(decision), f"allow {action} in {place}")

    def _policy_of(self, arn: str) -> Policy | None:
        """The resource policy of a secret."""
        if arn not in self.policies:
            region = arn.split(":")[3]
            answer = self.requests.call("secretsmanager", "get_resource_policy", region=region, SecretId=arn)
            text = answer.get("ResourcePolicy")
            self.policies[arn] = parse(text, f"the policy of {answer.get('Name', arn)}") if text else None
        return self.policies[arn]

    def _key(self, key: str, region: str) -> tuple[str, str, Policy | None]:
        """The ARN of a key, empty for one that AWS manages, its state and its policy."""
        if key not in self.keys:
            found = self.requests.call("kms", "describe_key", region=region, KeyId=key)["KeyMetadata"]
            if found.get("KeyManager") == "AWS":
                self.keys[key] = ("", "", None)
            else:
                arn = found["Arn"]
                text = self.requests.call("kms", "get_key_policy", region=region, KeyId=arn, PolicyName="default")
                self.keys[key] = (arn, found.get("KeyState", _ENABLED), parse(text["Policy"], f"the policy of {arn}"))
        return self.keys[key]


def _encryption_context(use: SecretUse, arn: str) -> dict[str, str]:
    """The encryption context of a decryption.

    Sources: SSM User Guide, "AWS KMS encryption for SecureString parameters"; Secrets Manager User Guide, "Secret
    encryption and decryption".
    """
    name = "PARAMETER_ARN" if use.reference.service == "ssm" else "SecretARN"
    return {f"kms:EncryptionContext:{name}": arn}
