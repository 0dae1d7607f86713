"""Volumes: managed and existing file systems, and writable paths under a read-only root."""

from __future__ import annotations

import pytest

from tests.stacks.conftest import Synth

MANAGED = "services: {web: {volumes: {data: {path: /data}}}}"


def test_a_managed_volume_is_an_encrypted_file_system_with_backups(small: Synth) -> None:
    made = small(MANAGED)

    system = made["aws_efs_file_system.web_data"]
    assert (system["creation_token"], system["encrypted"]) == ("shop-prod-web/data", True)
    assert made["aws_efs_backup_policy.web_data"]["backup_policy"] == {"status": "ENABLED"}


def test_it_has_a_mount_target_in_every_private_subnet_for_the_services_tasks_only(small: Synth) -> None:
    made = small(MANAGED)

    targets = made.all("aws_efs_mount_target").values()
    assert [target["subnet_id"] for target in targets] == ["subnet-0000000c", "subnet-0000000d"]
    assert all(target["security_groups"] == ["${aws_security_group.web_data_efs.id}"] for target in targets)
    assert made.rules("ingress", "web_data_efs") == {"web_data_efs_nfs": ("${aws_security_group.web_tasks.id}", 2049)}


def test_its_access_point_sets_the_user_and_the_root_directory(small: Synth) -> None:
    point = small(MANAGED)["aws_efs_access_point.web_data"]

    assert point["posix_user"] == {"gid": 1000, "uid": 1000}
    assert point["root_directory"] == {
        "path": "/data",
        "creation_info": {"owner_gid": 1000, "owner_uid": 1000, "permissions": "0755"},
    }


def test_the_task_mounts_it_over_tls_with_iam_authorization(small: Synth) -> None:
    made = small(MANAGED)

    system, point = "${aws_efs_file_system.web_data.id}", "${aws_efs_access_point.web_data.id}"
    assert made["aws_ecs_task_definition.web"]["volume"] == [
        {
            "name": "data",
            "efs_volume_configuration": {
                "authorization_config": {"access_point_id": point, "iam": "ENABLED"},
                "file_system_id": system,
                "transit_encryption": "ENABLED",
            },
        }
    ]
    assert made.definition("web")["volumes"] == [
        {
            "name": "data",
            "efsVolumeConfiguration": {
                "authorizationConfig": {"accessPointId": point, "iam": "ENABLED"},
                "fileSystemId": system,
                "transitEncryption": "ENABLED",
            },
        }
    ]
    mount = {"containerPath": "/data", "readOnly": False, "sourceVolume": "data"}
    assert made.container("web")["mountPoints"] == [mount]


def test_the_service_depends_on_the_mount_targets(small: Synth) -> None:
    made = small(MANAGED)

    targets = {f"aws_efs_mount_target.{name}" for name in made.names("aws_efs_mount_target")}
    assert len(targets) == 2
    assert targets < {*made["aws_ecs_service.web"]["depends_on"]}


def test_the_task_role_may_mount_and_write_only_through_the_access_point(small: Synth) -> None:
    (grant,) = small(MANAGED).policy("aws_iam_role_policy.web_task")

    assert grant == {
        "Sid": "MountVolume1",
        "Effect": "Allow",
        "Action": ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
        "Resource": ["${aws_efs_file_system.web_data.arn}"],
        "Condition": {"StringEquals": {"elasticfilesystem:AccessPointArn": "${aws_efs_access_point.web_data.arn}"}},
    }


def test_a_read_only_volume_has_no_write_permission(small: Synth) -> None:
    made = small("services: {web: {volumes: {data: {path: /data, read_only: true}}}}")

    (grant,) = made.policy("aws_iam_role_policy.web_task")
    assert grant["Action"] == ["elasticfilesystem:ClientMount"]
    assert made.container("web")["mountPoints"][0]["readOnly"] is True


