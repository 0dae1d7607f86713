"""The type checks in the bindings' constructors, and how to skip them.

Each constructor evaluates all annotations of its arguments at every call, then compares the arguments with them. The
kernel checks the arguments, too, and takes a hundredth of the time. `ECSFORGE_PLAIN_BINDINGS=1` keeps them.
"""

from __future__ import annotations

import importlib
import sys
import typing
from collections import defaultdict
from types import ModuleType
from typing import Any


class _LoadedOnUse(ModuleType):
    """A module that is loaded when something reads a name of it."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


def import_typeguard_on_use() -> None:
    """Import typeguard, with which the bindings check types, only where something uses it; it imports asyncio, too."""
    sys.modules.setdefault("typeguard", _LoadedOnUse("typeguard"))


def skip_type_checks(module: ModuleType) -> None:
    """Skip the type checks of a module of the bindings; without effect on a module that has none."""
    # The public module has the exported names; the functions have the globals of the private one.
    names = vars(getattr(module, "_private", module))
    if "check_type" in names and names.get("typing") is typing:
        names.update(check_type=_accept, typing=_TYPING)


def _accept(argname: str, value: object, expected_type: Any) -> None:
    """Accept every argument."""


def _typing_without_hints() -> ModuleType:
    module = ModuleType("typing")
    vars(module).update(vars(typing))
    hints: defaultdict[str, None] = defaultdict(lambda: None)
    vars(module)["get_type_hints"] = lambda function: hints
    return module


_TYPING = _typing_without_hints()
