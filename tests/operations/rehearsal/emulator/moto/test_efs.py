"""moto's EFS: backups, updates and policies."""

from __future__ import annotations

import pytest

from tests.operations.rehearsal.emulator.moto.conftest import Aws


def test_a_file_system_can_be_backed_up_and_changed(aws: Aws) -> None:
    efs = aws("efs")
    system = efs.create_file_system(CreationToken="data", Backup=False)["FileSystemId"]
    assert efs.describe_backup_policy(FileSystemId=system)["BackupPolicy"] == {"Status": "DISABLED"}

    efs.put_backup_policy(FileSystemId=system, BackupPolicy={"Status": "ENABLED"})
    efs.update_file_system(FileSystemId=system, ThroughputMode="elastic")

    assert efs.describe_backup_policy(FileSystemId=system)["BackupPolicy"] == {"Status": "ENABLED"}
    assert efs.describe_file_systems(FileSystemId=system)["FileSystems"][0]["ThroughputMode"] == "elastic"


def test_a_file_system_policy_can_be_deleted(aws: Aws) -> None:
    efs = aws("efs")
    system = efs.create_file_system(CreationToken="policy")["FileSystemId"]
    efs.put_file_system_policy(FileSystemId=system, Policy='{"Version": "2012-10-17", "Statement": []}')
    efs.delete_file_system_policy(FileSystemId=system)

    with pytest.raises(efs.exceptions.PolicyNotFound):
        efs.describe_file_system_policy(FileSystemId=system)
