"""The life of a database through the command line, for tests of its password."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from operations.rehearsal.password_search import encodings, files_with
from tests.support.workplace import Workplace

ADDRESS = "aws_rds_cluster.db"


class DatabaseLife:
    """The environment `dev` with the database `db`, every password that it had, and everything that was printed.

    Attributes:
        workplace: The folder, in which the test writes the project file.
        stack: The name of the stack.
        services: The services whose variable DATABASE_URL has the URL of the database.
        passwords: The passwords after each deploy.
        printed: The outputs of all commands.
    """

    def __init__(self, workplace: Workplace, stack: str, services: tuple[str, ...]) -> None:
        self.workplace, self.stack, self.services = workplace, stack, services
        self.passwords: list[str] = []
        self.printed: list[str] = []

    def deploy(self) -> None:
        done = self.workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", "-v")
        self.printed += [done.stdout, done.stderr]
        assert self.plan()["resources"] == []
        self.passwords.append(self.secret("password"))
        assert [*self.differences()] == []

    def destroy(self) -> None:
        done = self.workplace.destroy(self.stack)
        self.printed += [done.stdout, done.stderr]

    def plan(self) -> dict[str, Any]:
        done = self.workplace.ecsforge("plan", "--env", "dev", "--json", "-v")
        self.printed += [done.stdout, done.stderr]
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def planned(self) -> dict[str, tuple[str, list[str]]]:
        return {each["address"]: (each["action"], each["notes"]) for each in self.plan()["resources"]}

    def secret(self, use: str) -> str:
        answer = self.workplace.aws("secretsmanager").get_secret_value(SecretId=f"{self.stack}/db/{use}")
        return str(answer["SecretString"])

    def version(self, use: str) -> str:
        answer = self.workplace.aws("secretsmanager").get_secret_value(SecretId=f"{self.stack}/db/{use}")
        return str(answer["VersionId"])

    def differences(self) -> Iterator[str]:
        """Where the database, the secrets and the tasks do not have the same password."""
        password, connection = self.secret("password"), json.loads(self.secret("connection"))
        if connection["password"] != password or f":{password}@" not in connection["url"]:
            yield "the secret of the tasks has another password"
        number = int(hashlib.sha256(self.version("password").encode()).hexdigest()[:8], 16)
        if self.attributes(ADDRESS)["master_password_wo_version"] != number:
            yield "the database has the password of another version"
        for service in self.services:
            if self.reads(service) not in (None, self.version("connection")):
                yield f"{service} reads another version"

    def attributes(self, address: str) -> dict[str, Any]:
        kind, _, name = address.partition(".")
        for each in self.workplace.state(self.stack)["resources"]:
            if (each["type"], each["name"]) == (kind, name) and each["mode"] == "managed":
                found: dict[str, Any] = each["instances"][0]["attributes"]
                return found
        raise KeyError(address)

    def reads(self, service: str) -> str | None:
        """The version of the secret that the tasks of a service read."""
        answer = self.workplace.aws("ecs").describe_services(
            cluster=f"web-cluster-{self.stack}", services=[f"{service}-service-{self.stack}"]
        )
        runs = answer["services"][0]["taskDefinition"]
        task = self.workplace.aws("ecs").describe_task_definition(taskDefinition=runs)["taskDefinition"]
        secrets = {each["name"]: each["valueFrom"] for each in task["containerDefinitions"][0].get("secrets", [])}
        return secrets["DATABASE_URL"].rpartition(":")[2] if "DATABASE_URL" in secrets else None

    def snapshots(self) -> list[str]:
        """The final snapshots that the stack's databases left."""
        answer = self.workplace.aws("rds").describe_db_cluster_snapshots(SnapshotType="manual")
        names = [str(each["DBClusterSnapshotIdentifier"]) for each in answer["DBClusterSnapshots"]]
        return [name for name in names if name.startswith(f"{self.stack}-db-")]

    def require_no_password(self) -> None:
        """Assert that no password is in a file or in an output, in any encoding."""
        assert [*files_with(self.passwords, self.workplace.folder)] == []
        printed = "\n".join(self.printed).encode()
        assert not any(each in printed for password in self.passwords for each in encodings(password))
