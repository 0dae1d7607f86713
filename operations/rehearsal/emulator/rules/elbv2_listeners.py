"""Listeners and listener rules that Elastic Load Balancing refuses.

Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/, pages API_CreateListener and
API_CreateRule; https://docs.aws.amazon.com/elasticloadbalancing/latest/application/, pages rule-condition-types.html
and load-balancer-limits.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from moto.elbv2.ssl_policies import SSL_POLICIES

from operations.rehearsal.emulator.request import Request
from operations.rehearsal.emulator.rules import Refused, refused_unless, rule

INVALID = "ValidationError"
ENCRYPTED = ("HTTPS", "TLS")
CONDITION_VALUES, WILDCARDS = 5, 6
"""The values, and the wildcards in them, of all conditions of a rule."""
RULES = 100
"""The default quota of rules per application load balancer, default rules not counted."""
LISTENER_PROTOCOLS = {"application": ("HTTP", "HTTPS"), "network": ("TCP", "TLS", "UDP", "TCP_UDP")}
TARGET_PROTOCOLS = {"application": ("HTTP", "HTTPS"), "network": ("TCP", "TLS", "UDP", "TCP_UDP")}
_PATH = re.compile(r"""[A-Za-z0-9_\-.$/~"'@:+&*?]{1,128}""")
_HOST = re.compile(r"[A-Za-z0-9.*?-]*\.[A-Za-z*?]+")
_CONFIGS = ("HostHeaderConfig", "PathPatternConfig", "HttpHeaderConfig", "HttpRequestMethodConfig", "SourceIpConfig")


@rule("elbv2", "CreateListener", "ModifyListener")
def taken_port(request: Request) -> None:
    """A port on which the load balancer has a listener."""
    balancer, port = _balancer(request), request.parameters.get("Port")
    own = request.parameters.get("ListenerArn")
    for listener in balancer.listeners.values() if balancer is not None else ():
        if listener.arn != own and str(listener.port) == str(port):
            text = f"A listener already exists on this port for this load balancer '{balancer.arn}'"
            raise Refused("DuplicateListener", text)


@rule("elbv2", "CreateListener", "ModifyListener")
def protocol(request: Request) -> None:
    """A protocol that the type of the load balancer does not have (API_CreateListener)."""
    balancer, wanted = _balancer(request), request.parameters.get("Protocol")
    known = LISTENER_PROTOCOLS.get(balancer.type) if balancer is not None else None
    if wanted is not None and known is not None:
        text = f"Protocol '{wanted}' must be one of '{', '.join(known)}' for a load balancer of type '{balancer.type}'"
        refused_unless(wanted in known, INVALID, text)


@rule("elbv2", "CreateListener", "AddListenerCertificates")
def certificate(request: Request) -> None:
    """HTTPS and TLS without a certificate, with one that does not exist, and one that is not issued."""
    protocol = request.parameters.get("Protocol")
    certificates = request.parameters.get("Certificates", ())
    if protocol in ENCRYPTED:
        refused_unless(certificates, INVALID, f"A certificate must be specified for {protocol} listeners")
    for each in certificates:
        arn = each.get("CertificateArn", "")
        if ":acm:" not in arn:
            continue
        found = request.backend_in("acm", arn.split(":")[3])._certificates.get(arn)
        refused_unless(found is not None, "CertificateNotFound", f"Certificate '{arn}' not found")
        if found.status == "PENDING_VALIDATION":
            found.check()  # moto issues it when it is read
        text = (
            f"The certificate '{arn}' must have a fully-qualified domain name, a supported signature, and a supported "
            "key size."
        )
        refused_unless(found.status == "ISSUED", "UnsupportedCertificate", text)


@rule("elbv2", "CreateListener", "ModifyListener")
def ssl_policy(request: Request) -> None:
    """A security policy that does not exist, and one for a listener that does not encrypt."""
    policy = request.parameters.get("SslPolicy")
    if policy is not None:
        refused_unless(policy in SSL_POLICIES, "SSLPolicyNotFound", f"SSL policy '{policy}' not found")


