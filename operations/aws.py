"""AWS sessions: the credentials that Terraform will use, checked before anything is planned.

boto3 is imported when a session is created, never before: it takes a quarter of a second. Every request of a session is
bounded in time, and its answers are checked (`operations/answers.py`).
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from operations.advice import NO_CREDENTIALS, advice_for
from stacks.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import boto3
    from botocore.config import Config

    from stacks.project.models import Project

SESSION_NAME = "ecsforge"
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
"""The error codes for a missing permission."""
EXPIRED = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestExpired",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "AuthFailure",
        "NoCredentialsError",
        "CredentialRetrievalError",
        "TokenRetrievalError",
        "SSOError",
        "SSOTokenLoadError",
        "UnauthorizedSSOTokenError",
        "NoAuthTokenError",
        "LoginError",
        "LoginRefreshRequired",
        "LoginTokenLoadError",
    }
)
"""AWS's codes and boto3's exceptions for credentials that are no longer valid, or can't be renewed."""
_THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "ProvisionedThroughputExceededException",
        "TransactionInProgressException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "SlowDown",
        "PriorRequestNotComplete",
        "EC2ThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
    }
)
# https://docs.aws.amazon.com/boto3/latest/guide/retries.html, "Standard retry mode"
_TEMPORARY_STATUS = frozenset({429, 500, 502, 503, 504})
CONNECT_SECONDS, ANSWER_SECONDS, ATTEMPTS = 5, 15, 4
"""The seconds to connect to AWS and to wait for its answer, and how often a request is tried."""
NOT_FROM_AWS = "ForeignAnswer"
"""The code of the problem that an answer does not come from AWS."""
_FOREIGN = "the answer does not come from AWS"

Trouble = Literal["temporary", "denied", "expired", "lasting"]


@dataclass(frozen=True)
class Identity:
    """The identity of the credentials: the account, 12 digits, and the ARN of the user or role."""

    account_id: str
    arn: str


def session(project: Project, *, on_slow: Callable[[str], None] | None = None) -> boto3.Session:
    """A session in the project's region, in the role of `assume_role` if there is one.

    Credentials come from boto3's own chain. `on_slow` is called from another thread, with a message for each endpoint
    that does not answer within seconds. Raises AwsError when there are no credentials.
    """
    with errors("credentials"):
        own = _session(on_slow, project.region)
        if own.get_credentials() is None:
            raise AwsError.of("credentials", "no AWS credentials found", fix=NO_CREDENTIALS)
        return own if project.assume_role is None else _in_role(own, project.assume_role, on_slow)


def _session(on_slow: Callable[[str], None] | None, region: str | None, *, credentials: Any = None) -> boto3.Session:
    """A session whose requests are bounded in time and watched, with the credentials of boto3's chain by default."""
    import boto3
    import botocore.session

    from operations.answers import Requests

    core: Any = botocore.session.get_session()
    core.set_default_client_config(_config(ATTEMPTS))
    if credentials is not None:
        core._credentials = credentials
    Requests(on_slow).watch(core)
    return boto3.Session(botocore_session=core, region_name=region)


def _in_role(own: boto3.Session, role: str, on_slow: Callable[[str], None] | None) -> boto3.Session:
    """A session in `role`, whose credentials are renewed before they expire: a deploy can take longer."""
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

    fetcher = AssumeRoleCredentialFetcher(
        client_creator=own.client,
        source_credentials=own.get_credentials(),
        role_arn=role,
        extra_args={"RoleSessionName": SESSION_NAME},
    )
    renewed = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
    return _session(on_slow, own.region_name, credentials=renewed)


def _config(attempts: int) -> Config:
    from botocore.config import Config

    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=ANSWER_SECONDS,
        retries={"total_max_attempts": attempts, "mode": "standard"},
    )


def identity(aws: boto3.Session) -> Identity:
    """The identity of the session. Raises AwsError when AWS rejects its credentials or can't be reached."""
    with errors("credentials"):
        answer = client(aws, "sts").get_caller_identity()
        return Identity(answer["Account"], answer["Arn"])


