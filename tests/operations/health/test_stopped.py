"""The record of a stopped environment survives the limits of tags."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from operations.health.stopped import ACTIVITIES, TAG, JobBefore, ServiceBefore, Stopped, record_keys, stopped_in

SINCE = datetime(2026, 1, 31, 20, 0, tzinfo=UTC)


def test_the_record_is_readable_in_the_console() -> None:
    before = {
        "web": ServiceBefore(2),
        "mailer": ServiceBefore(1, frozenset(ACTIVITIES)),
        "cleanup": JobBefore(True),
        "report": JobBefore(False),
    }

    tags = Stopped(SINCE, before).tags()

    assert tags == {
        "ecsforge:stopped": "2026-01-31T20:00:00Z",
        "ecsforge:stopped-1": "web=2 mailer=1:ios cleanup=on report=off",
    }
    assert stopped_in({"Name": "web-cluster-shop-dev", **tags}) == Stopped(SINCE, before)


def test_a_hundred_services_fit_into_the_tags_of_one_resource() -> None:
    """At most 50 tags, with 128 and 256 of the characters that AWS allows in keys and values."""
    before = {f"service-number-{number:05}": ServiceBefore(5000, frozenset(ACTIVITIES)) for number in range(100)}

    tags = Stopped(SINCE, before).tags()

    assert len(tags) < 20
    assert all(len(value) <= 256 and re.fullmatch(r"[\w +\-=.:/@]+", key + value) for key, value in tags.items())
    assert stopped_in(tags) == Stopped(SINCE, before)
    assert record_keys({"Name": "x", **tags}) == sorted(tags)


def test_a_cluster_without_the_tag_is_not_stopped() -> None:
    assert stopped_in({"Name": "web-cluster-shop-dev"}) is None


def test_an_edited_tag_loses_only_its_own_entry() -> None:
    edited = {TAG: "yesterday", f"{TAG}-1": "web=two api=1"}

    assert stopped_in(edited) == Stopped(datetime.fromtimestamp(0, UTC), {"api": ServiceBefore(1)})
