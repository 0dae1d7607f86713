"""The model of a service: a web service, a worker or a scheduled job."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stacks.project.models.base import CpuUnits, GiB, MiB, Model, Percent, Port, Schedule, Seconds, Text, Unit
from stacks.project.models.build import Build
from stacks.project.models.container import Condition, ContainerHealthCheck, Mount, Sidecar, Volume
from stacks.project.models.expression import Expression
from stacks.project.models.logs import Logs
from stacks.project.models.queue import Queue
from stacks.project.models.scaling import CapacityMix, Scaling
from stacks.project.models.traffic import Connect, EgressRule, HealthCheck, Http, Tcp
from stacks.project.models.uses import Use

Variables = dict[str, Text | Expression]


class OneOffTask(Model):
    """A task that `ecsforge deploy` runs once, with the image, roles and network of the service."""

    command: tuple[Text, ...]
    """The command of the service's container, such as `[npm, run, migrate]`. The entry point stays."""
    timeout: Annotated[Seconds, Field(ge=10, le=43_200)] = 600
    """How long the command may run, in seconds or as text such as `10m`; from 10s to 12h. The task is then stopped and
    the deploy fails."""


class Deployment(Model):
    """How ECS replaces tasks."""

    strategy: Literal["rolling", "blue_green", "canary", "linear"] = "rolling"
    """`rolling`; the others are not supported yet."""
    min_percent: Annotated[int, Unit("percent"), Field(ge=0, le=100)] = 100
    """The minimum of healthy tasks during a deployment, in percent of the count."""
    max_percent: Annotated[int, Unit("percent"), Field(ge=100, le=200)] = 200
    """The maximum of running tasks during a deployment, in percent of the count."""
    rollback: bool = True
    """Stop a failing deployment and roll back to the last successful one (the deployment circuit breaker)."""
    image_owner: Literal["terraform", "external"] = "terraform"
    """`external` leaves the running task definition to `ecsforge release`, or to a CI pipeline, and creates a
    repository for its images."""
    before: tuple[OneOffTask, ...] = ()
    """Tasks to run with the new task definition before the service changes, such as migrations; in order, at most
    five. They run whenever a deploy would make the service run another task definition, also with a count of 0, and
    one that fails stops the deploy. They are not in Service Connect. Only `ecsforge deploy`, `release` and `promote`
    run them."""
    after: tuple[OneOffTask, ...] = ()
    """Tasks to run once the service is in a steady state with the new task definition; in order, at most five."""
    alarms: tuple[str, ...] = ()
    """Alarms that fail a deployment: keys of the service's `alarms`, or names of existing CloudWatch alarms."""


class Statement(Model):
    """An IAM policy statement."""

    actions: tuple[str, ...]
    """IAM actions, for example `s3:GetObject`."""
    resources: tuple[str | Expression, ...]
    """The ARNs that the actions apply to: text, or `{terraform: EXPRESSION}` of your own Terraform."""
    effect: Literal["Allow", "Deny"] = "Allow"
    """Allow or Deny."""


class Permissions(Model):
    """Permissions of the service's containers, in addition to those that ecsforge grants."""

    statements: tuple[Statement, ...] = ()
    """Statements to add to the task role."""
    managed_policies: tuple[str, ...] = ()
    """ARNs of managed policies to attach to the task role."""
    execution_statements: tuple[Statement, ...] = ()
    """Statements to add to the execution role."""


class LogErrors(Model):
    """An alarm on log lines."""

    pattern: str = "ERROR"
    """The CloudWatch Logs filter pattern."""
    threshold: Annotated[int, Field(ge=1)] = 10
    """The number of matching lines in five minutes that triggers the alarm."""


class ServiceAlarms(Model):
    """CloudWatch alarms of the service."""

    cpu_percent: Percent | None = None
    """Alarm when the average CPU utilization exceeds this percentage."""
    memory_percent: Percent | None = None
    """Alarm when the average memory utilization exceeds this percentage."""
    http_5xx_percent: Percent | None = None
    """Alarm when the share of 5xx responses exceeds this percentage; web services only."""
    log_errors: LogErrors | None = None
    """Alarm on matching log lines."""
    queue_age_seconds: Annotated[Seconds, Field(ge=1)] | None = None
    """Alarm when the oldest message in the queue is older than this; workers with a queue only."""

    @property
    def any_set(self) -> bool:
        """Whether any alarm is set."""
        return any(value is not None for _, value in self)


