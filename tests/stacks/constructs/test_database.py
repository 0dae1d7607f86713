"""Databases of `resources`: instances of RDS and clusters of Aurora Serverless v2."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.stacks.conftest import Synth
from tests.support.synthesized import Stack

INSTANCE = "resources: {db: {type: postgres, version: '16', instance: db.t4g.micro}}\nservices: {web: {}}"
CLUSTER = "resources: {db: {type: mysql, capacity: {min: 0, max: 4}}}\nservices: {web: {}}"
VERSION = "aws_secretsmanager_secret_version"
READ = f"ephemeral.{VERSION}.db_password.secret_string"


def test_an_instance_is_private_encrypted_backed_up_and_changed_at_once(small: Synth) -> None:
    db = small(INSTANCE)["aws_db_instance.db"]

    assert (db["identifier"], db["engine"], db["engine_version"]) == ("shop-prod-db", "postgres", "16")
    assert (db["instance_class"], db["allocated_storage"], db["storage_type"]) == ("db.t4g.micro", 20, "gp3")
    assert (db["storage_encrypted"], db["publicly_accessible"], db["multi_az"]) == (True, False, False)
    assert (db["apply_immediately"], db["allow_major_version_upgrade"]) == (True, True)
    assert (db["backup_retention_period"], db["deletion_protection"]) == (7, False)
    assert db["vpc_security_group_ids"] == ["${aws_security_group.db_store.id}"]
    assert "kms_key_id" not in db


def test_a_cluster_has_one_serverless_instance(small: Synth) -> None:
    made = small(CLUSTER)
    cluster, instance = made["aws_rds_cluster.db"], made["aws_rds_cluster_instance.db"]

    assert (cluster["cluster_identifier"], cluster["engine"]) == ("shop-prod-db", "aurora-mysql")
    assert cluster["engine_version"] == "8.0"
    assert cluster["serverlessv2_scaling_configuration"] == {"min_capacity": 0, "max_capacity": 4}
    assert (instance["instance_class"], instance["cluster_identifier"]) == ("db.serverless", "${aws_rds_cluster.db.id}")
    assert instance["engine_version"] == "${aws_rds_cluster.db.engine_version}"


@pytest.mark.parametrize(
    ("database", "upgrades"),
    [
        ("{type: postgres, version: '16', instance: db.t4g.micro}", None),
        ("{type: postgres, version: '16.4', instance: db.t4g.micro}", False),
        ("{type: mysql, instance: db.t4g.micro}", None),
        ("{type: mysql, version: 8.0.mysql_aurora.3.08.0, capacity: {max: 4}}", False),
        ("{type: mysql, version: '8.4', capacity: {max: 4}}", None),
    ],
)
def test_aws_upgrades_minor_versions_unless_one_is_written(small: Synth, database: str, upgrades: bool | None) -> None:
    made = small(f"resources: {{db: {database}}}\nservices: {{web: {{}}}}")
    kind = "aws_rds_cluster_instance" if "capacity" in database else "aws_db_instance"

    assert made[f"{kind}.db"].get("auto_minor_version_upgrade") is upgrades


@pytest.mark.parametrize(
    ("text", "kind", "argument"),
    [(INSTANCE, "aws_db_instance", "password_wo"), (CLUSTER, "aws_rds_cluster", "master_password_wo")],
)
def test_the_password_goes_through_the_secret_to_the_database(
    small: Synth, text: str, kind: str, argument: str
) -> None:
    """With versions that are made of the ID of the secret's version: with fixed numbers, both would differ."""
    made = small(text)
    made_password = made.content["ephemeral"]["aws_secretsmanager_random_password"]["db_password"]
    read = made.content["ephemeral"][VERSION]["db_password"]
    secret, database = made[f"{VERSION}.db_password"], made[f"{kind}.db"]

    assert made_password == {"password_length": 32, "exclude_punctuation": True}
    assert secret["secret_string_wo"] == ("${ephemeral.aws_secretsmanager_random_password.db_password.random_password}")
    assert secret["secret_string_wo_version"] == 1
    assert read == {
        "secret_id": f"${{{VERSION}.db_password.secret_id}}",
        "version_id": f"${{{VERSION}.db_password.version_id}}",
    }
    assert database[argument] == f"${{{READ}}}"
    assert database[f"{argument}_version"] == (
        f"${{parseint(substr(sha256({VERSION}.db_password.version_id), 0, 8), 16)}}"
    )
    assert not {"password", "master_password", "manage_master_user_password"} & {*database}


