"""Rules of images that are built, and of the credentials of private registries.

Sources: the Dockerfile reference (ARG, FROM), the ECS Developer Guide ("Using non-AWS container images in Amazon ECS")
and the ECS API reference (RepositoryCredentials).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path as FilePath

from stacks.errors import NOT_SHOWN
from stacks.image_reference import ecr_repository
from stacks.project.models import PLATFORMS, Build, Project, Service
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Container, Finding, Rule, containers, service_path
from stacks.project.rules.variables import credential_kind
from stacks.references import WHOLE_SECRET_ARN, partition_of

_ARGUMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
# The name of a stage, or its number (BuildKit, frontend/dockerfile/instructions/parse.go).
_TARGET = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*|\d+", re.ASCII)
_NAME = r"[A-Za-z0-9/_+=.@!-]{1,512}"
_SECRET = re.compile(
    rf"secretsmanager:{_NAME}|arn:aws(?:-[a-z]+)*:secretsmanager:[a-z0-9-]+:\d{{12}}:secret:{_NAME}",
    re.ASCII,
)
_FORMS = "secretsmanager:name or the full ARN of a secret"


def one_image(project: Project) -> Iterator[Finding]:
    """An image is built or named, not both."""
    for name, service in project.services.items():
        if service.build is not None and "image" in service.model_fields_set:
            paths = service_path(name, "build"), service_path(name, "image")
            what = f"{dotted(service_path(name))} has both image and build"
            fix = "remove one of them; in an environment, write null to remove the file's"
            yield Finding(paths, what, None, fix, "key")


def build_settings(project: Project) -> Iterator[Finding]:
    """The target, the arguments and the platform of a build are valid."""
    for name, service in project.services.items():
        if (build := service.build_settings) is not None:
            yield from _target(name, build)
            yield from _platform(name, service, build)
            yield from _arguments(name, build)


def _target(name: str, build: Build) -> Iterator[Finding]:
    path = service_path(name, "build", "target")
    if build.target is not None and not _TARGET.fullmatch(build.target):
        what = f"{dotted(path)} must be a stage of the Dockerfile: a letter, then letters, digits, _, . and -"
        yield Finding((path,), what, build.target or '""', "use the name after AS in its FROM line")


def _platform(name: str, service: Service, build: Build) -> Iterator[Finding]:
    needed = PLATFORMS[service.architecture]
    if build.platform not in (None, needed):
        path = service_path(name, "build", "platform")
        what = f"{dotted(path)} must be {needed}, because the architecture of {name} is {service.architecture}"
        other = next(key for key, value in PLATFORMS.items() if value == build.platform)
        paths = path, service_path(name, "architecture")
        yield Finding(paths, what, build.platform, f"remove it, or write architecture: {other}")


def _arguments(name: str, build: Build) -> Iterator[Finding]:
    for key, value in build.args.items():
        path = service_path(name, "build", "args", key)
        if not _ARGUMENT.fullmatch(key):
            what = f"names in {dotted(path[:-1])} must be letters, digits and underscores, and not start with a digit"
            yield Finding((path,), what, key or '""', "rename it here and in the Dockerfile", "name")
        elif kind := credential_kind(key, value):
            readers = "build arguments are readable by anyone who can pull the image"
            what = f"{dotted(path)} looks like {kind}, and {readers}"
            fix = "read it at run time from secrets, or download what needs it before the build"
            yield Finding((path,), what, NOT_SHOWN, fix, severity="warning")


def image_credentials(project: Project) -> Iterator[Finding]:
    """The credentials of a private registry are a whole secret; images in ECR have none."""
    for container in containers(project):
        secret, path = container.config.image_credentials, (*container.path, "image_credentials")
        if secret is None:
            continue
        if not _SECRET.fullmatch(secret):
            yield _no_secret(path, secret)
        elif secret.startswith("arn:") and not WHOLE_SECRET_ARN.search(secret):
            what = f"{dotted(path)} must be the full ARN of the secret, with the dash and six characters at its end"
            yield Finding((path,), what, secret, "copy the ARN from Secrets Manager")
        elif (parts := secret.split(":"))[0] == "arn" and parts[1] != partition_of(project.region):
            what = f"{dotted(path)} must be an ARN in {partition_of(project.region)}, the partition of {project.region}"
            yield Finding((path, ("region",)), what, parts[1], "use a secret of that partition")
        elif is_in_ecr(container):
            what = f"{dotted(path)} has no use: tasks pull from ECR with the execution role"
            yield Finding((path,), what, secret, "remove it", "key", "warning")


def _no_secret(path: Path, text: str) -> Finding:
    """The finding about a text that is not a secret. It is shown only if it can't be a password."""
    name, _, rest = text.partition(":")
    if name == "secretsmanager" and re.fullmatch(rf"{_NAME}:.*", rest, re.ASCII):
        fix = f"write secretsmanager:{rest.partition(':')[0]}; ECS reads the whole secret"
        return Finding((path,), f"{dotted(path)} must be {_FORMS}, without a JSON key", text, fix)
    got = text if name in ("secretsmanager", "ssm", "arn") or re.fullmatch(r"[a-z][a-z/-]*", text) else NOT_SHOWN
    fix = 'store {"username": ..., "password": ...} in Secrets Manager, and write for example secretsmanager:ghcr'
    return Finding((path,), f"{dotted(path)} must be {_FORMS}", got if text else '""', fix)


