"""Runs another image in a service, as a script of a pipeline does: `boto3_release.py REGION CLUSTER SERVICE IMAGE`."""

from __future__ import annotations

import sys

import boto3


def main(region: str, cluster: str, service: str, image: str) -> None:
    """Register a revision with the image, and update the service."""
    ecs = boto3.client("ecs", region_name=region)
    (described,) = ecs.describe_services(cluster=cluster, services=[service])["services"]
    family = described["taskDefinition"].rpartition("/")[2].partition(":")[0]
    newest = dict(ecs.describe_task_definition(taskDefinition=family)["taskDefinition"])
    settable = ecs.meta.service_model.operation_model("RegisterTaskDefinition").input_shape.members
    kept = {key: value for key, value in newest.items() if key in settable}
    kept["containerDefinitions"] = [{**each, "image": image} for each in newest["containerDefinitions"]]
    made = ecs.register_task_definition(**kept)["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster=cluster, service=service, taskDefinition=made)


if __name__ == "__main__":
    main(*sys.argv[1:])
