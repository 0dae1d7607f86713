"""A folder with a project file in which `ecsforge` runs against an emulator, as a user would run it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from operations.rehearsal.emulator.client import Emulator

ROOT = Path(__file__).parents[2]
REGION = "eu-west-1"
VPC = "vpc-0000000a"
SUBNETS = {
    "public_subnet_ids": ["subnet-0000000a", "subnet-0000000b"],
    "private_subnet_ids": ["subnet-0000000c", "subnet-0000000d"],
}
NETWORK = {"vpc_id": VPC, **SUBNETS}
"""An existing network, so that Terraform needs only half a minute for the rest."""

WEB: dict[str, Any] = {"image": "public.ecr.aws/nginx/nginx:1", "port": 80, "count": 2}
JOB: dict[str, Any] = {
    "type": "job",
    "image": "public.ecr.aws/docker/library/python:3.12",
    "schedule": "rate(1 hour)",
}
WORKER: dict[str, Any] = {"type": "worker", "image": "public.ecr.aws/docker/library/python:3.12", "count": 1}


@dataclass(frozen=True)
class Workplace:
    """A folder, the emulator, and the environment variables that point to it."""

    folder: Path
    emulator: Emulator
    env_vars: Mapping[str, str] = field(repr=False)
    started: list[subprocess.Popen[str]] = field(default_factory=list, repr=False)

    def write(self, project_id: str, services: dict[str, Any], **settings: Any) -> None:
        """Write the project file with the environments `dev` and `prod`."""
        project = {
            "project_id": project_id,
            "region": REGION,
            "network": NETWORK,
            "services": services,
            "environments": {"dev": {}, "prod": {}},
            **settings,
        }
        # JSON is valid YAML.
        (self.folder / "ecsforge.yaml").write_text(json.dumps(project, indent=2))

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Start a command and return its process."""
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", *arguments],
            cwd=self.folder,
            env={**self.env_vars, "PYTHONPATH": str(ROOT), **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def stop(self) -> None:
        """Terminate the processes that a failed test left running."""
        for process in self.started:
            if process.poll() is None:
                process.terminate()
                process.communicate()

    def ecsforge(self, *arguments: str, exit_code: int = 0, seconds: int = 600, **variables: str) -> Output:
        """Run a command, which may take that many seconds, and assert its exit code."""
        process = self.start(*arguments, **variables)
        stdout, stderr = process.communicate(timeout=seconds)
        assert process.returncode == exit_code, f"{arguments}\n{stdout}\n{stderr}"
        return Output(stdout, stderr)

    def deploy(self, env: str = "dev") -> Output:
        """Deploy an environment without prompting."""
        return self.ecsforge("deploy", "--env", env, "--auto-approve")

    def destroy(self, stack: str, env: str = "dev") -> Output:
        """Destroy an environment without prompting."""
        return self.ecsforge("destroy", "--env", env, "--yes-i-mean", stack)

    def planned(self, env: str = "dev") -> dict[str, str]:
        """The planned action by Terraform address."""
        answer = json.loads(self.ecsforge("plan", "--env", env, "--json").stdout)
        return {resource["address"]: resource["action"] for resource in answer["resources"]}

    def state(self, stack: str) -> dict[str, Any]:
        """The local state of a stack."""
        found: dict[str, Any] = json.loads((self.folder / f"terraform.{stack}.tfstate").read_text())
        return found

    def aws(self, service: str) -> Any:
        """A boto3 client of the emulator."""
        return self.emulator.client(service, REGION)


@dataclass(frozen=True)
class Output:
    """The output of a command."""

    stdout: str
    stderr: str
