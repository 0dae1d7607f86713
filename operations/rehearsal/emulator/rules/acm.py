"""Certificates that ACM refuses to delete or issue.

Source: https://docs.aws.amazon.com/acm/latest/, pages APIReference/API_DeleteCertificate.html and
userguide/acm-limits.html.
"""

from __future__ import annotations

from operations.rehearsal.emulator.request import Request
from operations.rehearsal.emulator.rules import Refused, refused_unless, rule

NAMES = 10
"""The default quota of names of a certificate."""


@rule("acm", "DeleteCertificate")
def certificate_in_use(request: Request) -> None:
    """A certificate of a listener."""
    arn = request.parameters["CertificateArn"]
    for balancer in request.backend("elbv2").load_balancers.values():
        if any(arn in listener.certificates for listener in balancer.listeners.values()):
            raise Refused("ResourceInUseException", f"Certificate {arn} in account {request.account} is in use.")


@rule("acm", "RequestCertificate")
def names(request: Request) -> None:
    """More names than the quota."""
    found = {request.parameters["DomainName"], *request.parameters.get("SubjectAlternativeNames", ())}
    text = f"Error: number of domain names exceeds the limit of {NAMES}"
    refused_unless(len(found) <= NAMES, "LimitExceededException", text)
