"""Rules of logs and of the recipients of alarms.

Sources: the CloudWatch Logs API reference (PutRetentionPolicy, PutMetricFilter) and its user guide ("Filter pattern
syntax for metric filters").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stacks.project.models import Project
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, repeated, service_path
from stacks.project.suggest import listed

RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
_MAX_PATTERN = 1024
_BRACKETS = {"{": "}", "[": "]"}
# A word, a phrase in quotes or a regular expression; `?` before it makes it one of several, `-` excludes lines with it.
_TERM = re.compile(r"""(?<=\s)[?-]?(?:"(?:[^"\\]|\\.)*"|%[^%]+%|\w+)(?=\s)""")
_PHRASE = re.compile(r'"(?:[^"\\]|\\.)*"')
_EXPRESSION = re.compile(r"%([^%]*)%")
_MAX_EXPRESSIONS = 2
# CloudWatch Logs User Guide, "Supported regular expressions (regex) syntax".
_OTHERS = re.compile(r"[^A-Za-z0-9_#=@/;,:.^$?\[\]{}|\\*+-]")
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@.]+(?:\.[^\s@.]+)+")


def retention(project: Project) -> Iterator[Finding]:
    """CloudWatch Logs has fixed retention periods."""
    kept: list[tuple[Path, int]] = []
    if project.network.flow_logs:
        kept.append((("network", "flow_logs", "retention_days"), project.network.flow_logs.retention_days))
    for name, service in project.services.items():
        kept.append((service_path(name, "logs", "retention_days"), service.logs.retention_days))
    for path, days in kept:
        if days not in RETENTION_DAYS:
            nearest = min(RETENTION_DAYS, key=lambda legal: (abs(legal - days), legal))
            yield Finding(
                (path,), f"{dotted(path)} must be {listed(RETENTION_DAYS)} days", str(days), f"write {nearest}"
            )


def emails(project: Project) -> Iterator[Finding]:
    """The recipients of alarms are e-mail addresses."""
    for index, address in enumerate(project.alarms.email):
        path = ("alarms", "email", index)
        if not _EMAIL.fullmatch(address):
            yield Finding(
                (path,), f"{dotted(path)} must be an e-mail address", address or '""', "for example ops@example.com"
            )

    yield from repeated(("alarms", "email"), project.alarms.email)
    if project.alarms.email and not any(service.alarms.any_set for service in project.services.values()):
        what = "alarms.email has no effect, because no service has alarms"
        fix = "add alarms to a service, for example alarms: {cpu_percent: 85}, or remove it"
        yield Finding((("alarms", "email"),), what, None, fix, "key", "warning")


def patterns(project: Project) -> Iterator[Finding]:
    """A filter pattern is within the length limit and valid for CloudWatch Logs."""
    for name, service in project.services.items():
        errors, path = service.alarms.log_errors, service_path(name, "alarms", "log_errors", "pattern")
        if errors is not None and len(errors.pattern) > _MAX_PATTERN:
            what = f"{dotted(path)} must be at most {_MAX_PATTERN} characters"
            yield Finding((path,), what, f"{len(errors.pattern)} characters", "shorten the pattern")
        elif errors is not None and (fault := pattern_fault(errors.pattern)):
            yield Finding((path,), f"{dotted(path)} {fault[0]}", errors.pattern, fault[1])
        elif errors is not None and (term := unquoted_term(errors.pattern)):
            terms = "terms with characters other than letters, digits and _"
            what = f"{dotted(path)} should have double quotes around {terms}"
            fix = f"write '\"{term}\"', because CloudWatch Logs rejects most other characters"
            yield Finding((path,), what, errors.pattern, fix, severity="warning")


def pattern_fault(text: str) -> tuple[str, str] | None:
    """What is invalid in a filter pattern, as the end of a sentence, and a fix; None when it is valid.

    Of a pattern for JSON or for columns, only the brackets and the regular expressions are checked.
    """
    pattern = text.strip()
    if fault := _regular_expression_fault(pattern):
        return fault
    for first, last in _BRACKETS.items():
        if pattern.startswith(first) and not (pattern.endswith(last) and len(pattern) > 1):
            return (
                f"starts with {first} but does not end with {last}",
                f"add {last}, or put the pattern in double quotes",
            )
    if pattern[:1] in _BRACKETS:
        return None
    if '"' in _TERM.sub(" ", f" {pattern} "):
        return "must close each double quote, with a space between phrases", "check the quotes"
    return None


def _regular_expression_fault(pattern: str) -> tuple[str, str] | None:
    """What is invalid in the regular expressions of a filter pattern, and a fix."""
    expressions = _EXPRESSION.findall(_PHRASE.sub('""', pattern))
    if len(expressions) > _MAX_EXPRESSIONS:
        what = f"must have at most {_MAX_EXPRESSIONS} regular expressions between percent signs"
        return what, "combine them with |, for example %error|fatal%"
    if others := sorted({letter for text in expressions for letter in _OTHERS.findall(text)}):
        names = " ".join("white space" if letter.isspace() else letter for letter in others)
        what = "has a regular expression with characters other than letters, digits and -_#=@/;,:.^$?[]{}|\\*+"
        return what, f"replace {names} with . or remove it; CloudWatch Logs has no groups"
    return None


def unquoted_term(text: str) -> str | None:
    """The first term of a filter pattern that needs double quotes, without its leading `?` or `-`."""
    pattern = text.strip()
    others = [] if pattern[:1] in _BRACKETS else _TERM.sub(" ", f" {pattern} ").split()
    return others[0].lstrip("?-") or others[0] if others else None


RULES: tuple[Rule, ...] = (retention, emails, patterns)
