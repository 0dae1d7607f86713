"""Terraform's error diagnostics as problems: what failed, the code of AWS, and how to fix it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from operations.advice import advice_for
from operations.terraform.lock_info import lock_problem
from operations.terraform.stream import Diagnostic
from operations.text import undecorated
from stacks.addresses import Owners, is_address, place
from stacks.errors import Position, Problem, TerraformError

Activity = Literal[
    "preparing the stack",
    "validating",
    "planning",
    "reading the plan",
    "reading the schema",
    "applying",
    "reading the outputs",
    "reading the state",
    "saving the state",
    "updating the state",
    "importing a resource",
    "releasing the lock",
]
"""The purpose of a run of Terraform."""

# `creating X (y): operation error ECS: CreateService, https response error StatusCode: 400, RequestID: ..., Code: text`
_AWS = re.compile(
    r"(?P<doing>.+?): operation error (?P<call>[^:]+: \w+), (?:exceeded maximum number of attempts, \d+, )?"
    r"https response error StatusCode: (?P<status>\d+), RequestID: (?P<request>[^,]*), (?P<got>.+)",
    re.DOTALL,
)
_IMPORTED = re.compile(r'import an existing object to\s+"(?P<address>[^"]+)"')
_CODE = re.compile(r"(?P<code>[A-Z][\w.]+): ")
# Terraform's own advice, which ours replaces.
_ADVICE = re.compile(
    r"Please see \S+\s+for more information about providing credentials\.\s*(?:Error: )?"
    r"|(?:Terraform|OpenTofu) acquires a (?:state )?lock .*|Error message: "
    r"|Use a -var or -var-file command line argument to provide a value for this variable\."
    r"|You may have to force-unlock this state in order to use it again\."
    r"|The errors? shown above (?:has |have )?prevented Terraform from writing the updated state.*",
    re.DOTALL,
)
_DAMAGED_STATE = re.compile(r"(?:Invalid|Unsupported) state file(?: format)?[:\s]*")
_REPEATED = ("execution halted",)  # added by Terraform when it stops because of errors that it has already reported
_CANCELED = "context canceled"  # what the provider reports for a call or a wait that a stop has ended


def failure(
    doing: Activity,
    errors: Iterable[Diagnostic],
    text: str,
    owners: Owners,
    *,
    local: bool = False,
    state: str | None = None,
    searched: bool = False,
) -> TerraformError:
    """The error for a run that failed.

    Args:
        doing: The purpose of the run.
        errors: Its error diagnostics.
        text: Its other output, used when there are no diagnostics.
        owners: Which service each resource belongs to.
        local: Whether the state is local: only the end of a process releases the lock of a local state.
        state: Where the state is, if that is known.
        searched: Whether the command searched for resources that an earlier deploy left.
    """
    reported = dict.fromkeys(each for each in errors if each.summary not in _REPEATED)
    plain = undecorated(text)
    texts = [f"{each.summary}: {each.detail}" for each in reported] or [plain]
    damage = next((each for each in texts if _DAMAGED_STATE.search(each)), None)
    if state is not None and damage is not None:
        return TerraformError(_damaged(state, damage))
    problems = [_locked(doing, _text(each), local) or _problem(each, doing, owners, searched) for each in reported]
    return TerraformError(*(problems or [_locked(doing, plain, local) or _unstructured(doing, plain)]))


def _locked(doing: Activity, text: str, local: bool) -> Problem | None:
    return lock_problem(doing, text, "local" if local else "remote")


def _text(diagnostic: Diagnostic) -> str:
    return f"{diagnostic.summary} {diagnostic.detail}"


def is_from_stop(diagnostic: Diagnostic) -> bool:
    """Whether an error is only the consequence of a stop request."""
    return diagnostic.summary in _REPEATED or _CANCELED in _text(diagnostic)


def _problem(diagnostic: Diagnostic, doing: Activity, owners: Owners, searched: bool) -> Problem:
    where, address = _place(diagnostic, doing, owners)
    what, got, code = _parsed(diagnostic)
    fix = advice_for(_text(diagnostic), applying=doing == "applying", searched=searched)
    place = written_at(diagnostic, owners)
    return Problem(place or Position(where), what, got, fix, code=code, address=address)


def written_at(diagnostic: Diagnostic, owners: Owners) -> Position | None:
    """The place in the user's own Terraform, or of an expression in the project file; None for what ecsforge wrote."""
    source = diagnostic.source
    if source is None:
        return None
    return owners.sources.place(source.file, source.line, source.column, source.code)


def _damaged(state: str, text: str) -> Problem:
    """The problem of a state that Terraform can't read, which it reports once for each flaw."""
    first = _one_line(_ADVICE.sub("", _DAMAGED_STATE.split(text)[1])).removesuffix(" Error:").rstrip(".")
    return Problem(Position(f"state {state}"), "Terraform can't read it", first, advice_for(text))


def _place(diagnostic: Diagnostic, doing: Activity, owners: Owners) -> tuple[str, str | None]:
    """The subject of a diagnostic, and its address. The address of a failed import is only in the text."""
    if diagnostic.address:
        address = diagnostic.address if is_address(diagnostic.address) else None
        return str(place(diagnostic.address, owners)), address
    imported = _IMPORTED.search(diagnostic.detail)
    return doing, imported["address"] if imported else None


def _parsed(diagnostic: Diagnostic) -> tuple[str, str | None, str | None]:
    """What failed, what was found and the AWS error code, if the diagnostic separates them."""
    summary, detail = diagnostic.summary.strip(), _ADVICE.sub("", diagnostic.detail).strip()
    # Some resources of the provider put the API call in the summary, others in the detail.
    match = _AWS.fullmatch(summary) or _AWS.fullmatch(f"{summary}: {detail}")
    if match is None:
        what, got = _one_line(summary), _one_line(detail)
        return (what, got or None, None) if what else (got, None, None)
    got = re.sub(r"^(?:HostID: [^,]*, )?(?:api error )?", "", _one_line(match["got"])).rstrip(" :")
    doing = _one_line(match["doing"].partition("\n")[0])
    failed = "" if doing.startswith(("Failed", "Error")) else " failed"
    request = f", request {match['request']}" if match["request"] else ""
    return f"{doing}{failed}", f"{got} ({match['call']}, HTTP {match['status']}{request})", _code(f"{got}: ")


def _code(text: str) -> str | None:
    match = _CODE.match(text)
    return match["code"] if match else None


def _unstructured(doing: Activity, text: str) -> Problem:
    plain = _one_line(_ADVICE.sub("", text))
    fix = advice_for(plain, applying=doing == "applying")
    return Problem(Position(doing), "Terraform failed", plain.removeprefix("Error: ") or "no message", fix)


def _one_line(text: str) -> str:
    return " ".join(text.split()).rstrip(".")
