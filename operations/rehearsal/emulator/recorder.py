"""Counts the requests that the emulator receives, with the resources that they name.

`GET /ecsforge/calls` returns them. Only identifiers are recorded: an ARN, ID or name in a parameter whose own name says
so. Everything else, such as an environment variable of a container or a policy, may contain a secret.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from operations.rehearsal.emulator.calls import PATH, Call
from operations.rehearsal.emulator.request import Request

IDENTIFIERS = (
    *("Arn", "Arns", "ARN", "ARNs", "Id", "Ids", "ID", "IDs"),
    *("SecurityGroups", "Subnets", "kmsKey", "securityGroups", "subnets"),
)
"""How the name of a parameter ends, at any depth, whose value identifies a resource."""
TOP_LEVEL = frozenset(
    {
        *("Bucket", "Name", "Names", "QueueUrl", "cluster", "clusters", "family", "name", "names", "resource"),
        *("resources", "service", "serviceName", "services", "taskDefinition"),
    }
)
"""Further parameters of an operation itself that identify a resource; others end in `Name` or `Names`."""
SKIPPED = ("Token", "RequestId", "CallerReference")
"""Parts of names of parameters that look like an identifier and are random."""
TAGS = frozenset({"Tags", "tags", "TagSpecifications", "TagList"})


@dataclass
class _Count:
    count: int = 0
    resources: dict[str, set[str]] = field(default_factory=dict)
    tagged: bool = False
    refused: set[str] = field(default_factory=set)


class Recorder:
    """The requests so far, each operation of each client once."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, str], _Count] = {}

    def record(self, request: Request, refused: str | None = None) -> None:
        """Add a request; `refused` is the error code with which a rule refused it."""
        key = (request.service, request.operation, request.client)
        count = self._counts.setdefault(key, _Count())
        count.count += 1
        count.tagged |= any(request.parameters.get(name) for name in TAGS)
        if refused is not None:
            count.refused.add(refused)
        for name, value in identifiers(request.parameters, request.model.input_shape):
            count.resources.setdefault(name, set()).add(value)

    def calls(self) -> tuple[Call, ...]:
        """The requests so far, sorted by service, operation and client."""
        return tuple(
            Call(
                *key,
                count.count,
                {name: tuple(sorted(values)) for name, values in sorted(count.resources.items())},
                count.tagged,
                tuple(sorted(count.refused)),
            )
            for key, count in sorted(self._counts.items())
        )


class RecordedCalls:
    """WSGI middleware that answers a GET of the recorder's path, and passes every other request on."""

    def __init__(self, application: Any, recorder: Recorder) -> None:
        self._application, self._recorder = application, recorder

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != PATH:
            return self._application(environ, start_response)  # type: ignore[no-any-return]
        body = json.dumps([call.to_json() for call in self._recorder.calls()]).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]


def identifiers(parameters: Mapping[str, Any], shape: Any) -> Iterator[tuple[str, str]]:
    """The names and values of all parameters that identify a resource; `shape` is botocore's shape of the request."""
    for name, value in parameters.items():
        top = name in TOP_LEVEL or name.endswith(("Name", "Names"))
        yield from _identifiers(name, value, shape.members.get(name) if shape else None, top)


def _identifiers(name: str, value: Any, shape: Any, top: bool = False) -> Iterator[tuple[str, str]]:
    if shape is None or shape.metadata.get("sensitive") or name in TAGS:
        return
    if isinstance(value, str):
        if (top or name.endswith(IDENTIFIERS)) and not any(part in name for part in SKIPPED):
            yield name, value
    elif shape.type_name == "list":
        for item in value:
            yield from _identifiers(name, item, shape.member, top)
    elif shape.type_name == "structure" and isinstance(value, Mapping):
        for member, item in value.items():
            yield from _identifiers(member, item, shape.members.get(member))
