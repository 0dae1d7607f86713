"""Problems in values that environments share, and in values that an environment resets."""

from __future__ import annotations

import pytest

from tests.project.conftest import Check

WORKER = """project_id: shop
services:
  mailer:
    type: worker
    image: app:1
    queue: {}
    count: {max: 3, queue_messages_per_task: 5}
environments:
  dev: {services: {mailer: {queue: null}}}
"""
WEB = """project_id: shop
services:
  web:
    image: app:1
    sidecars: {proxy: {image: proxy:1, health_check: {command: [CMD, check]}}}
    depends_on: {proxy: HEALTHY}
    alarms: {cpu_percent: 80}
    deployment: {alarms: [cpu_percent]}
    count: {max: 3, cpu_percent: 50}
environments:
"""


def test_a_conflict_caused_by_a_null_is_reported_at_the_null(check: Check) -> None:
    assert check(WORKER) == [
        "error ecsforge.yaml:9:36: services.mailer.count.queue_messages_per_task is only for workers with a queue "
        "(queue_messages_per_task is at ecsforge.yaml:7:46); got no queue; add queue: {} to a worker, or remove it"
    ]


@pytest.mark.parametrize(
    ("overlay", "message"),
    [
        (
            "{sidecars: {proxy: null}}",
            "11:37: services.web.depends_on must name containers of the same task (proxy is at ecsforge.yaml:6:18); "
            "got proxy; add it under sidecars, or remove it",
        ),
        (
            "{sidecars: {proxy: {health_check: null}}}",
            "11:37: services.web.depends_on.proxy is HEALTHY, but proxy has no health_check; add one to proxy, "
            "or use START",
        ),
        (
            "{alarms: null}",
            "11:34: services.web.deployment.alarms[0] names the alarm cpu_percent, which services.web.alarms does not "
            "set ([0] is at ecsforge.yaml:8:27); got cpu_percent; add cpu_percent to alarms, or remove it here",
        ),
        (
            "{count: {cpu_percent: null}}",
            "11:26: services.web.count has no scaling metric or schedule; add cpu_percent: 60 or another target, "
            "or schedules",
        ),
    ],
)
def test_a_value_that_a_null_removes_is_reported_missing_in_the_environment(
    overlay: str, message: str, check: Check
) -> None:
    text = f"{WEB}  dev: {{services: {{web: {overlay}}}}}\n"

    assert check(text) == [f"error ecsforge.yaml:{message}"]


def test_a_null_for_an_unset_key_changes_no_position(check: Check) -> None:
    text = "project_id: shop\nservices: {web: {image: app:1, cpu: 256, memory: 4096}}\nenvironments:\n"

    assert check(f"{text}  dev: {{services: {{web: {{http: null}}}}}}\n") == check(f"{text}  dev: {{}}\n")


def test_a_problem_that_some_environments_do_not_have_names_the_others(check: Check) -> None:
    text = """project_id: shop
services: {web: {image: app:1, cpu: 256, memory: 4096}}
environments: {dev: {}, test: {}, prod: {services: {web: {memory: 512}}}}
"""

    assert check(text) == [
        "error ecsforge.yaml:2:50: services.web.memory must be 512, 1024 or 2048 MiB with cpu 256 (in dev and test); "
        "got 4096; the nearest valid pair is cpu: 512 with memory: 4096"
    ]
    assert check(text, env="dev") == [
        "error ecsforge.yaml:2:50: services.web.memory must be 512, 1024 or 2048 MiB with cpu 256; "
        "got 4096; the nearest valid pair is cpu: 512 with memory: 4096"
    ]


def test_a_section_shared_through_an_alias_is_reported_once(check: Check) -> None:
    text = """project_id: shop
services: {web: {image: app:1}}
environments:
  dev: &small {services: {web: {cpu: 300}}}
  test: *small
  prod: {<<: *small, region: us-west-2}
"""

    messages = check(text)

    assert [message.partition(" must")[0] for message in messages] == ["error ecsforge.yaml:4:38: services.web.cpu"]


def test_an_invalid_name_in_the_file_and_an_environment_is_one_problem(check: Check) -> None:
    text = """project_id: shop
services: {Web: {image: app:1}}
environments: {dev: {services: {Web: {count: 1}}}, prod: {}}
"""

    assert check(text) == [
        "error ecsforge.yaml:2:12: a service name must be a lower-case letter, then at most 19 lower-case letters, "
        "digits or dashes; got Web; rename it, for example to web"
    ]
