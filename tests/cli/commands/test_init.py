"""`ecsforge init`."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from cli.init.draft import PLACEHOLDER_IMAGE
from operations import unpacking
from stacks.project.schema import json_schema
from tests.cli.commands.conftest import Answer


def written(folder: Path) -> dict[str, object]:
    content = yaml.safe_load((folder / "ecsforge.yaml").read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def test_only_the_project_id_is_required(invoke, folder: Path) -> None:
    result = invoke("init", "--project-id", "node-app")

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == (
        "Wrote ecsforge.yaml, .ecsforge/schema.json, .gitignore\n"
        "Next, check it: ecsforge validate\n"
        "Then deploy it: ecsforge deploy --env dev\n"
        "To try the deploy without an AWS account: ecsforge rehearse --env dev\n"
    )
    assert written(folder) == {
        "project_id": "node-app",
        "region": "us-east-1",
        "environments": {
            "dev": {"services": {"web": {"count": 1, "cpu": 256, "memory": 512}}},
            "prod": {"protected": True},
        },
        "services": {"web": {"image": PLACEHOLDER_IMAGE, "port": 80}},
    }
    assert json.loads((folder / ".ecsforge" / "schema.json").read_text()) == json_schema()


def test_the_file_is_valid(invoke) -> None:
    invoke("init", "--project-id", "node-app")

    result = invoke("validate")

    assert result.exit_code == 0
    assert "ecsforge.yaml: 2 environments, 1 service, " in result.stderr


def test_options_replace_every_prompt(invoke, folder: Path) -> None:
    arguments = ["--project-id", "shop", "--region", "eu-west-1", "--image", "acme/api:2", "--port", "4000"]

    result = invoke("init", *arguments, "--service", "api", "--env", "test", "--env", "live", "-f", "shop.yaml")

    assert result.exit_code == 0, result.stderr
    assert result.stderr.splitlines()[-3:] == [
        "Next, check it: ecsforge validate -f shop.yaml",
        "Then deploy it: ecsforge deploy --env test -f shop.yaml",
        "To try the deploy without an AWS account: ecsforge rehearse --env test -f shop.yaml",
    ]
    content = yaml.safe_load((folder / "shop.yaml").read_text())
    assert content == {
        "project_id": "shop",
        "region": "eu-west-1",
        "environments": {"test": {}, "live": {}},
        "services": {"api": {"image": "acme/api:2", "port": 4000}},
    }


def test_services_get_separate_paths_on_the_load_balancer(invoke, folder: Path) -> None:
    invoke("init", "--project-id", "shop", "--service", "web", "--service", "api", "--worker", "mailer")

    services = written(folder)["services"]
    assert services["web"] == {"image": PLACEHOLDER_IMAGE, "port": 80}
    assert services["api"] == {"image": PLACEHOLDER_IMAGE, "port": 80, "http": {"paths": ["/api", "/api/*"]}}
    assert services["mailer"] == {"image": PLACEHOLDER_IMAGE, "type": "worker"}


def test_a_dockerfile_is_built(invoke, folder: Path) -> None:
    (folder / "Dockerfile").write_text("FROM node\nEXPOSE 8080\n")

    result = invoke("init", "--project-id", "shop")

    assert result.stderr.startswith("Dockerfile: port 8080\n")
    assert written(folder)["services"] == {"web": {"build": ".", "port": 8080}}


def test_the_default_port_comes_from_the_dockerfile(invoke, folder: Path) -> None:
    (folder / "Dockerfile").write_text("FROM node\nEXPOSE 8080\n")

    invoke("init", "--project-id", "shop", "--image", "acme/web:1")

    assert written(folder)["services"] == {"web": {"image": "acme/web:1", "port": 8080}}


def test_the_placeholder_answers_on_the_port_of_the_option(invoke, folder: Path) -> None:
    invoke("init", "--project-id", "shop", "--port", "3000")

    assert written(folder)["services"] == {
        "web": {"image": PLACEHOLDER_IMAGE, "port": 3000, "command": ["httpd-foreground", "-c", "Listen 3000"]}
    }


def test_the_default_services_come_from_the_compose_file(invoke, folder: Path) -> None:
    (folder / "compose.yaml").write_text("""
services:
  front: {image: "acme/front:1", ports: ["80:3000"], environment: {MODE: live, API_KEY: hunter2}}
  mailer: {image: "acme/mailer:1", command: node mail.js}
  db: {image: "postgres:16"}
