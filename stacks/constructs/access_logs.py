"""The bucket of the load balancer's access logs."""

from __future__ import annotations

from typing import Any

from stacks.bindings import Construct, aws
from stacks.constructs.base import Chosen, Concept
from stacks.constructs.environment import Environment
from stacks.constructs.policy import policy, tls_only

RETENTION_DAYS = 90
ABORT_UPLOAD_DAYS = 7


class AccessLogs(Concept):
    """A private, encrypted bucket that the load balancer may write to and that forgets after 90 days.

    Elastic Load Balancing takes no other encryption here than S3's own keys (SSE-S3), and delivers through the
    log delivery service principal in every region (ELB User Guide, "Access logs").

    Attributes:
        bucket: the bucket's name, as a Terraform expression.
        policy: the bucket policy, to wait for.
    """

    def __init__(self, scope: Construct, environment: Environment) -> None:
        super().__init__(scope, "access_logs")
        bucket = self.make(
            aws.s3_bucket.S3Bucket,
            "access_logs",
            **Chosen(
                bucket=environment.names.access_log_bucket(environment.account.id),
                force_destroy=not environment.protected,
                tags={"Name": f"{environment.names.stack}-access-logs"},
                lifecycle=environment.keeps_data,
            ),
        )
        self.bucket: str = bucket.id
        self._close()
        self._encrypt()
        self._version()
        self._expire()
        self.policy = self._policy(environment, bucket.arn)
        self._own()

    def _close(self) -> None:
        self._block = self.make(
            aws.s3_bucket_public_access_block.S3BucketPublicAccessBlock,
            "access_logs",
            bucket=self.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )

    def _own(self) -> None:
        kind = aws.s3_bucket_ownership_controls
        rule = kind.S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced")
        # One of the three that S3 sets one at a time, as the policy has it.
        controls = kind.S3BucketOwnershipControls
        self.make(controls, "access_logs", bucket=self.bucket, rule=rule, depends_on=[self.policy])

    def _encrypt(self) -> None:
        kind = aws.s3_bucket_server_side_encryption_configuration
        default = kind.S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
            sse_algorithm="AES256"
        )
        rule = kind.S3BucketServerSideEncryptionConfigurationRuleA(apply_server_side_encryption_by_default=default)
        self.make(
            kind.S3BucketServerSideEncryptionConfigurationA,
            "access_logs",
            comment="Load balancers deliver to buckets with S3's own keys alone.",
            bucket=self.bucket,
            rule=[rule],
        )

    def _version(self) -> None:
        kind = aws.s3_bucket_versioning
        enabled = kind.S3BucketVersioningVersioningConfiguration(status="Enabled")
        self.make(kind.S3BucketVersioningA, "access_logs", bucket=self.bucket, versioning_configuration=enabled)

    def _expire(self) -> None:
        kind = aws.s3_bucket_lifecycle_configuration
        rule = kind.S3BucketLifecycleConfigurationRule(
            id="expire",
            status="Enabled",
            filter=[kind.S3BucketLifecycleConfigurationRuleFilter(prefix="")],
            expiration=[kind.S3BucketLifecycleConfigurationRuleExpiration(days=RETENTION_DAYS)],
            noncurrent_version_expiration=[
                kind.S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(noncurrent_days=1)
            ],
            abort_incomplete_multipart_upload=[
                kind.S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(
                    days_after_initiation=ABORT_UPLOAD_DAYS
                )
            ],
        )
        self.make(kind.S3BucketLifecycleConfiguration, "access_logs", bucket=self.bucket, rule=[rule])

    def _policy(self, environment: Environment, arn: str) -> Any:
        account = environment.account
        # The account in the path is the narrowing that ELB documents for every region.
        deliver = {
            "Sid": "LoadBalancerDelivers",
            "Effect": "Allow",
            "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": f"{arn}/AWSLogs/{account.id}/*",
        }
        return self.make(
            aws.s3_bucket_policy.S3BucketPolicy,
            "access_logs",
            bucket=self.bucket,
            policy=policy([deliver, tls_only("s3:*", [arn, f"{arn}/*"])]),
            # S3 refuses to set these at once: "a conflicting conditional operation is currently in progress".
            depends_on=[self._block],
        )
