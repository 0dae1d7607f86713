"""The load balancer and its web ACL."""

from __future__ import annotations

from stacks.resources.actions import Actions, of, put_back
from stacks.resources.model import LOAD_BALANCER, ArnImport, Billed, Condition, Listing, Public, ResourceType, Shown

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
        shown=(
            Shown("internal", default=False),
            Shown("enable_deletion_protection", "deletion protection"),
        ),
        public=(Public("internet-facing", Condition("internal", (False,))),),
        billed=(
            Billed("load balancer", about="16 USD"),
            Billed("public addresses of the load balancer", Condition("internal", (False,)), about="4 USD a zone"),
        ),
        sets=frozenset({"security_groups", "subnet_mapping", "subnets"}),
        actions=Actions(
            read=of(
                "elasticloadbalancing",
                "DescribeCapacityReservation",
                "DescribeLoadBalancerAttributes",
                "DescribeLoadBalancers",
                "DescribeTags",
            ),
            create=of("elasticloadbalancing", "CreateLoadBalancer", "ModifyLoadBalancerAttributes"),
            update=of("elasticloadbalancing", "ModifyLoadBalancerAttributes", "SetSecurityGroups", "SetSubnets"),
            delete=(*of("ec2", "DescribeNetworkInterfaces"), *of("elasticloadbalancing", "DeleteLoadBalancer")),
            tag=of("elasticloadbalancing", "AddTags", "RemoveTags"),
            service_linked_role="elasticloadbalancing.amazonaws.com",
            unrecorded={
                "elasticloadbalancing:SetSecurityGroups": put_back("elbv2/load_balancer.go"),
            },
        ),
    ),
    ResourceType(
        "aws_lb_listener",
        "listener",
        LOAD_BALANCER,
        shared=True,
        replaced="requests fail during the replacement",
        arn_import=ArnImport(r"elasticloadbalancing:listener/.+", "{arn}"),
        shown=(
            Shown("protocol"),
            Shown("port"),
            Shown("ssl_policy", "TLS policy"),
        ),
        sets=frozenset({"target_group"}),
        actions=Actions(
            read=of("elasticloadbalancing", "DescribeListenerAttributes", "DescribeListeners", "DescribeTags"),
            create=of("elasticloadbalancing", "CreateListener"),
            update=of("elasticloadbalancing", "ModifyListener"),
            delete=of("elasticloadbalancing", "DeleteListener"),
            tag=of("elasticloadbalancing", "AddTags", "RemoveTags"),
        ),
    ),
    ResourceType(
        "aws_lb_listener_certificate",
        "listener certificate",
        LOAD_BALANCER,
        shared=True,
        destroyed="hosts that only this certificate covers are served with another one",
        actions=Actions(
            read=of("elasticloadbalancing", "DescribeListenerCertificates"),
            create=of("elasticloadbalancing", "AddListenerCertificates"),
            delete=of("elasticloadbalancing", "RemoveListenerCertificates"),
        ),
    ),
    ResourceType(
        "aws_lb_listener_rule",
        "listener rule",
        LOAD_BALANCER,
        replaced="requests go to the default action during the replacement",
        arn_import=ArnImport(r"elasticloadbalancing:listener-rule/.+", "{arn}"),
        shown=(
            Shown("priority"),
            Shown("condition.host_header.values", "hosts"),
            Shown("condition.path_pattern.values", "paths"),
        ),
        sets=frozenset({"condition", "query_string", "target_group", "values"}),
        actions=Actions(
            read=of("elasticloadbalancing", "DescribeRules", "DescribeTags"),
            create=of("elasticloadbalancing", "CreateRule"),
            update=of("elasticloadbalancing", "ModifyRule", "SetRulePriorities"),
            delete=of("elasticloadbalancing", "DeleteRule"),
            tag=of("elasticloadbalancing", "AddTags", "RemoveTags"),
        ),
    ),
    ResourceType(
        "aws_lb_target_group",
        "target group",
        LOAD_BALANCER,
        replaced="requests fail until the tasks are healthy in the new target group",
        arn_import=ArnImport(r"elasticloadbalancing:targetgroup/.+", "{arn}"),
        listing=Listing("elbv2", "describe_target_groups", "TargetGroups[].TargetGroupName"),
        shown=(
            Shown("protocol"),
            Shown("port"),
            Shown("health_check.path", "health check"),
        ),
        sets=frozenset({"load_balancer_arns"}),
        actions=Actions(
            read=of("elasticloadbalancing", "DescribeTags", "DescribeTargetGroupAttributes", "DescribeTargetGroups"),
            create=of("elasticloadbalancing", "CreateTargetGroup", "ModifyTargetGroupAttributes"),
            update=of("elasticloadbalancing", "ModifyTargetGroup", "ModifyTargetGroupAttributes"),
            delete=of("elasticloadbalancing", "DeleteTargetGroup"),
            tag=of("elasticloadbalancing", "AddTags", "RemoveTags"),
        ),
    ),
    ResourceType(
        "aws_wafv2_web_acl",
        "web ACL",
        LOAD_BALANCER,
        shared=True,
        arn_import=ArnImport(r"wafv2:regional/webacl/([^/]+)/([^/]+)", "{1}/{0}/REGIONAL"),
        listing=Listing("wafv2", "list_web_acls", "WebACLs[].Name", {"Scope": "REGIONAL"}),
        shown=(
            Shown("rule.name", "rules"),
            Shown("rule.statement.rate_based_statement.limit", "rate limit"),
        ),
        billed=(Billed("web ACL", about="5 USD and 1 USD a rule"),),
        sets=frozenset(
            {
                "custom_response_body",
                "failure_codes",
                "failure_strings",
                "failure_values",
                "insert_header",
                "response_header",
                "rule",
                "rule_label",
                "success_codes",
                "success_strings",
                "success_values",
                "text_transformation",
                "token_domains",
            }
        ),
        actions=Actions(
            read=of("wafv2", "GetWebACL", "ListTagsForResource"),
            create=of("wafv2", "CreateWebACL"),
            update=of("wafv2", "UpdateWebACL"),
            delete=of("wafv2", "DeleteWebACL"),
            tag=of("wafv2", "TagResource", "UntagResource"),
        ),
    ),
    ResourceType(
        "aws_wafv2_web_acl_association",
        "web ACL association",
        LOAD_BALANCER,
        shared=True,
        actions=Actions(
            read=of("wafv2", "GetWebACLForResource"),
            create=(*of("elasticloadbalancing", "SetWebACL"), *of("wafv2", "AssociateWebACL")),
            delete=(*of("elasticloadbalancing", "SetWebACL"), *of("wafv2", "DisassociateWebACL")),
        ),
    ),
    ResourceType(
        "aws_wafv2_web_acl_logging_configuration",
        "web ACL logging",
        LOAD_BALANCER,
        shared=True,
        sets=frozenset({"condition", "filter", "log_destination_configs"}),
        actions=Actions(
            read=of("wafv2", "GetLoggingConfiguration"),
            create=(
                *of(
                    "logs",
                    "CreateLogDelivery",
                    "DeleteLogDelivery",
                    "DescribeLogGroups",
                    "DescribeResourcePolicies",
                    "PutResourcePolicy",
                ),
                *of("wafv2", "PutLoggingConfiguration"),
            ),
            update=of("wafv2", "PutLoggingConfiguration"),
            delete=(*of("logs", "DeleteLogDelivery"), *of("wafv2", "DeleteLoggingConfiguration")),
            service_linked_role="wafv2.amazonaws.com",
        ),
    ),
)
