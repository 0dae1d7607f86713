"""A deploy in two steps, with tasks between them; Terraform and ECS are replaced. tests/e2e runs the real Terraform."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.sentences import sentences
from operations.deploy.consent import Consent
from operations.deploy.deploy import deploy, plan
from operations.deploy.orphans import Unfinished
from operations.stack import Stack
from operations.state.apply_marker import last_ending, marked
from operations.state.backend import Backend
from operations.tasks import run as run_module
from operations.terraform.runner import PlanResult
from operations.terraform.stop import Interrupted
from operations.terraform.stream import Diagnostic, Output, Outputs, Planned
from stacks.errors import AwsError, TerraformError, UsageError
from stacks.project.models import Project
from tests.support.fake_tasks import DEFINITION, FakeTasks, task
from tests.support.fake_terraform import FakeTerraform
from tests.support.reporter import Recorder
from tests.support.stacks import synthesized

WEB, QUEUE, TASKS = "aws_ecs_service.web", "aws_sqs_queue.web", "aws_ecs_task_definition.web"
YES = Consent(auto_approve=True)
NETWORK = [{"subnets": ["subnet-b", "subnet-a"], "security_groups": ["sg-1"], "assign_public_ip": False}]
SERVICE = {
    "name": "web-service-shop-dev",
    "cluster": "cluster",
    "task_definition": DEFINITION,
    "network_configuration": NETWORK,
    "platform_version": "1.4.0",
}
UNKNOWN = {
    "after": {"name": SERVICE["name"]},
    "after_unknown": {"task_definition": True, "network_configuration": True},
}


def project(before: Sequence[str] = ("migrate",), after: Sequence[str] = ()) -> Project:
    deployment = {key: [{"command": [word]} for word in words] for key, words in (("before", before), ("after", after))}
    values = {
        "project_id": "shop",
        "env": "dev",
        "region": "eu-west-1",
        "services": {"web": {"deployment": deployment}},
    }
    return Project.model_validate(values, strict=False)


def change(address: str, *actions: str, before: Any = None, after: Any = None, **more: Any) -> dict[str, Any]:
    inner = {"actions": list(actions), "before": before, "after": after, **more}
    return {"address": address, "type": address.partition(".")[0], "mode": "managed", "change": inner}


def shown(*changes: dict[str, Any]) -> dict[str, Any]:
    references = {WEB: [f"{TASKS}.arn", TASKS], QUEUE: [], TASKS: []}
    resources = [
        {"address": address, "expressions": {"x": {"references": each}}} for address, each in references.items()
    ]
    return {
        "planned_values": {},
        "resource_changes": list(changes),
        "configuration": {"root_module": {"resources": resources}},
    }


NEW = shown(change(QUEUE, "create"), change(TASKS, "create"), change(WEB, "create", **UNKNOWN))
FIRST = shown(change(QUEUE, "create"), change(TASKS, "create"))
REST = shown(change(QUEUE, "no-op"), change(TASKS, "no-op"), change(WEB, "create", after=SERVICE))
SAVED = shown(change(WEB, "update", before={**SERVICE, "task_definition": "old:1"}, after=SERVICE))


class Terraform(FakeTerraform):
    """Plans what a test lists, one after the other."""

    def __init__(self, folder: Path, *plans: dict[str, Any]) -> None:
        super().__init__(folder, state={"version": 4, "resources": [{**_SERVICE_IN_STATE}]})
        self.plans = list(plans)
        self.files: dict[str, dict[str, Any]] = {}
        self.targets: list[tuple[str, ...]] = []
        self.applied: list[list[str]] = []
        self.fails_at: BaseException | None = None
        self.before_apply: Callable[[], None] = lambda: None

    def plan(self, out: Path, *, targets: Sequence[str] = (), **options: Any) -> PlanResult:  # type: ignore[override]
        self.calls.append("plan")
        self.targets.append(tuple(targets))
        made = self.files[out.name] = self.plans.pop(0)
        out.write_text("plan")
        changes = tuple(
            Planned(each["address"], each["type"], "web", each["change"]["actions"][0])
            for each in made["resource_changes"]
            if each["change"]["actions"] != ["no-op"]
        )
        warnings = ("Resource targeting is in effect", "Another") if targets else ()
        return PlanResult(changes, bool(changes), tuple(Diagnostic("warning", text) for text in warnings))

    def show(self, plan: Path) -> dict[str, Any]:
        return self.files[plan.name]

    def apply(self, plan: Path, *, on_event: Callable[[Any], None]) -> Outputs:
        self.before_apply()
        self.calls.append("apply")
        if self.fails_at is not None:
            raise self.fails_at
        made = self.files[plan.name]["resource_changes"]
        self.applied.append([each["address"] for each in made if each["change"]["actions"] != ["no-op"]])
        return Outputs({"cluster": Output("cluster", False)})


_SERVICE_IN_STATE = {
    "mode": "managed",
    "type": "aws_ecs_service",
    "name": "web",
    "instances": [{"attributes": SERVICE}],
}


CONFIGURATION = {"provider": {"aws": [{"default_tags": [{"tags": {"Project": "shop"}}]}]}, "resource": {}}


class Session:
    """A boto3 session whose clients are scripted."""

    def __init__(self, tasks: FakeTasks) -> None:
        self._tasks = tasks

    def client(self, *arguments: object, **options: object) -> FakeTasks:
        return self._tasks


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks are followed without a pause between polls."""
    monkeypatch.setattr(run_module, "FIRST_PAUSE", 0.0)


