"""The URL of an environment's web services, and their pages in the AWS console."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from operations import aws
from operations.service_names import require_services
from stacks.errors import AwsError, Position, Problem, UsageError
from stacks.naming import Names
from stacks.project.targets import all_targets, first_host, serves_http
from stacks.references import partition_of

if TYPE_CHECKING:
    from operations.health.environment import Environment
    from stacks.project.models import Project

URL_OUTPUT = "alb_url"
_WILD = re.compile(r"[*?]")
_MISSING = "LoadBalancerNotFound"
# AWS General Reference, "AWS Management Console endpoints" of the partitions.
_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


@dataclass(frozen=True)
class WebUrl:
    """The URL of a service. `internal` is whether it is reachable from inside the VPC only."""

    text: str
    internal: bool


def require_web_service(project: Project, service: str | None) -> None:
    """Raise UsageError unless the project has this service, or any web service, that a browser can open."""
    require_services(project.services, () if service is None else (service,))
    if service is not None and project.services[service].type != "web":
        what = f"a {project.services[service].type} has no URL"
        raise UsageError.of("", what, got=service, fix="pass --console to open its page in the AWS console")
    if service is not None and not serves_http(project.services[service]):
        fix = "connect to the port of its listener at the output nlb_dns_name"
        raise UsageError.of("", "a service with tcp has no URL", got=service, fix=fix)
    if not any(map(serves_http, project.services.values())):
        fix = "pass --console to open its page in the AWS console"
        raise UsageError.of("", f"{project.env} has no web service", fix=fix)


def url_in(outputs: Mapping[str, Any]) -> str | None:
    """The URL of the load balancer in the outputs of a state; None before the first deploy."""
    url = outputs.get(URL_OUTPUT)
    return url if isinstance(url, str) and url.startswith(("http://", "https://")) else None


def balancer_url(environment: Environment) -> str:
    """The URL of the load balancer, from AWS: that of the certificate's domain if there is one.

    Raises:
        AwsError: The environment is not deployed, or AWS refused the request.
    """
    if environment.project.load_balancer.arn is not None:
        return _existing_url(environment)
    names, https = environment.names, environment.project.load_balancer.https
    try:
        with aws.errors(f"load balancer {names.load_balancer}"):
            elb = environment.client("elbv2")
            found = elb.describe_load_balancers(Names=[names.load_balancer])["LoadBalancers"][0]["DNSName"]
    except AwsError as error:
        if _MISSING not in error.codes:
            raise
        where, what = Position(names.stack), f"not deployed: {environment.location} has no load balancer of this stack"
        raise AwsError(Problem(where, what, fix="deploy it first:", code=_MISSING, command=("deploy",))) from error
    host = https.host if https is not None else None
    return f"{'https' if https is not None else 'http'}://{host or found}"


def _existing_url(environment: Environment) -> str:
    """The URL of the listener of an existing load balancer, with the first host of the services."""
    project = environment.project
    arn = project.load_balancer.listener_arn
    with aws.errors(f"listener {arn}"):
        (listener,) = environment.client("elbv2").describe_listeners(ListenerArns=[arn])["Listeners"]
    host = first_host(all_targets(project.services)) or "*"
    return f"{listener['Protocol'].lower()}://{host}:{listener['Port']}"


def web_url(project: Project, base: str, service: str | None) -> WebUrl:
    """The URL of a service behind the load balancer at `base`: its host and path; of the load balancer without one."""
    internal = project.load_balancer.internal
    if service is None:
        return WebUrl(base, internal)
    http = project.services[service].http
    host = next((each for each in http.hosts if not _WILD.search(each)), None)
    scheme, _, own = base.partition("://")
    path = _WILD.split(http.paths[0], maxsplit=1)[0] if http.paths else "/"
    port = own.partition(":")[1] + own.partition(":")[2] if host else ""
    return WebUrl(f"{scheme}://{host or own}{port}{'' if path == '/' else path}", internal)


def console_url(project: Project, service: str | None) -> str:
    """The page of a service in the ECS console, the task definition of a job, or the page of the cluster.

    Raises:
        UsageError: The project does not have the service.
    """
    require_services(project.services, () if service is None else (service,))
    names, region = Names(project.project_id, project.env), project.region
    page = f"clusters/{quote(names.cluster)}/services"
    if service is not None and project.services[service].type == "job":
        page = f"task-definitions/{quote(names.task_definition(service))}"
    elif service is not None:
        page = f"{page}/{quote(names.service(service))}/health"
    domain = _CONSOLES.get(partition_of(region), _CONSOLES["aws"])
    return f"https://{region}.{domain}/ecs/v2/{page}?region={region}"
