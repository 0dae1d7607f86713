"""Certificates and DNS records."""

from __future__ import annotations

from stacks.resources.actions import TAGS_REMOVED, Actions, of
from stacks.resources.model import DOMAIN, ArnImport, Detail, Listing, NameImport, ResourceType, Shown

TYPES = (
    ResourceType(
        "aws_acm_certificate",
        "certificate",
        DOMAIN,
        shared=True,
        replaced="HTTPS waits until the new certificate is validated",
        arn_import=ArnImport(r"acm:certificate/.+", "{arn}"),
        listing=Listing("acm", "list_certificates", "CertificateSummaryList[].CertificateArn"),
        shown=(
            Shown("domain_name", "domain"),
            Shown("subject_alternative_names", "names"),
        ),
        sets=frozenset({"domain_validation_options", "subject_alternative_names", "validation_option"}),
        actions=Actions(
            read=of("acm", "DescribeCertificate", "ListTagsForCertificate"),
            create=of("acm", "RequestCertificate"),
            delete=of("acm", "DeleteCertificate"),
            tag=of("acm", "AddTagsToCertificate", "RemoveTagsFromCertificate"),
            unrecorded={"acm:RemoveTagsFromCertificate": TAGS_REMOVED},
        ),
    ),
    ResourceType(
        "aws_acm_certificate_validation",
        "certificate validation",
        DOMAIN,
        shared=True,
        sets=frozenset({"validation_record_fqdns"}),
        actions=Actions(
            read=of("acm", "DescribeCertificate"),
        ),
    ),
    ResourceType(
        "aws_route53_record",
        "DNS record",
        DOMAIN,
        replaced="the name does not resolve during the replacement",
        destroyed="the name no longer resolves",
        # ACM gives every certificate of a domain in an account the same record (ACM User Guide, "DNS validation").
        destroyed_by_name={
            "validation": "AWS no longer renews certificates of other environments for this domain, until each of "
            "them is deployed again",
        },
        name_import=NameImport("record", ("zone_id", "name", "type"), "{zone_id}_{name}_{type}"),
        # The records of each hosted zone; the zone itself is the user's.
        listing=Listing(
            "route53",
            "list_hosted_zones",
            "HostedZones[].Id",
            detail=Detail("list_resource_record_sets", "HostedZoneId", "ResourceRecordSets[].join(' ', [Type, Name])"),
        ),
        shown=(
            Shown("name"),
            Shown("type"),
            Shown("records"),
        ),
        sets=frozenset({"coordinates", "records"}),
        actions=Actions(
            read=of("route53", "GetHostedZone", "ListResourceRecordSets"),
            create=of("route53", "ChangeResourceRecordSets", "GetChange"),
            update=of("route53", "ChangeResourceRecordSets", "GetChange"),
            delete=of("route53", "ChangeResourceRecordSets", "GetChange"),
        ),
    ),
)
