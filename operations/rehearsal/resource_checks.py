"""Compares buckets, tables and topics of `resources` with the project file."""

from __future__ import annotations

from collections.abc import Iterator

from operations.checks.settings import Aws, Place, settings_of
from operations.rehearsal.check import Check
from stacks.project.models import Bucket, Project, Table, Topic


def resource_checks(project: Project, aws: Aws, account_id: str) -> Iterator[Check]:
    """Every resource, in the order of the project file."""
    place = Place(project, aws, account_id)
    for name, resource in project.resources.items():
        if isinstance(resource, Bucket | Table | Topic):
            for setting in settings_of(place, name, resource):
                yield Check(f"{resource.type} `{name}`", setting.name, setting.expected, setting.read())
