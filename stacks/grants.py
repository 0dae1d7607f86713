"""The IAM statements of a service's roles, as data.

The constructs give them Terraform's expressions for ARNs; `stacks/role_policies.py` gives them sample ARNs to measure a
policy before it is synthesized.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from stacks.image_reference import ecr_repository
from stacks.literal import literal, literals
from stacks.references import secret_reference

if TYPE_CHECKING:
    from stacks.project.models import Expression, Service, Statement

PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
DECRYPT = "DecryptSecrets"
"""The ID of the statement for `kms_keys`."""
_DECRYPTING_SERVICES = ("s3", "secretsmanager", "ssm")


class Account(Protocol):
    """The account and region of a stack."""

    @property
    def region(self) -> str:
        """The region."""

    def arn(self, service: str, resource: str, *, region: str | None = None, account: str | None = None) -> str:
        """The ARN of a resource; `region` and `account` default to the stack's, "" omits them."""


@dataclass(frozen=True)
class Grant:
    """A policy statement; `resources` may be Terraform expressions."""

    sid: str
    actions: Sequence[str]
    resources: Sequence[str]
    conditions: Mapping[str, Mapping[str, Any]] | None = None
    effect: str = "Allow"

    def rendered(self) -> dict[str, Any]:
        """The statement in IAM's policy language."""
        return {
            "Sid": self.sid,
            "Effect": self.effect,
            "Action": list(self.actions),
            "Resource": list(self.resources),
            **({"Condition": self.conditions} if self.conditions else {}),
        }


def inserted(expression: str) -> str:
    """An expression of the user's own Terraform in a text that Terraform evaluates."""
    return f"${{{expression}}}"


def user_grants(statements: Sequence[Statement], insert: Callable[[str], str] = inserted) -> list[Grant]:
    """The statements of the project file, numbered; `insert` puts an expression into a policy."""
    return [
        Grant(f"Project{number}", literals(s.actions), _resources(s.resources, insert), effect=s.effect)
        for number, s in enumerate(statements, start=1)
    ]


def _resources(values: Iterable[str | Expression], insert: Callable[[str], str]) -> list[str]:
    return [literal(value) if isinstance(value, str) else insert(value.terraform) for value in values]


