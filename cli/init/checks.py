"""What the user must decide about the values and the volumes of a compose service."""

from __future__ import annotations

from collections.abc import Iterator

from cli.init.draft import ServiceDraft
from cli.init.entry import Entry
from cli.init.notices import Group, Notice
from cli.init.values import Variables

# Volumes with files that are made again.
_CACHES = ("node_modules", "cache", "venv", "vendor", "bundle", "gems", "tmp")


def value_checks(entry: Entry, found: Variables) -> Iterator[str]:
    """Messages about the variables of a service."""
    if found.aws:
        yield f"{', '.join(found.aws)}: not copied, because the task role and the region of ECS apply"
    if found.unresolved:
        names = [f"{name} ({', '.join(hosts)})" for name, hosts in found.unresolved.items()]
        yield f"{', '.join(names)}: addresses of services that are not deployed; store them as secrets"
    if found.local:
        yield f"{', '.join(found.local)}: an address on your own machine"
    if entry.data.get("secrets") and not found.files:
        yield "reads secrets from /run/secrets, which does not exist on ECS: read variables of secrets"
    for name, instead in found.files.items():
        yield f"reads {name}: that file does not exist on ECS; read the variable {instead}"


def mount_notices(entry: Entry, draft: ServiceDraft) -> Iterator[Notice]:
    """Notices about the volumes of a service: files of the developer's machine, and data that is not kept."""
    sources = [source for source, _ in entry.mounts() if source]
    bound = [source for source in sources if source.startswith((".", "/", "~")) or "/" in source]
    if bound and not draft.build and not draft.is_placeholder:
        text = f"mounts {', '.join(bound)} from your machine: put it into an image, or data into volumes, for EFS"
        yield Notice(Group.CHECK, draft.name, text)
    named = [
        source for source in sources if source not in bound and not any(each in source.lower() for each in _CACHES)
    ]
    if named:
        text = f"the volume {', '.join(named)} is not kept: add it to volumes, for EFS, or store files in S3"
        yield Notice(Group.CHECK, draft.name, text)
