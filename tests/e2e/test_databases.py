"""The life of a database through the command line: its password is rotated, lost, and never in a file or an output."""

from __future__ import annotations

import os
import signal
from typing import Any

from operations.rehearsal.inventory import inventory
from tests.support.database_life import ADDRESS, DatabaseLife
from tests.support.processes import terraform_of, wait_for
from tests.support.workplace import REGION, WEB, WORKER, Workplace

STACK = "data-dev"
DB: dict[str, Any] = {"type": "postgres", "version": "16", "capacity": {"max": 4}}
USES = {"db": {"url": "DATABASE_URL"}}
VERSION = "aws_secretsmanager_secret_version"


class Life(DatabaseLife):
    """Two services that use a database, in an existing network."""

    def write(self, *, web: bool = True, **database: Any) -> None:
        services = {"web": {**WEB, "uses": USES} if web else WEB, "worker": {**WORKER, "uses": USES}}
        self.workplace.write("data", services, resources={"db": {**DB, **database}})


def test_the_password_of_a_database_for_a_whole_life(workplace: Workplace) -> None:
    before = inventory(workplace.emulator.client, REGION)
    life = Life(workplace, STACK, ("web", "worker"))
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

    life.destroy()
    assert len(life.snapshots()) == 1
    life.deploy()
    assert life.passwords[-1] not in life.passwords[:-1]
    life.destroy()
    assert len(life.snapshots()) == 2
    assert inventory(workplace.emulator.client, REGION) - before == frozenset()

    life.require_no_password()


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
