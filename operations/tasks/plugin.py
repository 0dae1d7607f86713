"""AWS's session-manager-plugin: whether it is there, its version, and how to install it.

The plugin connects the terminal, or a local port, to a session that an API has opened. It takes the session, whose
token is a secret, as an argument or from the environment variable that the argument names. ecsforge only uses the
variable: other users of the machine can read arguments.

Sources: `ValidateInputAndStartSession` of https://github.com/aws/session-manager-plugin and its RELEASENOTES.md
("1.2.536.0: Support reading StartSession API response parameters from environment variable"), and
`awscli/customizations/ecs/executecommand.py` of the AWS CLI, which does so for every version after 1.2.497.0.
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from stacks.errors import AwsError

NAME = "session-manager-plugin"
VARIABLE = "AWS_SSM_START_SESSION_RESPONSE"
OLDEST = "1.2.536.0"
"""The first version that reads the session from the environment variable."""
_VERSION = re.compile(r"\d+(?:\.\d+){1,3}")
_ANSWER_SECONDS = 10
_DOWNLOADS = "https://s3.amazonaws.com/session-manager-downloads/plugin/latest"
_DOCS = "https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html"


@dataclass(frozen=True)
class Session:
    """A session that an API has opened.

    Attributes:
        id: Its ID.
        response: The answer of the API as JSON, with the token that opens the connection.
        target: What it connects to: `ecs:CLUSTER_TASK_RUNTIME`.
    """

    id: str
    response: str = field(repr=False)
    target: str = ""


@dataclass(frozen=True)
class Plugin:
    """An installed plugin: its path and its version."""

    path: str
    version: str

    def arguments(self, session: Session, region: str, endpoint: str) -> list[str]:
        """The arguments that connect to a session. `endpoint` is that of Systems Manager in the region.

        The empty one is the profile: the plugin's own chain of credentials uses the environment.
        """
        return [self.path, VARIABLE, region, "StartSession", "", json.dumps({"Target": session.target}), endpoint]

    @staticmethod
    def env_vars(session: Session, env_vars: Mapping[str, str], credentials: Mapping[str, str]) -> dict[str, str]:
        """The environment of the plugin: `env_vars`, the session, and the credentials of a role, if there is one.

        The plugin uses credentials to resume a session, to end it, and to encrypt it with a KMS key.
        """
        given = dict(env_vars)
        # boto3 takes the first of these variables; the plugin, like every program in Go, knows only the second.
        profiles = [given.pop(name, None) for name in ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")]
        profile = None if credentials else next(filter(None, profiles), None)
        kept = given if profile is None else {**given, "AWS_PROFILE": profile}
        return {**kept, **credentials, VARIABLE: session.response}


def find_plugin(
    which: Callable[[str], str | None] = shutil.which, system: str | None = None, machine: str | None = None
) -> Plugin:
    """The plugin on the PATH.

    Args:
        which: Finds a program, as `shutil.which` does.
        system: The operating system, as `platform.system` names it; this one by default.
        machine: The machine, as `platform.machine` names it; this one by default.

    Raises:
        AwsError: It is not installed, does not run, or is too old.
    """
    install = how_to_install(which, system or platform.system(), machine or platform.machine())
    path = which(NAME)
    if path is None:
        raise AwsError.of(NAME, "the Session Manager plugin of AWS is not installed", fix=f"install it: {install}")
    text = _version(path, install)
    found = _VERSION.fullmatch(text)
    if found is None:
        raise AwsError.of(
            NAME, f"{path} does not print its version", got=text or "nothing", fix=f"install it: {install}"
        )
    if _numbers(text) < _numbers(OLDEST):
        what = f"the plugin must be version {OLDEST} or later, which does not take the session's token as an argument"
        raise AwsError.of(NAME, what, got=text, fix=f"update it: {install}")
    return Plugin(path, text)


def how_to_install(which: Callable[[str], str | None], system: str, machine: str) -> str:
    """How to install the plugin, or a newer one, on this platform. Source: the Systems Manager User Guide."""
    is_arm = machine.lower() in ("arm64", "aarch64")
    if system == "Darwin":
        return "`brew install --cask session-manager-plugin`"
    if system == "Windows":
        return f"run {_DOWNLOADS}/windows/SessionManagerPluginSetup.exe"
    if system == "Linux" and which("dpkg"):
        url = f"{_DOWNLOADS}/{'ubuntu_arm64' if is_arm else 'ubuntu_64bit'}/{NAME}.deb"
        return f"`curl -fO {url} && sudo dpkg -i {NAME}.deb`"
    if system == "Linux" and (which("dnf") or which("yum")):
        url = f"{_DOWNLOADS}/{'linux_arm64' if is_arm else 'linux_64bit'}/{NAME}.rpm"
        return f"`sudo {'dnf' if which('dnf') else 'yum'} install -y {url}`"
    return f"see {_DOCS}"


def _version(path: str, install: str) -> str:
    try:
        done = subprocess.run(
            [path, "--version"],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            timeout=_ANSWER_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        got = error.strerror if isinstance(error, OSError) else f"no answer for {_ANSWER_SECONDS} s"
        raise AwsError.of(NAME, f"{path} does not run", got=got, fix=f"install it again: {install}") from error
    return done.stdout.strip()


def _numbers(version: str) -> tuple[int, ...]:
    parts = tuple(map(int, version.split(".")))
    return parts + (0,) * (4 - len(parts))
