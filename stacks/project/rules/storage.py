"""Rules of a service's file systems: volumes, writable paths, the read-only root.

Sources: the ECS API reference (EFSVolumeConfiguration, MountPoint, Tmpfs) and the ECS Developer Guide ("ECS Exec").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from stacks.naming import ephemeral_names, identifier
from stacks.project.models import Mount, Project, Service, Volume, VolumeOwner
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, service_path
from stacks.project.suggest import did_you_mean

_FILE_SYSTEM = re.compile(r"fs-[0-9a-f]{8,40}")
_KINDS = (
    "managed, false, another service's volume as SERVICE.VOLUME, "
    "or the id of a file system: fs- followed by 8 to 40 hex digits"
)
_ACCESS_POINT = re.compile(r"fsap-[0-9a-f]{8,40}")


def volumes(project: Project) -> Iterator[Finding]:
    """A volume is a managed file system, an existing one, that of another volume, or ephemeral."""
    for name, service in project.services.items():
        for key, volume in service.volumes.items():
            path = service_path(name, "volumes", key)
            yield from _file_system(project, path, name, volume)
            yield from _access(path, volume)


def _file_system(project: Project, path: Path, name: str, volume: Volume) -> Iterator[Finding]:
    """What is wrong with `efs`."""
    at = (*path, "efs")
    if volume.owner is not None:
        yield from _owner(project, at, name, volume.owner)
    elif volume.existing is not None and not _FILE_SYSTEM.fullmatch(volume.existing):
        yield Finding(
            (at,), f"{dotted(at)} must be {_KINDS}", volume.existing, "write managed, or copy the id from EFS"
        )
    elif volume.efs == "":
        yield Finding((at,), f"{dotted(at)} must be {_KINDS}", '""', "write managed, or copy the id from EFS")


def _owner(project: Project, path: Path, name: str, owner: VolumeOwner) -> Iterator[Finding]:
    """What is wrong with `efs: SERVICE.VOLUME`: the owner's volume has a file system of its own."""
    text = f"{owner.service}.{owner.volume}"
    named = service_path(owner.service, "volumes", owner.volume)
    service = project.services.get(owner.service)
    managed = [
        f"{other}.{key}"
        for other, each in project.services.items()
        for key, volume in each.volumes.items()
        if volume.is_managed and other != name
    ]
    if owner.service == name:
        yield Finding(
            (path,),
            f"{dotted(path)} must be a volume of another service",
            text,
            "mount the volume itself where you need it",
        )
    elif service is None or owner.volume not in service.volumes:
        what = f"{dotted(path)} must name a volume of another service as SERVICE.VOLUME"
        fix = did_you_mean(text, managed, "the volumes are") if managed else "write managed"
        yield Finding((path,), what, text, fix)
    elif not service.volumes[owner.volume].is_managed:
        what = f"{dotted(path)} must name a volume with a file system of its own"
        paths = path, (*named, "efs"), named
        yield Finding(paths, what, text, f"write efs: managed for {dotted(named)}, or use its value of efs here")


def _access(path: Path, volume: Volume) -> Iterator[Finding]:
    """What is wrong with `access_point` and `root_directory`."""
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
        if volume.existing is None and volume.efs != "" and getattr(volume, key) is not None:
            what = f"{dotted((*path, key))} is only for an existing file system"
            got = "efs: false" if volume.is_ephemeral else f"efs {volume.efs}"
            yield Finding(((*path, key), (*path, "efs")), what, got, f"set efs to its id, or remove {key}", "key")


def mount_paths(project: Project) -> Iterator[Finding]:
    """Mount paths and the working directory are absolute; mount paths of a container are unique."""
    for name, service in project.services.items():
        own = list(_own_mounts(name, service))
        groups = [own, *_sidecar_mounts(name, service)]
        for mounts in groups:
            yield from _unique(mounts)
        others = [(service_path(name, "working_directory"), service.working_directory)]
        for key, volume in service.volumes.items():
            others.append((service_path(name, "volumes", key, "root_directory"), volume.root_directory))
        for path, folder in [*(mount for mounts in groups for mount in mounts), *others]:
            if folder is not None and not _absolute(folder):
                what = f"{dotted(path)} must be an absolute path"
                if path[-2] == "tmpfs":
                    what = f"paths in {dotted(path[:-1])} must be absolute"
                absolute = f"/{folder.strip().removeprefix('./')}"
                valid = len(absolute) > 1 and _absolute(absolute)
                fix = f"write {absolute}" if valid else "for example /data"
                if path[-2] == "tmpfs":
                    fix = f"rename it, for example to {absolute if valid else '/run'}"
                yield Finding((path,), what, folder or '""', fix, "name" if path[-2] == "tmpfs" else "value")


