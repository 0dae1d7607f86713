"""What changes of running services print."""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime, timedelta

import pytest

from cli.console import Console
from cli.views.services import print_revisions, rolled_back
from operations.services.revisions import TaskRevision
from operations.services.rollback import Revisions, RolledBack
from stacks.project.models import Service

REGISTERED = datetime.now(UTC) - timedelta(hours=3, minutes=1)
OLD = TaskRevision("x/web-shop-dev:1", {"web": "public.ecr.aws/nginx/nginx:1.27", "otel": "otel:1"})
NEW = TaskRevision(
    "x/web-shop-dev:2", {"web": "public.ecr.aws/nginx/nginx:1.28"}, REGISTERED, "failed", REGISTERED.timestamp()
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def listed(monkeypatch: pytest.MonkeyPatch, screen: io.StringIO, width: int = 100) -> list[str]:
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr("cli.views.services.text_width", lambda console, stream: width)
    print_revisions(Revisions("web", OLD.arn, (NEW, OLD)), Console(no_color=True))
    return [line.rstrip() for line in screen.getvalue().splitlines()]


def test_a_terminal_shows_relative_times(monkeypatch: pytest.MonkeyPatch) -> None:
    assert listed(monkeypatch, Terminal()) == [
        "Revision    Images                                  Registered  Deployed",
        "2           public.ecr.aws/nginx/nginx:1.28         3 h ago     failed, 3 h ago",
        "1, running  public.ecr.aws/nginx/nginx:1.27 otel:1  -           -",
    ]


def test_a_narrow_terminal_shows_images_without_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    assert listed(monkeypatch, Terminal(), 60) == [
        "Revision    Images             Registered  Deployed",
        "2           nginx:1.28         3 h ago     failed, 3 h ago",
        "1, running  nginx:1.27 otel:1  -           -",
    ]


def test_a_pipe_has_all_values(monkeypatch: pytest.MonkeyPatch) -> None:
    assert listed(monkeypatch, io.StringIO()) == [
        f"web-shop-dev:2\t-\tpublic.ecr.aws/nginx/nginx:1.28\t{REGISTERED:%Y-%m-%dT%H:%M:%SZ}\tfailed",
        "web-shop-dev:1\trunning\tpublic.ecr.aws/nginx/nginx:1.27 otel:1\t-\t-",
    ]


def test_a_change_of_the_configuration_only_is_undone_in_the_file() -> None:
    """The image of both revisions is the one of the file."""
    config = Service(image="nginx:1.27")
    old, new = (TaskRevision(f"x/web:{number}", {"web": "nginx:1.27"}) for number in (1, 2))

    assert list(rolled_back(RolledBack("web", config, "web:2", old, new), "ecsforge deploy --env dev")) == [
        "web runs web:1 nginx:1.27",
        "The project file asks for web:2: the next `ecsforge deploy --env dev` brings it back",
        "To keep web:1, undo the change in the project file",
    ]


def test_the_newest_revision_is_what_the_file_asks_for() -> None:
    new = TaskRevision("x/web:2", {"web": "nginx:1.27"})
    result = RolledBack("web", Service(image="nginx:1.27"), "web:1", new, new)

    assert list(rolled_back(result, "ecsforge deploy")) == ["web runs web:2 nginx:1.27"]
