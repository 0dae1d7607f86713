"""Lists an account from recorded responses of AWS."""

from __future__ import annotations

from typing import Any

from operations.rehearsal.inventory import inventory

RESPONSES: dict[str, Any] = {
    "kms list_keys": {"Keys": [{"KeyId": "ours"}, {"KeyId": "aws"}, {"KeyId": "deleted"}]},
    "kms describe_key ours": {"KeyMetadata": {"KeyId": "ours", "KeyState": "Enabled", "KeyManager": "CUSTOMER"}},
    "kms describe_key aws": {"KeyMetadata": {"KeyId": "aws", "KeyState": "Enabled", "KeyManager": "AWS"}},
    "kms describe_key deleted": {
        "KeyMetadata": {"KeyId": "deleted", "KeyState": "PendingDeletion", "KeyManager": "CUSTOMER"}
    },
    "kms list_aliases": {"Aliases": [{"AliasName": "alias/aws/s3"}, {"AliasName": "alias/shop"}]},
    "ecs list_clusters": {"clusterArns": ["arn-1", "arn-2"]},
    "ecs describe_clusters arn-1": {"clusters": [{"clusterName": "web", "status": "ACTIVE"}]},
    "ecs describe_clusters arn-2": {"clusters": [{"clusterName": "old", "status": "INACTIVE"}]},
    "route53 list_hosted_zones": {"HostedZones": [{"Id": "/hostedzone/Z1"}]},
    "route53 list_resource_record_sets /hostedzone/Z1": {
        "ResourceRecordSets": [{"Type": "A", "Name": "www.example.com."}, {"Type": "NS", "Name": "example.com."}]
    },
    "ec2 describe_nat_gateways": {
        "NatGateways": [
            {"NatGatewayId": "nat-1", "State": "available"},
            {"NatGatewayId": "nat-2", "State": "deleted"},
        ]
    },
    "ec2 describe_network_interfaces": {"NetworkInterfaces": [{"NetworkInterfaceId": "eni-1"}]},
}


class Client:
    """A boto3 client that returns `RESPONSES`, or an empty response."""

    def __init__(self, service: str, region: str) -> None:
        assert region == "eu-west-1"
        self.service = service

    def can_paginate(self, operation: str) -> bool:
        return False

    def __getattr__(self, operation: str) -> Any:
        def call(**arguments: Any) -> Any:
            values = [value[0] if isinstance(value, list) else value for value in arguments.values()]
            return RESPONSES.get(" ".join((self.service, operation, *values)), {})

        return call


def test_it_lists_existing_resources_without_deleted_ones_that_aws_still_returns() -> None:
    assert inventory(Client, "eu-west-1") == {
        "kms ours",
        "kms alias/shop",
        "ecs web",
        "route53 A www.example.com.",
        "route53 NS example.com.",
        "ec2 nat-1",
        "ec2 eni-1",
    }
