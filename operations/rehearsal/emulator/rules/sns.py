"""Topics and subscriptions that SNS refuses.

Source: https://docs.aws.amazon.com/sns/latest/api/, pages API_Subscribe and API_SetTopicAttributes.
"""

from __future__ import annotations

import re

from operations.rehearsal.emulator.request import Request
from operations.rehearsal.emulator.rules import Refused, refused_unless, rule
from operations.rehearsal.emulator.rules.principals import invalid_principals

INVALID = "InvalidParameter"
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")


@rule("sns", "Subscribe")
def email(request: Request) -> None:
    """An endpoint that is not an e-mail address."""
    if request.parameters["Protocol"] in ("email", "email-json"):
        valid = _EMAIL.fullmatch(request.parameters.get("Endpoint", ""))
        refused_unless(valid, INVALID, "Invalid parameter: Email address")


@rule("sns", "SetTopicAttributes", "CreateTopic")
def policy_principals(request: Request) -> None:
    """A topic policy with a principal that does not exist."""
    policy = request.parameters.get("Attributes", {}).get("Policy")
    if request.parameters.get("AttributeName") == "Policy":
        policy = request.parameters.get("AttributeValue")
    if policy and invalid_principals(request, policy):
        raise Refused(INVALID, "Invalid parameter: Policy Error: PrincipalNotFound")
