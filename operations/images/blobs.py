"""Downloads small blobs of a registry, such as an image's configuration, which the ECR API does not return.

Source: "Pulling blobs" in the OCI distribution specification. ECR accepts its token as Basic authentication and answers
with a redirect to S3, which refuses requests with a second authorization.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import IO
from urllib.parse import urlsplit

from operations.images.login import Login
from stacks.errors import ImageError

TIMEOUT = 15.0
"""The seconds to connect, and to wait for data."""
LARGEST = 4 << 20
"""The bytes of the largest configuration that is read."""

Fetch = Callable[[Login, str, str], bytes]
"""Downloads the blob of a repository with a digest."""


class _WithoutAuthorization(urllib.request.HTTPRedirectHandler):
    """Sends the authorization only to the host that it is for."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        redirected = super().redirect_request(req, fp, code, msg, headers, newurl)
        if redirected is not None and urlsplit(newurl).netloc != urlsplit(req.full_url).netloc:
            redirected.remove_header("Authorization")
        return redirected


def fetch_blob(login: Login, repository: str, digest: str) -> bytes:
    """The content of a blob, checked against its digest. Raises ImageError."""
    request = urllib.request.Request(f"https://{login.registry}/v2/{repository}/blobs/{digest}")
    credentials = base64.b64encode(f"{login.user}:{login.password}".encode()).decode()
    request.add_header("Authorization", f"Basic {credentials}")
    where = f"repository {repository}"
    try:
        with urllib.request.build_opener(_WithoutAuthorization()).open(request, timeout=TIMEOUT) as answer:
            content: bytes = answer.read(LARGEST)
    except (OSError, http.client.HTTPException) as error:
        got = f"{error.code} {error.reason}" if isinstance(error, urllib.error.HTTPError) else str(error)
        fix = "check the network, the proxy settings and the permission ecr:GetDownloadUrlForLayer"
        raise ImageError.of(where, "the image's configuration could not be read", got=got, fix=fix) from error
    if f"sha256:{hashlib.sha256(content).hexdigest()}" != digest:
        what = "the image's configuration does not have its digest"
        raise ImageError.of(where, what, got=f"{len(content)} bytes", fix="run the same command again")
    return content
