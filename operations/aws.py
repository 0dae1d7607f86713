"""Sessions with AWS: the same credentials Terraform will use, checked before anything is planned.

boto3 is imported when a session is made, never before: it costs a quarter of a second.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from operations.advice import advice_for
from stacks.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import boto3

    from stacks.project.models import Project

SESSION_NAME = "ecsforge"


@dataclass(frozen=True)
class Identity:
    """Who AWS takes us for: the 12 digits of the account, and the ARN of the user or role."""

    account_id: str
    arn: str


def session(project: Project) -> boto3.Session:
    """A session in the project's region, in the role that `assume_role` names when there is one.

    Credentials come through boto3's own chain. Raises AwsError when there are none.
    """
    import boto3

    with errors("credentials"):
        own = boto3.Session(region_name=project.region)
        if own.get_credentials() is None:
            raise AwsError(
                "credentials: no AWS credentials were found; set them with `aws configure` or `aws sso login`, or name "
                "them with AWS_PROFILE or AWS_ACCESS_KEY_ID"
            )
        return own if project.assume_role is None else _in_role(own, project.assume_role)


def _in_role(own: boto3.Session, role: str) -> boto3.Session:
    """A session in `role`, whose credentials are renewed before they expire: a deploy can outlast them."""
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
    """Who the session's credentials are. Raises AwsError when AWS does not accept them or can't be reached."""
    with errors("credentials"):
        answer = client(aws, "sts").get_caller_identity()
        return Identity(answer["Account"], answer["Arn"])


def client(aws: boto3.Session, service: str, *, region: str | None = None) -> Any:
    """A client, in the session's region unless `region` names another.

    It gives up on an AWS that does not answer after some tries, rather than after minutes.
    """
    from botocore.config import Config

    config = Config(connect_timeout=10, read_timeout=30, retries={"total_max_attempts": 5, "mode": "standard"})
    return aws.client(service, config=config, region_name=region)  # type: ignore[call-overload]  # any service, by its name


def check_account(project: Project, found: Identity) -> None:
    """Raise AwsError unless the credentials are for the account that `account_id` names, if it names one."""
    if project.account_id is not None and found.account_id != project.account_id:
        raise AwsError(
            f"account_id: the environment {project.env} belongs to account {project.account_id}; got credentials for "
            f"{found.account_id} ({found.arn}); use those of the right account: AWS_PROFILE, or `assume_role` in the "
            "project file"
        )


@contextmanager
def errors(where: str) -> Iterator[None]:
    """Turn what boto3 raises in here into an AwsError about `where`, with what to try."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        told = error.response.get("Error", {})
        text = f"{told.get('Code', 'unknown error')}: {told.get('Message', '')}".strip(": ")
        raise AwsError(f"{where}: AWS refused {error.operation_name}; got {text}; {advice_for(text)}") from error
    except (BotoCoreError, Boto3Error) as error:
        text = " ".join(str(error).split())
        raise AwsError(
            f"{where}: asking AWS failed; got {text}; {advice_for(f'{type(error).__name__}: {text}')}"
        ) from error
