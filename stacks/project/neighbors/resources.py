"""Keys that other tools have for databases, caches, buckets, tables and topics."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from stacks.project.neighbors.conversions import Fix, as_flag, as_positive, as_text, first_of, same, write

_CLASS = re.compile(r"(?:db\.|cache\.)?((?!db\.|cache\.)[a-z][a-z0-9-]*\.[a-z0-9]+)")


def _class_of(service: str) -> Callable[[Any], str | None]:
    """The class of a service, from one of another or of EC2: `cache.t4g.micro` from `db.t4g.micro` and `t4g.micro`."""

    def convert(value: Any) -> str | None:
        found = _CLASS.fullmatch(value) if isinstance(value, str) else None
        return f"{service}.{found[1]}" if found else None

    return convert


_INSTANCE_KEYS = "instance_class instance_type class size node"
_NODE_KEYS = "node_type instance instance_type size"
_NAME = same("remove it; the key of the resource is its name", "name id")
_ENCRYPTED = same("remove it; resources are encrypted", "encrypted encryption storage_encrypted sse")
_DATABASE: Mapping[str, Fix | str] = {
    **_NAME,
    **_ENCRYPTED,
    **same(write("version", as_text), "engine_version"),
    **same(first_of(write("instance", _class_of("db")), "write instance: db.t4g.micro"), _INSTANCE_KEYS),
    **same(write("storage", as_positive), "allocated_storage disk storage_gib"),
    **same(write("backup_days", as_positive), "backup_retention backup_retention_period backups retention_days"),
    **same(write("multi_az", as_flag), "ha high_availability"),
    **same("write capacity: {min: 0.5, max: 4}", "serverless scaling min max min_capacity max_capacity"),
    **same("remove it; the database has a password that ecsforge makes", "password username user"),
    **same("write uses: {NAME: {url: DATABASE_URL}} in the services that use it", "services access"),
}
RESOURCES: Mapping[str, Mapping[str, Fix | str]] = {
    "Postgres": _DATABASE,
    "Mysql": _DATABASE,
    "Valkey": {
        **_NAME,
        **_ENCRYPTED,
        **same(first_of(write("node", _class_of("cache")), "write node: cache.t4g.micro"), _NODE_KEYS),
        **same(write("replicas", as_positive), "nodes num_nodes num_cache_nodes replica_count"),
    },
    "Bucket": {
        **_NAME,
        **_ENCRYPTED,
        **same(write("expire_days", as_positive), "expire expiration expiration_days lifecycle retention_days"),
        **same(write("versioned", as_flag), "versioning versions"),
        **same("remove it; buckets have no public access", "public acl public_access block_public_access"),
    },
    "Table": {
        **_NAME,
        **_ENCRYPTED,
        **same(write("key"), "partition_key hash_key primary_key"),
        **same(write("sort_key"), "range_key"),
        **same(write("ttl", as_text), "ttl_attribute time_to_live expires"),
        **same("remove it; tables have on-demand capacity", "billing_mode capacity read_capacity write_capacity"),
    },
    "Topic": {
        **_NAME,
        **_ENCRYPTED,
        **same(write("fifo", as_flag), "fifo_topic ordered"),
        **same("write queue: {subscribe: [NAME]} in the workers", "subscriptions subscribers subscribe"),
    },
    "Use": {
        **same(write("access", as_text), "permissions grant rights"),
        **same(write("url", as_text), "variable env_var connection_string uri"),
        **same(write("name", as_text), "bucket table bucket_name table_name"),
        **same(write("arn", as_text), "topic topic_arn"),
    },
}
"""By the model of the resource."""
