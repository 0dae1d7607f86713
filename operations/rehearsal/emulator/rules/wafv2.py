"""Web ACLs that WAF refuses.

Source: https://docs.aws.amazon.com/waf/latest/APIReference/, pages API_CreateWebACL, API_DeleteWebACL,
API_AssociateWebACL and API_PutLoggingConfiguration; https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html.
"""

from __future__ import annotations

from collections import Counter

from operations.rehearsal.emulator.request import Request
from operations.rehearsal.emulator.rules import Refused, refused_unless, rule

INVALID = "WAFInvalidParameterException"
LOG_PREFIX = "aws-waf-logs-"


@rule("wafv2", "CreateWebACL", "UpdateWebACL")
def rules(request: Request) -> None:
    """Two rules of one name or priority."""
    for field in ("Priority", "Name"):
        found = Counter(each[field] for each in request.parameters.get("Rules", ()))
        twice = [value for value, count in found.items() if count > 1]
        text = (
            f"Error reason: You have used the same {field.lower()} for multiple rules, field: RULE, parameter: {twice}"
        )
        refused_unless(not twice, INVALID, text)


@rule("wafv2", "DeleteWebACL")
def web_acl_in_use(request: Request) -> None:
    """A web ACL of a load balancer that exists."""
    balancers = request.backend("elbv2").load_balancers
    for each in request.backend().wacls.values():
        if each.id == request.parameters["Id"] and any(arn in balancers for arn in each.associated_resources):
            text = "AWS WAF couldn't perform the operation because your resource is being used by another resource or "
            raise Refused("WAFAssociatedItemException", f"{text}it's associated with another resource.")


@rule("wafv2", "AssociateWebACL")
def resource(request: Request) -> None:
    """A load balancer that does not exist."""
    arn = request.parameters["ResourceArn"]
    exists = ":loadbalancer/app/" not in arn or arn in request.backend("elbv2").load_balancers
    text = "AWS WAF couldn't perform the operation because your resource doesn't exist."
    refused_unless(exists, "WAFNonexistentItemException", text)


@rule("wafv2", "PutLoggingConfiguration")
def log_destination(request: Request) -> None:
    """A log group without the prefix that WAF needs, or that does not exist."""
    for arn in request.parameters["LoggingConfiguration"]["LogDestinationConfigs"]:
        if ":logs:" not in arn:
            continue
        name = arn.partition(":log-group:")[2].removesuffix(":*")
        text = (
            "Error reason: The ARN isn't valid. A valid ARN begins with arn: and includes other information separated "
        )
        valid = name.startswith(LOG_PREFIX)
        refused_unless(valid, INVALID, f"{text}by colons or slashes., field: LOG_DESTINATION, parameter: {arn}")
        exists = name in request.backend("logs").groups
        refused_unless(exists, "WAFNonexistentItemException", f"The log destination {arn} doesn't exist.")
