"""The model of a service: a web service, a worker or a scheduled job."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from stacks.project.models.base import CpuUnits, Days, GiB, MiB, Model, Percent, Port, Seconds, Text, Unit
from stacks.project.models.container import Condition, ContainerHealthCheck, Sidecar, Volume

Environment = dict[str, Text]


class ScheduledCount(Model):
    """A change of the scaling bounds at a given time."""

    cron: str
    """When: a six-field `cron(...)`, a `rate(...)` or an `at(...)` expression."""
    timezone: str = "UTC"
    """The IANA time zone `cron` is read in."""
    min: Annotated[int, Field(ge=0)]
    """The least number of tasks from then on."""
    max: Annotated[int, Field(ge=0)]
    """The greatest number of tasks from then on."""


class Scaling(Model):
    """Application Auto Scaling between `min` and `max` tasks."""

    min: Annotated[int, Field(ge=0)] = 1
    """The least number of tasks."""
    max: Annotated[int, Field(ge=1)]
    """The greatest number of tasks."""
    cpu_percent: Percent | None = None
    """Keep the average CPU use of the service at this percentage."""
    memory_percent: Percent | None = None
    """Keep the average memory use of the service at this percentage."""
    requests_per_target: Annotated[int, Field(ge=1)] | None = None
    """Keep the requests a task answers in a minute at this number; web services only."""
    queue_messages_per_task: Annotated[int, Field(ge=1)] | None = None
    """Keep the visible messages per running task at this number; workers with a queue only."""
    scale_in_cooldown: Annotated[Seconds, Field(ge=0)] = 300
    """Seconds to wait after tasks were removed."""
    scale_out_cooldown: Annotated[Seconds, Field(ge=0)] = 60
    """Seconds to wait after tasks were added."""
    schedules: tuple[ScheduledCount, ...] = ()
    """Bounds that change by the clock; `min` and `max` then hold until the first of them, and no deploy sets them
    again."""


class CapacityMix(Model):
    """On-demand and Spot capacity in proportion."""

    on_demand_base: Annotated[int, Field(ge=0, le=100_000)] = 0
    """Tasks that always run on demand, before the weights count."""
    on_demand_weight: Annotated[int, Field(ge=0, le=1000)] = 0
    """Share of FARGATE among the other tasks."""
    spot_weight: Annotated[int, Field(ge=0, le=1000)] = 0
    """Share of FARGATE_SPOT among the other tasks."""


class HealthCheck(Model):
    """The load balancer's health check of the service's target group."""

    path: str = "/"
    """The path that is asked for; for GRPC the method, `/package.service/method`."""
    matcher: Text = "200-399"
    """HTTP codes (or gRPC codes) that count as healthy: a code, a list or a range."""
    interval: Annotated[Seconds, Field(ge=5, le=300)] = 30
    """Seconds between checks, 5-300."""
    timeout: Annotated[Seconds, Field(ge=2, le=120)] = 5
    """Seconds before a check counts as failed, 2-120, less than `interval`."""
    healthy_threshold: Annotated[int, Field(ge=2, le=10)] = 2
    """Successes in a row before a target is healthy, 2-10."""
    unhealthy_threshold: Annotated[int, Field(ge=2, le=10)] = 3
    """Failures in a row before a target is unhealthy, 2-10."""
    grace_period: Annotated[Seconds, Field(ge=0, le=2_147_483_647)] = 60
    """Seconds after a task starts during which ECS ignores failed checks."""


class Http(Model):
    """How the load balancer routes to the service."""

    hosts: tuple[str, ...] = ()
    """Host names to answer; any when empty. `*.example.com` matches subdomains."""
    paths: tuple[str, ...] = ("/*",)
    """Path patterns to answer."""
    priority: Annotated[int, Field(ge=1, le=50_000)] | None = None
    """The listener rule's priority; assigned in order, specific paths first, when left out."""
    stickiness: Annotated[Seconds, Field(ge=1, le=604_800)] | Literal[False] = False
    """Keep a client on one task for this many seconds, or `false`."""
    deregistration_delay: Annotated[Seconds, Field(ge=0, le=3600)] = 60
    """Seconds a stopping task may finish its requests, 0-3600."""
    slow_start: Annotated[Seconds, Field(ge=0, le=900)] = 0
    """Seconds over which a new task gets its full share of requests: 0, or 30-900."""
    protocol: Literal["HTTP1", "HTTP2", "GRPC"] = "HTTP1"
    """The protocol version the tasks speak."""
    allowed_cidrs: tuple[str, ...] = ()
    """IPv4 ranges that may use the service; all that reach the load balancer when empty."""


