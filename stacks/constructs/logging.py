"""Where the logs of the containers of a task go.

Source: the ECS Developer Guide, "Send Amazon ECS logs to an AWS service or AWS Partner" (FireLens).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stacks.constructs.account import Account
from stacks.constructs.base import literal
from stacks.naming import LOG_ROUTER
from stacks.project.models import Logs
from stacks.references import secret_reference

ROUTER_IMAGE = "public.ecr.aws/aws-observability/aws-for-fluent-bit:stable"
ROUTER_USER = "0"
"""The user of a log router. ECS sets it, so a definition without it would differ from the registered one."""


@dataclass(frozen=True)
class ContainerLogs:
    """The log configurations of the containers of one task.

    `log_group` is the name of the service's log group, as a Terraform expression.
    """

    config: Logs
    account: Account
    log_group: str

    @property
    def routed(self) -> dict[str, Any] | None:
        """The log configuration of a container whose logs the router sends; None without a router."""
        if self.config.driver != "firelens":
            return None
        secrets = [
            {"name": literal(name), "valueFrom": secret_reference(literal(text)).value_from(self.account.arn)}
            for name, text in sorted(self.config.secret_options.items())
        ]
        options = {literal(name): literal(value) for name, value in sorted(self.config.options.items())}
        return {
            "logDriver": "awsfirelens",
            **({"options": options} if options else {}),
            **({"secretOptions": secrets} if secrets else {}),
        }

    @property
    def group(self) -> dict[str, Any]:
        """The log configuration of a container whose logs go to the log group."""
        options = {
            "awslogs-group": self.log_group,
            "awslogs-region": self.account.region,
            "awslogs-stream-prefix": "ecs",
        }
        return {"logDriver": "awslogs", "options": options}

    def of_sidecar(self, name: str) -> dict[str, Any]:
        """The fields of a sidecar's definition that are about logs."""
        if name == self.config.router:
            return {"logConfiguration": self.group, "firelensConfiguration": self._router}
        return {"logConfiguration": self.routed or self.group}

    @property
    def added_router(self) -> list[dict[str, Any]]:
        """The definition of the router that ecsforge adds; none where a sidecar is the router."""
        if not self.config.adds_router:
            return []
        return [
            {
                "name": LOG_ROUTER,
                "image": ROUTER_IMAGE,
                "essential": True,
                "user": ROUTER_USER,
                "logConfiguration": self.group,
                "firelensConfiguration": self._router,
            }
        ]

    @property
    def _router(self) -> dict[str, Any]:
        options = {"enable-ecs-log-metadata": "true"}
        if self.config.config_file is not None:
            # Fargate supports no configuration files in S3.
            options |= {"config-file-type": "file", "config-file-value": literal(self.config.config_file)}
        return {"type": "fluentbit", "options": options}
