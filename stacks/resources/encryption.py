"""Encryption keys."""

from __future__ import annotations

from stacks.resources.actions import TAGS_REMOVED, Actions, of, put_back
from stacks.resources.model import ENCRYPTION, ArnImport, Billed, Detail, Listing, NameImport, ResourceType

_KEPT = "[KeyMetadata][?KeyState!='PendingDeletion' && KeyManager=='CUSTOMER'].KeyId"

TYPES = (
    ResourceType(
        "aws_kms_key",
        "encryption key",
        ENCRYPTION,
        shared=True,
        data_loss="data encrypted with it cannot be read after its deletion window",
        arn_import=ArnImport(r"kms:key/(.+)"),
        listing=Listing("kms", "list_keys", "Keys[].KeyId", detail=Detail("describe_key", "KeyId", _KEPT)),
        billed=(Billed("encryption key", about="1 USD"),),
        actions=Actions(
            read=of("kms", "DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListResourceTags"),
            create=of("kms", "CreateKey", "EnableKeyRotation", "PutKeyPolicy"),
            update=of("kms", "EnableKeyRotation", "PutKeyPolicy", "UpdateKeyDescription"),
            delete=of("kms", "ScheduleKeyDeletion"),
            tag=of("kms", "TagResource", "UntagResource"),
            unrecorded={
                "kms:UntagResource": TAGS_REMOVED,
                "kms:UpdateKeyDescription": put_back("kms/key.go"),
            },
        ),
    ),
    ResourceType(
        "aws_kms_alias",
        "encryption key alias",
        ENCRYPTION,
        shared=True,
        name_import=NameImport("key_alias", ("name",), "{name}"),
        listing=Listing("kms", "list_aliases", "Aliases[?!starts_with(AliasName, 'alias/aws/')].AliasName"),
        actions=Actions(
            read=of("kms", "ListAliases"),
            create=of("kms", "CreateAlias"),
            update=of("kms", "UpdateAlias"),
            delete=of("kms", "DeleteAlias"),
            unrecorded={
                "kms:UpdateAlias": put_back("kms/alias.go"),
            },
        ),
    ),
)
