"""Lists what exists in an account, to find what a destroy left behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stacks.resources import CATALOGUE, Listing

_BESIDE_THE_CATALOGUE = (
    # AWS creates them for tasks, load balancers and endpoints.
    Listing("ec2", "describe_network_interfaces", "NetworkInterfaces[].NetworkInterfaceId"),
)


def inventory(client: Any, region: str) -> frozenset[str]:
    """Everything that exists in the account, each as text: `ec2 vpc-1234`.

    Deregistered task definitions, inactive clusters and keys that are scheduled for deletion count as deleted: AWS
    keeps them for a while.

    Args:
        client: Returns the boto3 client of a service and a region.
        region: The region to list; global services are listed too.
    """
    listings = [entry.listing for entry in CATALOGUE.values() if entry.listing is not None]
    return frozenset(
        f"{listing.service} {name}"
        for listing in (*listings, *_BESIDE_THE_CATALOGUE)
        for name in _listed(client(listing.service, region), listing)
    )


def _listed(aws: Any, listing: Listing) -> Iterator[str]:
    items = _answers(aws, listing.operation, listing.path, listing.arguments)
    detail = listing.detail
    if detail is None:
        yield from items
        return
    argument = detail.argument.removesuffix("[]")
    for item in items:
        value = [item] if argument != detail.argument else item
        yield from _answers(aws, detail.operation, detail.path, {argument: value})


def _answers(aws: Any, operation: str, path: str, arguments: Mapping[str, Any]) -> Iterable[str]:
    """The items at `path` in every page of an operation's response."""
    import jmespath  # type: ignore[import-untyped]  # it has no types

    pages = (
        aws.get_paginator(operation).paginate(**arguments)
        if aws.can_paginate(operation)
        else [getattr(aws, operation)(**arguments)]
    )
    for page in pages:
        yield from jmespath.search(path, page) or ()
