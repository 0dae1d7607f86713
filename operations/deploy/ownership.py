"""Whether the cluster with a stack's name belongs to it, checked before anything is planned.

ECS identifies clusters by name only: CreateCluster returns the existing cluster of that name, and Terraform then treats
it as its own, to be changed and destroyed. So the command stops if the cluster belongs to another stack, or has no
stack's tags. If the cluster belongs to this stack but is not in its state, this is not the state it was deployed with.
See https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCluster.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from operations import aws
from stacks.addresses import CLUSTER_ADDRESS
from stacks.errors import AwsError, TerraformError
from stacks.naming import Names

if TYPE_CHECKING:
    import boto3

    from operations.plan.model import Plan
    from operations.state.backend import Backend
    from stacks.project.models import Project


def cluster_exists(project: Project, session: boto3.Session) -> bool:
    """Whether this stack's cluster is in the account; also False if the credentials may not describe it.

    Raises:
        AwsError: The cluster with that name belongs to another stack or to none.
    """
    return owned_cluster(project, session) is not None


def owned_cluster(project: Project, session: boto3.Session) -> Mapping[str, str] | None:
    """The tags of this stack's cluster; None if it is not in the account, or the credentials may not describe it.

    Raises:
        AwsError: The cluster with that name belongs to another stack or to none.
    """
    name = Names(project.project_id, project.env).cluster
    try:
        with aws.errors(f"cluster {name}"):
            answer = aws.client(session, "ecs").describe_clusters(clusters=[name], include=["TAGS"])
    except AwsError as error:
        if error.codes & aws.DENIED:
            return None
        raise
    cluster: dict[str, Any] = next((each for each in answer["clusters"] if each["status"] == "ACTIVE"), {})
    if not cluster:
        return None
    tags = {tag["key"]: tag["value"] for tag in cluster.get("tags", [])}
    owner, environment = tags.get("Project"), tags.get("Environment")
    if (owner, environment) != (project.project_id, project.env):
        known = owner is not None and environment is not None
        raise AwsError.of(
            f"cluster {name}",
            "the account has a cluster with this name that belongs to something else, and Terraform would take it over",
            got=f"the cluster of project {owner}, env {environment}" if known else "a cluster without a stack's tags",
            fix="choose another project_id or env, another account or another region",
        )
    return tags


def require_state(plan: Plan, backend: Backend, *, destroy: bool = False, searched: bool = False) -> None:
    """Raise TerraformError if a plan shows that a stack that exists in the account is not in its state.

    `searched` is whether the command searched for resources that an earlier deploy left, as `--adopt` does.
    """
    creates_cluster = any(each.address == CLUSTER_ADDRESS and each.action == "create" for each in plan.resources)
    if creates_cluster or (destroy and not plan.resources):
        effect = "destroy would leave it there" if destroy else "a deploy would create everything again"
        adopt = "`ecsforge deploy --adopt`, then destroy" if destroy else "deploy with --adopt"
        fix = "restore the state that it was deployed with"
        raise TerraformError.of(
            plan.stack,
            f"the stack exists in the account but is not in this state, so {effect}",
            got=f"the state {backend}",
            fix=fix if searched else f"{fix}; if a first deploy was interrupted on another machine, {adopt}",
        )
