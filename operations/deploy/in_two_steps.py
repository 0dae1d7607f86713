"""Applies a confirmed plan in two steps, with the tasks of `deployment.before` between them.

    confirmed plan ─> plan of what does not wait ─> apply ─> plan of the rest ─> tasks ─> the rest, to be applied

Each plan may change only what the user has confirmed, or is shown and asked about again. The rest is planned before the
tasks run: it has the values to run them with, and a task runs only for a plan that will be applied.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from operations.deploy.held_back import first_targets, held_back
from operations.deploy.one_off_tasks import run_tasks
from operations.plan.dependencies import node_of
from operations.plan.subset import changes, unconfirmed
from operations.plan.summary import summary
from operations.plan.values import has_mark
from operations.terraform.stop import Interrupted
from stacks.errors import Position, Problem, TerraformError

if TYPE_CHECKING:
    from operations.plan.model import Plan
    from operations.reporter import Reporter
    from operations.stack import Stack

_SHOWN = 5
"""How many addresses a message names."""


@dataclass(frozen=True)
class Step:
    """A plan and its file."""

    plan: Plan
    file: Path


@dataclass(frozen=True)
class Actions:
    """How a deploy applies, plans and asks.

    Attributes:
        apply: Applies a part of the confirmed plan, in this file.
        plan: Plans these addresses into a file, or everything without any, with the current state.
        agreed: Asks about a plan that was shown.
    """

    apply: Callable[[Plan, Path], object]
    plan: Callable[[Path, Sequence[str]], Plan]
    agreed: Callable[[Plan], bool]


def until_services(
    stack: Stack, reporter: Reporter, confirmed: Step, services: Mapping[str, str], actions: Actions
) -> Step:
    """Apply what does not wait, run the tasks of `deployment.before`, and return what is left to apply.

    Args:
        stack: The stack.
        reporter: Receives what happens.
        confirmed: The plan that the user has confirmed.
        services: The services whose tasks run, with the addresses of their ECS services.
        actions: How to apply, plan and ask.

    Raises:
        TerraformError: Planning or applying failed, or the user declined what is not in the confirmed plan.
        AwsError: A task did not succeed, or AWS refused a request.
    """
    return _TwoSteps(stack, reporter, confirmed, services, actions).run()


class _TwoSteps:
    """One deploy in two steps."""

    def __init__(
        self, stack: Stack, reporter: Reporter, confirmed: Step, services: Mapping[str, str], actions: Actions
    ) -> None:
        self._stack, self._reporter, self._actions = stack, reporter, actions
        self._confirmed, self._services = confirmed, services
        self._shown = stack.terraform.show(confirmed.file)
        self._held = held_back(self._shown, services.values())

    def run(self) -> Step:
        rest, shown = self._confirmed, self._shown
        if targets := first_targets(self._shown, self._held):
            self._apply_first(targets)
            file = self._file("rest")
            rest = Step(self._actions.plan(file, ()), file)
            shown = self._stack.terraform.show(file)
            self._require_confirmed(rest.plan, shown)
        run_tasks(self._stack, self._reporter, "before", self._settings(shown))
        return rest

    def _apply_first(self, targets: tuple[str, ...]) -> None:
        """Plan and apply everything that does not wait."""
        file = self._file("first")
        part = self._actions.plan(file, targets)
        if not part.has_changes:
            return
        shown = self._stack.terraform.show(file)
        self._require_held(shown)
        self._require_confirmed(part, shown)
        names = ", ".join(self._services)
        self._reporter.say(f"First {summary(part)}; then `deployment.before` of {names}; then the rest")
        try:
            self._actions.apply(part, file)
        except Interrupted as stop:
            raise self._of_the_whole(stop) from stop

    def _require_held(self, shown: Mapping[str, Any]) -> None:
        """Raise TerraformError if the first part changes what has to wait: Terraform adds what a target needs."""
        every = (each["address"] for each in shown.get("resource_changes", ()) if changes(each))
        if early := [address for address in every if node_of(address) in self._held]:
            raise self._error("Terraform can't apply the rest without what waits for `deployment.before`", early)

    def _require_confirmed(self, planned: Plan, shown: Mapping[str, Any]) -> None:
        """Show a plan that changes more than was confirmed, and ask. Raises TerraformError if the user declines it."""
        others = unconfirmed(self._shown, shown)
        if not others:
            return
        self._reporter.warn(f"the plan has changed since it was confirmed: {_listed(others)}")
        self._reporter.show_plan(planned)
        if not self._actions.agreed(planned):
            what = "the rest of the plan was declined and is not applied; completed changes are kept"
            raise TerraformError(
                Problem(Position(self._stack.name), what, None, "to continue, run", command=("deploy",))
            )

    def _settings(self, shown: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
        """The attributes of each service as it will be; as it is where they are not known yet."""
        current = (each for each in shown["resource_changes"] if not each.get("deposed"))
        found = {each["address"]: each["change"] for each in current}
        settings: dict[str, Mapping[str, Any]] = {}
        for name, address in self._services.items():
            change = found[address]
            unknown = [key for key, mark in (change.get("after_unknown") or {}).items() if has_mark(mark)]
            known = {key: value for key, value in (change.get("after") or {}).items() if key not in unknown}
            settings[name] = {**(change.get("before") or {}), **known}
            if "task_definition" in unknown or "network_configuration" not in settings[name]:
                raise self._error("its task definition would only be known after it has changed", [address])
        return settings

    def _error(self, what: str, addresses: list[str]) -> TerraformError:
        fix = "pass --no-before, and run the commands of `deployment.before` yourself"
        return TerraformError.of(", ".join(self._services), what, got=_listed(addresses), fix=fix)

    def _of_the_whole(self, stop: Interrupted) -> Interrupted:
        """The interrupt of the first part as one of the whole deploy, which is not complete in any case."""
        return Interrupted(
            stop.doing,
            "stopped" if stop.ending == "completed" else stop.ending,
            made=stop.made,
            unfinished=stop.unfinished,
            planned=self._confirmed.plan.steps,
            stored=stop.stored,
            problems=stop.problems,
        )

    def _file(self, name: str) -> Path:
        return self._confirmed.file.with_name(f"{self._confirmed.file.name}-{name}")


def _listed(addresses: list[str] | tuple[str, ...]) -> str:
    more = len(addresses) - _SHOWN
    return ", ".join(addresses[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