def test_another_password_version_only_changes_the_first_write(small: Synth) -> None:
    rotated = small(INSTANCE.replace("instance:", "password_version: 2, instance:"))

    assert rotated[f"{VERSION}.db_password"]["secret_string_wo_version"] == 2
    assert rotated["aws_db_instance.db"] == small(INSTANCE)["aws_db_instance.db"]


def test_the_secret_has_every_field_and_a_url_that_refer_to_the_database(small: Synth) -> None:
    written = small(INSTANCE)[f"{VERSION}.db_connection"]
    db = "aws_db_instance.db"

    assert written["secret_string_wo"] == (
        '${jsonencode({"engine" = "postgres", '
        f'"host" = {db}.address, "port" = {db}.port, "username" = {db}.username, "password" = {READ}, '
        f'"database" = {db}.db_name, '
        '"url" = format("postgresql://%s:%s@%s:%s/%s?sslmode=require", '
        f"{db}.username, {READ}, {db}.address, {db}.port, {db}.db_name)}})}}"
    )
    assert written["secret_string_wo_version"] == (
        f'${{parseint(substr(sha256("${{{VERSION}.db_password.version_id}} ${{{db}.address}}"), 0, 8), 16)}}'
    )


@pytest.mark.parametrize(("protected", "days"), [("false", 0), ("true", 30)])
def test_secrets_can_be_recovered_only_where_the_environment_is_protected(
    small: Synth, protected: str, days: int
) -> None:
    secrets = small(f"protected: {protected}\n{INSTANCE}").all("aws_secretsmanager_secret")

    assert {name: each["name"] for name, each in secrets.items()} == {
        "db_connection": "shop-prod/db/connection",
        "db_password": "shop-prod/db/password",
    }
    assert {each["recovery_window_in_days"] for each in secrets.values()} == {days}


def test_a_protected_environment_keeps_its_databases(small: Synth) -> None:
    made = small(f"protected: true\n{INSTANCE}")["aws_db_instance.db"]

    assert made["deletion_protection"] is True
    assert made["lifecycle"] == {"prevent_destroy": True, "ignore_changes": ["final_snapshot_identifier"]}


def test_the_name_of_the_final_snapshot_is_new_for_every_database(small: Synth) -> None:
    """The time when the database is created is kept, because the argument is ignored afterwards."""
    made = small(CLUSTER)["aws_rds_cluster.db"]

    assert made["final_snapshot_identifier"] == 'shop-prod-db-${formatdate("YYYYMMDDhhmmss", plantimestamp())}'
    assert made["lifecycle"] == {"ignore_changes": ["final_snapshot_identifier"]}
    assert made["skip_final_snapshot"] is False
    without = small(CLUSTER.replace("type: mysql", "type: mysql, final_snapshot: false"))
    assert without["aws_rds_cluster.db"]["skip_final_snapshot"] is True


@pytest.mark.parametrize(
    ("text", "address", "family", "parameter"),
    [
        (INSTANCE, "aws_db_parameter_group.db", "postgres16", ("rds.force_ssl", "1")),
        (CLUSTER, "aws_rds_cluster_parameter_group.db", "aurora-mysql8.0", ("require_secure_transport", "ON")),
        (
            INSTANCE.replace("type: postgres, version: '16'", "type: mysql"),
            "aws_db_parameter_group.db",
            "mysql8.4",
            ("require_secure_transport", "1"),
        ),
        (
            CLUSTER.replace("mysql", "postgres"),
            "aws_rds_cluster_parameter_group.db",
            "aurora-postgresql17",
            ("rds.force_ssl", "1"),
        ),
    ],
)
def test_connections_without_tls_are_refused(
    small: Synth, text: str, address: str, family: str, parameter: tuple[str, str]
) -> None:
    group = small(text)[address]
    name, value = parameter

    assert (group["family"], group["name"]) == (family, f"shop-prod-db-{family.replace('.', '-')}")
    assert group["parameter"] == [{"apply_method": "pending-reboot", "name": name, "value": value}]
    assert group["lifecycle"] == {"create_before_destroy": True}


def test_with_a_customer_key_the_database_and_its_secrets_are_encrypted_with_it(small: Synth) -> None:
    made = small(f"encryption: customer\n{INSTANCE}")
    encrypted = [made["aws_db_instance.db"], *made.all("aws_secretsmanager_secret").values()]

    assert {each["kms_key_id"] for each in encrypted} == {"${aws_kms_key.main.arn}"}


