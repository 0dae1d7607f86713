"""Creating plans and reading saved ones, with Terraform replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.sentences import sentences
from operations.plan.facts import Value
from operations.plan.make import make_plan, read_plan
from operations.state.backend import Backend
from operations.terraform.stream import Planned
from stacks.errors import TerraformError
from tests.support.fake_terraform import FakeTerraform
from tests.support.reporter import Recorder

CREATE = Planned("aws_sqs_queue.web", "aws_sqs_queue", "web", "create")
UPDATE = Planned("aws_sqs_queue.web", "aws_sqs_queue", "web", "update")
SHOWN = {
    "planned_values": {},
    "resource_changes": [
        {
            "address": "aws_sqs_queue.web",
            "type": "aws_sqs_queue",
            "mode": "managed",
            "change": {"actions": ["update"], "before": {"delay_seconds": 1}, "after": {"delay_seconds": 2}},
        }
    ],
}


def test_the_values_of_a_plan_that_only_creates_are_read(tmp_path: Path) -> None:
    change = {"actions": ["create"], "before": None, "after": {"visibility_timeout_seconds": 30}}
    created = {"address": "aws_sqs_queue.web", "type": "aws_sqs_queue", "mode": "managed", "change": change}
    terraform = FakeTerraform(tmp_path, [CREATE], shown={"planned_values": {}, "resource_changes": [created]})

    made = make_plan(terraform, "shop-dev", tmp_path / "plan", Recorder(), imports={})  # type: ignore[arg-type]

    assert terraform.calls == ["plan", "show"]
    assert [(each.action, each.facts.values) for each in made.resources] == [
        ("create", (Value("visibility_timeout_seconds", "visibility timeout", 30),))
    ]


def test_the_values_of_other_plans_are_read(tmp_path: Path) -> None:
    terraform = FakeTerraform(tmp_path, [UPDATE], shown=SHOWN)

    made = make_plan(terraform, "shop-dev", tmp_path / "plan", Recorder(), imports={})  # type: ignore[arg-type]

    assert terraform.calls == ["plan", "show"]
    assert [(each.path, each.before, each.after) for each in made.resources[0].attributes] == [("delay_seconds", 1, 2)]


def test_a_plan_without_changes(tmp_path: Path) -> None:
    terraform, reporter = FakeTerraform(tmp_path, warnings=["Deprecated"]), Recorder()

    made = make_plan(terraform, "shop-dev", tmp_path / "plan", reporter, imports={})  # type: ignore[arg-type]

    assert not made.has_changes
    assert reporter.details == ["Terraform warning: Deprecated"]


def test_orphans_are_imported_and_the_configuration_stays_the_same(tmp_path: Path) -> None:
    terraform = FakeTerraform(tmp_path, [CREATE])

    make_plan(
        terraform,  # type: ignore[arg-type]
        "shop-dev",
        tmp_path / "plan",
        Recorder(),
        imports={"aws_lb.main": "arn:lb", "aws_eip.nat": "eipalloc-1"},
    )

    assert terraform.imported == {"aws_lb.main": "arn:lb", "aws_eip.nat": "eipalloc-1"}
    assert [file.name for file in tmp_path.iterdir()] == ["plan"]


def test_orphans_that_no_longer_exist_are_left_out(tmp_path: Path) -> None:
    terraform = FakeTerraform(tmp_path, [CREATE], refused=["aws_lb.main"])
    imports = {"aws_lb.main": "arn:lb", "aws_eip.nat": "eipalloc-1"}

    make_plan(terraform, "shop-dev", tmp_path / "plan", Recorder(), imports=imports)  # type: ignore[arg-type]

    assert terraform.imported == {"aws_eip.nat": "eipalloc-1"}


def test_a_failure_that_is_not_caused_by_an_import_is_raised(tmp_path: Path) -> None:
    class Failing(FakeTerraform):
        def plan(self, out: Path, **options: object) -> object:  # type: ignore[override]
            raise TerraformError.of("planning", "AccessDenied")

    with pytest.raises(TerraformError, match="AccessDenied"):
        make_plan(Failing(tmp_path), "shop-dev", tmp_path / "plan", Recorder(), imports={"aws_lb.main": "arn:lb"})  # type: ignore[arg-type]


def test_imports_of_a_killed_plan_are_removed(tmp_path: Path) -> None:
    (tmp_path / "ecsforge-imports.tf.json").write_text('{"import": []}')

    make_plan(FakeTerraform(tmp_path), "shop-dev", tmp_path / "plan", Recorder(), imports={})  # type: ignore[arg-type]

    assert not (tmp_path / "ecsforge-imports.tf.json").exists()


def test_before_a_destroy_orphans_are_imported_one_by_one(tmp_path: Path) -> None:
    """A plan to destroy ignores import blocks."""
    terraform, reporter = FakeTerraform(tmp_path, refused=["aws_lb.main"]), Recorder()

    make_plan(
        terraform,  # type: ignore[arg-type]
        "shop-dev",
        tmp_path / "plan",
        reporter,
        imports={"aws_lb.main": "arn:lb", "aws_eip.nat": "eipalloc-1"},
        destroy=True,
    )

    assert terraform.calls == ["adopt", "adopt", "plan"]
    assert reporter.warnings == [
        "aws_lb.main with the id arn:lb may remain in the account",
        "importing a resource (aws_lb.main): it does not exist",
    ]


def test_a_saved_plan_is_read(tmp_path: Path) -> None:
    terraform = FakeTerraform(tmp_path, shown=SHOWN)
    backend = Backend("local", {"path": "x.tfstate"}, tmp_path)

    made = read_plan(terraform, "shop-dev", tmp_path / "saved", backend)  # type: ignore[arg-type]

    assert [each.action for each in made.resources] == ["update"]


def test_a_state_is_not_a_plan(tmp_path: Path) -> None:
    terraform = FakeTerraform(tmp_path, shown={"format_version": "1.0", "values": {}})
    backend = Backend("local", {"path": "x.tfstate"}, tmp_path)

    with pytest.raises(TerraformError) as refused:
        read_plan(terraform, "shop-dev", Path("terraform.shop-dev.tfstate"), backend)  # type: ignore[arg-type]

    assert sentences(refused.value) == (
        "terraform.shop-dev.tfstate: this is not a plan; got a state; create a plan with `ecsforge plan --out FILE`"
    )


def test_a_plan_for_another_state_is_refused(tmp_path: Path) -> None:
    import zipfile

    file = tmp_path / "saved"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("tfplan", b"... bucket states key other/key ...")
    backend = Backend("s3", {"bucket": "states", "key": "shop/dev/terraform.tfstate"}, tmp_path)

    with pytest.raises(TerraformError) as refused:
        read_plan(FakeTerraform(tmp_path), "shop-dev", file, backend)  # type: ignore[arg-type]

    assert sentences(refused.value) == (
        f"{file}: this plan was created for another state, and Terraform would write to that state; the state is now "
        "in s3://states/shop/dev/terraform.tfstate; create a new plan"
    )
