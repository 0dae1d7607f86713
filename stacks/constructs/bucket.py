"""S3 buckets of `resources`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stacks.bindings import aws
from stacks.constructs.base import Construct, Scope, literals
from stacks.constructs.environment import Environment
from stacks.constructs.policy import policy, tls_only
from stacks.naming import identifier
from stacks.project.models import Bucket as BucketConfig

ABORT_UPLOAD_DAYS = 7
KEEP_VERSIONS_DAYS = 30
_EXPIRATION = "S3BucketLifecycleConfigurationRuleExpiration"


class Bucket(Construct):
    """A private, encrypted bucket that only accepts requests over TLS.

    Incomplete uploads are deleted after 7 days, and versions 30 days after they were overwritten or deleted. Outside of
    a protected environment, the bucket is destroyed with its objects.

    Attributes:
        arn: The bucket's ARN.
        properties: What `uses` and references from other Terraform offer, as Terraform expressions.
    """

    def __init__(self, scope: Scope, id: str, environment: Environment, name: str, config: BucketConfig) -> None:
        super().__init__(scope, id)
        self._id, self._config = identifier(name), config
        bucket = self.make(
            aws.s3_bucket.S3Bucket,
            self._id,
            bucket=environment.names.bucket(name, environment.account.id),
            force_destroy=not environment.protected,
            tags={"Name": f"{environment.names.stack}-{name}"},
            lifecycle=environment.keeps_data,
        )
        self._name: str = bucket.id
        self.arn: str = bucket.arn
        self.properties = {"name": self._name, "arn": self.arn}
        public_access_block = self._block_public_access()
        self._encrypt(environment.key_arn)
        versioning = self._enable_versioning() if config.versioned else None
        self._expire_objects(versioning)
        self._allow_origins()
        # S3 rejects concurrent changes: "a conflicting conditional operation is currently in progress".
        bucket_policy = self.make(
            aws.s3_bucket_policy.S3BucketPolicy,
            self._id,
            bucket=self._name,
            policy=policy([tls_only("s3:*", [self.arn, f"{self.arn}/*"])]),
            depends_on=[public_access_block],
        )
        self._disable_acls(bucket_policy)

    def _block_public_access(self) -> Any:
        return self.make(
            aws.s3_bucket_public_access_block.S3BucketPublicAccessBlock,
            self._id,
            bucket=self._name,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )

    def _disable_acls(self, bucket_policy: Any) -> None:
        kind = aws.s3_bucket_ownership_controls
        rule = kind.S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced")
        self.make(kind.S3BucketOwnershipControls, self._id, bucket=self._name, rule=rule, depends_on=[bucket_policy])

    def _encrypt(self, key_arn: str | None) -> None:
        kind = aws.s3_bucket_server_side_encryption_configuration
        default = kind.S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
            sse_algorithm="aws:kms" if key_arn else "AES256", kms_master_key_id=key_arn
        )
        rule = kind.S3BucketServerSideEncryptionConfigurationRuleA(
            apply_server_side_encryption_by_default=default, bucket_key_enabled=True if key_arn else None
        )
        self.make(kind.S3BucketServerSideEncryptionConfigurationA, self._id, bucket=self._name, rule=[rule])

    def _enable_versioning(self) -> Any:
        """Without this resource versioning is off, and suspended where it was on."""
        kind = aws.s3_bucket_versioning
        enabled = kind.S3BucketVersioningVersioningConfiguration(status="Enabled")
        return self.make(kind.S3BucketVersioningA, self._id, bucket=self._name, versioning_configuration=enabled)

    def _expire_objects(self, versioning: Any) -> None:
        kind = aws.s3_bucket_lifecycle_configuration
        self.make(
            kind.S3BucketLifecycleConfiguration,
            self._id,
            bucket=self._name,
            rule=list(self._rules()),
            depends_on=[versioning] if versioning else None,
        )

    def _rules(self) -> Iterator[Any]:
        """Earlier versions also expire where versioning was turned off, and delete markers with the last of them."""
        kind = aws.s3_bucket_lifecycle_configuration
        everything = [kind.S3BucketLifecycleConfigurationRuleFilter(prefix="")]
        expiration = getattr(kind, _EXPIRATION)
        noncurrent = kind.S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(
            noncurrent_days=KEEP_VERSIONS_DAYS
        )
        abort = kind.S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(
            days_after_initiation=ABORT_UPLOAD_DAYS
        )
        yield kind.S3BucketLifecycleConfigurationRule(
            id="clean-up",
            status="Enabled",
            filter=everything,
            expiration=[expiration(expired_object_delete_marker=True)],
            noncurrent_version_expiration=[noncurrent],
            abort_incomplete_multipart_upload=[abort],
        )
        if self._config.expire_days is not None:
            yield kind.S3BucketLifecycleConfigurationRule(
                id="expire",
                status="Enabled",
                filter=everything,
                expiration=[expiration(days=self._config.expire_days)],
            )

    def _allow_origins(self) -> None:
        kind = aws.s3_bucket_cors_configuration
        rules = [
            kind.S3BucketCorsConfigurationCorsRule(
                allowed_origins=literals(rule.origins),
                allowed_methods=list(rule.methods),
                allowed_headers=literals(rule.headers) or None,
                expose_headers=literals(rule.expose_headers) or None,
                max_age_seconds=rule.max_age,
            )
            for rule in self._config.cors_rules
        ]
        if rules:
            self.make(kind.S3BucketCorsConfiguration, self._id, bucket=self._name, cors_rule=rules)
