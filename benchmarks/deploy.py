"""Measures the time that `ecsforge deploy` adds to plain Terraform commands with the same configuration.

    python -m benchmarks.deploy

Both create the tutorial's system in an empty account and an empty folder: `ecsforge deploy` from the project file,
`terraform init`, `plan` and `apply` from a synthesized folder. The deploy does not wait for a steady state, because
Terraform does not wait either.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from benchmarks.measure import Command
from operations.rehearsal import providers
from operations.rehearsal.emulator.client import Emulator

ROOT = Path(__file__).parent.parent
PROJECT = ROOT / "ecsforge.yaml"
STACK = "node-app-prod"


def main() -> None:
    """Measure both, one after the other, and print the difference."""
    terraform = _plain_terraform()
    deploy = _deploy()
    added = deploy - terraform
    console = Console()
    console.print(f"terraform init, plan, apply   {terraform:6.1f} s")
    console.print(f"ecsforge deploy               {deploy:6.1f} s")
    console.print(f"added: {added:.1f} s, {100 * added / terraform:.1f} percent (at most 3 s and 5 percent)")


def _plain_terraform() -> float:
    with tempfile.TemporaryDirectory() as name, Emulator() as emulator:
        folder = Path(name)
        env_vars = _env_vars(emulator, folder)
        ecsforge = [sys.executable, "-m", "cli", "-f", str(PROJECT), "--env", "prod"]
        Command("synth", [*ecsforge, "synth", "--out", f"{folder}/out"], ROOT, env_vars).run()
        stack = folder / "out" / "stacks" / STACK
        commands = [
            Command("terraform", ["terraform", *arguments], stack, env_vars)
            for arguments in (
                ("init", "-input=false"),
                ("plan", "-input=false", "-out=plan"),
                ("apply", "-input=false", "plan"),
            )
        ]
        for command in commands:
            command.run()
        return sum(command.seconds for command in commands)


def _deploy() -> float:
    with tempfile.TemporaryDirectory() as name, Emulator() as emulator:
        folder = Path(name)
        (folder / PROJECT.name).write_text(PROJECT.read_text(encoding="utf-8"), encoding="utf-8")
        env_vars = {**_env_vars(emulator, folder), "PYTHONPATH": str(ROOT)}
        arguments = [sys.executable, "-m", "cli", "deploy", "--env", "prod", "--auto-approve", "--no-wait"]
        command = Command("deploy", arguments, folder, env_vars)
        command.run()
        return command.seconds


def _env_vars(emulator: Emulator, folder: Path) -> dict[str, str]:
    """The variables of the emulator's account, and of the provider mirror if one is configured."""
    env_vars = emulator.env_vars(os.environ)
    mirror = providers.named_mirror(os.environ)
    if mirror is not None:
        prepared = providers.prepare_mirror(mirror, folder / "plugins")
        env_vars["TF_CLI_CONFIG_FILE"] = str(prepared.config_file)
    return env_vars


if __name__ == "__main__":
    main()
