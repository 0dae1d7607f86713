"""The life of a database through the command line: its password is rotated, lost, and never in a file or an output."""

from __future__ import annotations

import hashlib
import json
import os
import signal
from collections.abc import Iterator
from typing import Any

from operations.rehearsal.inventory import inventory
from operations.rehearsal.password_search import encodings, files_with
from tests.support.processes import terraform_of, wait_for
from tests.support.workplace import REGION, ROOT, WEB, WORKER, Workplace

STACK = "data-dev"
DB: dict[str, Any] = {"type": "postgres", "version": "16", "capacity": {"max": 4}}
USES = {"db": {"url": "DATABASE_URL"}}
ADDRESS = "aws_rds_cluster.db"
VERSION = "aws_secretsmanager_secret_version"


class Life:
    """A project with a database, every password that it had, and everything that was printed."""

    def __init__(self, workplace: Workplace) -> None:
        self.workplace = workplace
        self.passwords: list[str] = []
        self.printed: list[str] = []

    def write(self, *, web: bool = True, **database: Any) -> None:
        services = {"web": {**WEB, "uses": USES} if web else WEB, "worker": {**WORKER, "uses": USES}}
        self.workplace.write("data", services, resources={"db": {**DB, **database}})

    def deploy(self) -> None:
        done = self.workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", "-v")
        self.printed += [done.stdout, done.stderr]
        assert self.plan()["resources"] == []
        self.passwords.append(self.secret("password"))
        assert [*self.differences()] == []

    def plan(self) -> dict[str, Any]:
        done = self.workplace.ecsforge("plan", "--env", "dev", "--json", "-v")
        self.printed += [done.stdout, done.stderr]
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def planned(self) -> dict[str, tuple[str, list[str]]]:
        return {each["address"]: (each["action"], each["notes"]) for each in self.plan()["resources"]}

    def secret(self, use: str) -> str:
        answer = self.workplace.aws("secretsmanager").get_secret_value(SecretId=f"{STACK}/db/{use}")
        return str(answer["SecretString"])

    def version(self, use: str) -> str:
        answer = self.workplace.aws("secretsmanager").get_secret_value(SecretId=f"{STACK}/db/{use}")
        return str(answer["VersionId"])

    def differences(self) -> Iterator[str]:
        """Where the database, the secrets and the tasks do not have the same password."""
        password, connection = self.secret("password"), json.loads(self.secret("connection"))
        if connection["password"] != password or f":{password}@" not in connection["url"]:
            yield "the secret of the tasks has another password"
        number = int(hashlib.sha256(self.version("password").encode()).hexdigest()[:8], 16)
        if self.attributes(ADDRESS)["master_password_wo_version"] != number:
            yield "the database has the password of another version"
        for service in ("web", "worker"):
            if self.reads(service) not in (None, self.version("connection")):
                yield f"{service} reads another version"

    def attributes(self, address: str) -> dict[str, Any]:
        kind, _, name = address.partition(".")
        for each in self.workplace.state(STACK)["resources"]:
            if (each["type"], each["name"]) == (kind, name) and each["mode"] == "managed":
                found: dict[str, Any] = each["instances"][0]["attributes"]
                return found
        raise KeyError(address)

    def reads(self, service: str) -> str | None:
        """The version of the secret that the tasks of a service read."""
        answer = self.workplace.aws("ecs").describe_services(
            cluster=f"web-cluster-{STACK}", services=[f"{service}-service-{STACK}"]
        )
        runs = answer["services"][0]["taskDefinition"]
        task = self.workplace.aws("ecs").describe_task_definition(taskDefinition=runs)["taskDefinition"]
        secrets = task["containerDefinitions"][0].get("secrets", [])
        return secrets[0]["valueFrom"].rpartition(":")[2] if secrets else None


def test_the_password_of_a_database_for_a_whole_life(workplace: Workplace) -> None:
    before = inventory(workplace.emulator.client, REGION)
    life = Life(workplace)
    life.write()
    life.deploy()

    a_rotation_changes_both_sides_and_replaces_the_tasks(life)
    a_change_of_the_capacity_and_the_backups_is_in_place(life)
    a_secret_that_was_deleted_by_hand_comes_back_with_another_password(life)
    a_connection_that_was_deleted_by_hand_comes_back_with_the_same_password(life)
    a_database_that_was_deleted_by_hand_comes_back_with_the_password_of_the_secret(life)
    a_rotation_that_was_killed_in_the_middle_is_completed(life)
    a_service_that_stops_using_the_database_loses_its_access(life)
    switching_to_an_instance_is_refused(life)

    life.printed.append(workplace.destroy(STACK).stderr)
    assert len(snapshots(workplace)) == 1
    life.deploy()
    assert life.passwords[-1] not in life.passwords[:-1]
    life.printed.append(workplace.destroy(STACK).stderr)
    assert len(snapshots(workplace)) == 2
    assert inventory(workplace.emulator.client, REGION) - before == frozenset()

    assert [*files_with(life.passwords, workplace.folder)] == []
    printed = "\n".join(life.printed).encode()
    assert not any(each in printed for password in life.passwords for each in encodings(password))


