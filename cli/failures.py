"""What Terraform says went wrong, in the form of `stacks.errors` and in the user's words, with what to try.

Terraform's diagnostics are structured (severity, resource, summary, detail); the AWS error code stands inside their
text, in a form that the provider's AWS SDK gives it. Advice goes by that code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cli.stream import Diagnostic
from cli.words import described
from stacks.errors import TerraformError

_AGAIN = "what is done stays done, so then run the same command again"
# Pattern of the error -> what to try. The first match wins; groups fill the advice.
_ADVICE = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), advice)
    for pattern, advice in (
        (
            r"No valid credential sources|no EC2 IMDS role found|NoCredentialProviders",
            "set credentials with `aws configure` or `aws sso login`, or name them with AWS_PROFILE or AWS_ACCESS_KEY_ID",
        ),
        (
            r"ExpiredToken|RequestExpired|token (?:has|is) expired|SSO (?:session|token)|SSOToken|TokenRetrieval",
            f"the credentials have expired: sign in again (`aws sso login`); {_AGAIN}",
        ),
        (
            r"ProfileNotFound|InvalidClientTokenId|SignatureDoesNotMatch|UnrecognizedClient|AuthFailure|InvalidAccessKeyId",
            "AWS does not know these credentials: check AWS_PROFILE and the keys",
        ),
        (r"AWS account ID not allowed|ID not allowed", "use credentials of the account that `account_id` names"),
        (r"not authorized to perform:? ([\w:*-]+)", f"allow {{0}} to the user or role that deploys; {_AGAIN}"),
        (
            r"AccessDenied|UnauthorizedOperation|not authorized",
            f"allow this to the user or role that deploys; {_AGAIN}",
        ),
        (
            r"Instance cannot be destroyed|prevent_destroy|deletion protection",
            "this environment is protected: set `protected: false`, deploy that, then do this again",
        ),
        (
            r"state lock.*?ID:\s+([\w-]+).*?Who:\s+(\S+)",
            "{1} is changing this stack right now: wait until that has ended. If it was killed and runs no more, release its "
            "lock with `ecsforge state unlock {0}`",
        ),
        (r"state lock", "another deploy of this stack is running: wait until it has ended"),
        (r"Saved plan is stale", "something was deployed after this plan was made: make a new plan"),
        (r"NoSuchBucket|S3 bucket \S+ does not exist", "make the bucket of the state first: `ecsforge state init`"),
        (
            r"Required token could not be found|unauthorized.*app\.terraform\.io",
            "sign in to HCP Terraform with `terraform login`, or set TF_TOKEN_app_terraform_io",
        ),
        (
            r"LimitExceeded|quota|TooManyBuckets",
            f"ask for a higher limit in the console under Service Quotas, or remove what is unused; {_AGAIN}",
        ),
        (
            r"Throttl|TooManyRequests|Rate exceeded|RequestLimitExceeded|SlowDown",
            f"AWS asks for fewer requests: wait a minute; {_AGAIN}",
        ),
        (
            r"AlreadyExists|already exists|Duplicate\w*Name|AlreadyOwnedByYou",
            "something of this name was made outside of this stack: delete it, `terraform import` it, or choose another "
            "project_id",
        ),
        (
            r"DependencyViolation|ResourceInUse|has dependencies|is (?:currently )?in use",
            f"something outside of this stack still uses it: remove that; {_AGAIN}",
        ),
        (
            r"StatusCode: 5\d\d|ServiceUnavailable|InternalFailure|InternalError|InternalServerError",
            f"the fault is on AWS's side and the state is intact: wait a little; {_AGAIN}",
        ),
        (
            r"provider packages|install provider|registry\.terraform\.io.*(?:connect|lookup|timeout)|registry service",
            "check the way to registry.terraform.io and the proxy settings, or name a provider mirror in the file that "
            "TF_CLI_CONFIG_FILE names",
        ),
        (
            r"EndpointConnection|ConnectTimeout|ReadTimeout|ProxyConnection|no such host|connection refused|i/o timeout|"
            r"TLS handshake|request send failed|network is unreachable",
            f"check the network, AWS_ENDPOINT_URL and the proxy settings; {_AGAIN}",
        ),
        (
            r"ResourceNotFound|ParameterNotFound|NotFoundException|NoSuch\w+|does not exist|NotFound",
            "make what it names, or correct its name in the project file",
        ),
        (
            r"InvalidParameter|ValidationE|ValidationError|InvalidInput|Malformed|expected .* got",
            "correct the value it names in the project file",
        ),
    )
)
_DEFAULT_ADVICE = {
    "applying": f"correct what it names; {_AGAIN}",
}
# `creating X (y): operation error ECS: CreateService, https response error StatusCode: 400, RequestID: ..., Code: text`
_AWS = re.compile(
    r"(?P<doing>.+?): operation error (?P<call>[^:]+: \w+), (?:exceeded maximum number of attempts, \d+, )?"
    r"https response error StatusCode: (?P<status>\d+), RequestID: (?P<request>[^,]*), (?P<got>.+)",
    re.DOTALL,
)
_POINTER = re.compile(r"Please see \S+\s+for more information about providing credentials\.\s*(?:Error: )?")
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


def advice_for(text: str, doing: str = "") -> str:
    """What to try about an error of Terraform or AWS, from its text."""
    for pattern, advice in _ADVICE:
        match = pattern.search(text)
        if match is not None:
            return advice.format(*match.groups())
    return _DEFAULT_ADVICE.get(doing, "correct what it names")


def _told(diagnostic: Diagnostic, doing: str, services: Sequence[str]) -> str:
    where = described(diagnostic.address, services) if diagnostic.address else doing
    return f"{where}: {_said(diagnostic)}; {advice_for(f'{diagnostic.summary} {diagnostic.detail}', doing)}"


def _said(diagnostic: Diagnostic) -> str:
    """`{what}; got {x}`, as far as the diagnostic tells them apart."""
    match = _AWS.fullmatch(diagnostic.summary.strip())
    if match is None:
        return "; got ".join(filter(None, map(_one_line, (diagnostic.summary, _POINTER.sub("", diagnostic.detail)))))
    got = re.sub(r"^(?:HostID: [^,]*, )?(?:api error )?", "", _one_line(match["got"])).rstrip(" :")
    doing = _one_line(match["doing"].partition("\n")[0])
    request = f", request {match['request']}" if match["request"] else ""
    return f"{doing} failed; got {got} ({match['call']}, HTTP {match['status']}{request})"


def _untold(doing: str, text: str) -> str:
    plain = _one_line(re.sub(r"\x1b\[[0-9;]*m|[╷│╵]", "", text))
    return f"{doing}: Terraform failed; got {plain.removeprefix('Error: ') or 'no message'}; {advice_for(plain, doing)}"


def _one_line(text: str) -> str:
    return " ".join(text.split()).rstrip(".")
