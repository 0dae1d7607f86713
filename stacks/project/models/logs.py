"""Models of what happens with the logs of a service's containers."""

from __future__ import annotations

from typing import Literal

from stacks.project.models.base import Days, Model, Text


class Logs(Model):
    """Where the logs of the containers go: to the service's CloudWatch log group, or through a log router."""

    driver: Literal["awslogs", "firelens"] = "awslogs"
    """`awslogs` writes to the service's log group. `firelens` sends the logs of all containers to a log router in the
    task: AWS for Fluent Bit, which ecsforge adds as the sidecar `log-router`. Only the router's own logs then go to the
    log group, and `ecsforge logs` shows only those."""
    retention_days: Days = 30
    """Retention of the log group in days; one of the values that CloudWatch Logs allows."""
    options: dict[str, Text] = {}
    """The output of the router, as Fluent Bit names it: `{Name: datadog, Host: ..., TLS: "on"}`; firelens only."""
    secret_options: dict[str, Text] = {}
    """Options of the output from `ssm:/name`, `secretsmanager:name[:key[:stage]]` or an ARN, such as `apikey`; firelens
    only."""
    router: str | None = None
    """A sidecar that routes the logs, with Fluent Bit in it, in place of the one that ecsforge adds; firelens only."""
    config_file: str | None = None
    """A configuration file in the router's image, such as `/fluent-bit/configs/parse-json.conf`, which parses logs in
    JSON; firelens only."""

    @property
    def adds_router(self) -> bool:
        """Whether ecsforge adds the router to the task."""
        return self.driver == "firelens" and self.router is None