@pytest.mark.parametrize(
    ("name", "identifier"),
    [("a--b", r"shop-prod-a-b-[0-9a-f]{8}"), ("ab-", r"shop-prod-ab-[0-9a-f]{8}"), ("a-b", "shop-prod-a-b")],
)
def test_identifiers_have_no_two_dashes_in_a_row_and_none_at_the_end(small: Synth, name: str, identifier: str) -> None:
    made = small(INSTANCE.replace("{db:", f"{{{name}:")).all("aws_db_instance")

    (found,) = (each["identifier"] for each in made.values())
    assert re.fullmatch(identifier, found)


USED = """
resources: {db: {type: postgres, instance: db.t4g.micro}}
services:
  web:
    uses:
      db: {url: DATABASE_URL, host: DB_HOST, port: DB_PORT, username: DB_USER, password: DB_PASSWORD, database: DB_NAME,
        secret_arn: DB_SECRET}
  worker: {type: worker, egress: [{port: 443}], uses: {db: {host: DB_HOST}}}
  other: {type: worker}
"""
SECRET = "${aws_secretsmanager_secret.db_connection.arn}"


def task(made: Stack, service: str) -> dict[str, Any]:
    found: dict[str, Any] = made.content["locals"][f"{service}_task"]
    return found


def test_a_service_gets_variables_and_by_version_the_secrets(small: Synth) -> None:
    """ECS does not restart tasks when a secret changes; another version in the definition replaces them."""
    made = task(small(USED), "web")
    version = f"${{{VERSION}.db_connection.version_id}}"

    assert {each["name"]: each["value"] for each in made["environment"]} == {
        "DB_HOST": "${aws_db_instance.db.address}",
        "DB_NAME": "app",
        "DB_PORT": "5432",
        "DB_SECRET": SECRET,
        "DB_USER": "app",
        "PORT": "3000",
    }
    assert made["secrets"] == [
        {"name": "DATABASE_URL", "valueFrom": f"{SECRET}:url::{version}"},
        {"name": "DB_PASSWORD", "valueFrom": f"{SECRET}:password::{version}"},
    ]


def test_exactly_the_users_of_a_database_reach_it(small: Synth) -> None:
    made = small(USED)

    assert made.rules("ingress", "db_store") == {
        "db_store_from_web": ("${aws_security_group.web_tasks.id}", 5432),
        "db_store_from_worker": ("${aws_security_group.worker_tasks.id}", 5432),
    }
    assert made.rules("egress", "db_store") == {}
    assert made.rules("egress", "worker_tasks")["worker_tasks_to_db"] == ("${aws_security_group.db_store.id}", 5432)
    assert {*made.rules("egress", "web_tasks")} == {"web_tasks_open"}
    assert not [name for name in made.rules("egress", "other_tasks") if "db" in name]


def test_the_roles_may_read_exactly_the_secret_that_they_need(small: Synth) -> None:
    made = small(USED)

    for use in ("execution", "task"):
        statement = made.statements(f"aws_iam_role_policy.web_{use}")["ReadConnections"]
        assert (statement["Action"], statement["Resource"]) == (["secretsmanager:GetSecretValue"], [SECRET])
    assert "ReadConnections" not in made.statements("aws_iam_role_policy.worker_execution")
    assert "aws_iam_role_policy.worker_task" not in made


def test_with_a_customer_key_the_roles_may_decrypt_through_secrets_manager(small: Synth) -> None:
    made = small(f"encryption: customer\n{USED}")

    for use in ("execution", "task"):
        statement = made.statements(f"aws_iam_role_policy.web_{use}")["DecryptConnections"]
        assert (statement["Action"], statement["Resource"]) == (["kms:Decrypt"], ["${aws_kms_key.main.arn}"])
        assert statement["Condition"] == {"StringEquals": {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}}


def test_tasks_start_when_the_database_accepts_connections(small: Synth) -> None:
    made = small(USED)

    for service in ("web", "worker"):
        depends = made[f"aws_ecs_service.{service}"]["depends_on"]
        assert {"aws_db_instance.db", f"aws_vpc_security_group_ingress_rule.db_store_from_{service}"} <= {*depends}
    cluster = small(USED.replace("instance: db.t4g.micro", "capacity: {max: 4}"))
    assert "aws_rds_cluster_instance.db" in cluster["aws_ecs_service.web"]["depends_on"]


def test_the_output_resources_names_the_database(small: Synth) -> None:
    assert small(USED).content["output"]["resources"]["value"] == {
        "db": {
            "arn": "${aws_db_instance.db.arn}",
            "endpoint": "${aws_db_instance.db.address}",
            "name": "shop-prod-db",
            "port": "${aws_db_instance.db.port}",
            "secret_arn": SECRET,
        }
    }
