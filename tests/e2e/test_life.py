"""The life of a project through the command line: deployed, changed step by step, and destroyed."""

from __future__ import annotations

import json

from operations.rehearsal.inventory import inventory
from tests.support.workplace import REGION, WEB, WORKER, Workplace

STACK = "life-dev"


def test_each_change_of_the_project_file_changes_only_its_resources(workplace: Workplace) -> None:
    before = inventory(workplace.emulator.client, REGION)
    workplace.write("life", {"web": WEB})
    assert "http://" in workplace.deploy().stdout
    assert workplace.planned() == {}

    the_file_for_ci_is_a_task_definition(workplace)
    another_image_is_a_new_task_definition(workplace)
    another_count_changes_only_the_service(workplace)
    another_service_only_adds_resources(workplace)
    a_removed_service_only_removes_resources(workplace)

    workplace.destroy(STACK)
    # Also the revision that CI registered is deregistered.
    assert inventory(workplace.emulator.client, REGION) - before == frozenset()
    assert workplace.state(STACK)["resources"] == []


def the_file_for_ci_is_a_task_definition(workplace: Workplace) -> None:
    """CI can register the file unchanged, and the result equals the revision that Terraform registered."""
    file = workplace.folder / "cdktf.out" / "stacks" / STACK / "task-definitions" / "dev" / "web.latest.json"
    ecs = workplace.aws("ecs")
    ours = ecs.register_task_definition(**json.loads(file.read_text()))["taskDefinition"]
    theirs = ecs.describe_task_definition(taskDefinition=f"{ours['family']}:1")["taskDefinition"]

    assert ours["revision"] == 2
    assert {name: ours[name] for name in ("containerDefinitions", "cpu", "memory", "executionRoleArn")} == {
        name: theirs[name] for name in ("containerDefinitions", "cpu", "memory", "executionRoleArn")
    }


def another_image_is_a_new_task_definition(workplace: Workplace) -> None:
    workplace.write("life", {"web": {**WEB, "image": "public.ecr.aws/nginx/nginx:2"}})

    assert workplace.planned() == {
        "aws_ecs_service.web": "update",
        "aws_ecs_task_definition.web": "update",
        "local_file.web_task_definition": "update",
    }
    workplace.deploy()
    assert image_of(workplace, "web") == "public.ecr.aws/nginx/nginx:2"


def another_count_changes_only_the_service(workplace: Workplace) -> None:
    workplace.write("life", {"web": {**WEB, "image": "public.ecr.aws/nginx/nginx:2", "count": 3}})

    assert workplace.planned() == {"aws_ecs_service.web": "update"}
    workplace.deploy()
    assert service(workplace, "web")["runningCount"] == 3


def another_service_only_adds_resources(workplace: Workplace) -> None:
    web = {**WEB, "image": "public.ecr.aws/nginx/nginx:2", "count": 3}
    workplace.write("life", {"web": web, "mailer": WORKER})

    planned = workplace.planned()
    assert set(planned.values()) == {"create"}
    assert all(".mailer" in address for address in planned)
    workplace.deploy()
    assert service(workplace, "mailer")["runningCount"] == 1


def a_removed_service_only_removes_resources(workplace: Workplace) -> None:
    workplace.write("life", {"web": {**WEB, "image": "public.ecr.aws/nginx/nginx:2", "count": 3}})

    planned = workplace.planned()
    assert set(planned.values()) == {"destroy"}
    assert all(".mailer" in address for address in planned)
    workplace.deploy()
    assert service(workplace, "mailer")["status"] == "INACTIVE"
    assert service(workplace, "web")["status"] == "ACTIVE"


def service(workplace: Workplace, name: str) -> dict[str, object]:
    answer = workplace.aws("ecs").describe_services(
        cluster=f"web-cluster-{STACK}", services=[f"{name}-service-{STACK}"]
    )
    found: dict[str, object] = answer["services"][0]
    return found


def image_of(workplace: Workplace, name: str) -> str:
    running = service(workplace, name)["taskDefinition"]
    task = workplace.aws("ecs").describe_task_definition(taskDefinition=running)["taskDefinition"]
    image: str = task["containerDefinitions"][0]["image"]
    return image