def stack(terraform: Terraform, tasks: FakeTasks, config: Project, **more: Any) -> Stack:
    written = synthesized("shop-dev", "dev", terraform.folder, CONFIGURATION)
    backend = Backend("s3", {"bucket": "states", "key": "shop"}, terraform.folder)
    return Stack(config, "shop-dev", written, terraform, backend, Session(tasks), **more)  # type: ignore[arg-type]


def run(
    terraform: Terraform,
    tasks: FakeTasks,
    reporter: Recorder,
    consent: Consent = YES,
    *,
    config: Project | None = None,
    **options: Any,
) -> Outputs | None:
    return deploy(stack(terraform, tasks, config or project()), reporter, consent, **{"timeout": None, **options})


def succeeding() -> FakeTasks:
    return FakeTasks(task("STOPPED", 0), printed=[["done"]])


def test_everything_else_is_applied_then_the_tasks_run_then_the_service(tmp_path: Path) -> None:
    terraform, tasks, reporter = Terraform(tmp_path, NEW, FIRST, REST), succeeding(), Recorder(True)
    terraform.before_apply = lambda: tasks.calls.append("apply")

    outputs = run(terraform, tasks, reporter, Consent())

    assert outputs is not None
    assert terraform.targets == [(), (QUEUE, TASKS), ()]
    assert terraform.applied == [[QUEUE, TASKS], [WEB]]
    assert [call for call in tasks.calls if call in ("apply", "run_task")] == ["apply", "run_task", "apply"]
    assert reporter.asked == ["Apply this plan to shop-dev?"]
    assert reporter.details == ["Terraform warning: Another"]
    assert reporter.warnings == []
    assert reporter.messages == [
        "First 2 to create; then `deployment.before` of web; then the rest",
        "web: running `migrate` as task 0123456789abcdef",
        "  web | done",
        "web: `migrate` succeeded",
        "Deployed shop-dev",
    ]
    assert last_ending(tmp_path) is None


def test_the_task_has_the_network_and_the_definition_of_the_service(tmp_path: Path) -> None:
    tasks = succeeding()

    run(Terraform(tmp_path, NEW, FIRST, REST), tasks, Recorder())

    (request,) = tasks.requests
    assert (request["cluster"], request["taskDefinition"]) == ("cluster", DEFINITION)
    assert (request["launchType"], request["platformVersion"]) == ("FARGATE", "1.4.0")
    assert request["networkConfiguration"]["awsvpcConfiguration"] == {
        "subnets": ["subnet-a", "subnet-b"],
        "securityGroups": ["sg-1"],
        "assignPublicIp": "DISABLED",
    }
    assert request["overrides"] == {"containerOverrides": [{"name": "web", "command": ["migrate"]}]}


