"""PostgreSQL and MySQL: an instance of RDS, or a cluster of Aurora Serverless v2."""

from __future__ import annotations

from typing import Any

from stacks.bindings import TerraformResourceLifecycle, aws
from stacks.constructs.base import Construct, Scope
from stacks.constructs.database_password import Password, write_only
from stacks.constructs.environment import Environment
from stacks.constructs.network import Subnets
from stacks.constructs.security_group import SecurityGroup
from stacks.constructs.store import Store
from stacks.database_engines import DATABASE, USERNAME, Engine, engine_of
from stacks.naming import identifier
from stacks.project.models import DatabaseCapacity, Mysql, Postgres

SERVERLESS = "db.serverless"
"""The instance class of Aurora Serverless v2."""
CLUSTER = "aws_rds_cluster"
INSTANCE = "aws_db_instance"


class Database(Construct):
    """A database in the private subnets, encrypted, with backups and a final snapshot, that only its clients can reach.

    It refuses connections without TLS. Changes are made at once, not in the next maintenance window. A protected
    environment keeps it: AWS refuses to delete it, and Terraform to replace it.

    Attributes:
        store: What services need of it.
    """

    def __init__(
        self, scope: Scope, environment: Environment, subnets: Subnets, name: str, config: Postgres | Mysql
    ) -> None:
        super().__init__(scope, f"resource_{identifier(name)}")
        self._environment, self._name, self._config = environment, name, config
        self._id, self._identifier = identifier(name), environment.names.database(name)
        self._engine = engine_of(config.type, serverless=config.capacity is not None)
        self._version = config.version or self._engine.default
        # RDS upgrades minor versions by default; Terraform would lower a written one again, which RDS refuses.
        self._upgrades = None if self._engine.major(self._version) == self._version else False
        self._subnets = self.make(
            aws.db_subnet_group.DbSubnetGroup,
            self._id,
            name=self._identifier,
            description=f"Subnets of {name} in {environment.names.stack}",
            subnet_ids=subnets.private,
            tags={"Name": self._identifier},
        )
        self._group = SecurityGroup(
            self,
            f"{self._id}_store",
            name=environment.names.store_security_group(name),
            description=f"Clients of the database {name}",
            vpc_id=subnets.vpc_id,
        )
        self._password = Password(self, environment, name, rotation=config.password_version)
        if config.capacity is None:
            ready, address, host, arn = self._instance()
        else:
            ready, address, host, arn = self._cluster(config.capacity)
        self.store = self._store(ready, address, host, arn)

    def _cluster(self, capacity: DatabaseCapacity) -> tuple[Any, str, str, str]:
        """A cluster with one instance: it and its address, attribute of the host, and ARN."""
        kind = aws.rds_cluster
        scaling = kind.RdsClusterServerlessv2ScalingConfiguration(min_capacity=capacity.min, max_capacity=capacity.max)
        cluster = self.make(
            kind.RdsCluster,
            self._id,
            comment=_COMMENT,
            cluster_identifier=self._identifier,
            database_name=DATABASE,
            master_username=USERNAME,
            db_cluster_parameter_group_name=self._parameters(
                aws.rds_cluster_parameter_group,
                aws.rds_cluster_parameter_group.RdsClusterParameterGroup,
                "RdsClusterParameterGroupParameter",
            ),
            serverlessv2_scaling_configuration=scaling,
            **self._common(),
        )
        write_only(cluster, "master_password_wo", self._password)
        instance = self.make(
            aws.rds_cluster_instance.RdsClusterInstance,
            self._id,
            identifier=self._identifier,
            cluster_identifier=cluster.id,
            engine=cluster.engine,
            engine_version=cluster.engine_version,
            auto_minor_version_upgrade=self._upgrades,
            instance_class=SERVERLESS,
            db_subnet_group_name=self._subnets.name,
            apply_immediately=True,
            copy_tags_to_snapshot=True,
            publicly_accessible=False,
            tags={"Name": self._identifier},
        )
        return instance, f"{CLUSTER}.{self._id}", "endpoint", cluster.arn

    def _instance(self) -> tuple[Any, str, str, str]:
        """An instance: it and its address, attribute of the host, and ARN."""
        config = self._config
        instance = self.make(
            aws.db_instance.DbInstance,
            self._id,
            comment=_COMMENT,
            identifier=self._identifier,
            db_name=DATABASE,
            username=USERNAME,
            auto_minor_version_upgrade=self._upgrades,
            instance_class=config.instance,
            allocated_storage=config.storage,
            storage_type="gp3",
            multi_az=config.multi_az,
            publicly_accessible=False,
            parameter_group_name=self._parameters(
                aws.db_parameter_group, aws.db_parameter_group.DbParameterGroup, "DbParameterGroupParameter"
            ),
            **self._common(),
        )
        write_only(instance, "password_wo", self._password)
        return instance, f"{INSTANCE}.{self._id}", "address", instance.arn

    def _common(self) -> dict[str, Any]:
        """The arguments that a cluster and an instance share."""
        environment, config = self._environment, self._config
        return {
            "engine": self._engine.name,
            "engine_version": self._version,
            "allow_major_version_upgrade": True,
            "apply_immediately": True,
            "backup_retention_period": config.backup_days,
            "copy_tags_to_snapshot": True,
            "db_subnet_group_name": self._subnets.name,
            "deletion_protection": environment.protected,
            # A snapshot stays when the database goes, so a new database needs another name for its own.
            "final_snapshot_identifier": f'{self._identifier}-${{formatdate("YYYYMMDDhhmmss", plantimestamp())}}',
            "kms_key_id": environment.key_arn,
            "lifecycle": TerraformResourceLifecycle(
                prevent_destroy=True if environment.protected else None, ignore_changes=["final_snapshot_identifier"]
            ),
            "skip_final_snapshot": not config.final_snapshot,
            "storage_encrypted": True,
            "tags": {"Name": self._identifier},
            "vpc_security_group_ids": [self._group.id],
        }

    def _parameters(self, module: Any, kind: Any, parameter: str) -> str:
        """The name of a parameter group, of the major version, that requires TLS."""
        family = self._engine.parameter_family(self._version)
        name, value = self._engine.tls
        group = self.make(
            kind,
            self._id,
            name=self._environment.names.parameter_group(self._name, family),
            family=family,
            description=f"Parameters of {self._name} in {self._environment.names.stack}",
            parameter=[getattr(module, parameter)(name=name, value=value, apply_method="pending-reboot")],
            tags={"Name": self._identifier},
            # Another major version has another group, and the database uses the old one until it is upgraded.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        return str(group.name)

    def _store(self, ready: Any, address: str, host: str, arn: str) -> Store:
        secret = self._password.connection(
            self._environment, self._name, _fields(self._engine, address, host, self._password), f"{address}.{host}"
        )
        return Store(
            name=self._name,
            port=self._engine.port,
            group=self._group,
            ready=(ready,),
            values={
                "host": f"${{{address}.{host}}}",
                "port": str(self._engine.port),
                "username": USERNAME,
                "database": DATABASE,
                "secret_arn": secret.arn,
            },
            secrets={key: f"{secret.arn}:{key}::${{{secret.version_id}}}" for key in ("url", "password")},
            secret_arn=secret.arn,
            outputs={
                "endpoint": f"${{{address}.{host}}}",
                "port": f"${{{address}.port}}",
                "secret_arn": secret.arn,
                "name": self._identifier,
                "arn": arn,
            },
        )


_COMMENT = "The password is write-only: it is in no plan and not in the state."


def _fields(engine: Engine, address: str, host: str, password: Password) -> dict[str, str]:
    """The fields of the secret as Terraform expressions, with names as RDS gives them to its own secrets."""
    user, name = ("master_username", "database_name") if address.startswith(CLUSTER) else ("username", "db_name")
    url = f"{engine.scheme}://%s:%s@%s:%s/%s{engine.options}"
    parts = (f"{address}.{user}", password.value, f"{address}.{host}", f"{address}.port", f"{address}.{name}")
    return {
        "engine": f'"{engine.family.removeprefix("aurora-").removesuffix("ql")}"',
        "host": f"{address}.{host}",
        "port": f"{address}.port",
        "username": f"{address}.{user}",
        "password": password.value,
        "database": f"{address}.{name}",
        "url": f'format("{url}", {", ".join(parts)})',
    }
