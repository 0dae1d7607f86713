"""Terraform's errors as problems. The diagnostics are from real runs."""

from __future__ import annotations

import pytest

from cli.sentences import sentences
from operations.terraform.errors import Activity, failure
from operations.terraform.stream import Diagnostic, SourceRange
from stacks.addresses import Owners
from stacks.errors import Position
from stacks.sources import Sources

OWNERS = Owners(services=("web",))
AGAIN = "run the same command again; completed changes are kept"


def message(diagnostic: Diagnostic, doing: Activity = "applying") -> str:
    return sentences(failure(doing, [diagnostic], "", OWNERS))


def test_an_error_of_aws_names_our_service_the_code_the_call_and_the_fix() -> None:
    error = Diagnostic(
        "error",
        "creating CloudWatch Logs Log Group (/aws/ecs/shop-dev/web): operation error CloudWatch Logs: CreateLogGroup, "
        "https response error StatusCode: 400, RequestID: 1b2c, ResourceAlreadyExistsException: The specified log "
        "group already exists",
        address="aws_cloudwatch_log_group.web",
    )

    assert message(error) == (
        "log group of service `web` (aws_cloudwatch_log_group.web): creating CloudWatch Logs Log Group "
        "(/aws/ecs/shop-dev/web) failed; got ResourceAlreadyExistsException: The specified log group already exists "
        "(CloudWatch Logs: CreateLogGroup, HTTP 400, request 1b2c); a resource with this name "
        "exists that is not in this stack's state: if an interrupted deploy left it, deploy with --adopt; otherwise "
        "delete it, or choose another project_id"
    )


def test_an_internal_error_of_aws_says_that_the_state_is_intact() -> None:
    error = Diagnostic(
        "error",
        "creating ECS Service (web): operation error ECS: CreateService, exceeded maximum number of attempts, 25, "
        "https response error StatusCode: 500, RequestID: , api error InternalError: Internal Server Error",
        address="aws_ecs_service.web",
    )

    assert message(error) == (
        "service `web` (aws_ecs_service.web): creating ECS Service (web) failed; got InternalError: Internal Server "
        "Error (ECS: CreateService, HTTP 500); AWS had an internal error, and the state is intact: wait a "
        f"minute, then {AGAIN}"
    )


def test_a_secret_that_was_deleted_in_the_console_can_be_restored() -> None:
    error = Diagnostic(
        "error",
        "creating Secrets Manager Secret (shop-dev/db/password): operation error Secrets Manager: CreateSecret, "
        "https response error StatusCode: 400, RequestID: 1b2c, InvalidRequestException: You can't create this secret "
        "because a secret with this name is already scheduled for deletion.",
        address="aws_secretsmanager_secret.db_password",
    )

    assert message(error) == (
        "db password database secret (aws_secretsmanager_secret.db_password): creating Secrets Manager Secret "
        "(shop-dev/db/password) failed; got InvalidRequestException: You can't create this secret because a secret "
        "with this name is already scheduled for deletion (Secrets Manager: CreateSecret, HTTP 400, request 1b2c); "
        "restore it with `aws secretsmanager restore-secret --secret-id shop-dev/db/password`, then "
        f"{AGAIN}"
    )


def test_missing_credentials_are_reported_without_a_link_to_the_provider() -> None:
    error = Diagnostic(
        "error",
        "No valid credential sources found",
        "Please see https://registry.terraform.io/providers/hashicorp/aws\nfor more information about providing "
        "credentials.\n\nError: failed to refresh cached credentials, no EC2 IMDS role found",
        'provider["registry.terraform.io/hashicorp/aws"]',
    )

    assert message(error, "planning") == (
        "AWS provider: No valid credential sources found; got failed to refresh cached credentials, no EC2 IMDS role "
        "found; run `aws configure` or `aws sso login`, or set AWS_PROFILE or AWS_ACCESS_KEY_ID"
    )


LOCK_INFO = (
    "Lock Info:\n  ID:        630cac8a-2a91\n  Path:      states/shop/dev/terraform.tfstate\n"
    "  Operation: OperationTypeApply\n  Who:       ada@laptop\n  Version:   1.11.4\n"
    "  Created:   2026-11-26 01:33:12.123456 +0000 UTC\n  Info:      \n"
)
REFUSED = (
    "operation error S3: PutObject, https response error StatusCode: 412, RequestID: 8F3Z, HostID: h, api error "
    "PreconditionFailed: At least one of the pre-conditions you specified did not hold"
)
DENIED = "operation error S3: PutObject, https response error StatusCode: 403, RequestID: 8F3Z, HostID: h, api error "
HOLDER = "got apply by ada@laptop, since 2026-11-26 01:33:12 UTC, lock 630cac8a-2a91"


