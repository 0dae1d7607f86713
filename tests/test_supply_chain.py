"""The rules ecsforge keeps itself: locked dependencies, no shell, no unsafe loading, files that others can't write."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from stacks.app import synthesize
from stacks.project import Selection, load

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    [ROOT / "main.py", *(f for room in ("cli", "operations", "stacks") for f in ROOT.glob(f"{room}/**/*.py"))]
)
LOCKS = sorted(ROOT.glob("requirements/*.txt"))
SHELLS = {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"}
RUNS_TEXT = {"eval", "exec", "pickle.load", "pickle.loads", "marshal.loads", "yaml.load", "yaml.load_all"}


@pytest.fixture(scope="module")
def modules() -> dict[str, ast.AST]:
    """Every module of ecsforge by its path."""
    return {file.relative_to(ROOT).as_posix(): ast.parse(file.read_text(encoding="utf-8")) for file in SOURCES}


def calls(modules: dict[str, ast.AST]) -> Iterator[tuple[str, str, ast.Call]]:
    """Every call: the module, the name of what is called as it stands there, and the call."""
    for path, tree in modules.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield path, ast.unparse(node.func), node


@pytest.fixture(params=LOCKS, ids=lambda path: path.name)
def lock(request: pytest.FixtureRequest) -> list[str]:
    """Each lock file in turn, one requirement with its hashes a line."""
    text = request.param.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def test_nothing_runs_through_a_shell(modules: dict[str, ast.AST]) -> None:
    found = [
        (path, name)
        for path, name, call in calls(modules)
        if name in SHELLS or any(keyword.arg == "shell" for keyword in call.keywords)
    ]

    assert found == []


def test_programs_are_run_with_a_list_of_arguments(modules: dict[str, ast.AST]) -> None:
    found = [
        (path, name)
        for path, name, call in calls(modules)
        if name.startswith("subprocess.") and call.args and isinstance(call.args[0], ast.Constant | ast.JoinedStr)
    ]

    assert found == []


def test_nothing_that_was_read_is_run(modules: dict[str, ast.AST]) -> None:
    assert [(path, name) for path, name, _ in calls(modules) if name in RUNS_TEXT] == []


def test_yaml_is_read_by_the_safe_loader_alone(modules: dict[str, ast.AST]) -> None:
    named = {
        node.attr
        for tree in modules.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "yaml" and node.attr.endswith("Loader")
    }

    assert named <= {"CSafeLoader", "SafeLoader"}


def test_every_locked_dependency_has_one_version_and_its_hashes(lock: list[str]) -> None:
    assert lock
    for requirement in lock:
        assert re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+ ", requirement), requirement
        assert "--hash=sha256:" in requirement, requirement


def test_no_lock_names_a_place_to_download_from(lock: list[str]) -> None:
    assert not [line for line in lock if line.startswith("-") or "://" in line]


def test_what_users_install_is_locked() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    names = {re.split(r"[^\w.-]", requirement)[0].lower() for requirement in declared}

    locked = (ROOT / "requirements" / "runtime.txt").read_text(encoding="utf-8")

    assert names <= {name.lower() for name in re.findall(r"^([\w.-]+)==", locked, re.MULTILINE)}


def test_make_installs_locked_dependencies_by_hash_and_our_own_code_alone() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    installs = [line for line in makefile.splitlines() if re.match(r"\t\$\(INSTALL\)|\t.* pip install ", line)]

    assert len(installs) >= 3
    assert all("--require-hashes -r requirements/" in line or "--no-deps" in line for line in installs)


def test_what_synth_writes_can_be_written_by_its_owner_alone(tmp_path: Path, specs: Path) -> None:
    synthesize(load(Selection(file=specs / "article.yaml", env="prod")), tmp_path / "cdktf.out")

    written = [*(tmp_path / "cdktf.out").rglob("*")]
    assert written
    assert not [path for path in written if path.stat().st_mode & 0o022]
    assert not [path for path in written if path.is_file() and path.stat().st_mode & 0o111]
