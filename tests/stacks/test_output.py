"""The files that a synth writes to a stack's folder, and what it returns about the stack."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Literal

import pytest

from cli.sentences import sentences
from stacks import output
from stacks.app import synthesize
from stacks.errors import SynthError
from stacks.project import Loaded
from tests.stacks.conftest import Load
from tests.support.output import EVERYTHING, put


class TestAStack:
    def test_is_a_folder_with_its_terraform_and_the_template(self, loaded: Load, out: Path) -> None:
        (stack,) = synthesize(loaded(), out)

        assert stack.name == "shop-prod"
        assert stack.env == "prod"
        assert stack.path == out / "stacks/shop-prod"
        assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()) == [
            "manifest.json",
            "stacks/shop-prod/cdk.tf.json",
            "stacks/shop-prod/templates/service.json.tpl",
        ]
        template = Path(output.__file__).parent / "templates/service.json.tpl"
        assert (stack.path / "templates/service.json.tpl").read_bytes() == template.read_bytes()

    def test_counts_its_resources_by_type(self, loaded: Load, out: Path) -> None:
        (stack,) = synthesize(loaded(), out)

        assert stack.resources["aws_subnet"] == 4
        assert stack.resources["aws_iam_role"] == 3
        assert list(stack.resources) == sorted(stack.resources)

    def test_has_an_hcl_file_for_each_construct(self, loaded: Load, out: Path) -> None:
        (prod,) = synthesize(loaded(EVERYTHING), out, format="hcl")

        assert sorted(path.name for path in prod.path.iterdir()) == [
            "account.tf",
            "alarms.tf",
            "cluster.tf",
            "connect.tf",
            "encryption.tf",
            "load_balancer.tf",
            "network.tf",
            "outputs.tf",
            "providers.tf",
            "service_mailer.tf",
            "service_nightly.tf",
            "service_web.tf",
            "templates",
            "waf.tf",
        ]

    def test_has_the_services_own_template_next_to_the_built_in_one(self, tmp_path: Path, out: Path) -> None:
        """Also for a service named `service`, whose template the built-in one must not overwrite."""
        own = (Path(output.__file__).parent / "templates/service.json.tpl").read_text() + "\n"
        put(tmp_path / "own.tpl", own)
        file = tmp_path / "ecsforge.yaml"
        put(file, "project_id: shop\nservices: {service: {task_definition_template: own.tpl}, api: {type: worker}}\n")

        (stack,) = synthesize(app_loaded(file), out)

        assert (stack.path / "templates/service/service.json.tpl").read_text() == own
        assert (stack.path / "templates/service.json.tpl").read_text() != own
        content = json.loads((stack.path / "cdk.tf.json").read_text())["locals"]
        assert "${path.module}/templates/service/service.json.tpl" in content["service_task_definition"]
        assert "${path.module}/templates/service.json.tpl" in content["api_task_definition"]

    def test_is_readable_by_all_and_writable_by_its_owner(self, loaded: Load, out: Path) -> None:
        before = os.umask(0o022)
        try:
            synthesize(loaded(), out)
        finally:
            os.umask(before)

        modes = {path.is_dir(): set[int]() for path in out.rglob("*")}
        for path in out.rglob("*"):
            modes[path.is_dir()].add(stat.S_IMODE(path.stat().st_mode))
        assert modes == {True: {0o755}, False: {0o644}}

    def test_is_refused_if_two_resources_have_the_same_address(self, loaded: Load, out: Path) -> None:
        """cdktf would write only one of them. This needs names of services that look like addresses."""
        text = """
            services:
              b: {type: worker, connect: true}
              x: {connect: true}
              a-tasks-from-b: {type: worker, connect: true}
              x-tasks-from-a: {connect: true, http: {paths: [/a]}}
        """

        with pytest.raises(SynthError) as error:
            synthesize(loaded(text), out)

        rule = "aws_vpc_security_group_ingress_rule.x_tasks_from_a_tasks_from_b"
        what = f"services ({rule}): two services, resources or volumes have this Terraform address; rename one of them"
        assert sentences(error.value) == what
        assert not out.exists()


class TestTheSynthesizedStack:
    @pytest.mark.parametrize("format_", ["json", "hcl"])
    def test_has_the_configuration_in_both_formats(
        self, loaded: Load, out: Path, format_: Literal["json", "hcl"]
    ) -> None:
        (stack,) = synthesize(loaded(EVERYTHING), out, format=format_)

        assert stack.configuration["resource"]["aws_vpc"]["main"]["cidr_block"] == "10.0.0.0/16"

    def test_has_every_address(self, loaded: Load, out: Path) -> None:
        (stack,) = synthesize(loaded(EVERYTHING), out)

        managed = [address for address in stack.addresses if not address.startswith("data.")]
        assert len(managed) == len({*managed}) == sum(stack.resources.values())
        assert "data.aws_caller_identity.current" in stack.addresses

    def test_has_the_service_that_owns_each_address(self, loaded: Load, out: Path) -> None:
        (stack,) = synthesize(loaded(EVERYTHING), out)

        assert tuple(stack.owners) == stack.addresses
        assert stack.owners["aws_iam_role.web_execution"] == "web"
        assert stack.owners["aws_sqs_queue.mailer_queue"] == "mailer"
        assert stack.owners["aws_ecs_cluster.web_cluster"] is None
        assert stack.owners["aws_vpc_security_group_egress_rule.load_balancer_web_tasks"] is None

    def test_names_services_as_the_project_file_does(self, loaded: Load, out: Path) -> None:
        (stack,) = synthesize(loaded("services: {api: {type: worker}, api-v2: {type: worker}}"), out)

        assert stack.owners["aws_ecs_service.api"] == "api"
        assert stack.owners["aws_ecs_service.api_v2"] == "api-v2"

    def test_has_the_default_tags(self, loaded: Load, out: Path) -> None:
        (stack,) = synthesize(loaded("tags: {team: a-b}\nservices: {web: {}}"), out)

        assert stack.tags == {"Environment": "prod", "ManagedBy": "ecsforge", "Project": "shop", "team": "a-b"}

    @pytest.mark.parametrize(
        ("state", "kind", "settings"),
        [
            ("{}", "local", {"path": "../../../terraform.shop-prod.tfstate"}),
            (
                "{backend: s3, bucket: states}",
                "s3",
                {
                    "bucket": "states",
                    "encrypt": True,
                    "key": "shop/prod/terraform.tfstate",
                    "region": "us-east-1",
                    "use_lockfile": True,
                },
            ),
            (
                "{backend: cloud, organization: example}",
                "cloud",
                {"organization": "example", "workspaces": {"name": "shop-prod"}},
            ),
        ],
    )
    def test_has_the_backend(self, loaded: Load, out: Path, state: str, kind: str, settings: dict[str, object]) -> None:
        (stack,) = synthesize(loaded(f"region: us-east-1\nstate: {state}\nservices: {{mailer: {{type: worker}}}}"), out)

        assert stack.backend == output.BackendSettings(kind, settings)


def app_loaded(file: Path) -> Loaded:
    from stacks.project import Selection, load

    return load(Selection(file=file, env="prod"))