def hint(product: str) -> str:
    return (
        f"\n\n\n{product} acquires a state lock to protect the state from being written\nby multiple users at the same "
        "time. Please resolve the issue above and try\nagain. For most commands, you can disable locking with the "
        '"-lock=false"\nflag, but this is not recommended.'
    )


@pytest.mark.parametrize("product", ["Terraform", "OpenTofu"])
def test_the_error_for_a_lock_names_its_holder_and_how_to_release_it(product: str) -> None:
    """AWS's request ID comes before the ID of the lock."""
    detail = f"Error message: {REFUSED}\n{LOCK_INFO}{hint(product)}"

    assert message(Diagnostic("error", "Error acquiring the state lock", detail), "planning") == (
        f"planning: the state is locked; {HOLDER}; ada@laptop is changing this stack: wait until that command has "
        "finished. If it was killed, release its lock with `ecsforge state unlock 630cac8a-2a91`"
    )


def test_the_lock_of_a_local_state_is_released_only_by_the_end_of_its_process() -> None:
    detail = f"Error message: resource temporarily unavailable\n{LOCK_INFO}{hint('Terraform')}"

    error = failure("planning", [Diagnostic("error", "Error acquiring the state lock", detail)], "", OWNERS, local=True)

    assert sentences(error) == (
        f"planning: the state is locked; {HOLDER}; ada@laptop is changing this stack: wait until that command has "
        "finished"
    )


def test_a_lock_in_the_output_for_people_is_recognized() -> None:
    """`terraform state push` has no -json."""
    lines = f"Error acquiring the state lock\n\nError message: {REFUSED}\n{LOCK_INFO}{hint('Terraform')}".splitlines()
    text = "\n".join(["╷", *(f"\x1b[31m│\x1b[0m {line}" for line in lines), "╵"])

    assert sentences(failure("saving the state", [], text, OWNERS)) == (
        f"saving the state: the state is locked; {HOLDER}; ada@laptop is changing this stack: wait until that command "
        "has finished. If it was killed, release its lock with `ecsforge state unlock 630cac8a-2a91`"
    )


def test_a_lock_that_may_not_be_taken_is_the_error_of_aws_without_a_hint_to_turn_locks_off() -> None:
    detail = f"Error message: {DENIED}AccessDenied: Access Denied{hint('Terraform')}"

    assert message(Diagnostic("error", "Error acquiring the state lock", detail), "planning") == (
        "planning: Error acquiring the state lock; got AccessDenied: Access Denied (S3: PutObject, HTTP 403, request "
        f"8F3Z); allow this for the user or role that deploys, then {AGAIN}"
    )


def test_a_lock_that_was_not_released_is_released_with_our_command() -> None:
    detail = (
        f"Error message: {DENIED}AccessDenied: Access Denied\n{LOCK_INFO}\n\nTerraform acquires a lock when accessing "
        'your state to prevent others\n...\nIn this scenario, please call the "force-unlock" command to unlock the\n'
        "state manually."
    )

    assert message(Diagnostic("error", "Error releasing the state lock", detail)) == (
        f"applying: the lock of the state was not released; {HOLDER}; make sure that no other command uses this stack, "
        "then release the lock with `ecsforge state unlock 630cac8a-2a91`"
    )


def test_a_lock_that_the_s3_backend_could_not_release_is_released_with_our_command() -> None:
    summary = (
        "Error unlocking S3 state. Lock ID: 630cac8a-2a91\n\nError: no\n\nYou may have to force-unlock this state in "
        "order to use it again."
    )

    assert message(Diagnostic("error", "Failed to get existing workspaces", summary)) == (
        "applying: the lock of the state was not released; got lock 630cac8a-2a91; make sure that no other command "
        "uses this stack, then release the lock with `ecsforge state unlock 630cac8a-2a91`"
    )


