"""From a selection to projects: finding the file, its environments, and its validation."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from cli.sentences import sentence, sentences
from stacks.errors import ProjectError
from stacks.project import Selection, Validation, environments_in, load, problems_of, validate
from tests.project.conftest import Check, Load
from tests.project.texts import TWO_ENVIRONMENTS, top

SPECS = Path(__file__).parents[1] / "specs"
SHARED = Path(__file__).parents[3] / "shared" / "specs"


@pytest.mark.parametrize("folder_of_specs", [SPECS, SHARED], ids=["tests", "shared"])
@pytest.mark.parametrize(
    ("name", "environments"), [("article.yaml", ("dev", "prod")), ("shop.yaml", ("dev", "staging", "prod"))]
)
def test_the_example_projects_load_for_every_environment(
    folder_of_specs: Path, name: str, environments: tuple[str, ...]
) -> None:
    file = folder_of_specs / name
    if not file.exists():
        pytest.skip("no shared specs here")

    assert tuple(project.env for project in load(Selection(file=file)).projects) == environments
    assert [load(Selection(file=file, env=env)).projects[0].env for env in environments] == list(environments)
    assert {problem.severity for problem in problems_of(Selection(file=file))} == {"warning"}


def test_a_file_without_services_has_the_web_service_of_the_article(loaded: Load) -> None:
    web = loaded("project_id: shop\n", env="dev").projects[0].services["web"]

    assert (web.image, web.port, web.cpu, web.memory, web.count) == ("nginx:latest", 3000, 512, 1024, 2)


def test_a_file_without_environments_requires_an_environment_and_accepts_any(loaded: Load) -> None:
    assert loaded(top(""), env="qa").projects[0].env == "qa"
    with pytest.raises(ProjectError) as error:
        loaded(top(""))

    assert sentences(error.value) == (
        "--env: required, because ecsforge.yaml lists no environments; "
        "pass --env NAME, or list environments in the file"
    )


def test_a_file_without_environments_can_be_checked_without_one(check: Check) -> None:
    assert check(top("")) == []


def test_without_a_file_the_defaults_are_used(folder: Path) -> None:
    loaded = load(Selection(project_id="node-app", env="prod"))
    project = loaded.projects[0]

    assert (loaded.root, loaded.file) == (Path(), None)
    assert (project.project_id, project.env, list(project.services)) == ("node-app", "prod", ["web"])
    assert [sentence(warning) for warning in loaded.warnings] == [
        "the built-in defaults: services.web has no image, so it runs the placeholder nginx:latest; "
        "add image: registry.example.com/team/app:1.2 with your own image"
    ]


@pytest.mark.parametrize(
    ("selection", "missing"),
    [
        (Selection(), "--project-id and --env"),
        (Selection(env="dev"), "--project-id"),
        (Selection(project_id="shop"), "--env"),
    ],
)
def test_without_a_file_project_id_and_environment_are_required(selection: Selection, missing: str) -> None:
    assert list(map(sentence, problems_of(selection))) == [
        "ecsforge.yaml: not found in this folder or a parent folder; "
        f"run `ecsforge init` to write one, or pass {missing}"
    ]


def test_the_file_is_found_in_a_parent_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "ecsforge.yaml").write_text(top("region: moon"))
    (folder / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(folder / "a" / "b")

    assert [str(problem.where) for problem in problems_of(Selection(env="dev"))] == ["../../ecsforge.yaml:2:9"]


def give_away(file: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make a file that of another user, and return that user's name."""
    me = os.getuid()
    if me == 0:
        os.chown(file, 54321, -1, follow_symlinks=False)
        return "54321"
    monkeypatch.setattr(os, "getuid", lambda: me + 1)
    return pwd.getpwuid(me).pw_name


@pytest.mark.parametrize("link", [False, True])
def test_a_file_of_another_user_in_a_parent_folder_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, link: bool
) -> None:
    file = folder / "ecsforge.yaml"
    if link:
        (folder / "real.yaml").write_text(top(""))
        file.symlink_to("real.yaml")
    else:
        file.write_text(top(""))
    (folder / "a").mkdir()
    owner = give_away(file, monkeypatch)
    monkeypatch.chdir(folder / "a")

    assert list(map(sentence, problems_of(Selection(env="dev")))) == [
        "../ecsforge.yaml: this project file in a parent folder belongs to another user; "
        f"got user {owner}; if you trust it, name it: -f ../ecsforge.yaml"
    ]
    assert load(Selection(file=Path("../ecsforge.yaml"), env="dev")).file == Path("../ecsforge.yaml")
    monkeypatch.chdir(folder)
    assert load(Selection(env="dev")).file == Path("ecsforge.yaml")


def test_root_trusts_the_user_of_sudo(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = folder / "ecsforge.yaml"
    file.write_text(top(""))
    (folder / "a").mkdir()
    monkeypatch.chdir(folder / "a")
    owner = file.stat().st_uid
    if owner == 0:
        owner = 54321
        os.chown(file, owner, -1)
    monkeypatch.setattr(os, "getuid", lambda: 0)
    monkeypatch.setenv("SUDO_UID", str(owner))

    assert load(Selection(env="dev")).file == Path("../ecsforge.yaml")
    monkeypatch.setenv("SUDO_UID", str(owner + 1))
    assert len(problems_of(Selection(env="dev"))) == 1


def test_too_many_values_in_all_environments_together_are_refused(folder: Path) -> None:
    environments = "\n".join(f"  e{number}: {{}}" for number in range(1000))
    services = "\n".join(f"    V{number}: x" for number in range(200))
    text = top(f"services:\n  web:\n   port: 80\n   environment:\n{services}\nenvironments:\n{environments}")
    (folder / "ecsforge.yaml").write_text(text)

    assert list(map(sentence, problems_of(Selection(env="e1")))) == [
        "ecsforge.yaml:206:1: the project file has more than 100000 values in its 1000 environments together; "
        "split it into several project files"
    ]


def test_the_root_is_the_folder_of_the_file(folder: Path) -> None:
    (folder / "apps").mkdir()
    (folder / "apps" / "shop.yaml").write_text(top(""))

    assert load(Selection(file=Path("apps/shop.yaml"), env="dev")).root == Path("apps")


def test_environments_are_listed_in_the_order_of_the_file(folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(top("environments: {prod: {}, dev: {}}"))

    assert environments_in(Selection()) == ("prod", "dev")


@pytest.mark.parametrize("env", [None, "prod"])
def test_validation_has_problems_environments_and_projects(env: str | None, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(TWO_ENVIRONMENTS)
    selection = Selection(env=env)

    assert validate(selection) == Validation(problems_of(selection), ("dev", "prod"), load(selection))


def test_validation_of_an_invalid_file_has_no_projects(folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(top("regoin: us-east-1\nenvironments: {dev: {}}"))
    validation = validate(Selection())

    assert (len(validation.problems), validation.environments, validation.loaded) == (1, ("dev",), None)


def test_validation_without_environments_has_a_project_in_any(folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(top(""))
    validation = validate(Selection())
    assert validation.loaded is not None

    assert ([project.env for project in validation.loaded.projects], validation.environments) == (["any"], ())


def test_the_validate_command_reads_the_file_once(folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(TWO_ENVIRONMENTS)
    script = """\
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from cli.main import main
try:
    main(["validate"])
except SystemExit:
    print(sum(file.endswith("ecsforge.yaml") for file in opened))
"""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": str(root)}, stdout=subprocess.PIPE
    )

    assert done.stdout == b"1\n"
