"""Distributions as AWS describes them."""

from __future__ import annotations

from tests.operations.rehearsal.emulator.moto.conftest import Aws


def test_the_default_certificate_has_no_arn(aws: Aws) -> None:
    origin = {
        "Id": "web",
        "DomainName": "example.com",
        "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"},
    }
    made = aws("cloudfront").create_distribution(
        DistributionConfig={
            "CallerReference": "a",
            "Comment": "",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": {"TargetOriginId": "web", "ViewerProtocolPolicy": "allow-all"},
            "ViewerCertificate": {"CloudFrontDefaultCertificate": True},
        }
    )

    certificate = made["Distribution"]["DistributionConfig"]["ViewerCertificate"]
    assert certificate["CloudFrontDefaultCertificate"] is True
    assert not {"ACMCertificateArn", "IAMCertificateId"} & certificate.keys()
