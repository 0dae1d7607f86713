"""Terraform addresses in the user's words: `aws_lb_target_group.web` is the target group of service `web`.

Logical ids follow one scheme (`stacks.naming`): `<service>` or `<service>_<role>` for what belongs to a service, with
dashes as underscores, and other names for what the whole environment shares.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from stacks.naming import RESERVED_SERVICE_NAMES, identifier

NETWORK = "network"
LOAD_BALANCER = "load balancer"
CLUSTER = "cluster"
SECURITY = "security groups"
IDENTITY = "permissions"
LOGS = "logs"
ALARMS = "alarms"
STORAGE = "storage"
ENCRYPTION = "encryption"
DNS = "domain"
PIPELINE = "pipeline"
OTHER = "other"
# The order in which a summary lists what is shared; services come first.
GROUPS = (LOAD_BALANCER, DNS, CLUSTER, NETWORK, SECURITY, IDENTITY, STORAGE, LOGS, ALARMS, ENCRYPTION, PIPELINE, OTHER)

# Resource type -> (what it is called, the group it belongs to when no service owns it).
_CONCEPTS: dict[str, tuple[str, str]] = {
    "aws_vpc": ("VPC", NETWORK),
    "aws_subnet": ("subnet", NETWORK),
    "aws_internet_gateway": ("internet gateway", NETWORK),
    "aws_nat_gateway": ("NAT gateway", NETWORK),
    "aws_eip": ("NAT address", NETWORK),
    "aws_route_table": ("route table", NETWORK),
    "aws_route": ("route", NETWORK),
    "aws_route_table_association": ("route table association", NETWORK),
    "aws_vpc_endpoint": ("VPC endpoint", NETWORK),
    "aws_flow_log": ("flow log", NETWORK),
    "aws_default_security_group": ("default security group", NETWORK),
    "aws_default_route_table": ("default route table", NETWORK),
    "aws_default_network_acl": ("default network ACL", NETWORK),
    "aws_lb": ("load balancer", LOAD_BALANCER),
    "aws_lb_listener": ("listener", LOAD_BALANCER),
    "aws_lb_listener_certificate": ("listener certificate", LOAD_BALANCER),
    "aws_lb_listener_rule": ("listener rule", LOAD_BALANCER),
    "aws_lb_target_group": ("target group", LOAD_BALANCER),
    "aws_wafv2_web_acl": ("web ACL", LOAD_BALANCER),
    "aws_wafv2_web_acl_association": ("web ACL association", LOAD_BALANCER),
    "aws_wafv2_web_acl_logging_configuration": ("web ACL logging", LOAD_BALANCER),
    "aws_acm_certificate": ("certificate", DNS),
    "aws_acm_certificate_validation": ("certificate validation", DNS),
    "aws_route53_record": ("DNS record", DNS),
    "aws_ecs_cluster": ("cluster", CLUSTER),
    "aws_ecs_cluster_capacity_providers": ("capacity providers", CLUSTER),
    "aws_service_discovery_http_namespace": ("Service Connect namespace", CLUSTER),
    "aws_service_discovery_private_dns_namespace": ("Service Connect namespace", CLUSTER),
    "aws_ecs_service": ("service", CLUSTER),
    "aws_ecs_task_definition": ("task definition", CLUSTER),
    "aws_appautoscaling_target": ("scaling target", CLUSTER),
    "aws_appautoscaling_policy": ("scaling policy", CLUSTER),
    "aws_appautoscaling_scheduled_action": ("scheduled scaling", CLUSTER),
    "aws_scheduler_schedule": ("schedule", CLUSTER),
    "aws_scheduler_schedule_group": ("schedule group", CLUSTER),
    "local_file": ("task definition file", CLUSTER),
    "aws_security_group": ("security group", SECURITY),
    "aws_security_group_rule": ("security group rule", SECURITY),
    "aws_vpc_security_group_ingress_rule": ("ingress rule", SECURITY),
    "aws_vpc_security_group_egress_rule": ("egress rule", SECURITY),
    "aws_iam_role": ("role", IDENTITY),
    "aws_iam_role_policy": ("role policy", IDENTITY),
    "aws_iam_role_policy_attachment": ("role policy attachment", IDENTITY),
    "aws_iam_policy": ("policy", IDENTITY),
    "aws_iam_openid_connect_provider": ("OIDC provider", PIPELINE),
    "aws_cloudwatch_log_group": ("log group", LOGS),
    "aws_cloudwatch_log_resource_policy": ("log resource policy", LOGS),
    "aws_cloudwatch_log_metric_filter": ("log metric filter", ALARMS),
    "aws_cloudwatch_metric_alarm": ("alarm", ALARMS),
    "aws_cloudwatch_dashboard": ("dashboard", ALARMS),
    "aws_sns_topic": ("alarm topic", ALARMS),
    "aws_sns_topic_policy": ("alarm topic policy", ALARMS),
    "aws_sns_topic_subscription": ("alarm subscription", ALARMS),
    "aws_sqs_queue": ("queue", STORAGE),
    "aws_sqs_queue_policy": ("queue policy", STORAGE),
    "aws_sqs_queue_redrive_policy": ("queue redrive policy", STORAGE),
    "aws_sqs_queue_redrive_allow_policy": ("queue redrive allow policy", STORAGE),
    "aws_efs_file_system": ("file system", STORAGE),
    "aws_efs_file_system_policy": ("file system policy", STORAGE),
    "aws_efs_backup_policy": ("file system backup", STORAGE),
    "aws_efs_mount_target": ("mount target", STORAGE),
    "aws_efs_access_point": ("access point", STORAGE),
    "aws_s3_bucket": ("bucket", STORAGE),
    "aws_s3_bucket_policy": ("bucket policy", STORAGE),
    "aws_s3_bucket_acl": ("bucket ACL", STORAGE),
    "aws_s3_bucket_logging": ("bucket logging", STORAGE),
    "aws_s3_bucket_versioning": ("bucket versioning", STORAGE),
    "aws_s3_bucket_ownership_controls": ("bucket ownership", STORAGE),
    "aws_s3_bucket_public_access_block": ("bucket public access block", STORAGE),
    "aws_s3_bucket_lifecycle_configuration": ("bucket lifecycle", STORAGE),
    "aws_s3_bucket_server_side_encryption_configuration": ("bucket encryption", STORAGE),
    "aws_ecr_repository": ("image repository", STORAGE),
    "aws_ecr_repository_policy": ("image repository policy", STORAGE),
    "aws_ecr_lifecycle_policy": ("image lifecycle", STORAGE),
    "aws_kms_key": ("encryption key", ENCRYPTION),
    "aws_kms_alias": ("encryption key alias", ENCRYPTION),
    "aws_kms_key_policy": ("encryption key policy", ENCRYPTION),
    "terraform_data": ("marker", OTHER),
}
# Never a service's own, whatever the name: `aws_ecs_cluster.web_cluster` is not service `web`'s.
_SHARED_TYPES = frozenset(kind for kind, (_, group) in _CONCEPTS.items() if group == NETWORK) | {
    "aws_lb",
    "aws_lb_listener",
    "aws_ecs_cluster",
    "aws_ecs_cluster_capacity_providers",
    "aws_wafv2_web_acl",
    "aws_wafv2_web_acl_association",
    "aws_wafv2_web_acl_logging_configuration",
    "aws_acm_certificate",
    "aws_acm_certificate_validation",
    "aws_service_discovery_http_namespace",
    "aws_kms_key",
    "aws_kms_alias",
}
_SHARED_NAMES = frozenset(map(identifier, RESERVED_SERVICE_NAMES))
_ADDRESS = re.compile(r"(?:module\.[\w-]+(?:\[[^]]*])?\.)*(?:data\.)?(?P<type>\w+)\.(?P<name>[\w-]+)(?P<index>\[.*])?")


@dataclass(frozen=True)
class Place:
    """Where a resource belongs.

    Attributes:
        service: the service that owns it, None for what is shared.
        group: the heading it stands under in a summary: the service's name or a concept.
        concept: what it is called, with what tells it from its like: `execution role`, `public subnet 0`.
    """

    service: str | None
    group: str
    concept: str

    def __str__(self) -> str:
        if self.service is None:
            return self.concept
        if self.concept == "service":
            return f"service `{self.service}`"
        return f"{self.concept} of service `{self.service}`"


def place(address: str, services: Sequence[str]) -> Place:
    """Where the resource at `address` belongs, given the names of the project's services."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        return Place(None, OTHER, _provider(address))
    kind, name, index = match["type"], match["name"], match["index"] or ""
    concept, group = _CONCEPTS.get(kind, (_spoken(kind), OTHER))
    service = None if kind in _SHARED_TYPES else _owner(name, services)
    if service is None:
        return Place(None, group, _qualified(concept, f"{name}{index}"))
    role = f"{name}{index}".removeprefix(identifier(service)).lstrip("_")
    return Place(service, service, _qualified(concept, role))


