"""The AWS names, with their patterns, length limits and shortening.

A name that exceeds its limit is truncated and ends with eight hex digits of the SHA-256 of the whole name, so it is
stable across runs and differs when the whole name differs. Limits are those of the AWS API references.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

LOAD_BALANCER_LIMIT = 32
TARGET_GROUP_LIMIT = 32
ROLE_LIMIT = 64
SCHEDULE_LIMIT = 64
QUEUE_LIMIT = 80
FILE_SYSTEM_LIMIT = 64
BUCKET_NAME_LIMIT = 50
"""The limit of a bucket's name, 63, without a dash and the 12 digits of the account."""
_RESERVED_BUCKETS = ("amzn-s3-demo-", "sthree-")
FOLDER_LIMIT = 100
REPOSITORY_LIMIT = 256
DATABASE_LIMIT = 63
CACHE_LIMIT = 40
HASH_LENGTH = 8
IDENTIFIER_LIMIT = 40

FORCE_NEW_DEPLOYMENT = "_force_new_deployment"
"""The end of the name of the variable that forces a new deployment of a service."""

IMAGE = "_image"
"""The end of the name of the variable for the image of a service."""

IMAGES_OUTPUT = "images"
"""The output that records in the state which image each service runs."""

DEPLOYED_TAG = "deployed-"
"""The start of the tags of images that environments run: `deployed-<env>-<digest>`."""

SHARED = "shared"
"""What the name of the stack that all environments share has in place of an environment."""

PROTECTED_OUTPUT = "protected"
"""The output that records in the state whether the environment is deployed as protected."""

OFFER = "ecsforge"
"""The local value with what a stack offers to the user's own Terraform."""

RESERVED_SERVICE_NAMES = frozenset({"access-logs", "endpoints", "exec", "flow-logs", "load-balancer", "main", "waf"})
"""Names of shared resources; a service with such a name would have the same Terraform address."""

RESERVED_RESOURCE_NAMES = RESERVED_SERVICE_NAMES | {"alarms"}
"""The same for `resources`: a topic `alarms` would have the name and the address of the alarm topic."""


def shortened(name: str, limit: int) -> str:
    """`name`, or its start and a hash of the whole when it is longer than `limit` characters or ends with a dash."""
    return name if len(name) <= limit and not name.endswith("-") else _hashed(name, name, limit)


def _hashed(start: str, name: str, limit: int) -> str:
    """The start of a name, and the hash of the whole `name`."""
    digest = hashlib.sha256(name.encode()).hexdigest()[:HASH_LENGTH]
    return f"{start[: limit - HASH_LENGTH - 1].rstrip('-')}-{digest}"


def stack_name(project_id: str, env: str) -> str:
    """The stack of one environment, and the name of its folder and its local state."""
    return f"{project_id}-{env}"


def state_key(project_id: str, env: str, prefix: str | None = None) -> str:
    """The key of a state in its bucket; unique to the project and environment, also under a shared prefix."""
    return "/".join(filter(None, ((prefix or "").strip("/"), project_id, env, "terraform.tfstate")))


def identifier(name: str) -> str:
    """A Terraform identifier for a name of the project file: dashes become underscores."""
    return name.replace("-", "_")


def force_new_deployment_variable(id: str) -> str:
    """The Terraform variable that forces a new deployment of the service with the Terraform identifier `id`."""
    return f"{id}{FORCE_NEW_DEPLOYMENT}"


def image_variable(id: str) -> str:
    """The Terraform variable for the image of the service with the Terraform identifier `id`."""
    return f"{id}{IMAGE}"


def shared_repository(project_id: str, service: str) -> str:
    """ECR repository of a service, which all environments share: 2-256 lower-case characters, single separators."""
    return _repository(f"{project_id}/{service}")


def _repository(name: str) -> str:
    single = "/".join(re.sub("-+", "-", part).strip("-") for part in name.split("/"))
    return name if single == name else shortened(f"{single}-", REPOSITORY_LIMIT)