def test_nothing_is_created_for_an_existing_file_system(small: Synth) -> None:
    made = small("services: {web: {volumes: {data: {efs: fs-12345678, path: /data, root_directory: /web}}}}")

    assert not [address for address in made.addresses if address.startswith("aws_efs_")]
    (volume,) = made["aws_ecs_task_definition.web"]["volume"]
    assert volume["efs_volume_configuration"] == {
        "authorization_config": {"iam": "ENABLED"},
        "file_system_id": "fs-12345678",
        "root_directory": "/web",
        "transit_encryption": "ENABLED",
    }
    (grant,) = made.policy("aws_iam_role_policy.web_task")
    assert grant["Resource"][0].endswith(":file-system/fs-12345678")
    assert "Condition" not in grant


def test_an_existing_access_point_replaces_the_root_directory(small: Synth) -> None:
    made = small("services: {web: {volumes: {data: {efs: fs-12345678, access_point: fsap-12345678, path: /data}}}}")

    (volume,) = made["aws_ecs_task_definition.web"]["volume"]
    assert volume["efs_volume_configuration"] == {
        "authorization_config": {"access_point_id": "fsap-12345678", "iam": "ENABLED"},
        "file_system_id": "fs-12345678",
        "transit_encryption": "ENABLED",
    }
    (grant,) = made.policy("aws_iam_role_policy.web_task")
    points = grant["Condition"]["StringEquals"]["elasticfilesystem:AccessPointArn"]
    assert points.endswith(":access-point/fsap-12345678")


def test_listed_egress_is_extended_with_a_rule_to_the_volume(small: Synth) -> None:
    made = small("services: {web: {egress: [{port: 443}], volumes: {data: {path: /data}}}}")

    assert sorted(made.rules("egress", "web_tasks").values()) == [
        ("${aws_security_group.web_data_efs.id}", 2049),
        ("0.0.0.0/0", 443),
    ]


def test_volumes_named_like_services_or_with_similar_names_do_not_collide(small: Synth) -> None:
    made = small("""
        services:
          web:
            connect: true
            egress: [{port: 443}]
            volumes: {api: {path: /a}, data-1: {path: /b}, data1: {path: /c}}
          api: {connect: true, type: worker}
    """)

    ids = [statement["Sid"] for statement in made.policy("aws_iam_role_policy.web_task")]
    assert ids == ["MountVolume1", "MountVolume2", "MountVolume3"]
    assert made.names("aws_efs_file_system") == ["web_api", "web_data1", "web_data_1"]


def test_writable_paths_of_a_read_only_root_are_ephemeral_volumes(small: Synth) -> None:
    made = small("services: {web: {readonly_root: true, writable_paths: [/tmp, '/var/${x}']}}")

    container = made.container("web")
    assert container["readonlyRootFilesystem"] is True
    assert container["mountPoints"] == [
        {"containerPath": "/tmp", "readOnly": False, "sourceVolume": "writable-0"},
        {"containerPath": "/var/${x}", "readOnly": False, "sourceVolume": "writable-1"},
    ]
    assert made["aws_ecs_task_definition.web"]["volume"] == [{"name": "writable-0"}, {"name": "writable-1"}]
    assert made.definition("web")["volumes"] == [
        {"host": {}, "name": "writable-0"},
        {"host": {}, "name": "writable-1"},
    ]


@pytest.mark.parametrize("protected", [True, False])
def test_file_systems_of_a_protected_environment_prevent_destroy(small: Synth, protected: bool) -> None:
    system = small(f"{MANAGED}\nprotected: {str(protected).lower()}")["aws_efs_file_system.web_data"]

    assert system.get("lifecycle") == ({"prevent_destroy": True} if protected else None)


