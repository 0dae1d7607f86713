"""The S3 bucket for the load balancer's access logs."""

from __future__ import annotations

from typing import Any

from stacks.bindings import aws
from stacks.constructs.base import Construct, Scope
from stacks.constructs.environment import Environment
from stacks.constructs.policy import policy, tls_only

RETENTION_DAYS = 90
ABORT_UPLOAD_DAYS = 7


class AccessLogs(Construct):
    """A private, encrypted bucket that the load balancer writes to. Objects expire after 90 days.

    Elastic Load Balancing only delivers to buckets with SSE-S3 encryption, and uses the log delivery service principal
    in every region (ELB User Guide, "Access logs").

    Attributes:
        bucket: The bucket's name, as a Terraform expression.
        policy: The bucket policy, for `depends_on`.
    """

    def __init__(self, scope: Scope, environment: Environment) -> None:
        super().__init__(scope, "access_logs")
        bucket = self.make(
            aws.s3_bucket.S3Bucket,
            "access_logs",
            bucket=environment.names.access_log_bucket(environment.account.id),
            force_destroy=not environment.protected,
            tags={"Name": f"{environment.names.stack}-access-logs"},
            lifecycle=environment.keeps_data,
        )
        self.bucket: str = bucket.id
        public_access_block = self._block_public_access()
        self._encrypt()
        self._enable_versioning()
        self._expire_objects()
        self.policy = self._policy(environment, bucket.arn, public_access_block)
        self._disable_acls()

    def _block_public_access(self) -> Any:
        return self.make(
            aws.s3_bucket_public_access_block.S3BucketPublicAccessBlock,
            "access_logs",
            bucket=self.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )

    def _disable_acls(self) -> None:
        kind = aws.s3_bucket_ownership_controls
        rule = kind.S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced")
        # S3 rejects concurrent changes of this, the bucket policy and the public access block; see `_policy`.
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
            comment="Load balancers only deliver access logs to buckets with SSE-S3 encryption.",
            bucket=self.bucket,
            rule=[rule],
        )

    def _enable_versioning(self) -> None:
        kind = aws.s3_bucket_versioning
        enabled = kind.S3BucketVersioningVersioningConfiguration(status="Enabled")
        self.make(kind.S3BucketVersioningA, "access_logs", bucket=self.bucket, versioning_configuration=enabled)

    def _expire_objects(self) -> None:
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

    def _policy(self, environment: Environment, arn: str, public_access_block: Any) -> Any:
        account = environment.account
        # ELB documents the account ID in the path as the restriction that works in every region.
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
            # S3 rejects concurrent changes: "a conflicting conditional operation is currently in progress".
            depends_on=[public_access_block],
        )