class Connect(Model):
    """The service's name in ECS Service Connect."""

    alias: str | None = None
    """The host name others use; the service's name when left out."""
    port: Port | None = None
    """The port others use; the service's `port` when left out."""


class Logs(Model):
    """The service's CloudWatch log group."""

    retention_days: Days = 30
    """How long logs are kept, in days; one of the values CloudWatch Logs allows."""


class Deployment(Model):
    """How ECS replaces tasks."""

    strategy: Literal["rolling", "blue_green", "canary", "linear"] = "rolling"
    """`rolling`; the others are not supported yet."""
    min_percent: Annotated[int, Unit("percent"), Field(ge=0, le=100)] = 100
    """Healthy tasks that must stay during a deployment, in percent of the count."""
    max_percent: Annotated[int, Unit("percent"), Field(ge=100, le=200)] = 200
    """Tasks that may run during a deployment, in percent of the count."""
    rollback: bool = True
    """Stop a failing deployment and go back to the last one that worked (the circuit breaker)."""
    image_owner: Literal["terraform", "external"] = "terraform"
    """`external` leaves the running task definition to a CI pipeline and makes a repository for its images."""
    alarms: tuple[str, ...] = ()
    """Alarms that fail a deployment: keys of the service's `alarms`, or names of CloudWatch alarms that exist."""


class Statement(Model):
    """An IAM policy statement."""

    actions: tuple[str, ...]
    """IAM actions, such as `s3:GetObject`."""
    resources: tuple[str, ...]
    """ARNs the actions apply to."""
    effect: Literal["Allow", "Deny"] = "Allow"
    """Allow or Deny."""


class Permissions(Model):
    """What the service's containers may do, beyond what ecsforge grants."""

    statements: tuple[Statement, ...] = ()
    """Statements added to the task role."""
    managed_policies: tuple[str, ...] = ()
    """ARNs of managed policies attached to the task role."""
    execution_statements: tuple[Statement, ...] = ()
    """Statements added to the execution role."""


class Queue(Model):
    """An SQS queue, with a dead-letter queue, that the worker reads."""

    visibility_timeout: Annotated[Seconds, Field(ge=0, le=43_200)] = 60
    """Seconds a message is hidden while a task works on it."""
    max_receive_count: Annotated[int, Field(ge=1, le=1000)] = 3
    """Times a message is received before it goes to the dead-letter queue."""
    fifo: bool = False
    """A FIFO queue, with exactly-once processing."""


class EgressRule(Model):
    """One destination the tasks may reach."""

    port: Port
    """The TCP port."""
    cidr: str | None = None
    """The IPv4 range; 0.0.0.0/0 when neither this nor `security_group` is given."""
    security_group: str | None = None
    """The security group (sg-...) of the destination."""


class LogErrors(Model):
    """An alarm on lines in the log."""

    pattern: str = "ERROR"
    """The CloudWatch Logs filter pattern."""
    threshold: Annotated[int, Field(ge=1)] = 10
    """Matching lines in five minutes that raise the alarm."""


class ServiceAlarms(Model):
    """CloudWatch alarms of the service."""

    cpu_percent: Percent | None = None
    """Average CPU use above this percentage."""
    memory_percent: Percent | None = None
    """Average memory use above this percentage."""
    http_5xx_percent: Percent | None = None
    """Share of requests answered with 5xx above this percentage; web services only."""
    log_errors: LogErrors | None = None
    """Matching log lines."""
    queue_age_seconds: Annotated[Seconds, Field(ge=1)] | None = None
    """Age of the oldest message in the queue; workers with a queue only."""

    @property
    def any_set(self) -> bool:
        """Whether there is any alarm at all."""
        return any(value is not None for _, value in self)


