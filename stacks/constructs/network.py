"""The VPC with its subnets, routes, NAT gateways, endpoints and flow logs; or an existing VPC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stacks.bindings import TerraformResourceLifecycle, aws
from stacks.constructs.base import Construct, Scope
from stacks.constructs.environment import Environment
from stacks.constructs.flow_logs import FlowLog
from stacks.constructs.security_group import Peer, SecurityGroup
from stacks.naming import identifier
from stacks.project.data.endpoint_services import GATEWAY_ENDPOINTS, endpoint_service
from stacks.project.data.zones import ZONE_IDS
from stacks.project.models import Network as NetworkConfig
from stacks.project.models import Service
from stacks.project.subnets import subnets_of

ANYWHERE = "0.0.0.0/0"
HTTPS_PORT = 443


@dataclass(frozen=True)
class Subnets:
    """The IDs of a VPC and of its subnets for load balancers (public) and tasks (private).

    `private_egress` is what a task in a private subnet needs to pull its image: routes, route table associations and
    endpoints; `public_egress` is the same for a public subnet. `internet_routes` is what a load balancer in the public
    subnets needs: ELB rejects one in a VPC without an internet gateway. All are for `depends_on`.

    `prefix_lists` are the IDs of the address ranges behind the gateway endpoints, by service, where tasks have no other
    way to them: there a task whose egress is restricted needs rules to them.
    """

    vpc_id: str
    public: list[str]
    private: list[str]
    private_egress: tuple[Any, ...] = ()
    public_egress: tuple[Any, ...] = ()
    internet_routes: tuple[Any, ...] = ()
    prefix_lists: Mapping[str, str] = field(default_factory=dict)

    def of_tasks(self, config: Service) -> TaskSubnets:
        """The subnets in which the tasks of a service run."""
        if config.placement == "public":
            return TaskSubnets(self.public, self.public_egress, has_public_ip=True)
        return TaskSubnets(self.private, self.private_egress, self.prefix_lists)


@dataclass(frozen=True)
class TaskSubnets:
    """The IDs of the subnets of a service's tasks; `egress` and `prefix_lists` as in `Subnets`.

    Gateway endpoints are in the route tables of the private subnets only.
    """

    ids: list[str]
    egress: tuple[Any, ...]
    prefix_lists: Mapping[str, str] = field(default_factory=dict)
    has_public_ip: bool = False


class ImportedNetwork(Construct):
    """An existing VPC; nothing is created in it.

    Attributes:
        subnets: The IDs in the project file.
    """

    def __init__(self, scope: Scope, config: NetworkConfig) -> None:
        super().__init__(scope, "network")
        self.subnets = Subnets(
            vpc_id=config.vpc_id or "",
            public=list(config.public_subnet_ids or ()),
            private=list(config.private_subnet_ids or ()),
        )


class Network(Construct):
    """A VPC across several availability zones: public subnets for the load balancer, private ones for the tasks.

    Each zone has its own private route table, so changing from one NAT gateway to one per zone changes routes and
    replaces nothing. The VPC's default security group has no rules, because nothing should use it.

    Attributes:
        subnets: The IDs of the VPC and its subnets.
    """

    def __init__(self, scope: Scope, environment: Environment, config: NetworkConfig) -> None:
        super().__init__(scope, "network")
        self._names = environment.names
        self._associations: dict[str, Any] = {}
        self._vpc = self._make_vpc(config)
        self._close_default_security_group()
        zones = self._zones(config, environment.account.region)
        ranges = subnets_of(config)
        public = self._subnets("public", ranges.public, zones)
        private = self._subnets("private", ranges.private, zones)
        self._public_routes(public)
        tables = self._private_route_tables(private)
        routes = self._nat_routes(config, public, tables)
        private_ids = [subnet.id for subnet in private]
        endpoints = self._endpoints(config, environment.account.region, tables, private_ids)
        in_use = {
            kind: [self._associations[f"{kind}_{index}"] for index, _ in enumerate(subnets)]
            for kind, subnets in (("public", public), ("private", private))
        }
        self.subnets = Subnets(
            vpc_id=self._vpc.id,
            public=[subnet.id for subnet in public],
            private=private_ids,
            private_egress=(*routes, *in_use["private"], *endpoints.values()),
            public_egress=(self._internet_route, *in_use["public"], *endpoints.values()),
            internet_routes=(self._internet_route,),
            prefix_lists=_prefix_lists(config, endpoints),
        )
        if config.flow_logs:
            FlowLog(self, environment, self._vpc.id, config.flow_logs)

    def _make_vpc(self, config: NetworkConfig) -> Any:
        return self.make(
            aws.vpc.Vpc,
            "main",
            cidr_block=config.cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags={"Name": self._names.stack},
        )

    def _close_default_security_group(self) -> None:
        self.make(
            aws.default_security_group.DefaultSecurityGroup,
            "closed",
            comment="Without rules, so a resource that specifies no security group has no network access.",
            vpc_id=self._vpc.id,
            tags={"Name": f"{self._names.stack}-default-closed"},
        )

    def _zones(self, config: NetworkConfig, region: str) -> list[str]:
        """The zone names of the project file, or expressions for the region's first ones.

        The data source lists zone IDs and does not filter by state: a new zone or an outage must not move the subnets.
        """
        if not isinstance(config.availability_zones, int):
            return list(config.availability_zones)
        zone_filter = aws.data_aws_availability_zones.DataAwsAvailabilityZonesFilter(**_zone_filter(region))
        self.make(
            aws.data_aws_availability_zones.DataAwsAvailabilityZones,
            "available",
            comment="Does not filter by zone state, so that an outage does not move the subnets.",
            filter=[zone_filter],
        )
        count = range(config.availability_zones)
        return [f"${{data.aws_availability_zones.available.names[{index}]}}" for index in count]

    def _subnets(self, kind: str, ranges: tuple[str, ...], zones: list[str]) -> list[Any]:
        return [
            self.make(
                aws.subnet.Subnet,
                f"{kind}_{index}",
                vpc_id=self._vpc.id,
                cidr_block=cidr,
                availability_zone=zone,
                tags={"Name": f"{self._names.stack}-{kind}-{index}"},
                # EC2 can't delete a subnet in use, so the load balancer and the tasks move to the new one first.
                lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
            )
            for index, (cidr, zone) in enumerate(zip(ranges, zones, strict=True))
        ]

    def _route_table(self, name: str, subnets: list[tuple[str, Any]]) -> Any:
        table = self.make(
            aws.route_table.RouteTable,
            name,
            vpc_id=self._vpc.id,
            tags={"Name": f"{self._names.stack}-{name.replace('_', '-')}"},
        )
        for subnet_name, subnet in subnets:
            self._associations[subnet_name] = self.make(
                aws.route_table_association.RouteTableAssociation,
                subnet_name,
                subnet_id=subnet.id,
                route_table_id=table.id,
            )
        return table

    def _public_routes(self, subnets: list[Any]) -> None:
        gateway = self.make(
            aws.internet_gateway.InternetGateway, "main", vpc_id=self._vpc.id, tags={"Name": self._names.stack}
        )
        table = self._route_table("public", [(f"public_{index}", subnet) for index, subnet in enumerate(subnets)])
        self._internet_route = self.make(
            aws.route.Route,
            "internet",
            route_table_id=table.id,
            destination_cidr_block=ANYWHERE,
            gateway_id=gateway.id,
        )

    def _private_route_tables(self, subnets: list[Any]) -> list[Any]:
        return [
            self._route_table(f"private_{index}", [(f"private_{index}", subnet)])
            for index, subnet in enumerate(subnets)
        ]

    def _nat_routes(self, config: NetworkConfig, public: list[Any], tables: list[Any]) -> list[Any]:
        gateways = {"none": 0, "single": 1, "per_az": len(public)}[config.nat]
        nats = [self._nat_gateway(index, public[index]) for index in range(gateways)]
        return [
            self.make(
                aws.route.Route,
                f"private_{index}",
                route_table_id=table.id,
                destination_cidr_block=ANYWHERE,
                nat_gateway_id=nats[min(index, len(nats) - 1)].id,
            )
            for index, table in enumerate(tables if nats else [])
        ]

    def _nat_gateway(self, index: int, subnet: Any) -> Any:
        tags = {"Name": f"{self._names.stack}-nat-{index}"}
        address = self.make(aws.eip.Eip, f"nat_{index}", domain="vpc", tags=tags)
        return self.make(
            aws.nat_gateway.NatGateway,
            f"nat_{index}",
            allocation_id=address.id,
            subnet_id=subnet.id,
            tags=tags,
            # A NAT gateway that is created without a route to the internet fails (VPC User Guide).
            depends_on=[self._internet_route, self._associations[f"public_{index}"]],
        )

    def _endpoints(
        self, config: NetworkConfig, region: str, tables: list[Any], subnet_ids: list[str]
    ) -> dict[str, Any]:
        """The endpoints by service."""
        gateway = {"vpc_endpoint_type": "Gateway", "route_table_ids": [table.id for table in tables]}
        interface: dict[str, Any] = {"vpc_endpoint_type": "Interface", "subnet_ids": subnet_ids}
        if any(service not in GATEWAY_ENDPOINTS for service in config.endpoints):
            group = self._endpoint_security_group(config)
            interface |= {"security_group_ids": [group.id], "private_dns_enabled": True}
            # An endpoint is unreachable until its security group has an ingress rule.
            interface["depends_on"] = group.rules
        return {
            service: self.make(
                aws.vpc_endpoint.VpcEndpoint,
                identifier(service.replace(".", "_")),
                vpc_id=self._vpc.id,
                service_name=endpoint_service(region, service),
                **(gateway if service in GATEWAY_ENDPOINTS else interface),
                tags={"Name": f"{self._names.stack}-{service}"},
            )
            for service in config.endpoints
        }

    def _endpoint_security_group(self, config: NetworkConfig) -> SecurityGroup:
        group = SecurityGroup(
            self,
            "endpoints",
            name=self._names.endpoint_security_group,
            description="Interface endpoints of AWS services",
            vpc_id=self._vpc.id,
        )
        group.allow_in("vpc", Peer(cidr=config.cidr), HTTPS_PORT, "AWS APIs from inside the VPC")
        return group


def _prefix_lists(config: NetworkConfig, endpoints: Mapping[str, Any]) -> dict[str, str]:
    """The prefix lists of the gateway endpoints of a network without NAT.

    A gateway endpoint is reached at the service's public addresses, so a rule for the VPC's range does not cover it
    (VPC User Guide, "Gateway endpoints", "Security").
    """
    if config.nat != "none":
        return {}
    return {name: endpoint.prefix_list_id for name, endpoint in endpoints.items() if name in GATEWAY_ENDPOINTS}


def _zone_filter(region: str) -> dict[str, Any]:
    """A filter for the zones that support Fargate."""
    if region in ZONE_IDS:
        return {"name": "zone-id", "values": list(ZONE_IDS[region])}
    # Excludes Local and Wavelength Zones, which require opt-in and don't support NAT gateways and load balancers.
    return {"name": "opt-in-status", "values": ["opt-in-not-required"]}
