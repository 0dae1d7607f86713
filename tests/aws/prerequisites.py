"""Creates what the project files of a run refer to, and deletes it again.

`operations.rehearsal.prerequisites` lists what a project needs. Here it is created with the identifiers that AWS
chooses, and a project that needs anything else is refused before its deploy.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from operations.rehearsal.prerequisites import prerequisites
from stacks.project.models import Project
from tests.aws.specs import BOUNDARY, CERTIFICATE, Account, Prepared, bucket_of

Client = Callable[[str, str], Any]
"""Returns the boto3 client of a service and a region."""
ALLOW_EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
"""A boundary that limits nothing: the tasks of a run have to start."""


@dataclass
class Prerequisites:
    """What exists in the account before a project is deployed.

    `create` can be called again after it was interrupted; `delete` deletes whatever exists.

    Attributes:
        arns: The ARNs of what was created, by their placeholders in the project file.
    """

    prepared: Prepared
    account: Account
    client: Client
    partition: str = "aws"
    arns: dict[str, str] = field(default_factory=dict)

    @property
    def _tags(self) -> list[dict[str, str]]:
        return [{"Key": "Project", "Value": self.prepared.project_id}, {"Key": "ManagedBy", "Value": "ecsforge-e2e"}]

    def _aws(self, service: str) -> Any:
        return self.client(service, self.prepared.region)

    def create(self) -> str:
        """Create everything, and return a description of it."""
        needs, made = self.prepared.needs, []
        for name in sorted(needs.parameters):
            self._aws("ssm").put_parameter(Name=name, Value="e2e", Type="SecureString", Overwrite=True)
            made.append(f"parameter {name}")
        for name, keys in sorted(needs.secrets.items()):
            value = json.dumps(dict.fromkeys(sorted(keys), "e2e")) if keys else "e2e"
            self._aws("secretsmanager").create_secret(Name=name, SecretString=value, Tags=self._tags)
            made.append(f"secret {name}")
        if needs.objects:
            made.append(self._create_bucket(needs.objects))
        if needs.boundary:
            policy = self._aws("iam").create_policy(
                PolicyName=self._policy_name, PolicyDocument=json.dumps(ALLOW_EVERYTHING), Tags=self._tags
            )
            self.arns[BOUNDARY] = policy["Policy"]["Arn"]
            made.append(f"policy {self._policy_name}")
        if needs.certificate:
            self.arns[CERTIFICATE] = self._import_certificate()
            made.append("certificate, self-signed")
        return ", ".join(made)

    @property
    def _policy_name(self) -> str:
        return f"{self.prepared.project_id}-boundary"

    def _create_bucket(self, keys: set[str]) -> str:
        s3, bucket = self._aws("s3"), bucket_of(self.prepared.project_id, self.account.id)
        region = self.prepared.region
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=bucket, **where)
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": self._tags})
        for key in sorted(keys):
            s3.put_object(Bucket=bucket, Key=key, Body=b"E2E_FILE=1\n")
        return f"bucket {bucket}"

    def _import_certificate(self) -> str:
        certificate, key = self_signed(f"{self.prepared.project_id}.example.com", *sorted(self.prepared.needs.hosts))
        imported = self._aws("acm").import_certificate(Certificate=certificate, PrivateKey=key, Tags=self._tags)
        arn: str = imported["CertificateArn"]
        return arn

    def missing(self, project: Project) -> list[str]:
        """What a project needs that is not created here."""
        # The ARNs of what was created are in the descriptions.
        created = [arn.rpartition("/")[2] for arn in self.arns.values()] + [self.account.zone]
        return [
            each.description
            for each in prerequisites(project)
            if not any(name and each.description.endswith(name) for name in created)
        ]

    def delete(self) -> list[str]:
        """Delete everything, and return what could not be deleted, with the reason."""
        failed = []
        for what, delete in self._deletions():
            try:
                delete()
            except Exception as error:
                if not is_gone(error):
                    failed.append(f"{what}: {error}")
        return failed

    def _deletions(self) -> Iterator[tuple[str, Callable[[], object]]]:
        needs, project_id = self.prepared.needs, self.prepared.project_id
        for name in sorted(needs.parameters):
            yield f"parameter {name}", partial(self._aws("ssm").delete_parameter, Name=name)
        for name in sorted(needs.secrets):
            delete = self._aws("secretsmanager").delete_secret
            yield f"secret {name}", partial(delete, SecretId=name, ForceDeleteWithoutRecovery=True)
        if needs.objects:
            yield f"bucket of {project_id}", self._delete_bucket
        if needs.boundary:
            arn = f"arn:{self.partition}:iam::{self.account.id}:policy/{self._policy_name}"
            yield f"policy {self._policy_name}", partial(self._aws("iam").delete_policy, PolicyArn=arn)
        if needs.certificate:
            yield f"certificate of {project_id}", self._delete_certificates

    def _delete_bucket(self) -> None:
        s3, bucket = self._aws("s3"), bucket_of(self.prepared.project_id, self.account.id)
        for key in self.prepared.needs.objects:
            s3.delete_object(Bucket=bucket, Key=key)
        s3.delete_bucket(Bucket=bucket)

    def _delete_certificates(self) -> None:
        acm = self._aws("acm")
        domain = f"{self.prepared.project_id}.example.com"
        for page in acm.get_paginator("list_certificates").paginate():
            for each in page["CertificateSummaryList"]:
                if each["DomainName"] == domain:
                    acm.delete_certificate(CertificateArn=each["CertificateArn"])


def is_gone(error: Exception) -> bool:
    """Whether AWS answered that the resource does not exist."""
    code = getattr(error, "response", {}).get("Error", {}).get("Code", "")
    return "NotFound" in code or code in ("NoSuchEntity", "NoSuchBucket", "404")


def self_signed(domain: str, *others: str) -> tuple[bytes, bytes]:
    """A certificate for a domain and others that is valid for a week, and its key, both in PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, domain)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=7))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in (domain, *others)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private