def _own_mounts(name: str, service: Service) -> Iterator[tuple[Path, str]]:
    """Where the service's container mounts something."""
    for key, volume in service.volumes.items():
        yield service_path(name, "volumes", key, "path"), volume.path
    for index, folder in enumerate(service.writable_paths):
        yield service_path(name, "writable_paths", index), folder
    for folder in service.tmpfs:
        yield service_path(name, "tmpfs", folder), folder


def _sidecar_mounts(name: str, service: Service) -> Iterator[list[tuple[Path, str]]]:
    """Where each sidecar mounts volumes."""
    for key, sidecar in service.sidecars.items():
        path = service_path(name, "sidecars", key, "volumes")
        yield [
            ((*path, volume, "path"), mount.path) if isinstance(mount, Mount) else ((*path, volume), mount)
            for volume, mount in sidecar.volumes.items()
        ]


def _absolute(folder: str) -> bool:
    return folder.startswith("/") and ".." not in folder.split("/") and "\n" not in folder


def _unique(mounts: list[tuple[Path, str]]) -> Iterator[Finding]:
    taken: dict[str, Path] = {}
    for path, folder in mounts:
        place = folder.rstrip("/")
        if not place and folder:
            what = f"{dotted(path)} must not be the root of the container"
            yield Finding((path,), what, folder, "choose a folder below it", "key" if path[-2] == "tmpfs" else "value")
        elif place in taken:
            other = taken[place]
            what = f"{dotted(path)} must differ from {dotted(other)}, because both are mounted there"
            at: Literal["key", "value"] = "key" if path[-2] == "tmpfs" else "value"
            yield Finding((path, other), what, folder, "mount one of them elsewhere", at)
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
            if volume.is_managed and address in taken:
                what = f"{dotted(path)} must differ from {dotted(taken[address])} in more than dashes and underscores"
                yield Finding((path, taken[address]), what, key, "rename one of them", "key")
            elif volume.is_managed:
                taken[address] = path


def sidecar_volumes(project: Project) -> Iterator[Finding]:
    """Sidecars mount volumes of their service."""
    for name, service in project.services.items():
        for key, sidecar in service.sidecars.items():
            for volume in sidecar.volumes:
                if volume not in service.volumes:
                    path = service_path(name, "sidecars", key, "volumes", volume)
                    what = f"{dotted(path[:-1])} must name volumes of {name}"
                    others = list(service.volumes)
                    example = f"{volume}: {{efs: false, path: /{volume}}}"
                    fix = f"add it to {dotted(service_path(name, 'volumes'))}, for example {example}"
                    fix = did_you_mean(volume, others, "the volumes are") if others else fix
                    yield Finding((path, service_path(name, "volumes")), what, volume, fix, "key")


def tmpfs(project: Project) -> Iterator[Finding]:
    """What is in memory fits into the task's memory, which it counts towards."""
    for name, service in project.services.items():
        if (total := sum(service.tmpfs.values())) > service.memory:
            path = service_path(name, "tmpfs")
            what = f"the sizes in {dotted(path)} exceed the task's memory of {service.memory} MiB"
            fix = "use smaller sizes, or raise memory"
            paths = path, service_path(name, "memory")
            yield Finding(paths, what, f"{total} MiB", fix, "key", "warning")


def equal_volumes(project: Project) -> Iterator[Finding]:
    """Managed volumes of two services with the same name are two file systems."""
    first: dict[str, Path] = {}
    for name, service in project.services.items():
        for key, volume in service.volumes.items():
            path = service_path(name, "volumes", key)
            if volume.is_managed and key in first:
                what = f"{dotted(path)} and {dotted(first[key])} are two file systems that share no files"
                fix = f"rename one of them, or write efs: {first[key][1]}.{key} to share the files"
                yield Finding((path, first[key]), what, None, fix, "key", "warning")
            elif volume.is_managed:
                first[key] = path


def unused_writable_paths(project: Project) -> Iterator[Finding]:
    """Writable paths need a read-only root file system."""
    for name, service in project.services.items():
        if service.writable_paths and not service.readonly_root:
            paths = service_path(name, "writable_paths"), service_path(name, "readonly_root")
            what = f"{dotted(paths[0])} has no effect, because the whole root file system is writable"
            yield Finding(paths, what, None, "write readonly_root: true, or remove it", "key", "warning")


RULES: tuple[Rule, ...] = (
    volumes,
    volume_names,
    mount_paths,
    sidecar_volumes,
    tmpfs,
    exec_needs_root,
    equal_volumes,
    unused_writable_paths,
)
