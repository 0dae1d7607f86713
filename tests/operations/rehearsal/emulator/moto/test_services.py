"""The patches of moto are the modules of one package."""

from __future__ import annotations

from pathlib import Path

from operations.rehearsal.emulator import moto
from operations.rehearsal.emulator.moto import services

PATCHES = Path(moto.__path__[0])


def test_every_module_of_the_package_is_a_patch() -> None:
    names = services()

    assert names == sorted(names)
    assert {"acm", "ecs", "tagging"} <= {*names}
    assert all("\ndef patch() -> None:" in (PATCHES / f"{name}.py").read_text("utf-8") for name in names)
    assert {f"{name}.py" for name in names} | {"__init__.py"} == {file.name for file in PATCHES.glob("*.py")}
