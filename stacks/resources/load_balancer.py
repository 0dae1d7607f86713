"""The load balancer and its web ACL."""

from __future__ import annotations

from stacks.resources.model import LOAD_BALANCER, ArnImport, Listing, ResourceType

TYPES = (
    ResourceType(
        "aws_lb",
        "load balancer",
        LOAD_BALANCER,
        shared=True,
        replaced="its DNS name changes, and requests fail during the replacement",
        destroyed="its DNS name is lost",
        arn_import=ArnImport(r"elasticloadbalancing:loadbalancer/.+", "{arn}"),
        listing=Listing("elbv2", "describe_load_balancers", "LoadBalancers[].LoadBalancerName"),
    ),
    ResourceType(
        "aws_lb_listener",
        "listener",
        LOAD_BALANCER,
        shared=True,
        replaced="requests fail during the replacement",
        arn_import=ArnImport(r"elasticloadbalancing:listener/.+", "{arn}"),
    ),
    ResourceType(
        "aws_lb_listener_rule",
        "listener rule",
        LOAD_BALANCER,
        replaced="requests go to the default action during the replacement",
        arn_import=ArnImport(r"elasticloadbalancing:listener-rule/.+", "{arn}"),
    ),
    ResourceType(
        "aws_lb_target_group",
        "target group",
        LOAD_BALANCER,
        replaced="requests fail until the tasks are healthy in the new target group",
        arn_import=ArnImport(r"elasticloadbalancing:targetgroup/.+", "{arn}"),
        listing=Listing("elbv2", "describe_target_groups", "TargetGroups[].TargetGroupName"),
    ),
    ResourceType(
        "aws_wafv2_web_acl",
        "web ACL",
        LOAD_BALANCER,
        shared=True,
        arn_import=ArnImport(r"wafv2:regional/webacl/([^/]+)/([^/]+)", "{1}/{0}/REGIONAL"),
        listing=Listing("wafv2", "list_web_acls", "WebACLs[].Name", {"Scope": "REGIONAL"}),
    ),
    ResourceType("aws_wafv2_web_acl_association", "web ACL association", LOAD_BALANCER, shared=True),
    ResourceType("aws_wafv2_web_acl_logging_configuration", "web ACL logging", LOAD_BALANCER, shared=True),
)