@rule("elbv2", "CreateListener", "ModifyListener", "CreateRule", "ModifyRule")
def target_groups(request: Request) -> None:
    """Target groups of another VPC, or of a protocol that the load balancer does not forward."""
    balancer = _balancer(request)
    for arn in _target_groups(request.parameters):
        group = request.backend().target_groups.get(arn)
        if balancer is None or group is None or group.target_type == "lambda":
            continue
        text = f"The target group '{arn}' is not in the VPC of the load balancer '{balancer.arn}'"
        refused_unless(group.vpc_id == balancer.vpc_id, "InvalidConfigurationRequest", text)
        protocols = TARGET_PROTOCOLS.get(balancer.type, (group.protocol,))
        text = f"Target group protocol '{group.protocol}' is not supported by load balancers of type '{balancer.type}'"
        refused_unless(group.protocol in protocols, "IncompatibleProtocols", text)


@rule("elbv2", "CreateRule", "ModifyRule")
def authentication(request: Request) -> None:
    """Authentication by a rule of a listener without HTTPS (application/listener-authenticate-users.html)."""
    kinds = {each.get("Type", "") for each in request.parameters.get("Actions", ())}
    listener, rule_ = request.parameters.get("ListenerArn"), request.parameters.get("RuleArn")
    for balancer in request.backend().load_balancers.values():
        for each in balancer.listeners.values():
            if each.arn == listener or rule_ in each.rules:
                secure = each.protocol == "HTTPS" or not any(kind.startswith("authenticate-") for kind in kinds)
                text = "Authentication actions are only supported for HTTPS listeners"
                refused_unless(secure, "InvalidConfigurationRequest", text)


@rule("elbv2", "CreateRule", "ModifyRule")
def number_of_values(request: Request) -> None:
    """More than five values, or more than six wildcards, in all conditions of a rule."""
    values = [value for each in request.parameters.get("Conditions", ()) for value in _values(each)]
    text = f"A rule can only have '{CONDITION_VALUES}' condition values"
    refused_unless(len(values) <= CONDITION_VALUES, INVALID, text)
    wildcards = sum(each.count("*") + each.count("?") for each in values)
    refused_unless(wildcards <= WILDCARDS, INVALID, f"A rule can only have '{WILDCARDS}' condition wildcards")


@rule("elbv2", "CreateRule", "ModifyRule")
def patterns(request: Request) -> None:
    """Characters that a path or a host name can't have."""
    for condition in request.parameters.get("Conditions", ()):
        field = condition.get("Field")
        for value in _values(condition):
            if field == "path-pattern":
                refused_unless(_PATH.fullmatch(value), INVALID, f"The path pattern '{value}' is not valid")
            elif field == "host-header":
                valid = len(value) <= 128 and _HOST.fullmatch(value)
                refused_unless(valid, INVALID, f"The host header '{value}' is not valid")


@rule("elbv2", "CreateRule")
def number_of_rules(request: Request) -> None:
    """More rules than the quota of a load balancer."""
    balancer = _balancer(request)
    count = sum(len(each._non_default_rules) for each in balancer.listeners.values()) if balancer is not None else 0
    text = "The maximum number of rules on a load balancer has been reached"
    refused_unless(count < RULES, "TooManyRules", text)


def _balancer(request: Request) -> Any:
    """The load balancer of a request; that of its listener or rule, whose ARNs contain its name."""
    balancers = request.backend().load_balancers
    if "LoadBalancerArn" in request.parameters:
        return balancers.get(request.parameters["LoadBalancerArn"])
    listener, rule_ = request.parameters.get("ListenerArn"), request.parameters.get("RuleArn")
    for balancer in balancers.values():
        for each in balancer.listeners.values():
            if each.arn == listener or rule_ in each.rules:
                return balancer
    return None


def _target_groups(parameters: Mapping[str, Any]) -> Iterator[str]:
    for action in (*parameters.get("DefaultActions", ()), *parameters.get("Actions", ())):
        groups = action.get("ForwardConfig", {}).get("TargetGroups", ())
        found = [action.get("TargetGroupArn"), *(each.get("TargetGroupArn") for each in groups)]
        yield from dict.fromkeys(arn for arn in found if arn)


def _values(condition: Mapping[str, Any]) -> list[str]:
    values = list(condition.get("Values", ()))
    for config in _CONFIGS:
        values += condition.get(config, {}).get("Values", ())
    values += [each.get("Value", "") for each in condition.get("QueryStringConfig", {}).get("Values", ())]
    return values
