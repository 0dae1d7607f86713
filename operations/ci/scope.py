"""The resources of an environment by their names, as ARNs with wildcards: what a role may be limited to.

IAM matches names. Where AWS assigns the identifier (EC2, EFS, KMS keys, certificates), every resource of the account
and region matches, and `permissions.py` denies those with the tags of other environments.

Source: the Service Authorization Reference, "Resource types defined by" each service.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from operations.ci.names import Account
from operations.ci.others import OfOthers
from operations.iam.resource_level import ON_ANY_RESOURCE
from stacks.image_reference import ecr_repository
from stacks.naming import (
    BUCKET_NAME_LIMIT,
    CACHE_LIMIT,
    HASH_LENGTH,
    ROLE_LIMIT,
    SCHEDULE_LIMIT,
    SHARED,
    TARGET_GROUP_LIMIT,
    Names,
)
from stacks.project.models import Bucket, Project, Topic

_WITHOUT_NAMES = frozenset(
    {
        *("cloudwatch:DescribeAlarms", "cloudwatch:GetMetricStatistics", "ecr:GetAuthorizationToken"),
        *("ecs:ListServices", "ecs:ListTasks", "servicediscovery:GetOperation"),
    }
)
"""Further actions that list, or that have no resource types."""
_DELETED_ALARMS = "alarm:TargetTracking-service/{cluster}/*"
_READS = ("Describe", "Get", "List", "BatchGet")


@dataclass(frozen=True)
class Scope:
    """The resources of one environment, or with `env` `shared` those of the stack that environments share.

    Attributes:
        project: The project, resolved for the environment.
        account: The account and region.
    """

    project: Project
    account: Account

    @property
    def names(self) -> Names:
        """The names of the environment."""
        return Names(self.project.project_id, self.project.env)

    def resources(self, action: str) -> tuple[str, ...]:
        """The ARNs that an action is limited to; `*` where IAM can't limit it."""
        if action in ON_ANY_RESOURCE or action in _WITHOUT_NAMES:
            return ("*",)
        prefix, _, operation = action.partition(":")
        if prefix in _BY_ID:
            return tuple(self.account.arn(prefix, resource) for resource in _BY_ID[prefix])
        if prefix == "ec2":  # subnets can be shared by another account
            return (self.account.arn("ec2", resource="*", account="*"),)
        if prefix == "route53":
            return tuple(f"arn:{self.account.partition}:route53:::{kind}/*" for kind in ("change", "hostedzone"))
        if prefix == "iam":
            return tuple(self._iam(operation))
        if prefix == "ecr" and operation.startswith(_READS):
            return (*self.repositories, *self._named_repositories())
        if prefix in ("elasticache", "rds") and operation.startswith("Describe"):
            return ("*",)  # the AWS provider also lists, by other attributes than the name
        others = self.others.resources(action)
        if prefix == "secretsmanager" and operation not in ("DescribeSecret", "GetResourcePolicy"):
            # Also without a database: the one that a deploy destroys is no longer in the project file.
            return (self.account.arn("secretsmanager", f"secret:{self.names.stack}/*"), *others)
        return (*self._named(prefix), *others)

    @property
    def others(self) -> OfOthers:
        """What others own and the project file names."""
        return OfOthers(self.project, self.account)

    def named(self) -> tuple[str, ...]:
        """Every ARN whose name is one of the environment."""
        prefixes = (
            *("cloudwatch", "dynamodb", "ecs", "elasticache", "elasticloadbalancing", "logs", "rds", "s3"),
            *("scheduler", "sns", "sqs", "wafv2"),
        )
        shared = ("managedruleset", "parametergroup:default")
        found = (arn for prefix in prefixes for arn in self._named(prefix))
        own = [arn for arn in found if not any(each in arn for each in shared)]
        aliases = [arn for arn in self._named("kms") if ":alias/" in arn]
        return (*own, *aliases, *self._iam("Write"), self.repositories[-1])

    @property
    def is_shared(self) -> bool:
        """Whether it is the stack that environments share."""
        return self.project.env == SHARED

    @property
    def repositories(self) -> tuple[str, ...]:
        """The ECR repositories: those that environments share if a service uses them, and the environment's own."""
        project = self.project
        region, account = project.registry_region, project.registry_account or self.account.account_id
        shared = self.account.arn("ecr", f"repository/{project.project_id}/*", region=region, account=account)
        has_shared = self.is_shared or any(each.has_shared_repository for each in project.services.values())
        own = self.account.arn("ecr", f"repository/{self.names.stack}/*")
        return (*([shared] if has_shared else []), *([] if self.is_shared else [own]))

    def _named_repositories(self) -> Iterator[str]:
        """The private ECR repositories of images that the project file names."""
        services = self.project.services.values()
        images = {each.image for each in services if not each.image_is_deployed}
        images |= {sidecar.image for each in services for sidecar in each.sidecars.values()}
        found = {ecr_repository(each) for each in images}
        for each in sorted(filter(None, found), key=str):
            yield self.account.arn("ecr", f"repository/{each.name}", region=each.region, account=each.account_id)

    def _iam(self, operation: str) -> Iterator[str]:
        role = self._prefix(ROLE_LIMIT)
        if operation == "CreateServiceLinkedRole":
            yield self.account.iam("role/aws-service-role/*")
            return
        if operation.endswith(("Policy", "PolicyVersion", "PolicyVersions")) and "Role" not in operation:
            yield self.account.iam(f"policy/{role}")
            if operation.startswith(_READS):
                yield from self.managed_policies
            return
        yield self.account.iam(f"role/{role}")
        if operation == "Write":
            yield self.account.iam(f"policy/{role}")

    @property
    def managed_policies(self) -> tuple[str, ...]:
        """The managed policies that the project file attaches to roles, and the permissions boundary."""
        services = self.project.services.values()
        named = {arn for each in services for arn in each.permissions.managed_policies}
        boundary = self.project.permissions_boundary
        return tuple(sorted(named | ({boundary} if boundary else set())))

    def _named(self, prefix: str) -> Iterator[str]:
        """The ARNs of a service whose resources have names."""
        names, arn, stack = self.names, self.account.arn, self.names.stack
        balancers = (("loadbalancer", "*"), ("listener", "*"), ("listener-rule", "*"))
        resources = {
            "cloudwatch": (f"alarm:{stack}-*", _DELETED_ALARMS.format(cluster=names.cluster)),
            "ecs": (
                f"cluster/{names.cluster}",
                *(f"{kind}/{names.cluster}/*" for kind in ("service", "task", "service-deployment")),
                f"service-revision/{names.cluster}/*",
                f"task-definition/*-{stack}:*",
            ),
            "elasticloadbalancing": (
                *(f"{kind}/app/{names.load_balancer}/{rest}" for kind, rest in balancers),
                *(f"{kind}/net/{names.network_load_balancer}/*" for kind in ("loadbalancer", "listener")),
                f"targetgroup/{self._prefix(TARGET_GROUP_LIMIT)}/*",
            ),
            "kms": ("key/*", names.key_alias, names.alarm_key_alias),
            "logs": (
                *(f"log-group:{path}/{stack}/*" for path in ("/aws/ecs", "/aws/vpc")),
                *(f"log-group:{names.waf_log_group}{end}" for end in ("", ":*")),
            ),
            "dynamodb": (f"table/{stack}-*",),
            "elasticache": (
                *(f"{kind}:{self._prefix(CACHE_LIMIT)}" for kind in ("replicationgroup", "cluster", "subnetgroup")),
                "parametergroup:default.*",
            ),
            "rds": tuple(f"{kind}:{stack}-*" for kind in _RDS),
            "scheduler": (f"schedule/default/{self._prefix(SCHEDULE_LIMIT)}",),
            "secretsmanager": ("secret:*",),
            "sns": tuple(self._topics()),
            "sqs": (f"{stack}-*",),
            "wafv2": (f"regional/webacl/{names.waf}/*", "regional/managedruleset/*/*"),
        }
        yield from (arn(prefix, resource) for resource in resources.get(prefix, ()))
        if prefix == "wafv2":  # AssociateWebACL is checked on both
            yield arn("elasticloadbalancing", f"loadbalancer/app/{names.load_balancer}/*")
        if prefix == "s3":
            for name in self._buckets():
                bucket = f"arn:{self.account.partition}:s3:::{name}"
                yield from (bucket, f"{bucket}/*")
        if prefix == "ecr":
            yield from self.repositories

    def _topics(self) -> Iterator[str]:
        """The topics, and their subscriptions: that of the alarms, and those of `resources`."""
        yield from (self.names.alarm_topic, f"{self.names.alarm_topic}:*")
        if any(isinstance(each, Topic) for each in self.project.resources.values()):
            yield f"{self.names.stack}-*"

    def _buckets(self) -> Iterator[str]:
        """The buckets: that of the access logs, and those of `resources`, also of former ones."""
        account = self.account.account_id
        yield self.names.access_log_bucket(account)
        if any(isinstance(each, Bucket) for each in self.project.resources.values()):
            kept = self.names.bucket_start[: BUCKET_NAME_LIMIT - HASH_LENGTH - 1].rstrip("-")
            yield f"{kept}-*-{account}"

    def _prefix(self, limit: int) -> str:
        """The names that begin with the stack's, also where a long name is shortened to `limit`."""
        kept = limit - HASH_LENGTH - 1
        return f"{f'{self.names.stack}-'[:kept].rstrip('-')}-*"


_RDS = ("cluster", "cluster-pg", "cluster-snapshot", "db", "pg", "snapshot", "subgrp")
"""The resources of RDS in their ARNs."""
_BY_ID = {
    "acm": ("certificate/*",),
    "application-autoscaling": ("scalable-target/*",),
    "elasticfilesystem": ("file-system/*", "access-point/*"),
    "servicediscovery": ("namespace/*",),
}
"""The services whose resources AWS names."""