def test_a_failed_task_stops_the_deploy_before_the_service_changes(tmp_path: Path) -> None:
    terraform, tasks = Terraform(tmp_path, NEW, FIRST, REST), FakeTasks(task("STOPPED", 3), printed=[["boom"]])

    with pytest.raises(AwsError) as raised:
        run(terraform, tasks, Recorder(), config=project(("migrate", "seed")))

    assert sentences(raised.value).splitlines() == [
        "services.web.deployment.before[0]: `migrate` failed; got Essential container in task exited (container `web` "
        "exit code 3); web is unchanged: fix the cause, then continue with `ecsforge deploy`",
        "  task 0123456789abcdef, its last line:",
        "  boom",
    ]
    assert len(tasks.requests) == 1
    assert terraform.applied == [[QUEUE, TASKS]]


def test_the_next_deploy_runs_a_failed_task_again_and_applies_the_confirmed_plan(tmp_path: Path) -> None:
    terraform, tasks = Terraform(tmp_path, SAVED), succeeding()

    run(terraform, tasks, Recorder())

    assert len(tasks.requests) == 1
    assert terraform.calls.count("plan") == 1
    assert terraform.applied == [[WEB]]


def test_without_before_there_is_one_step(tmp_path: Path) -> None:
    terraform, tasks, reporter = Terraform(tmp_path, NEW), succeeding(), Recorder()

    run(terraform, tasks, reporter, before=False)

    assert terraform.applied == [[QUEUE, TASKS, WEB]]
    assert tasks.requests == []
    assert [each.tasks for each in reporter.plans] == [()]


@pytest.mark.parametrize(
    "service",
    [
        change(WEB, "update", before={**SERVICE, "desired_count": 1}, after={**SERVICE, "desired_count": 2}),
        change(WEB, "delete", before=SERVICE),
        change(WEB, "no-op", before=SERVICE, after=SERVICE),
        change(WEB, "delete", "create", before=SERVICE, after=SERVICE),
    ],
)
def test_a_service_that_keeps_its_definition_needs_no_tasks(tmp_path: Path, service: dict[str, Any]) -> None:
    terraform, tasks = Terraform(tmp_path, shown(change(QUEUE, "create"), service)), succeeding()

    run(terraform, tasks, Recorder(), Consent(stack="shop-dev"))

    assert tasks.requests == []
    assert terraform.calls.count("apply") == 1


def test_a_plan_shows_the_tasks(tmp_path: Path) -> None:
    config = project(("migrate", "seed"), ("warm-up",))

    made = plan(stack(Terraform(tmp_path, NEW), succeeding(), config), Recorder(), tmp_path / "plan")

    assert [(each.service, each.when, each.command, each.timeout) for each in made.tasks] == [
        ("web", "before", "migrate", 600),
        ("web", "before", "seed", 600),
        ("web", "after", "warm-up", 600),
    ]
    assert made.to_json()["tasks"][0] == {"service": "web", "when": "before", "command": "migrate", "timeout": 600}


def test_a_command_with_a_credential_is_not_shown(tmp_path: Path) -> None:
    config, reporter = project(("postgres://admin:hunter22@db/shop",)), Recorder()

    with pytest.raises(AwsError) as raised:
        run(Terraform(tmp_path, SAVED), FakeTasks(task("STOPPED", 1)), reporter, config=config)

    assert [each.command for each in reporter.plans[0].tasks] == ["(sensitive)"]
    assert "hunter22" not in sentences(raised.value) + "".join(reporter.messages)


def test_a_saved_plan_that_would_run_tasks_is_refused(tmp_path: Path) -> None:
    terraform, tasks = Terraform(tmp_path), succeeding()
    terraform.files["saved"] = SAVED
    (tmp_path / "saved").write_text("plan")

    with pytest.raises(UsageError) as raised:
        run(terraform, tasks, Recorder(), saved_plan=tmp_path / "saved")
    assert sentences(raised.value) == (
        "--plan: a saved plan is applied in one step, so it can't run `deployment.before` of web; deploy without "
        "--plan, or pass --no-before"
    )

    run(terraform, tasks, Recorder(), saved_plan=tmp_path / "saved", before=False)
    assert terraform.applied == [[WEB]]
    assert tasks.requests == []