class Service(Model):
    """A container image and how it runs on Fargate."""

    type: Literal["web", "worker", "job"] = "web"
    """`web` receives requests from the load balancer, `worker` has no ingress, `job` runs on a schedule."""
    image: str = "nginx:latest"
    """The container image, with tag or digest. `{env}` and `{project_id}` are replaced, here and in `secrets`,
    `env_files` and `image_credentials`; `{{` and `}}` write braces."""
    build: str | Build | None = None
    """Build the image: `.` or another folder with a Dockerfile, or a mapping. ecsforge creates an ECR repository for it
    in the stack `<project>-shared`, and deploys pass the image to Terraform. Can't be combined with `image`."""
    repository: bool = False
    """Create an ECR repository in the stack `<project>-shared`, for images that a pipeline builds and pushes. Without
    `image`, deploys pass the image to Terraform, as with `build`."""
    image_credentials: str | None = None
    """The secret with the user name and password of a private registry: `secretsmanager:name`, or the full ARN of a
    secret, which may be in another region or account. Its value is `{"username": ..., "password": ...}`. Images in ECR
    need none."""
    port: Port = 3000
    """The port the container listens on; web services only."""
    cpu: CpuUnits = 512
    """CPU units of the task: 256, 512, 1024, 2048, 4096, 8192, 16384 or 32768."""
    memory: MiB = 1024
    """Memory of the task in MiB; the valid values depend on `cpu`."""
    count: Annotated[int, Field(ge=0)] | Scaling = 2
    """The number of tasks, or the bounds and targets for scaling; for a job the number of tasks in each run, 1 to 10,
    1 by default."""
    capacity: Literal["on_demand", "spot"] | CapacityMix = "on_demand"
    """Fargate on demand, Fargate Spot, or a mix."""
    architecture: Literal["x86_64", "arm64"] = "x86_64"
    """The CPU architecture the image is built for."""
    command: tuple[Text, ...] = ()
    """Replaces the image's command."""
    entrypoint: tuple[Text, ...] = ()
    """Replaces the image's entry point."""
    working_directory: str | None = None
    """The working directory of the command."""
    user: Text | None = None
    """The user, and optionally the group, of the container: `1000`, `1000:1000`, `node`."""
    readonly_root: bool = False
    """Mount the container's root file system read-only."""
    writable_paths: tuple[str, ...] = ()
    """Paths that stay writable (ephemeral volumes) when `readonly_root` is true. They are owned by root, unless the
    image declares them as a VOLUME with another owner."""
    environment: Variables = {}
    """Environment variables; text is passed to the container exactly as written. `{terraform: EXPRESSION}` is a value
    of your own Terraform, such as `DB_HOST: {terraform: aws_db_instance.main.address}`."""
    secrets: Variables = {}
    """Environment variables from `ssm:/name`, `secretsmanager:name[:key[:stage]]` or an ARN, for example
    `ssm:/shop/{env}/db-url`. `{terraform: EXPRESSION}` is the ARN of a parameter or secret of your own Terraform."""
    env_files: tuple[str, ...] = ()
    """Environment files in S3 (`s3://bucket/web.env`), at most ten."""
    uses: dict[str, Use] = {}
    """The `resources` and the queues of workers that the service uses, by name, and the variables for them:
    `db: {url: DATABASE_URL}`. The service gets access to them and nothing more. Sidecars have the same permissions."""
    kms_keys: tuple[str, ...] = ()
    """ARNs of the customer managed KMS keys that encrypt secrets and environment files of this service and its
    sidecars. The execution role may decrypt with them, only through SSM, Secrets Manager and S3. AWS managed keys
    need no entry."""
    health_check: HealthCheck = HealthCheck()
    """The load balancer's health check; web services only."""
    container_health_check: ContainerHealthCheck | None = None
    """The container health check."""
    http: Http = Http()
    """Routing of requests from the load balancer; web services only."""
    target_container: str | None = None
    """The sidecar that receives the requests, on its own `port`: a web server in front of the service's container. The
    load balancer and Service Connect then reach the sidecar; web services only. The service's container by default."""
    tcp: Tcp | None = None
    """A TCP port behind a network load balancer instead of requests behind the application load balancer, for
    databases, brokers and protocols that are not HTTP. The tasks see the addresses of the clients. The health check
    opens a connection, or requests `health_check.path` if that is set. In us-east-1, the network load balancer costs
    about 16 USD a month, and 4 USD for its public address in each zone (2026). Web services only."""
    connect: bool | Connect = False
    """Join ECS Service Connect: other services reach this one at `http://<service>:<port>`. Requests between services
    time out after 15 seconds, except for GRPC and for requests to a worker. A service is created after those whose
    alias is in its `environment` or `command`, because tasks only know endpoints older than their deployment."""
    logs: Logs = Logs()
    """The logs of the containers."""
    ephemeral_storage: Annotated[GiB, Field(ge=21, le=200)] | None = None
    """Ephemeral storage in GiB, 21-200; 20 by default."""
    volumes: dict[str, Volume] = {}
    """Volumes of the task, by name: EFS file systems and ephemeral volumes."""
    tmpfs: dict[str, Annotated[MiB, Field(ge=1)]] = {}
    """Paths of the service's container that are in memory, each with its maximum size in MiB: `/run: 64`. What is in
    them counts towards `memory`."""
    sidecars: dict[str, Sidecar] = {}
    """Additional containers of the task, by name."""
    depends_on: dict[str, Condition] = {}
    """Sidecars that must reach a condition before the service's container starts."""
    exec: bool = False
    """Enable ECS Exec, for a shell in a running task."""
    stop_timeout: Annotated[Seconds, Field(ge=2, le=120)] = 30
    """Seconds between SIGTERM and SIGKILL, 2-120."""
    ulimits: dict[str, tuple[int, int]] = {}
    """Resource limits by name, each as [soft, hard]."""
    system_controls: dict[str, Text] = {}
    """Kernel parameters by name, such as `net.core.somaxconn: "1024"`. Those that start with `net.` apply to all
    containers of the task."""
    init_process: bool = False
    """Run an init process in the service's container, which forwards signals and reaps processes; always on with
    `exec`."""
    deployment: Deployment = Deployment()
    """How a deployment replaces tasks."""
    permissions: Permissions = Permissions()
    """AWS permissions of the containers."""
    queue: Queue | None = None
    """The queue that the worker consumes; workers only."""
    schedule: Schedule | None = None
    """When the job runs: `cron(...)`, `rate(...)` or `at(...)`, at most 256 characters, or `@hourly`, `@daily`,
    `@weekly`, `@monthly`, `@yearly` or `@every 15m`; jobs only, and required for them."""
    timezone: str = "UTC"
    """The IANA time zone of `schedule`; jobs only."""
    retries: Annotated[int, Field(ge=0, le=185)] = 2
    """Retries when a task can't be started, 0-185; jobs only."""
    timeout: Annotated[Seconds, Field(ge=60, le=86_400)] = 3600
    """Seconds after the scheduled time during which the task can still be started, 60-86400; jobs only."""
    placement: Literal["private", "public"] = "private"
    """`private` runs the tasks in the private subnets, behind NAT. `public` runs them in the public subnets, each with
    a public IPv4 address and no way in except from the load balancer and connected services; with `nat: none` the
    environment then needs no NAT gateway. An address costs about 4 USD a month (2026)."""
    security_groups: tuple[str | Expression, ...] = ()
    """Existing security groups (sg-...) of the VPC that the tasks are in too, at most four: for example one that a
    database admits. `{terraform: EXPRESSION}` is the ID of one of your own Terraform. ecsforge does not change their
    rules."""
    egress: Literal["open"] | tuple[EgressRule, ...] = "open"
    """Outbound traffic of the tasks: `open`, or a list of destinations."""
    alarms: ServiceAlarms = ServiceAlarms()
    """CloudWatch alarms."""
    task_definition_template: str | None = None
    """A task definition template to use instead of the built-in one; a path relative to the project file."""

    @property
    def build_settings(self) -> Build | None:
        """How the image is built; None when ecsforge does not build it."""
        return Build(context=self.build) if isinstance(self.build, str) else self.build

    @property
    def has_shared_repository(self) -> bool:
        """Whether the service has an ECR repository in the stack that all environments share."""
        return self.build is not None or self.repository

    @property
    def image_is_deployed(self) -> bool:
        """Whether the image is known only when it is deployed; it is a variable of the Terraform then."""
        return self.has_shared_repository and "image" not in self.model_fields_set

    @property
    def served_port(self) -> int | None:
        """The port that the service's container listens on: that of a web service, or that of Service Connect."""
        if self.type == "web":
            return (self.tcp.port if self.tcp and self.target is None else None) or self.port
        return self.connect.port if isinstance(self.connect, Connect) else None

    @property
    def target(self) -> Sidecar | None:
        """The sidecar that receives the requests; None for the service's container."""
        return self.sidecars.get(self.target_container) if self.target_container is not None else None

    @property
    def reached_port(self) -> int | None:
        """The port at which the load balancer and other services reach the tasks."""
        return self.target.port if self.target is not None else self.served_port

    @property
    def all_env_files(self) -> tuple[str, ...]:
        """The environment files of all containers, each once."""
        files = [*self.env_files, *(file for sidecar in self.sidecars.values() for file in sidecar.env_files)]
        return tuple(dict.fromkeys(files))

    def writes_to(self, volume: str) -> bool:
        """Whether a container of the task can write to one of its volumes."""
        read_only = self.volumes[volume].read_only
        mounts = [sidecar.volumes[volume] for sidecar in self.sidecars.values() if volume in sidecar.volumes]
        return not read_only or any(isinstance(mount, Mount) and mount.read_only is False for mount in mounts)

    @property
    def scaling(self) -> Scaling | None:
        """The scaling bounds and targets; None when the count is a number."""
        return self.count if isinstance(self.count, Scaling) else None

    @property
    def tasks_of_a_run(self) -> int:
        """The number of tasks in each run of a job: its `count` where set, otherwise one."""
        return self.count if "count" in self.model_fields_set and isinstance(self.count, int) else 1

    @property
    def desired_count(self) -> int:
        """The number of tasks to start with."""
        return self.count.min if isinstance(self.count, Scaling) else self.count
