"""`ecsforge init`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from cli.init.draft import PLACEHOLDER_IMAGE
from stacks.project.schema import json_schema


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
        "Next, generate its Terraform: ecsforge synth --env dev\n"
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

    assert (result.exit_code, result.stderr) == (
        0,
        "warning: ecsforge.yaml:21:12: services.web.image is the placeholder that ecsforge init writes; "
        f"got {PLACEHOLDER_IMAGE}; replace it with your own image\n"
        "ecsforge.yaml: 2 environments, 1 service, 1 warning\n",
    )


def test_options_replace_every_prompt(invoke, folder: Path) -> None:
    arguments = ["--project-id", "shop", "--region", "eu-west-1", "--image", "acme/api:2", "--port", "4000"]

    result = invoke("init", *arguments, "--service", "api", "--env", "test", "--env", "live", "-f", "shop.yaml")

    assert result.exit_code == 0, result.stderr
    assert result.stderr.endswith("ecsforge synth --env test -f shop.yaml\n")
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


def test_the_default_port_comes_from_the_dockerfile(invoke, folder: Path) -> None:
    (folder / "Dockerfile").write_text("FROM node\nEXPOSE 8080\n")

    result = invoke("init", "--project-id", "shop", "--image", "acme/web:1")

    assert result.stderr.startswith("Dockerfile exposes port 8080\n")
    assert written(folder)["services"] == {"web": {"image": "acme/web:1", "port": 8080}}


def test_the_default_services_come_from_the_compose_file(invoke, folder: Path) -> None:
    (folder / "compose.yaml").write_text("""
services:
  front: {image: "acme/front:1", ports: ["80:3000"], environment: {MODE: live, API_KEY: abc}}
  mailer: {image: "acme/mailer:1", command: node mail.js}
  db: {image: "postgres:16"}
""")

    result = invoke("init", "--project-id", "shop")

    assert result.stderr.startswith(
        "compose.yaml: skipped db (postgres:16): use a managed AWS service for data stores\n"
    )
    assert written(folder)["services"] == {
        "front": {"image": "acme/front:1", "port": 3000, "environment": {"MODE": "live"}},
        "mailer": {"image": "acme/mailer:1", "type": "worker", "command": ["node", "mail.js"]},
    }
    text = (folder / "ecsforge.yaml").read_text()
    assert "abc" not in text
    assert "(see `secrets`): API_KEY." in text
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

    assert first == "node_modules\n/cdktf.out\n*.tfstate*\n*.tfplan\n.terraform/\n.ecsforge/\n"
    assert (folder / ".gitignore").read_text() == first
    assert result.stderr.splitlines()[0] == "Wrote ecsforge.yaml, .ecsforge/schema.json"


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
