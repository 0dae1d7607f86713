"""The AWS names of services."""

from __future__ import annotations

from dataclasses import dataclass

from stacks.naming.limits import (
    FILE_SYSTEM_LIMIT,
    FOLDER_LIMIT,
    QUEUE_LIMIT,
    ROLE_LIMIT,
    SCHEDULE_LIMIT,
    TARGET_GROUP_LIMIT,
    repository_name,
    shortened,
)
from stacks.naming.stack import StackNames


@dataclass(frozen=True)
class ServiceNames(StackNames):
    """The names of the resources of each service. A name without `shortened` has at most 62 characters with a service,
    whose name has at most 20."""

    def service(self, service: str) -> str:
        """ECS service: 255 characters, unique in the cluster."""
        return f"{service}-service-{self.stack}"

    def task_definition(self, service: str) -> str:
        """Task definition family: 255 characters."""
        return f"{service}-{self.stack}"

    def task_security_group(self, service: str) -> str:
        """Security group of the tasks: the family's name, with a prefix if it starts with `sg-`, which EC2 reserves."""
        name = self.task_definition(service)
        return f"tasks-{name}" if name.startswith("sg-") else name

    def log_group(self, service: str) -> str:
        """CloudWatch log group: 512 characters."""
        return f"/aws/ecs/{self.stack}/{service}"

    def target_group(self, service: str, port: int, protocol: str, *, further: bool = False) -> str:
        """Target group: 32 letters, digits and dashes, unique in the region; HTTP1 is not part of the name.

        A port that moves between `port` and `http.also` has another one, because both target groups exist for a while.
        """
        suffix = ("" if protocol == "HTTP1" else f"-{protocol.lower()}") + ("-also" if further else "")
        return shortened(f"{self.stack}-{service}-{port}{suffix}", TARGET_GROUP_LIMIT)

    def role(self, service: str, use: str) -> str:
        """IAM role of a service: 64 characters, unique in the account; `use` is `execution`, `task`, ..."""
        return shortened(f"{self.stack}-{service}-{use}", ROLE_LIMIT)

    def repository(self, service: str) -> str:
        """ECR repository: 2-256 lower-case characters, with single separators."""
        return repository_name(f"{self.stack}/{service}")

    def queue(self, service: str, *, dead: bool = False, fifo: bool = False) -> str:
        """SQS queue: 80 characters with the `.fifo` that FIFO queues end in."""
        suffix = ".fifo" if fifo else ""
        # Service names have no underscore, so this can't be the name of another worker's queue.
        name = f"{self.stack}-{service}" + ("-dead_letters" if dead else "")
        return shortened(name, QUEUE_LIMIT - len(suffix)) + suffix

    def schedule(self, service: str) -> str:
        """EventBridge schedule: 64 characters, unique in its group."""
        return shortened(f"{self.stack}-{service}", SCHEDULE_LIMIT)

    def alarm(self, service: str, measure: str) -> str:
        """CloudWatch alarm: 255 characters, unique in the account and region."""
        return f"{self.stack}-{service}-{measure}"

    def file_system(self, service: str, volume: str) -> str:
        """EFS creation token: 64 characters, unique in the account and region; no other part has a slash."""
        return shortened(f"{self.stack}-{service}/{volume}", FILE_SYSTEM_LIMIT)

    def file_system_security_group(self, service: str, volume: str) -> str:
        """Security group of a file system's mount targets."""
        return f"efs-{self.file_system(service, volume)}"

    def file_system_folder(self, volume: str) -> str:
        """The root directory of an access point: 100 characters."""
        return f"/{shortened(volume, FOLDER_LIMIT - 1)}"

    def scaling(self, service: str, use: str) -> str:
        """Scaling policy or scheduled action: 256 characters, unique for the service; `use` is `cpu`, `0`, ..."""
        return f"{service}-{self.stack}-{use}"

    def task_definition_file(self, service: str) -> str:
        """The static task definition for CI/CD, relative to the stack's folder."""
        return f"task-definitions/{self.env}/{service}.latest.json"
