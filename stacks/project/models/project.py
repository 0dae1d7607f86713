"""The models of a whole project: one environment of it, and the file."""

from __future__ import annotations

from typing import Any, Literal

from stacks.project.models.base import Model, Text
from stacks.project.models.network import LoadBalancer, Network
from stacks.project.models.service import Service


class Cluster(Model):
    """The ECS cluster."""

    insights: Literal["enabled", "enhanced", "disabled"] = "enabled"
    """CloudWatch Container Insights."""


class Alarms(Model):
    """Where alarms go."""

    email: tuple[str, ...] = ()
    """Addresses that are subscribed to the alarm topic; AWS asks each to confirm."""


class State(Model):
    """Where Terraform keeps its state."""

    backend: Literal["local", "s3", "cloud"] = "local"
    """`local` keeps it beside the project file, `s3` in a bucket, `cloud` in HCP Terraform."""
    bucket: str | None = None
    """The bucket; s3 only, and required there."""
    key_prefix: str | None = None
    """What stands before `<project_id>/<env>/terraform.tfstate` in the object's key; nothing when left out. s3 only."""
    region: str | None = None
    """The bucket's region; the project's region when left out. s3 only."""
    lock: bool = True
    """Lock the state with a lock file in the bucket. s3 only."""
    kms_key: str | None = None
    """The KMS key that encrypts the state; the bucket's default when left out. s3 only."""
    organization: str | None = None
    """The HCP Terraform organization; cloud only, and required there."""


class Settings(Model):
    """Every key that an environment can override."""

    region: str = "us-east-1"
    """The AWS region."""
    tags: dict[str, Text] = {}
    """Tags on every resource, with Project, Environment and ManagedBy."""
    network: Network = Network()
    """The VPC."""
    load_balancer: LoadBalancer = LoadBalancer()
    """The load balancer in front of the `web` services."""
    cluster: Cluster = Cluster()
    """The ECS cluster."""
    services: dict[str, Service] = {}
    """The services, by name."""
    alarms: Alarms = Alarms()
    """Where alarms go."""
    ci: Any = None
    """Generating a CI pipeline is not supported yet."""
    encryption: Literal["aws", "customer"] = "aws"
    """`aws` uses the services' own keys, `customer` one KMS key of the project's with rotation."""
    permissions_boundary: str | None = None
    """The ARN of an IAM policy that bounds every role."""
    state: State = State()
    """Where Terraform keeps its state."""
    layout: Literal["single", "per_service"] = "single"
    """`single`: one stack an environment; `per_service` is not supported yet."""
    account_id: str | None = None
    """The only AWS account the provider accepts, 12 digits in quotes."""
    assume_role: str | None = None
    """The ARN of the role that deploys."""
    protected: bool = False
    """Deletion protection, and a typed confirmation before changes."""


class Project(Settings):
    """One environment of a project, with every override applied and every default filled in."""

    project_id: str
    """The project's name in every AWS name: 2-24 characters, lower case, digits and single dashes."""
    env: str
    """The environment's name: 1-16 characters, lower case, digits and dashes."""


class Overrides(Settings):
    """What one environment changes."""


class ProjectFile(Settings):
    """The project file, `ecsforge.yaml`."""

    project_id: str
    """The project's name in every AWS name: 2-24 characters, lower case, digits and single dashes."""
    environments: dict[str, Overrides] = {}
    """The environments, each with what it overrides; any `--env` is accepted when left out."""
