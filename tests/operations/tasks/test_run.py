"""A one-off task, from RunTask to its exit code."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cli.sentences import sentence, sentences
from operations.tasks.result import START_SECONDS, TaskResult, failure
from operations.tasks.run import STOP_SECONDS, Listener, run_task
from stacks.errors import AwsError
from tests.support.fake_tasks import REQUEST, TASK, Clock, FakeTasks, Heard, refused, task

EXITED = "Essential container in task exited"
AGAIN = "deploy again"


def run(tasks: FakeTasks, heard: Heard | None = None, clock: Clock | None = None, **changes: Any) -> TaskResult:
    clock = clock or Clock()
    listener = (heard or Heard()).listener
    return run_task(tasks.clients, replace(REQUEST, **changes), listener, sleep=clock.sleep, clock=clock)


def text(result: TaskResult) -> list[str]:
    """The problem of a result as it is printed."""
    problem = failure(REQUEST, result, AGAIN, shown="npm run migrate")
    return [] if problem is None else sentences([problem]).splitlines()


def test_a_task_runs_to_its_end_and_its_lines_are_passed_on() -> None:
    tasks, heard = FakeTasks(task("PROVISIONING"), task("RUNNING"), task("STOPPED", 0)), Heard()
    tasks.printed = [[], ["migrating", "done\n"]]

    result = run(tasks, heard)

    assert (result.succeeded, result.exit_code, result.ending) == (True, 0, "stopped")
    assert heard.started == ["0123456789abcdef"]
    assert heard.lines == ["migrating", "done"]
    assert tasks.streams == {("/web", "ecs/web/0123456789abcdef")}
    assert tasks.stops == []
    assert text(result) == []


def test_a_command_that_has_ended_is_not_awaited_until_its_task_has_stopped() -> None:
    tasks = FakeTasks(task("DEPROVISIONING", 0))

    assert run(tasks).succeeded
    assert tasks.calls.count("describe_tasks") == 1


def test_a_failed_command_has_its_exit_code_and_its_last_lines() -> None:
    tasks = FakeTasks(task("RUNNING"), task("STOPPED", 1), printed=[["one", "two"]])

    result = run(tasks)

    assert not result.succeeded
    assert text(result) == [
        "services.web.deployment.before[0]: `npm run migrate` failed; got Essential container in task exited "
        "(container `web` exit code 1: the program failed); deploy again",
        "  task 0123456789abcdef, its last 2 lines:",
        "  one",
        "  two",
    ]


def test_only_the_last_lines_are_kept() -> None:
    result = run(FakeTasks(task("STOPPED", 1), printed=[[str(number) for number in range(50)]]))

    assert result.lines == tuple(map(str, range(30, 50)))


def test_lines_that_arrive_after_the_end_are_read() -> None:
    heard = Heard()

    run(FakeTasks(task("STOPPED", 1), printed=[[], [], ["late"], ["later"]]), heard)

    assert heard.lines == ["late", "later"]


def test_a_container_that_never_started_is_explained() -> None:
    reason = "CannotPullContainerError: pull image manifest: not found"
    stopped = task("STOPPED", stopCode="TaskFailedToStart", stoppedReason=reason)

    assert text(run(FakeTasks(stopped))) == [
        f"services.web.deployment.before[0]: `npm run migrate` failed; got {reason}; check the name and tag of the "
        "image, and that the execution role may pull it from the registry; deploy again",
        "  task 0123456789abcdef, which printed nothing",
    ]


def test_the_time_of_a_command_begins_when_it_runs_and_a_late_one_is_stopped() -> None:
    clock, waiting = Clock(), [task("PENDING")] * 100
    tasks = FakeTasks(*waiting, task("RUNNING"))
    tasks.after_stop = [task("RUNNING"), task("STOPPED", 143)]

    result = run(tasks, clock=clock)

    assert tasks.stops == ["ecsforge: timed out"]
    assert clock.now > 400
    assert text(result) == [
        "services.web.deployment.before[0]: `npm run migrate` did not end within 1 min and was stopped; set a longer "
        "`timeout`, or make the command faster; deploy again",
        "  task 0123456789abcdef, which printed nothing",
    ]


def test_a_command_that_ends_well_while_it_is_stopped_was_still_too_late() -> None:
    tasks = FakeTasks(task("RUNNING"))
    tasks.after_stop = [task("STOPPED", 0)]

    assert not run(tasks).succeeded


def test_a_task_that_does_not_stop_is_not_awaited_forever() -> None:
    clock = Clock()

    assert run(FakeTasks(task("RUNNING")), clock=clock).ending == "timed out"
    assert clock.now < 60 + STOP_SECONDS + 20


def test_a_task_that_does_not_start_is_stopped() -> None:
    tasks, clock = FakeTasks(task("PENDING")), Clock()
    tasks.after_stop = [task("STOPPED")]

    result = run(tasks, clock=clock)

    assert clock.now >= START_SECONDS
    assert tasks.stops == ["ecsforge: not started"]
    assert text(result)[0] == (
        "services.web.deployment.before[0]: `npm run migrate` did not start within 15 min and was stopped; got "
        "Essential container in task exited; deploy again"
    )


def test_an_interrupt_stops_the_task() -> None:
    tasks, heard = FakeTasks(task("RUNNING")), Heard()

    with pytest.raises(KeyboardInterrupt):
        run(tasks, heard, Clock(interrupt_at=10))

    assert tasks.stops == ["ecsforge: the command was interrupted"]
    assert heard.stopped == ["0123456789abcdef"]


def test_a_second_interrupt_names_the_task_that_may_still_run() -> None:
    class Slow(FakeTasks):
        def stop_task(self, **arguments: Any) -> None:
            raise KeyboardInterrupt

    heard = Heard()
    with pytest.raises(KeyboardInterrupt):
        run(Slow(task("RUNNING")), heard, Clock(interrupt_at=10))

    assert heard.stopped == []
    assert [sentence(each) for each in heard.warnings] == [
        "services.web.deployment.before[0]: task 0123456789abcdef may still run: the command was interrupted again; "
        "stop it with `aws ecs stop-task --cluster cluster --task 0123456789abcdef`"
    ]


def test_a_listener_that_fails_stops_the_task() -> None:
    def fail(line: str) -> None:
        raise BrokenPipeError

    tasks, clock = FakeTasks(task("RUNNING"), printed=[["a"]]), Clock()

    with pytest.raises(BrokenPipeError):
        run_task(tasks.clients, REQUEST, Listener(line=fail), sleep=clock.sleep, clock=clock)

    assert tasks.stops == ["ecsforge: the command has ended"]


def test_all_lines_of_a_task_that_has_ended_are_read() -> None:
    heard = Heard()

    run(FakeTasks(task("STOPPED", 0), printed=[[str(number)] for number in range(40)]), heard)

    assert heard.lines == [str(number) for number in range(40)]


def test_lines_that_could_not_be_read_at_the_end_are_reported() -> None:
    throttled, heard = refused("GetLogEvents", "ThrottlingException", "Rate exceeded"), Heard()

    run(FakeTasks(task("STOPPED", 0), printed=[["a"], *[throttled] * 9]), heard)

    assert heard.lines == ["a"]
    assert [each.code for each in heard.warnings] == ["ThrottlingException"]


def test_an_interrupt_before_the_answer_of_run_task_stops_the_task_that_it_started() -> None:
    tasks, heard = FakeTasks(task("RUNNING")), Heard()
    tasks.started, tasks.listed = [KeyboardInterrupt()], [TASK]

    with pytest.raises(KeyboardInterrupt):
        run(tasks, heard)

    assert heard.stopped == ["0123456789abcdef"]


def test_throttling_is_tried_again_and_reported_once() -> None:
    throttled = refused("DescribeTasks", "ThrottlingException", "Rate exceeded")
    tasks, heard = FakeTasks(task("RUNNING"), throttled, throttled, task("STOPPED", 0)), Heard()

    assert run(tasks, heard).succeeded
    assert [sentence(each) for each in heard.warnings] == [
        "task 0123456789abcdef: AWS refused DescribeTasks; ecsforge tries again; got ThrottlingException: Rate exceeded"
    ]


def test_expired_credentials_are_waited_for_and_then_end_the_task() -> None:
    expired = refused("DescribeTasks", "ExpiredTokenException")
    tasks, clock = FakeTasks(expired), Clock()

    with pytest.raises(AwsError):
        run(tasks, clock=clock)

    assert clock.now >= 30
    assert tasks.stops == ["ecsforge: its state is unknown"]


def test_a_missing_permission_ends_the_task_at_once() -> None:
    tasks = FakeTasks(refused("DescribeTasks", "AccessDeniedException"))

    with pytest.raises(AwsError) as raised:
        run(tasks)

    assert raised.value.codes == {"AccessDeniedException"}
    assert tasks.calls.count("stop_task") == 1


def test_a_task_that_is_not_listed_yet_is_waited_for() -> None:
    assert run(FakeTasks(None, None, task("STOPPED", 0))).succeeded


def test_a_task_that_is_never_listed_is_an_error() -> None:
    with pytest.raises(AwsError) as raised:
        run(FakeTasks(None))

    assert sentences(raised.value) == (
        "services.web.deployment.before[0]: ECS does not list the task that it started; got 0123456789abcdef; see why "
        "with `aws ecs describe-tasks --cluster cluster --tasks 0123456789abcdef`"
    )


def test_a_task_whose_logs_can_not_be_read_still_has_an_exit_code() -> None:
    tasks, heard = FakeTasks(task("RUNNING"), task("STOPPED", 0)), Heard()
    tasks.printed = [refused("GetLogEvents", "AccessDeniedException")]

    assert run(tasks, heard).succeeded
    assert [each.code for each in heard.warnings] == ["AccessDeniedException"]


@pytest.mark.parametrize(
    "logs", [{"logDriver": "awsfirelens"}, None, {"logDriver": "awslogs", "options": {"awslogs-group": "/web"}}]
)
def test_logs_that_are_not_in_cloudwatch_are_not_read(logs: Any) -> None:
    tasks = FakeTasks(task("STOPPED", 0))
    tasks.definition = logs

    assert run(tasks).succeeded
    assert tasks.streams == set()


def test_a_log_stream_that_does_not_exist_yet_is_read_later() -> None:
    missing, heard = refused("GetLogEvents", "ResourceNotFoundException"), Heard()
    tasks = FakeTasks(task("RUNNING"), task("RUNNING"), task("STOPPED", 0), printed=[missing, ["a", ""], ["b"]])

    run(tasks, heard)

    assert heard.lines == ["a", "", "b"]
    assert heard.warnings == []


def test_a_task_that_can_not_be_stopped_is_named() -> None:
    class Unstoppable(FakeTasks):
        def stop_task(self, **arguments: Any) -> None:
            raise refused("StopTask", "AccessDeniedException")

    heard = Heard()
    with pytest.raises(KeyboardInterrupt):
        run(Unstoppable(task("RUNNING")), heard, Clock(interrupt_at=10))

    assert heard.stopped == []
    assert [each.fix for each in heard.warnings] == [
        "stop it with `aws ecs stop-task --cluster cluster --task 0123456789abcdef`"
    ]
