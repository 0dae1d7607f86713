"""The IAM actions of the catalogue and of ecsforge itself, compared with the calls of a whole life.

The life deploys changes/before.yaml, changes it to changes/after.yaml, and destroys it, and then the same with the data
stores of stores_before.yaml and stores_after.yaml. Together the files have every resource type, and change every field
that Terraform updates in place (tests/stacks/test_changed_fields.py).

The commands run with the roles that `ci init` creates, and may only do what these allow.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import pytest
import yaml

from operations.iam.own_actions import CHECKS, DEPLOY, OWN_ROLE, READ, STATE_READ, STATE_WRITE
from operations.iam.recorded import actions_of_recorded
from operations.rehearsal.emulator.calls import Call
from operations.rehearsal.emulator.client import Emulator
from operations.rehearsal.prerequisites import prerequisites
from stacks.project import Selection, load
from stacks.resources import CATALOGUE
from stacks.resources.actions import NO_ACTIONS
from tests.support.changes import PAIRS, Name, changed_project
from tests.support.emulator_with_policies import Asked, EmulatorWithPolicies
from tests.support.provider_calls import LOGGING, ProviderCall, not_called, not_granted, provider_calls
from tests.support.record_provider_calls import recorded_calls
from tests.support.workplace import Workplace

REGION, ENV, STACK, STATE = "eu-central-1", "prod", "changes-prod", "changes-state"
PREPARED = {
    *("iam:CreatePolicy", "route53:CreateHostedZone", "s3:CreateBucket", "s3:PutBucketVersioning", "s3:PutObject"),
    *("s3:DeleteBucketPolicy", "s3:GetBucketPolicy", "s3:ListAllMyBuckets", "s3:PutBucketPolicy"),
}
"""What the test itself calls with boto3."""
PIPELINE = ("--set", "ci.github={repository: acme/shop, install: pip install ., plan_protected: true}")
ALL = {action for entry in CATALOGUE.values() for action in entry.actions.all}
READING = {action for entry in CATALOGUE.values() for action in entry.actions.read}


@dataclass(frozen=True)
class Life:
    """The calls of a whole life: those of the AWS provider by type, and all by command."""

    provider: frozenset[ProviderCall]
    commands: Mapping[str, tuple[Call, ...]]
    requests: tuple[Asked, ...]

    def actions(self, client: str, commands: Iterable[str] = ()) -> set[str]:
        """The actions that the calls of a client need, in all commands or in some."""
        return {
            action
            for command in commands or self.commands
            for call in self.commands[command]
            if call.client == client
            for action in actions_of_recorded(call.service, call.operation, call.resources, tagged=call.tagged)
        }


class Recording:
    """A workplace whose emulator belongs to it, so that every call is one of the commands."""

    def __init__(self, place: Workplace) -> None:
        self.place, self.commands = place, dict[str, tuple[Call, ...]]()
        self._before = place.emulator.calls()

    def grant(self) -> None:
        """Create the roles for the project file, or update them."""
        self.place.ecsforge("ci", "init", "--env", ENV, *PIPELINE)
        self._before = self.place.emulator.calls()

    def run(self, *command: str, role: str = "deploy", exit_code: int = 0) -> None:
        """Run a command with the credentials of a role."""
        arn = f"arn:aws:iam::{self.place.emulator.account_id}:role/ecsforge-{role}-{STACK}"
        assumed = credentials(self.place.emulator, arn)
        self._before = self.place.emulator.calls()
        self.place.ecsforge(*command, "--env", ENV, exit_code=exit_code, **assumed)
        counts = {(call.service, call.operation, call.client): call.count for call in self._before}
        now = self.place.emulator.calls()
        new = [each for each in now if each.count > counts.get((each.service, each.operation, each.client), 0)]
        self.commands[command[0]] = (*self.commands.get(command[0], ()), *new)
        self._before = now

    def write(self, name: Name) -> None:
        (self.place.folder / "ecsforge.yaml").write_text(yaml.safe_dump(changed_project(name)))


@pytest.fixture(scope="module")
def life(terraform: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    folder, log = tmp_path_factory.mktemp("changes"), tmp_path_factory.mktemp("log") / "terraform.jsonl"
    own = {key: value for key, value in os.environ.items() if key.partition("_")[0] not in ("TF", "ECSFORGE")}
    with EmulatorWithPolicies() as emulator:
        place = Workplace(folder, emulator, {**emulator.env_vars(own), **terraform, **LOGGING, "TF_LOG_PATH": str(log)})
        recording = Recording(place)
        prepare(recording)
        change(recording, PAIRS[0])
        recording.run("status", exit_code=1)  # moto has no healthy targets
        recording.run("doctor", exit_code=1)  # the secrets
        recording.run("plan", "--no-lock", role="plan")
        for command in (("logs", "web"), ("output",)):
            recording.run(*command)
        store_access_log(emulator)
        recording.run("destroy", "--yes-i-mean", STACK)
        change(recording, PAIRS[1])
        recording.run("plan", "--no-lock", role="plan")
        recording.run("destroy", "--yes-i-mean", STACK)
        yield Life(provider_calls(log), recording.commands, Asked.read(emulator.requests))


def change(recording: Recording, pair: tuple[Name, Name]) -> None:
    """Deploy a project, and then its changes, each with roles for it."""
    for name in pair:
        recording.write(name)
        recording.grant()
        recording.run("deploy", "--auto-approve", "--no-checks")  # the files name secrets that do not exist


def prepare(recording: Recording) -> None:
    """Create what the files refer to, and the bucket of the state."""
    emulator, projects = recording.place.emulator, []
    for name in (name for pair in PAIRS for name in pair):
        recording.write(name)
        projects += load(Selection(file=recording.place.folder / "ecsforge.yaml", env=ENV)).projects
    for prerequisite in prerequisites(*projects):
        prerequisite.create(emulator)
    s3 = emulator.client("s3", REGION)
    s3.create_bucket(Bucket=STATE, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=STATE, VersioningConfiguration={"Status": "Enabled"})


def credentials(emulator: Emulator, role: str) -> dict[str, str]:
    """Temporary credentials of a role, as variables."""
    found = emulator.client("sts", REGION).assume_role(RoleArn=role, RoleSessionName="GitHubActions")["Credentials"]
    names = {"AWS_ACCESS_KEY_ID": "AccessKeyId", "AWS_SECRET_ACCESS_KEY": "SecretAccessKey"}
    return {**{name: found[key] for name, key in names.items()}, "AWS_SESSION_TOKEN": found["SessionToken"]}


def store_access_log(emulator: Emulator) -> None:
    """Store an access log, as a load balancer with traffic does, so that the bucket has to be emptied."""
    s3 = emulator.client("s3", REGION)
    (bucket,) = [each["Name"] for each in s3.list_buckets()["Buckets"] if each["Name"] != STATE]
    policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    s3.delete_bucket_policy(Bucket=bucket)  # it denies requests without TLS
    s3.put_object(Bucket=bucket, Key="AWSLogs/log.gz", Body=b"")
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)


def test_no_call_of_the_provider_is_missing(life: Life) -> None:
    assert not_granted(life.provider) == {}


def test_no_action_is_in_excess(life: Life) -> None:
    """An action is used in this life or in a rehearsal of the specs, or has a reason."""
    assert not_called(life.provider | recorded_calls()) == {}


def test_first_deploys_only_create_and_destroys_only_delete(life: Life) -> None:
    for call in life.provider:
        actions = CATALOGUE[call.type].actions if call.type else NO_ACTIONS
        if call.step in ("apply 1", "apply 4"):
            assert call.action in {*actions.read, *actions.create, *actions.tag}, call
        elif call.step in ("apply 3", "apply 6"):
            assert call.action in {*actions.read, *actions.delete}, call


def test_the_recorder_agrees(life: Life) -> None:
    """It also sees tags, passed roles and keys in the parameters."""
    state = {*STATE_READ, *STATE_WRITE}

    assert life.actions("terraform") - state <= ALL
    assert "iam:PassRole" in life.actions("terraform")


def test_ecsforge_calls_what_is_listed(life: Life) -> None:
    assert life.actions("boto3") - PREPARED <= {*READ, *CHECKS, *DEPLOY, *OWN_ROLE}
    assert life.actions("boto3", ["plan", "status", "logs", "doctor", "output"]) <= {*READ, *CHECKS}


def test_a_plan_only_reads(life: Life) -> None:
    assert life.actions("terraform", ["plan"]) <= {*READING, *STATE_READ}


def test_the_roles_of_pipelines_may_do_everything_in_this_life(life: Life) -> None:
    asked = [each for each in life.requests if each.role]

    assert {each.role for each in asked} == {f"ecsforge-{kind}-{STACK}" for kind in ("deploy", "plan")}
    assert [each for each in asked if not each.allowed] == []
