"""Messages, help, comments, documentation and generated HCL avoid the expressions listed here.

A failure names the file, the line, the expression and what to write instead. `HABITS` and `NAMES` are the lists. In
`ALLOWED` are the places where an expression is right, each with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from cli.main import main
from tests.support.texts import Text, names, python_texts, texts

ROOT = Path(__file__).parents[1]

# The expression -> what to write instead. A space in an expression matches any white space, including a line break.
HABITS = {
    r"\bstand-?ins?\b": "placeholder, substitute",
    r"\b(?:stands?|stood|standing)\b": "is, is in, exists",
    r"\b(?:tells?|told|telling)\b": "say, report, show; distinguish",
    r"\b(?:hears?|heard)\b": "receive, know",
    r"\banew\b": "again; is recreated",
    r"\bmeanwhile\b": "at the same time, while ...",
    r"(?<![-\w])alone\b": "only",
    r"\bmend(?:s|ed|ing)?\b": "fix, restore, repair",
    r"\bheed(?:s|ed|ing)?\b": "follow, take into account",
    r"\b(?:bears?|bore|borne|bearing)\b": "have, carry",
    r"(?<!\bthere\s)\b(?:is|are|was|were) no (?!(?:one|more|less|different|\w+er)\b)": "is not a",
    r"\bwhat no \w+": "say it positively: requests that do not match",
    r"(?<!\bthere\sis\s)\bno (?:plan|state|time|length) (?:that|of)\b": "not a plan, not a state, invalid",
    r"\bwhat is \w+ (?:is|stays|are|goes)\b": "name the thing: completed changes are kept",
    r"\bwhat (?:it|they|ECS|AWS|Terraform) (?!itself\b)\w+ (?:is|are|comes|goes)\b": "name the thing: its output is",
    r"\bso that it be\b|\blest\b": "so that it is",
    r"\bas (?:it is|they are)\s*(?:[.,;:)]|$)": "unchanged",
    r"\bwhoever\b": "anyone who, users who",
    r"\bin a circle\b": "a dependency cycle: a -> b -> a",
    r"\bby nothing\b": "has no metric or schedule",
    r"\bknows? nothing of\b": "does not contain, is not in",
    r"\bbefore its time\b": "unexpectedly",
    r"\b(?:broken|breaks?|broke|cut) off\b": "interrupted, truncated",
    r"\bhalf made\b": "partly created",
    r"\bfor ever\b": "forever, always",
    r"\bits kin\b": "its variants",
    r"\b(?:whilst|hitherto|nought|naught|thereof|hereby)\b": "a current word",
    r"\bunder (?-i:Mind)\b|(?:^|\n|\*\*)(?-i:Mind)(?:\*\*|:|\n|$)": "Warnings",
    r"\btonight\b": "Quick start",
    r"\brooms\b|\b(?:every|each|this|that) room\b|\bmake room\b": "packages, folders; free disk space",
    r"\b(?:one|the|a) (?:door|house)\b": "the technical term",
    r"\b(?:and|is) talk\b|, talk\b": "messages",
    r"\b(?:un)?steady\b(?![ -]state)": "stable, in a steady state",
    r"\bbegun\b": "started",
    r"\b(?:go|goes|going|went) on(?! to\b)(?=\W*(?:$|[.,;:)]|(?:and|with|after|where|there|until)\b))": "continue",
    r"\bput back\b": "restored",
    r"\b(?:is|are|was|were) said\b": "is reported, is documented",
    r"\bwhichever\b": "either, any",
    r"\bwhose the\b": "the owner of the",
    r"\bheld against\b": "compared with, validated against",
    r"\bapart\b(?! from\b)": "separate; distinguish",
    r"\bwhere there (?:is|are) no\b(?!\s+longer)": "without",
    r"\bthere is no such\b": "... does not exist",
    r"(?:^|[,:;.] )should (?:it|this|that|the|a|an)\b": "if it ...",
    r"\bnor (?:is|does|do|are|can|has|have|was|were)\b": "and ... not",
    r"\bonly (?:then|with|when|where|if|after)\b[^.;:\n]{0,40}\b(?:does|do|did) (?:the|it|a|an|this|they)\b": (
        "normal word order: it does so only then"
    ),
    r"\b(?:colour|behaviour|favour|honour)\w*": "American spelling: color, behavior",
}
# Invented names -> names from the field.
NAMES = {
    "told": "reported, given, message",
    "said": "message, output, error",
    "stands": "exists",
    "know": "register, read",
    "belonging": "prerequisite",
    "belongings": "prerequisites",
    "leftovers": "inventory, orphans",
    "concept": "construct, group",
    "chosen": "arguments that are set",
    "steady": "stable, steady state",
    "room": "package",
    "rooms": "packages",
}
# Idioms that contain an expression and are fine anywhere.
IDIOMS = re.compile(r"\b(?:leaves?|leaving|left)\s[^.;:]{0,40}\balone\b", re.IGNORECASE)
# (path, the text that contains the expression, why it is right there)
ALLOWED = [
    ("tests/stacks/constructs/test_service_connect.py", r"^alone$|\n +alone: \{", "the name of a service"),
    ("tests/e2e/test_interrupts.py", r"^alone$|\balone-dev\b", "the name of a project"),
]
_SKIPPED = {Path(__file__)}
_PATTERNS = [(re.compile(pattern.replace(" ", r"\s+"), re.IGNORECASE), instead) for pattern, instead in HABITS.items()]


class Finding(NamedTuple):
    """An expression to avoid, where it is, and what to write instead."""

    line: int
    found: str
    instead: str


def findings(texts: list[Text], path: str = "") -> list[Finding]:
    """The expressions to avoid in some texts, except for those that are allowed in `path`."""
    allowed = [re.compile(expression) for file, expression, _ in ALLOWED if file == path]
    found = set()
    for line, text in texts:
        fine = [match.span() for each in (IDIOMS, *allowed) for match in each.finditer(text)]
        for pattern, instead in _PATTERNS:
            for match in pattern.finditer(text):
                if not any(start <= match.start() and match.end() <= end for start, end in fine):
                    at = line + text.count("\n", 0, match.start())
                    found.add(Finding(at, " ".join(match[0].split()), instead))
    return sorted(found)


def invented_names(source: str) -> list[Finding]:
    """The names to avoid among those that a module defines, as a whole or as a word of a test's name."""
    found = []
    for line, name in names(source):
        if instead := NAMES.get(name.strip("_").lower()):
            found.append(Finding(line, name, instead))
        elif name.startswith("test_"):
            found += [Finding(line, name, instead) for _, _, instead in findings([Text(line, name.replace("_", " "))])]
    return sorted(set(found))


