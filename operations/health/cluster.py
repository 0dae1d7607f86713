"""The ECS cluster of an environment: whether it exists, whose it is, and whether the environment is stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from operations.health.environment import Environment
from operations.health.stopped import Stopped, stopped_in
from stacks.errors import AwsError


@dataclass(frozen=True)
class Cluster:
    """An ECS cluster.

    Attributes:
        arn: Its ARN.
        status: ACTIVE, PROVISIONING, DEPROVISIONING or FAILED.
        tags: Its tags.
    """

    arn: str
    status: str
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def stopped(self) -> Stopped | None:
        """The record of the stopped environment; None while it is not stopped."""
        return stopped_in(self.tags)


def cluster_of(environment: Environment, ecs: Any) -> Cluster:
    """The cluster of an environment. ECS lists a deleted one as INACTIVE for some time.

    Raises AwsError when the environment is not deployed, or the cluster with its name belongs to another project;
    botocore.exceptions.ClientError when AWS refuses the request.
    """
    name = environment.names.cluster
    for each in ecs.describe_clusters(clusters=[name], include=["TAGS"])["clusters"]:
        if each["status"] != "INACTIVE":
            tags = {tag["key"]: tag.get("value", "") for tag in each.get("tags", ())}
            _refuse_another_owner(environment, name, tags)
            return Cluster(each.get("clusterArn", name), each["status"], tags)
    raise AwsError.of(
        environment.names.stack,
        f"the environment is not deployed: ECS cluster {name} does not exist in {environment.location}",
        fix=f"deploy it first: {environment.deploy_command}",
    )


def _refuse_another_owner(environment: Environment, name: str, tags: Mapping[str, str]) -> None:
    """Raise AwsError for the cluster of another stack: `a-b` in `c` has the name of `a` in `b-c`."""
    names = environment.names
    project, env = tags.get("Project", names.project_id), tags.get("Environment", names.env)
    if (project, env) != (names.project_id, names.env):
        raise AwsError.of(
            f"cluster {name}",
            "the cluster with this name belongs to another environment",
            got=f"the cluster of project {project}, env {env}",
            fix="use the credentials and the region of this environment",
        )
