"""The ACM certificate for the load balancer's domains, and their DNS records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stacks.bindings import TerraformResourceLifecycle, aws
from stacks.constructs.base import Construct, Scope, literal
from stacks.naming import identifier_of
from stacks.project.models import Https

VALIDATION_TTL = 300


@dataclass(frozen=True)
class Certificates:
    """The certificates of listeners, the default one first; `requested` is one that is requested for the domains."""

    arns: Sequence[str]
    requested: Certificate | None = None


def certificates(scope: Scope, https: Https) -> Certificates:
    """The certificates that exist, or one that is requested in `scope`."""
    if https.all_certificate_arns:
        return Certificates([literal(arn) for arn in https.all_certificate_arns])
    certificate = Certificate(scope, https.all_domains, (https.hosted_zone or "").lower())
    return Certificates([certificate.arn], certificate)


def further_certificates(construct: Construct, listener: str, listener_arn: str, found: Certificates) -> None:
    """Add the certificates after the first one to a listener."""
    for arn in found.arns[1:]:
        construct.make(
            aws.lb_listener_certificate.LbListenerCertificate,
            f"{listener}_{identifier_of(arn.rpartition('/')[2])}",
            listener_arn=listener_arn,
            certificate_arn=arn,
        )


class Certificate(Construct):
    """An ACM certificate for one or more domains, validated by DNS in a Route 53 hosted zone.

    The records of the first domain are `validation` and `alias`, those of another one have its name in their address.
    They are created after those of the first domain and destroyed before them, because changing the order of the
    domains moves a record from one address to the other.

    Attributes:
        arn: The certificate's ARN, known after ACM has issued it.
    """

    def __init__(self, scope: Scope, domains: Sequence[str], hosted_zone: str) -> None:
        super().__init__(scope, "certificate")
        self._domains = domains
        self._zone = self.make(
            aws.data_aws_route53_zone.DataAwsRoute53Zone, "main", name=hosted_zone, private_zone=False
        )
        first, *others = domains
        certificate = self.make(
            aws.acm_certificate.AcmCertificate,
            "main",
            domain_name=first,
            subject_alternative_names=others or None,
            validation_method="DNS",
            tags={"Name": first.replace("*", "wildcard")},  # ACM refuses `*` in tags (API_Tag)
            # ACM can't delete a certificate that a listener still uses.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        records = self._validation_records()
        validation = self.make(
            aws.acm_certificate_validation.AcmCertificateValidation,
            "main",
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn for record in records],
        )
        self.arn: str = validation.certificate_arn

    def _validation_records(self) -> list[Any]:
        """A record for each name: a domain and its wildcard have the same one (ACM User Guide, "DNS validation")."""
        names = {domain.removeprefix("*."): domain for domain in reversed(self._domains)}
        records: list[Any] = []
        for name, domain in reversed(names.items()):
            logical_id = f"validation_{identifier_of(name)}" if records else "validation"
            records.append(self._validation_record(logical_id, domain, records[:1]))
        return records

    def _validation_record(self, logical_id: str, domain: str, first: list[Any]) -> Any:
        options = "aws_acm_certificate.main.domain_validation_options"
        # A certificate for one domain has one validation option.
        matching = f'[for each in {options} : each if each.domain_name == "{domain}"]'
        option = f"one({options if len(self._domains) == 1 else matching})"
        return self.make(
            aws.route53_record.Route53Record,
            logical_id,
            zone_id=self._zone.zone_id,
            name=f"${{{option}.resource_record_name}}",
            type=f"${{{option}.resource_record_type}}",
            records=[f"${{{option}.resource_record_value}}"],
            ttl=VALIDATION_TTL,
            # Another environment with the same domain has the same validation record.
            allow_overwrite=True,
            depends_on=first or None,
        )

    def point_to(self, dns_name: str, zone_id: str) -> None:
        """Add an alias record from each domain to the load balancer."""
        kind = aws.route53_record
        first: list[Any] = []
        for domain in self._domains:
            record = self.make(
                kind.Route53Record,
                f"alias_{identifier_of(domain)}" if first else "alias",
                zone_id=self._zone.zone_id,
                name=domain,
                type="A",
                alias=kind.Route53RecordAlias(name=dns_name, zone_id=zone_id, evaluate_target_health=True),
                depends_on=first or None,
            )
            first = first or [record]
