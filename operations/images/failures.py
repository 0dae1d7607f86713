"""How to fix a failed build, push or login, by what the engine printed.

Sources: the messages of moby, buildkit, buildah and containers/image, as printed by docker 20.10 and 28, podman 4.3 and
buildah 1.28, and ECR's error messages in "Troubleshooting errors with Docker commands when using Amazon ECR".
"""

from __future__ import annotations

import re
from typing import Literal

from operations.images.process import Ended
from operations.terraform.process import ended_by
from stacks.errors import ImageError, Position, Problem

Doing = Literal["start", "build", "login", "push"]
"""What an engine was asked to do."""

AGAIN = "run the same command again"
_BUILDX = "install Docker's buildx plugin, or use Podman"
_FIX: dict[Doing, str] = {
    "start": "start the engine, or use another one",
    "build": f"fix the reported problem, then {AGAIN}",
    "login": "check the credentials, and the registry's account and region",
    "push": f"fix the reported problem, then {AGAIN}; layers that were pushed are kept",
}

# Pattern of the output -> how to fix it. The first match wins. Some are only for what an engine was doing.
_WHILE: dict[Doing, dict[str, str]] = {
    "start": {
        r"permission denied while trying to connect|dial unix .*: permission denied": (
            "add your user to the group docker, or use rootless Docker or Podman"
        ),
        r"Cannot connect to the Docker daemon|Is the docker daemon running": "start Docker, or use another engine",
    },
    "build": {
        r"exec format error|Invalid ELF image for this architecture": (
            "this machine can't run programs of that architecture: install QEMU (`docker run --privileged --rm "
            "tonistiigi/binfmt --install all`), build on a machine of that architecture, or set `architecture`"
        ),
        r"short-name|unqualified-search registries": "write the registry in FROM: docker.io/library/alpine for alpine",
        r"no matching manifest for|no image found in (?:image index|manifest list)|no match for platform in manifest"
        r"|does not match the specified platform|does not provide the specified platform": (
            "the base image does not exist for this architecture: choose another one, or set `architecture`"
        ),
        r"--platform.* (?:is only supported|requires)|unknown flag: --platform"
        r"|the --(?:mount|chmod|link) option requires BuildKit|unknown flag: (?:mount|chmod|link)": _BUILDX,
        r"toomanyrequests|pull rate limit": (
            "the registry limits pulls: log in to it, or use a base image from public.ecr.aws/docker/library"
        ),
        r"manifest unknown|manifest for .* not found|pull access denied|failed to resolve source metadata"
        r"|unauthorized|authentication required|no basic auth credentials|403 Forbidden|denied: ": (
            "check the base image in FROM, and log in to its registry if it is private"
        ),
    },
    "login": {},
    "push": {
        r"tag invalid|tag is immutable|ImageTagAlreadyExists|cannot be overwritten": (
            "the tag exists with other content, and tags of this repository are immutable: use another tag"
        ),
        r"name unknown|repository with name .* does not exist|RepositoryNotFound": (
            "create the repository with `ecsforge deploy --shared`"
        ),
        r"authorization token has expired": f"{AGAIN}: it requests a new token",
        r"no basic auth credentials|unauthorized|authentication required|401 Unauthorized": (
            "check the credentials, and the registry's account and region"
        ),
        r"403 Forbidden|denied|AccessDenied": (
            "allow ecr:BatchCheckLayerAvailability, ecr:InitiateLayerUpload, ecr:UploadLayerPart, "
            f"ecr:CompleteLayerUpload and ecr:PutImage for the user or role, then {AGAIN}"
        ),
    },
}
_ALWAYS = {
    r"no space left on device|ENOSPC": "free disk space, for example with `{engine} system prune`, then {again}",
    r"x509: |certificate signed by unknown authority|tls: failed to verify": (
        "make the engine trust the certificate authority of your network, then {again}"
    ),
    r"no such host|no route to|connection refused|i/o timeout|TLS handshake timeout|connection reset by peer|"
    r"proxyconnect|network is unreachable|\bEOF\b|server closed": (
        "check the network and the proxy settings of the engine, then {again}"
    ),
}


def failure(doing: Doing, where: str, what: str, ended: Ended, engine: str) -> ImageError:
    """The error for an engine that has failed.

    Args:
        doing: What it was asked to do.
        where: The service, or what was being worked on.
        what: What failed.
        ended: How the engine ended.
        engine: Its name.
    """
    long = doing in ("build", "push")  # the last lines are needed to understand it
    last = ended.last_lines[-1:]
    got = ended_by(ended.exit_code) if long or not last else last[0].strip()
    fix = advice(doing, "\n".join(ended.last_lines), engine)
    return ImageError(Problem(Position(where), what, f"{engine}: {got}", fix, details=ended.last_lines if long else ()))


def advice(doing: Doing, output: str, engine: str) -> str:
    """How to fix what the engine printed."""
    again = f"{AGAIN}; layers that were pushed are kept" if doing == "push" else AGAIN
    for pattern, fix in {**_WHILE[doing], **_ALWAYS}.items():
        if re.search(pattern, output, re.IGNORECASE):
            return fix.replace("{engine}", engine).replace("{again}", again)
    return _FIX[doing]
