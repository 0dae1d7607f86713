"""What Terraform says went wrong, in the form of `stacks.errors` and in the user's words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from operations.advice import advice_for
from operations.terraform.stream import Diagnostic
from stacks.addresses import Owners, described
from stacks.errors import TerraformError

# `creating X (y): operation error ECS: CreateService, https response error StatusCode: 400, RequestID: ..., Code: text`
_AWS = re.compile(
    r"(?P<doing>.+?): operation error (?P<call>[^:]+: \w+), (?:exceeded maximum number of attempts, \d+, )?"
    r"https response error StatusCode: (?P<status>\d+), RequestID: (?P<request>[^,]*), (?P<got>.+)",
    re.DOTALL,
)
# What Terraform's own advice adds, where ours follows.
_POINTER = re.compile(
    r"Please see \S+\s+for more information about providing credentials\.\s*(?:Error: )?"
    r"|Terraform acquires a state lock.*|Error message: "
    r"|The errors? shown above (?:has |have )?prevented Terraform from writing the updated state.*",
    re.DOTALL,
)
_ECHOES = ("execution halted",)  # what Terraform adds when it stops because of the errors it has just told


def failure(doing: str, errors: Iterable[Diagnostic], text: str, services: Sequence[str]) -> TerraformError:
    """The error for a run that failed.

    Arguments:
        doing: what was going on, such as `planning`.
        errors: its error diagnostics.
        text: what it wrote beside them; used when there are none.
        services: the names of the project's services.
    """
    told = dict.fromkeys(each for each in errors if each.summary not in _ECHOES)
    lines = [_told(each, doing, services) for each in told]
    return TerraformError("\n".join(lines or [_untold(doing, text)]))


def _told(diagnostic: Diagnostic, doing: str, services: Sequence[str]) -> str:
    where = described(diagnostic.address, Owners(services=tuple(services))) if diagnostic.address else doing
    advice = advice_for(f"{diagnostic.summary} {diagnostic.detail}", applying=doing == "applying")
    return f"{where}: {_said(diagnostic)}; {advice}"


def _said(diagnostic: Diagnostic) -> str:
    """`{what}; got {x}`, as far as the diagnostic tells them apart."""
    summary, detail = diagnostic.summary.strip(), diagnostic.detail.strip()
    # Some resources of the provider tell the call in the summary, others in the detail.
    match = _AWS.fullmatch(summary) or _AWS.fullmatch(f"{summary}: {detail}")
    if match is None:
        return "; got ".join(filter(None, map(_one_line, (diagnostic.summary, _POINTER.sub("", diagnostic.detail)))))
    got = re.sub(r"^(?:HostID: [^,]*, )?(?:api error )?", "", _one_line(match["got"])).rstrip(" :")
    doing = _one_line(match["doing"].partition("\n")[0])
    failed = "" if doing.startswith(("Failed", "Error")) else " failed"
    request = f", request {match['request']}" if match["request"] else ""
    return f"{doing}{failed}; got {got} ({match['call']}, HTTP {match['status']}{request})"


def _untold(doing: str, text: str) -> str:
    plain = _one_line(re.sub(r"\x1b\[[0-9;]*m|[╷│╵]", "", text))
    advice = advice_for(plain, applying=doing == "applying")
    return f"{doing}: Terraform failed; got {plain.removeprefix('Error: ') or 'no message'}; {advice}"


def _one_line(text: str) -> str:
    return " ".join(text.split()).rstrip(".")
