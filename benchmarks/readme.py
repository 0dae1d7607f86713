"""Writes the tables in the README from the results: `python -m benchmarks.readme`."""

from __future__ import annotations

from benchmarks.measure import ROOT
from benchmarks.results import ECSFORGE, Results, read

RESULTS = ROOT / "benchmarks" / "results.json"
README = ROOT / "README.md"
BEGIN, END = "<!-- benchmarks -->", "<!-- end benchmarks -->"
TITLES = {
    "synth": "synth of one environment",
    "environments": "synth of several environments",
    "hcl": "synth as HCL",
    "commands": "other commands",
    "terraform": "over bare Terraform",
    "release": "beside a boto3 script",
}


def main() -> None:
    """Replace the tables between the two markers."""
    README.write_text(replaced(README.read_text(encoding="utf-8"), read(RESULTS)), encoding="utf-8")


def replaced(readme: str, results: Results) -> str:
    """The text of the README with the tables of these results.

    Raises:
        ValueError: The markers are missing.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README.md does not contain {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{tables(results)}\n{END}{after}"


def tables(results: Results) -> str:
    """One Markdown table per group, and the conditions of the run."""
    groups = list(dict.fromkeys(group for group, _ in results.cases()))
    notes = [
        results.conditions(),
        *(f"{each.tool}, {each.case}: left out, {each.reason}." for each in results.left_out),
    ]
    return "\n".join([*(_table(results, group) for group in groups), "\n\n".join(notes), ""])


def _table(results: Results, group: str) -> str:
    tools = results.tools(group)
    lines = [_row(TITLES.get(group, group), *tools), _row("---", *("---" for _ in tools))]
    for found, case in results.cases():
        if found == group:
            lines.append(_row(case, *(_cell(results, group, case, tool) for tool in tools)))
    return "\n".join([*lines, ""])


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(results: Results, group: str, case: str, tool: str) -> str:
    found = results.find(group, case, tool)
    if found is None:
        return "-"
    own = results.find(group, case, ECSFORGE)
    ratio = "" if own is None or tool == ECSFORGE else f" ({found.seconds / own.seconds:.1f} times)"
    return f"{found.seconds:.2f} s{ratio}, {found.megabytes:.0f} MB"


if __name__ == "__main__":
    main()