@pytest.mark.parametrize(
    ("summary", "advice"),
    [
        (
            "AccessDenied: User: arn:aws:iam::1:user/ci is not authorized to perform: ecs:CreateService on resource: *",
            f"allow ecs:CreateService for the user or role that deploys, then {AGAIN}",
        ),
        (
            "ExpiredToken: The security token included in the request is expired",
            f"the credentials have expired: sign in again with `aws sso login`, then {AGAIN}",
        ),
        (
            "AddressLimitExceeded: The maximum number of addresses has been reached.",
            f"request a higher limit in the console under Service Quotas, or remove unused resources, then {AGAIN}",
        ),
        ("Saved plan is stale", "something was deployed after this plan was created: create a new plan"),
        (
            "BucketNotEmpty: The bucket you tried to delete is not empty",
            f"it still contains data, which ecsforge never deletes: empty it, then {AGAIN}",
        ),
        (
            "missing required field, UpdateServiceInput.DeploymentConfiguration.Alarms.AlarmNames",
            "the AWS provider can't remove the last alarm that watches a service's deployments: keep one in its "
            "`alarms`, or run once `aws ecs update-service --cluster CLUSTER --service SERVICE "
            f"--deployment-configuration alarms={{alarmNames=[],enable=false,rollback=false}}`, then {AGAIN}",
        ),
        ('S3 bucket "states" does not exist.', "create the state bucket first: `ecsforge state init`"),
        (
            "creating S3 Bucket (alb-logs-shop-prod-123456789012): BucketAlreadyExists: ",
            "bucket names are unique across all AWS accounts, and another account has this one: choose another "
            "project_id",
        ),
        (
            "Error acquiring the state lock\n\nInvalid state file format: resources.type has an invalid value",
            "the state is damaged, or was written by a newer version of Terraform: restore it from a backup, or use "
            "that version",
        ),
        (
            "Failed to unlock state: LocalState not locked",
            "pass the lock ID from the error of the command that could not get the lock; if commands run again, the "
            "lock has been released",
        ),
        (
            "Plan read error: couldn't load the provided path as either a local plan file",
            "this version of Terraform can't apply it: create a new plan with `ecsforge plan --out FILE`",
        ),
        ("write errored.tfstate: no space left on device", f"free disk space, then {AGAIN}"),
        ("an unknown error", f"fix the reported problem, then {AGAIN}"),
    ],
)
def test_the_advice_depends_on_the_code_or_text(summary: str, advice: str) -> None:
    assert message(Diagnostic("error", summary)).endswith(f"; {advice}")


def test_an_error_of_aws_in_the_detail_is_reported_like_one_in_the_summary() -> None:
    error = Diagnostic(
        "error",
        "creating VPC Security Group Rule",
        "operation error EC2: AuthorizeSecurityGroupEgress, https response error StatusCode: 400, RequestID: 1b2c, "
        "api error InvalidPermission.Duplicate: The specified rule already exists",
    )

    assert message(error).startswith(
        "applying: creating VPC Security Group Rule failed; got InvalidPermission.Duplicate: The specified rule "
        "already exists (EC2: AuthorizeSecurityGroupEgress, HTTP 400, request 1b2c); a resource with this name "
    )


def test_failed_is_not_repeated() -> None:
    error = Diagnostic(
        "error",
        'Failed to get existing workspaces: S3 bucket "states" does not exist: operation error S3: ListObjectsV2, '
        "https response error StatusCode: 404, RequestID: 1b2c, NoSuchBucket: ",
    )

    assert message(error, "preparing the stack") == (
        'preparing the stack: Failed to get existing workspaces: S3 bucket "states" does not exist; got NoSuchBucket '
        "(S3: ListObjectsV2, HTTP 404, request 1b2c); create the state bucket first: `ecsforge state init`"
    )


def test_a_state_that_could_not_be_stored_is_reported_without_terraforms_own_advice() -> None:
    error = Diagnostic(
        "error",
        "Failed to persist state to backend",
        "The error shown above has prevented Terraform from writing the updated state to the configured backend. To "
        'allow for recovery, the state has been written to the file "errored.tfstate".',
    )

    assert message(error) == (
        "applying: Failed to persist state to backend; fix the cause, then run the same command again: it "
        "stores the state first"
    )


def test_each_error_is_reported_once_without_terraforms_echo() -> None:
    errors = [
        Diagnostic("error", "one"),
        Diagnostic("error", "execution halted"),
        Diagnostic("error", "one"),
        Diagnostic("error", "two"),
    ]

    assert [problem.what for problem in failure("planning", errors, "", Owners()).problems] == ["one", "two"]


