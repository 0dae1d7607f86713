"""Whether a rehearsal finds that a database, its secret or its clients are not what the project file says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from operations.rehearsal.emulator.client import Emulator
from operations.rehearsal.store_checks import secret_variables, store_checks
from stacks.project.models import Project

REGION = "eu-west-1"
PROJECT = Project.model_validate(
    {
        "project_id": "shop",
        "env": "dev",
        "region": REGION,
        "resources": {
            "db": {"type": "postgres", "version": "16", "instance": "db.t4g.micro"},
            "cache": {"type": "valkey"},
        },
        "services": {
            "web": {"uses": {"db": {"url": "DATABASE_URL", "host": "DB_HOST"}, "cache": {"url": "REDIS_URL"}}},
            "worker": {"type": "worker", "egress": ({"port": 443},), "uses": {"db": {"secret_arn": "DB_SECRET"}}},
        },
    }
)
PASSWORD = "made-up-password-of-a-test"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


class Account:
    """An emulated account with what the project deploys."""

    def __init__(self, emulator: Emulator) -> None:
        self._clients: dict[str, Any] = {}
        self._emulator = emulator
        self._network()
        self._stores()
        self._secrets()
        self._services()

    def aws(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._emulator.client(service, REGION)
        return self._clients[service]

    def wrong(self) -> list[str]:
        return [f"{each.subject}: {each.what}" for each in store_checks(PROJECT, self.aws) if not each.passed]

    def _network(self) -> None:
        ec2 = self.aws("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        zones = [f"{REGION}{zone}" for zone in "ab"]
        self.subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
            for n, zone in enumerate(zones)
        ]
        names = ("web-shop-dev", "worker-shop-dev", "stores-shop-dev/db", "stores-shop-dev/cache", "other")
        self.groups = {
            name: ec2.create_security_group(GroupName=name, Description="x", VpcId=vpc)["GroupId"] for name in names
        }
        for group in self.groups.values():
            everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
            ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[everything])
        self.allow("stores-shop-dev/db", "web-shop-dev", 5432)
        self.allow("stores-shop-dev/db", "worker-shop-dev", 5432)
        self.allow("stores-shop-dev/cache", "web-shop-dev", 6379)
        to_db = self._rule(self.groups["stores-shop-dev/db"], 5432)
        ec2.authorize_security_group_egress(GroupId=self.groups["worker-shop-dev"], IpPermissions=[to_db])

    def allow(self, group: str, client: str, port: int) -> None:
        rule = self._rule(self.groups[client], port)
        self.aws("ec2").authorize_security_group_ingress(GroupId=self.groups[group], IpPermissions=[rule])

    def _rule(self, peer: str, port: int) -> dict[str, Any]:
        return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "UserIdGroupPairs": [{"GroupId": peer}]}

    def _stores(self) -> None:
        rds, cache = self.aws("rds"), self.aws("elasticache")
        rds.create_db_parameter_group(DBParameterGroupName="tls", DBParameterGroupFamily="postgres16", Description="x")
        ssl = {"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "pending-reboot"}
        rds.modify_db_parameter_group(DBParameterGroupName="tls", Parameters=[ssl])
        rds.create_db_instance(
            DBInstanceIdentifier="shop-dev-db",
            Engine="postgres",
            EngineVersion="16.4",
            DBInstanceClass="db.t4g.micro",
            AllocatedStorage=20,
            BackupRetentionPeriod=7,
            StorageEncrypted=True,
            PubliclyAccessible=False,
            MultiAZ=False,
            DBParameterGroupName="tls",
            MasterUsername="app",
            MasterUserPassword=PASSWORD,
        )
        cache.create_replication_group(
            ReplicationGroupId="shop-dev-cache",
            ReplicationGroupDescription="x",
            Engine="valkey",
            CacheNodeType="cache.t4g.micro",
            TransitEncryptionEnabled=True,
            AtRestEncryptionEnabled=True,
        )

    def _secrets(self) -> None:
        self.host = "shop-dev-db.aaaaaaaaaa.eu-west-1.rds.amazonaws.com"
        self.aws("secretsmanager").create_secret(Name="shop-dev/db/password", SecretString=PASSWORD)
        made = self.aws("secretsmanager").create_secret(
            Name="shop-dev/db/connection", SecretString=json.dumps(self.fields())
        )
        self.secret = made["ARN"]

    def fields(self, **changed: Any) -> dict[str, Any]:
        fields = {"engine": "postgres", "host": self.host, "port": 5432, "username": "app", "password": PASSWORD}
        url = f"postgresql://app:{PASSWORD}@{self.host}:5432/app?sslmode=require"
        return {**fields, "database": "app", "url": url, **changed}

    def write(self, **changed: Any) -> None:
        """Write the secret of the tasks with other fields, and deploy its version."""
        text = json.dumps(self.fields(**changed))
        self.aws("secretsmanager").put_secret_value(SecretId=self.secret, SecretString=text)
        self.register()

    def _services(self) -> None:
        iam = self.aws("iam")
        for service, use in (("web", "execution"), ("web", "task"), ("worker", "execution"), ("worker", "task")):
            iam.create_role(RoleName=f"shop-dev-{service}-{use}", AssumeRolePolicyDocument=TRUST)
        self.grant("web-execution")
        self.grant("worker-task")
        self.register()

    def grant(self, role: str, resource: str = "") -> None:
        action = "secretsmanager:GetSecretValue"
        statement = {"Effect": "Allow", "Action": [action], "Resource": [resource or self.secret]}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.aws("iam").put_role_policy(RoleName=f"shop-dev-{role}", PolicyName="permissions", PolicyDocument=document)

    def register(self, version: str | None = None) -> None:
        current = self.aws("secretsmanager").get_secret_value(SecretId=self.secret)["VersionId"]
        found = self.aws("elasticache").describe_replication_groups()["ReplicationGroups"][0]
        cache = found["NodeGroups"][0]["PrimaryEndpoint"]["Address"]
        web = {
            "environment": [
                {"name": "DB_HOST", "value": self.host},
                {"name": "REDIS_URL", "value": f"rediss://{cache}:6379"},
            ],
            "secrets": [{"name": "DATABASE_URL", "valueFrom": f"{self.secret}:url::{version or current}"}],
        }
        worker = {"environment": [{"name": "DB_SECRET", "value": self.secret}]}
        for name, settings in (("web", web), ("worker", worker)):
            container = {"name": name, "image": "app:1", "memory": 128, **settings}
            self.aws("ecs").register_task_definition(family=f"{name}-shop-dev", containerDefinitions=[container])


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(disabled=["layer"]) as running:
        yield running


def test_each_difference_is_found_and_no_other(emulator: Emulator) -> None:
    account = Account(emulator)
    assert account.wrong() == []

    secret, password = "secret of database `db`", "password in the URL, in the fields and in its own secret"
    for changed, expected in (
        ({"username": "admin"}, ["user name", "user name and database in the URL"]),
        ({"host": "elsewhere"}, ["endpoint"]),
        ({"password": "another"}, [password]),
        ({"url": f"postgresql://app:another@{account.host}:5432/app"}, [password]),
        ({"url": f"mysql://app:{PASSWORD}@{account.host}:3306/app"}, ["scheme of the URL", "endpoint in the URL"]),
        ({"more": 1}, ["fields"]),
    ):
        account.write(**changed)
        assert account.wrong() == [f"{secret}: {each}" for each in expected], changed
    account.write()

    account.register(version="11111111-2222-3333-4444-555555555555")
    assert account.wrong() == ["service `web`: DATABASE_URL, the url of db"]
    account.register()

    account.grant("web-task")
    assert account.wrong() == ["service `web`: secrets of databases that its task role may read"]
    account.aws("iam").delete_role_policy(RoleName="shop-dev-web-task", PolicyName="permissions")
    account.grant("web-execution", "*")
    assert account.wrong() == ["service `web`: secrets of databases that its execution role may read"]
    account.grant("web-execution")

    account.aws("rds").modify_db_instance(DBInstanceIdentifier="shop-dev-db", BackupRetentionPeriod=1)
    account.allow("stores-shop-dev/cache", "other", 6379)
    assert account.wrong() == [
        "database `db`: backup days",
        "clients of `cache`: services that may connect",
    ]


def test_the_values_of_passwords_are_in_no_check(emulator: Emulator) -> None:
    texts = [repr((each.expected, each.found)) for each in store_checks(PROJECT, clients(emulator))]

    assert texts
    assert not [each for each in texts if PASSWORD in each]


def clients(emulator: Emulator) -> Any:
    return lambda service: emulator.client(service, REGION)


def test_the_variables_with_secrets_are_those_of_databases() -> None:
    assert secret_variables(PROJECT, "web") == ["DATABASE_URL"]
    assert secret_variables(PROJECT, "worker") == []
