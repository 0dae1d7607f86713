"""The emulator's process, in which roles may only do what their policies allow.

A request with the credentials of an assumed role is evaluated with the policies that the role has in the emulated
account, by `operations.iam`; moto's own enforcement knows neither resources nor most names of actions. Requests with
other credentials are those of an administrator.

Every distinct request is a line of the file that `REQUESTS` names, with its role and whether it was allowed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from operations.iam.api_call import ApiCall
from operations.iam.calls import requests_of
from operations.iam.document import Policy, parse
from operations.iam.evaluate import Policies, decide
from operations.iam.request import Principal, Request
from operations.rehearsal.emulator import server
from operations.rehearsal.emulator.client import Emulator

REQUESTS = "ECSFORGE_TEST_REQUESTS"
"""The variable that names the file for requests."""
_CREDENTIAL = re.compile(r"Credential=([^/]+)/")
_BOUNDARY = frozenset({"AttachRolePolicy", "CreateRole", "PutRolePermissionsBoundary", "PutRolePolicy"})
_IDENTIFIER = re.compile(
    r"\b(?:[a-z]+-(?!\d{12}\b)[0-9a-f]{8,17}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,32}|Z[0-9A-Z]{10,})\b"
)


@dataclass(frozen=True)
class Asked:
    """A distinct request.

    Attributes:
        role: The role whose credentials it has; empty for an administrator.
        client: `terraform`, `boto3` or `other`.
        action: The IAM action.
        resource: The resource, with `ID` in place of what AWS assigned.
        context: The condition keys of services, such as `iam:PassedToService`.
        allowed: Whether the policies of the role allow it.
    """

    role: str
    client: str
    action: str
    resource: str
    context: Mapping[str, str]
    allowed: bool = True

    @property
    def line(self) -> str:
        return json.dumps(self.__dict__, sort_keys=True)

    @classmethod
    def read(cls, file: Path) -> tuple[Asked, ...]:
        """The requests in a file."""
        return tuple(cls(**json.loads(line)) for line in file.read_text("utf-8").splitlines())


class EmulatorWithPolicies(Emulator):
    """The emulator, with the policies of roles."""

    server = "tests.support.emulator_with_policies"

    @property
    def requests(self) -> Path:
        """The file of the requests."""
        return Path(self._folder.name) / "requests.jsonl"

    def _server_env_vars(self) -> dict[str, str]:
        return {**super()._server_env_vars(), REQUESTS: os.environ.get(REQUESTS, str(self.requests))}


class Policed:
    """WSGI middleware that records requests, and refuses those that a role may not make."""

    def __init__(self, application: Any) -> None:
        self._application, self._seen = application, set[str]()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        from operations.rehearsal.emulator.request import read_request
        from operations.rehearsal.emulator.rules import Refused
        from operations.rehearsal.emulator.strict import respond

        call = read_request(environ, os.environ["MOTO_ACCOUNT_ID"])
        if call is not None:
            match = _CREDENTIAL.search(environ["HTTP_AUTHORIZATION"])
            assert match is not None
            denied = self._denied(call, match[1])
            if denied is not None:
                code = "UnauthorizedOperation" if call.service == "ec2" else "AccessDeniedException"
                code = "AccessDenied" if call.service in ("iam", "s3", "sts", "sqs") else code
                text = f"not authorized to perform: {denied.action} on resource: {denied.resource}"
                return respond(call, Refused(code, text, status=403), environ, start_response)
        return self._application(environ, start_response)  # type: ignore[no-any-return]

    def _denied(self, call: Any, access_key: str) -> Request | None:
        """The request that the caller's role may not make; None if it may make all that the call needs."""
        role = _role_of(call.account, access_key)
        arn = f"arn:aws:iam::{call.account}:role/{role.name}" if role else f"arn:aws:iam::{call.account}:user/admin"
        policies = Policies(identity=tuple(_policies(role))) if role else None
        api = ApiCall(call.service, call.operation, call.parameters, call.account, call.region or "us-east-1")
        for request in requests_of(api, Principal("AWS", arn)):
            context = {**request.context, **_iam_context(call)}
            complete = replace(request, context=context)
            allowed = policies is None or _allows(policies, complete)
            self._write(call, role.name if role else "", complete, allowed)
            if not allowed:
                return complete
        return None

    def _write(self, call: Any, role: str, request: Request, allowed: bool) -> None:
        own = {key: str(value) for key, value in request.context.items() if not key.startswith("aws:")}
        resource = without_identifiers(request.resource)
        line = Asked(role, call.client, request.action, resource, own, allowed).line
        if line not in self._seen:
            self._seen.add(line)
            with Path(os.environ[REQUESTS]).open("a", encoding="utf-8") as file:
                file.write(line + "\n")


def without_identifiers(text: str) -> str:
    """A text with `ID` in place of what AWS assigned."""
    return _IDENTIFIER.sub("ID", text)


def _allows(policies: Policies, request: Request) -> bool:
    """Whether policies allow a request. A call may not contain the resource of an action that AWS checks beside it."""
    if decide(policies, request).allowed:
        return True
    if request.resource != "*":
        return False
    named = {arn for policy in policies.identity for each in policy.statements if each.effect == "Allow"
             for arn in (each.resources.values if each.resources else ())}  # fmt: skip
    return any(decide(policies, replace(request, resource=arn)).allowed for arn in named)


def _iam_context(call: Any) -> Iterator[tuple[str, str]] | dict[str, str]:
    """The condition keys of IAM that a call does not contain itself."""
    if call.service != "iam":
        return {}
    found = {"iam:PolicyARN": call.parameters["PolicyArn"]} if "PolicyArn" in call.parameters else {}
    if call.operation in _BOUNDARY:
        boundary = call.parameters.get("PermissionsBoundary")
        if boundary is None and call.operation != "CreateRole":
            role = next((each for each in _backend("iam", call.account).roles.values()
                         if each.name == call.parameters["RoleName"]), None)  # fmt: skip
            boundary = role and role.permissions_boundary_arn
        if boundary:
            found["iam:PermissionsBoundary"] = boundary
    return found


def _role_of(account: str, access_key: str) -> Any:
    """The role that an access key was made for; None for any other key, and for a role that does not exist."""
    assumed = _backend("sts", account).get_assumed_role_from_access_key(access_key)
    roles = _backend("iam", account).roles.values()
    return assumed and next((each for each in roles if each.name == assumed.role_arn.rpartition("/")[2]), None)


def _policies(role: Any) -> Iterator[Policy]:
    for name, document in role.policies.items():
        yield _parsed(document if isinstance(document, str) else json.dumps(document), name)
    for arn, policy in role.managed_policies.items():
        (document,) = [version.document for version in policy.versions if version.is_default]
        yield _parsed(document if isinstance(document, str) else json.dumps(document), arn)


@cache
def _parsed(document: str, name: str) -> Policy:
    return parse(document, name)


def _backend(service: str, account: str) -> Any:
    from moto.backends import get_backend

    return get_backend(service)[account]["aws"]  # type: ignore[call-overload]


def main() -> None:
    """Serve, with the policies in front of everything else."""
    checked = server._checked
    server._checked = lambda application, disabled: Policed(checked(application, disabled))
    server.main()


if __name__ == "__main__":
    main()