class Service(Model):
    """A container image and how it runs on Fargate."""

    type: Literal["web", "worker", "job"] = "web"
    """`web` is behind the load balancer, `worker` has no ingress, `job` runs on a schedule."""
    image: str = "nginx:latest"
    """The container image, with tag or digest."""
    build: Any = None
    """Building the image is not supported yet."""
    port: Port = 3000
    """The port the container listens on; web services only."""
    cpu: CpuUnits = 512
    """CPU units of a task: 256, 512, 1024, 2048, 4096, 8192, 16384 or 32768."""
    memory: MiB = 1024
    """Memory of a task in MiB; what is allowed depends on `cpu`."""
    count: Annotated[int, Field(ge=0)] | Scaling = 2
    """The number of tasks, or the bounds and targets between which it scales; of a job those of one run, 1 to 10, and 1
    when left out."""
    capacity: Literal["on_demand", "spot"] | CapacityMix = "on_demand"
    """Fargate on demand, Fargate Spot, or a mix."""
    architecture: Literal["x86_64", "arm64"] = "x86_64"
    """The CPU architecture the image is built for."""
    command: tuple[Text, ...] = ()
    """Replaces the image's command."""
    entrypoint: tuple[Text, ...] = ()
    """Replaces the image's entry point."""
    working_directory: str | None = None
    """The folder the command starts in."""
    user: Text | None = None
    """The user, and group, the container runs as: `1000`, `1000:1000`, `node`."""
    readonly_root: bool = False
    """Mount the container's root file system read-only."""
    writable_paths: tuple[str, ...] = ()
    """Paths that stay writable (ephemeral volumes) when `readonly_root` is true. They belong to root, unless the image
    declares them as a VOLUME with an owner of its own."""
    environment: Environment = {}
    """Environment variables; values reach the container exactly as written."""
    secrets: Environment = {}
    """Environment variables from `ssm:/name`, `secretsmanager:name[:key[:stage[:version]]]` or an ARN."""
    env_files: tuple[str, ...] = ()
    """Files of environment variables in S3 (`s3://bucket/web.env`), ten at most."""
    health_check: HealthCheck = HealthCheck()
    """The load balancer's health check; web services only."""
    container_health_check: ContainerHealthCheck | None = None
    """A health check inside the container."""
    http: Http = Http()
    """Routing from the load balancer; web services only."""
    connect: bool | Connect = False
    """Join ECS Service Connect: others reach the service as `http://<service>:<port>`. ECS ends a request between them
    after 15 seconds, but for GRPC and for what a worker serves. A service is made after those whose alias stands in its
    `environment` or `command`, as tasks know no endpoint that is younger than their deployment."""
    logs: Logs = Logs()
    """The log group."""
    ephemeral_storage: Annotated[GiB, Field(ge=21, le=200)] | None = None
    """GiB of ephemeral storage, 21-200; Fargate's 20 GiB when left out."""
    volumes: dict[str, Volume] = {}
    """EFS volumes by name."""
    sidecars: dict[str, Sidecar] = {}
    """More containers of the task, by name."""
    depends_on: dict[str, Condition] = {}
    """Sidecars to wait for, with the condition to wait for."""
    exec: bool = False
    """Allow ECS Exec: a shell inside a running task."""
    stop_timeout: Annotated[Seconds, Field(ge=2, le=120)] = 30
    """Seconds between SIGTERM and SIGKILL, 2-120."""
    ulimits: dict[str, tuple[int, int]] = {}
    """Resource limits by name, each [soft, hard]."""
    deployment: Deployment = Deployment()
    """How tasks are replaced."""
    permissions: Permissions = Permissions()
    """What the containers may do in AWS."""
    queue: Queue | None = None
    """The queue the worker reads; workers only."""
    schedule: str | None = None
    """When the job runs: `cron(...)`, `rate(...)` or `at(...)`; jobs only, and required there."""
    timezone: str = "UTC"
    """The IANA time zone `schedule` is read in; jobs only."""
    retries: Annotated[int, Field(ge=0, le=185)] = 2
    """Times the scheduler tries again when the task could not be started, 0-185; jobs only."""
    timeout: Annotated[Seconds, Field(ge=60, le=86_400)] = 3600
    """Seconds after its due time during which the scheduler still starts the task, 60-86400; jobs only."""
    egress: Literal["open"] | tuple[EgressRule, ...] = "open"
    """What the tasks may reach: `open`, or a list of destinations."""
    alarms: ServiceAlarms = ServiceAlarms()
    """CloudWatch alarms."""
    task_definition_template: str | None = None
    """The project's own task definition template, in place of the built-in one."""

    @property
    def matcher(self) -> str:
        """The health check's codes: as written, or those of the protocol; any answer shows that a gRPC server lives."""
        written = "matcher" in self.health_check.model_fields_set
        return "0-99" if self.http.protocol == "GRPC" and not written else self.health_check.matcher

    @property
    def scaling(self) -> Scaling | None:
        """The scaling bounds and targets; None when the count is a number."""
        return self.count if isinstance(self.count, Scaling) else None

    @property
    def tasks_of_a_run(self) -> int:
        """The number of tasks a job starts each time: its count where that was written, or one."""
        return self.count if "count" in self.model_fields_set and isinstance(self.count, int) else 1

    @property
    def desired_count(self) -> int:
        """The number of tasks to start with."""
        return self.count.min if isinstance(self.count, Scaling) else self.count