def test_a_plan_that_has_changed_is_asked_about_again(tmp_path: Path) -> None:
    other = shown(change(QUEUE, "update", after={"name": "x"}), change(WEB, "create", after=SERVICE))
    reporter = Recorder(True)
    terraform = Terraform(tmp_path, shown(change(TASKS, "create"), change(WEB, "create", **UNKNOWN)), FIRST, other)

    run(terraform, succeeding(), reporter, Consent())

    assert reporter.warnings == [
        f"the plan has changed since it was confirmed: {QUEUE}",
        f"the plan has changed since it was confirmed: {QUEUE}",
    ]
    assert len(reporter.asked) == 3


def test_a_service_whose_new_revision_is_registered_was_not_rolled_back(tmp_path: Path) -> None:
    before = {**SERVICE, "task_definition": DEFINITION.replace(":2", ":1")}
    rest = shown(change(WEB, "update", before=before, after=SERVICE))
    new = shown(change(TASKS, "update"), change(WEB, "update", before=before, **UNKNOWN))
    reporter = Recorder()

    existing = stack(
        Terraform(tmp_path, new, shown(change(TASKS, "update")), rest), succeeding(), project(), exists=True
    )
    deploy(existing, reporter, YES, timeout=None)

    assert [message for message in reporter.messages if "rollback" in message] == []


def test_a_changed_plan_that_is_declined_is_not_applied(tmp_path: Path) -> None:
    class OnlyFirst(Recorder):
        def confirm(self, question: str, *, flag: str) -> bool:
            super().confirm(question, flag=flag)
            return len(self.asked) == 1

    other = shown(change(QUEUE, "delete"), change(WEB, "create", after=SERVICE))
    terraform, tasks = Terraform(tmp_path, NEW, FIRST, other), succeeding()

    with pytest.raises(TerraformError) as raised:
        run(terraform, tasks, OnlyFirst(True), Consent())

    assert sentences(raised.value) == (
        "shop-dev: the rest of the plan was declined and is not applied; completed changes are kept; to continue, run "
        "`ecsforge deploy`"
    )
    assert tasks.requests == []
    assert terraform.applied == [[QUEUE, TASKS]]


def test_a_first_step_that_would_change_the_service_is_refused(tmp_path: Path) -> None:
    terraform, tasks = Terraform(tmp_path, NEW, NEW), succeeding()

    with pytest.raises(TerraformError) as raised:
        run(terraform, tasks, Recorder())

    assert sentences(raised.value) == (
        "web: Terraform can't apply the rest without what waits for `deployment.before`; got aws_ecs_service.web; pass "
        "--no-before, and run the commands of `deployment.before` yourself"
    )
    assert terraform.applied == []


def test_a_definition_that_is_still_unknown_is_refused(tmp_path: Path) -> None:
    terraform, tasks = Terraform(tmp_path, NEW, FIRST, NEW), succeeding()

    with pytest.raises(TerraformError, match="its task definition would only be known after it has changed"):
        run(terraform, tasks, Recorder())
    assert tasks.requests == []


def test_an_unknown_network_is_the_one_that_the_service_has(tmp_path: Path) -> None:
    """Its security group is replaced with the service."""
    marks = {"network_configuration": [{"security_groups": True}], "platform_version": False}
    before = {**SERVICE, "task_definition": "old:1"}
    after = {**SERVICE, "network_configuration": [{"subnets": ["subnet-c"]}]}
    update = change(WEB, "update", before=before, after=after, after_unknown=marks)
    tasks = succeeding()

    run(Terraform(tmp_path, shown(update)), tasks, Recorder())

    network = tasks.requests[0]["networkConfiguration"]["awsvpcConfiguration"]
    assert (network["subnets"], network["securityGroups"]) == (["subnet-a", "subnet-b"], ["sg-1"])


def test_an_interrupt_of_the_first_step_counts_the_whole_plan(tmp_path: Path) -> None:
    """Also when Terraform had carried out all of its part: the deploy is not complete."""
    terraform, tasks = Terraform(tmp_path, NEW, FIRST, REST), succeeding()
    terraform.fails_at = Interrupted("applying", "completed", made=2, planned=2)

    with pytest.raises(Interrupted) as raised:
        run(terraform, tasks, Recorder())

    assert (raised.value.ending, raised.value.made, raised.value.planned) == ("stopped", 2, 3)
    assert tasks.requests == []


