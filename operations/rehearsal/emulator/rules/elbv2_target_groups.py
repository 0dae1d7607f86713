"""Target groups that Elastic Load Balancing refuses.

Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/, pages API_CreateTargetGroup, API_Matcher
and API_TargetGroupAttribute.
"""

from __future__ import annotations

import re

from operations.rehearsal.emulator.request import Request
from operations.rehearsal.emulator.rules import refused_unless, rule

INVALID = "ValidationError"
CODES = {"HttpCode": range(200, 600), "GrpcCode": range(100)}
"""The codes of a matcher; application load balancers accept HTTP codes up to 499."""
APPLICATION_CODES = range(200, 500)
SECONDS = {
    "deregistration_delay.timeout_seconds": ((0, 3600),),
    "slow_start.duration_seconds": ((0, 0), (30, 900)),
    "stickiness.lb_cookie.duration_seconds": ((1, 604_800),),
    "stickiness.app_cookie.duration_seconds": ((1, 604_800),),
}
"""The values of attributes in seconds, as ranges with both ends."""
_MATCHER = re.compile(r"\d+(-\d+)?(,\d+(-\d+)?)*")


@rule("elbv2", "CreateTargetGroup", "ModifyTargetGroup")
def health_check_path(request: Request) -> None:
    """A path that does not begin with a slash, or is longer than 1,024 characters."""
    path = request.parameters.get("HealthCheckPath")
    if path is not None:
        valid = path.startswith("/") and len(path) <= 1024
        refused_unless(valid, INVALID, f"Health check path '{path}' must begin with a '/' character")


@rule("elbv2", "CreateTargetGroup", "ModifyTargetGroup")
def health_check_timing(request: Request) -> None:
    """A timeout that is not shorter than the interval."""
    group = request.backend().target_groups.get(request.parameters.get("TargetGroupArn"))
    interval = request.parameters.get("HealthCheckIntervalSeconds") or getattr(
        group, "health_check_interval_seconds", 30
    )
    timeout = request.parameters.get("HealthCheckTimeoutSeconds")
    if timeout is not None:
        text = "Health check interval must be greater than the timeout."
        refused_unless(int(timeout) < int(interval or 30), INVALID, text)


@rule("elbv2", "CreateTargetGroup", "ModifyTargetGroup")
def matcher(request: Request) -> None:
    """Codes that a load balancer can't match."""
    group = request.backend().target_groups.get(request.parameters.get("TargetGroupArn"))
    protocol = request.parameters.get("Protocol") or getattr(group, "protocol", None)
    for kind, value in request.parameters.get("Matcher", {}).items():
        allowed = APPLICATION_CODES if kind == "HttpCode" and protocol in ("HTTP", "HTTPS") else CODES[kind]
        valid = _MATCHER.fullmatch(value) and all(int(code) in allowed for code in re.findall(r"\d+", value))
        text = f"Health check matcher {kind} '{value}' must be within '{allowed[0]}-{allowed[-1]}' inclusive"
        refused_unless(valid, INVALID, text)


@rule("elbv2", "ModifyTargetGroupAttributes")
def attributes(request: Request) -> None:
    """Numbers of seconds outside their range."""
    for each in request.parameters.get("Attributes", ()):
        key, value = each.get("Key"), each.get("Value", "")
        ranges = SECONDS.get(key)
        if ranges is not None:
            valid = value.isdigit() and any(low <= int(value) <= high for low, high in ranges)
            refused_unless(valid, INVALID, f"'{value}' is not valid for the attribute '{key}'")
