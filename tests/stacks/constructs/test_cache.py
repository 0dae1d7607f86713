"""Caches of `resources`."""

from __future__ import annotations

import pytest

from tests.stacks.conftest import Synth

CACHE = (
    "resources: {cache: {type: valkey}}\nservices: {web: {uses: {cache: {url: REDIS_URL, host: HOST, port: PORT_}}}}"
)
ADDRESS = "aws_elasticache_replication_group.cache"
HOST = f"${{{ADDRESS}.primary_endpoint_address}}"


def test_a_cache_has_tls_encryption_and_no_token(small: Synth) -> None:
    """The AWS provider would keep a token in the state."""
    cache = small(CACHE)[ADDRESS]

    assert (cache["replication_group_id"], cache["engine"], cache["node_type"]) == (
        *("shop-prod-cache", "valkey", "cache.t4g.micro"),
    )
    assert cache["transit_encryption_enabled"] is True
    assert cache["at_rest_encryption_enabled"] is True
    assert cache["apply_immediately"] is True
    assert not {"auth_token", "user_group_ids", "kms_key_id"} & {*cache}
    # AWS upgrades the minor version, and the provider would replace the cache to go back.
    assert cache["lifecycle"] == {"ignore_changes": ["engine_version"]}


@pytest.mark.parametrize(("replicas", "failover"), [(0, False), (2, True)])
def test_a_cache_with_replicas_fails_over_to_another_zone(small: Synth, replicas: int, failover: bool) -> None:
    cache = small(CACHE.replace("valkey", f"valkey, replicas: {replicas}"))[ADDRESS]

    assert cache["num_cache_clusters"] == 1 + replicas
    assert (cache["automatic_failover_enabled"], cache["multi_az_enabled"]) == (failover, failover)


def test_a_service_gets_its_url_with_tls(small: Synth) -> None:
    made = small(CACHE)
    task = made.content["locals"]["web_task"]

    assert {each["name"]: each["value"] for each in task["environment"]} == {
        "HOST": HOST,
        "PORT": "3000",
        "PORT_": "6379",
        "REDIS_URL": f"rediss://{HOST}:6379",
    }
    assert task["secrets"] == []
    assert made.rules("ingress", "cache_store") == {
        "cache_store_from_web": ("${aws_security_group.web_tasks.id}", 6379)
    }


def test_a_protected_environment_keeps_its_caches_and_a_key_of_its_own_encrypts_them(small: Synth) -> None:
    cache = small(f"protected: true\nencryption: customer\n{CACHE}")[ADDRESS]

    assert cache["kms_key_id"] == "${aws_kms_key.main.arn}"
    assert cache["lifecycle"] == {"prevent_destroy": True, "ignore_changes": ["engine_version"]}


def test_a_long_name_is_shortened_to_40_characters(small: Synth) -> None:
    text = CACHE.replace("cache:", "a-name-of-20-letters:").replace(
        "resources:", "project_id: a-project-of-24-letterss\nresources:"
    )
    made = small(text).all("aws_elasticache_replication_group")

    (cache,) = made.values()
    assert len(cache["replication_group_id"]) == 40
