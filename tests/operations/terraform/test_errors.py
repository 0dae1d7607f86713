"""Terraform's failures in the user's words. The diagnostics are those of real runs."""

from __future__ import annotations

import pytest

from operations.terraform.errors import failure
from operations.terraform.stream import Diagnostic

SERVICES = ("web",)
AGAIN = "what is done stays done, so then run the same command again"


def told(diagnostic: Diagnostic, doing: str = "applying") -> str:
    return str(failure(doing, [diagnostic], "", SERVICES))


def test_an_error_of_aws_names_our_service_the_code_the_call_and_what_to_try() -> None:
    error = Diagnostic(
        "error",
        "creating CloudWatch Logs Log Group (/aws/ecs/shop-dev/web): operation error CloudWatch Logs: CreateLogGroup, "
        "https response error StatusCode: 400, RequestID: 1b2c, ResourceAlreadyExistsException: The specified log "
        "group already exists",
        address="aws_cloudwatch_log_group.web",
    )

    assert told(error) == (
        "log group of service `web` (aws_cloudwatch_log_group.web): creating CloudWatch Logs Log Group "
        "(/aws/ecs/shop-dev/web) failed; got ResourceAlreadyExistsException: The specified log group already exists "
        "(CloudWatch Logs: CreateLogGroup, HTTP 400, request 1b2c); something of this name is not in this "
        "stack's state: if an interrupted deploy has left it, deploy with --adopt; otherwise delete it, or choose "
        "another project_id"
    )


def test_a_fault_of_aws_says_that_the_state_is_intact() -> None:
    error = Diagnostic(
        "error",
        "creating ECS Service (web): operation error ECS: CreateService, exceeded maximum number of attempts, 25, "
        "https response error StatusCode: 500, RequestID: , api error InternalError: Internal Server Error",
        address="aws_ecs_service.web",
    )

    assert told(error) == (
        "service `web` (aws_ecs_service.web): creating ECS Service (web) failed; got InternalError: Internal Server "
        "Error (ECS: CreateService, HTTP 500); the fault is on AWS's side and the state is intact: wait a little; "
        f"{AGAIN}"
    )


def test_missing_credentials_are_told_without_the_pointer_to_the_providers_page() -> None:
    error = Diagnostic(
        "error",
        "No valid credential sources found",
        "Please see https://registry.terraform.io/providers/hashicorp/aws\nfor more information about providing "
        "credentials.\n\nError: failed to refresh cached credentials, no EC2 IMDS role found",
        'provider["registry.terraform.io/hashicorp/aws"]',
    )

    assert told(error, "planning") == (
        "AWS provider: No valid credential sources found; got failed to refresh cached credentials, no EC2 IMDS role "
        "found; set credentials with `aws configure` or `aws sso login`, or name them with AWS_PROFILE or "
        "AWS_ACCESS_KEY_ID"
    )


def test_a_lock_names_who_holds_it_and_how_to_release_it() -> None:
    error = Diagnostic(
        "error",
        "Error acquiring the state lock",
        "Error message: resource temporarily unavailable\nLock Info:\n  ID:        630cac8a-2a91\n"
        "  Path:      x.tfstate\n  Operation: OperationTypeApply\n"
        "  Who:       ada@laptop\n  Version:   1.11.4\n\n\nTerraform acquires a state "
        "lock to protect the state from being written\nby multiple users at the same time.",
    )

    assert told(error, "planning") == (
        "planning: Error acquiring the state lock; got resource temporarily unavailable Lock Info: ID: 630cac8a-2a91 "
        "Path: x.tfstate Operation: OperationTypeApply Who: ada@laptop Version: 1.11.4; ada@laptop is changing this "
        "stack right now: wait until that has ended. If it was killed and runs no more, release its lock with "
        "`ecsforge state unlock --env ENV 630cac8a-2a91`"
    )


