"""Compares databases and caches of `resources`, their secrets, and who reaches them, with the project file.

Passwords are compared, and never part of a check: its values are printed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from operations.iam import Policies, Principal, Request, decide, parse
from operations.rehearsal.check import Check
from operations.rehearsal.permissions import statements_of
from stacks.database_engines import Engine, engine_of
from stacks.naming import Names
from stacks.project.models import Database, Mysql, Postgres, Project, Valkey
from stacks.project.uses import DATABASES, SECRET, STORES, Used, used_by

Aws = Callable[[str], Any]
"""Returns the boto3 client of a service in the project's region."""
PORT_OF_CACHES = 6379


@dataclass(frozen=True)
class Endpoint:
    """Where a store listens."""

    host: str
    port: int


def store_checks(project: Project, aws: Aws) -> Iterator[Check]:
    """Every database and cache, in the order of the project file, and then what services use of them."""
    account = _Stores(project, aws)
    for name, resource in project.resources.items():
        if isinstance(resource, Postgres | Mysql):
            yield from account.database(name, resource)
            yield from account.secret(name, engine_of(resource.type, serverless=resource.capacity is not None))
        elif isinstance(resource, Valkey):
            yield from account.cache(name, resource)
        if resource.type in STORES:
            yield from account.clients(name)
    for service in project.services:
        yield from account.uses(service)


def secret_variables(project: Project, service: str) -> list[str]:
    """The names of the variables of a service that ECS reads from the secrets of databases."""
    used = (each for each in used_by(project, project.services[service]) if each.kind in DATABASES)
    return [variable for each in used for key, variable in each.use.variables.items() if key in SECRET]


