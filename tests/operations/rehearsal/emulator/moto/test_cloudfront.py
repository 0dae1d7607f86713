"""Distributions as AWS describes them."""

from __future__ import annotations

from typing import Any

from tests.operations.rehearsal.emulator.moto.conftest import Aws

ORIGIN = {
    "Id": "web",
    "DomainName": "example.com",
    "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"},
}


def made(aws: Aws, **behavior: Any) -> dict[str, Any]:
    """The configuration of a distribution with a cache behavior, as it is returned."""
    answer = aws("cloudfront").create_distribution(
        DistributionConfig={
            "CallerReference": str(behavior),
            "Comment": "",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [ORIGIN]},
            "DefaultCacheBehavior": {"TargetOriginId": "web", "ViewerProtocolPolicy": "allow-all", **behavior},
            "ViewerCertificate": {"CloudFrontDefaultCertificate": True},
        }
    )
    found: dict[str, Any] = answer["Distribution"]["DistributionConfig"]
    return found


def test_the_default_certificate_has_no_arn(aws: Aws) -> None:
    certificate = made(aws)["ViewerCertificate"]

    assert certificate["CloudFrontDefaultCertificate"] is True
    assert not {"ACMCertificateArn", "IAMCertificateId"} & certificate.keys()


def test_a_cache_policy_replaces_forwarded_values(aws: Aws) -> None:
    policy = {"CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6"}
    values = {"ForwardedValues": {"QueryString": True, "Cookies": {"Forward": "none"}}}

    with_policy, without = (made(aws, **each)["DefaultCacheBehavior"] for each in (policy, values))

    assert with_policy["CachePolicyId"] == policy["CachePolicyId"]
    assert "ForwardedValues" not in with_policy
    assert without["ForwardedValues"]["QueryString"] is True
