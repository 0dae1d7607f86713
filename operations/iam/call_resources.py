"""The resources of an API call, from its parameters.

Source: the Service Authorization Reference, "Resource types defined by" each service. What a call creates has no
identifier yet: `*` is in its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from operations.iam.api_call import ApiCall

# Service -> parameter -> the resource of its value.
_NAMED: Mapping[str, Mapping[str, str]] = {
    "application-autoscaling": {"ResourceId": "scalable-target/*"},
    "cloudwatch": {"AlarmName": "alarm:{}", "AlarmNames": "alarm:{}"},
    "dynamodb": {"TableName": "table/{}"},
    "ecr": {"repositoryName": "repository/{}", "repositoryNames": "repository/{}"},
    "elasticfilesystem": {"AccessPointId": "access-point/{}", "FileSystemId": "file-system/{}"},
    "kms": {"AliasName": "{}", "KeyId": "key/{}", "TargetKeyId": "key/{}"},
    "logs": {"logGroupName": "log-group:{}", "logGroupNamePrefix": "log-group:{}*"},
    # Secrets Manager adds six characters to a name.
    "secretsmanager": {"Name": "secret:{}-??????", "SecretId": "secret:{}-??????"},
    "servicediscovery": {"Id": "namespace/{}", "NamespaceId": "namespace/{}"},
    "sns": {"Name": "{}"},
    "sqs": {"QueueName": "{}"},
}
_CREATED: Mapping[tuple[str, str], str] = {
    ("ec2", "AllocateAddress"): "elastic-ip/*",
    ("ec2", "CreateFlowLogs"): "vpc-flow-log/*",
    ("ec2", "CreateInternetGateway"): "internet-gateway/*",
    ("ec2", "CreateNatGateway"): "natgateway/*",
    ("ec2", "CreateRouteTable"): "route-table/*",
    ("ec2", "CreateSecurityGroup"): "security-group/*",
    ("ec2", "CreateSubnet"): "subnet/*",
    ("ec2", "CreateVpc"): "vpc/*",
    ("ec2", "CreateVpcEndpoint"): "vpc-endpoint/*",
}
_EC2_TYPES = {
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "fl": "vpc-flow-log",
    "igw": "internet-gateway",
    "nat": "natgateway",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "subnet": "subnet",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}
"""The resource types of EC2 by the prefix of their identifiers."""
_EC2_ID = re.compile(r"([a-z]+)-[0-9a-f]{8,17}")
_BALANCERS = {"network": "net", "gateway": "gwy"}


def resources_of(call: ApiCall) -> tuple[str, ...]:
    """The ARNs of the resources that AWS checks for a call; `*` if its parameters name none."""
    created = _CREATED.get((call.prefix, call.operation))
    found = [call.arn(created)] if created else []
    found += _OF_SERVICE.get(call.prefix, _by_name)(call)
    return tuple(dict.fromkeys(found)) or ("*",)


def last(text: str) -> str:
    """The name at the end of an ARN or a URL, or the name itself."""
    return text.rpartition("/")[2]


def _by_name(call: ApiCall) -> Iterator[str]:
    for parameter, template in _NAMED.get(call.prefix, {}).items():
        for value in call.texts(parameter):
            if not value.startswith("arn:"):
                yield call.arn(template.format(value))
    yield from _own_arns(call)


def _own_arns(call: ApiCall) -> Iterator[str]:
    """The parameters that are ARNs of the same service."""
    own = f"arn:{call.partition}:{call.prefix}:"
    yield from (text for text in call.all_texts() if text.startswith(own))


def _ec2(call: ApiCall) -> Iterator[str]:
    for text in call.all_texts():
        match = _EC2_ID.fullmatch(text)
        if match and match[1] in _EC2_TYPES:
            yield call.arn(f"{_EC2_TYPES[match[1]]}/{text}")


def _ecs(call: ApiCall) -> Iterator[str]:
    """The resources of ECS; the names of services and tasks begin with that of their cluster."""
    cluster = last(next(iter([*call.texts("cluster"), *call.texts("clusterName")]), "default"))
    services = [*call.texts("service"), *call.texts("serviceName"), *call.texts("services")]
    tasks = [*call.texts("task"), *call.texts("tasks")]
    definitions = call.texts("taskDefinition")
    if call.operation == "RegisterTaskDefinition":
        yield from (call.arn(f"task-definition/{family}:*") for family in call.texts("family"))
    elif call.texts("resourceArn"):
        yield from call.texts("resourceArn")
    elif services:
        yield from (call.arn(f"service/{cluster}/{last(name)}") for name in services)
    elif tasks:
        yield from (call.arn(f"task/{cluster}/{last(task)}") for task in tasks)
    elif definitions:
        names = [last(name) for name in definitions]
        yield from (call.arn(f"task-definition/{name if ':' in name else f'{name}:*'}") for name in names)
    else:
        clusters = [*call.texts("cluster"), *call.texts("clusterName"), *call.texts("clusters")]
        yield from (call.arn(f"cluster/{last(name)}") for name in clusters)


def _iam(call: ApiCall) -> Iterator[str]:
    path = call.parameters.get("Path", "/")
    yield from (call.arn(f"role{path}{name}", region="") for name in call.texts("RoleName"))
    if call.operation == "CreatePolicy":  # in other operations it is the name of an inline policy
        yield from (call.arn(f"policy{path}{name}", region="") for name in call.texts("PolicyName"))
    if not call.texts("RoleName"):  # the policy that is attached to a role is a condition key, not a resource
        yield from _own_arns(call)


def _balancers(call: ApiCall) -> Iterator[str]:
    names = call.texts("Name")
    if call.operation == "CreateLoadBalancer":
        kind = _BALANCERS.get(call.parameters.get("Type", ""), "app")
        yield from (call.arn(f"loadbalancer/{kind}/{name}/*") for name in names)
    if call.operation == "CreateTargetGroup":
        yield from (call.arn(f"targetgroup/{name}/*") for name in names)
    yield from _own_arns(call)


def _route53(call: ApiCall) -> Iterator[str]:
    kind = "change" if call.operation == "GetChange" else "hostedzone"
    for value in [*call.texts("HostedZoneId"), *call.texts("Id")]:
        yield f"arn:{call.partition}:route53:::{kind}/{last(value)}"


def _s3(call: ApiCall) -> Iterator[str]:
    keys = call.texts("Key")
    for bucket in call.texts("Bucket"):
        arn = bucket if bucket.startswith("arn:") else f"arn:{call.partition}:s3:::{bucket}"
        yield from (f"{arn}/{key}" for key in keys) if keys else [arn]


def _scheduler(call: ApiCall) -> Iterator[str]:
    group = call.parameters.get("GroupName") or "default"
    yield from (call.arn(f"schedule/{group}/{name}") for name in call.texts("Name"))
    yield from _own_arns(call)


def _sqs(call: ApiCall) -> Iterator[str]:
    yield from (call.arn(last(url)) for url in call.texts("QueueUrl"))
    yield from _by_name(call)


def _ssm(call: ApiCall) -> Iterator[str]:
    for name in [*call.texts("Name"), *call.texts("Names")]:
        yield name if name.startswith("arn:") else call.arn(f"parameter/{name.lstrip('/')}")


def _wafv2(call: ApiCall) -> Iterator[str]:
    if call.operation == "CreateWebACL":
        yield from (call.arn(f"regional/webacl/{name}/*") for name in call.texts("Name"))
    yield from _own_arns(call)


_OF_SERVICE: Mapping[str, Callable[[ApiCall], Iterator[str]]] = {
    "ec2": _ec2,
    "ecs": _ecs,
    "elasticloadbalancing": _balancers,
    "iam": _iam,
    "route53": _route53,
    "s3": _s3,
    "scheduler": _scheduler,
    "sqs": _sqs,
    "ssm": _ssm,
    "wafv2": _wafv2,
}