def identifier_of(text: str) -> str:
    """A Terraform identifier for any text: letters and digits stay, other characters are replaced and a hash is added.

    Items of a list in the project file are addressed by it and not by their index, so that removing an item does not
    change the addresses of the others.
    """
    if text.isascii() and text.isalnum():
        return text
    readable = re.sub("[^A-Za-z0-9]+", "_", text).strip("_")[:IDENTIFIER_LIMIT]
    return f"{readable}_{hashlib.sha256(text.encode()).hexdigest()[:HASH_LENGTH]}".lstrip("_")


def peer_identifier(peer: str) -> str:
    """A Terraform identifier for an IPv4 range (`10_0_0_0_8`, `anywhere`) or the id of a group or subnet."""
    return "anywhere" if peer == "0.0.0.0/0" else re.sub("[^a-z0-9]", "_", peer)


def _single_dashes(name: str, limit: int) -> str:
    """A name in which RDS and ElastiCache allow no two dashes in a row and none at the end."""
    single = re.sub("-+", "-", name).strip("-")
    return shortened(name, limit) if single == name else _hashed(single, name, limit)


def managed_policy(role: str, number: int) -> str:
    """Managed policy of a role: 128 characters, unique in the account as the role's name is."""
    return f"{role}-{number}"


LOG_ROUTER = "log-router"
"""The container that routes logs, where no sidecar of the project file does."""


def ephemeral_names(paths: tuple[str, ...]) -> tuple[str, ...]:
    """The ephemeral volumes of a task for writable paths under a read-only root."""
    return tuple(f"writable-{number}" for number, _ in enumerate(paths))


