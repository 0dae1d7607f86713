"""The bindings start quickly and generate the same Terraform either way."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest

from cli.sentences import sentences
from stacks import bindings, jsii_cache, node
from stacks.errors import SynthError
from stacks.resources import CATALOGUE
from tests.stacks.test_kernel import class_of

ROOT = Path(__file__).parents[2]

SYNTHESIZE = """
import json, os, psutil, sys
from pathlib import Path
from stacks.project import Selection, load
before = dict(os.environ)
from stacks.errors import EcsforgeError
try:
    # Node.js starts with the import, and may be found to have exited at any time after that.
    from stacks.app import synthesize
    synthesize(load(Selection(file=Path(sys.argv[1]), env="prod")), Path(sys.argv[2]))
except EcsforgeError as error:
    from cli.sentences import sentences
    sys.exit(sentences(error))
from stacks import bindings
modules = sum(name.startswith(f"{bindings.AWS_PACKAGE}.") for name in sys.modules)
processes = len(psutil.Process().children(recursive=True))
changed = dict(os.environ) != before
print(json.dumps({"fast": bindings.FAST, "changed": changed, "modules": modules, "processes": processes}))
"""


def run(file: Path, out: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Synthesize in a new process."""
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
    """Synthesize in a new process and return what it reports about the bindings."""
    done = run(file, out, **variables)
    assert done.returncode == 0, done.stderr
    report: dict[str, object] = json.loads(done.stdout)
    return report


@pytest.mark.slow
def test_fast_and_plain_bindings_write_the_same_bytes(specs: Path, tmp_path: Path) -> None:
    file = specs / "article.yaml"

    fast = synthesized(file, tmp_path / "fast")
    plain = synthesized(file, tmp_path / "plain", ECSFORGE_PLAIN_BINDINGS="1")

    assert (fast["fast"], plain["fast"]) == (True, False)
    assert (fast["processes"], plain["processes"]) == (1, 2)
    assert int(str(fast["modules"])) < 300 < 2000 < int(str(plain["modules"]))
    stack = "stacks/node-app-prod/cdk.tf.json"
    assert (tmp_path / "fast" / stack).read_bytes() == (tmp_path / "plain" / stack).read_bytes()


def test_the_callers_environment_is_unchanged_and_cdktfs_own_hcl_is_off(specs: Path, tmp_path: Path) -> None:
    """`cdktf synth --hcl` requests HCL with an environment variable; the HCL that cdktf would write is invalid."""
    variables = {"NODE_OPTIONS": "--stack-trace-limit=20", "SYNTH_HCL_OUTPUT": "true"}

    report = synthesized(specs / "article.yaml", tmp_path / "out", **variables)

    assert report["changed"] is False
    assert (tmp_path / "out/stacks/node-app-prod/cdk.tf.json").is_file()


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            {"JSII_NODE": "/no/such/node"},
            "Node.js: /no/such/node can't be started; got No such file or directory; unset JSII_NODE",
        ),
        (
            {"JSII_NODE": "/bin/true", "NODE_OPTIONS": "--no-warnings"},
            "Node.js: exited unexpectedly while loading the cdktf bindings; "
            "run again without JSII_NODE=/bin/true and NODE_OPTIONS=--no-warnings",
        ),
        (
            {"NODE_OPTIONS": "--require=/no/such/file.js"},
            "Node.js: exited unexpectedly while loading the cdktf bindings; "
            "run again without NODE_OPTIONS=--require=/no/such/file.js",
        ),
    ],
)
def test_a_node_that_does_not_start_is_an_error_that_names_the_variables(
    specs: Path, tmp_path: Path, variables: dict[str, str], message: str
) -> None:
    done = run(specs / "article.yaml", tmp_path / "out", **variables)

    last = done.stderr.splitlines()[-1]  # the last line, because jsii would print a traceback when Python exits
    assert last == message
    assert not (tmp_path / "out").exists()


