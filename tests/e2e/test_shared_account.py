"""Several stacks in one account, and one stack deployed from two places."""

from __future__ import annotations

import os
import signal

from botocore.exceptions import ClientError

from tests.e2e.conftest import NewWorkplace
from tests.e2e.test_interrupts import applies, terraform_of, wait_for
from tests.support.workplace import REGION, WEB, WORKER, Workplace

BUCKET = "states-of-everyone"
LOCK = "shared/dev/terraform.tfstate.tflock"


def test_environments_and_projects_share_an_account(new_workplace: NewWorkplace) -> None:
    """Two environments of one project and another project, deployed at the same time; then one of them is destroyed."""
    stacks = {"north-dev": "north", "north-prod": "north", "south-dev": "south"}
    places = {stack: new_workplace(stack) for stack in stacks}
    for stack, project_id in stacks.items():
        places[stack].write(project_id, {"web": WEB})
    everywhere(places, "deploy", "--auto-approve")

    assert {stack: running(place, stack) for stack, place in places.items()} == dict.fromkeys(stacks, 2)
    places["north-dev"].destroy("north-dev")
    del places["north-dev"]
    everywhere(places, "plan", "--detailed-exitcode")
    assert {stack: running(place, stack) for stack, place in places.items()} == {"north-prod": 2, "south-dev": 2}


def everywhere(places: dict[str, Workplace], *command: str) -> None:
    """Run a command for every stack at the same time, and assert that it succeeds for each."""
    started = {stack: place.start(*command, "--env", stack.partition("-")[2]) for stack, place in places.items()}
    for stack, process in started.items():
        stdout, stderr = process.communicate(timeout=600)
        assert process.returncode == 0, f"{stack}\n{stdout}\n{stderr}"


def running(place: Workplace, stack: str) -> int:
    """How many tasks of the web service of a stack run."""
    services = [f"web-service-{stack}"]
    answer = place.aws("ecs").describe_services(cluster=f"web-cluster-{stack}", services=services)
    count: int = answer["services"][0]["runningCount"]
    return count


def test_one_of_two_concurrent_deploys_is_refused(new_workplace: NewWorkplace) -> None:
    """Two checkouts of a project whose state is in S3: one gets the lock, the other reports who holds it."""
    ours, theirs = new_workplace("ours"), new_workplace("theirs")
    ours.aws("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    for place in (ours, theirs):
        place.write("shared", {"mailer": WORKER}, state={"backend": "s3", "bucket": BUCKET})
    deploying = ours.start("deploy", "--env", "dev", "--auto-approve")
    wait_for(lambda: applies(ours.folder) and is_locked(ours), poll=0.02)
    (running,) = terraform_of(ours.folder)
    os.kill(running, signal.SIGSTOP)  # with the lock, however long the other takes

    refused = theirs.ecsforge("deploy", "--env", "dev", "--auto-approve", exit_code=1)

    os.kill(running, signal.SIGCONT)
    assert "is changing this stack: wait until that command has finished" in refused.stderr
    stdout, stderr = deploying.communicate(timeout=300)
    assert deploying.returncode == 0, f"{stdout}\n{stderr}"
    # Every checkout has its own task definition file for CI.
    assert theirs.planned() == {"local_file.mailer_task_definition": "create"}
    assert not is_locked(ours)


def is_locked(place: Workplace) -> bool:
    try:
        place.aws("s3").head_object(Bucket=BUCKET, Key=LOCK)
    except ClientError:
        return False
    return True
