"""Patches moto's EFS: backup policies and updates of a file system."""

from __future__ import annotations

import json
from typing import Any

from moto.efs.models import EFSBackend, FileSystem
from moto.efs.responses import EFSResponse

JSON = {"Content-Type": "application/json"}


def patch() -> None:
    EFSResponse.put_backup_policy = put_backup_policy
    EFSResponse.update_file_system = update_file_system
    EFSResponse.delete_file_system_policy = delete_file_system_policy
    EFSBackend.describe_backup_policy = describe_backup_policy
    FileSystem.backup_policy = property(lambda self: {"Status": "ENABLED"} if self._backup else {"Status": "DISABLED"})


def put_backup_policy(self: Any) -> tuple[str, dict[str, Any]]:
    """PutBackupPolicy turns the automatic backups of a file system on or off."""
    policy = self._get_param("BackupPolicy")
    file_system = self.efs_backend.file_systems_by_id[self._get_param("FileSystemId")]
    file_system._backup = policy["Status"] == "ENABLED"
    return json.dumps({"BackupPolicy": file_system.backup_policy}), JSON


def describe_backup_policy(self: Any, file_system_id: str) -> dict[str, str]:
    """DescribeBackupPolicy returns DISABLED for a file system without backups; moto returns an error."""
    policy: dict[str, str] = self.file_systems_by_id[file_system_id].backup_policy
    return policy


def update_file_system(self: Any) -> tuple[str, dict[str, Any]]:
    """UpdateFileSystem changes the throughput mode of a file system in place."""
    file_system = self.efs_backend.file_systems_by_id[self._get_param("FileSystemId")]
    file_system.throughput_mode = self._get_param("ThroughputMode") or file_system.throughput_mode
    file_system.provisioned_throughput_in_mibps = self._get_param("ProvisionedThroughputInMibps")
    return json.dumps(file_system.info_json()), {"status": 202, **JSON}


def delete_file_system_policy(self: Any) -> tuple[str, dict[str, Any]]:
    """DeleteFileSystemPolicy restores the default policy of a file system."""
    self.efs_backend.file_systems_by_id[self._get_param("FileSystemId")].file_system_policy = None
    return "{}", JSON
