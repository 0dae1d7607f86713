"""Patches moto's CloudFront."""

from __future__ import annotations

from typing import Any

from moto.cloudfront.models import DefaultCacheBehaviour, ViewerCertificate


def patch() -> None:
    """Apply the patches."""
    _certificates()
    _cache_behaviors()


def _certificates() -> None:
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


def _cache_behaviors() -> None:
    """A cache behavior with a cache policy has no `ForwardedValues`, which the policy replaces.

    moto returns those of its defaults, and Terraform would remove them in every plan. CloudFront API reference,
    DefaultCacheBehavior.
    """
    known = DefaultCacheBehaviour.__init__

    def __init__(self: Any, config: dict[str, Any]) -> None:
        known(self, config)
        if "ForwardedValues" not in config:
            self.forwarded_values = None

    DefaultCacheBehaviour.__init__ = __init__
