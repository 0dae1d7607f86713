"""Whose the cluster of a stack's name is, looked up before anything is planned.

A cluster's name is all that ECS tells clusters apart by: CreateCluster answers with the cluster that has the name
already, and Terraform then takes it for its own, to be changed and destroyed. So a cluster that is another stack's, or
nobody's, ends the command; and one that is this stack's but unknown to its state tells that the state is not the one
it was deployed with. See https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCluster.html.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from operations import aws
from stacks.addresses import CLUSTER
from stacks.errors import AwsError, TerraformError
from stacks.naming import Names

if TYPE_CHECKING:
    import boto3

    from operations.state.migrate import Backend
    from operations.terraform.stream import Planned
    from stacks.project.models import Project

_DENIED = ("AccessDenied", "UnauthorizedOperation")


def cluster_stands(project: Project, session: boto3.Session) -> bool:
    """Whether this stack's cluster is in the account; False as well where AWS does not let us look.

    Raises AwsError when the cluster of that name is not this stack's.
    """
    name = Names(project.project_id, project.env).cluster
    try:
        with aws.errors(f"cluster {name}"):
            answer = aws.client(session, "ecs").describe_clusters(clusters=[name], include=["TAGS"])
    except AwsError as error:
        if any(code in str(error) for code in _DENIED):
            return False
        raise
    cluster: dict[str, Any] = next((each for each in answer["clusters"] if each["status"] == "ACTIVE"), {})
    if not cluster:
        return False
    tags = {tag["key"]: tag["value"] for tag in cluster.get("tags", [])}
    owner, environment = tags.get("Project"), tags.get("Environment")
    if (owner, environment) != (project.project_id, project.env):
        known = owner is not None and environment is not None
        whose = f"that of project {owner}, env {environment}" if known else "a cluster without the tags of a stack"
        raise AwsError(
            f"cluster {name}: the account has a cluster of this name that is not this stack's, and Terraform would "
            f"take it over; got {whose}; choose another project_id or env, another account or another region"
        )
    return True


def require_known(planned: Iterable[Planned], stack: str, backend: Backend) -> None:
    """Raise TerraformError when a plan would create the cluster of a stack that stands already."""
    if any(each.address == CLUSTER and each.action == "create" for each in planned):
        raise unknown_to(backend, stack)


def unknown_to(backend: Backend, stack: str) -> TerraformError:
    """The error for a stack that stands in the account while its state knows nothing of it."""
    return TerraformError(
        f"{stack}: it stands in the account, but this state knows nothing of it, so a deploy would make everything a "
        f"second time; got the state {backend}; bring back the state that it was deployed with; deploy with --adopt "
        "when a first deploy was broken off elsewhere"
    )
