"""Run a command in a container of a running task, in a session on this terminal: `exec`."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from operations.deploy.consent import Consent, agreed_to
from operations.services.deployed import DeployedEnvironment
from operations.tasks.exec_target import Wanted, exec_target
from operations.tasks.plugin import Plugin
from operations.tasks.session import Connection, keys_for_the_session, stop

if TYPE_CHECKING:
    from operations.health.environment import Environment
    from operations.reporter import Reporter

SHELL = ("/bin/sh",)


@dataclass(frozen=True)
class Command:
    """What to run, and where.

    Attributes:
        words: The command and its arguments; a shell by default.
        task: What the ID of the task begins with; the newest that is ready by default.
        container: The container; that of the service by default.
    """

    words: tuple[str, ...] = SHELL
    task: str | None = None
    container: str | None = None


def exec_command(
    environment: Environment, service: str, command: Command, plugin: Plugin, reporter: Reporter, consent: Consent
) -> int | None:
    """Run a command in a container of a running task, connected to this terminal, and wait for its end.

    While it runs, Ctrl-C, Ctrl-Z and Ctrl-\\ go to the container. Another stop signal ends the session.

    Args:
        environment: The environment.
        service: The service, one of `environment.services`.
        command: What to run, and where.
        plugin: The plugin, from `operations.tasks.plugin.find_plugin`.
        reporter: Receives messages, and asks.
        consent: What may be done without asking.

    Returns:
        The exit code of the plugin, 128 and the number of a signal that ended it; None when the user declined. The
        plugin does not report the exit code of the command: https://github.com/aws/session-manager-plugin/issues/59.

    Raises:
        AwsError: No task is ready, AWS refused a request, or the environment is not deployed or is stopped.
        UsageError: The task or the container does not exist, or the reporter cannot ask.
    """
    deployed = DeployedEnvironment.of(environment)
    deployed.refuse_stopped()
    names = environment.names
    target = exec_target(deployed.ecs, names.cluster, wanted(environment, service, command.task, command.container))
    action = f"open a session in container {target.container} of {service}"
    if not agreed_to(action, environment, reporter, consent):
        return None
    connection = Connection.of(environment, plugin, deployed.ecs)
    reporter.say(f"Connecting to container `{target.container}` of task {target.task}")
    session = connection.open_command(target, shlex.join(command.words))
    with keys_for_the_session():
        process = connection.start(session)
        try:
            code = process.wait()
        except BaseException:
            stop(process)
            connection.end(session)
            raise
    return 128 - code if code < 0 else code


def wanted(environment: Environment, service: str, task: str | None = None, container: str | None = None) -> Wanted:
    """What to connect to for a service or a job."""
    names, is_job = environment.names, environment.services[service].type == "job"
    group = None if is_job else f"service:{names.service(service)}"
    return Wanted(service, names.task_definition(service), group, task, container)
