"""`ecsforge plan` and `ecsforge deploy`, and the bare Terraform commands with the same configuration.

Each deploy has an AWS emulator of its own. The stack is one worker in an existing network, so that it takes half a
minute. The deploy does not wait for a steady state, because Terraform does not wait either. The time of bare Terraform
does not include a synth.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks import ecsforge
from benchmarks.measure import Command, run
from benchmarks.workplace import Unavailable, Workplace
from operations.rehearsal import providers
from operations.rehearsal.emulator.client import Emulator
from stacks.errors import EcsforgeError

REGION = "us-east-1"
SUBNETS = {
    "public_subnet_ids": ["subnet-0000000a", "subnet-0000000b"],
    "private_subnet_ids": ["subnet-0000000c", "subnet-0000000d"],
}
NETWORK: dict[str, Any] = {"vpc_id": "vpc-0000000a", **SUBNETS}
SELECTED = ("--env", "prod")
STACK = "bench-prod"
SERVICES: dict[str, Any] = {
    "mailer": {
        "type": "worker",
        "image": "public.ecr.aws/nginx/nginx:1",
        "count": 1,
        "deployment": {"image_owner": "external"},
    },
}


@dataclass(frozen=True)
class Account:
    """A folder with a project file, and an empty AWS account with a network.

    Attributes:
        folder: The folder.
        env_vars: The environment variables with which ecsforge, Terraform and boto3 use the account.
        emulator: The emulator of the account.
    """

    folder: Path
    env_vars: dict[str, str]
    emulator: Emulator

    def ecsforge(self, *arguments: str) -> Command:
        """An ecsforge command."""
        return ecsforge.command(self.folder, *arguments, env_vars=self.env_vars)

    def terraform(self, *arguments: str) -> Command:
        """A Terraform command in the folder that ecsforge has written."""
        stack = self.folder / "cdktf.out" / "stacks" / STACK
        return Command(["terraform", *arguments], stack, self.env_vars)


@contextmanager
def account(workplace: Workplace) -> Iterator[Account]:
    """A new account.

    Raises:
        Unavailable: Terraform, a provider mirror or the emulator can't be used.
    """
    if shutil.which("terraform") is None:
        raise Unavailable("terraform is not on the PATH")
    folder = workplace.new_folder()
    project = {
        "project_id": "bench",
        "region": REGION,
        "network": NETWORK,
        "services": SERVICES,
        "environments": {"prod": {}},
    }
    (folder / ecsforge.FILE).write_text(yaml.safe_dump(project), encoding="utf-8")
    try:
        mirror = _mirror(folder / "plugins")
        emulator = Emulator()
        emulator.start()
    except EcsforgeError as error:
        raise Unavailable(str(error)) from error
    try:
        ids = [each for group in SUBNETS.values() for each in group]
        public = SUBNETS["public_subnet_ids"]
        emulator.create_existing(
            "network", region=REGION, vpc_id=NETWORK["vpc_id"], subnet_ids=ids, public_subnet_ids=public
        )
        yield Account(folder, {**emulator.env_vars({}), **mirror}, emulator)
    finally:
        emulator.stop()


def _mirror(folder: Path) -> dict[str, str]:
    """The variable for Terraform to use the provider mirror, if `ECSFORGE_PROVIDER_MIRROR` names one."""
    mirror = providers.named_mirror(os.environ)
    return {} if mirror is None else {"TF_CLI_CONFIG_FILE": str(providers.prepare_mirror(mirror, folder).config_file)}


def _planned(workplace: Workplace) -> Account:
    """An account and a folder in which `ecsforge plan` has run once, so that Terraform is initialized."""

    def make() -> Account:
        made = workplace.enter_context(account(workplace))
        run(made.ecsforge("plan", *SELECTED))
        return made

    return workplace.once("plan", make)


@contextmanager
def ecsforge_plan(workplace: Workplace) -> Iterator[Sequence[Command]]:
    """`ecsforge plan` of a stack that is not deployed."""
    yield [_planned(workplace).ecsforge("plan", *SELECTED)]


@contextmanager
def terraform_plan(workplace: Workplace) -> Iterator[Sequence[Command]]:
    """`terraform plan` in the folder that `ecsforge plan` uses."""
    yield [_planned(workplace).terraform("plan", "-input=false")]


def deployed(workplace: Workplace) -> Account:
    """An account in which the stack is deployed."""

    def make() -> Account:
        made = workplace.enter_context(account(workplace))
        run(made.ecsforge("deploy", *SELECTED, "--auto-approve", "--no-wait"))
        return made

    return workplace.once("deployed", make)


@contextmanager
def ecsforge_empty_plan(workplace: Workplace) -> Iterator[Sequence[Command]]:
    """`ecsforge plan` of a deployed stack that has not changed."""
    yield [deployed(workplace).ecsforge("plan", *SELECTED)]


@contextmanager
def terraform_empty_plan(workplace: Workplace) -> Iterator[Sequence[Command]]:
    """`terraform plan` in the folder that `ecsforge plan` uses."""
    yield [deployed(workplace).terraform("plan", "-input=false")]


@contextmanager
def ecsforge_deploy(workplace: Workplace) -> Iterator[Sequence[Command]]:
    """`ecsforge deploy` into an empty account, from an empty folder."""
    with account(workplace) as made:
        yield [made.ecsforge("deploy", *SELECTED, "--auto-approve", "--no-wait")]


@contextmanager
def terraform_apply(workplace: Workplace) -> Iterator[Sequence[Command]]:
    """`terraform init`, `plan` and `apply` into an empty account, from a synthesized folder."""
    with account(workplace) as made:
        run(made.ecsforge("synth", *SELECTED))
        yield [
            made.terraform("init", "-input=false"),
            made.terraform("plan", "-input=false", "-out=plan"),
            made.terraform("apply", "-input=false", "plan"),
        ]
