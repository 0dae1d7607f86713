"""`make policy`: scans what ecsforge generates with checkov, and fails on what `exceptions.txt` leaves unexplained and
on exceptions that nothing needs any more.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.policy.exceptions import Failure, Rule, explanation, read_rules, unused
from tests.policy.scan import Scan, Subject, scans

EXCEPTIONS = Path(__file__).with_name("exceptions.txt")
STATED = Path(__file__).parents[2] / "SECURITY.md"
SUBJECTS = (
    Subject("article", "prod"),
    Subject("shop", "prod", ("encryption=customer",)),
    Subject("everything", "prod"),
)
MOST_EXCEPTIONS = {"shop": 6, "everything": 6}
"""How many exceptions a protected stack may need."""


def main() -> int:
    """Scan every subject, print what was found, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.policy", description=__doc__)
    parser.add_argument("--checkov", default="checkov", help="the scanner to run (default: %(default)s)")
    checkov = parser.parse_args().checkov
    rules = read_rules(EXCEPTIONS)
    console = Console(soft_wrap=True, highlight=False, markup=False)
    faults: list[str] = []
    found: list[tuple[str, Failure]] = []
    with tempfile.TemporaryDirectory() as folder:
        for subject in SUBJECTS:
            done = scans(subject, checkov, Path(folder, subject.name))
            faults += report(console, subject, done, rules)
            found += [(subject.name, failure) for scan in done for failure in scan.failures]
    faults += [f"{EXCEPTIONS.name}:{line}; remove it" for line in unused(rules, found)]
    for fault in faults:
        console.print(fault, style="bold red")
    console.print("policy: failed" if faults else "\npolicy: passed, nothing is unexplained")
    return 1 if faults else 0


def report(console: Console, subject: Subject, done: Sequence[Scan], rules: Sequence[Rule]) -> list[str]:
    """Print what was found in one subject, before and after the exceptions; return what must not stay so."""
    failures = sorted({failure for scan in done for failure in scan.failures})
    explained = {failure: explanation(rules, subject.name, failure) for failure in failures}
    used = {rule.line: rule for rule in explained.values() if rule}
    unexplained = [failure for failure, rule in explained.items() if rule is None]
    console.print(f"\n{subject}", style="bold")
    console.print(_counts(done, explained))
    for line, rule in sorted(used.items()):
        console.print(f"  {EXCEPTIONS.name}:{line}: {rule.reason}", style="italic")
        _list(console, done, [failure for failure, its in explained.items() if its == rule])
    _list(console, done, unexplained)
    checks = len({failure.check for failure in failures})
    console.print(
        f"  before: {len(failures)} failures of {checks} checks; {len(used)} exceptions; after: {len(unexplained)}"
    )
    most = MOST_EXCEPTIONS.get(subject.name, len(used))
    in_json, in_hcl = (len(scan.failures) for scan in done)
    row = rf"\(`{subject.name}\.yaml`.*\| {in_json} in JSON, {in_hcl} in HCL[^|]*\| {len(used)} \|"
    return [
        *(f"{subject}: {each.check} on {each.resource} is unexplained: {each.title}" for each in unexplained),
        *([f"{subject}: {len(used)} exceptions, and {most} at most are allowed"] if len(used) > most else []),
        *([] if re.search(row, STATED.read_text("utf-8")) else [f"{STATED.name} states other numbers of {subject}"]),
    ]


def _counts(done: Sequence[Scan], explained: Mapping[Failure, Rule | None]) -> Table:
    table = Table("checkov --framework", "passed", "failed", "explained", "unexplained", box=None)
    for scan in done:
        known = sum(explained[failure] is not None for failure in scan.failures)
        counts = scan.passed, len(scan.failures), known, len(scan.failures) - known
        table.add_row(scan.framework, *map(str, counts))
    return table


def _list(console: Console, done: Sequence[Scan], failures: Sequence[Failure]) -> None:
    for failure in failures:
        alone = [scan.framework for scan in done if failure in scan.failures]
        where = f" ({alone[0]} only)" if len(alone) < len(done) else ""
        console.print(f"    {failure.check:<12} {failure.resource}: {failure.title}{where}")


if __name__ == "__main__":
    sys.exit(main())
