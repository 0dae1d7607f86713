"""The cluster, services, task definitions, schedules and scaling."""

from __future__ import annotations

from stacks.resources.model import CLUSTER, ArnImport, Detail, Listing, NameImport, NewRevision, ResourceType

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
    ),
    ResourceType("aws_ecs_cluster_capacity_providers", "capacity provider association", CLUSTER, shared=True),
    ResourceType(
        "aws_service_discovery_http_namespace",
        "Service Connect namespace",
        CLUSTER,
        shared=True,
        replaced="services cannot reach each other through Service Connect during the replacement",
        arn_import=ArnImport(r"servicediscovery:namespace/(.+)"),
        listing=Listing("servicediscovery", "list_namespaces", "Namespaces[].Name"),
    ),
    ResourceType(
        "aws_ecs_service",
        "service",
        CLUSTER,
        replaced="its tasks stop before the new ones start",
        destroyed="its tasks stop",
        arn_import=ArnImport(r"ecs:service/(.+/.+)"),
    ),
    ResourceType(
        "aws_ecs_task_definition",
        "task definition",
        CLUSTER,
        revision=NewRevision("new revision", "retiring", "retired"),
        listing=Listing("ecs", "list_task_definitions", "taskDefinitionArns[]", {"status": "ACTIVE"}),
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
    ),
    ResourceType("aws_appautoscaling_policy", "scaling policy", CLUSTER),
    ResourceType("aws_appautoscaling_scheduled_action", "scheduled scaling", CLUSTER),
    ResourceType(
        "aws_scheduler_schedule",
        "schedule",
        CLUSTER,
        name_import=NameImport("schedule", ("name",), "default/{name}"),
        listing=Listing("scheduler", "list_schedules", "Schedules[].Name"),
    ),
)