def report(path: str, found: list[Finding]) -> str:
    """One line per finding."""
    return "\n".join(f"{path}:{line}: {text!r}; write: {instead}" for line, text, instead in found)


def relative(path: Path) -> str:
    """The path as test ids and reports show it."""
    return path.relative_to(ROOT).as_posix()


MODULES = sorted(
    {
        ROOT / "main.py",
        *(
            file
            for package in ("cli", "operations", "stacks", "benchmarks", "tests")
            for file in (ROOT / package).rglob("*.py")
        ),
    }
    - _SKIPPED
)
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
OTHERS = sorted(
    [
        *(ROOT / name for name in ("Makefile", ".ci/run", "pyproject.toml", "ecsforge.yaml")),
        *(ROOT / "stacks").rglob("*.js"),
        *(ROOT / "tests" / "policy").glob("*.txt"),
        *(ROOT / "tests").rglob("*.yaml"),
        *(ROOT / "tests").rglob("*.tf"),
    ]
)


def commands(group: click.Group, path: str = "ecsforge") -> Iterator[tuple[str, click.Command]]:
    """Every command below a group, with its full name, and the group itself."""
    yield path, group
    context = click.Context(group, info_name=path)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


COMMANDS = dict(commands(main))


@pytest.mark.parametrize("path", [*MODULES, *PAGES, *OTHERS], ids=relative)
def test_a_file_is_written_in_plain_english(path: Path) -> None:
    found = findings(texts(path), relative(path))

    assert not found, "\n" + report(relative(path), found)


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_names_in_a_module_come_from_the_field(path: Path) -> None:
    found = invented_names(path.read_text(encoding="utf-8"))

    assert not found, "\n" + report(relative(path), found)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_is_written_in_plain_english(name: str) -> None:
    command = COMMANDS[name]
    text = command.get_help(click.Context(command, info_name=name, **main.context_settings))

    assert not (found := findings([Text(1, text)])), "\n" + report(f"{name} --help", found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a key may stand only once", ["stand"]),
        ("every service is made anew, with no task running meanwhile", ["anew", "meanwhile"]),
        ("it is told by\nits name alone", ["alone", "told"]),
        ("this is no length of time", ["is no", "no length of"]),
        ("what is done stays done", ["what is done stays"]),
        ("This is no\nplan", ["is no"]),
        ("listed under Mind", ["under Mind"]),
        ("what bears the stack's tags", ["bears"]),
        ("waits until ECS is steady", ["steady"]),
        ("finishes what it has begun, then goes on", ["begun", "goes on"]),
        ("Signal handlers are put back", ["put back"]),
        ("which events there are is said by the operation", ["is said"]),
        ("held against the API model, whichever format", ["held against", "whichever"]),
        ("keeps found and fix apart", ["apart"]),
        ("empty where there are none", []),
        ("there is no such file", ["there is no such"]),
        ("should this process be killed: nor is it drift", ["nor is", "should this"]),
        ("Only then does it start the tasks", ["Only then does it"]),
        ("in colour where the terminal takes it", ["colour"]),
    ],
)
def test_an_expression_to_avoid_is_found(text: str, found: list[str]) -> None:
    assert sorted(each.found for each in findings([Text(1, text)])) == found


@pytest.mark.parametrize(
    "text",
    [
        "There is no plan that matches",
        "the standard output is understood as a whole",
        "the credentials are no longer valid",
        "a bearer token, recommended for standalone use",
        "never mind the gap",
        "ECS reaches a steady state, the steady-state event",
        "what the file contains is checked",
        "a synth leaves the state file alone",
        "the state there is no newer",
        "the option works on every command, and you go on to deploy",
        "apart from the names, it should the next synth",
        "neither the state nor the account, only if the stack does not exist",
    ],
)
def test_plain_english_is_not_reported(text: str) -> None:
    assert findings([Text(1, text)]) == []


def test_a_finding_has_the_line_of_the_expression() -> None:
    source = '"""A module."""\n\n# One line,\n# told on the next.\nx = f"{1} stands"\n'

    assert [each.line for each in findings([*python_texts(source)])] == [4, 5]


def test_exceptions_are_used() -> None:
    unused = [
        (file, expression)
        for file, expression, _ in ALLOWED
        if not any(re.search(expression, text.text) for text in texts(ROOT / file))
    ]

    assert unused == []