class _Stores:
    """The stores of an account, read through boto3."""

    def __init__(self, project: Project, aws: Aws) -> None:
        self._project, self._aws = project, aws
        self._names = Names(project.project_id, project.env)

    def database(self, name: str, database: Postgres | Mysql) -> Iterator[Check]:
        """The settings of a database."""
        subject, found = f"database `{name}`", self._server(name, database)
        serverless = database.capacity is not None
        engine = engine_of(database.type, serverless=serverless)
        yield Check(subject, "engine", engine.name, found["Engine"])
        version = database.version or engine.default
        yield Check(subject, "version", version, str(found["EngineVersion"])[: len(version)])
        if database.capacity is not None:
            scaling = found["ServerlessV2ScalingConfiguration"]
            limits = (database.capacity.min, database.capacity.max)
            yield Check(subject, "capacity", limits, (scaling["MinCapacity"], scaling["MaxCapacity"]))
        else:
            yield Check(subject, "class", database.instance, found["DBInstanceClass"])
            yield Check(subject, "GiB of storage", database.storage, found["AllocatedStorage"])
            yield Check(subject, "standby in another zone", database.multi_az, found["MultiAZ"])
            yield Check(subject, "public address", False, found["PubliclyAccessible"])
        yield Check(subject, "backup days", database.backup_days, found["BackupRetentionPeriod"])
        yield Check(subject, "encryption", True, found["StorageEncrypted"])
        yield Check(subject, "deletion protection", self._project.protected, bool(found.get("DeletionProtection")))
        yield Check(subject, "parameters that were set", [engine.tls], self._parameters(found))

    def secret(self, name: str, engine: Engine) -> Iterator[Check]:
        """The secret of a database: it has every field, and a URL that agrees with them and with the database."""
        subject = f"secret of database `{name}`"
        fields = self._secret(name, "connection")
        names = ["database", "engine", "host", "password", "port", "url", "username"]
        yield Check(subject, "fields", names, sorted(fields))
        server, endpoint = self._servers[name], self._endpoint(name)
        yield Check(subject, "user name", server["MasterUsername"], fields.get("username"))
        yield Check(subject, "endpoint", endpoint, Endpoint(str(fields.get("host")), int(fields.get("port", 0))))
        url = urlsplit(fields.get("url", ""))
        yield Check(subject, "scheme of the URL", engine.scheme, url.scheme)
        yield Check(subject, "endpoint in the URL", endpoint, Endpoint(url.hostname or "", url.port or 0))
        parts = (fields.get("username"), f"/{fields.get('database')}")
        yield Check(subject, "user name and database in the URL", parts, (url.username, url.path))
        password = self._value(name, "password")
        same = bool(password) and url.password == fields.get("password") == password
        yield Check(subject, "password in the URL, in the fields and in its own secret", "equal", _equal(same))

    def cache(self, name: str, cache: Valkey) -> Iterator[Check]:
        """The settings of a cache."""
        subject, found = f"cache `{name}`", self._cache(name)
        yield Check(subject, "node", cache.node, found["CacheNodeType"])
        yield Check(subject, "nodes", 1 + cache.replicas, len(found["MemberClusters"]))
        encrypted = (found["TransitEncryptionEnabled"], found["AtRestEncryptionEnabled"])
        yield Check(subject, "encryption in transit and at rest", (True, True), encrypted)
        yield Check(subject, "failover", "enabled" if cache.replicas else "disabled", found["AutomaticFailover"])

    def clients(self, name: str) -> Iterator[Check]:
        """Exactly the services that use a store may connect to it."""
        subject, services = f"clients of `{name}`", self._project.services.items()
        group = self._groups.get(self._names.store_security_group(name), "")
        users = sorted(service for service, config in services if name in config.uses)
        tasks = {self._groups.get(self._names.task_security_group(each)): each for each, _ in services}
        rules = self._rules(group)
        found = sorted(str(tasks.get(each["peer"], each["peer"])) for each in rules if not each["out"])
        yield Check(subject, "services that may connect", users, found)
        yield Check(subject, "rules for outbound traffic", 0, sum(each["out"] for each in rules))
        restricted = [each for each in users if self._project.services[each].egress != "open"]
        for service in restricted:
            own = self._rules(self._groups.get(self._names.task_security_group(service), ""))
            ports = [each["port"] for each in own if each["out"] and each["peer"] == group]
            yield Check(
                f"service `{service}`", f"ports that it may reach of {name}", [self._endpoint(name).port], ports
            )

    def uses(self, service: str) -> Iterator[Check]:
        """The variables of a service for the stores that it uses, and the secrets that its roles may read."""
        used = [each for each in used_by(self._project, self._project.services[service]) if each.kind in STORES]
        if not used or self._project.services[service].task_definition_template:
            return
        family = self._names.task_definition(service)
        task = self._aws("ecs").describe_task_definition(taskDefinition=family)["taskDefinition"]
        container = next(each for each in task["containerDefinitions"] if each["name"] == service)
        found = {each["name"]: each["value"] for each in container.get("environment", [])}
        found |= {each["name"]: each["valueFrom"] for each in container.get("secrets", [])}
        for each in used:
            for key, variable in each.use.variables.items():
                what = f"{variable}, the {key} of {each.name}"
                yield Check(f"service `{service}`", what, self._expected(each, key), found.get(variable))
        readable = {
            "execution": {each.name for each in used if each.kind in DATABASES and SECRET & each.use.variables.keys()},
            "task": {each.name for each in used if each.kind in DATABASES and each.use.secret_arn},
        }
        for use, names in readable.items():
            yield from self._readable(service, use, names)

    def _readable(self, service: str, use: str, names: set[str]) -> Iterator[Check]:
        """The secrets of databases that a role may read: the connections, and never what only Terraform needs."""
        role = self._names.role(service, use)
        document = {"Version": "2012-10-17", "Statement": list(statements_of(self._aws("iam"), role))}
        principal = Principal("AWS", self._aws("iam").get_role(RoleName=role)["Role"]["Arn"])
        policies = Policies(identity=(parse(document),))
        found = [
            name
            for name, arn in sorted(self._secret_arns.items())
            if decide(policies, Request(principal, "secretsmanager:GetSecretValue", arn)).allowed
        ]
        expected = sorted(self._names.secret(name, "connection") for name in names)
        yield Check(f"service `{service}`", f"secrets of databases that its {use} role may read", expected, found)

    def _expected(self, used: Used, key: str) -> str:
        """The value of a variable, or what ECS reads for it."""
        endpoint = self._endpoint(used.name)
        if used.kind in DATABASES and key in (*SECRET, "secret_arn"):
            name = self._names.secret(used.name, "connection")
            arn = self._secret_arns.get(name, "")
            return arn if key == "secret_arn" else f"{arn}:{key}::{self._current(name)}"
        if key == "url":
            return f"rediss://{endpoint.host}:{endpoint.port}"
        values = {"host": endpoint.host, "port": str(endpoint.port)}
        return values[key] if key in values else self._secret(used.name, "connection")[key]

    def _server(self, name: str, database: Database) -> dict[str, Any]:
        rds, identifier = self._aws("rds"), self._names.database(name)
        if database.capacity is not None:
            (found,) = rds.describe_db_clusters(DBClusterIdentifier=identifier)["DBClusters"]
        else:
            (found,) = rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"]
        server: dict[str, Any] = found
        return server

    @cached_property
    def _servers(self) -> dict[str, dict[str, Any]]:
        resources = self._project.resources.items()
        return {name: self._server(name, each) for name, each in resources if isinstance(each, Postgres | Mysql)}

    def _cache(self, name: str) -> dict[str, Any]:
        groups = self._aws("elasticache").describe_replication_groups(ReplicationGroupId=self._names.cache(name))
        cache: dict[str, Any] = groups["ReplicationGroups"][0]
        return cache

    def _endpoint(self, name: str) -> Endpoint:
        if name in self._servers:
            server = self._servers[name]
            own = server["Endpoint"]
            return Endpoint(own, server["Port"]) if isinstance(own, str) else Endpoint(own["Address"], own["Port"])
        primary = self._cache(name)["NodeGroups"][0]["PrimaryEndpoint"]
        return Endpoint(primary["Address"], PORT_OF_CACHES)

    def _parameters(self, server: Mapping[str, Any]) -> list[tuple[str, str]]:
        rds = self._aws("rds")
        if "DBClusterParameterGroup" in server:
            group = server["DBClusterParameterGroup"]
            found = rds.describe_db_cluster_parameters(DBClusterParameterGroupName=group, Source="user")
        else:
            group = server["DBParameterGroups"][0]["DBParameterGroupName"]
            found = rds.describe_db_parameters(DBParameterGroupName=group, Source="user")
        return [(each["ParameterName"], each["ParameterValue"]) for each in found["Parameters"]]

    @cached_property
    def _secret_arns(self) -> dict[str, str]:
        pages = self._aws("secretsmanager").get_paginator("list_secrets").paginate()
        start = f"{self._names.stack}/"
        return {
            each["Name"]: each["ARN"] for page in pages for each in page["SecretList"] if each["Name"].startswith(start)
        }

    def _value(self, name: str, use: str) -> str:
        answer = self._aws("secretsmanager").get_secret_value(SecretId=self._names.secret(name, use))
        return str(answer["SecretString"])

    def _secret(self, name: str, use: str) -> dict[str, Any]:
        fields: dict[str, Any] = json.loads(self._value(name, use))
        return fields

    def _current(self, name: str) -> str:
        return str(self._aws("secretsmanager").get_secret_value(SecretId=name)["VersionId"])

    @cached_property
    def _groups(self) -> dict[str, str]:
        """The IDs of security groups by name."""
        pages = self._aws("ec2").get_paginator("describe_security_groups").paginate()
        return {each["GroupName"]: each["GroupId"] for page in pages for each in page["SecurityGroups"]}

    def _rules(self, group: str) -> list[dict[str, Any]]:
        filters = [{"Name": "group-id", "Values": [group]}]
        rules = self._aws("ec2").describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
        return [
            {
                "out": each["IsEgress"],
                "port": each.get("FromPort"),
                "peer": each.get("ReferencedGroupInfo", {}).get("GroupId"),
            }
            for each in rules
        ]


def _equal(same: bool) -> str:
    return "equal" if same else "different"