def test_text_without_diagnostics_is_reported_without_boxes_and_color() -> None:
    text = "\x1b[31m╷\n│ Error: Failed to read\n│ the file\n╵\x1b[0m\n"

    assert sentences(failure("planning", [], text, Owners())) == (
        "planning: Terraform failed; got Failed to read the file; fix the reported problem"
    )


def test_problems_have_the_code_of_aws_and_the_address() -> None:
    error = Diagnostic(
        "error",
        "creating ECS Service (web): operation error ECS: CreateService, https response error StatusCode: 400, "
        "RequestID: 1b2c, api error AccessDeniedException: no",
        address="aws_ecs_service.web",
    )

    (problem,) = failure("applying", [error], "", OWNERS).problems

    assert (problem.code, problem.address, problem.where.source) == (
        "AccessDeniedException",
        "aws_ecs_service.web",
        "service `web`",
    )


def test_the_address_of_a_failed_import_is_in_its_text_only() -> None:
    error = Diagnostic(
        "error",
        "Cannot import non-existent remote object",
        'While attempting to import an existing object to "aws_lb.main", the provider detected that no object exists '
        "with the given id.",
    )

    (problem,) = failure("planning", [error], "", OWNERS).problems

    assert problem.address == "aws_lb.main"


@pytest.mark.parametrize(
    "flaw",
    [
        "The state file could not be parsed as JSON: syntax error at byte offset 500.",
        'The state file does not have a "version" attribute, which is required to identify the format version.',
    ],
)
def test_a_state_that_terraform_cannot_read_is_one_problem_with_its_place(flaw: str) -> None:
    streamed = [
        Diagnostic("error", "Unsupported state file format", f"{flaw}\n\nTerraform acquires a state lock to protect"),
        Diagnostic("error", "Unsupported state file format", "The state file is also odd in another way."),
    ]
    printed = f"Error: Failed to load state: 2 problems:\n\n- Unsupported state file format: {flaw}\n\nError: "
    printed += "Unsupported state file format: The state file is also odd in another way."

    for errors, text in ((streamed, ""), ([], printed)):
        error = failure("planning", errors, text, Owners(), state="s3://states/shop/prod/terraform.tfstate")

        assert sentences(error) == (
            f"state s3://states/shop/prod/terraform.tfstate: Terraform can't read it; got {flaw.rstrip('.')}; "
            "the state is damaged, or was written by a newer version of Terraform: restore it from a backup, or use "
            "that version"
        )


def test_after_a_search_for_leftovers_no_other_one_is_recommended() -> None:
    exists = Diagnostic("error", "ELBv2 Target Group (shop-dev-web-80) already exists", "")

    first, after_search = (
        sentences(failure("applying", [exists], "", Owners(), searched=searched)) for searched in (False, True)
    )

    assert "deploy with --adopt" in first
    assert after_search.endswith(
        "; a resource with this name exists, and the search for what an earlier deploy left did not find it: delete "
        "it, or choose another project_id"
    )


LOCK_FILE = "../../../.terraform.shop-dev.tfstate.lock.info"
THEN = "then run the same command again; completed changes are kept"


@pytest.mark.parametrize(
    ("cause", "fix"),
    [
        (
            f"open {LOCK_FILE}: permission denied",
            f"make .terraform.shop-dev.tfstate.lock.info and its folder readable and writable for your user, {THEN}",
        ),
        (
            f"open {LOCK_FILE}: read-only file system",
            f"make the file system of the state and of the output folder writable, {THEN}",
        ),
        (
            f'could not write lock info for "../../../terraform.shop-dev.tfstate": open {LOCK_FILE}: is a directory',
            f"a folder has the name of the file .terraform.shop-dev.tfstate.lock.info: rename or delete it, {THEN}",
        ),
        (
            "open /srv/app/terraform.tfstate: not a directory",
            f"a file is in place of a folder on the path of terraform.tfstate: rename it, {THEN}",
        ),
        (
            "no locks available",
            "the file system does not support locks: keep the project on a local disk, or the state in S3",
        ),
        (f"open {LOCK_FILE}: no space left on device", f"free disk space, {THEN}"),
        (f"open {LOCK_FILE}: too many open files", "fix the reported problem"),
    ],
)
def test_a_lock_that_could_not_be_taken_has_the_fix_of_its_cause(cause: str, fix: str) -> None:
    """Another command is not the reason."""
    detail = f"Error message: {cause}\n\nTerraform acquires a state lock to protect the state from being written"
    diagnostic = Diagnostic("error", "Error acquiring the state lock", detail)

    (problem,) = failure("planning", [diagnostic], "", OWNERS).problems

    assert (problem.what, problem.got, problem.fix) == ("Error acquiring the state lock", cause, fix)


