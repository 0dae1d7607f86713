"""What destroying a resource of the user's own Terraform costs, for types that the catalogue does not have."""

from __future__ import annotations

import re

from stacks.resources.model import Risk

_WITHOUT_DATA = re.compile(
    r"(?:null|random|time|local|tls|archive|terraform)_.*"
    r"|aws_iam_.*|aws_(?:vpc_)?security_group.*|aws_route53_record|aws_cloudfront_.*"
    r"|aws_.*_(?:association|attachment|permission|policy|rule|subnet_group)"
)
_LOST = Risk("data", "what is in it is lost, unless a copy is kept outside of it")
_MISSING = Risk("traffic", "what uses it can fail")


def risk_of_own(kind: str) -> Risk:
    """The risk of destroying or replacing a resource of a type that is not in the catalogue."""
    return _MISSING if _WITHOUT_DATA.fullmatch(kind) else _LOST
