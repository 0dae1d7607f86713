"""Patches moto's RDS: clusters without Aurora Serverless v1, IDs of instances, the source of parameters."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.moto_api._internal import mock_random
from moto.rds.models import DBCluster, DBInstance
from moto.rds.responses import RDSResponse

_V1_INFO = DBCluster.scaling_configuration_info
_ID_LENGTH = 26


def patch() -> None:
    DBCluster.scaling_configuration_info = property(scaling_configuration_info)
    RDSResponse.describe_db_engine_versions = describe_db_engine_versions
    RDSResponse.describe_orderable_db_instance_options = describe_orderable_db_instance_options
    _number_the_instances()
    _name_the_source_of_parameters("describe_db_parameters")
    _name_the_source_of_parameters("describe_db_cluster_parameters")


def describe_db_engine_versions(self: Any) -> ActionResult:
    """DescribeDBEngineVersions, which moto lacks: here every version is offered."""
    asked = {key: self.params[key] for key in ("Engine", "EngineVersion") if self.params.get(key)}
    return ActionResult({"DBEngineVersions": [asked]})


def describe_orderable_db_instance_options(self: Any) -> ActionResult:
    """DescribeOrderableDBInstanceOptions: moto has few versions; here every class is offered."""
    asked = {key: self.params.get(key) for key in ("Engine", "EngineVersion", "DBInstanceClass")}
    return ActionResult({"OrderableDBInstanceOptions": [asked]})


def scaling_configuration_info(self: Any) -> dict[str, Any] | None:
    """Only a cluster of Aurora Serverless v1 has a `ScalingConfigurationInfo`; in moto every cluster has one."""
    info: dict[str, Any] | None = _V1_INFO.fget(self) if self.engine_mode == "serverless" else None
    return info


def _number_the_instances() -> None:
    """Each instance has its own `DbiResourceId`, by which the AWS provider finds it; in moto all have the same."""
    _create = DBInstance.__init__

    def create(self: Any, *args: Any, **kwargs: Any) -> None:
        _create(self, *args, **kwargs)
        self.dbi_resource_id = f"db-{mock_random.get_random_string(length=_ID_LENGTH, lower_case=False).upper()}"

    DBInstance.__init__ = create


def _name_the_source_of_parameters(operation: str) -> None:
    """A parameter that was set in a group has the source `user`, and `Source` selects by it; moto has neither."""
    _describe = getattr(RDSResponse, operation)

    def describe(self: Any) -> Any:
        wanted = self.params.get("Source")
        found = [{**each, "Source": "user"} for each in _describe(self).result["Parameters"]]
        return ActionResult({"Parameters": [each for each in found if wanted in (None, "user")]})

    setattr(RDSResponse, operation, describe)