def client(aws: boto3.Session, service: str, *, region: str | None = None, attempts: int = ATTEMPTS) -> Any:
    """A client, in the session's region unless `region` names another.

    A request fails after this many attempts, each with 5 s to connect and 15 s to answer.
    """
    return aws.client(service, config=_config(attempts), region_name=region)  # type: ignore[call-overload]  # any service


def check_account(project: Project, found: Identity) -> None:
    """Raise AwsError if the project file has an `account_id` and the credentials are for another account."""
    if project.account_id is not None and found.account_id != project.account_id:
        raise AwsError.of(
            "account_id",
            f"the environment {project.env} belongs to account {project.account_id}",
            got=f"credentials for {found.account_id} ({found.arn})",
            fix="use credentials for that account: AWS_PROFILE, or `assume_role` in the project file",
        )


@contextmanager
def errors(where: str) -> Iterator[None]:
    """Convert boto3's exceptions in this block to an AwsError about `where`, with AWS's code and a fix.

    So are the exceptions of reading an answer that lacks a member that AWS always sends: then something else answered.
    """
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    from operations.answers import ForeignAnswer

    try:
        yield
    except ClientError as error:
        raise _refused(where, error) from error
    except (ForeignAnswer, ResponseParserError, KeyError, IndexError) as error:
        raise _foreign(where, error) from error
    except (BotoCoreError, Boto3Error) as error:
        text = " ".join(str(error).split())
        code = type(error).__name__
        fix = advice_for(f"{code}: {text}")
        raise AwsError.of(where, "the request to AWS failed", got=text, fix=fix, code=code) from error


def trouble(error: AwsError) -> Trouble:
    """The kind of an error that `errors` has converted.

    Returns:
        `temporary` when the same request may succeed later, `denied` for a missing permission, `expired` when the
        credentials have to be renewed, `lasting` for anything else.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    cause = error.__cause__
    if error.codes & DENIED:
        return "denied"
    if error.codes & EXPIRED:
        return "expired"
    if isinstance(cause, ClientError):
        status = cause.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        return "temporary" if error.codes & _THROTTLED or status in _TEMPORARY_STATUS else "lasting"
    return "temporary" if isinstance(cause, BotoCoreError) or NOT_FROM_AWS in error.codes else "lasting"


def _refused(where: str, error: Any) -> AwsError:
    """The error for an error that was sent: one of AWS has a code."""
    from operations.answers import HOST, has_no_code

    metadata = error.response.get("ResponseMetadata", {})
    status = metadata.get("HTTPStatusCode")
    if has_no_code(error.response, status) and not metadata.get("RequestId") and "Head" not in error.operation_name:
        host = metadata.get(HOST)
        got = (
            f"status {status} for {error.operation_name}{f' from {host}' if host else ''}, without an error code of AWS"
        )
        failing = status in _TEMPORARY_STATUS
        what, code = ("the endpoint has an error", "ServiceUnavailable") if failing else (_FOREIGN, NOT_FROM_AWS)
        return AwsError.of(where, what, got=got, fix=advice_for(code), code=code)
    answer = error.response.get("Error", {})
    code = str(answer.get("Code", "unknown error"))
    message = str(answer.get("Message", ""))
    text = f"{code}: {'an HTML page' if '<html' in message.lower() else message}".strip(": ")
    return AwsError.of(where, f"AWS refused {error.operation_name}", got=text, fix=advice_for(text), code=code)


def _foreign(where: str, error: Exception) -> AwsError:
    """The error for an answer that AWS does not give."""
    got = " ".join(str(error).split())
    if isinstance(error, KeyError | IndexError):
        got = f"an answer without {error}" if isinstance(error, KeyError) else "an answer with an empty list"
    return AwsError.of(where, _FOREIGN, got=got, fix=advice_for(NOT_FROM_AWS), code=NOT_FROM_AWS)
