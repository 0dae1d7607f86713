"""`make e2e-aws ACCOUNT=123456789012`: deploys the project files of tests/specs to a real account and destroys them.

CONTRIBUTING.md describes what a run does, what it costs, and how to clean up by hand.
"""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from tests.aws.commands import Commands
from tests.aws.life import Life, delete_folder
from tests.aws.prerequisites import Prerequisites
from tests.aws.specs import Account, Prepared, prepare, selected

FOLDER = Path(".e2e-aws")
"""The states and logs of runs, in the current folder; deleted after a run that left nothing."""
PASSED, FAILED, WRONG, STOPPED = 0, 1, 2, 130
_OWN = ("ECSFORGE_", "TF_VAR_", "TF_WORKSPACE", "TF_DATA_DIR")


@dataclass(frozen=True)
class Options:
    """The options of a run."""

    account: str
    specs: list[str]
    envs: list[str]
    zone: str
    endpoint: str
    parallel: int
    timeout: float
    run: str
    destroy: str


def options(arguments: Sequence[str]) -> Options:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.aws", description=__doc__)
    parser.add_argument("--account", required=True, help="the account that the credentials must be for")
    parser.add_argument("--specs", default="", help="names of tests/specs, or paths of project files; default: all")
    parser.add_argument("--envs", default="", help="environments; default: all")
    parser.add_argument("--zone", default="", help="a public hosted zone of the account, for specs with a domain")
    parser.add_argument("--endpoint", default="", help="an AWS emulator to use in place of AWS")
    parser.add_argument("--parallel", type=int, default=1, help="environments at a time (default: %(default)s)")
    parser.add_argument("--timeout", type=float, default=60, help="minutes for one command (default: %(default)s)")
    parser.add_argument("--run", default=secrets.token_hex(3), help="the id in all names (default: random)")
    parser.add_argument("--destroy", default="", help="only destroy what the run with this id left")
    given = parser.parse_args(arguments)
    return Options(
        given.account,
        given.specs.split(),
        given.envs.split(),
        given.zone,
        given.endpoint,
        max(1, given.parallel),
        given.timeout * 60,
        given.destroy or given.run,
        given.destroy,
    )


class Run:
    """All environments of a run."""

    def __init__(self, given: Options, console: Console) -> None:
        self.given, self.console = given, console
        self.folder = (FOLDER / given.run).absolute()
        self.commands = Commands(_env_vars(given.endpoint), given.timeout)
        self._signals = 0

    def run(self) -> int:
        """Run everything and return the exit code."""
        refused = self._refused()
        if refused:
            self.console.print(f"error: {refused}", style="bold red")
            return WRONG
        lives = self._lives()
        if not lives:
            self.console.print("error: nothing to do: no environment is selected", style="bold red")
            return WRONG
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, self._stop)
        work: Callable[[Life], None] = Life.clean_up if self.given.destroy else Life.run
        with ThreadPoolExecutor(self.given.parallel) as pool:
            pending = {pool.submit(self._live, work, life) for life in lives}
            while pending:  # wait in short steps, so that signals are handled
                _, pending = wait(pending, timeout=0.5)
        return self._report(lives)

    def _refused(self) -> str:
        """Why the account is not the one named; empty if it is."""
        try:
            found = self._client("sts", "us-east-1").get_caller_identity()
        except (BotoCoreError, ClientError) as error:
            return f"credentials: AWS can't be asked for the account; got {error}; set AWS_PROFILE or AWS_ACCESS_KEY_ID"
        if found["Account"] != self.given.account:
            got = f"{found['Account']} ({found['Arn']})"
            return f"ACCOUNT: the credentials are for another account; got {got}; named was {self.given.account}"
        return ""

    def _lives(self) -> list[Life]:
        """What to run, with a message for everything that is left out."""
        account = Account(self.given.account, self.given.zone)
        lives = []
        for file in selected(self.given.specs):
            for env, prepared in self._prepared(file, account):
                folder = self.folder / f"{prepared.name}-{env}"
                if self.given.destroy and not folder.exists():
                    continue
                settling = 1.0 if self.given.endpoint else 15.0
                needs = Prerequisites(prepared, account, self._client)
                lives.append(Life(needs, env, folder, self.commands, self._say, settling))
        return lives

    def _prepared(self, file: Path, account: Account) -> list[tuple[str, Prepared]]:
        """Each environment of a spec with a project_id of its own, so that nothing is shared between them."""
        whole = prepare(file, self.given.run, account)
        wanted = [env for env in whole.document["environments"] if not self.given.envs or env in self.given.envs]
        for env in wanted:
            if env in whole.left_out:
                self._say(f"{whole.name}/{env}: left out: {whole.left_out[env]}")
        for change in whole.changed:
            self._say(f"{whole.name}: {change}")
        ids = {env: f"{self.given.run}{place}" for place, env in enumerate(whole.document["environments"])}
        return [(env, prepare(file, ids[env], account)) for env in wanted if env in whole.envs]

    def _live(self, work: Callable[[Life], None], life: Life) -> None:
        if not self.commands.stopping.is_set():
            work(life)
            delete_folder(life)

    def _report(self, lives: list[Life]) -> int:
        self.console.print()
        for life in lives:
            seconds = sum(step.seconds for step in life.steps)
            outcome = "not run" if not life.steps else "passed" if life.passed else "FAILED"
            self.console.print(f"{life.name}: {outcome} after {seconds / 60:.0f} min")
            for each in life.left.existing:
                self.console.print(f"  left in {life.prepared.region}: {each}", style="bold red")
            for each in life.left.expiring:
                self.console.print(f"  kept by AWS in {life.prepared.region}: {each}")
        if any(life.steps and not life.passed for life in lives):
            self.console.print(
                f"\nThe states and logs are in {self.folder}. Destroy what is left with:\n"
                f"  make e2e-aws ACCOUNT={self.given.account} DESTROY={self.given.run}"
            )
        elif self.folder.exists() and not any(self.folder.iterdir()):
            self.folder.rmdir()
        if self.commands.stopping.is_set():
            return STOPPED
        return PASSED if all(life.passed for life in lives) else FAILED

    def _stop(self, number: int, frame: object) -> None:
        """Stop at a signal: interrupt what runs, and destroy. Further signals do not stop that."""
        self._signals += 1
        if self._signals == 1:
            self._say("stopping: what was deployed is destroyed now; this takes minutes")
            self.commands.stop()
        else:
            self._say("still destroying; if you kill this process, what was deployed stays and costs money")

    def _say(self, text: str) -> None:
        self.console.print(f"{time.strftime('%H:%M:%S')} {text}")

    def _client(self, service: str, region: str) -> Any:
        settings = Config(retries={"total_max_attempts": 8, "mode": "standard"})
        url = self.given.endpoint or None
        # A session of its own, because they are not safe to share between threads.
        return boto3.Session(region_name=region).client(service, endpoint_url=url, config=settings)  # type: ignore[call-overload]


def _env_vars(endpoint: str) -> dict[str, str]:
    """The environment of ecsforge: without the variables that select another project or state."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(_OWN)}
    return {**kept, **({"AWS_ENDPOINT_URL": endpoint} if endpoint else {}), "NO_COLOR": "1"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    console = Console(soft_wrap=True, highlight=False, markup=False)
    return Run(options(sys.argv[1:] if arguments is None else arguments), console).run()


if __name__ == "__main__":
    sys.exit(main())
