"""The workflow of `ecsforge ci github` runs: its blocks, with the roles of `ecsforge ci init` and what these may do.

Podman builds, a registry is behind ECR's host name, and the emulator is the account. With ECSFORGE_TRANSCRIPT=FILE,
what each job prints is written to that file.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from operations.rehearsal.emulator.client import Emulator
from tests.support.comments import GH
from tests.support.emulator_with_policies import Asked, EmulatorWithPolicies
from tests.support.pipelines import jobs
from tests.support.registry.programs import program
from tests.support.registry.workshop import DOCKERFILE
from tests.support.registry.world import world
from tests.support.repository import commit, git
from tests.support.workflow_runner import Result, Runner
from tests.support.workplace import REGION, ROOT, SUBNETS, VPC, WORKER, Workplace

pytestmark = pytest.mark.images

ACCOUNT = "123456789012"
SERVICE: dict[str, Any] = {"type": WORKER["type"], "count": 1}
SETTINGS: dict[str, Any] = {
    "state": {"backend": "s3", "bucket": "acme-state"},
    "ci": {"github": {"repository": "acme/shop", "install": "pip install ."}},
    "environments": {"dev": {}, "prod": {"protected": True, "account_id": ACCOUNT}},
    "registry": {"account_id": ACCOUNT},
}


OFFLINE = {"rehearse": ("ecsforge rehearse", "true")}
"""What to replace where the rehearsal has run before."""


class Repository:
    """A repository on GitHub whose project is deployed nowhere, and its runner."""

    def __init__(self, place: Workplace, bin: Path) -> None:
        self.place, self.folder, self.bin = place, place.folder, bin
        self.write_programs()
        self.write("web", "api")
        place.write("shop", {name: {**SERVICE, "build": name} for name in ("web", "api")}, **SETTINGS)
        git(self.folder, "init", "--quiet")
        (self.folder / ".gitignore").write_text("cdktf.out/\n")
        place.aws("s3").create_bucket(Bucket="acme-state", CreateBucketConfiguration={"LocationConstraint": REGION})
        for stack in (["--shared"], ["--env", "dev"], ["--env", "prod"]):
            place.ecsforge("ci", "init", *stack)
        place.ecsforge("ci", "github")
        commit(self.folder)

    def write_programs(self) -> None:
        """The programs that jobs find on the PATH."""
        texts = {
            "ecsforge": f'#!/bin/sh\nexec "{sys.executable}" -m cli "$@"\n',
            "pip": "#!/bin/sh\n",
            "gh": GH.format(python=sys.executable, folder=str(self.bin)),
        }
        for name, text in texts.items():
            (self.bin / name).write_text(text)
            (self.bin / name).chmod(0o755)

    def write(self, *services: str, number: int = 0) -> None:
        """A Dockerfile and a program; another `number` is another program."""
        for name in services:
            folder = self.folder / name
            folder.mkdir(exist_ok=True)
            (folder / "Dockerfile").write_text(DOCKERFILE)
            (folder / "app").write_bytes(program("amd64", number))
            (folder / "app").chmod(0o755)

    def run(self, event: Mapping[str, Any], changed: Mapping[str, tuple[str, str]] | None = None) -> dict[str, Result]:
        """Run the workflow for an event, with a text replaced in some jobs."""
        text = (self.folder / ".github/workflows/ecsforge.yml").read_text()
        temporary = self.bin / "temporary"
        temporary.mkdir(exist_ok=True)
        own = {**self.place.env_vars, "PYTHONPATH": str(ROOT)}
        own["PATH"] = f"{self.bin}:{own['PATH']}"
        found = dict(jobs(text))
        for name, (before, after) in (changed or {}).items():
            assert before in json.dumps(found[name])
            found[name] = json.loads(json.dumps(found[name]).replace(before, after))
        runner = Runner(found, self.folder, temporary, own, self.assume, {"AWS_ACCOUNT_ID": ACCOUNT})
        results = runner.run(event)
        if transcript := os.environ.get("ECSFORGE_TRANSCRIPT"):
            with Path(transcript).open("a", encoding="utf-8") as file:
                file.writelines(f"== {event['event_name']}: {key}\n{each.printed}" for key, each in results.items())
        return results

    def assume(self, arn: str) -> dict[str, str]:
        """The credentials of a role, as configure-aws-credentials exports them."""
        sts = self.place.aws("sts")
        made = sts.assume_role(RoleArn=arn, RoleSessionName="GitHubActions")["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
            "AWS_SESSION_TOKEN": made["SessionToken"],
            "AWS_REGION": REGION,
        }

    def running(self, env: str) -> dict[str, str]:
        """The images that the services of an environment run."""
        ecs, found = self.place.aws("ecs"), {}
        for name in ("web", "api"):
            service = f"{name}-service-shop-{env}"
            answer = ecs.describe_services(cluster=f"web-cluster-shop-{env}", services=[service])["services"][0]
            definition = ecs.describe_task_definition(taskDefinition=answer["taskDefinition"])["taskDefinition"]
            found[name] = definition["containerDefinitions"][0]["image"]
        return found

    def comments(self) -> list[str]:
        found: list[str] = json.loads((self.bin / "comments").read_text())
        return found


def push(before: str) -> dict[str, Any]:
    return {"event_name": "push", "event": {"before": before}}


def pull_request(repository: str = "acme/shop", author: str = "me") -> dict[str, Any]:
    event = {"number": 7, "head": {"repo": {"full_name": repository}}, "user": {"login": author}}
    own = {"repository": "acme/shop", "server_url": "https://github.com", "run_id": 1, "token": "t"}
    return {"event_name": "pull_request", "event": {"pull_request": event}, **own}


@pytest.fixture
def repository(terraform: dict[str, str], tmp_path: Path) -> Iterator[Repository]:
    folder, bin = tmp_path / "shop", tmp_path / "bin"
    folder.mkdir()
    bin.mkdir()
    ids = [each for ids in SUBNETS.values() for each in ids]
    with EmulatorWithPolicies() as emulator:
        account: Emulator = emulator
        account.create_existing(
            "network", region=REGION, vpc_id=VPC, subnet_ids=ids, public_subnet_ids=SUBNETS["public_subnet_ids"]
        )
        with world(account, tmp_path, [REGION]) as outside:
            place = Workplace(folder, account, {**outside.env_vars, **terraform})
            yield Repository(replace(place), bin)
        denied = [each for each in Asked.read(emulator.requests) if not each.allowed]
        assert denied == []


def test_one_commit_goes_from_dev_to_prod(repository: Repository) -> None:
    first = the_first_push_builds_everything_once_and_deploys_every_environment(repository)
    second = a_second_push_builds_only_what_changed(repository, first)
    a_pull_request_gets_one_comment_that_is_updated(repository)
    a_pull_request_without_credentials_is_not_planned(repository)
    a_failed_deploy_stops_the_chain_and_a_re_run_continues(repository, second)


def the_first_push_builds_everything_once_and_deploys_every_environment(repository: Repository) -> dict[str, str]:
    results = repository.run(push("0" * 40))

    assert {key: result.failed for key, result in results.items()} == {
        "build": False,
        "deploy-dev": False,
        "deploy-prod": False,
    }, "\n".join(result.printed for result in results.values())
    assert repository.running("dev") == repository.running("prod")
    assert "### `shop-prod`\n" in results["deploy-prod"].summary
    images = repository.running("prod")
    assert results["build"].outputs["images"].split() == [f"{name}={images[name]}" for name in ("web", "api")]
    return images


def a_second_push_builds_only_what_changed(repository: Repository, first: dict[str, str]) -> dict[str, str]:
    before = git(repository.folder, "rev-parse", "HEAD")
    repository.write("api", number=1)
    commit(repository.folder)
    results = repository.run(push(before))

    assert f"web: unchanged since {before}; the registry has " in results["build"].printed
    images = repository.running("prod")
    assert repository.running("dev") == images
    assert images["web"] == first["web"]
    assert images["api"] != first["api"]
    return images


def a_pull_request_gets_one_comment_that_is_updated(repository: Repository) -> None:
    first = repository.run(pull_request())
    repository.write("web", number=2)
    second = repository.run(pull_request(), OFFLINE)

    for results in (first, second):
        assert set(results) == {"validate", "rehearse", "plan-dev", "comment"}
        assert [key for key, result in results.items() if result.failed] == [], results["rehearse"].printed
    (comment,) = repository.comments()
    assert comment.startswith("<!-- ecsforge: the plans of shop -->\n\n### `shop-dev`\n\nno changes; ")
    assert first["plan-dev"].summary.startswith("### `shop-dev`\n")


def a_pull_request_without_credentials_is_not_planned(repository: Repository) -> None:
    for event in (pull_request("evil/shop"), pull_request(author="dependabot[bot]")):
        results = repository.run(event, OFFLINE)

        assert set(results) == {"validate", "rehearse", "plan-skipped"}
        assert "::notice title=Plan skipped::" in results["plan-skipped"].printed


def a_failed_deploy_stops_the_chain_and_a_re_run_continues(repository: Repository, images: dict[str, str]) -> None:
    before = git(repository.folder, "rev-parse", "HEAD")
    repository.write("api", number=3)
    commit(repository.folder)
    results = repository.run(push(before), {"deploy-dev": ("--auto-approve", "--auto-approve --timeout 1x")})

    assert results["deploy-dev"].failed
    assert "deploy-prod" not in results
    assert repository.running("prod") == images

    again = repository.run(push(before))
    assert "nothing is built" in again["build"].printed
    assert repository.running("dev") == repository.running("prod") != images
