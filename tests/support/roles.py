"""Roles for resources that the emulator, like AWS, only creates with a role that exists."""

from __future__ import annotations

import json
from typing import Any


def create_role(iam: Any, name: str, service: str) -> str:
    """Create a role that an AWS service can assume, unless it exists, and return its ARN."""
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    try:
        return str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"])
    except iam.exceptions.EntityAlreadyExistsException:
        return str(iam.get_role(RoleName=name)["Role"]["Arn"])


def scheduler_role(iam: Any) -> str:
    """The ARN of a role that EventBridge Scheduler can assume."""
    return create_role(iam, "scheduler", "scheduler.amazonaws.com")
