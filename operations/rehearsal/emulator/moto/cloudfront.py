"""Patches moto's CloudFront."""

from __future__ import annotations

from typing import Any

from moto.cloudfront.models import ViewerCertificate


def patch() -> None:
    """The certificate of a distribution has no elements for the kinds of certificates that it does not use.

    The AWS provider takes an empty `ACMCertificateArn` for a certificate, and reads its `SSLSupportMethod`. CloudFront
    API reference, ViewerCertificate.
    """
    known = ViewerCertificate.__init__

    def __init__(self: Any, config: dict[str, Any]) -> None:
        known(self, config)
        self.iam_certificate_id = self.iam_certificate_id or None
        self.acm_certificate_arn = self.acm_certificate_arn or None

    ViewerCertificate.__init__ = __init__
