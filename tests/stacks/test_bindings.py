"""The bindings start quickly, and what they generate is the same either way."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest

from stacks import bindings, jsii_cache
from stacks.errors import SynthError

ROOT = Path(__file__).parents[2]

SYNTHESIZE = """
import json, os, sys
from pathlib import Path
from stacks.project import Selection, load
before = dict(os.environ)
from stacks.app import synthesize
from stacks import bindings
from stacks.bindings import aws
synthesize(load(Selection(file=Path(sys.argv[1]), env="prod")), Path(sys.argv[2]))
modules = sum(name.startswith(f"{bindings.AWS_PACKAGE}.") for name in sys.modules)
print(json.dumps({"fast": bindings.FAST, "changed": dict(os.environ) != before, "modules": modules}))
"""


def run_apart(file: Path, out: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Synthesize in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if name not in ("NODE_OPTIONS", "JSII_NODE")}
    return subprocess.run(
        [sys.executable, "-c", SYNTHESIZE, str(file), str(out)],
        cwd=out.parent,
        env={**environment, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        timeout=300,
    )


def synthesized(file: Path, out: Path, **variables: str) -> dict[str, object]:
    """Synthesize in a process of its own, and say how it went."""
    done = run_apart(file, out, **variables)
    assert done.returncode == 0, done.stderr
    outcome: dict[str, object] = json.loads(done.stdout)
    return outcome


def test_the_quick_bindings_and_the_plain_ones_write_the_same_bytes(specs: Path, tmp_path: Path) -> None:
    file = specs / "article.yaml"

    quick = synthesized(file, tmp_path / "quick")
    plain = synthesized(file, tmp_path / "plain", ECSFORGE_PLAIN_BINDINGS="1")

    assert (quick["fast"], plain["fast"]) == (True, False)
    assert int(str(quick["modules"])) < 300 < 2000 < int(str(plain["modules"]))
    stack = "stacks/node-app-prod/cdk.tf.json"
    assert (tmp_path / "quick" / stack).read_bytes() == (tmp_path / "plain" / stack).read_bytes()


def test_the_callers_environment_stays_as_it_was_and_cdktfs_own_hcl_is_off(specs: Path, tmp_path: Path) -> None:
    """`cdktf synth --hcl` asks for HCL in the environment; what cdktf writes then is not valid."""
    asked = {"NODE_OPTIONS": "--stack-trace-limit=20", "SYNTH_HCL_OUTPUT": "true"}

    outcome = synthesized(specs / "article.yaml", tmp_path / "out", **asked)

    assert outcome["changed"] is False
    assert (tmp_path / "out/stacks/node-app-prod/cdk.tf.json").is_file()


def test_the_kernel_starts_with_the_preload_and_the_callers_own_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODE_OPTIONS", "--stack-trace-limit=20")
    monkeypatch.delenv("JSII_NODE", raising=False)

    with bindings._kernel_environment(Path("/a folder/lazy.js")):
        options, node = os.environ["NODE_OPTIONS"], os.environ["JSII_NODE"]

    assert options.startswith('--stack-trace-limit=20 --require="/a folder/lazy.js" --no-deprecation')
    assert Path(node).name in ("node", "node.exe")
    assert os.environ["NODE_OPTIONS"] == "--stack-trace-limit=20"
    assert "JSII_NODE" not in os.environ


def test_a_path_with_quotes_and_backslashes_is_quoted_for_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NODE_OPTIONS", raising=False)

    with bindings._kernel_environment(Path('C:\\a "b"')):
        options = os.environ["NODE_OPTIONS"]

    assert options.startswith(r'--require="C:\\a \"b\""')
    assert "NODE_OPTIONS" not in os.environ


def test_a_node_of_the_callers_choice_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JSII_NODE", "/opt/node")

    with bindings._kernel_environment(None):
        node = os.environ["JSII_NODE"]

    assert node == "/opt/node"


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            {"JSII_NODE": "/no/such/node"},
            "the cdktf bindings can't be loaded: Node.js can't be started; got /no/such/node: "
            "No such file or directory; unset JSII_NODE",
        ),
        (
            {"JSII_NODE": "/bin/true", "NODE_OPTIONS": "--no-warnings"},
            "the cdktf bindings can't be loaded: Node.js ended before its time; "
            "try it without JSII_NODE=/bin/true and NODE_OPTIONS=--no-warnings",
        ),
        (
            {"NODE_OPTIONS": "--require=/no/such/file.js"},
            "the cdktf bindings can't be loaded: Node.js ended before its time; "
            "try it without NODE_OPTIONS=--require=/no/such/file.js",
        ),
    ],
)
def test_a_node_that_does_not_start_is_an_error_that_says_what_chose_it(
    specs: Path, tmp_path: Path, variables: dict[str, str], message: str
) -> None:
    done = run_apart(specs / "article.yaml", tmp_path / "out", **variables)

    last = done.stderr.splitlines()[-1]  # the very last: jsii adds a traceback of its own when Python ends
    assert last == f"stacks.errors.SynthError: {message}"
    assert not (tmp_path / "out").exists()


def test_a_node_that_ends_while_stacks_are_built_is_an_error_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JSII_NODE", raising=False)
    monkeypatch.delenv("NODE_OPTIONS", raising=False)

    with pytest.raises(SynthError) as error, bindings.kernel_errors("the stacks can't be built"):
        json.loads("")

    what = "the stacks can't be built: Node.js ended before its time; it may have run out of memory"
    assert str(error.value) == what


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that looks as the bindings do, and fails when its root runs."""
    folder = tmp_path / "bindings_of_test"
    (folder / "_jsii").mkdir(parents=True)
    (folder / "__init__.py").write_text("raise AssertionError('the root ran')")
    (folder / "_jsii" / "__init__.py").write_text("")
    (folder / "vpc.py").write_text("NAME = 'vpc'")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("bindings_of_test", "bindings_of_test.vpc", "bindings_of_test._jsii"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return folder


def test_a_submodule_is_imported_without_the_root(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bindings._stand_in_for(package.name)

    assert importlib.import_module(f"{package.name}.vpc").NAME == "vpc"
    for name in (package.name, f"{package.name}.vpc"):
        monkeypatch.delitem(sys.modules, name)


def test_nothing_stands_in_for_a_package_without_an_assembly(package: Path) -> None:
    (package / "_jsii" / "__init__.py").unlink()

    assert not bindings._stand_in_for(package.name)
    assert package.name not in sys.modules


def test_nothing_stands_in_for_a_package_that_is_not_there() -> None:
    assert not bindings._stand_in_for("no_such_package_at_all")


def test_nothing_stands_in_for_a_module_that_is_no_package(package: Path) -> None:
    package.with_name("module_of_test.py").write_text("")

    assert not bindings._stand_in_for("module_of_test")


def test_nothing_stands_in_for_a_package_that_was_imported_already(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package.name, ModuleType(package.name))

    assert not bindings._stand_in_for(package.name)


def test_the_preload_is_part_of_the_package() -> None:
    """Without it, which is data to a build, the plain import would serve, and nobody would know why it is slow."""
    assert bindings.PRELOAD.is_file()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty package cache of jsii's."""
    monkeypatch.setenv("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(tmp_path))
    return tmp_path


def unpacked(cache: Path, release: str) -> Path:
    folder = cache / "@cdktf/provider-aws" / release / "0a1b"
    folder.mkdir(parents=True)
    return folder


def test_an_empty_cache_has_to_be_filled_first(cache: Path) -> None:
    assert not jsii_cache.bindings_are_unpacked()


def test_a_cache_of_another_version_has_to_be_filled_first(cache: Path) -> None:
    (unpacked(cache, "1.0.0") / ".jsii-runtime-package-cache").touch()

    assert not jsii_cache.bindings_are_unpacked()


def test_an_unpacking_that_was_interrupted_begins_again(cache: Path) -> None:
    (unpacked(cache, version("cdktf-cdktf-provider-aws")) / "package.json").touch()

    assert not jsii_cache.bindings_are_unpacked()


def test_a_filled_cache_is_used(cache: Path) -> None:
    (unpacked(cache, version("cdktf-cdktf-provider-aws")) / ".jsii-runtime-package-cache").touch()

    assert jsii_cache.bindings_are_unpacked()


def test_the_cache_that_jsii_filled_is_found() -> None:
    """This process has loaded the bindings, so jsii has unpacked them: into the folder that is looked at."""
    assert jsii_cache.bindings_are_unpacked()


def test_the_cache_is_in_the_temporary_folder_where_there_is_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JSII_RUNTIME_PACKAGE_CACHE_ROOT", raising=False)
    monkeypatch.setattr(Path, "home", no_home)

    assert jsii_cache._cache_root().name == f"aws-jsii-package-cache-{os.getuid()}"


def no_home() -> Path:
    raise RuntimeError("Could not determine home directory.")


def test_a_first_run_says_that_it_unpacks_and_a_broken_cache_how_to_mend_it(tmp_path: Path) -> None:
    broken = tmp_path / "cache"
    broken.touch()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(broken)}

    done = subprocess.run(
        [sys.executable, "-c", "import stacks.bindings"], env=environment, capture_output=True, text=True, timeout=60
    )

    assert done.stderr.splitlines()[0] == jsii_cache.FIRST_RUN
    assert (
        f"SynthError: the cdktf bindings can't be loaded: Cannot use the jsii package cache in {broken}" in done.stderr
    )
    assert "set JSII_RUNTIME_PACKAGE_CACHE_ROOT to a different directory" in done.stderr
