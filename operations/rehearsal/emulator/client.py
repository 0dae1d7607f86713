"""An AWS emulator on loopback, for rehearsals and tests.

`Emulator` starts moto's server, patched by `moto/`, in a child process and provides everything to use it: an
endpoint, an environment for Terraform and the AWS CLI, boto3 clients. It refuses what AWS refuses (`rules/`). It needs
the extra `ecsforge[rehearse]`. The user's own AWS configuration (profile, credentials, region, endpoints) is never read
or passed to it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import select
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from operations.rehearsal.emulator.calls import PATH as CALLS
from operations.rehearsal.emulator.calls import Call, calls_from_json
from operations.rehearsal.emulator.unsupported import Unsupported, read_log
from operations.terraform.process import ended_by
from operations.text import INSTALL_ALL
from stacks.errors import RehearsalError

if TYPE_CHECKING:
    import boto3

START_TIMEOUT = 60.0
"""Seconds the emulator may take to start; it takes about three."""
KEEP_HOURS = 8
"""How long an emulator kept by `rehearse --keep` runs unless it is stopped."""

ACCOUNT_ID = "123456789012"
"""The default account of an emulator: the one in AWS's documentation."""

NO_CONFIG_FILES = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "rehearsal", "AWS_SECRET_ACCESS_KEY": "rehearsal"}


