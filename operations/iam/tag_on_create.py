"""The actions that tag what a call creates.

Sources: EC2 User Guide, "Grant permission to tag Amazon EC2 resources during creation"; ECS Developer Guide, "Grant
permission to tag resources on creation"; Elastic Load Balancing User Guide, "API permissions to tag resources during
creation"; EFS User Guide, "Grant permission to tag resources during creation"; the Service Authorization Reference for
the other services.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from operations.iam.api_call import ApiCall
from operations.iam.call_resources import last

Context = Mapping[str, str | tuple[str, ...]]
_ACTIONS: Mapping[str, str] = {
    "acm": "AddTagsToCertificate",
    "application-autoscaling": "TagResource",
    "cloudwatch": "TagResource",
    "dynamodb": "TagResource",
    "ec2": "CreateTags",
    "ecr": "TagResource",
    "ecs": "TagResource",
    "elasticache": "AddTagsToResource",
    "elasticfilesystem": "TagResource",
    "elasticloadbalancing": "AddTags",
    "kms": "TagResource",
    "logs": "TagResource",
    "rds": "AddTagsToResource",
    "scheduler": "TagResource",
    "secretsmanager": "TagResource",
    "servicediscovery": "TagResource",
    "sns": "TagResource",
    "sqs": "TagQueue",
    "ssm": "AddTagsToResource",
    "wafv2": "TagResource",
}
_IAM_ACTIONS = {"CreatePolicy": "iam:TagPolicy", "CreateRole": "iam:TagRole"}
_CREATE_ACTION = {"ec2", "ecs", "elasticfilesystem", "elasticloadbalancing"}
"""The services with a condition key for the operation that creates what is tagged, such as `ec2:CreateAction`."""
_CREATING = ("Allocate", "Create", "Put", "Register", "Request", "Run", "Start")
_RUNS_TASKS = {("ecs", "RunTask"), ("ecs", "StartTask")}


def tags_of(call: ApiCall) -> dict[str, str]:
    """The tags in a call, in each of the forms that AWS's APIs have for them."""
    parameters = call.parameters
    given = [parameters.get("Tags"), parameters.get("tags")]
    given += [each.get("Tags") for each in parameters.get("TagSpecifications") or ()]
    found: dict[str, str] = {}
    for tags in given:
        if isinstance(tags, Mapping):
            found |= tags
        for tag in tags if isinstance(tags, list) else ():
            lower = {name.lower().removeprefix("tag"): value for name, value in tag.items()}
            found[lower["key"]] = lower.get("value") or ""
    return found


def tag_context(tags: Mapping[str, str]) -> dict[str, str | tuple[str, ...]]:
    """The condition keys of tags in a request."""
    if not tags:
        return {}
    return {"aws:TagKeys": tuple(tags), **{f"aws:RequestTag/{key}": value for key, value in tags.items()}}


def tagging_of(call: ApiCall, resources: tuple[str, ...]) -> Iterator[tuple[str, str, Context]]:
    """The action, the resource and the additional condition keys of each request that tags what a call creates.

    Args:
        call: The call.
        resources: The resources that AWS checks for it.
    """
    action = tagging_action(call.prefix, call.operation)
    if action is None or not _tags(call):
        return
    context = {f"{call.prefix}:CreateAction": call.operation} if call.prefix in _CREATE_ACTION else {}
    for resource in _created(call, resources):
        yield action, resource, context


def tagging_action(prefix: str, operation: str) -> str | None:
    """The action that tags what an operation creates; None for one that creates nothing with tags."""
    if prefix == "iam":
        return _IAM_ACTIONS.get(operation)
    return f"{prefix}:{_ACTIONS[prefix]}" if prefix in _ACTIONS and operation.startswith(_CREATING) else None


def _tags(call: ApiCall) -> bool:
    """Whether a call tags what it creates; ECS also adds tags of its own and those of the task definition."""
    managed = call.parameters.get("enableECSManagedTags") or call.parameters.get("propagateTags")
    return bool(tags_of(call) or (managed and (call.prefix, call.operation) in _RUNS_TASKS))


def _created(call: ApiCall, resources: tuple[str, ...]) -> tuple[str, ...]:
    """What a call creates, which can be another resource than the one that AWS checks for its own action."""
    if call.prefix == "ec2":
        kinds = [each.get("ResourceType", "*") for each in call.parameters.get("TagSpecifications") or ()]
        return tuple(call.arn(f"{kind}/*") for kind in kinds)
    if (call.prefix, call.operation) in _RUNS_TASKS:
        return (call.arn(f"task/{last(call.parameters.get('cluster') or 'default')}/*"),)
    if call.prefix == "elasticfilesystem":
        return (call.arn("access-point/*" if call.operation == "CreateAccessPoint" else "file-system/*"),)
    below = _BELOW.get((call.prefix, call.operation))
    return tuple(resource.replace(*below) + "/*" for resource in resources) if below else resources


_BELOW = {
    ("elasticloadbalancing", "CreateListener"): (":loadbalancer/", ":listener/"),
    ("elasticloadbalancing", "CreateRule"): (":listener/", ":listener-rule/"),
}
"""Operations that create something below the resource that they name, and how its ARN differs."""
