"""pydantic models of the project file: what the user wrote, and nothing else."""

from __future__ import annotations

from stacks.project.models.auth import Auth, Cognito, Oidc
from stacks.project.models.base import Model
from stacks.project.models.build import PLATFORMS, Build
from stacks.project.models.ci import Ci, Github
from stacks.project.models.container import Condition, ContainerHealthCheck, Mount, Sidecar, Volume, VolumeOwner
from stacks.project.models.expression import Expression, written, written_texts
from stacks.project.models.logs import Logs
from stacks.project.models.network import FlowLogs, Https, LoadBalancer, Network, Redirect, Waf
from stacks.project.models.project import (
    Alarms,
    Cluster,
    Overrides,
    Project,
    ProjectFile,
    Registry,
    Settings,
    State,
)
from stacks.project.models.queue import Queue, Subscription
from stacks.project.models.resources import (
    Bucket,
    Cors,
    Database,
    DatabaseCapacity,
    Mysql,
    Postgres,
    Resource,
    Table,
    Topic,
    Valkey,
)
from stacks.project.models.scaling import CapacityMix, Scaling, ScheduledCount
from stacks.project.models.service import (
    Deployment,
    LogErrors,
    OneOffTask,
    Permissions,
    Service,
    ServiceAlarms,
    Statement,
)
from stacks.project.models.traffic import Connect, EgressRule, FurtherPort, HealthCheck, Http, Routing, TargetCheck, Tcp
from stacks.project.models.uses import Use

__all__ = [
    "PLATFORMS",
    "Alarms",
    "Auth",
    "Bucket",
    "Build",
    "CapacityMix",
    "Ci",
    "Cluster",
    "Cognito",
    "Condition",
    "Connect",
    "ContainerHealthCheck",
    "Cors",
    "Database",
    "DatabaseCapacity",
    "Deployment",
    "EgressRule",
    "Expression",
    "FlowLogs",
    "FurtherPort",
    "Github",
    "HealthCheck",
    "Http",
    "Https",
    "LoadBalancer",
    "LogErrors",
    "Logs",
    "Model",
    "Mount",
    "Mysql",
    "Network",
    "Oidc",
    "OneOffTask",
    "Overrides",
    "Permissions",
    "Postgres",
    "Project",
    "ProjectFile",
    "Queue",
    "Redirect",
    "Registry",
    "Resource",
    "Routing",
    "Scaling",
    "ScheduledCount",
    "Service",
    "ServiceAlarms",
    "Settings",
    "Sidecar",
    "State",
    "Statement",
    "Subscription",
    "Table",
    "TargetCheck",
    "Tcp",
    "Topic",
    "Use",
    "Valkey",
    "Volume",
    "VolumeOwner",
    "Waf",
    "written",
    "written_texts",
]
