"""Patches moto's Resource Groups Tagging API: resources that GetResources omits or lists under another ARN.

The ARNs are those of https://docs.aws.amazon.com/service-authorization/latest/reference/ for each service.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from moto.core.resource_tagging import TaggedResource, make_tag_matcher
from moto.ec2.models import EC2Backend
from moto.ecr.models import ecr_backends
from moto.rds.models import rds_backends
from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend
from moto.servicediscovery.models import servicediscovery_backends
from moto.wafv2.models import wafv2_backends


def patch() -> None:
    _list_all_of_ec2()
    _list_other_services()


def _list_all_of_ec2() -> None:
    """GetResources lists Elastic IPs, VPC endpoints and flow logs under their ARNs; moto does not."""
    known = EC2Backend.iter_tagged_resources

    def iter_tagged_resources(self: Any) -> Iterator[TaggedResource]:
        yield from known(self)
        for kind, ids in (
            ("elastic-ip", [address.allocation_id for address in self.addresses]),
            ("vpc-endpoint", list(self.vpc_end_points)),
            ("vpc-flow-log", list(self.flow_logs)),
        ):
            for id_ in ids:
                arn = f"arn:{self.partition}:ec2:{self.region_name}:{self.account_id}:{kind}/{id_}"
                yield TaggedResource(arn, dict(self.tags.get(id_, {})), f"ec2:{kind}")

    EC2Backend.iter_tagged_resources = iter_tagged_resources


def _list_other_services() -> None:
    """GetResources lists repositories, namespaces, web ACLs and the groups of RDS; moto lists none of them."""
    known = ResourceGroupsTaggingAPIBackend._get_resources_generator

    def get_resources_generator(self: Any, tag_filters: Any = None, *args: Any, **kwargs: Any) -> Iterator[Any]:
        yield from known(self, tag_filters, *args, **kwargs)
        matches = make_tag_matcher(tag_filters)
        yield from (one for one in _of_other_services(self.account_id, self.region_name) if matches(one.tags))

    ResourceGroupsTaggingAPIBackend._get_resources_generator = get_resources_generator


def _of_other_services(account_id: str, region: str) -> Iterator[TaggedResource]:
    ecr = ecr_backends[account_id][region]
    yield from _tagged("ecr:repository", ecr.repositories.values(), ecr.tagger)
    cloud_map = servicediscovery_backends[account_id][region]
    yield from _tagged("servicediscovery:namespace", cloud_map.namespaces.values(), cloud_map.tagger)
    waf = wafv2_backends[account_id][region]
    yield from _tagged("wafv2:webacl", waf.wacls.values(), waf.tagging_service)
    rds = rds_backends[account_id][region]
    for kind, groups in (
        ("rds:cluster-pg", rds.db_cluster_parameter_groups),
        ("rds:pg", rds.db_parameter_groups),
        ("rds:subgrp", rds.subnet_groups),
    ):
        for group in groups.values():
            yield TaggedResource(group.arn, {tag["Key"]: tag["Value"] for tag in group.get_tags()}, kind)


def _tagged(kind: str, resources: Iterable[Any], tagger: Any) -> Iterator[TaggedResource]:
    for resource in resources:
        yield TaggedResource(resource.arn, tagger.get_tag_dict_for_resource(resource.arn), kind)
