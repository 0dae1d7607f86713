"""Log groups."""

from __future__ import annotations

from stacks.resources.actions import REVERSED, Actions, of
from stacks.resources.model import LOGS, ArnImport, Listing, ResourceType, Shown

TYPES = (
    ResourceType(
        "aws_cloudwatch_log_group",
        "log group",
        LOGS,
        data_loss="its logs are lost",
        arn_import=ArnImport(r"logs:log-group:([^:]+)(?::\*)?"),
        listing=Listing("logs", "describe_log_groups", "logGroups[].logGroupName"),
        shown=(Shown("retention_in_days", "retention days"),),
        actions=Actions(
            read=of("logs", "DescribeLogGroups", "ListTagsForResource"),
            create=of("logs", "CreateLogGroup", "PutRetentionPolicy"),
            update=of("logs", "AssociateKmsKey", "DisassociateKmsKey", "PutRetentionPolicy"),
            delete=of("logs", "DeleteLogGroup"),
            tag=of("logs", "TagResource", "UntagResource"),
            unrecorded={"logs:DisassociateKmsKey": REVERSED},
        ),
    ),
)
