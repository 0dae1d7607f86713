"""The whole system: the stacks, the constructs of each, and how they are written.

Loaded ─> App ─> the SharedStack, and one EnvironmentStack per environment ─> cdktf.out/stacks/<stack>/
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from stacks.bindings import App, Construct, TerraformStack, kernel_errors
from stacks.constructs.account import Account
from stacks.constructs.alarms import AlarmTopic
from stacks.constructs.cluster import Cluster
from stacks.constructs.connections import allow_connections
from stacks.constructs.data_resources import data_resources, uses_of
from stacks.constructs.encryption import EncryptionKey
from stacks.constructs.endpoints import connections_of
from stacks.constructs.environment import Environment
from stacks.constructs.existing_load_balancer import ExistingLoadBalancer
from stacks.constructs.load_balancer import LoadBalancer
from stacks.constructs.network import ImportedNetwork, Network
from stacks.constructs.network_load_balancer import NetworkLoadBalancer
from stacks.constructs.outputs import offered_resources, outputs, references, repository_urls, resource_outputs
from stacks.constructs.platform import Platform
from stacks.constructs.queue import topic_accounts
from stacks.constructs.service import Service, service_id
from stacks.constructs.service_connect import ServiceConnectNamespace
from stacks.constructs.settings import require_version, terraform_settings
from stacks.constructs.shared_repository import SharedRepository, repository_id
from stacks.constructs.stores import stores
from stacks.constructs.waf import Waf
from stacks.listener_rules import NO_PORTS, all_priorities
from stacks.naming import Names
from stacks.output import SynthesizedStack, add_templates, as_hcl, write
from stacks.project import Loaded, Shared
from stacks.project.models import Project
from stacks.project.targets import all_targets, serves_http, tcp_targets
from stacks.publish import publish, workspace
from stacks.shared_registry import SharedRegistry

if TYPE_CHECKING:
    from stacks.infra import OwnTerraform


class SharedStack(TerraformStack):
    """What all environments of a project share: the repositories of its images.

    No stack depends on another: environments name a repository by its address, and get their images as variables.

    Attributes:
        service_ids: The names of the services by the ID of the construct of their repository.
    """

    def __init__(self, scope: Construct, shared: Shared) -> None:
        self.project = project = shared.project
        self.names = Names(project.project_id, project.env)
        super().__init__(scope, self.names.stack)
        terraform_settings(self, project, self.names, local_files=False)
        key = None
        if project.encryption == "customer":
            key = EncryptionKey(self, Account(self, project.region), self.names, for_services=False)
        key_arn, registry = key.arn if key else None, SharedRegistry.of(project)
        repositories = {
            name: SharedRepository(self, registry, name, key_arn=key_arn, accounts=shared.accounts)
            for name in project.services
        }
        repository_urls(self, repositories)
        self.service_ids: dict[str, str] = {repository_id(name): name for name in repositories}


class EnvironmentStack(TerraformStack):
    """One environment of a project: the network, the load balancer, the cluster and the services on it.

    Attributes:
        own: The user's own Terraform; None without a folder `terraform`.
        service_ids: The names of the services by the ID of their construct.
    """

    def __init__(self, scope: Construct, project: Project, own: OwnTerraform | None = None) -> None:
        self.project = project
        self.own = own
        self.names = Names(project.project_id, project.env)
        super().__init__(scope, self.names.stack)
        terraform_settings(self, project, self.names, own=own)
        environment = self._environment()
        order = all_priorities(project.load_balancer, project.services)
        platform = self._platform(environment, order.redirects)
        connections = connections_of(project.services)
        resources = data_resources(self, environment, project)
        topics = {name: resource.arn for name, resource in resources.items()}
        services = {
            name: Service(
                self,
                environment,
                platform,
                name,
                spec,
                priorities=order.ports.get(name, NO_PORTS),
                connection=connections.get(name),
                uses=uses_of(project, environment, resources, name),
                topics=topics,
            )
            for name, spec in project.services.items()
        }
        allow_connections(project.services, services)
        outputs(self, project, platform, services)
        references(self, platform, services)
        offered = offered_resources(resources, platform.stores)
        resource_outputs(self, offered)
        if own is not None:
            from stacks.constructs.offer import offer

            offer(self, project, environment, platform, services, offered)
        self.service_ids: dict[str, str] = {service_id(name): name for name in services}

    def _environment(self) -> Environment:
        project = self.project
        account = Account(self, project.region)
        customer = project.encryption == "customer"
        key = None
        if customer:
            accounts = topic_accounts(project.services, account.id)
            key = EncryptionKey(self, account, self.names, protected=project.protected, topic_accounts=accounts)
        registry = SharedRegistry.of(project)
        return Environment(self.names, account, key, project.permissions_boundary, project.protected, registry)

    def _platform(self, environment: Environment, redirects: Mapping[str, int]) -> Platform:
        """The resources that services share; only those that a service needs."""
        project, services = self.project, self.project.services.values()
        spec = project.network
        network = ImportedNetwork(self, spec) if spec.vpc_id else Network(self, environment, spec)
        balancer: LoadBalancer | ExistingLoadBalancer | None = None
        tcp = tcp_targets(project.services)
        if any(map(serves_http, services)):
            if project.load_balancer.arn:
                balancer = ExistingLoadBalancer(self, project.load_balancer, all_targets(project.services))
            else:
                balancer = LoadBalancer(self, environment, project.load_balancer, network.subnets, redirects)
            if project.load_balancer.waf:
                Waf(self, environment, project.load_balancer.waf, balancer.arn)
        network_balancer = None
        if tcp:
            shared = balancer.certificates if balancer else None
            network_balancer = NetworkLoadBalancer(
                self, environment, project.load_balancer, network.subnets, shared, tcp
            )
        connected = any(service.connect for service in services)
        alarmed = any(service.alarms.any_set for service in services)
        return Platform(
            subnets=network.subnets,
            cluster=Cluster(self, environment, project.cluster, exec_enabled=any(service.exec for service in services)),
            load_balancer=balancer,
            network_load_balancer=network_balancer,
            namespace=ServiceConnectNamespace(self, environment) if connected else None,
            alarm_topic=AlarmTopic(self, environment, project.alarms) if alarmed else None,
            stores=stores(self, environment, network.subnets, project.resources),
        )


def synthesize(
    loaded: Loaded, out: Path, *, format: Literal["json", "hcl"] = "json", prune: bool = True
) -> tuple[SynthesizedStack, ...]:
    """Write the Terraform of what is loaded to `out`, each stack in `out/stacks/<stack>/`; the shared stack is first.

    Everything is written to a folder inside `out` first and swapped in when it is complete, so that a failure does not
    change anything. Files of Terraform and the user in a stack's folder are kept. `prune` removes other stacks of
    earlier runs.

    Raises:
        SynthError: The stacks cannot be built or written.
    """
    with kernel_errors("building the stacks"), workspace(out) as fresh:
        # Absolute: the kernel keeps the working directory that it was started in.
        app = App(outdir=str(fresh.absolute()))
        stacks: list[SharedStack | EnvironmentStack] = [SharedStack(app, loaded.shared)] if loaded.shared else []
        stacks += [EnvironmentStack(app, each, _own_terraform(each, loaded.root, out)) for each in loaded.projects]
        if format == "hcl":
            for stack in stacks:
                require_version(stack, stack.project)
        write(app, out)
        written = []
        for stack in stacks:
            folder = fresh / "stacks" / stack.names.stack
            if isinstance(stack, EnvironmentStack):
                add_templates(folder, stack.project, loaded.root)
            synthesized = SynthesizedStack.read(folder, stack.project, stack.service_ids, out)
            if format == "hcl":
                as_hcl(folder, stack, synthesized.configuration)
            if isinstance(stack, EnvironmentStack) and stack.own is not None:
                synthesized = _with_own_terraform(synthesized, stack.own, folder)
            written.append(synthesized)
        publish(fresh, out, prune=prune)
    return tuple(written)


def _own_terraform(project: Project, root: Path, out: Path) -> OwnTerraform | None:
    """The user's own Terraform of an environment; most projects have none."""
    if project.terraform is None:
        return None
    from stacks.own_files import own_terraform

    return own_terraform(project, project.terraform, root, out)


def _with_own_terraform(stack: SynthesizedStack, own: OwnTerraform, folder: Path) -> SynthesizedStack:
    """The stack with the user's own Terraform, which is copied to its folder."""
    from stacks.infra.copy import copy_own_terraform
    from stacks.own_files import with_own_terraform

    complete = with_own_terraform(stack, own)
    copy_own_terraform(own, folder)
    return complete
