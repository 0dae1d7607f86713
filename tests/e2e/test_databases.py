"""The life of the Rails shop of docs/examples: its database is resized, its password rotated, lost, and in no file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from shutil import copytree
from typing import Any

import yaml

from operations.rehearsal.inventory import inventory
from operations.rehearsal.password_search import encodings, files_with
from tests.support.workplace import REGION, ROOT, Workplace

SPECS = ROOT / "tests" / "specs"
STACK = "shop-dev"
ADDRESS = "aws_rds_cluster.db"
VERSION = "aws_secretsmanager_secret_version"


class Life:
    """A project with a database, every password that it had, and everything that was printed."""

    def __init__(self, workplace: Workplace) -> None:
        self.workplace = workplace
        self.passwords: list[str] = []
        self.printed: list[str] = []

    def write(self, *, sidekiq: bool = True, **database: Any) -> None:
        """Write the example in an existing network; without `sidekiq`, that service does not use the database."""
        spec = yaml.safe_load((SPECS / "rails-shop.yaml").read_text("utf-8"))
        if not sidekiq:
            del spec["services"]["sidekiq"]["uses"]["db"]
        spec["resources"]["db"].update(database)
        self.workplace.write("shop", spec["services"], resources=spec["resources"], terraform=spec["terraform"])

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
        for service in ("web", "sidekiq"):
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
        secrets = {each["name"]: each["valueFrom"] for each in task["containerDefinitions"][0]["secrets"]}
        return secrets["DATABASE_URL"].rpartition(":")[2] if "DATABASE_URL" in secrets else None


def test_the_rails_shop_for_a_whole_life(workplace: Workplace) -> None:
    before = inventory(workplace.emulator.client, REGION)
    copytree(SPECS / "rails-shop", workplace.folder / "rails-shop")
    workplace.aws("ssm").put_parameter(Name="/shop/dev/rails-master-key", Value="made-up", Type="SecureString")
    life = Life(workplace)
    life.write()
    life.deploy()

    a_rotation_changes_both_sides_and_replaces_the_tasks(life)
    a_change_of_the_capacity_and_the_backups_is_in_place(life)
    a_secret_that_was_deleted_by_hand_comes_back_with_another_password(life)
    a_service_that_stops_using_the_database_loses_its_access(life)
    switching_to_an_instance_is_refused(life)

    life.printed.append(workplace.destroy(STACK).stderr)
    assert len(snapshots(workplace)) == 1
    life.deploy()
    assert len({*life.passwords}) == len(life.passwords) - 2  # two changes kept the password
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
        "aws_ecs_service.sidekiq": "update",
        "aws_ecs_task_definition.web": "update",
        "aws_ecs_task_definition.sidekiq": "update",
    }
    note = "new password: running tasks can't open new connections until they are replaced"
    assert planned[ADDRESS][1] == [note]
    life.deploy()
    assert life.passwords[-1] != life.passwords[-2]


def a_change_of_the_capacity_and_the_backups_is_in_place(life: Life) -> None:
    life.write(password_version=2, capacity={"max": 16}, backup_days=21)

    assert life.planned() == {ADDRESS: ("update", [])}
    life.write(password_version=2, capacity={"max": 16}, backup_days=21, version="17")
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


def a_service_that_stops_using_the_database_loses_its_access(life: Life) -> None:
    life.write(sidekiq=False, password_version=2, capacity={"max": 16}, backup_days=21, version="17")

    planned = {address: action for address, (action, _) in life.planned().items()}
    assert planned["aws_vpc_security_group_ingress_rule.db_store_from_sidekiq"] == "destroy"
    assert ADDRESS not in planned
    life.deploy()
    assert life.reads("sidekiq") is None
    assert life.passwords[-1] == life.passwords[-2]


def switching_to_an_instance_is_refused(life: Life) -> None:
    instance = {"capacity": None, "instance": "db.t4g.micro"}
    life.write(sidekiq=False, password_version=2, backup_days=21, version="17", **instance)

    done = life.workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", exit_code=1)

    assert "resources.db: a deployed database can't change between capacity and instance" in done.stderr
    life.write(sidekiq=False, password_version=2, capacity={"max": 16}, backup_days=21, version="17")


def snapshots(workplace: Workplace) -> list[str]:
    answer = workplace.aws("rds").describe_db_cluster_snapshots(SnapshotType="manual")
    return [each["DBClusterSnapshotIdentifier"] for each in answer["DBClusterSnapshots"]]
