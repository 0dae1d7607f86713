"""An AWS request as a value: which operation of which service it calls, with which parameters.

The service is in the credential scope of the signature
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html). moto's own routers and
parsers find the operation and its parameters, so the result is what moto handles.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from botocore.exceptions import UnknownServiceError
from moto.backends import get_backend
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request as HttpRequest
from moto.core.request import determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from moto.iam.models import get_account_id_from
from moto.utilities.utils import get_partition
from werkzeug.exceptions import NotFound

SCOPES = {
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "elasticfilesystem": "efs",
    "tagging": "resourcegroupstaggingapi",
}
"""The signing names of services that boto3 names differently."""

GLOBAL = frozenset({"iam", "route53", "s3"})
"""Services whose backend in moto is keyed by partition, not by region."""

_CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/([^/]*)/([^/]+)/aws4_request")
_TEMPORARY = "ASIA"


@dataclass(frozen=True)
class Request:
    """A request of an operation.

    Attributes:
        service: The service, as boto3 names it.
        operation: The operation, as its API names it.
        parameters: Its parameters by the names of the API; those that are not set are absent.
        account: The account that it is for: that of the role whose credentials it has, or the emulated one.
        region: The region that it is signed for.
        client: `terraform`, `boto3` or `other`.
        model: The operation in botocore's model of the API.
        protocol: The protocol that the client speaks.
    """

    service: str
    operation: str
    parameters: Mapping[str, Any]
    account: str
    region: str
    client: str
    model: Any
    protocol: str

    def backend(self, service: str = "") -> Any:
        """Moto's resources of a service in the account and region of the request. Default: those of its own service."""
        return self.backend_in(service or self.service, self.region)

    def backend_in(self, service: str, region: str) -> Any:
        """Moto's resources of a service in a region."""
        of_account = get_backend(service)[self.account]
        return of_account[get_partition(region) if service in GLOBAL else region]


def read_request(environ: dict[str, Any], account: str) -> Request | None:
    """The request of a WSGI environment, whose body is kept for the next reader.

    None if it is not signed, or calls a service or operation that botocore does not have.
    """
    scope = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if scope is None:
        return None
    access_key, region, name = scope[1], scope[2], scope[3].lower()
    service = SCOPES.get(name, name)
    http = HttpRequest({**environ, "wsgi.input": BytesIO(_keep_body(environ))})
    try:
        model, uri_parameters = get_service_router(service).match(http)
        protocol = determine_request_protocol(get_service_model(service), http.content_type)
    except (UnknownServiceError, NotFound, NotImplementedError):
        return None
    body = http.get_data(cache=True, parse_form_data=False) if protocol not in ("query", "ec2") else b""
    parameters = PROTOCOL_PARSERS[protocol](model).parse(
        {
            "method": http.method,
            "values": http.values,
            "headers": http.headers,
            "body": body,
            "url_path": http.path,
            "url_params": uri_parameters,
        }
    )
    client = client_of(environ.get("HTTP_USER_AGENT", ""))
    owner = role_account(access_key) or account
    return Request(service, model.name, parameters or {}, owner, region, client, model, protocol)


def role_account(access_key: str) -> str | None:
    """The account of the role that moto has made this access key for; None for any other key."""
    return str(get_account_id_from(access_key)) if access_key.startswith(_TEMPORARY) else None


def client_of(user_agent: str) -> str:
    """The client that sends this User-Agent."""
    if "terraform" in user_agent.lower():
        return "terraform"
    return "boto3" if user_agent.startswith("Boto3/") else "other"


def _keep_body(environ: dict[str, Any]) -> bytes:
    """Read the body, and let the environment return it again."""
    source = environ["wsgi.input"]
    length = environ.get("CONTENT_LENGTH")
    # A body in chunks has no length; werkzeug ends it at its last chunk.
    body: bytes = source.read(int(length)) if length else source.read() if _is_chunked(environ) else b""
    environ["wsgi.input"] = BytesIO(body)
    return body


def _is_chunked(environ: dict[str, Any]) -> bool:
    return "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
