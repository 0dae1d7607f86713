"""The entries of the catalogue. Data only: imports neither boto3 nor cdktf."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from stacks.resources.actions import NO_ACTIONS, Actions

LOAD_BALANCER = "load balancer"
DOMAIN = "domain"
CLUSTER = "cluster"
NETWORK = "network"
SECURITY_GROUPS = "security groups"
PERMISSIONS = "permissions"
STORAGE = "storage"
LOGS = "logs"
ALARMS = "alarms"
ENCRYPTION = "encryption"
OWN = "your own Terraform"
OTHER = "other"
GROUPS = (
    *(LOAD_BALANCER, DOMAIN, CLUSTER, NETWORK, SECURITY_GROUPS, PERMISSIONS),
    *(STORAGE, LOGS, ALARMS, ENCRYPTION, OWN, OTHER),
)
"""The groups of shared resources, in the order in which a summary lists them; services come first."""


@dataclass(frozen=True)
class Risk:
    """The cost of replacing or destroying a resource.

    `kind` is `data` if a later deploy cannot restore what is lost, else `traffic`. `text` says what happens.
    """

    kind: Literal["data", "traffic"]
    text: str


@dataclass(frozen=True)
class NewRevision:
    """For a type that Terraform replaces on every change, without a loss. A plan counts the replacement as an update.

    Attributes:
        note: The text that a plan adds to the resource's name, such as `new revision`; may be empty.
        retiring: The verb for the destruction of the old one while it is in progress.
        retired: The same verb when it is done.
    """

    note: str
    retiring: str
    retired: str


@dataclass(frozen=True)
class ArnImport:
    """How to import a resource by its ARN.

    Attributes:
        pattern: A regular expression for the service and the resource part of the ARN, `ec2:vpc/(.+)`.
        id: The import ID as the provider documents it: `{0}` is the first group of the pattern, `{arn}` the whole ARN.
    """

    pattern: str
    id: str = "{0}"


Lookup = Literal[
    "bucket",
    "egress_rule",
    "ingress_rule",
    "key_alias",
    "mount_target",
    "policy",
    "record",
    "route",
    "route_table_association",
    "schedule",
]
"""The ways to find a resource without tags in the account (`operations.deploy.import_by_name`)."""


@dataclass(frozen=True)
class NameImport:
    """How to find and import a resource that has no tags of its own.

    Attributes:
        lookup: How to find it.
        arguments: The Terraform arguments that identify it; all of them must be known.
        id: The import ID, composed of these arguments; `{id}` is the ID that AWS assigned.
    """

    lookup: Lookup
    arguments: tuple[str, ...]
    id: str


@dataclass(frozen=True)
class Detail:
    """A second request for each item of a listing.

    Attributes:
        operation: The boto3 operation.
        argument: The argument that takes the item; a name that ends in `[]` takes a list of items.
        path: The JMESPath of the identifiers in the response.
    """

    operation: str
    argument: str
    path: str


@dataclass(frozen=True)
class Listing:
    """How to list the resources of a type in an account and region.

    Attributes:
        service: The AWS service, as boto3 names it.
        operation: The boto3 operation.
        path: The JMESPath of the identifiers in the response.
        arguments: The arguments of the operation.
        detail: The request that returns the resources of an item; None if the item is the resource.
    """

    service: str
    operation: str
    path: str
    arguments: Mapping[str, str] = field(default_factory=dict, hash=False)
    detail: Detail | None = None


@dataclass(frozen=True)
class Shown:
    """An argument that a plan shows of a resource that it creates.

    Attributes:
        path: The path of the argument without positions, `health_check.path`. All elements of a list are shown.
        name: Its name in a plan, if it is not the path.
        default: The value that is not worth showing; None shows every value.
    """

    path: str
    name: str = ""
    default: object = None


@dataclass(frozen=True)
class Condition:
    """Holds when the argument at `path` has one of these values; without a path it always holds."""

    path: str = ""
    values: tuple[object, ...] = ()


ALWAYS = Condition()


@dataclass(frozen=True)
class DataLoss:
    """The data that is lost with a resource that has a value: `condition` has a path and no blocks in it."""

    text: str
    condition: Condition

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether a resource with these values loses this."""
        return values.get(self.condition.path) in self.condition.values


@dataclass(frozen=True)
class Public:
    """How a resource is public when the condition holds: reachable from the internet, or with a public address.

    `{traffic}` in the text is the traffic that a security group rule allows, and `{value}` the argument's value.
    """

    text: str
    condition: Condition = ALWAYS