""")

    result = invoke("init", "--project-id", "shop", "--env", "dev", "--region", "eu-west-1")

    assert result.stderr == (
        "compose.yaml: front, mailer\n"
        "Not deployed:\n"
        "  db (postgres:16): add `resources: {db: {type: postgres, instance: db.t4g.micro}}` and `uses`, or\n"
        "    use Amazon Aurora or RDS for PostgreSQL\n"
        "Wrote ecsforge.yaml, .ecsforge/schema.json, .gitignore\n"
        "Store these secrets before you deploy dev, one at a time. Each command waits for the value, hidden:\n"
        "  read -rs VALUE; aws ssm put-parameter --name /shop/dev/API_KEY \\\n"
        '    --region eu-west-1 --type SecureString --value "$VALUE"\n'
        "Next, check it: ecsforge validate\n"
        "Then deploy it: ecsforge deploy --env dev\n"
        "To try the deploy without an AWS account: ecsforge rehearse --env dev\n"
    )
    assert written(folder)["services"] == {
        "front": {
            "image": "acme/front:1",
            "port": 3000,
            "environment": {"MODE": "live"},
            "secrets": {"API_KEY": "ssm:/shop/dev/API_KEY"},
        },
        "mailer": {"image": "acme/mailer:1", "type": "worker", "command": ["node", "mail.js"]},
    }
    assert "hunter2" not in (folder / "ecsforge.yaml").read_text()
    assert invoke("validate").exit_code == 0


def test_full_writes_every_key_as_a_comment(invoke, folder: Path) -> None:
    invoke("init", "--project-id", "shop", "--full")

    assert "\n    # readonly_root: false" in (folder / "ecsforge.yaml").read_text()
    assert invoke("validate").exit_code == 0


def test_options_before_the_command_name_apply(invoke, folder: Path) -> None:
    invoke("--project-id", "shop", "--env", "prod", "init")

    assert written(folder)["project_id"] == "shop"
    assert list(written(folder)["environments"]) == ["prod"]


def test_an_existing_file_is_not_overwritten(invoke, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text("mine")

    result = invoke("init", "--project-id", "shop")

    assert result.exit_code == 2
    assert result.stderr == (
        "error: ecsforge.yaml already exists; pass --force to overwrite it\nTry 'ecsforge init --help' for help.\n"
    )
    assert (folder / "ecsforge.yaml").read_text() == "mine"
    assert [path.name for path in folder.iterdir()] == ["ecsforge.yaml"]


def test_force_overwrites_an_existing_file(invoke, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text("mine")

    assert invoke("init", "--project-id", "shop", "--force").exit_code == 0
    assert written(folder)["project_id"] == "shop"


def test_without_a_terminal_the_project_id_is_required(invoke, folder: Path) -> None:
    result = invoke("init")

    assert result.exit_code == 2
    assert result.stderr == (
        "error: cannot ask 'Project ID' because the input is not a terminal; pass --project-id\n"
        "Try 'ecsforge init --help' for help.\n"
    )
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--project-id", "Node App"],
            "--project-id: project_id must be 2 to 24 lower-case letters, digits and single dashes, starting with a "
            "letter; got Node App; for example node-app",
        ),
        (
            ["--project-id", "shop", "--env", "PROD"],
            "--env: an environment name must be a lower-case letter, then at most 15 lower-case letters, digits or "
            "dashes; got PROD; rename it, for example to prod",
        ),
        (
            ["--project-id", "shop", "--service", "Web"],
            "--service: a service name must be a lower-case letter, then at most 19 lower-case letters, digits or "
            "dashes; got Web; rename it, for example to web",
        ),
    ],
)
def test_an_invalid_value_is_reported_at_its_option(invoke, folder: Path, arguments: list[str], message: str) -> None:
    result = invoke("init", *arguments)

    assert result.exit_code == 2
    assert result.stderr == f"error: {message}\nTry 'ecsforge init --help' for help.\n"
    assert list(folder.iterdir()) == []


def test_an_image_applies_to_one_service(invoke) -> None:
    result = invoke("init", "--project-id", "shop", "--image", "x", "--service", "a", "--service", "b")

    assert result.exit_code == 2
    assert result.stderr.startswith(
        "error: --image and --port apply to one service; add the others to the file afterwards\n"
    )


def test_missing_patterns_are_added_to_gitignore_once(invoke, folder: Path) -> None:
    (folder / ".gitignore").write_text("node_modules\n/cdktf.out")

    invoke("init", "--project-id", "shop")
    first = (folder / ".gitignore").read_text()
    result = invoke("init", "--project-id", "shop", "--force")

    assert first == (
        "node_modules\n/cdktf.out\n*.tfstate*\n*.tfplan\n.terraform/\n"
        "!.ecsforge/\n.ecsforge/*\n!.ecsforge/schema.json\n"
    )
    assert (folder / ".gitignore").read_text() == first
    assert result.stderr.splitlines()[0] == "Wrote ecsforge.yaml, .ecsforge/schema.json"


WRITTEN = "*.tfstate*\n*.tfplan\ncdktf.out\n.terraform\n.terraform.lock.hcl\n.ecsforge\necsforge.yaml\n"


def test_images_leave_out_the_state_and_generated_files(invoke, folder: Path) -> None:
    (folder / "Dockerfile").write_text("FROM scratch\nEXPOSE 80\nCOPY . .\n")
    (folder / ".dockerignore").write_text("node_modules\n/cdktf.out/")

    result = invoke("init", "--project-id", "shop")
    first = (folder / ".dockerignore").read_text()
    again = invoke("init", "--project-id", "shop", "--force")

    assert first == "node_modules\n/cdktf.out/\n" + WRITTEN.replace("cdktf.out\n", "")
    assert "Wrote ecsforge.yaml, .ecsforge/schema.json, .gitignore, .dockerignore\n" in result.stderr
    assert (folder / ".dockerignore").read_text() == first
    assert "Wrote ecsforge.yaml, .ecsforge/schema.json\n" in again.stderr


def test_the_ignore_file_of_a_dockerfile_gets_the_patterns(invoke, folder: Path) -> None:
    (folder / "Dockerfile").write_text("FROM scratch\nEXPOSE 80\n")
    (folder / "Dockerfile.dockerignore").write_text("")

    invoke("init", "--project-id", "shop")

    assert (folder / "Dockerfile.dockerignore").read_text() == WRITTEN
    assert not (folder / ".dockerignore").exists()


def test_a_context_without_the_generated_files_needs_no_patterns(invoke, folder: Path) -> None:
    (folder / "web").mkdir()
    (folder / "web" / "Dockerfile").write_text("FROM scratch\nEXPOSE 80\n")
    (folder / "compose.yaml").write_text("services: {web: {build: web, ports: [80]}}")

    invoke("init", "--project-id", "shop")

    assert not list(folder.rglob(".dockerignore"))


@pytest.mark.parametrize(
    ("name", "kind"),
    [("ecsforge.yaml", "file"), (".gitignore", "file"), (".ecsforge/schema.json", "file"), (".ecsforge", "folder")],
)
def test_nothing_is_written_through_a_symbolic_link(invoke, folder: Path, tmp_path: Path, name: str, kind: str) -> None:
    target = tmp_path / "elsewhere"
    target.mkdir() if kind == "folder" else target.write_text("mine\n")
    (folder / "ecsforge.yaml").unlink(missing_ok=True)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).symlink_to(target)
    before = sorted(folder.rglob("*"))

    result = invoke("init", "--project-id", "node-app", "--force")

    assert (result.exit_code, result.stderr) == (
        1,
        f"error: {name}: the {kind} is a symbolic link, and nothing is written through it; got {target}; "
        "remove the link, and run the command again\n",
    )
    assert sorted(folder.rglob("*")) == before
    assert list(target.iterdir()) == [] if kind == "folder" else target.read_text() == "mine\n"


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_not_a_file_is_named_before_anything_is_written(
    invoke, folder: Path, make: Callable[[Path], None]
) -> None:
    make(folder / ".gitignore")
    before = sorted(folder.iterdir())

    result = invoke("init", "--project-id", "node-app", "--force")

    assert result.exit_code == 2
    assert result.stderr.startswith("error: .gitignore is not a regular file; rename or delete it\n")
    assert sorted(folder.iterdir()) == before


def test_a_gitignore_that_is_not_utf_8_is_kept(invoke, folder: Path) -> None:
    (folder / ".gitignore").write_bytes(b"caf\xe9\n")

    assert invoke("init", "--project-id", "node-app", "--force").exit_code == 0

    assert (folder / ".gitignore").read_bytes().startswith(b"caf\xe9\n*.tfstate*\n")


@pytest.mark.parametrize(
    "present",
    ["", ".ecsforge/\n", ".*\n", "*.json\n*.hcl\n", ".terraform*\n", "/.terraform.lock.hcl\n", "**/.terraform*"],
)
def test_git_ignores_neither_the_schema_nor_the_lock_file(invoke, folder: Path, present: str) -> None:
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    (folder / ".gitignore").write_text(present)
    (folder / ".terraform.lock.hcl").touch()

    invoke("init", "--project-id", "shop")
    (folder / ".ecsforge" / "other").touch()
    (folder / "x.tfstate").touch()

    ignored = subprocess.run(
        ["git", "status", "--short", "--ignored", "-uall"], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    assert {"?? .ecsforge/schema.json", "?? .terraform.lock.hcl"} <= set(ignored)
    assert {"!! .ecsforge/other", "!! x.tfstate"} <= set(ignored)


def test_an_invalid_catch_all_is_reported(invoke) -> None:
    result = invoke("init", "--project-id", "shop", "--default-service", "api")

    assert result.exit_code == 2
    assert result.stderr.splitlines()[0] == (
        "error: --default-service must be a web service; got api; the web services are web"
    )


@pytest.mark.parametrize(("typed", "unpacks"), [(False, 0), (True, 1)])
def test_a_new_machine_unpacks_while_somebody_answers(
    invoke, answer: Answer, monkeypatch: pytest.MonkeyPatch, typed: bool, unpacks: int
) -> None:
    started: list[bool] = []
    monkeypatch.setattr(unpacking, "unpack_in_background", lambda: started.append(True))
    arguments = ("init", "--project-id", "node-app", "--region", "eu-west-1", "--service", "web")

    result = answer("\n" * 9, *arguments) if typed else invoke(*arguments)

    assert result.exit_code == 0
    assert len(started) == unpacks


def test_nothing_is_unpacked_where_the_file_exists(
    answer: Answer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "ecsforge.yaml").touch()
    started: list[bool] = []
    monkeypatch.setattr(unpacking, "unpack_in_background", lambda: started.append(True))

    assert answer("", "init").exit_code == 2
    assert started == []