def a_rotation_changes_both_sides_and_replaces_the_tasks(life: Life) -> None:
    life.write(password_version=2)

    planned = life.planned()
    assert {address: action for address, (action, _) in planned.items() if "local_file" not in address} == {
        ADDRESS: "update",
        f"{VERSION}.db_connection": "update",
        f"{VERSION}.db_password": "update",
        "aws_ecs_service.web": "update",
        "aws_ecs_service.worker": "update",
        "aws_ecs_task_definition.web": "update",
        "aws_ecs_task_definition.worker": "update",
    }
    note = "new password: running tasks can't open new connections until they are replaced"
    assert planned[ADDRESS][1] == [note]
    life.deploy()
    assert life.passwords[-1] != life.passwords[-2]


def a_change_of_the_capacity_and_the_backups_is_in_place(life: Life) -> None:
    life.write(password_version=2, capacity={"max": 8}, backup_days=14)

    assert life.planned() == {ADDRESS: ("update", [])}
    life.write(password_version=2, capacity={"max": 8}, backup_days=14, version="17")
    planned = life.planned()
    assert planned[ADDRESS] == ("update", ["restarts the database"])
    # The database moves to another parameter group; nothing of it is replaced.
    assert {address for address, (action, _) in planned.items() if action == "replace"} == {
        "aws_rds_cluster_parameter_group.db"
    }
    life.deploy()
    assert life.passwords[-1] == life.passwords[-2]


def a_secret_that_was_deleted_by_hand_comes_back_with_another_password(life: Life) -> None:
    life.workplace.aws("secretsmanager").delete_secret(SecretId=f"{STACK}/db/password", ForceDeleteWithoutRecovery=True)

    life.deploy()
    assert life.passwords[-1] != life.passwords[-2]


def a_connection_that_was_deleted_by_hand_comes_back_with_the_same_password(life: Life) -> None:
    secret = f"{STACK}/db/connection"
    life.workplace.aws("secretsmanager").delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)

    life.deploy()
    assert life.passwords[-1] == life.passwords[-2]


def a_database_that_was_deleted_by_hand_comes_back_with_the_password_of_the_secret(life: Life) -> None:
    rds, name = life.workplace.aws("rds"), f"{STACK}-db"
    rds.modify_db_cluster(DBClusterIdentifier=name, DeletionProtection=False)
    rds.delete_db_instance(DBInstanceIdentifier=name)
    rds.delete_db_cluster(DBClusterIdentifier=name, SkipFinalSnapshot=True)

    assert life.planned()[ADDRESS][0] == "create"
    life.deploy()
    assert life.passwords[-1] == life.passwords[-2]


def a_rotation_that_was_killed_in_the_middle_is_completed(life: Life) -> None:
    """Terraform is killed after it wrote the new password to the secret, and before the database has it."""
    life.write(password_version=3, capacity={"max": 8}, backup_days=14, version="17")
    before = life.version("password")
    deploying = life.workplace.start("deploy", "--env", "dev", "--auto-approve", "-v")
    wait_for(lambda: life.version("password") != before, poll=0.02)
    for pid in terraform_of(life.workplace.folder):
        os.kill(pid, signal.SIGKILL)
    stdout, stderr = deploying.communicate(timeout=60)
    life.printed += [stdout, stderr]
    life.passwords.append(life.secret("password"))

    assert deploying.returncode == 1
    assert "error: applying: Terraform failed; got killed by SIGKILL" in stderr
    assert [*life.differences()] != []
    life.deploy()


def a_service_that_stops_using_the_database_loses_its_access(life: Life) -> None:
    life.write(web=False, password_version=3, capacity={"max": 8}, backup_days=14, version="17")

    planned = {address: action for address, (action, _) in life.planned().items()}
    assert planned["aws_vpc_security_group_ingress_rule.db_store_from_web"] == "destroy"
    assert ADDRESS not in planned
    life.deploy()
    assert life.reads("web") is None
    assert life.passwords[-1] == life.passwords[-2]


def switching_to_an_instance_is_refused(life: Life) -> None:
    life.workplace.write(
        "data", {"web": WEB}, resources={"db": {"type": "postgres", "version": "17", "instance": "db.t4g.micro"}}
    )

    done = life.workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", exit_code=1)

    assert "resources.db: a deployed database can't change between capacity and instance" in done.stderr
    life.write(web=False, password_version=3, capacity={"max": 8}, backup_days=14, version="17")


def test_a_rails_shop_passes_a_rehearsal_that_deploys_it_twice(workplace: Workplace) -> None:
    """A database and a cache with a bucket, in a protected environment with a key of its own."""
    example = ROOT / "docs" / "examples" / "rails-shop.yaml"
    (workplace.folder / "ecsforge.yaml").write_text(example.read_text("utf-8"), "utf-8")

    answer = workplace.ecsforge("rehearse", "--json", "--env", "prod", seconds=1800)

    (environment,) = json.loads(answer.stdout)["environments"]
    stages = {stage["name"]: stage["detail"] for stage in environment["stages"]}
    assert environment["passed"]
    assert stages["plan again"] == "no changes"
    assert stages["nothing left"] == stages["nothing left again"] == "the account is as before"
    checked = {check["what"] for check in environment["checks"]}
    assert {
        "password in the URL, in the fields and in its own secret",
        "files that contain a password",
        "services that may connect",
        "DATABASE_URL, the url of db",
        "REDIS_URL, the url of redis",
        "secrets of databases that its execution role may read",
        "deletion protection",
    } <= checked


def snapshots(workplace: Workplace) -> list[str]:
    answer = workplace.aws("rds").describe_db_cluster_snapshots(SnapshotType="manual")
    names = [each["DBClusterSnapshotIdentifier"] for each in answer["DBClusterSnapshots"]]
    return [name for name in names if name.startswith(f"{STACK}-")]