def is_in_ecr(container: Container) -> bool:
    """Whether the image of a container is in a private ECR registry, or will be when it is built."""
    return container.image is None or ecr_repository(container.image) is not None


def build_findings(project: Project, root: FilePath) -> Iterator[Finding]:
    """The context is a folder and the Dockerfile a file, both in the project file's folder, `root`."""
    for name, service in project.services.items():
        if (build := service.build_settings) is None:
            continue
        path = service_path(name, "build")
        written = set() if isinstance(service.build, str) else build.model_fields_set
        context = (*path, "context") if "context" in written else path
        if fault := _context_fault(root, build.context):
            yield Finding((context,), f"{dotted(context)} {fault[0]}", build.context or '""', fault[1])
        elif "dockerfile" in written and (fault := _dockerfile_fault(root, build)):
            at = (*path, "dockerfile")
            yield Finding((at,), f"{dotted(at)} {fault[0]}", build.dockerfile or '""', fault[1])
        elif fault := _dockerfile_fault(root, build):
            what = f"{dotted(context)} has no Dockerfile"
            yield Finding((context,), what, build.context, "create it, or name another one with dockerfile")


def _context_fault(root: FilePath, name: str) -> tuple[str, str] | None:
    """What is wrong with a context, as the end of a sentence, and the fix."""
    try:
        folder, top = (root / name).resolve(), root.resolve()
        if FilePath(name).is_absolute() or not folder.is_relative_to(top):
            return (
                "must be in the project file's folder",
                "name a folder in it, or move the project file to the top of the repository",
            )
        if not name or not folder.exists():
            return "names a folder that does not exist", "check the path; it is relative to the project file"
        if not folder.is_dir():
            return "must be a folder", "name the folder of the build, and the Dockerfile in dockerfile"
    except (OSError, ValueError, RuntimeError):
        return "names a folder that can't be read", "check its permissions"
    return None


def _dockerfile_fault(root: FilePath, build: Build) -> tuple[str, str] | None:
    """What is wrong with a Dockerfile, as the end of a sentence, and the fix."""
    try:
        file, top = (root / build.context / build.dockerfile).resolve(), root.resolve()
        if FilePath(build.dockerfile).is_absolute() or not file.is_relative_to(top):
            return "must be in the project file's folder", "move it there, and name it relative to the context"
        if not build.dockerfile or not file.exists():
            return "names a file that does not exist", "check the path; it is relative to the context"
        if not file.is_file():
            return "must be a file", "name the Dockerfile, relative to the context"
    except (OSError, ValueError, RuntimeError):
        return "names a file that can't be read", "check its permissions"
    return None


RULES: tuple[Rule, ...] = (one_image, build_settings, image_credentials)
