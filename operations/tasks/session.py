"""Sessions in a container: opened by ECS or Systems Manager, carried by the plugin, and ended.

    ExecTarget ─> ExecuteCommand or StartSession ─> Session ─> plugin ─> TerminateSession if the plugin did not end it

Sources: the ECS API reference (ExecuteCommand), the Systems Manager API reference (StartSession, TerminateSession).
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from operations import aws
from operations.tasks.exec_target import ExecTarget
from operations.tasks.plugin import NAME, Plugin, Session
from stacks.errors import AwsError

if TYPE_CHECKING:
    from operations.health.environment import Environment

REMOTE_HOST = "AWS-StartPortForwardingSessionToRemoteHost"
"""The document that forwards a local port to a host that the task can reach."""
STOP_SECONDS = 5.0
"""The seconds that an interrupted plugin has to end before it is killed."""
_GONE = frozenset({"InvalidParameterException", "ClientException", "TargetNotConnectedException", "TargetNotConnected"})
_TYPED = tuple(getattr(signal, name) for name in ("SIGINT", "SIGQUIT", "SIGTSTP") if hasattr(signal, name))
"""The signals of keys, which belong to the program in the container while a session is open."""


@dataclass(frozen=True)
class Connection:
    """Opens, carries and ends sessions.

    Attributes:
        environment: The environment.
        plugin: The plugin.
        ecs: A boto3 client for ECS.
        ssm: A boto3 client for Systems Manager.
    """

    environment: Environment
    plugin: Plugin
    ecs: Any
    ssm: Any

    @classmethod
    def of(cls, environment: Environment, plugin: Plugin, ecs: Any) -> Connection:
        """The connection of an environment."""
        with aws.errors("Systems Manager"):
            return cls(environment, plugin, ecs, environment.client("ssm"))

    def open_command(self, target: ExecTarget, command: str) -> Session:
        """Open a session that runs a command in a container.

        Raises:
            AwsError: ECS refused it, or the task has stopped since it was found.
        """
        with self._still_running(target), aws.errors(f"task {target.task}"):
            answer = self.ecs.execute_command(
                cluster=target.cluster, task=target.task, container=target.container, command=command, interactive=True
            )
            session = answer["session"]
            return Session(session["sessionId"], json.dumps(session), target.session_target)

    def open_port(self, target: ExecTarget, host: str, port: int, local: int) -> Session:
        """Open a session that forwards a local port to an address that the task can reach.

        Raises:
            AwsError: Systems Manager refused it, or the task has stopped since it was found.
        """
        parameters = {"host": [host], "portNumber": [str(port)], "localPortNumber": [str(local)]}
        with self._still_running(target), aws.errors(f"task {target.task}"):
            answer = self.ssm.start_session(
                Target=target.session_target, DocumentName=REMOTE_HOST, Parameters=parameters
            )
            session = {key: answer[key] for key in ("SessionId", "TokenValue", "StreamUrl")}
            return Session(answer["SessionId"], json.dumps(session), target.session_target)

    def start(self, session: Session, **options: Any) -> subprocess.Popen[str]:
        """Start the plugin for a session, with these options of `subprocess.Popen`. Ends the session if it can't.

        Raises:
            AwsError: The plugin can't be started.
        """
        try:
            return subprocess.Popen(
                self.plugin.arguments(session, self.environment.project.region, self.ssm.meta.endpoint_url),
                env=Plugin.env_vars(session, os.environ, self._credentials()),
                text=True,
                **options,
            )
        except BaseException as error:
            self.end(session)
            if isinstance(error, OSError):
                got = error.strerror or str(error)
                fix = f"check that {self.plugin.path} runs: `{self.plugin.path} --version`"
                raise AwsError.of(NAME, "the plugin could not be started", got=got, fix=fix) from error
            raise

    def end(self, session: Session) -> None:
        """End a session that may still be open. A failure is ignored: AWS ends a session that nobody uses."""
        with contextlib.suppress(AwsError), aws.errors(f"session {session.id}"):
            self.ssm.terminate_session(SessionId=session.id)

    def _credentials(self) -> dict[str, str]:
        """The credentials of `assume_role` as environment variables; none without it: the plugin finds the user's."""
        if self.environment.project.assume_role is None:
            return {}
        with aws.errors("credentials"):
            found: Any = self.environment.session.get_credentials()
            keys = found.get_frozen_credentials()
        named = {
            "AWS_ACCESS_KEY_ID": keys.access_key,
            "AWS_SECRET_ACCESS_KEY": keys.secret_key,
            "AWS_SESSION_TOKEN": keys.token,
        }
        return {name: value for name, value in named.items() if value}

    @contextlib.contextmanager
    def _still_running(self, target: ExecTarget) -> Iterator[None]:
        """Explain an error in this block: the task has stopped since, or the agent in it does not answer."""
        try:
            yield
        except AwsError as error:
            if not error.codes & _GONE:
                raise
            task = self._task(target)
            if task.get("lastStatus") != "RUNNING":
                fix = "run the same command again: it picks another task"
                where, code = f"task {target.task}", next(iter(error.codes))
                raise AwsError.of(where, "the task has stopped", fix=fix, code=code) from error
            if error.codes & {"TargetNotConnectedException", "TargetNotConnected"}:
                (problem, *_) = error.problems
                fix = (
                    "try again in some seconds; if it lasts, check that the tasks can reach Systems Manager: `nat`, "
                    "`endpoints`, `egress`"
                )
                what = f"the agent of ECS Exec in container `{target.container}` is not connected"
                raise AwsError.of(f"task {target.task}", what, got=problem.got, fix=fix, code=problem.code) from error
            raise

    def _task(self, target: ExecTarget) -> Mapping[str, Any]:
        """The task now; empty if ECS no longer lists it."""
        with aws.errors(f"task {target.task}"):
            found = self.ecs.describe_tasks(cluster=target.cluster, tasks=[target.task])["tasks"]
        return found[0] if found else {}


@contextlib.contextmanager
def keys_for_the_session() -> Iterator[None]:
    """Leave Ctrl-C, Ctrl-\\ and Ctrl-Z in this block to the plugin, which sends them to the container.

    A handler, unlike an ignored signal, is not inherited by child processes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, lambda *_: None) for number in _TYPED}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def stop(process: subprocess.Popen[str]) -> None:
    """End a plugin that still runs."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
