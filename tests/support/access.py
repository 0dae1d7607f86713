"""What the roles of a synthesized stack may do, with sample ARNs in place of Terraform's expressions."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from operations.iam import Decision, Policies, Policy, Principal, Request, decide, parse
from tests.support.synthesized import Stack

ACCOUNT = "123456789012"
OTHER_ACCOUNT = "210987654321"
_REFERENCE = re.compile(r"\$\{(?P<address>(?:data\.)?\w+\.\w+)\.(?P<attribute>\w+)\}")
_DATA = {
    "data.aws_caller_identity.current": {"account_id": ACCOUNT},
    "data.aws_partition.current": {"partition": "aws", "dns_suffix": "amazonaws.com"},
}
# Terraform type -> the argument that names a resource, and its ARN. Without an argument, AWS chooses the identifier.
_ARNS = {
    "aws_cloudwatch_log_group": ("name", "arn:aws:logs:{region}:{account}:log-group:{name}"),
    "aws_dynamodb_table": ("name", "arn:aws:dynamodb:{region}:{account}:table/{name}"),
    "aws_ecr_repository": ("name", "arn:aws:ecr:{region}:{account}:repository/{name}"),
    "aws_ecs_cluster": ("name", "arn:aws:ecs:{region}:{account}:cluster/{name}"),
    "aws_efs_access_point": ("", "arn:aws:elasticfilesystem:{region}:{account}:access-point/fsap-{name}"),
    "aws_efs_file_system": ("", "arn:aws:elasticfilesystem:{region}:{account}:file-system/fs-{name}"),
    "aws_iam_policy": ("name", "arn:aws:iam::{account}:policy/{name}"),
    "aws_iam_role": ("name", "arn:aws:iam::{account}:role/{name}"),
    "aws_kms_key": ("", "arn:aws:kms:{region}:{account}:key/{name}"),
    "aws_s3_bucket": ("bucket", "arn:aws:s3:::{name}"),
    "aws_sns_topic": ("name", "arn:aws:sns:{region}:{account}:{name}"),
    "aws_sqs_queue": ("name", "arn:aws:sqs:{region}:{account}:{name}"),
}
# Terraform type of a resource policy -> the argument that refers to the resource, and the one with the document.
_RESOURCE_POLICIES = {
    "aws_efs_file_system_policy": "file_system_id",
    "aws_s3_bucket_policy": "bucket",
    "aws_sns_topic_policy": "arn",
    "aws_sqs_queue_policy": "queue_url",
}


@dataclass(frozen=True)
class Access:
    """The policies of a stack. Addresses are Terraform's, `aws_sqs_queue.worker_queue`; roles are logical IDs."""

    stack: Stack

    @property
    def region(self) -> str:
        region: str = self.stack.content["provider"]["aws"][0]["region"]
        return region

    def arn(self, address: str) -> str:
        """The sample ARN of a resource."""
        kind = address.partition(".")[0]
        argument, template = _ARNS[kind]
        generated = hashlib.sha256(address.encode()).hexdigest()[:17]
        name = self.text(self.stack[address][argument]) if argument else generated
        return template.format(region=self.region, account=ACCOUNT, name=name)

    def text(self, value: str) -> str:
        """A text with sample values in place of its references."""
        return _REFERENCE.sub(self._value, value)

    def _value(self, match: re.Match[str]) -> str:
        address, attribute = match["address"], match["attribute"]
        if address in _DATA:
            return _DATA[address][attribute]
        if attribute == "arn":
            return self.arn(address)
        assert attribute in ("id", "name", "bucket"), f"no sample value for {match[0]}"
        return self.arn(address).rpartition(":")[2].rpartition("/")[2]

    def policy(self, address: str, argument: str = "policy") -> Policy:
        """A policy document of the stack. Its texts have no references left."""
        document = json.loads(self.text(self.stack[address][argument]))
        assert "${" not in json.dumps(document).replace("$${", ""), address
        return parse(_unescaped(document), address)

    def role_policies(self, role: str) -> tuple[Policy, ...]:
        """The inline policies of a role, and the managed policies that the stack creates for it."""
        own = {f"${{aws_iam_role.{role}.{attribute}}}" for attribute in ("name", "id")}
        inline = [
            f"aws_iam_role_policy.{name}"
            for name, made in self.stack.all("aws_iam_role_policy").items()
            if made["role"] in own
        ]
        attached = [
            made["policy_arn"]
            for made in self.stack.all("aws_iam_role_policy_attachment").values()
            if made["role"] in own
        ]
        managed = [match["address"] for match in map(_REFERENCE.fullmatch, attached) if match]
        return tuple(map(self.policy, [*inline, *managed]))

    @cached_property
    def resource_policies(self) -> dict[str, Policy]:
        """The policies of the stack's queues, buckets, topics, file systems and keys, by ARN."""
        return dict(self._resource_policies())

    def _resource_policies(self) -> Iterator[tuple[str, Policy]]:
        for kind, argument in _RESOURCE_POLICIES.items():
            for name, made in self.stack.all(kind).items():
                match = _REFERENCE.fullmatch(made[argument])
                assert match, f"{kind}.{name}: {made[argument]}"
                yield self.arn(match["address"]), self.policy(f"{kind}.{name}")
        for name in self.stack.all("aws_kms_key"):
            yield self.arn(f"aws_kms_key.{name}"), self.policy(f"aws_kms_key.{name}")

    def principal(self, role: str) -> Principal:
        """A session of a role of the stack."""
        return Principal("AWS", self.arn(f"aws_iam_role.{role}"), "a-task")

    def decide(self, role: str, action: str, resource: str, **context: str) -> Decision:
        """The decision about a request of a role, over TLS. `context` has `_` in place of `:` in its names."""
        return self.decide_for(self.principal(role), action, resource, context, self.role_policies(role))

    def decide_for(
        self,
        principal: Principal,
        action: str,
        resource: str,
        context: dict[str, str],
        identity: tuple[Policy, ...] = (),
    ) -> Decision:
        """The decision about a request of anyone, with the policy of the resource."""
        keys = {"aws:SecureTransport": "true", "aws:RequestedRegion": self.region, **context}
        found = self.resource_policies.get(resource) or self.resource_policies.get(resource.partition("/")[0])
        return decide(Policies(identity, found), Request(principal, action, resource, keys))

    def assumes(self, role: str, principal: Principal, **context: str) -> bool:
        """Whether a principal may assume a role, with the condition keys `aws_SourceAccount`, `aws_SourceArn`."""
        keys = {name.replace("_", ":", 1): value for name, value in context.items()}
        trust = self.policy(f"aws_iam_role.{role}", "assume_role_policy")
        request = Request(principal, "sts:AssumeRole", self.arn(f"aws_iam_role.{role}"), keys)
        return decide(Policies(resource=trust), request).allowed


def _unescaped(value: Any) -> Any:
    """The texts of a document as Terraform reads them."""
    if isinstance(value, dict):
        return {key: _unescaped(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_unescaped(item) for item in value]
    return value.replace("$${", "${").replace("%%{", "%{") if isinstance(value, str) else value