def test_an_interrupt_while_a_task_runs_stops_it(tmp_path: Path) -> None:
    class Interrupting(FakeTasks):
        def describe_tasks(self, **arguments: Any) -> Any:
            raise KeyboardInterrupt

    terraform, tasks, reporter = Terraform(tmp_path, NEW, FIRST, REST), Interrupting(task("RUNNING")), Recorder()

    with pytest.raises(KeyboardInterrupt):
        run(terraform, tasks, reporter)

    assert tasks.stops == ["ecsforge: the command was interrupted"]
    assert reporter.warnings == ["stopped task 0123456789abcdef, which ran `migrate`; web is unchanged"]
    assert terraform.applied == [[QUEUE, TASKS]]
    assert last_ending(tmp_path) is None


def test_what_an_earlier_apply_left_is_still_looked_for_after_a_failed_task(tmp_path: Path) -> None:
    """The service may be among it, and the first step does not import it."""
    with pytest.raises(TerraformError), marked(tmp_path):
        raise TerraformError.of("applying", "failed")
    terraform = Terraform(tmp_path, NEW, FIRST, REST)

    with pytest.raises(AwsError):
        run(terraform, FakeTasks(task("STOPPED", 1)), Recorder())

    assert terraform.applied == [[QUEUE, TASKS]]
    assert last_ending(tmp_path) == "failed"


def test_what_waits_is_not_imported_in_the_first_step(tmp_path: Path) -> None:
    class Importing(Terraform):
        def plan(self, out: Path, **options: Any) -> PlanResult:  # type: ignore[override]
            file = self.folder / "ecsforge-imports.tf.json"
            self.found = [*getattr(self, "found", []), file.read_text() if file.exists() else ""]
            return super().plan(out, **options)

    terraform = Importing(tmp_path, NEW, FIRST, REST)
    left = Unfinished(orphans={WEB: "cluster/web", QUEUE: "url"})
    ready = replace(stack(terraform, succeeding(), project()), unfinished=left)

    deploy(ready, Recorder(), YES, timeout=None)

    assert [(WEB in each, QUEUE in each) for each in terraform.found] == [(True, True), (False, True), (True, True)]


def test_a_task_that_can_not_be_started_names_the_command_that_continues(tmp_path: Path) -> None:
    tasks = succeeding()
    tasks.started = [{"tasks": [], "failures": [{"reason": "RESOURCE:CPU"}]}]

    with pytest.raises(AwsError) as raised:
        run(Terraform(tmp_path, SAVED), tasks, Recorder())

    assert sentences(raised.value) == (
        "services.web.deployment.before[0]: ECS did not start the task; got RESOURCE:CPU; the cluster lacks this "
        "resource: try again in some minutes; web is unchanged; continue with `ecsforge deploy`"
    )


def test_tasks_after_the_deployment_run_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operations.deploy.deploy.wait", lambda *arguments: tasks.calls.append("wait"))
    monkeypatch.setattr("operations.deploy.deploy.before_apply", lambda *arguments: {})
    terraform, tasks = Terraform(tmp_path, NEW), succeeding()

    run(terraform, tasks, Recorder(), config=project((), ("warm-up",)), timeout=60)

    assert terraform.applied == [[QUEUE, TASKS, WEB]]
    assert [call for call in tasks.calls if call in ("wait", "run_task")] == ["wait", "run_task"]


def test_a_failed_task_after_the_deployment_fails_the_deploy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operations.deploy.deploy.wait", lambda *arguments: None)
    monkeypatch.setattr("operations.deploy.deploy.before_apply", lambda *arguments: {})

    with pytest.raises(AwsError) as raised:
        run(
            Terraform(tmp_path, NEW),
            FakeTasks(task("STOPPED", 1)),
            Recorder(),
            config=project((), ("warm-up",)),
            timeout=60,
        )

    assert sentences(raised.value).splitlines()[0] == (
        "services.web.deployment.after[0]: `warm-up` failed; got Essential container in task exited (container `web` "
        "exit code 1: the program failed); web is deployed and keeps running; the command runs again with its next "
        "deployment"
    )


def test_tasks_after_the_deployment_are_not_run_without_a_wait(tmp_path: Path) -> None:
    tasks, reporter = succeeding(), Recorder()

    run(Terraform(tmp_path, NEW), tasks, reporter, config=project((), ("warm-up",)))

    assert reporter.warnings == ["`deployment.after` of web is not run with --no-wait"]
    assert tasks.requests == []
