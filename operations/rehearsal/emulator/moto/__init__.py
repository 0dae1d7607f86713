"""Patches for what moto's server lacks or does differently from AWS, one module per AWS service.

Each patch names the AWS behavior that it restores. Terraform reads back everything it has written: an attribute that
moto drops is a change in every later plan, and an operation that moto lacks fails an apply. Such a difference is always
fixed here, never in the generated Terraform.

Only the emulator's process (`emulator/server.py`) imports this package: the patches last as long as the process.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from operations.rehearsal.emulator.existing import ExistingResources
from operations.rehearsal.emulator.unsupported import UnsupportedRequests


def services() -> list[str]:
    """The modules of this package, each of which patches a service of moto in a function `patch`."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def patch_moto(application: Any) -> Any:
    """Patch moto, and wrap its WSGI application: it creates existing resources and reports unsupported requests."""
    for service in services():
        importlib.import_module(f"{__name__}.{service}").patch()
    return UnsupportedRequests(ExistingResources(application))
