"""The same project file gives the same bytes, on every machine and in every folder."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stacks.app import synthesize
from stacks.spec import Selection, load

ROOT = Path(__file__).parents[2]


def test_two_folders_hold_the_same_bytes(specs: Path, tmp_path: Path) -> None:
    loaded = load(Selection(file=specs / "shop.yaml", env="dev"))

    for out in (tmp_path / "one", tmp_path / "two/deeper"):
        synthesize(loaded, out / "json")
        synthesize(loaded, out / "hcl", format="hcl")

    assert files(tmp_path / "one") == files(tmp_path / "two/deeper")


def test_two_processes_write_the_same_bytes_whatever_the_hash_seed(specs: Path, tmp_path: Path) -> None:
    code = """if True:
        import sys
        from pathlib import Path
        from stacks.app import synthesize
        from stacks.spec import Selection, load
        loaded = load(Selection(file=Path(sys.argv[1]), env="dev"))
        synthesize(loaded, Path(sys.argv[2]) / "json")
        synthesize(loaded, Path(sys.argv[2]) / "hcl", format="hcl")
    """
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed, "HOSTNAME": f"machine{seed}"}
        command = [sys.executable, "-c", code, str(specs / "shop.yaml"), str(tmp_path / seed)]
        subprocess.run(command, cwd=tmp_path, env=environment, check=True, timeout=120)

    assert files(tmp_path / "1") == files(tmp_path / "2")


@pytest.mark.parametrize("format_", ["json", "hcl"])
def test_nothing_tells_where_when_or_by_whom_it_was_written(specs: Path, tmp_path: Path, format_: Any) -> None:
    synthesize(load(Selection(file=specs / "shop.yaml", env="dev")), tmp_path / "out", format=format_)

    for name, content in files(tmp_path / "out").items():
        text = content.decode()
        assert str(tmp_path) not in text, name
        assert str(ROOT) not in text, name
        assert str(Path.home()) not in text, name
        assert len(platform.node()) < 6 or platform.node() not in text, name
        assert not re.search(r"\b20\d\d-[01]\d-[0-3]\d[T ]", text), name
        assert not re.search(r'"/(?:home|root|tmp|usr|var/folders|Users)/', text), name


def test_an_environment_is_the_same_alone_and_among_others(specs: Path, tmp_path: Path) -> None:
    file = specs / "shop.yaml"

    synthesize(load(Selection(file=file)), tmp_path / "all")
    synthesize(load(Selection(file=file, env="dev")), tmp_path / "one")

    stack = "stacks/shop-dev/cdk.tf.json"
    assert (tmp_path / "all" / stack).read_bytes() == (tmp_path / "one" / stack).read_bytes()


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
