"""The actions that IAM cannot limit to resources: a policy has to allow them on `*`.

Source: the Service Authorization Reference, "Resource types" of each action; an action without any is listed here.
"""

from __future__ import annotations

from stacks.resources.actions import of

ON_ANY_RESOURCE = frozenset(
    (
        *of("acm", "RequestCertificate"),
        *of("application-autoscaling", "DescribeScalableTargets", "DescribeScalingPolicies"),
        *of("application-autoscaling", "DescribeScheduledActions"),
        *of("ec2", "DescribeAddresses", "DescribeAddressesAttribute", "DescribeAvailabilityZones", "DescribeFlowLogs"),
        *of("ec2", "DescribeInternetGateways", "DescribeNatGateways", "DescribeNetworkAcls"),
        *of("ec2", "DescribeNetworkInterfaceAttribute", "DescribeNetworkInterfaces", "DescribePrefixLists"),
        *of("ec2", "DescribeRouteTables", "DescribeSecurityGroupRules", "DescribeSecurityGroups", "DescribeSubnets"),
        *of("ec2", "DescribeVpcEndpoints", "DescribeVpcs"),
        *of("ecs", "DeregisterTaskDefinition", "DescribeTaskDefinition", "ListTaskDefinitions"),
        *of("elasticfilesystem", "CreateFileSystem"),
        *of("elasticloadbalancing", "DescribeCapacityReservation", "DescribeListenerAttributes", "DescribeListeners"),
        *of("elasticloadbalancing", "DescribeListenerCertificates", "DescribeLoadBalancerAttributes"),
        *of("elasticloadbalancing", "DescribeLoadBalancers", "DescribeRules"),
        *of("elasticloadbalancing", "DescribeTags", "DescribeTargetGroupAttributes", "DescribeTargetGroups"),
        *of("elasticloadbalancing", "DescribeTargetHealth", "SetWebACL"),
        *of("iam", "GetAccountSummary", "ListPolicies", "ListRoles"),
        *of("kms", "CreateKey", "ListAliases"),
        *of("logs", "CreateLogDelivery", "DeleteLogDelivery", "DescribeLogGroups", "DescribeResourcePolicies"),
        *of("logs", "PutResourcePolicy"),
        *of("secretsmanager", "GetRandomPassword"),
        *of("route53", "ListHostedZones", "ListHostedZonesByName"),
        *of("servicequotas", "GetServiceQuota"),
        *of("servicediscovery", "CreateHttpNamespace", "ListTagsForResource", "TagResource", "UntagResource"),
        *of("sns", "GetSubscriptionAttributes", "SetSubscriptionAttributes", "Unsubscribe"),
        *of("ssm", "DescribeParameters"),
        *of("sts", "GetCallerIdentity"),
        *of("tag", "GetResources"),
    )
)
"""Of the actions in the catalogue and of ecsforge's own, those that a policy can only allow on `*`."""
