"""Rules of an existing load balancer, which gets listener rules and is not changed otherwise.

Sources: the ELB API reference (CreateRule: a priority is unique on a listener; CreateTargetGroup and CreateRule: the
target group is in the VPC of the load balancer) and the ELB User Guide ("Security groups for your ALB").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stacks.project.models import LoadBalancer, Project
from stacks.project.nodes import dotted
from stacks.project.rules.finding import Finding, Rule
from stacks.project.suggest import listed
from stacks.project.targets import all_targets, tcp_targets

_KEYS = ("arn", "listener_arn", "security_group")
_OWN_KEYS = ("https", "waf", "access_logs", "redirects", "redirect_http", "idle_timeout", "ssl_policy")
_SHARED_KEYS = ("ingress_cidrs", "internal", "deletion_protection")
"""Keys that the network load balancer of services with `tcp` uses too."""
_TLS_KEYS = ("https", "ssl_policy")
_ARN = r"arn:aws(?:-[a-z]+)*:elasticloadbalancing:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):"
_NAME = r"(?P<kind>app|net|gwy)/(?P<name>[A-Za-z0-9-]{1,32}/[0-9a-f]{16})"
_BALANCER = re.compile(rf"{_ARN}loadbalancer/{_NAME}", re.ASCII)
_LISTENER = re.compile(rf"{_ARN}listener/{_NAME}/[0-9a-f]{{16}}", re.ASCII)
_GROUP = re.compile(r"sg-(?:[0-9a-f]{8}|[0-9a-f]{17})")


def existing_load_balancer(project: Project) -> Iterator[Finding]:
    """The three keys belong together, and none that would change the load balancer is beside them."""
    balancer = project.load_balancer
    given = [key for key in _KEYS if getattr(balancer, key) is not None]
    if not given:
        return
    causes = [("load_balancer", key) for key in given]
    missing = listed((key for key in _KEYS if key not in given), "and")
    if missing:
        what = f"load_balancer has {listed(given, 'and')}, so it also needs {missing}"
        yield Finding((("load_balancer",), *causes), what, None, f"add {missing}, or remove the others", "missing")
    for key in _refused_keys(project):
        what = f"load_balancer.{key} can't be combined with {given[0]}: an existing load balancer keeps its settings"
        fix = f"remove it, or write {key}: null in the environment"
        yield Finding((("load_balancer", key), causes[0]), what, key, fix, "key")
    if project.network.vpc_id is None:
        what = f"load_balancer.{given[0]} needs network.vpc_id, the VPC of the load balancer"
        fix = "add vpc_id, public_subnet_ids and private_subnet_ids to network"
        yield Finding((causes[0], ("network",)), what, None, fix, "key")
    yield from _forms(project, balancer)
    yield from _routing(project)


def _refused_keys(project: Project) -> list[str]:
    tcp = tcp_targets(project.services)
    used = {*(_SHARED_KEYS if tcp else ()), *(_TLS_KEYS if any(target.tls for target in tcp) else ())}
    written = project.load_balancer.model_fields_set
    return [
        key
        for key in (*_OWN_KEYS, *_SHARED_KEYS)
        if key in written and getattr(project.load_balancer, key) is not None and key not in used
    ]


def _forms(project: Project, balancer: LoadBalancer) -> Iterator[Finding]:
    found: dict[str, re.Match[str]] = {}
    for key, pattern, kind in (("arn", _BALANCER, "load balancer"), ("listener_arn", _LISTENER, "listener")):
        path, value = ("load_balancer", key), getattr(balancer, key)
        match = pattern.fullmatch(value or "")
        if value is None:
            continue
        if match is None:
            what = f"{dotted(path)} must be the ARN of a {kind}"
            yield Finding((path,), what, value or '""', "copy it from the EC2 console, or from describe-load-balancers")
        elif match["kind"] != "app":
            what = f"{dotted(path)} must be of an application load balancer"
            yield Finding((path,), what, value, "use one with app/ in its ARN")
        elif match["region"] != project.region:
            what = f"{dotted(path)} must be in {project.region}"
            yield Finding((path, ("region",)), what, match["region"], "use one in the region of the project")
        else:
            found[key] = match
    if len(found) == 2 and found["arn"]["name"] != found["listener_arn"]["name"]:
        paths = ("load_balancer", "listener_arn"), ("load_balancer", "arn")
        what = "load_balancer.listener_arn must be a listener of load_balancer.arn"
        yield Finding(paths, what, found["listener_arn"]["name"], "correct one of them")
    if balancer.security_group is not None and not _GROUP.fullmatch(balancer.security_group):
        path = ("load_balancer", "security_group")
        what = f"{dotted(path)} must be sg- followed by 8 or 17 hex digits"
        yield Finding((path,), what, balancer.security_group or '""', "copy the id from the VPC console")


def _routing(project: Project) -> Iterator[Finding]:
    """Other rules are on the listener too, so that nothing can be assigned."""
    for target in all_targets(project.services):
        for key, example in (("hosts", "hosts: [app.example.com]"), ("priority", "priority: 100")):
            if not getattr(target.routing, key):
                what = f"{dotted(target.path)} needs {key}, because the listener has rules of others"
                paths = target.path, ("load_balancer", "arn"), (*target.path, key)
                yield Finding(paths, what, None, f"add {example}", "missing")


RULES: tuple[Rule, ...] = (existing_load_balancer,)
