"""Images whose port is known, and the placeholders for images that only the user has."""

from __future__ import annotations

import re

INIT_PLACEHOLDER = "public.ecr.aws/docker/library/httpd:2.4"
"""The image that `ecsforge init` writes for a service without an image; it listens on `INIT_PLACEHOLDER_PORT`."""
INIT_PLACEHOLDER_PORT = 80

# The mirrors of Docker's official images.
_OFFICIAL = (
    r"(?:(?:docker\.io/|registry-1\.docker\.io/)?(?:library/)?|(?:public\.ecr\.aws/docker|mirror\.gcr\.io)/library/"
    r"|\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/(?:[a-z0-9-]+/)?library/)"
)
_VERSION = r"(?:[:@].*)?"
_ON_PORT_80 = re.compile(
    rf"{_OFFICIAL}(?:nginx|httpd|caddy|wordpress|php:[\w.-]*apache[\w.-]*){_VERSION}"
    rf"|public\.ecr\.aws/nginx/nginx{_VERSION}"
    rf"|(?:docker\.io/)?(?:nginxdemos/hello|traefik/whoami|amazon/amazon-ecs-sample){_VERSION}"
    rf"|public\.ecr\.aws/ecs-sample-image/amazon-ecs-sample{_VERSION}"
)


def known_port(image: str) -> int | None:
    """The port that an image listens on unless it is configured otherwise; None for an image that is not known."""
    return 80 if _ON_PORT_80.fullmatch(image) else None