@dataclass(frozen=True)
class Names:
    """The names of one environment of a project.

    Names of a service's resources start with the stack where they must be unique in the account or the region. The
    names of shared security groups are never those of a service, because `load-balancer` and `endpoints` are reserved.

    `project_id` has at most 24 characters, `env` 16 and a service 20, so a name without `shortened` has at most
    41 characters of its own for the environment and 62 with a service.
    """

    project_id: str
    env: str

    @property
    def stack(self) -> str:
        """`<project>-<env>`, at most 41 characters."""
        return stack_name(self.project_id, self.env)

    @property
    def cluster(self) -> str:
        """ECS cluster: 255 characters of letters, digits, `-` and `_`."""
        return f"web-cluster-{self.stack}"

    @property
    def load_balancer(self) -> str:
        """Load balancer: 32 letters, digits and dashes, unique in the region, never starting with `internal-`."""
        return shortened(f"alb-{self.stack}", LOAD_BALANCER_LIMIT)

    @property
    def load_balancer_security_group(self) -> str:
        """Security group: 255 characters, unique in the VPC, never starting with `sg-`."""
        return f"load-balancer-{self.stack}"

    @property
    def network_load_balancer(self) -> str:
        """Network load balancer: as the load balancer's."""
        return shortened(f"nlb-{self.stack}", LOAD_BALANCER_LIMIT)

    @property
    def network_load_balancer_security_group(self) -> str:
        """Security group of the network load balancer; no service can have so long a name."""
        return f"network-load-balancer-{self.stack}"

    @property
    def endpoint_security_group(self) -> str:
        """Security group of the interface endpoints."""
        return f"endpoints-{self.stack}"

    @property
    def namespace(self) -> str:
        """Cloud Map namespace of Service Connect: 1024 characters, unique in the account and region."""
        return self.stack

    @property
    def flow_log_group(self) -> str:
        """Log group: 512 characters."""
        return f"/aws/vpc/{self.stack}/flow-logs"

    @property
    def flow_log_role(self) -> str:
        """IAM role: 64 characters, unique in the account."""
        return shortened(f"{self.stack}-flow-logs", ROLE_LIMIT)

    @property
    def exec_log_group(self) -> str:
        """Log group of ECS Exec sessions."""
        return f"/aws/ecs/{self.stack}/exec"

    @property
    def waf(self) -> str:
        """WAFv2 web ACL: 128 letters, digits, `-` and `_`."""
        return self.stack

    @property
    def waf_log_group(self) -> str:
        """Log group of the web ACL; WAF requires the `aws-waf-logs-` prefix."""
        return f"aws-waf-logs-{self.stack}"

    @property
    def alarm_topic(self) -> str:
        """SNS topic: 256 letters, digits, `-` and `_`."""
        return f"{self.stack}-alarms"

    @property
    def key_alias(self) -> str:
        """KMS alias: 256 characters after `alias/`."""
        return f"alias/{self.stack}"

    @property
    def alarm_key_alias(self) -> str:
        """KMS alias of the alarm topic's own key."""
        return f"alias/{self.stack}-alarms"

    def access_log_bucket(self, account_id: str) -> str:
        """S3 bucket: 63 lower-case letters, digits and dashes, globally unique.

        9 characters before, 41 of the stack's, a dash and 12 digits make exactly 63; The prefix
        `alb-logs-` avoids every prefix that S3 reserves. `account_id` may be a Terraform expression for the 12 digits.
        """
        return f"alb-logs-{self.stack}-{account_id}"

    def bucket(self, resource: str, account_id: str) -> str:
        """S3 bucket: as that of the access logs; prefixed if the project's name is one that S3 reserves.

        `account_id` may be a Terraform expression for the 12 digits.
        """
        return f"{shortened(f'{self.bucket_start}{resource}', BUCKET_NAME_LIMIT)}-{account_id}"

    @property
    def bucket_start(self) -> str:
        """How the names of the buckets of `resources` begin."""
        start = f"{self.stack}-"
        return f"data-{start}" if start.startswith(_RESERVED_BUCKETS) else start

    def table(self, resource: str) -> str:
        """DynamoDB table: 255 letters, digits, `.`, `-` and `_`, unique in the account and region."""
        return f"{self.stack}-{resource}"

    def topic(self, resource: str, *, fifo: bool = False) -> str:
        """SNS topic: 256 characters with the `.fifo` that FIFO topics end in, unique in the account and region."""
        return f"{self.stack}-{resource}" + (".fifo" if fifo else "")

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
        return _repository(f"{self.stack}/{service}")

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

    def database(self, resource: str) -> str:
        """RDS cluster or instance, and its subnet group: 63 letters, digits and single dashes, unique in the region.

        A cluster and its instance have the same name, because RDS has separate names for both.
        """
        return _single_dashes(f"{self.stack}-{resource}", DATABASE_LIMIT)

    def parameter_group(self, resource: str, family: str) -> str:
        """Parameter group of a database: 255 letters, digits and single dashes; `family` is `postgres16`, ..."""
        return f"{self.database(resource)}-{family.replace('.', '-')}"

    def cache(self, resource: str) -> str:
        """ElastiCache replication group: 40 letters, digits and single dashes; its subnet group has the same name."""
        return _single_dashes(f"{self.stack}-{resource}", CACHE_LIMIT)

    def secret(self, resource: str, use: str) -> str:
        """Secrets Manager secret: 512 characters; `use` is `password` or `connection`.

        It never ends in a dash and six characters, which Secrets Manager would take for the end of an ARN.
        """
        return f"{self.stack}/{resource}/{use}"

    def store_security_group(self, resource: str) -> str:
        """Security group of a database or a cache: those of tasks have no slash, those of file systems start `efs-`."""
        return f"stores-{self.stack}/{resource}"

    def scaling(self, service: str, use: str) -> str:
        """Scaling policy or scheduled action: 256 characters, unique for the service; `use` is `cpu`, `0`, ..."""
        return f"{service}-{self.stack}-{use}"

    def task_definition_file(self, service: str) -> str:
        """The static task definition for CI/CD, relative to the stack's folder."""
        return f"task-definitions/{self.env}/{service}.latest.json"
