"""The services that a folder already describes, in a Dockerfile and a compose file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cli.init.compose import compose_services
from cli.init.dockerfile import exposed_port
from cli.init.draft import ServiceDraft
from cli.sentences import sentences
from stacks.errors import ProjectError

COMPOSE_FILES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")


@dataclass(frozen=True)
class Detected:
    """What was found in a folder.

    Attributes:
        services: The services of the compose file.
        port: The port that the Dockerfile exposes.
        notes: Messages for the user, such as the services that were skipped.
    """

    services: tuple[ServiceDraft, ...] = ()
    port: int | None = None
    notes: tuple[str, ...] = ()


def detect(folder: Path) -> Detected:
    """Read the Dockerfile and the compose file of `folder`, if they exist. An invalid file becomes a note."""
    port = exposed_port(folder / "Dockerfile")
    notes = [f"Dockerfile exposes port {port}"] if port else []
    file = next((folder / name for name in COMPOSE_FILES if (folder / name).is_file()), None)
    if file is None:
        return Detected((), port, tuple(notes))
    try:
        services, skipped = compose_services(file)
    except ProjectError as error:
        return Detected((), port, (*notes, f"Could not read {sentences(error)}"))
    except (OSError, ValueError) as error:
        return Detected((), port, (*notes, f"Could not read {file.name}: {error}"))
    return Detected(services, port, (*notes, *skipped))