@dataclass(frozen=True)
class Billed:
    """What AWS bills for a resource by the hour, used or not, when the condition holds.

    `per_task` is set where the number depends on the tasks of a service. `about` is the price of one for a month of 730
    hours, without traffic: the list price of us-east-1 in `PRICES_OF`, rounded.

    Sources, each the section on pricing: https://aws.amazon.com/vpc/pricing/ (NAT gateways, public IPv4 addresses),
    /privatelink/pricing/ (interface endpoints), /elasticloadbalancing/pricing/, /fargate/pricing/; with a monthly
    price that is prorated: /waf/pricing/, /kms/pricing/, /cloudwatch/pricing/ (alarms).
    """

    name: str
    condition: Condition = ALWAYS
    per_task: bool = False
    about: str = ""


PRICES_OF = "2026"
"""The year of the prices in `Billed.about`."""


@dataclass(frozen=True)
class Note:
    """What a plan notes at an update in place: the text, when one of these arguments changes."""

    text: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class ResourceType:
    """A Terraform type.

    Attributes:
        type: Terraform's name for it; that of a data source begins with `data.`.
        name: Its name in messages.
        group: Its group in summaries if a service does not own it.
        group_by_name: The same for resources of the type with these logical names.
        shared: Whether services share it, so that it never belongs to a single service.
        data_loss: The data that is lost when it is replaced or destroyed; may be empty.
        data_losses: The same by the values that it has; `data_loss` applies where none of them holds.
        user_data: Whether the data is that of the user's applications, so that losing it takes a typed confirmation.
        no_user_data: The logical names of those that hold none.
        replaced: How replacing it affects traffic; may be empty.
        destroyed: How destroying it affects traffic; may be empty.
        destroyed_by_name: The same for resources of the type whose logical name is or begins with one of these.
        notes: What a plan notes at an update of it in place.
        revision: Set for a type whose replacement only creates a new revision.
        derived: Whether its content repeats another resource's, so that a plan does not list it.
        monitoring: Whether it monitors other resources; HCL files list these last.
        arn_import: How to import it by its ARN; None if it is recreated without harm, or has no tags to find it by.
        name_import: How to import it without tags.
        import_ignores: What `ignore_changes` has in place of an argument that an import can't read; empty if it reads
            all of them.
        listing: How to list it in an account; None if it cannot outlive another resource that is listed.
        actions: The IAM actions that Terraform needs to manage it.
        shown: The arguments that a plan shows when it creates one, in this order.
        traffic: Set for a rule of a security group: whether its other side is the source or the destination.
        public: When it is public.
        billed: What AWS bills by the hour for it.
        sets: The names of its attributes that are sets in the provider's schema, at any depth. A plan contains sets as
            lists.
    """

    type: str
    name: str
    group: str
    group_by_name: Mapping[str, str] = field(default_factory=dict, hash=False)
    shared: bool = False
    data_loss: str = ""
    data_losses: tuple[DataLoss, ...] = ()
    user_data: bool = False
    no_user_data: frozenset[str] = frozenset()
    replaced: str = ""
    destroyed: str = ""
    destroyed_by_name: Mapping[str, str] = field(default_factory=dict, hash=False)
    notes: tuple[Note, ...] = ()
    revision: NewRevision | None = None
    derived: bool = False
    monitoring: bool = False
    arn_import: ArnImport | None = None
    name_import: NameImport | None = None
    import_ignores: tuple[str, ...] = ()
    listing: Listing | None = None
    actions: Actions = NO_ACTIONS
    shown: tuple[Shown, ...] = ()
    traffic: Literal["from", "to"] | None = None
    public: tuple[Public, ...] = ()
    billed: tuple[Billed, ...] = ()
    sets: frozenset[str] = frozenset()

    def holds_user_data(self, name: str) -> bool:
        """Whether the resource with this logical name holds data of the user's applications."""
        return self.user_data and name not in self.no_user_data

    def risk(self, action: str, name: str = "", values: Mapping[str, Any] | None = None) -> Risk | None:
        """The cost of an `action` of a plan on a resource of this type; None when it costs nothing.

        `name` is its logical name, and `values` are those that it has, as far as they are known.
        """
        if action not in ("replace", "destroy"):
            return None
        if self.data_loss:
            losses = (each.text for each in self.data_losses if each.holds(values or {}))
            return Risk("data", next(losses, self.data_loss))
        text = self.replaced if action == "replace" else self._destroyed(name)
        return Risk("traffic", text) if text else None

    def _destroyed(self, name: str) -> str:
        names = (each for each in self.destroyed_by_name if name == each or name.startswith(f"{each}_"))
        return self.destroyed_by_name[found] if (found := next(names, None)) else self.destroyed
