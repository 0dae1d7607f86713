"""Supply chain and security rules of ecsforge itself: lock files, packaging, unsafe calls, file permissions."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import Distribution, distributions
from pathlib import Path, PurePosixPath

import pytest

from stacks.app import synthesize
from stacks.project import Selection, load

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = ("cli", "operations", "stacks")
SOURCES = sorted([ROOT / "main.py", *(file for package in PACKAGES for file in ROOT.glob(f"{package}/**/*.py"))])
LOCKS = sorted(ROOT.glob("requirements/*.txt"))
PEER_LOCKS = sorted(ROOT.glob("benchmarks/programs/*/requirements.txt"))
# Code that ruff must reject in ecsforge's packages.
UNSAFE = {
    "os.system(text)": "S605",
    "os.popen(text)": "S605",
    "subprocess.getoutput(text)": "S605",
    "subprocess.getstatusoutput(text)": "S605",
    "subprocess.run(text, shell=True)": "S602",
    "subprocess.Popen(text, shell=True)": "S602",
    "eval(text)": "S307",
    "exec(text)": "S102",
    "pickle.load(text)": "S301",
    "pickle.loads(text)": "S301",
    "marshal.loads(text)": "S302",
    "yaml.load(text, Loader=yaml.Loader)": "S506",
}


def names_of_yaml() -> set[str]:
    """Every attribute of the module `yaml` that ecsforge uses."""
    return {
        node.attr
        for file in SOURCES
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "yaml"
    }


def normalized(name: str) -> str:
    """The name of a distribution as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(lock: Path) -> set[str]:
    """The normalized names of the distributions in a lock file."""
    return {normalized(name) for name in re.findall(r"^([\w.-]+)(?:\[.*\])?==", lock.read_text("utf-8"), re.MULTILINE)}


def top_level(distribution: Distribution) -> set[str]:
    """The top-level modules and packages that a distribution has installed."""
    paths = [PurePosixPath(str(file)) for file in distribution.files or ()]
    return {path.parts[0].removesuffix(".py") for path in paths if path.suffix in {".py", ".so", ".pyd"}}


@pytest.fixture(params=[*LOCKS, *PEER_LOCKS], ids=lambda path: path.relative_to(ROOT).as_posix())
def lock(request: pytest.FixtureRequest) -> list[str]:
    """Each lock file, one requirement with its hashes per line."""
    text = request.param.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


@pytest.mark.parametrize("file", ["main.py", *(f"{package}/module.py" for package in PACKAGES)])
def test_ruff_rejects_shells_eval_and_unsafe_deserialization(file: str) -> None:
    code = "import marshal\nimport os\nimport pickle\nimport subprocess\n\nimport yaml\n\n" + "\n".join(UNSAFE)
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "json", "--stdin-filename", file]

    run = subprocess.run([*command, "-"], cwd=ROOT, input=code, capture_output=True, text=True, check=False)

    lines = code.splitlines()
    found = {(lines[each["location"]["row"] - 1], each["code"]) for each in json.loads(run.stdout)}
    assert set(UNSAFE.items()) - found == set()


def test_exceptions_from_the_security_rules_have_a_reason() -> None:
    """`# noqa: S310  reason`, and a comment on every exception in pyproject.toml."""
    lines = [*(ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()]
    listed = [line for line in lines if re.search(r'"S\d{3}"', line)]
    inline = [line for file in SOURCES for line in file.read_text("utf-8").splitlines() if "noqa: S" in line]

    assert listed
    assert [line for line in listed if not re.search(r"# \w+", line)] == []
    assert [line for line in inline if not re.search(r"noqa: S\d{3}(?:, ?S\d{3})*\s+\S+", line)] == []


def test_yaml_is_only_read_with_the_safe_loader() -> None:
    """Ruff only checks `yaml.load`."""
    names = names_of_yaml()

    assert {name for name in names if name.endswith("Loader")} <= {"CSafeLoader", "SafeLoader"}
    assert names & {"full_load", "full_load_all", "unsafe_load", "unsafe_load_all"} == set()


@pytest.mark.parametrize("path", [lock for lock in LOCKS if lock.name != "policy.txt"], ids=lambda path: path.name)
def test_no_locked_distribution_installs_a_package_with_the_name_of_ours(path: Path) -> None:
    """The lock files for the environment that ecsforge is installed into; checkov has its own."""
    installed = [each for each in distributions() if normalized(each.name) in locked(path)]

    assert len(installed) > len(locked(path)) / 2
    assert [each.name for each in installed if top_level(each) & set(PACKAGES)] == []


def test_wheel_and_sdist_contain_every_package() -> None:
    targets = PYPROJECT["tool"]["hatch"]["build"]["targets"]

    assert set(targets["wheel"]["packages"]) == set(PACKAGES)
    assert set(PACKAGES) <= set(targets["sdist"]["include"])
    assert [name for name in targets["sdist"]["include"] if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("target", ["wheel", "sdist"])
def test_a_built_distribution_contains_every_module(target: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)

    (archive,) = tmp_path.iterdir()
    if target == "wheel":
        with zipfile.ZipFile(archive) as wheel:
            names = wheel.namelist()
    else:
        with tarfile.open(archive) as sdist:
            names = [name.partition("/")[2] for name in sdist.getnames()]
    modules = {file.relative_to(ROOT).as_posix() for package in PACKAGES for file in (ROOT / package).rglob("*.py")}
    assert modules - set(names) == set()


def test_every_locked_dependency_has_one_version_and_its_hashes(lock: list[str]) -> None:
    assert lock
    for requirement in lock:
        assert re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+ ", requirement), requirement
        assert "--hash=sha256:" in requirement, requirement


def test_lock_files_do_not_set_a_download_location(lock: list[str]) -> None:
    assert not [line for line in lock if line.startswith("-") or "://" in line]


def test_what_users_install_is_locked() -> None:
    declared = PYPROJECT["project"]["dependencies"]
    names = {normalized(re.split(r"[^\w.-]", requirement)[0]) for requirement in declared}

    assert names <= locked(ROOT / "requirements" / "runtime.txt")


def test_make_only_installs_locked_dependencies_by_hash_and_our_own_code() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    installs = [line for line in makefile.splitlines() if re.match(r"\t\$\(INSTALL\)|\t.* pip install ", line)]

    assert len(installs) >= 3
    assert all("--require-hashes -r requirements/" in line or "--no-deps" in line for line in installs)


def test_only_the_owner_can_write_the_files_of_a_synth(tmp_path: Path, specs: Path) -> None:
    synthesize(load(Selection(file=specs / "article.yaml", env="prod")), tmp_path / "cdktf.out")

    written = [*(tmp_path / "cdktf.out").rglob("*")]
    assert written
    assert not [path for path in written if path.stat().st_mode & 0o022]
    assert not [path for path in written if path.is_file() and path.stat().st_mode & 0o111]
