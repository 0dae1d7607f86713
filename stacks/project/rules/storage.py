"""Rules of a service's file systems: volumes, writable paths, the read-only root.

Sources: the ECS API reference (EFSVolumeConfiguration, MountPoint) and the ECS Developer Guide ("ECS Exec").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stacks.naming import ephemeral_names, identifier
from stacks.project.models import Project, Volume
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, service_path

_FILE_SYSTEM = re.compile(r"fs-[0-9a-f]{8,40}")
_ACCESS_POINT = re.compile(r"fsap-[0-9a-f]{8,40}")


def volumes(project: Project) -> Iterator[Finding]:
    """A volume is a managed file system, or an existing one with an access point or a directory."""
    for name, service in project.services.items():
        for key, volume in service.volumes.items():
            yield from _volume(service_path(name, "volumes", key), volume)


def _volume(path: Path, volume: Volume) -> Iterator[Finding]:
    if volume.efs != "managed" and not _FILE_SYSTEM.fullmatch(volume.efs):
        what = (
            f"{dotted((*path, 'efs'))} must be managed or the id of a file system: fs- followed by 8 to 40 hex digits"
        )
        yield Finding(((*path, "efs"),), what, volume.efs or '""', "copy the id from the EFS console, or write managed")
    if volume.access_point is not None and not _ACCESS_POINT.fullmatch(volume.access_point):
        what = (
            f"{dotted((*path, 'access_point'))} must be the id of an access point: fsap- followed by 8 to 40 hex digits"
        )
        yield Finding(((*path, "access_point"),), what, volume.access_point or '""', "copy the id from the EFS console")
    if volume.access_point is not None and volume.root_directory is not None:
        what = f"{dotted(path)} takes an access_point or a root_directory, not both"
        paths = (*path, "root_directory"), (*path, "access_point")
        yield Finding(paths, what, "both", "remove root_directory, because the access point has its own", "key")
    for key in ("access_point", "root_directory"):
        if volume.efs == "managed" and getattr(volume, key) is not None:
            what = f"{dotted((*path, key))} is only for an existing file system"
            yield Finding(
                ((*path, key), (*path, "efs")), what, "efs managed", f"set efs to its id, or remove {key}", "key"
            )


def mount_paths(project: Project) -> Iterator[Finding]:
    """Mount paths and the working directory are absolute; mount paths are unique."""
    for name, service in project.services.items():
        mounts: list[tuple[Path, str]] = []
        for key, volume in service.volumes.items():
            mounts.append((service_path(name, "volumes", key, "path"), volume.path))
        for index, folder in enumerate(service.writable_paths):
            mounts.append((service_path(name, "writable_paths", index), folder))
        yield from _unique(mounts)
        others = [(service_path(name, "working_directory"), service.working_directory)]
        for key, volume in service.volumes.items():
            others.append((service_path(name, "volumes", key, "root_directory"), volume.root_directory))
        for path, folder_or_none in [*mounts, *others]:
            if folder_or_none is not None and not _absolute(folder_or_none):
                what = f"{dotted(path)} must be an absolute path"
                absolute = f"/{folder_or_none.strip().removeprefix('./')}"
                fix = f"write {absolute}" if len(absolute) > 1 and _absolute(absolute) else "for example /data"
                yield Finding((path,), what, folder_or_none or '""', fix)


def _absolute(folder: str) -> bool:
    return folder.startswith("/") and ".." not in folder.split("/") and "\n" not in folder


def _unique(mounts: list[tuple[Path, str]]) -> Iterator[Finding]:
    taken: dict[str, Path] = {}
    for path, folder in mounts:
        place = folder.rstrip("/")
        if not place and folder:
            yield Finding(
                (path,), f"{dotted(path)} must not be the root of the container", folder, "choose a folder below it"
            )
        elif place in taken:
            other = taken[place]
            what = f"{dotted(path)} must differ from {dotted(other)}, because both are mounted there"
            yield Finding((path, other), what, folder, "mount one of them elsewhere")
        taken.setdefault(place, path)


def exec_needs_root(project: Project) -> Iterator[Finding]:
    """ECS Exec writes to the container's root file system."""
    for name, service in project.services.items():
        if service.exec and service.readonly_root:
            paths = service_path(name, "exec"), service_path(name, "readonly_root")
            reason = "because ECS Exec writes to the root file system"
            what = f"{dotted(paths[0])} can't be combined with readonly_root, {reason}"
            yield Finding(paths, what, "true for both", "turn one of them off")


def volume_names(project: Project) -> Iterator[Finding]:
    """Volume names differ from those of ephemeral volumes, and from each other as Terraform addresses."""
    taken: dict[str, Path] = {}
    for name, service in project.services.items():
        ephemeral = ephemeral_names(service.writable_paths) if service.readonly_root else ()
        for key, volume in service.volumes.items():
            path = service_path(name, "volumes", key)
            if key in ephemeral:
                what = f"a volume can't be named {key}: writable_paths uses that name"
                yield Finding((path, service_path(name, "writable_paths")), what, key, "rename it", "key")
            address = identifier(f"{name}_{key}")
            if volume.efs == "managed" and address in taken:
                what = f"{dotted(path)} must differ from {dotted(taken[address])} in more than dashes and underscores"
                yield Finding((path, taken[address]), what, key, "rename one of them", "key")
            elif volume.efs == "managed":
                taken[address] = path


def equal_volumes(project: Project) -> Iterator[Finding]:
    """Managed volumes of two services with the same name are two file systems."""
    first: dict[str, Path] = {}
    for name, service in project.services.items():
        for key, volume in service.volumes.items():
            path = service_path(name, "volumes", key)
            if volume.efs == "managed" and key in first:
                what = f"{dotted(path)} and {dotted(first[key])} are two file systems that share no files"
                fix = "rename one of them, or give both the id of an existing file system in efs to share its files"
                yield Finding((path, first[key]), what, None, fix, "key", "warning")
            elif volume.efs == "managed":
                first[key] = path


def unused_writable_paths(project: Project) -> Iterator[Finding]:
    """Writable paths need a read-only root file system."""
    for name, service in project.services.items():
        if service.writable_paths and not service.readonly_root:
            paths = service_path(name, "writable_paths"), service_path(name, "readonly_root")
            what = f"{dotted(paths[0])} has no effect, because the whole root file system is writable"
            yield Finding(paths, what, None, "write readonly_root: true, or remove it", "key", "warning")


RULES: tuple[Rule, ...] = (volumes, volume_names, mount_paths, exec_needs_root, equal_volumes, unused_writable_paths)
