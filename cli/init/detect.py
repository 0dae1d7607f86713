"""The services that a folder already describes, in Dockerfiles and a compose file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cli.init.compose import Converted, convert
from cli.init.compose_file import find_compose_file
from cli.init.dockerfile import Stage, read_dockerfile
from cli.init.draft import PLACEHOLDER_IMAGE, BuildDraft, ServiceDraft, service_name
from cli.init.health import container_health_check, request_path
from cli.init.images import is_heavy
from cli.init.notices import Group, Notice
from cli.sentences import sentences
from stacks.errors import ProjectError

DOCKERFILES = ("Dockerfile", "Containerfile")
# Folders of a repository with several programs. A Dockerfile deeper in the tree is often an example or a test.
_SUBFOLDERS = ("*", "apps/*", "services/*", "packages/*", "cmd/*", "src/*")
_MAX_DOCKERFILES = 10
_COPILOT = 'an application of AWS Copilot: see "Coming from Copilot" in docs/compare.md'


@dataclass(frozen=True)
class Detected:
    """What was found in a folder.

    Attributes:
        services: The services of the compose file, or of Dockerfiles in subfolders.
        build: How the image of the Dockerfile in the folder is built; None without one.
        stage: What that Dockerfile builds.
        catch_all: The service that gets the requests to all other paths.
        name: The name of the compose project; empty if it has none.
        notices: Messages for the user, such as the services that are not deployed.
    """

    services: tuple[ServiceDraft, ...] = ()
    build: BuildDraft | None = None
    stage: Stage | None = None
    catch_all: str | None = None
    name: str = ""
    notices: tuple[Notice, ...] = ()

    @property
    def port(self) -> int | None:
        """The port that the Dockerfile in the folder exposes, or that its command names."""
        return self.stage.port if self.stage else None


def detect(folder: Path) -> Detected:
    """Read the Dockerfiles and the compose file of `folder`, if they exist. An invalid file becomes a notice."""
    notices = [Notice(Group.FOUND, "copilot/", _COPILOT)] if (folder / "copilot").is_dir() else []
    build, stage = _own_image(folder, notices)
    converted = _composed(folder, notices)
    notices += converted.notices
    services = converted.services
    if not services and build is None:
        services = _in_subfolders(folder, notices)
    catch_all = converted.catch_all or next((each.name for each in services if each.port), None)
    return Detected(services, build, stage, catch_all, converted.name, tuple(notices))


def service_of(name: str, build: BuildDraft, stage: Stage, port: int | None) -> ServiceDraft:
    """A service that is built from a Dockerfile, with its health check. Without a port it is a worker."""
    settings: dict[str, object] = {}
    if check := container_health_check(stage.health_check, stage.health_options):
        settings["container_health_check"] = check
    path = request_path(stage.health_check, port) if port else None
    if path and path != "/":
        settings["health_check"] = {"path": path}
    return ServiceDraft(name, PLACEHOLDER_IMAGE, port, build=build, settings=settings, heavy=is_heavy(stage.base))


def _own_image(folder: Path, notices: list[Notice]) -> tuple[BuildDraft | None, Stage | None]:
    for name in DOCKERFILES:
        if not (folder / name).is_file():
            continue
        found = read_dockerfile(folder / name)
        stage = found.stage() if found else None
        if stage is None:
            notices.append(Notice(Group.CHECK, name, "has no FROM, so it is not used"))
            continue
        if stage.port:
            notices.append(Notice(Group.FOUND, name, f"port {stage.port}"))
        return BuildDraft(".", None if name == "Dockerfile" else name), stage
    return None, None


def _composed(folder: Path, notices: list[Notice]) -> Converted:
    file = find_compose_file(folder)
    if file is None:
        _name_unread(folder, notices)
        return Converted()
    try:
        return convert(file)
    except ProjectError as error:
        notices.append(Notice(Group.FOUND, "", f"Could not read {sentences(error)}"))
    except (OSError, ValueError) as error:
        notices.append(
            Notice(Group.FOUND, "", f"Could not read {file.name}: {getattr(error, 'strerror', None) or error}")
        )
    return Converted()


def _name_unread(folder: Path, notices: list[Notice]) -> None:
    """Name compose files that compose itself only reads with `-f`."""
    others = sorted({path.name for kind in ("yml", "yaml") for path in folder.glob(f"*compose*.{kind}")})
    if others:
        text = "not read: compose reads it only with -f; rename it to compose.yaml to convert it"
        notices.append(Notice(Group.CHECK, ", ".join(others[:3]), text))


def _in_subfolders(folder: Path, notices: list[Notice]) -> tuple[ServiceDraft, ...]:
    """A service for each Dockerfile in the usual folders of a repository with several programs."""
    services: dict[str, ServiceDraft] = {}
    files = sorted({path for pattern in _SUBFOLDERS for path in folder.glob(f"{pattern}/Dockerfile")})
    for file in files[:_MAX_DOCKERFILES]:
        found = read_dockerfile(file)
        stage = found.stage() if found else None
        if stage is not None:
            context = file.parent.relative_to(folder).as_posix()
            name = service_name(file.parent.name, services)
            services[name] = service_of(name, BuildDraft(context), stage, stage.port)
            port = f"port {stage.port}" if stage.port else "no port, so it is a worker"
            notices.append(Notice(Group.FOUND, f"{context}/Dockerfile", port))
    return tuple(services.values())
