"""What AWS refuses and moto accepts: one module per AWS service, or several when a service has many rules.

A rule is a function of a request that raises `Refused` with the code and the message of AWS. It runs before moto
handles the request, reads moto's resources, and changes none. Its docstring says what AWS refuses and names the source.
The modules of a service are loaded with its first request, so that the emulator starts as fast as without them.

Only the emulator's process imports this package.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from operations.rehearsal.emulator.request import Request

Check = Callable[[Request], None]


class Refused(Exception):
    """A request that AWS refuses.

    Args:
        code: AWS's error code.
        message: AWS's message.
        status: The HTTP status; None for the one in the model of the API, or 400.
    """

    def __init__(self, code: str, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


@dataclass(frozen=True)
class Rule:
    """A rule: its name is that of its module and function, `ecs_tasks.essential_container`."""

    name: str
    service: str
    operations: frozenset[str]
    check: Check


_rules: list[Rule] = []


def rule(service: str, *operations: str) -> Callable[[Check], Check]:
    """Register a function as a rule for operations of a service."""

    def register(check: Check) -> Check:
        name = f"{check.__module__.rpartition('.')[2]}.{check.__name__}"
        _rules.append(Rule(name, service, frozenset(operations), check))
        return check

    return register


def refused_unless(condition: object, code: str, message: str) -> None:
    """Raise Refused with this code and message unless the condition holds."""
    if not condition:
        raise Refused(code, message)


@cache
def rules_for(service: str, operation: str) -> tuple[Rule, ...]:
    """The rules for an operation, in the order of their modules."""
    for module in modules(service):
        importlib.import_module(f"{__name__}.{module}")
    return tuple(each for each in _rules if each.service == service and operation in each.operations)


def modules(service: str) -> Iterator[str]:
    """The modules with rules of a service: its name, or its name and an addition (`ecs_tasks`)."""
    own = service.replace("-", "_")
    for module in pkgutil.iter_modules(__path__):
        if module.name == own or module.name.startswith(f"{own}_"):
            yield module.name


def check(request: Request, disabled: frozenset[str] = frozenset()) -> None:
    """Raise Refused if a rule refuses the request; `disabled` are names of rules that are not applied."""
    for each in rules_for(request.service, request.operation):
        if each.name not in disabled:
            each.check(request)
