"""The same project file generates the same bytes, on every machine and in every folder."""

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
from stacks.project import Selection, load
from tests.support.some import some

ROOT = Path(__file__).parents[2]


SYNTHESIZE = """
import sys
from pathlib import Path
from stacks.app import synthesize
from stacks.project import Selection, load
loaded = load(Selection(file=Path(sys.argv[1]), env="dev"))
synthesize(loaded, Path(sys.argv[2]) / "json")
synthesize(loaded, Path(sys.argv[2]) / "hcl", format="hcl")
"""


def test_another_process_in_another_folder_writes_the_same_bytes(specs: Path, tmp_path: Path) -> None:
    """The process has another hash seed, and so another order of sets, and another host name."""
    file, here, there = specs / "shop.yaml", tmp_path / "here", tmp_path / "there/deeper"
    loaded = load(Selection(file=file, env="dev"))
    synthesize(loaded, here / "json")
    synthesize(loaded, here / "hcl", format="hcl")
    there.mkdir(parents=True)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "4711", "HOSTNAME": "elsewhere"}
    command = [sys.executable, "-c", SYNTHESIZE, str(file), str(there)]

    subprocess.run(command, cwd=there.parent, env=environment, check=True, timeout=120)

    assert files(here) == files(there)


@pytest.mark.parametrize("format_", ["json", "hcl"])
def test_the_output_has_no_paths_times_or_host_names(specs: Path, tmp_path: Path, format_: Any) -> None:
    synthesize(load(Selection(file=specs / "shop.yaml", env="dev")), tmp_path / "out", format=format_)

    for name, content in some(files(tmp_path / "out").items()):
        text = content.decode()
        assert str(tmp_path) not in text, name
        assert str(ROOT) not in text, name
        assert str(Path.home()) not in text, name
        assert len(platform.node()) < 6 or platform.node() not in text, name
        assert not re.search(r"\b20\d\d-[01]\d-[0-3]\d[T ]", text), name
        assert not re.search(r'"/(?:home|root|tmp|usr|var/folders|Users)/', text), name


def test_an_environment_is_the_same_when_others_are_synthesized_too(specs: Path, tmp_path: Path) -> None:
    file = specs / "shop.yaml"

    synthesize(load(Selection(file=file)), tmp_path / "all")
    synthesize(load(Selection(file=file, env="dev")), tmp_path / "one")

    stack = "stacks/shop-dev/cdk.tf.json"
    assert (tmp_path / "all" / stack).read_bytes() == (tmp_path / "one" / stack).read_bytes()


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
