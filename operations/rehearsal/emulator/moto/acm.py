"""Patches moto's ACM: a certificate is issued once its DNS records exist, not after a delay."""

from __future__ import annotations

import os
from typing import Any

from moto.acm.models import CertBundle
from moto.route53.models import route53_backends
from moto.utilities.utils import get_partition


def patch() -> None:
    """ACM issues a certificate once the CNAME record of each of its names is in the DNS; moto after a minute."""
    check = CertBundle.check

    def check_records(self: Any) -> None:
        if self.status != "PENDING_VALIDATION" or all(map(_in_dns, _validation_records(self))):
            check(self)

    CertBundle.check = check_records


def _validation_records(certificate: Any) -> list[str]:
    options = certificate.describe()["Certificate"].get("DomainValidationOptions", [])
    return [option["ResourceRecord"]["Name"] for option in options if "ResourceRecord" in option]


def _in_dns(name: str) -> bool:
    account = route53_backends[os.environ["MOTO_ACCOUNT_ID"]]
    expected = name.rstrip(".")
    return any(
        record.type == "CNAME" and record.name.rstrip(".") == expected
        for zone in account[get_partition("us-east-1")].zones.values()
        for record in zone.rrsets
    )
