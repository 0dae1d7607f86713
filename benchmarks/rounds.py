"""Runs cases in alternating rounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.measure import Run, TooLong, run_all
from benchmarks.results import LeftOut, Measurement
from benchmarks.workplace import Case, Unavailable, Workplace

Notice = Callable[[str], None]


def measure(
    cases: Sequence[Case], rounds: int, workplace: Workplace, notice: Notice
) -> tuple[list[Measurement], list[LeftOut]]:
    """Measure cases, each once per round, so that load on the machine affects each of them.

    Cases that can't be measured are left out, with a notice. An unmeasured round of the first case of each tool fills
    the file system cache and unpacks the bindings.

    Args:
        cases: The cases.
        rounds: How many rounds to measure.
        workplace: Where they run.
        notice: Receives what was left out, and why.

    Raises:
        CommandFailed: A command exited with another code than 0.
    """
    left_out: dict[int, LeftOut] = {}
    measurements = {number: Measurement(case.group, case.name, case.tool) for number, case in enumerate(cases)}

    def attempt(number: int) -> Run | None:
        case = cases[number]
        try:
            with case.prepare(workplace) as commands:
                return run_all(commands, case.limit)
        except TooLong:
            reason = f"it takes longer than {case.limit:.0f} s"
        except Unavailable as error:
            reason = str(error)
        left_out[number] = LeftOut(case.group, case.name, case.tool, reason)
        notice(f"{case.group}, {case.name}: {case.tool} is left out: {reason}")
        return None

    for number in _first_of_each_tool(cases):
        attempt(number)
    for _ in range(rounds):
        for number in range(len(cases)):
            if number not in left_out and (run := attempt(number)) is not None:
                measurements[number].add(run)
    return [each for number, each in measurements.items() if number not in left_out], list(left_out.values())


def _first_of_each_tool(cases: Sequence[Case]) -> list[int]:
    tools = [case.tool for case in cases]
    return [tools.index(tool) for tool in dict.fromkeys(tools)]