@pytest.mark.parametrize("cause", ["resource temporarily unavailable", "permission denied", "workspace already locked"])
def test_a_lock_that_is_held_is_the_lock_of_another_command(cause: str) -> None:
    diagnostic = Diagnostic("error", "Error acquiring the state lock", f"Error message: {cause}")

    (problem,) = failure("planning", [diagnostic], "", OWNERS).problems

    assert problem.fix == "another command is changing this stack: wait until it has finished"


def test_a_missing_bucket_is_not_the_lock_of_another_command() -> None:
    refused = "operation error S3: PutObject, https response error StatusCode: 404, RequestID: A, NoSuchBucket: gone"
    diagnostic = Diagnostic("error", "Error acquiring the state lock", f"Error message: {refused}")

    (problem,) = failure("planning", [diagnostic], "", OWNERS).problems

    assert problem.fix == "create the state bucket first: `ecsforge state init`"


def test_a_folder_in_place_of_the_state_is_named() -> None:
    detail = "The state file could not be read: read ../../../terraform.shop-dev.tfstate: is a directory"

    (problem,) = failure("reading the outputs", [], f"Error: Failed to read state file\n\n{detail}", OWNERS).problems

    assert problem.fix == f"a folder has the name of the file terraform.shop-dev.tfstate: rename or delete it, {THEN}"


def own(**files: str) -> Owners:
    """Owners with files of the user's own Terraform, and one expression of the project file."""
    expression = ('aws_dynamodb_table.sessions["a"].nam', Position("ecsforge.yaml", 6, 12))
    names = {f"{name}.tf": path for name, path in files.items()}
    return Owners(services=("web",), sources=Sources(names, (expression,), frozenset()))


def test_an_error_in_the_users_file_has_its_path_line_and_column() -> None:
    error = Diagnostic(
        "error", "Unsupported argument", 'An argument named "x" is not expected here.', "", SourceRange("db.tf", 3, 5)
    )
    failed = failure("validating", [error], "", own(db="infra/db.tf"))

    assert sentences(failed) == (
        'infra/db.tf:3:5: Unsupported argument; got An argument named "x" is not expected here; fix the reported '
        "problem"
    )


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("cdk.tf.json", '          "value": "${tostring(aws_dynamodb_table.sessions[\\"a\\"].nam)}"'),
        ("service_web.tf", '  { name = "T", value = tostring(aws_dynamodb_table.sessions["a"].nam) },'),
    ],
)
def test_an_error_of_an_expression_has_its_place_in_the_project_file(file: str, code: str) -> None:
    error = Diagnostic("error", "Unsupported attribute", "No such attribute.", "", SourceRange(file, 90, 20, code))
    failed = failure("planning", [error], "", own())

    assert (
        sentences(failed)
        == "ecsforge.yaml:6:12: Unsupported attribute; got No such attribute; fix the reported problem"
    )


def test_an_error_in_what_ecsforge_wrote_names_the_resource_as_before() -> None:
    source = SourceRange("cdk.tf.json", 90, 20, '"cidr_block": "10.0.0.0"')
    error = Diagnostic("error", "invalid CIDR", "", "aws_vpc.main", source)

    assert sentences(failure("planning", [error], "", own())) == (
        "VPC (aws_vpc.main): invalid CIDR; fix the reported problem"
    )


def test_a_variable_without_a_value_is_not_set_by_an_option() -> None:
    error = Diagnostic(
        "error",
        "No value for required variable",
        'The root module input variable "size" is not set, and has no default value. Use a -var or -var-file command '
        "line argument to provide a value for this variable.",
        source=SourceRange("db.tf", 3, 1),
    )

    assert sentences(failure("planning", [error], "", own(db="infra/db.tf"))) == (
        'infra/db.tf:3:1: No value for required variable; got The root module input variable "size" is not set, and '
        "has no default value; add a default, write the value to terraform.tfvars in the same folder, or set "
        "TF_VAR_size"
    )