def test_a_node_that_exits_while_stacks_are_built_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JSII_NODE", raising=False)
    monkeypatch.delenv("NODE_OPTIONS", raising=False)
    assert bindings.KERNEL is not None
    bindings.KERNEL.complete_requests()

    with pytest.raises(SynthError) as error, bindings.kernel_errors("building the stacks"):
        json.loads("")

    assert sentences(error.value) == (
        "Node.js: exited unexpectedly while building the stacks; "
        "check that the machine has enough memory, then run again"
    )


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with the layout of the bindings, whose root module fails when it is imported."""
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
    assert bindings._skip_root(package.name)

    assert importlib.import_module(f"{package.name}.vpc").NAME == "vpc"
    for name in (package.name, f"{package.name}.vpc"):
        monkeypatch.delitem(sys.modules, name)


def test_a_package_without_an_assembly_keeps_its_root(package: Path) -> None:
    (package / "_jsii" / "__init__.py").unlink()

    assert not bindings._skip_root(package.name)
    assert package.name not in sys.modules


def test_a_missing_package_is_left_to_the_import() -> None:
    assert not bindings._skip_root("no_such_package_at_all")


def test_a_module_that_is_not_a_package_is_left_to_the_import(package: Path) -> None:
    package.with_name("module_of_test.py").write_text("")

    assert not bindings._skip_root("module_of_test")


def test_a_package_that_is_already_imported_keeps_its_root(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package.name, ModuleType(package.name))

    assert not bindings._skip_root(package.name)


def test_the_preload_is_part_of_the_package() -> None:
    """A build treats it as package data. Without it, the slow import would be used silently."""
    assert node.PRELOAD.is_file()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty package cache for jsii."""
    monkeypatch.setenv("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(tmp_path))
    return tmp_path


def unpacked(cache: Path, release: str) -> Path:
    folder = cache / "@cdktf/provider-aws" / release / "0a1b"
    folder.mkdir(parents=True)
    return folder


def test_an_empty_cache_has_no_unpacked_bindings(cache: Path) -> None:
    assert not jsii_cache.bindings_are_unpacked()


def test_bindings_of_another_version_are_ignored(cache: Path) -> None:
    (unpacked(cache, "1.0.0") / ".jsii-runtime-package-cache").touch()

    assert not jsii_cache.bindings_are_unpacked()


def test_partly_unpacked_bindings_are_ignored(cache: Path) -> None:
    (unpacked(cache, version("cdktf-cdktf-provider-aws")) / "package.json").touch()

    assert not jsii_cache.bindings_are_unpacked()


@pytest.fixture
def complete(cache: Path) -> Path:
    """The unpacked bindings in a cache, without their index."""
    folder = unpacked(cache, version("cdktf-cdktf-provider-aws"))
    (folder / ".jsii-runtime-package-cache").touch()
    return folder


def test_unpacked_bindings_with_their_index_are_found(complete: Path) -> None:
    (complete / ".jsii.runtime.v1.json").touch()

    assert jsii_cache.bindings_are_unpacked()


def test_bindings_without_their_index_are_not_complete(complete: Path) -> None:
    assert not jsii_cache.bindings_are_unpacked()


def test_an_index_that_cannot_be_written_is_not_waited_for(complete: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: path != complete)

    assert jsii_cache.bindings_are_unpacked()


def test_a_jsii_that_writes_no_index_has_none_to_wait_for(complete: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsii_cache, "_INDEX_WORKER", "no-such-worker.js")

    assert jsii_cache.bindings_are_unpacked()


def test_waiting_for_the_index_ends_when_it_is_written(complete: Path) -> None:
    writer = threading.Timer(0.2, (complete / ".jsii.runtime.v1.json").touch)
    writer.start()

    jsii_cache.wait_for_index(seconds=60)

    assert jsii_cache.bindings_are_unpacked()
    assert writer.finished.is_set()


@pytest.mark.parametrize("unpacks", [True, False])
def test_waiting_for_an_index_that_nobody_writes_ends(cache: Path, unpacks: bool) -> None:
    """Without unpacked bindings, there is nothing to wait for: the user may have disabled jsii's cache."""
    if unpacks:
        (unpacked(cache, version("cdktf-cdktf-provider-aws")) / ".jsii-runtime-package-cache").touch()

    started = time.monotonic()
    jsii_cache.wait_for_index(seconds=0.2 if unpacks else 60)

    assert time.monotonic() - started < 30


def test_the_bindings_that_jsii_unpacked_are_found() -> None:
    """This process has loaded the bindings, so jsii has unpacked them into its cache."""
    assert jsii_cache.bindings_are_unpacked()


def test_the_cache_is_in_the_temporary_folder_without_a_home_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JSII_RUNTIME_PACKAGE_CACHE_ROOT", raising=False)
    monkeypatch.setattr(Path, "home", no_home)

    assert jsii_cache._cache_root().name == f"aws-jsii-package-cache-{os.getuid()}"


def no_home() -> Path:
    raise RuntimeError("Could not determine home directory.")


def test_the_first_run_reports_that_it_unpacks_and_the_error_for_a_broken_cache_has_a_fix(tmp_path: Path) -> None:
    broken = tmp_path / "cache"
    broken.touch()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(broken)}

    done = subprocess.run(
        [sys.executable, "-c", "import stacks.bindings"], env=environment, capture_output=True, text=True, timeout=60
    )

    assert done.stderr.splitlines()[0] == jsii_cache.FIRST_RUN
    assert f"SynthError: can't be loaded: Cannot use the jsii package cache in {broken}" in done.stderr
    assert "set JSII_RUNTIME_PACKAGE_CACHE_ROOT to a different directory" in done.stderr


