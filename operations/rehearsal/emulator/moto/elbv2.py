"""Patches moto's Elastic Load Balancing: the ARN of a network load balancer is one of its type."""

from __future__ import annotations

from typing import Any

from moto.elbv2.models import ELBv2Backend


def patch() -> None:
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
