"""The ACM certificate for the load balancer's domain, and its DNS records."""

from __future__ import annotations

from typing import Any

from stacks.bindings import TerraformResourceLifecycle, aws
from stacks.constructs.base import Construct, Scope

VALIDATION_TTL = 300


class Certificate(Construct):
    """An ACM certificate for one domain, validated by DNS in a Route 53 hosted zone.

    Attributes:
        arn: The certificate's ARN, known after ACM has issued it.
    """

    def __init__(self, scope: Scope, domain: str, hosted_zone: str) -> None:
        super().__init__(scope, "certificate")
        self._domain = domain
        self._zone = self.make(
            aws.data_aws_route53_zone.DataAwsRoute53Zone, "main", name=hosted_zone, private_zone=False
        )
        certificate = self.make(
            aws.acm_certificate.AcmCertificate,
            "main",
            domain_name=domain,
            validation_method="DNS",
            tags={"Name": domain.replace("*", "wildcard")},  # ACM refuses `*` in tags (API_Tag)
            # ACM can't delete a certificate that a listener still uses.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        record = self._validation_record()
        validation = self.make(
            aws.acm_certificate_validation.AcmCertificateValidation,
            "main",
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn],
        )
        self.arn: str = validation.certificate_arn

    def _validation_record(self) -> Any:
        # A certificate for one domain has one validation option.
        option = "one(aws_acm_certificate.main.domain_validation_options)"
        return self.make(
            aws.route53_record.Route53Record,
            "validation",
            zone_id=self._zone.zone_id,
            name=f"${{{option}.resource_record_name}}",
            type=f"${{{option}.resource_record_type}}",
            records=[f"${{{option}.resource_record_value}}"],
            ttl=VALIDATION_TTL,
            # Another environment with the same domain has the same validation record.
            allow_overwrite=True,
        )

    def point_to(self, dns_name: str, zone_id: str) -> None:
        """Add an alias record from the domain to the load balancer."""
        kind = aws.route53_record
        self.make(
            kind.Route53Record,
            "alias",
            zone_id=self._zone.zone_id,
            name=self._domain,
            type="A",
            alias=kind.Route53RecordAlias(name=dns_name, zone_id=zone_id, evaluate_target_health=True),
        )