@pytest.mark.parametrize("address", sorted(CATALOGUE))
def test_the_terraform_type_of_a_class_comes_from_its_module(address: str) -> None:
    """The bindings' own constant is the truth; reading it calls the kernel."""
    kind = class_of(address)

    assert bindings.terraform_type(kind) == address
    assert address.removeprefix("data.") == kind.TF_RESOURCE_TYPE


def test_another_release_of_jsii_starts_its_kernel_itself(specs: Path, tmp_path: Path) -> None:
    """A release without the internals that `stacks.kernel` uses."""
    without = tmp_path / "sitecustomize.py"
    without.write_text("import sys\nsys.modules['stacks.kernel'] = None\n", encoding="utf-8")

    report = synthesized(specs / "article.yaml", tmp_path / "out", PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}")

    assert (report["fast"], report["processes"]) == (True, 2)
    assert (tmp_path / "out/stacks/node-app-prod/cdk.tf.json").is_file()


@pytest.mark.slow
def test_a_job_uses_the_bindings_that_another_one_unpacked(specs: Path, tmp_path: Path) -> None:
    """A cache of a CI system is restored in another folder, on another machine."""
    file, stack = specs / "article.yaml", "stacks/node-app-prod/cdk.tf.json"
    first = run(file, tmp_path / "first", JSII_RUNTIME_PACKAGE_CACHE_ROOT=str(tmp_path / "saved"))
    restored = shutil.copytree(tmp_path / "saved", tmp_path / "restored", symlinks=True)
    shutil.rmtree(tmp_path / "saved")
    before = files_with_times(restored)

    second = run(file, tmp_path / "second", JSII_RUNTIME_PACKAGE_CACHE_ROOT=str(restored))

    assert (first.returncode, first.stderr.splitlines()) == (0, [jsii_cache.FIRST_RUN])
    assert (second.returncode, second.stderr) == (0, "")
    assert files_with_times(restored) == before
    assert (tmp_path / "first" / stack).read_bytes() == (tmp_path / "second" / stack).read_bytes()


def files_with_times(folder: Path) -> dict[str, int]:
    """The files of a folder with the times of their last changes, but not the file whose time is the last use."""
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".jsii-runtime-package-cache"
    }
