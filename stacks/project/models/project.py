"""The models of a project: one environment, and the whole file."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import PrivateAttr

from stacks.project.models.base import Model, Text
from stacks.project.models.ci import Ci
from stacks.project.models.expression import PlacedExpression
from stacks.project.models.network import LoadBalancer, Network
from stacks.project.models.resources import Resource
from stacks.project.models.service import Service

_ARN_COLONS = 5


class Cluster(Model):
    """The ECS cluster."""

    insights: Literal["enabled", "enhanced", "disabled"] = "enabled"
    """CloudWatch Container Insights. AWS bills its metrics and logs, some dollars a month for each service; `enhanced`
    has metrics of every task and container, and costs more the more tasks run."""


class Alarms(Model):
    """The recipients of alarms."""

    email: tuple[str, ...] = ()
    """Addresses to subscribe to the alarm topic; AWS asks each of them to confirm."""


class State(Model):
    """Where Terraform stores its state."""

    backend: Literal["local", "s3", "cloud"] = "local"
    """`local` stores it next to the project file, `s3` in a bucket, `cloud` in HCP Terraform."""
    bucket: str | None = None
    """The bucket; s3 only, and required for it."""
    key_prefix: str | None = None
    """The prefix of the object key `<project_id>/<env>/terraform.tfstate`; empty by default. s3 only."""
    region: str | None = None
    """The bucket's region; the project's region by default. s3 only."""
    lock: bool = True
    """Lock the state with a lock file in the bucket. s3 only."""
    kms_key: str | None = None
    """The KMS key that encrypts the state; the bucket's default encryption by default. s3 only."""
    organization: str | None = None
    """The HCP Terraform organization; cloud only, and required for it."""


class Registry(Model):
    """The ECR registry of the services with `build` or `repository`, which all environments share."""

    region: str | None = None
    """The registry's region; the file's top-level `region` by default."""
    account_id: str | None = None
    """The registry's account, 12 digits in quotes; the file's top-level `account_id` by default. Required when
    environments have different accounts or roles: the repositories then let their accounts pull."""
    assume_role: str | None = None
    """The ARN of the IAM role to assume for the registry; the file's top-level `assume_role` by default."""


class Settings(Model):
    """Every key that an environment can override."""

    region: str = "us-east-1"
    """The AWS region."""
    tags: dict[str, Text] = {}
    """Tags for every resource, in addition to Project, Environment and ManagedBy."""
    network: Network = Network()
    """The VPC."""
    load_balancer: LoadBalancer = LoadBalancer()
    """The load balancer in front of the `web` services."""
    cluster: Cluster = Cluster()
    """The ECS cluster."""
    services: dict[str, Service] = {}
    """The services, by name."""
    resources: dict[str, Resource] = {}
    """The data stores and topics of the environment, by name. Services reach them with `uses`."""
    alarms: Alarms = Alarms()
    """The recipients of alarms."""
    encryption: Literal["aws", "customer"] = "aws"
    """`aws` uses AWS owned and managed keys, `customer` a KMS key of the environment with rotation."""
    terraform: str | None = None
    """A folder with Terraform of your own, such as `infra/`, inside the folder of the project file. It becomes part of
    the Terraform of the environment: resources beside the services, such as a database. It can refer to
    `local.ecsforge`, and services refer to it with `{terraform: EXPRESSION}`."""
    permissions_boundary: str | None = None
    """The ARN of an IAM policy to set as the permissions boundary of every role."""
    state: State = State()
    """Where Terraform stores its state."""
    layout: Literal["single", "per_service"] = "single"
    """`single`: one stack per environment; `per_service` is not supported yet."""
    account_id: str | None = None
    """The only AWS account to deploy to, 12 digits in quotes."""
    assume_role: str | None = None
    """The ARN of the IAM role to assume for deployments."""
    protected: bool = False
    """Turn on deletion protection, and require a typed confirmation before changes."""


class Project(Settings):
    """One environment of a project, with every override applied and every default filled in."""

    project_id: str
    """The project's name, part of every AWS name: 2-24 lower-case letters, digits and single dashes."""
    env: str
    """The environment's name: 1-16 lower-case letters, digits and dashes."""
    registry: Registry = Registry()
    """The registry as it is written; `registry_region` and the other properties have the defaults."""
    ci: Ci = Ci()
    """Pipelines."""
    # The top level of the file, which the registry's defaults come from; an environment overrides its own.
    _top_level: Registry = PrivateAttr(default=Registry())

    # Where the expressions of the user's own Terraform are written; models have no positions.
    _expressions: tuple[PlacedExpression, ...] = PrivateAttr(default=())

    def with_expressions(self, expressions: tuple[PlacedExpression, ...]) -> Self:
        """A copy that knows where its expressions are written."""
        copy = self.model_copy()
        copy._expressions = expressions
        return copy

    @property
    def expressions(self) -> tuple[PlacedExpression, ...]:
        """The expressions of the user's own Terraform, each with its position."""
        return self._expressions

    def with_top_level(self, top_level: Registry) -> Self:
        """A copy whose registry has these defaults: the region, account and role at the top level of the file."""
        copy = self.model_copy()
        copy._top_level = top_level
        return copy

    def of_registry(self) -> Project:
        """A copy in the region, the account and the role of the registry, for requests to it."""
        place = {"region": self.registry_region, "account_id": self.registry_account, "assume_role": self.registry_role}
        return self.model_copy(update=place)

    @property
    def registry_region(self) -> str:
        """The region of the registry."""
        return self.registry.region or self._top_level.region or self.region

    @property
    def registry_role(self) -> str | None:
        """The role to assume for the registry."""
        return self.registry.assume_role or self._top_level.assume_role

    @property
    def registry_account(self) -> str | None:
        """The account of the registry, or that of its role; None when the file names neither."""
        role = self.registry_role
        named = self.registry.account_id or self._top_level.account_id
        return named or (role.split(":")[4] if role is not None and role.count(":") >= _ARN_COLONS else None)


class Overrides(Settings):
    """The keys that one environment overrides."""


class ProjectFile(Settings):
    """The project file, `ecsforge.yaml`."""

    project_id: str
    """The project's name, part of every AWS name: 2-24 lower-case letters, digits and single dashes."""
    registry: Registry = Registry()
    """The ECR registry of the services with `build` or `repository`; only at the top level of the file."""
    ci: Ci = Ci()
    """Pipelines; only at the top level of the file."""
    environments: dict[str, Overrides] = {}
    """The environments, each with the keys it overrides; by default any `--env` is accepted."""
