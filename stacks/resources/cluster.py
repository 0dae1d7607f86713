"""The cluster, services, task definitions, schedules and scaling."""

from __future__ import annotations

from stacks.resources.actions import Actions, of, put_back
from stacks.resources.model import (
    CLUSTER,
    ArnImport,
    Billed,
    Condition,
    Detail,
    Listing,
    NameImport,
    NewRevision,
    Public,
    ResourceType,
    Shown,
)

TYPES = (
    ResourceType(
        "aws_ecs_cluster",
        "cluster",
        CLUSTER,
        shared=True,
        replaced="all its services are recreated, with downtime",
        destroyed="its services can no longer run",
        arn_import=ArnImport(r"ecs:cluster/(.+)"),
        # AWS lists deleted clusters for a while, as inactive.
        listing=Listing(
            "ecs",
            "list_clusters",
            "clusterArns[]",
            detail=Detail("describe_clusters", "clusters[]", "clusters[?status!='INACTIVE'].clusterName"),
        ),
        sets=frozenset({"setting"}),
        actions=Actions(
            read=of("ecs", "DescribeClusters"),
            create=of("ecs", "CreateCluster"),
            update=of("ecs", "UpdateCluster"),
            delete=of("ecs", "DeleteCluster"),
            tag=of("ecs", "ListTagsForResource", "TagResource", "UntagResource"),
            service_linked_role="ecs.amazonaws.com",
        ),
    ),
    ResourceType(
        "aws_ecs_cluster_capacity_providers",
        "capacity provider association",
        CLUSTER,
        shared=True,
        sets=frozenset({"capacity_providers", "default_capacity_provider_strategy"}),
        actions=Actions(
            read=of("ecs", "DescribeClusters"),
            create=of("ecs", "PutClusterCapacityProviders"),
            update=of("ecs", "PutClusterCapacityProviders"),
            delete=of("ecs", "PutClusterCapacityProviders"),
        ),
    ),
    ResourceType(
        "aws_service_discovery_http_namespace",
        "Service Connect namespace",
        CLUSTER,
        shared=True,
        replaced="services cannot reach each other through Service Connect during the replacement",
        arn_import=ArnImport(r"servicediscovery:namespace/(.+)"),
        listing=Listing("servicediscovery", "list_namespaces", "Namespaces[].Name"),
        actions=Actions(
            read=of("servicediscovery", "GetNamespace", "ListTagsForResource"),
            create=of("servicediscovery", "CreateHttpNamespace", "GetOperation"),
            update=of("servicediscovery", "UpdateHttpNamespace"),
            delete=of("servicediscovery", "DeleteNamespace", "GetOperation"),
            tag=of("servicediscovery", "TagResource", "UntagResource"),
            unrecorded={"servicediscovery:UpdateHttpNamespace": put_back("servicediscovery/http_namespace.go")},
        ),
    ),
    ResourceType(
        "aws_ecs_service",
        "service",
        CLUSTER,
        replaced="its tasks stop before the new ones start",
        destroyed="its tasks stop",
        arn_import=ArnImport(r"ecs:service/(.+/.+)"),
        shown=(
            Shown("desired_count", "count"),
            Shown("capacity_provider_strategy", "capacity"),
            Shown("load_balancer.container_port", "port"),
            Shown("service_connect_configuration.enabled", "connect", default=False),
            Shown("enable_execute_command", "exec", default=False),
        ),
        public=(Public("tasks with public addresses", Condition("network_configuration.assign_public_ip", (True,))),),
        billed=(
            Billed("Fargate tasks", per_task=True, about="30 USD a vCPU and 3 USD a GB"),
            Billed(
                "public addresses of tasks",
                Condition("network_configuration.assign_public_ip", (True,)),
                per_task=True,
                about="4 USD a task",
            ),
        ),
        sets=frozenset(
            {
                "alarm_names",
                "capacity_provider_strategy",
                "load_balancer",
                "placement_constraints",
                "security_groups",
                "subnets",
                "vpc_lattice_configurations",
            }
        ),
        actions=Actions(
            read=of("ecs", "DescribeServices"),
            create=of("ecs", "CreateService"),
            update=of("ecs", "UpdateService"),
            delete=of("ecs", "DeleteService", "UpdateService"),
            tag=of("ecs", "TagResource", "UntagResource"),
        ),
    ),
    ResourceType(
        "aws_ecs_task_definition",
        "task definition",
        CLUSTER,
        revision=NewRevision("new revision", "retiring", "retired"),
        listing=Listing("ecs", "list_task_definitions", "taskDefinitionArns[]", {"status": "ACTIVE"}),
        shown=(
            Shown("cpu"),
            Shown("memory"),
            Shown("runtime_platform.cpu_architecture", "architecture"),
            Shown("ephemeral_storage.size_in_gib", "ephemeral storage"),
        ),
        sets=frozenset({"inference_accelerator", "placement_constraints", "requires_compatibilities", "volume"}),
        actions=Actions(
            read=of("ecs", "DescribeTaskDefinition"),
            create=of("ecs", "RegisterTaskDefinition"),
            tag=of("ecs", "TagResource", "UntagResource"),
            passes_roles_to="ecs-tasks.amazonaws.com",
        ),
    ),
    ResourceType(
        "local_file",
        "task definition file",
        CLUSTER,
        revision=NewRevision("", "removing", "removed"),
        derived=True,
    ),
    ResourceType(
        "aws_appautoscaling_target",
        "scaling target",
        CLUSTER,
        listing=Listing(
            "application-autoscaling",
            "describe_scalable_targets",
            "ScalableTargets[].ResourceId",
            {"ServiceNamespace": "ecs"},
        ),
        shown=(
            Shown("min_capacity", "min"),
            Shown("max_capacity", "max"),
        ),
        actions=Actions(
            read=of("application-autoscaling", "DescribeScalableTargets", "ListTagsForResource"),
            create=(
                *of("application-autoscaling", "RegisterScalableTarget"),
                *of("ecs", "DescribeServices", "UpdateService"),
            ),
            update=of("application-autoscaling", "RegisterScalableTarget"),
            delete=of("application-autoscaling", "DeregisterScalableTarget"),
            tag=of("application-autoscaling", "TagResource", "UntagResource"),
            service_linked_role="ecs.application-autoscaling.amazonaws.com",
        ),
    ),
    ResourceType(
        "aws_appautoscaling_policy",
        "scaling policy",
        CLUSTER,
        shown=(
            Shown("target_tracking_scaling_policy_configuration.target_value", "target"),
            Shown(
                "target_tracking_scaling_policy_configuration.predefined_metric_specification.predefined_metric_type",
                "metric",
            ),
        ),
        sets=frozenset({"dimensions", "metrics", "step_adjustment"}),
        actions=Actions(
            read=of("application-autoscaling", "DescribeScalingPolicies"),
            create=(
                *of("application-autoscaling", "PutScalingPolicy"),
                *of("cloudwatch", "DescribeAlarms", "PutMetricAlarm"),
            ),
            update=of("application-autoscaling", "PutScalingPolicy"),
            delete=(*of("application-autoscaling", "DeleteScalingPolicy"), *of("cloudwatch", "DeleteAlarms")),
        ),
    ),
    ResourceType(
        "aws_appautoscaling_scheduled_action",
        "scheduled scaling",
        CLUSTER,
        shown=(
            Shown("schedule"),
            Shown("scalable_target_action.min_capacity", "min"),
            Shown("scalable_target_action.max_capacity", "max"),
        ),
        actions=Actions(
            read=of("application-autoscaling", "DescribeScheduledActions"),
            create=of("application-autoscaling", "PutScheduledAction"),
            update=of("application-autoscaling", "PutScheduledAction"),
            delete=of("application-autoscaling", "DeleteScheduledAction"),
        ),
    ),
    ResourceType(
        "aws_scheduler_schedule",
        "schedule",
        CLUSTER,
        destroyed="a running task of the job stops",
        name_import=NameImport("schedule", ("name",), "default/{name}"),
        listing=Listing("scheduler", "list_schedules", "Schedules[].Name"),
        shown=(
            Shown("schedule_expression", "schedule"),
            Shown("schedule_expression_timezone", "time zone"),
            Shown("state", default="ENABLED"),
            Shown("target.ecs_parameters.task_count", "count"),
            Shown("target.ecs_parameters.capacity_provider_strategy", "capacity"),
        ),
        public=(
            Public(
                "tasks with public addresses",
                Condition("target.ecs_parameters.network_configuration.assign_public_ip", (True,)),
            ),
        ),
        billed=(Billed("Fargate tasks while the job runs", per_task=True),),
        sets=frozenset(
            {
                "capacity_provider_strategy",
                "pipeline_parameter",
                "placement_constraints",
                "placement_strategy",
                "security_groups",
                "subnets",
            }
        ),
        actions=Actions(
            read=of("scheduler", "GetSchedule"),
            create=(*of("kms", "Decrypt", "DescribeKey", "GenerateDataKey"), *of("scheduler", "CreateSchedule")),
            update=of("scheduler", "UpdateSchedule"),
            delete=of("scheduler", "DeleteSchedule"),
            passes_roles_to="scheduler.amazonaws.com",
        ),
    ),
)