class Emulator:
    """An AWS emulator; as a context manager it starts on entry and stops on exit.

    Args:
        account_id: The 12 digits of the AWS account that it emulates. Default: 123456789012.
        log: A file for every request and every error of the emulator. Default: a temporary file, deleted with the
            emulator.
        disabled: What it does not refuse, for tests: names of rules (`ecs_tasks.essential_container`), `models`, or
            `layer` for everything. Default: nothing.

    Raises:
        RehearsalError: The extra `ecsforge[rehearse]` is missing, or the emulator did not start within a minute.
    """

    server = "operations.rehearsal.emulator.server"
    """The module that is run."""

    def __init__(self, account_id: str | None = None, log: Path | None = None, disabled: Sequence[str] = ()) -> None:
        self._disabled = disabled
        self.account_id = account_id or ACCOUNT_ID
        self._folder = tempfile.TemporaryDirectory(prefix="ecsforge-emulator-", ignore_cleanup_errors=True)
        self.log = log or Path(self._folder.name) / "emulator.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.endpoint = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process id of the emulator."""
        if self._process is None:
            raise RehearsalError.of("emulator", "is not running")
        return self._process.pid

    @property
    def exit_status(self) -> str | None:
        """How the emulator exited before it was stopped; None while it runs."""
        code = None if self._process is None else self._process.poll()
        return None if code is None else ended_by(code)

    def start(self) -> None:
        """Start the emulator on a free port of 127.0.0.1 and return once it accepts requests."""
        require_installed()
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", self.server, *self._disabled],
                stdin=subprocess.PIPE,  # the emulator exits when it closes: see server.py
                stdout=subprocess.PIPE,
                stderr=log,
                env=self._server_env_vars(),
                start_new_session=True,  # Ctrl-C must not stop it: Terraform still needs it while it stops
            )
        try:
            self.endpoint = f"http://127.0.0.1:{self._port()}"
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the emulator and delete all its resources. Does nothing when it is not running."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()  # it stores nothing on disk
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
        self._folder.cleanup()

    def leave_running(self, log: Path) -> None:
        """Keep the emulator running after this process, for `rehearse --keep`; its log moves to `log`."""
        assert self._process is not None and self._process.stdin is not None
        self.log.replace(log)  # the emulator keeps writing to the open file
        self.log = log
        self._process.stdin.write(f"keep {KEEP_HOURS}\n".encode())
        self._process.stdin.close()
        self._process.returncode = 0  # so that Popen does not warn about a process that is still running
        self._process = None
        self._folder.cleanup()

    def env_vars(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment variables with which Terraform and the AWS CLI only use this emulator.

        Args:
            base: The environment to build on, without its `AWS_` variables. Default: that of this process.
        """
        kept = {key: value for key, value in (os.environ if base is None else base).items() if key[:4] != "AWS_"}
        return kept | self.settings()

    def settings(self) -> dict[str, str]:
        """The variables that select this emulator, to `export` in a shell; the region comes from the project."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            **CREDENTIALS,
            "AWS_EC2_METADATA_DISABLED": "true",
            **NO_CONFIG_FILES,
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }

    def client(self, service: str, region: str, *, role: str | None = None) -> Any:
        """A boto3 client of this emulator, independent of the user's AWS configuration; in `role` if that is given."""
        import botocore.config

        return self._session.client(
            service,  # type: ignore[call-overload]  # any service, by its name
            region_name=region,
            endpoint_url=self.endpoint,
            config=botocore.config.Config(proxies={}, retries={"total_max_attempts": 2}),
            **self._credentials(role, region),
        )

    def _credentials(self, role: str | None, region: str) -> dict[str, str]:
        """The credentials of a role, which may be in another account."""
        if role is None:
            return {}
        answer = self.client("sts", region).assume_role(RoleArn=role, RoleSessionName="rehearsal")["Credentials"]
        names = {"AccessKeyId": "aws_access_key_id", "SecretAccessKey": "aws_secret_access_key"}
        return {
            **{ours: answer[theirs] for theirs, ours in names.items()},
            "aws_session_token": answer["SessionToken"],
        }

    @cached_property
    def _session(self) -> boto3.Session:
        """A session that reads no configuration files or variables; shared, because creating one is slow."""
        import boto3
        import botocore.session

        unset, nowhere = (None, None, None, None), (None, None, os.devnull, None)
        settings = {"profile": unset, "ca_bundle": unset, "config_file": nowhere, "credentials_file": nowhere}
        core = botocore.session.Session(session_vars=settings)
        core.set_credentials(CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"])
        return boto3.Session(botocore_session=core)

    def create_existing(self, kind: str, **values: Any) -> None:
        """Create a resource that exists before a deploy, under the ID that a project file names.

        Args:
            kind: `network` (region, vpc_id, subnet_ids, public_subnet_ids), `security_group` (region, group_id),
                `certificate` (region, arn) or `load_balancer` (region, arn, listener_arn, group_id, subnet_ids).

        Raises:
            RehearsalError: The emulator failed to create it.
        """
        try:
            self._own("/ecsforge/existing", json.dumps({"kind": kind, **values}).encode())
        except OSError as error:
            raise RehearsalError.of(
                "emulator",
                f"could not create the {kind.replace('_', ' ')} that the project file names",
                got=str(error),
                fix="run the rehearsal again; if it fails again, report it as a bug in ecsforge",
            ) from error

    def calls(self) -> tuple[Call, ...]:
        """The requests so far, by operation and client.

        Raises:
            RehearsalError: The emulator does not respond.
        """
        try:
            return calls_from_json(json.loads(self._own(CALLS)))
        except OSError as error:
            raise RehearsalError.of("emulator", "did not return its calls", got=str(error)) from error

    def _own(self, path: str, body: bytes | None = None) -> bytes:
        """Send a request that is not AWS's."""
        request = urllib.request.Request(f"{self.endpoint}{path}", data=body, method="POST" if body else "GET")
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            content: bytes = answer.read()
        return content

    def unsupported(self) -> tuple[Unsupported, ...]:
        """The requests that it could not handle so far: operations that moto lacks, and errors in moto itself."""
        return read_log(self.log.read_text(encoding="utf-8", errors="replace"))

    def _server_env_vars(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if key[:4] != "AWS_" and key[:5] != "MOTO_"}
        return kept | {
            "PYTHONPATH": str(Path(__file__).parents[3]),
            "PYTHONUNBUFFERED": "1",
            **NO_CONFIG_FILES,
            "BOTO_CONFIG": os.devnull,
            "MOTO_ACCOUNT_ID": self.account_id,
            # AWS has its managed policies in every account; moto loads them only when asked.
            "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
            "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",  # they take a third of a second, and nothing here starts instances
            # A certificate is issued once its DNS record exists: see moto/acm.py.
            "MOTO_ACM_VALIDATION_WAIT": "0",
        }

    def _port(self) -> int:
        """Wait for the line with the emulator's port."""
        assert self._process is not None and self._process.stdout is not None
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            ready, _, _ = select.select([self._process.stdout], [], [], 0.5)
            if ready:
                line = self._process.stdout.readline()
                if line:
                    return int(json.loads(line)["port"])
                break
        raise RehearsalError.of(
            "emulator", "did not start", got=self._last_log_line(), fix="try again, or reinstall ecsforge"
        )

    def _last_log_line(self) -> str:
        lines = [line for line in self.log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
        return lines[-1] if lines else f"no answer within {START_TIMEOUT:.0f} s"


def require_installed() -> None:
    """Raise RehearsalError, naming the extra, unless moto and its server are installed."""
    if importlib.util.find_spec("moto") is None or importlib.util.find_spec("flask_cors") is None:
        raise RehearsalError.of(
            "emulator", "the AWS emulator is not installed", fix=f"run {INSTALL_ALL} in the clone of ecsforge"
        )
