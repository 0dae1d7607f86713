"""A state is created, found again, moved when the project file names another backend, and never left behind."""

from __future__ import annotations

import json
import shutil

from tests.support.workplace import JOB, REGION, Workplace

STACK = "moving-dev"
BUCKET = "states-that-move"
S3 = {"backend": "s3", "bucket": BUCKET}


def write(workplace: Workplace, state: dict[str, str] | None = None) -> None:
    workplace.write("moving", {"cleanup": JOB}, **({"state": state} if state else {}))


def test_the_state_bucket_is_private_and_creating_it_can_be_repeated(workplace: Workplace) -> None:
    workplace.write("bucket", {"cleanup": JOB}, state={"backend": "s3", "bucket": "states-of-bucket"})
    s3 = workplace.aws("s3")

    first = workplace.ecsforge("state", "init")
    again = workplace.ecsforge("state", "init")

    assert first.stdout == again.stdout == "states-of-bucket\n"
    assert "Bucket states-of-bucket: created" in first.stderr
    assert "Bucket states-of-bucket: exists" in again.stderr
    named = {"Bucket": "states-of-bucket"}
    assert s3.get_bucket_location(**named)["LocationConstraint"] == REGION
    assert s3.get_bucket_versioning(**named)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(**named)["PublicAccessBlockConfiguration"].values())
    (rule,) = s3.get_bucket_encryption(**named)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    (statement,) = json.loads(s3.get_bucket_policy(**named)["Policy"])["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    (lifecycle,) = s3.get_bucket_lifecycle_configuration(**named)["Rules"]
    assert lifecycle["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90}


def test_a_state_moves_to_s3_and_back_and_is_never_left_behind(workplace: Workplace) -> None:
    write(workplace)
    workplace.deploy()
    workplace.ecsforge("plan", "--env", "dev", "--out", "before.tfplan")
    workplace.aws("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})

    write(workplace, S3)
    s3_place = f"s3://{BUCKET}/moving/dev/terraform.tfstate"
    for command in ("plan", "destroy"):
        refused = workplace.ecsforge(command, "--env", "dev", exit_code=1)
        assert (
            f"error: state: the state of this stack is in terraform.{STACK}.tfstate, but the project file now names "
            f"{s3_place}; deploy with --migrate-state to move it, or change `state` back"
        ) in refused.stderr
    unasked = workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", exit_code=2)
    assert "pass --migrate-state" in unasked.stderr

    moved = workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", "--migrate-state")
    assert f"Moved the state from terraform.{STACK}.tfstate to {s3_place}" in moved.stderr
    assert (workplace.folder / f"terraform.{STACK}.tfstate.moved").exists()
    assert not (workplace.folder / f"terraform.{STACK}.tfstate").exists()
    assert workplace.planned() == {}

    # A plan file contains its backend, and Terraform would create everything again there.
    old_plan = workplace.ecsforge("deploy", "--env", "dev", "--plan", "before.tfplan", "--auto-approve", exit_code=1)
    assert (
        "error: before.tfplan: this plan was created for another state, and Terraform would write to that state; the "
        f"state is now in {s3_place}; create a new plan"
    ) in old_plan.stderr

    # On another machine, the previous backend is not known.
    prepared = workplace.folder / "cdktf.out" / "stacks" / STACK / ".terraform"
    shutil.rmtree(prepared)
    assert workplace.planned() == {}

    write(workplace)
    back = workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", "--migrate-state")
    assert f"Moved the state from {s3_place} to terraform.{STACK}.tfstate" in back.stderr
    assert workplace.planned() == {}

    # Both backends contain a state now; the one in S3 is an older copy of the same resources.
    shutil.rmtree(prepared)
    write(workplace, S3)
    found = workplace.ecsforge("plan", "--env", "dev")
    assert f"The state is already in {s3_place}" in found.stderr


def test_the_error_for_a_missing_bucket_names_the_command_that_creates_it(workplace: Workplace) -> None:
    workplace.write("nobucket", {"cleanup": JOB}, state={"backend": "s3", "bucket": "not-created-yet"})

    refused = workplace.ecsforge("plan", "--env", "dev", exit_code=1)

    assert 'S3 bucket "not-created-yet" does not exist' in refused.stderr
    assert refused.stderr.endswith("; create the state bucket first: `ecsforge state init`\n")


def test_the_state_is_next_to_a_project_file_in_another_folder(workplace: Workplace) -> None:
    workplace.write("far", {"cleanup": JOB})
    away = workplace.folder / "project"
    away.mkdir()
    (workplace.folder / "ecsforge.yaml").rename(away / "far.yaml")

    workplace.ecsforge("deploy", "-f", "project/far.yaml", "--env", "dev", "--auto-approve")

    assert (away / "terraform.far-dev.tfstate").is_file()
    assert (workplace.folder / "cdktf.out" / "stacks" / "far-dev").is_dir()
    answer = workplace.ecsforge("output", "-f", "project/far.yaml", "--env", "dev", "cluster_name")
    assert answer.stdout == "web-cluster-far-dev\n"


def test_a_stack_whose_state_is_lost_is_not_created_a_second_time(workplace: Workplace) -> None:
    workplace.write("lost", {"cleanup": JOB})
    workplace.deploy()
    state = workplace.folder / "terraform.lost-dev.tfstate"
    beginning = state.read_bytes()[:1000]
    for file in workplace.folder.glob("*.tfstate*"):
        file.unlink()

    for command in (["plan"], ["deploy", "--auto-approve"], ["destroy", "--yes-i-mean", "lost-dev"]):
        refused = workplace.ecsforge(*command, "--env", "dev", exit_code=1)

        destroys = command[0] == "destroy"
        effect = "destroy would leave it there" if destroys else "a deploy would create everything again"
        adopt = "`ecsforge deploy --adopt`, then destroy" if destroys else "deploy with --adopt"
        assert (
            f"error: lost-dev: the stack exists in the account but is not in this state, so {effect}; got the state "
            "terraform.lost-dev.tfstate; restore the state that it was deployed with; if a first deploy was "
            f"interrupted on another machine, {adopt}\n"
        ) in refused.stderr

    # A truncated state, as after a first deploy whose Terraform was killed while writing it.
    state.write_bytes(beginning)
    mark = workplace.folder / "cdktf.out" / "stacks" / "lost-dev" / ".ecsforge-apply.json"
    mark.write_text('{"ended": "interrupted"}')
    assert "Terraform was killed while writing terraform.lost-dev.tfstate" in workplace.deploy().stderr
    assert workplace.planned() == {}


def test_the_cluster_of_a_project_whose_stack_has_the_same_name_is_not_taken_over(workplace: Workplace) -> None:
    """Project `twin-a` with env `dev`, project `twin` with env `a-dev`."""
    tags = [{"key": "Project", "value": "twin-a"}, {"key": "Environment", "value": "dev"}]
    workplace.aws("ecs").create_cluster(clusterName="web-cluster-twin-a-dev", tags=tags)
    workplace.write("twin", {"cleanup": JOB}, environments={"a-dev": {}})

    refused = workplace.ecsforge("destroy", "--env", "a-dev", "--yes-i-mean", "twin-a-dev", exit_code=1)

    assert "error: cluster web-cluster-twin-a-dev: the account has a cluster with this name" in refused.stderr
    assert "got the cluster of project twin-a, env dev; choose another project_id or env" in refused.stderr