def test_containers_of_a_task_share_an_ephemeral_volume(small: Synth) -> None:
    made = small("""
        services:
          web:
            volumes: {cache: {efs: false, path: /cache}}
            sidecars: {nginx: {image: nginx:1.27, port: 80, volumes: {cache: {path: /var/cache, read_only: true}}}}
        """)

    assert made["aws_ecs_task_definition.web"]["volume"] == [{"name": "cache"}]
    assert made.definition("web")["volumes"] == [{"host": {}, "name": "cache"}]
    own = {"containerPath": "/cache", "readOnly": False, "sourceVolume": "cache"}
    assert made.container("web")["mountPoints"] == [own]
    assert made.container("web", "nginx")["mountPoints"] == [{**own, "containerPath": "/var/cache", "readOnly": True}]
    assert made.names("aws_efs_file_system") == []
    assert "aws_iam_role_policy.web_task" not in made


@pytest.mark.parametrize(
    ("mount", "read_only"), [("/x", True), ("{path: /x}", True), ("{path: /x, read_only: false}", False)]
)
def test_a_sidecar_mounts_a_volume_like_its_service_unless_it_says_otherwise(
    small: Synth, mount: str, read_only: bool
) -> None:
    made = small(f"""
        services:
          web:
            volumes: {{data: {{path: /data, read_only: true}}}}
            sidecars: {{nginx: {{image: app:1, volumes: {{data: {mount}}}}}}}
        """)

    assert made.container("web", "nginx")["mountPoints"][0]["readOnly"] == read_only
    (grant,) = made.policy("aws_iam_role_policy.web_task")
    assert ("elasticfilesystem:ClientWrite" in grant["Action"]) == (not read_only)


# The service that mounts the volume comes before the one that has it.
SHARED = """
    services:
      viewer:
        type: worker
        egress: [{port: 443}]
        volumes: {media: {efs: worker.files, path: /media, read_only: true}}
      worker: {type: worker, volumes: {files: {path: /files}}}
    """


def test_services_share_the_file_system_of_one_of_them(small: Synth) -> None:
    made = small(SHARED)

    assert made.names("aws_efs_file_system") == made.names("aws_efs_access_point") == ["worker_files"]
    (volume,) = made["aws_ecs_task_definition.viewer"]["volume"]
    assert volume["name"] == "media"
    assert volume["efs_volume_configuration"]["file_system_id"] == "${aws_efs_file_system.worker_files.id}"
    assert volume["efs_volume_configuration"]["authorization_config"] == {
        "access_point_id": "${aws_efs_access_point.worker_files.id}",
        "iam": "ENABLED",
    }
    (grant,) = made.policy("aws_iam_role_policy.viewer_task")
    assert (grant["Action"], grant["Resource"]) == (
        ["elasticfilesystem:ClientMount"],
        ["${aws_efs_file_system.worker_files.arn}"],
    )


def test_tasks_of_both_services_reach_its_mount_targets(small: Synth) -> None:
    made = small(SHARED)

    assert made.rules("ingress", "worker_files_efs") == {
        "worker_files_efs_nfs": ("${aws_security_group.worker_tasks.id}", 2049),
        "viewer_tasks_into_efs_media": ("${aws_security_group.viewer_tasks.id}", 2049),
    }
    assert made.rules("egress", "viewer_tasks")["viewer_tasks_efs_media"] == (
        "${aws_security_group.worker_files_efs.id}",
        2049,
    )
    needed = {f"aws_efs_mount_target.{name}" for name in made.names("aws_efs_mount_target")}
    needed |= {"aws_vpc_security_group_ingress_rule.viewer_tasks_into_efs_media"}
    assert needed < {*made["aws_ecs_service.viewer"]["depends_on"]}


def test_a_job_waits_for_the_mount_targets_of_another_service(small: Synth) -> None:
    made = small("""
        services:
          worker: {type: worker, volumes: {files: {path: /files}}}
          nightly: {type: job, schedule: rate(1 day), volumes: {files: {efs: worker.files, path: /files}}}
        """)

    needed = {f"aws_efs_mount_target.{name}" for name in made.names("aws_efs_mount_target")}
    assert needed < {*made["aws_scheduler_schedule.nightly"]["depends_on"]}
