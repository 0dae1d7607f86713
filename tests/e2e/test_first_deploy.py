"""A person with a Node app and a compose file follows "Your first deploy to AWS" in the README, command by command.

`FROM scratch` and a static program that serves HTTP take the place of the Node image, which can't be downloaded here,
and the emulator that of AWS. It runs no containers: the image that ECS would run is pulled and started by the test, and
curl connects to it in place of the load balancer. With ECSFORGE_TRANSCRIPT=FILE, the terminal's content is written to
that file, with the time of each command.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from operations.rehearsal.emulator.client import Emulator
from operations.rehearsal.inventory import inventory
from tests.docs.pages import ROOT
from tests.docs.snippets import commands, section
from tests.support.registry.programs import server
from tests.support.registry.world import World, host, world
from tests.support.shell import Answers, Done, Shell

pytestmark = pytest.mark.images

REGION = "us-east-1"
DOCKERFILE = 'FROM scratch\nWORKDIR /app\nCOPY . .\nEXPOSE {port}\nENTRYPOINT ["/app/server"]\n'
COMPOSE = """\
services:
  web:
    build: .
    ports: ["{port}:{port}"]
    environment:
      NODE_ENV: production
      DATABASE_URL: postgres://app:${{DB_PASSWORD:-app}}@postgres:5432/app
      REDIS_URL: redis://redis:6379
    depends_on: [postgres, redis]
  worker:
    build: .
    command: [node, worker.js]
    environment:
      DATABASE_URL: postgres://app:${{DB_PASSWORD:-app}}@postgres:5432/app
      REDIS_URL: redis://redis:6379
    depends_on: [postgres, redis]
  postgres:
    image: postgres:16
    environment: {{POSTGRES_USER: app, POSTGRES_PASSWORD: app}}
    volumes: [data:/var/lib/postgresql/data]
  redis:
    image: redis:7
  adminer:
    image: adminer
    ports: ["8080:8080"]
volumes: {{data: {{}}}}
"""
CREDENTIALS = "AWS:123456789012-auth-token"
# What the commands of the README ask, and what this person answers.
ANSWERS: dict[str, Answers] = {
    "ecsforge init": [("Project ID", "shop"), ("AWS region", ""), ("Services", ""), ("Environments", "")],
    "ecsforge deploy --env dev --build": [("plan to shop-shared?", "y"), ("plan to shop-dev?", "y")],
    "ecsforge destroy --env dev": [("type shop-dev:", "shop-dev")],
    "ecsforge destroy --shared": [("type shop-shared:", "shop-shared")],
}
README_COMMANDS = [
    command for block in section(ROOT / "README.md", "Your first deploy to AWS") for command in commands(block)
]
_SECRET = re.compile(r"^  (read -rs VALUE; .+?) \\\n +(.+)$", re.MULTILINE)


@pytest.fixture
def place(emulator: Emulator, tmp_path: Path) -> Iterator[World]:
    """The account, its registry and podman."""
    with world(emulator, tmp_path, [REGION]) as made:
        yield made


@pytest.fixture
def shell(place: World, terraform: dict[str, str], tmp_path: Path) -> Iterator[Shell]:
    """A terminal in the folder of the app, which is a git repository."""
    app, programs = tmp_path / "app", tmp_path / "programs"
    app.mkdir()
    programs.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (app / "Dockerfile").write_text(DOCKERFILE.format(port=port))
    (app / "compose.yaml").write_text(COMPOSE.format(port=port))
    (app / "server").write_bytes(server(port, "Hello from shop\n"))
    (app / "server").chmod(0o755)
    for arguments in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "1"],
    ):
        subprocess.run(["git", *arguments], cwd=app, check=True)
    Path(place.env_vars["HOME"], ".curlrc").write_text(f'silent\nshow-error\nconnect-to = "::127.0.0.1:{port}"\n')
    opened = Shell(app, {**place.env_vars, **terraform})
    opened.install(programs)
    yield opened
    transcript = os.environ.get("ECSFORGE_TRANSCRIPT")
    if transcript:
        Path(transcript).write_text("\n".join(each.transcript for each in opened.done))


def test_the_readme_leads_from_a_dockerfile_to_a_url_and_back(shell: Shell, place: World, tmp_path: Path) -> None:
    before = inventory(place.emulator.client, REGION)
    init, validate, rehearse, deploy, curl, destroy, destroy_shared = README_COMMANDS
    assert rehearse == "ecsforge rehearse --env dev"  # test_rehearse.py runs it

    store_what_init_asked_for(shell, place, type_(shell, init))
    assert "no problems" in type_(shell, validate).text
    first = type_(shell, deploy).text
    assert "shop-dev is reachable at http://alb-shop-dev" in first
    with running(shell, place, image_of(place, "web"), tmp_path / "image") as files:
        assert type_(shell, curl).screen == ["Hello from shop"]
        assert not [name for name in files if "tfstate" in name or "cdktf.out" in name or "ecsforge" in name]
    a_deploy_without_a_change_builds_nothing(shell, place, deploy)

    type_(shell, destroy)
    type_(shell, destroy_shared)
    assert inventory(place.emulator.client, REGION) - before == frozenset()
    place.emulator.client("ssm", REGION).delete_parameters(Names=["/shop/dev/DATABASE_URL", "/shop/dev/REDIS_URL"])


def type_(shell: Shell, command: str) -> Done:
    """Type a command of the README, with the answers of the person."""
    return shell.type(command, ANSWERS.get(command, ()))


def store_what_init_asked_for(shell: Shell, place: World, init: Done) -> None:
    """Run the commands that init printed for the secrets, as printed."""
    printed = _SECRET.findall(init.text)
    for first, second in printed:
        shell.type(f"{first} {second}", [("", "redis://example.com")])

    stored = place.emulator.client("ssm", REGION).get_parameters(
        Names=["/shop/dev/DATABASE_URL", "/shop/dev/REDIS_URL"], WithDecryption=True
    )["Parameters"]
    assert [each["Value"] for each in stored] == ["redis://example.com"] * len(printed) == ["redis://example.com"] * 2


def a_deploy_without_a_change_builds_nothing(shell: Shell, place: World, deploy: str) -> None:
    place.front.seen.clear()

    again = shell.type(deploy).text

    assert again.count("nothing is built") == 2
    assert "shop-dev: no changes" in again
    assert [each for each in place.front.seen if each.method == "PUT"] == []


def image_of(place: World, service: str) -> str:
    """The image in the task definition of a service."""
    ecs = place.emulator.client("ecs", REGION)
    definition = ecs.describe_task_definition(taskDefinition=f"{service}-shop-dev")["taskDefinition"]
    image: str = definition["containerDefinitions"][0]["image"]
    assert image.startswith(f"{host(REGION)}/shop/{service}@sha256:")
    return image


@contextmanager
def running(shell: Shell, place: World, image: str, folder: Path) -> Iterator[list[str]]:
    """Pull an image and run its program, as Fargate would; yields the names of its files."""

    def podman(*arguments: str) -> str:
        done = subprocess.run(
            ["podman", *arguments], env=dict(place.env_vars), capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    podman("pull", "--quiet", "--creds", CREDENTIALS, image)
    container = podman("create", image)
    podman("export", "--output", str(folder.with_suffix(".tar")), container)
    podman("rm", container)
    with tarfile.open(folder.with_suffix(".tar")) as files:
        files.extractall(folder, filter="data")
        names = files.getnames()
    (command,) = json.loads(podman("image", "inspect", image))[0]["Config"]["Entrypoint"]
    process = subprocess.Popen([folder / command.lstrip("/")])
    try:
        yield names
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)