def concept(kind: str) -> str:
    """A Terraform resource type in words: `aws_lb_target_group` is a `target group`."""
    return _CONCEPTS[kind][0] if kind in _CONCEPTS else _spoken(kind)


def group(kind: str) -> str:
    """The heading that a Terraform resource type stands under when no service owns it."""
    return _CONCEPTS[kind][1] if kind in _CONCEPTS else OTHER


def place_of(address: str, services: Sequence[str]) -> tuple[str, str | None]:
    """The words for an address, and the address itself unless the words replace it, as for a provider."""
    return str(place(address, services)), address if _ADDRESS.fullmatch(address) else None


def _owner(name: str, services: Sequence[str]) -> str | None:
    """The service with the longest name that `name` is or begins with: `api_v2_task` is `api-v2`'s, not `api`'s."""
    if name in _SHARED_NAMES:
        return None
    owners = [service for service in services if f"{name}_".startswith(f"{identifier(service)}_")]
    return max(owners, key=len, default=None)


def _qualified(concept: str, role: str) -> str:
    """`role` before the concept unless it only repeats it or says that there is but one."""
    words = [word for word in re.split(r"[_\W]+", role) if word and word != "main"]
    names, numbers = ([word for word in words if word.isdigit() is digits] for digits in (False, True))
    spoken = concept.lower().split()
    repeated = next((size for size in range(len(names), 0, -1) if names[-size:] == spoken[:size]), 0)
    names = names[: len(names) - repeated]
    return " ".join([*names, concept, *numbers])


def _spoken(kind: str) -> str:
    return kind.removeprefix("aws_").replace("_", " ")


def _provider(address: str) -> str:
    """Diagnostics about a provider name it as `provider["registry.terraform.io/hashicorp/aws"]`."""
    match = re.fullmatch(r'provider\["[^"]*/([\w-]+)"](?:\.\w+)?', address)
    return f"{match[1].upper()} provider" if match else address
