"""Downloads small blobs of a registry, such as an image's configuration, which the ECR API does not return.

Uses boto3's HTTP client, which has its own certificates, `AWS_CA_BUNDLE` and the proxy settings of the AWS requests.

Source: "Pulling blobs" in the OCI distribution specification. ECR accepts its token as Basic authentication and answers
with a redirect to S3, which refuses requests with a second authorization.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from operations import aws
from operations.images.login import Login
from stacks.errors import ImageError

if TYPE_CHECKING:
    from botocore.awsrequest import AWSResponse

_OK, _REDIRECTS = 200, (301, 302, 303, 307, 308)


class Fetch(Protocol):
    """Downloads the blob of a repository with a digest."""

    def __call__(self, login: Login, repository: str, digest: str, *, ca_bundle: str | None = None) -> bytes:
        """The content of the blob."""


def fetch_blob(login: Login, repository: str, digest: str, *, ca_bundle: str | None = None) -> bytes:
    """The content of a blob, checked against its digest.

    `ca_bundle` is a file with certificates to trust instead of boto3's. Raises ImageError, and AwsError when the
    registry can't be reached.
    """
    where = f"repository {repository}"
    token = base64.b64encode(f"{login.user}:{login.password}".encode()).decode()
    with aws.errors(where):
        url = f"https://{login.registry}/v2/{repository}/blobs/{digest}"
        answer = _get(url, {"Authorization": f"Basic {token}"}, ca_bundle)
        if answer.status_code in _REDIRECTS:
            answer = _get(answer.headers["Location"], {}, ca_bundle)
    content = bytes(answer.content)
    if answer.status_code != _OK or f"sha256:{hashlib.sha256(content).hexdigest()}" != digest:
        raise ImageError.of(
            where,
            "the image's configuration could not be read",
            got=f"status {answer.status_code} and {len(content)} bytes for {digest}",
            fix="allow ecr:BatchGetImage and ecr:GetDownloadUrlForLayer, then run the same command again",
        )
    return content


def _get(url: str, headers: Mapping[str, str], ca_bundle: str | None) -> AWSResponse:
    """The answer to a request; redirects are not followed."""
    from botocore.awsrequest import AWSRequest
    from botocore.httpsession import URLLib3Session
    from botocore.utils import get_environ_proxies

    session = URLLib3Session(
        verify=ca_bundle or True,  # type: ignore[arg-type]  # the stubs lack the path
        proxies=get_environ_proxies(url),
        timeout=(aws.CONNECT_SECONDS, aws.ANSWER_SECONDS),  # type: ignore[arg-type]  # and the pair
    )
    try:
        return session.send(AWSRequest("GET", url, headers).prepare())
    finally:
        session.close()