def execution_grants(
    account: Account,
    config: Service,
    *,
    log_group_arn: str,
    repository_arn: str | None,
    insert: Callable[[str], str] = inserted,
) -> list[Grant]:
    """What ECS needs to start a service's tasks: its log group, repositories, secrets and environment files.

    `insert` puts an expression of the user's own Terraform into a policy.
    """
    return [
        Grant("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [f"{log_group_arn}:*"]),
        *_pull_grants(account, config, repository_arn),
        *_secret_grants(account, config),
        *_own_secret_grants(config, insert),
        *_env_file_grants(account, config),
        *_key_grants(account, config),
        *user_grants(config.permissions.execution_statements, insert),
    ]


def _pull_grants(account: Account, config: Service, repository_arn: str | None) -> list[Grant]:
    """Permission to pull the service's images from private ECR repositories; none for public images."""
    own = [] if config.image_is_deployed else [config.image]
    images = [*own, *(sidecar.image for sidecar in config.sidecars.values())]
    found = [ecr_repository(image) for image in images]
    others = {account.arn("ecr", f"repository/{r.name}", region=r.region, account=r.account_id) for r in found if r}
    arns = [*([repository_arn] if repository_arn else []), *sorted(others - {repository_arn})]
    if not arns:
        return []
    return [
        # GetAuthorizationToken has no resource-level permissions: the token is for the whole registry.
        Grant("RegistryToken", ["ecr:GetAuthorizationToken"], ["*"]),
        Grant("PullImages", PULL, arns),
    ]


def _secret_grants(account: Account, config: Service) -> list[Grant]:
    """Permission to read exactly the parameters and secrets that ECS reads for the service's containers."""
    texts = [*config.secrets.values(), config.image_credentials, *config.logs.secret_options.values()]
    for sidecar in config.sidecars.values():
        texts += [*sidecar.secrets.values(), sidecar.image_credentials]
    references = [secret_reference(text) for text in texts if isinstance(text, str)]
    grants = []
    for service, sid, action in (
        ("ssm", "ReadParameters", "ssm:GetParameters"),
        ("secretsmanager", "ReadSecrets", "secretsmanager:GetSecretValue"),
    ):
        arns = {r.readable(account.arn) for r in references if r.service == service}
        if arns:
            grants.append(Grant(sid, [action], sorted(arns)))
    return grants


def _own_secret_grants(config: Service, insert: Callable[[str], str]) -> Iterator[Grant]:
    """Permission to read the parameters and secrets of the user's own Terraform, which are ARNs.

    Where the expression does not say which of the two it is, both actions are allowed; each only applies to ARNs of its
    own service.
    """
    values = [
        *config.secrets.values(),
        *(value for each in config.sidecars.values() for value in each.secrets.values()),
    ]
    expressions = dict.fromkeys(value.terraform for value in values if not isinstance(value, str))
    by_actions: dict[str, list[str]] = {}
    for expression in expressions:
        by_actions.setdefault(_own_secret_kind(expression), []).append(insert(_without_selector(expression)))
    for kind, resources in by_actions.items():
        yield Grant(f"ReadOwn{kind}", _OWN_SECRET_ACTIONS[kind], resources)


_OWN_SECRET_ACTIONS = {
    "Parameters": ("ssm:GetParameters",),
    "Secrets": ("secretsmanager:GetSecretValue",),
    "Values": ("secretsmanager:GetSecretValue", "ssm:GetParameters"),
}


def _own_secret_kind(expression: str) -> str:
    """Whether an expression is the ARN of a parameter or of a secret, as far as its text says."""
    parameter = re.search(r"\baws_ssm_parameter\b", expression)
    secret = re.search(r"\baws_secretsmanager_secret|\bsecret_arn\b", expression)
    if bool(parameter) == bool(secret):
        return "Values"
    return "Parameters" if parameter else "Secrets"


def _without_selector(expression: str) -> str:
    """The expression for an ARN without the `:key:stage:version` after that of a secret, which has seven parts."""
    if re.fullmatch(r"[\w.\[\]*-]+\.(?:\w+_)?arn", expression):
        return expression
    if selected := re.fullmatch(r'"\$\{([\w.\[\]*-]+)\}:[^$%"\\]*"', expression):
        return selected[1]
    parts = f'split(":", {expression})'
    return f'join(":", slice({parts}, 0, min(7, length({parts}))))'


def _env_file_grants(account: Account, config: Service) -> list[Grant]:
    """Permission to read exactly the environment files, and the location of their buckets."""
    arns = [object_arn(file, account) for file in config.all_env_files]
    if not arns:
        return []
    buckets = sorted({arn.partition("/")[0] for arn in arns})
    return [
        Grant("ReadEnvironmentFiles", ["s3:GetObject"], arns),
        Grant("FindEnvironmentBuckets", ["s3:GetBucketLocation"], buckets),
    ]


def _key_grants(account: Account, config: Service) -> Iterator[Grant]:
    """Permission to decrypt with the keys of the project file, but only what ECS reads from these services.

    The names in `kms:ViaService` end in `amazonaws.com` in every partition (KMS Developer Guide, "Condition keys for
    AWS KMS").
    """
    if config.kms_keys:
        services = [f"{service}.{account.region}.amazonaws.com" for service in _DECRYPTING_SERVICES]
        via = {"StringEquals": {"kms:ViaService": services}}
        yield Grant(DECRYPT, ["kms:Decrypt"], sorted(literals(config.kms_keys)), via)


def consume_queue(queue_arn: str, region: str, key_arn: str | None) -> list[Grant]:
    """What the task role of a worker needs to consume its queue, which may be encrypted with a key of the project.

    SQS decrypts for the consumer. Its name in `kms:ViaService` ends in `amazonaws.com` in every partition (KMS
    Developer Guide, "Condition keys for AWS KMS").
    """
    actions = ["ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "ReceiveMessage"]
    grants = [Grant("ConsumeQueue", [f"sqs:{action}" for action in actions], [queue_arn])]
    if key_arn:
        via = {"StringEquals": {"kms:ViaService": f"sqs.{region}.amazonaws.com"}}
        grants.append(Grant("DecryptQueue", ["kms:Decrypt"], [key_arn], via))
    return grants


def read_connections(secret_arns: Sequence[str], region: str, key_arn: str | None) -> list[Grant]:
    """What a role needs to read the secrets of databases, which may be encrypted with a key of the project.

    Secrets Manager decrypts for the reader. Its name in `kms:ViaService` ends in `amazonaws.com` in every partition
    (KMS Developer Guide, "Condition keys for AWS KMS").
    """
    if not secret_arns:
        return []
    grants = [Grant("ReadConnections", ["secretsmanager:GetSecretValue"], secret_arns)]
    if key_arn:
        via = {"StringEquals": {"kms:ViaService": f"secretsmanager.{region}.amazonaws.com"}}
        grants.append(Grant("DecryptConnections", ["kms:Decrypt"], [key_arn], via))
    return grants


def mount_volume(number: int, file_system_arn: str, *, read_only: bool, access_point_arn: str | None) -> Grant:
    """What a task role needs to mount its volume `number` with IAM authorization."""
    actions = ["elasticfilesystem:ClientMount", *([] if read_only else ["elasticfilesystem:ClientWrite"])]
    conditions = None
    if access_point_arn:
        conditions = {"StringEquals": {"elasticfilesystem:AccessPointArn": access_point_arn}}
    # Statement IDs must be unique in a policy.
    return Grant(f"MountVolume{number}", actions, [file_system_arn], conditions)


def existing_volume_arns(account: Account, file_system: str, access_point: str | None) -> tuple[str, str | None]:
    """The ARNs of an existing file system and of its access point, if there is one."""
    point = account.arn("elasticfilesystem", f"access-point/{access_point}") if access_point else None
    return account.arn("elasticfilesystem", f"file-system/{file_system}"), point


def exec_session(log_group_arn: str, key_arn: str | None) -> tuple[Grant, ...]:
    """What the task role needs for ECS Exec (ECS Developer Guide, "Task IAM role permissions for ECS Exec")."""
    channel = [f"ssmmessages:{verb}{side}Channel" for verb in ("Create", "Open") for side in ("Control", "Data")]
    grants = [
        # A Session Manager channel has no ARN until it exists.
        Grant("ExecChannel", channel, ["*"]),
        # DescribeLogGroups can't be restricted to one log group.
        Grant("ExecFindLogGroup", ["logs:DescribeLogGroups"], ["*"]),
        Grant(
            "ExecWriteLog",
            ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            [f"{log_group_arn}:*"],
        ),
    ]
    if key_arn:
        grants.append(Grant("ExecDecrypt", ["kms:Decrypt"], [key_arn]))
    return tuple(grants)


def object_arn(file: str, account: Account) -> str:
    """The ARN of an S3 object, from an ARN or `s3://bucket/key`."""
    if not file.startswith("s3://"):
        return literal(file)
    return account.arn("s3", literal(file.removeprefix("s3://")), region="", account="")
