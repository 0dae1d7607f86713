"""AWS sessions: the credentials that Terraform will use, checked before anything is planned.

boto3 is imported when a session is created, never before: it takes a quarter of a second.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from operations.advice import NO_CREDENTIALS, advice_for
from stacks.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import boto3

    from stacks.project.models import Project

SESSION_NAME = "ecsforge"
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
"""The error codes for a missing permission."""


@dataclass(frozen=True)
class Identity:
    """The identity of the credentials: the account, 12 digits, and the ARN of the user or role."""

    account_id: str
    arn: str


def session(project: Project) -> boto3.Session:
    """A session in the project's region, in the role of `assume_role` if there is one.

    Credentials come from boto3's own chain. Raises AwsError when there are none.
    """
    import boto3

    with errors("credentials"):
        own = boto3.Session(region_name=project.region)
        if own.get_credentials() is None:
            raise AwsError.of("credentials", "no AWS credentials found", fix=NO_CREDENTIALS)
        return own if project.assume_role is None else _in_role(own, project.assume_role)


def _in_role(own: boto3.Session, role: str) -> boto3.Session:
    """A session in `role`, whose credentials are renewed before they expire: a deploy can take longer."""
    import boto3
    import botocore.session
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

    fetcher = AssumeRoleCredentialFetcher(
        client_creator=own.client,
        source_credentials=own.get_credentials(),
        role_arn=role,
        extra_args={"RoleSessionName": SESSION_NAME},
    )
    core: Any = botocore.session.get_session()
    core._credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
    return boto3.Session(botocore_session=core, region_name=own.region_name)


def identity(aws: boto3.Session) -> Identity:
    """The identity of the session. Raises AwsError when AWS rejects its credentials or can't be reached."""
    with errors("credentials"):
        answer = client(aws, "sts").get_caller_identity()
        return Identity(answer["Account"], answer["Arn"])


def client(aws: boto3.Session, service: str, *, region: str | None = None) -> Any:
    """A client, in the session's region unless `region` names another.

    It fails after five attempts, each with 10 s to connect and 30 s to answer.
    """
    from botocore.config import Config

    config = Config(connect_timeout=10, read_timeout=30, retries={"total_max_attempts": 5, "mode": "standard"})
    return aws.client(service, config=config, region_name=region)  # type: ignore[call-overload]  # any service, by its name


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
    """Convert boto3's exceptions in this block to an AwsError about `where`, with AWS's code and a fix."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        answer = error.response.get("Error", {})
        code = str(answer.get("Code", "unknown error"))
        text = f"{code}: {answer.get('Message', '')}".strip(": ")
        what = f"AWS refused {error.operation_name}"
        raise AwsError.of(where, what, got=text, fix=advice_for(text), code=code) from error
    except (BotoCoreError, Boto3Error) as error:
        text = " ".join(str(error).split())
        code = type(error).__name__
        fix = advice_for(f"{code}: {text}")
        raise AwsError.of(where, "the request to AWS failed", got=text, fix=fix, code=code) from error
