"""What to try about an error of Terraform or AWS, by what its text says.

AWS gives every error a code; the provider's AWS SDK, Terraform and boto3 all put it into the text of their own.
"""

from __future__ import annotations

import re

AGAIN = "what is done stays done, so then run the same command again"
_DEFAULT = "correct what it names"

# Pattern of the error -> what to try. The first match wins; the pattern's groups fill the advice.
_BY_PATTERN = {
    r"No valid credential sources|no EC2 IMDS role found|NoCredentialProviders": (
        "set credentials with `aws configure` or `aws sso login`, or name them with AWS_PROFILE or AWS_ACCESS_KEY_ID"
    ),
    r"ExpiredToken|RequestExpired|token (?:has|is) expired|SSO (?:session|token)|SSOToken|TokenRetrieval": (
        f"the credentials have expired: sign in again with `aws sso login`; {AGAIN}"
    ),
    r"ProfileNotFound|InvalidClientTokenId|SignatureDoesNotMatch|UnrecognizedClient|AuthFailure|InvalidAccessKeyId": (
        "AWS does not know these credentials: check AWS_PROFILE and the keys"
    ),
    r"ID not allowed": "use credentials of the account that `account_id` names",
    r"not authorized to perform:? ([\w:*-]+)": f"allow {{0}} to the user or role that deploys; {AGAIN}",
    r"AccessDenied|UnauthorizedOperation|not authorized|Forbidden": (
        f"allow this to the user or role that deploys; {AGAIN}"
    ),
    r"Instance cannot be destroyed|prevent_destroy|deletion protection": (
        "this environment is protected: set `protected: false`, deploy that, then do this again"
    ),
    r"BucketNotEmpty|RepositoryNotEmpty|not empty": (
        f"it still holds data, which is yours to delete: empty it; {AGAIN}"
    ),
    r"Plan read error|as a plan file|created by a different version of Terraform": (
        "it is no plan that this Terraform can apply: make a new one with `ecsforge plan --out FILE`"
    ),
    r"(?:Invalid|Unsupported) state file": (
        "the state is damaged, or of a newer Terraform: restore it from a backup, or use that Terraform"
    ),
    r"Failed to unlock state": (
        "give the id that a refused command has named; when it is refused no more, the lock is gone already"
    ),
    r"Failed to persist state": f"mend the cause; {AGAIN}, which stores the state first",
    r"no space left on device|ENOSPC": f"make room on the disk; {AGAIN}",
    r"state lock.*?ID:\s+([\w-]+).*?Who:\s+(\S+)": (
        "{1} is changing this stack right now: wait until that has ended. If it was killed and runs no more, release "
        "its lock with `ecsforge state unlock --env ENV {0}`"
    ),
    r"state lock": "another deploy of this stack is running: wait until it has ended",
    r"Saved plan is stale": "something was deployed after this plan was made: make a new plan",
    r"NoSuchBucket|S3 bucket \S+ does not exist": "make the bucket of the state first: `ecsforge state init`",
    r"Required token could not be found|unauthorized.*app\.terraform\.io": (
        "sign in to HCP Terraform with `terraform login`, or set TF_TOKEN_app_terraform_io"
    ),
    r"Alarms\.AlarmNames": (
        "the AWS provider can't take away the last alarm that watches a service's deployments: keep one in its "
        "`alarms`, or run once `aws ecs update-service --cluster CLUSTER --service SERVICE --deployment-configuration "
        f"alarms={{{{alarmNames=[],enable=false,rollback=false}}}}`; {AGAIN}"
    ),
    r"LimitExceeded|quota|TooManyBuckets": (
        f"ask for a higher limit in the console under Service Quotas, or remove what is unused; {AGAIN}"
    ),
    r"Throttl|TooManyRequests|Rate exceeded|RequestLimitExceeded|SlowDown": (
        f"AWS asks for fewer requests: wait a minute; {AGAIN}"
    ),
    r"AlreadyExists|already exists|Duplicate\w*Name|AlreadyOwnedByYou": (
        "something of this name is not in this stack's state: if an interrupted deploy has left it, deploy with "
        "--adopt; otherwise delete it, or choose another project_id"
    ),
    r"DependencyViolation|ResourceInUse|has dependencies|is (?:currently )?in use": (
        f"something outside of this stack still uses it: remove that; {AGAIN}"
    ),
    r"StatusCode: 5\d\d|ServiceUnavailable|InternalFailure|InternalError|InternalServerError": (
        f"the fault is on AWS's side and the state is intact: wait a little; {AGAIN}"
    ),
    r"provider packages|install provider|registry\.terraform\.io.*(?:connect|lookup|timeout)|registry service": (
        "check the way to registry.terraform.io and the proxy settings, or name a provider mirror in the file that "
        "TF_CLI_CONFIG_FILE names"
    ),
    r"EndpointConnection|ConnectTimeout|ReadTimeout|ProxyConnection|no such host|connection refused|i/o timeout"
    r"|TLS handshake|request send failed|network is unreachable": (
        f"check the network, AWS_ENDPOINT_URL and the proxy settings; {AGAIN}"
    ),
    r"NotFound|NoSuch\w+|does not exist": "make what it names, or correct its name in the project file",
    r"InvalidParameter|Validation(?:E|Error)|InvalidInput|Malformed|expected .* got": (
        "correct the value it names in the project file"
    ),
}
_ADVICE = tuple((re.compile(pattern, re.IGNORECASE | re.DOTALL), advice) for pattern, advice in _BY_PATTERN.items())


def advice_for(text: str, *, applying: bool = False) -> str:
    """What to try about the error that `text` tells. `applying`: it came up while changes were being made."""
    for pattern, advice in _ADVICE:
        match = pattern.search(text)
        if match is not None:
            return advice.format(*match.groups())
    return f"{_DEFAULT}; {AGAIN}" if applying else _DEFAULT
