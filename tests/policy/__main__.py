"""`make policy`: scans the generated Terraform with checkov; fails on findings without an exception in `exceptions.txt`
and on exceptions that are no longer needed.
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
SECURITY = Path(__file__).parents[2] / "SECURITY.md"
RAILS_SHOP = (
    *("terraform=null", "services.web.permissions=null"),
    *("services.web.environment.ASSET_HOST=none", "services.web.environment.CARTS_TABLE=none"),
    "load_balancer.https.certificate_arn=arn:aws:acm:eu-west-1:123456789012:certificate/11111111-2222-3333-4444-555555555555",
    "load_balancer.waf.rate_limit=2000",
)
SUBJECTS = (
    Subject("article", "prod"),
    Subject("shop", "prod", ("encryption=customer",)),
    Subject("everything", "prod"),
    Subject("rails-shop", "prod", RAILS_SHOP, "HTTPS and WAF, without Terraform of its own"),
)
MOST_EXCEPTIONS = {"shop": 6, "everything": 7}
"""The maximum number of exceptions of a protected stack without a database."""


def main() -> int:
    """Scan every subject, print the findings and return the exit code."""
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
    console.print("policy: failed" if faults else "\npolicy: passed, every finding is explained")
    return 1 if faults else 0


def report(console: Console, subject: Subject, done: Sequence[Scan], rules: Sequence[Rule]) -> list[str]:
    """Print the findings of one subject, before and after exceptions; return what makes the check fail."""
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
        *([f"{subject}: {len(used)} exceptions; at most {most} are allowed"] if len(used) > most else []),
        *([] if re.search(row, SECURITY.read_text("utf-8")) else [f"{SECURITY.name} has other numbers for {subject}"]),
    ]


def _counts(done: Sequence[Scan], explained: Mapping[Failure, Rule | None]) -> Table:
    table = Table("checkov --framework", "passed", "failed", "explained", "unexplained", box=None)
    for scan in done:
        count = sum(explained[failure] is not None for failure in scan.failures)
        counts = scan.passed, len(scan.failures), count, len(scan.failures) - count
        table.add_row(scan.framework, *map(str, counts))
    return table


def _list(console: Console, done: Sequence[Scan], failures: Sequence[Failure]) -> None:
    for failure in failures:
        found_by = [scan.framework for scan in done if failure in scan.failures]
        where = f" ({found_by[0]} only)" if len(found_by) < len(done) else ""
        console.print(f"    {failure.check:<12} {failure.resource}: {failure.title}{where}")


if __name__ == "__main__":
    sys.exit(main())
