"""What moto's server lacks of AWS, filled in, one module per AWS service.

Each patch names the AWS behaviour it restores. Terraform reads back everything it has written, so that an attribute
moto forgets is a change in every later plan, and an operation moto lacks fails an apply. The remedy is
always here, never in what is generated.

Only the process of the emulator (`emulator/server.py`) imports this package: it changes moto for good.
"""

from __future__ import annotations

import importlib
from typing import Any

from operations.rehearsal.emulator.existing import Existing
from operations.rehearsal.emulator.refusal import Refusal

SERVICES = ("acm", "application_autoscaling", "ec2", "ecs", "efs", "kms", "logs", "sqs", "tagging")
"""The modules of this package that patch a service of moto; each has a function `fill`."""


def fill_gaps(application: Any) -> Any:
    """Patches moto, and wraps its WSGI application: it says plainly what it can't answer, and takes what exists."""
    for service in SERVICES:
        importlib.import_module(f"{__name__}.{service}").fill()
    return Refusal(Existing(application))
