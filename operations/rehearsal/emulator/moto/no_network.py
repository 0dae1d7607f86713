"""Keeps moto from sending requests: SNS, EventBridge and Firehose would send messages to URLs of the user's choice."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import requests


def patch() -> None:
    """A message to a URL is accepted, as by an endpoint that answers with status 204, and not sent.

    The user's own Terraform can contain an HTTP subscription, and a notification of a bucket sends a message at once.
    Nothing in moto needs the network; `requests` is the only library that it uses for that.
    """
    requests.Session.send = _unsent  # type: ignore[assignment, method-assign]


def _unsent(session: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
    response = requests.Response()
    response.status_code = HTTPStatus.NO_CONTENT
    response.request = request
    response.url = request.url or ""
    return response
