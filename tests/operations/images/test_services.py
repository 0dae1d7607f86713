"""How the services of a project are built, and where they are pushed to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest

from cli.sentences import sentences
from operations.images.services import platform_of, registry_of, service_builds
from operations.images.source import ServiceBuild
from stacks.errors import AwsError, UsageError
from stacks.project.models import Project

SERVICES: dict[str, Any] = {
    "web": {
        "build": {"context": "web", "dockerfile": "../web.Dockerfile", "target": "app", "args": {"VERSION": "1.2"}}
    },
    "mailer": {"type": "worker", "build": ".", "architecture": "arm64"},
    "other": {"image": "app:1"},
}


def project(**settings: Any) -> Project:
    return Project.model_validate(
        {"project_id": "shop", "env": "dev", "region": "eu-west-1", "services": SERVICES, **settings}
    )


def test_every_service_with_build_is_built_for_its_architecture(tmp_path: Path) -> None:
    web, mailer = service_builds(project(), tmp_path, tag="1.0")

    assert web == ServiceBuild(
        "web",
        "shop/web",
        tmp_path / "web",
        tmp_path / "web" / "../web.Dockerfile",
        "linux/amd64",
        "app",
        {"VERSION": "1.2"},
        "1.0",
    )
    assert (mailer.context, mailer.platform, mailer.target) == (tmp_path / ".", "linux/arm64", None)
    assert platform_of(project(), "mailer") == "linux/arm64"


def test_named_services_are_built_in_the_order_of_the_file(tmp_path: Path) -> None:
    assert [each.service for each in service_builds(project(), tmp_path, ["mailer", "web"])] == ["web", "mailer"]
    assert [each.service for each in service_builds(project(), tmp_path, ["mailer"])] == ["mailer"]


@pytest.mark.parametrize(
    ("services", "names", "message"),
    [
        (SERVICES, ["wep"], "unknown service; got wep; did you mean web?"),
        (SERVICES, ["other"], "services.other: the service has no build; the services with build are web and mailer"),
        ({"web": {"image": "a:1"}}, ["web"], "services.web: the service has no build; add build to the service"),
        (
            {"web": {"image": "a:1"}},
            [],
            "services: no service has build; add build: . to a service with a Dockerfile",
        ),
    ],
)
def test_what_can_not_be_built_is_named(
    tmp_path: Path, services: dict[str, Any], names: list[str], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        service_builds(project(services=services), tmp_path, names)

    assert sentences(caught.value) == message


def test_the_registry_is_in_its_own_region(account: boto3.Session) -> None:
    account.client("ecr", region_name="eu-central-1").create_repository(repositoryName="shop/web")

    registry = registry_of(project(registry={"region": "eu-central-1"}))

    assert registry.uri("shop/web") == "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web"


def test_credentials_for_another_account_than_the_registry_are_refused(account: boto3.Session) -> None:
    with pytest.raises(AwsError, match=r"belongs to account 210987654321"):
        registry_of(project(registry={"account_id": "210987654321"}))
