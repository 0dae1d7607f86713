"""Patches moto's Elastic Load Balancing: network load balancers, and the target groups of listeners that change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.elbv2.models import ELBv2Backend, FakeTargetGroup, elbv2_backends

_OF_NETWORK_LISTENERS = ("TLS", "UDP", "TCP_UDP")


def patch() -> None:
    """Apply the patches of this service."""
    _arns_of_network_load_balancers()
    _protocols_of_changed_listeners()
    _load_balancers_of_target_groups()


def _arns_of_network_load_balancers() -> None:
    """Give network load balancers ARNs with `net`, as their listeners then have; moto names every type `app`.

    Source: the Service Authorization Reference, "Resource types defined by AWS Elastic Load Balancing V2".
    """
    create = ELBv2Backend.create_load_balancer

    def create_load_balancer(self: Any, *args: Any, **settings: Any) -> Any:
        balancer = create(self, *args, **settings)
        if balancer.type == "network":
            del self.load_balancers[balancer.arn]
            former, balancer.arn = balancer.arn, balancer.arn.replace(":loadbalancer/app/", ":loadbalancer/net/")
            self.load_balancers[balancer.arn] = balancer
            self.tagging_service.copy_tags(former, balancer.arn)
            self.tagging_service.delete_all_tags_for_resource(former)
        return balancer

    ELBv2Backend.create_load_balancer = create_load_balancer


def _protocols_of_changed_listeners() -> None:
    """ModifyListener takes every protocol of network load balancers; moto's only TCP.

    Source: Elastic Load Balancing API reference, ModifyListener, `Protocol`.
    """
    modify = ELBv2Backend.modify_listener

    def modify_listener(
        self: Any, arn: str, port: Any, protocol: str | None, policy: str | None, certificates: Any, actions: Any
    ) -> Any:
        if protocol not in _OF_NETWORK_LISTENERS:
            return modify(self, arn, port, protocol, policy, certificates, actions)
        listener = modify(self, arn, port, "TCP", policy, certificates, actions)
        listener.protocol = protocol
        if certificates:
            listener.certificates = [each["CertificateArn"] for each in certificates]
            listener.certificate = listener.certificates[0]
        return listener

    ELBv2Backend.modify_listener = modify_listener


def _load_balancers_of_target_groups() -> None:
    """The load balancers of a target group are those that forward to it; moto keeps those at the creation of a rule.

    Source: Elastic Load Balancing API reference, TargetGroup, `LoadBalancerArns`.
    """

    def load_balancer_arns(self: Any) -> list[str]:
        _, _, _, region, account, *_ = self.arn.split(":")
        balancers = elbv2_backends[account][region].load_balancers.values()
        return [each.arn for each in balancers if self.arn in _forwarded_to(each)]

    FakeTargetGroup.load_balancer_arns = property(load_balancer_arns, lambda self, value: None)


def _forwarded_to(balancer: Any) -> Iterator[str]:
    for listener in balancer.listeners.values():
        for action in (action for rule in listener.rules.values() for action in rule.actions):
            groups = action.data.get("ForwardConfig", {}).get("TargetGroups", ())
            yield from (each["TargetGroupArn"] for each in (action.data, *groups) if "TargetGroupArn" in each)
