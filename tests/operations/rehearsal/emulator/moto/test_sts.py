"""The credentials of a role are for its account."""

from __future__ import annotations

from operations.rehearsal.emulator.client import Emulator

ROLE = "arn:aws:iam::210987654321:role/images"


def test_a_role_of_another_account_has_its_own_resources(emulator: Emulator) -> None:
    own, other = emulator.client("ecr", "eu-west-1"), emulator.client("ecr", "eu-west-1", role=ROLE)

    made = other.create_repository(repositoryName="other/web")["repository"]
    assert made["registryId"] == "210987654321"
    assert "other/web" not in [each["repositoryName"] for each in own.describe_repositories()["repositories"]]

    identity = emulator.client("sts", "eu-west-1", role=ROLE).get_caller_identity()
    assert identity["Account"] == "210987654321"