@pytest.mark.parametrize(
    ("summary", "advice"),
    [
        (
            "AccessDenied: User: arn:aws:iam::1:user/ci is not authorized to perform: ecs:CreateService on resource: *",
            f"allow ecs:CreateService to the user or role that deploys; {AGAIN}",
        ),
        (
            "ExpiredToken: The security token included in the request is expired",
            f"the credentials have expired: sign in again with `aws sso login`; {AGAIN}",
        ),
        (
            "AddressLimitExceeded: The maximum number of addresses has been reached.",
            f"ask for a higher limit in the console under Service Quotas, or remove what is unused; {AGAIN}",
        ),
        ("Saved plan is stale", "something was deployed after this plan was made: make a new plan"),
        (
            "BucketNotEmpty: The bucket you tried to delete is not empty",
            f"it still holds data, which is yours to delete: empty it; {AGAIN}",
        ),
        (
            "missing required field, UpdateServiceInput.DeploymentConfiguration.Alarms.AlarmNames",
            "the AWS provider can't take away the last alarm that watches a service's deployments: keep one in its "
            "`alarms`, or run once `aws ecs update-service --cluster CLUSTER --service SERVICE "
            f"--deployment-configuration alarms={{alarmNames=[],enable=false,rollback=false}}`; {AGAIN}",
        ),
        ('S3 bucket "states" does not exist.', "make the bucket of the state first: `ecsforge state init`"),
        (
            "Error acquiring the state lock\n\nInvalid state file format: resources.type has an invalid value",
            "the state is damaged, or of a newer Terraform: restore it from a backup, or use that Terraform",
        ),
        (
            "Failed to unlock state: LocalState not locked",
            "give the id that a refused command has named; when it is refused no more, the lock is gone already",
        ),
        (
            "Plan read error: couldn't load the provided path as either a local plan file",
            "it is no plan that this Terraform can apply: make a new one with `ecsforge plan --out FILE`",
        ),
        ("write errored.tfstate: no space left on device", f"make room on the disk; {AGAIN}"),
        ("something nobody has seen before", f"correct what it names; {AGAIN}"),
    ],
)
def test_the_advice_goes_by_the_code_of_the_error(summary: str, advice: str) -> None:
    assert told(Diagnostic("error", summary)).endswith(f"; {advice}")


def test_an_error_of_aws_in_the_detail_is_told_alike() -> None:
    error = Diagnostic(
        "error",
        "creating VPC Security Group Rule",
        "operation error EC2: AuthorizeSecurityGroupEgress, https response error StatusCode: 400, RequestID: 1b2c, "
        "api error InvalidPermission.Duplicate: The specified rule already exists",
    )

    assert told(error).startswith(
        "applying: creating VPC Security Group Rule failed; got InvalidPermission.Duplicate: The specified rule "
        "already exists (EC2: AuthorizeSecurityGroupEgress, HTTP 400, request 1b2c); something of this name "
    )


def test_what_failed_is_not_said_to_have_failed_twice() -> None:
    error = Diagnostic(
        "error",
        'Failed to get existing workspaces: S3 bucket "states" does not exist: operation error S3: ListObjectsV2, '
        "https response error StatusCode: 404, RequestID: 1b2c, NoSuchBucket: ",
    )

    assert told(error, "preparing the stack") == (
        'preparing the stack: Failed to get existing workspaces: S3 bucket "states" does not exist; got NoSuchBucket '
        "(S3: ListObjectsV2, HTTP 404, request 1b2c); make the bucket of the state first: `ecsforge state init`"
    )


def test_a_state_that_could_not_be_stored_is_told_without_what_terraform_s_own_users_do() -> None:
    error = Diagnostic(
        "error",
        "Failed to persist state to backend",
        "The error shown above has prevented Terraform from writing the updated state to the configured backend. To "
        'allow for recovery, the state has been written to the file "errored.tfstate".',
    )

    assert told(error) == (
        "applying: Failed to persist state to backend; mend the cause; what is done stays done, so then run the same "
        "command again, which stores the state first"
    )


def test_several_errors_are_told_once_each_without_terraforms_echo() -> None:
    errors = [
        Diagnostic("error", "one"),
        Diagnostic("error", "execution halted"),
        Diagnostic("error", "one"),
        Diagnostic("error", "two"),
    ]

    assert [line.partition(";")[0] for line in str(failure("planning", errors, "", ())).splitlines()] == [
        "planning: one",
        "planning: two",
    ]


def test_text_without_diagnostics_is_told_without_boxes_and_colour() -> None:
    text = "\x1b[31m╷\n│ Error: Failed to read\n│ the file\n╵\x1b[0m\n"

    assert str(failure("planning", [], text, ())) == (
        "planning: Terraform failed; got Failed to read the file; correct what it names"
    )
