"""How to fix an error of AWS or Terraform, by its code or its text.

AWS's codes come from boto3, and from the text of Terraform's diagnostics, where the provider's SDK puts them. Sources:
the section "Errors" of AWS's API references, and Terraform's source for texts without a code.
"""

from __future__ import annotations

import re

AGAIN = "run the same command again; completed changes are kept"
NO_CREDENTIALS = "run `aws configure` or `aws sso login`, or set AWS_PROFILE or AWS_ACCESS_KEY_ID"
_DEFAULT = "fix the reported problem"

_EXISTS = (
    "a resource with this name exists that is not in this stack's state: if an interrupted deploy left it, deploy with "
    "--adopt; otherwise delete it, or choose another project_id"
)
_EXISTS_AFTER_SEARCH = (
    "a resource with this name exists, and the search for what an earlier deploy left did not find it: delete it, or "
    "choose another project_id"
)

# A call of the operating system and its file, as in Go's `os.PathError`; the group is the file's name.
_FILE = r"\b(?:open|create|mkdir|read|write|rename|remove|unlink|chmod|l?stat) (?:[^:]*/)?([^/:]+): "

# Pattern of the code or text -> how to fix it. The first match wins; the pattern's groups fill the advice.
_BY_PATTERN = {
    r"No valid credential sources|no EC2 IMDS role found|NoCredentialProviders": NO_CREDENTIALS,
    r"ExpiredToken|RequestExpired|token (?:has|is) expired|SSO (?:session|token)|SSOToken|TokenRetrieval": (
        f"the credentials have expired: sign in again with `aws sso login`, then {AGAIN}"
    ),
    r"ProfileNotFound|InvalidClientTokenId|SignatureDoesNotMatch|UnrecognizedClient|AuthFailure|InvalidAccessKeyId": (
        "AWS does not accept these credentials: check AWS_PROFILE and the keys"
    ),
    r"ID not allowed": "use credentials for the account of `account_id`",
    r"not authorized to perform:? ([\w:*-]+)": f"allow {{0}} for the user or role that deploys, then {AGAIN}",
    r"AccessDenied|UnauthorizedOperation|not authorized|Forbidden": (
        f"allow this for the user or role that deploys, then {AGAIN}"
    ),
    r"Instance cannot be destroyed|prevent_destroy|deletion protection": (
        "this environment is protected: set `protected: false`, deploy that, then try again"
    ),
    r"BucketNotEmpty|RepositoryNotEmpty|not empty": (
        f"it still contains data, which ecsforge never deletes: empty it, then {AGAIN}"
    ),
    r"Plan read error|as a plan file|created by a different version of Terraform": (
        "this version of Terraform can't apply it: create a new plan with `ecsforge plan --out FILE`"
    ),
    r"(?:Invalid|Unsupported) state file": (
        "the state is damaged, or was written by a newer version of Terraform: restore it from a backup, or use that "
        "version"
    ),
    r"Failed to unlock state": (
        "pass the lock ID from the error of the command that could not get the lock; if commands run again, the lock "
        "has been released"
    ),
    r"Failed to persist state": "fix the cause, then run the same command again: it stores the state first",
    r"no space left on device|ENOSPC": f"free disk space, then {AGAIN}",
    # Without a file, "permission denied" is what some systems answer for a lock that another process holds (fcntl(2)).
    _FILE + r"permission denied": f"make {{0}} and its folder readable and writable for your user, then {AGAIN}",
    r"read-only file system": f"make the file system of the state and of the output folder writable, then {AGAIN}",
    _FILE + r"is a directory": f"a folder has the name of the file {{0}}: rename or delete it, then {AGAIN}",
    _FILE + r"not a directory": f"a file is in place of a folder on the path of {{0}}: rename it, then {AGAIN}",
    r"no locks available|state lock.*(?:operation not supported|function not implemented)": (
        "the file system does not support locks: keep the project on a local disk, or the state in S3"
    ),
    r"state lock.*(?:temporarily unavailable|permission denied|ConditionalCheckFailed|PreconditionFailed|already locked"
    r"|locked by|process has locked|Lock Info)": "another command is changing this stack: wait until it has finished",
    r"Saved plan is stale": "something was deployed after this plan was created: create a new plan",
    r"NoSuchBucket|S3 bucket \S+ does not exist": "create the state bucket first: `ecsforge state init`",
    r"Required token could not be found|unauthorized.*app\.terraform\.io": (
        "sign in to HCP Terraform with `terraform login`, or set TF_TOKEN_app_terraform_io"
    ),
    r"Alarms\.AlarmNames": (
        "the AWS provider can't remove the last alarm that watches a service's deployments: keep one in its `alarms`, "
        "or run once `aws ecs update-service --cluster CLUSTER --service SERVICE --deployment-configuration "
        f"alarms={{{{alarmNames=[],enable=false,rollback=false}}}}`, then {AGAIN}"
    ),
    r"LimitExceeded|quota|TooManyBuckets": (
        f"request a higher limit in the console under Service Quotas, or remove unused resources, then {AGAIN}"
    ),
    r"Throttl|TooManyRequests|Rate exceeded|RequestLimitExceeded|SlowDown": (
        f"AWS is throttling requests: wait a minute, then {AGAIN}"
    ),
    r"BucketAlreadyExists": (
        "bucket names are unique across all AWS accounts, and another account has this one: choose another project_id"
    ),
    # Secrets Manager keeps a secret that was deleted in the console for 7 to 30 days, and its name with it.
    r"Secret \(([^)\s]+)\).*scheduled for deletion": (
        f"restore it with `aws secretsmanager restore-secret --secret-id {{0}}`, then {AGAIN}"
    ),
    r"ClusterContainsTasks": (
        f"tasks run in the cluster that this stack did not start: stop them with `aws ecs stop-task`, then {AGAIN}"
    ),
    r"AlreadyExists|already exists|Duplicate\w*Name|AlreadyOwnedByYou": _EXISTS,
    r"DependencyViolation|ResourceInUse|has dependencies|is (?:currently )?in use": (
        f"a resource outside of this stack still uses it: remove that resource, then {AGAIN}"
    ),
    r"ConcurrentUpdate": f"another change of the same resource is in progress: wait a minute, then {AGAIN}",
    r"StatusCode: 5\d\d|ServiceUnavailable|InternalFailure|InternalError|InternalServerError|ServerException": (
        f"AWS had an internal error, and the state is intact: wait a minute, then {AGAIN}"
    ),
    # Of the user's own Terraform: the stack's variables have defaults, and its providers one constraint each.
    r"No value for required variable.*\"([\w-]+)\"": (
        "add a default, write the value to terraform.tfvars in the same folder, or set TF_VAR_{0}"
    ),
    r"no available releases match": (
        "change the version constraint of this provider in the required_providers of your own Terraform"
    ),
    r"provider packages|install provider|registry\.terraform\.io.*(?:connect|lookup|timeout)|registry service": (
        "check the connection to registry.terraform.io and the proxy settings, or configure a provider mirror in the "
        "file that TF_CLI_CONFIG_FILE names"
    ),
    r"ForeignAnswer": (
        "check AWS_ENDPOINT_URL and the proxy settings; on a network with a sign-in page, sign in there first; then "
        f"{AGAIN}"
    ),
    r"SSLError|SSL validation failed": (
        "check the proxy settings, and AWS_CA_BUNDLE if your network inspects TLS; on a network with a sign-in page, "
        f"sign in there first; then {AGAIN}"
    ),
    r"EndpointConnection|ConnectionClosed|HTTPClientError"
    r"|ConnectTimeout|ReadTimeout|ProxyConnection|no such host|connection refused|i/o timeout"
    r"|TLS handshake|request send failed|network is unreachable": (
        f"check the network, AWS_ENDPOINT_URL and the proxy settings, then {AGAIN}"
    ),
    r"NotFound|NoSuch\w+|does not exist": "create the missing resource, or correct its name in the project file",
    r"InvalidParameter|Validation(?:E|Error)|InvalidInput|Malformed|expected .* got": (
        "correct this value in the project file"
    ),
}
_ADVICE = tuple((re.compile(pattern, re.IGNORECASE | re.DOTALL), advice) for pattern, advice in _BY_PATTERN.items())


def advice_for(text: str, *, applying: bool = False, searched: bool = False) -> str:
    """How to fix the error of AWS or Terraform with this code and text.

    `applying` is whether changes were being made: then the command has to be run again. `searched` is whether the
    command searched for resources that an earlier deploy left, as `--adopt` does.
    """
    for pattern, advice in _ADVICE:
        match = pattern.search(text)
        if match is not None:
            return (_EXISTS_AFTER_SEARCH if searched and advice is _EXISTS else advice).format(*match.groups())
    return f"{_DEFAULT}, then {AGAIN}" if applying else _DEFAULT
