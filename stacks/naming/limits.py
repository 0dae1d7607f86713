"""Length limits of AWS names, those of the AWS API references, and names that keep them."""

from __future__ import annotations

import hashlib
import re

LOAD_BALANCER_LIMIT = 32
TARGET_GROUP_LIMIT = 32
ROLE_LIMIT = 64
SCHEDULE_LIMIT = 64
QUEUE_LIMIT = 80
FILE_SYSTEM_LIMIT = 64
BUCKET_NAME_LIMIT = 50
"""The limit of a bucket's name, 63, without a dash and the 12 digits of the account."""
FOLDER_LIMIT = 100
REPOSITORY_LIMIT = 256
DATABASE_LIMIT = 63
CACHE_LIMIT = 40
HASH_LENGTH = 8


def shortened(name: str, limit: int) -> str:
    """`name`, or its start and a hash of the whole when it is longer than `limit` characters or ends with a dash."""
    return name if len(name) <= limit and not name.endswith("-") else _hashed(name, name, limit)


def _hashed(start: str, name: str, limit: int) -> str:
    """The start of a name, and the hash of the whole `name`."""
    digest = hashlib.sha256(name.encode()).hexdigest()[:HASH_LENGTH]
    return f"{start[: limit - HASH_LENGTH - 1].rstrip('-')}-{digest}"


def single_dashes(name: str, limit: int) -> str:
    """A name in which RDS and ElastiCache allow no two dashes in a row and none at the end."""
    single = re.sub("-+", "-", name).strip("-")
    return shortened(name, limit) if single == name else _hashed(single, name, limit)


def repository_name(name: str) -> str:
    """An ECR repository: 2-256 lower-case characters, single separators."""
    single = "/".join(re.sub("-+", "-", part).strip("-") for part in name.split("/"))
    return name if single == name else shortened(f"{single}-", REPOSITORY_LIMIT)
