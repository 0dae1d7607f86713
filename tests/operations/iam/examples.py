"""AWS's documented examples of policies, with the requests whose decision the documentation states.

Every example names the page that it is from. `GUIDE` is the IAM User Guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from operations.iam import Policies, Principal, Request, parse

GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide"
ACCOUNT = "123456789012"
ROLE = Principal("AWS", f"arn:aws:iam::{ACCOUNT}:role/app", "one")
Values = str | tuple[str, ...]


def user(name: str, account: str = ACCOUNT) -> Principal:
    """An IAM user."""
    return Principal("AWS", f"arn:aws:iam::{account}:user/{name}")


def statement(effect: str, action: Any, resource: Any = "*", **elements: Any) -> dict[str, Any]:
    """A statement of a policy document."""
    return {"Effect": effect, "Action": action, "Resource": resource, **elements}


def document(*statements: Mapping[str, Any], version: str = "2012-10-17") -> dict[str, Any]:
    """A policy document."""
    return {"Version": version, "Statement": list(statements)}


@dataclass(frozen=True)
class Example:
    """Policies of a page, and requests with the decisions that the page states.

    `requests` has an action, a resource, the condition keys and the outcome of each.
    """

    url: str
    requests: tuple[tuple[str, str, Mapping[str, Values], str], ...]
    identity: tuple[Mapping[str, Any], ...] = ()
    resource: Mapping[str, Any] | None = None
    boundary: Mapping[str, Any] | None = None
    principal: Principal = ROLE
    owner: str = ACCOUNT
    note: str = field(default="", compare=False)

    @property
    def policies(self) -> Policies:
        return Policies(
            tuple(parse(each) for each in self.identity),
            None if self.resource is None else parse(self.resource),
            None if self.boundary is None else parse(self.boundary),
        )

    def request(self, action: str, resource: str, context: Mapping[str, Values]) -> Request:
        return Request(self.principal, action, resource, context, self.owner)


ALLOWED, IMPLICIT, EXPLICIT = "allowed", "implicitly denied", "explicitly denied"
_SINGLE = f"{GUIDE}/reference_policies_evaluation-logic_policy-eval-basics.html"
_CROSS = f"{GUIDE}/reference_policies_evaluation-logic-cross-account.html"
_BOUNDARIES = f"{GUIDE}/access_policies_boundaries.html"
_OPERATORS = f"{GUIDE}/reference_policies_elements_condition_operators.html"
_MULTI = f"{GUIDE}/reference_policies_condition_examples-multi-valued-context-keys.html"
_SETS = f"{GUIDE}/reference_policies_condition-single-vs-multi-valued-context-keys.html"
_VARIABLES = f"{GUIDE}/reference_policies_variables.html"
_RESOURCE = f"{GUIDE}/reference_policies_elements_resource.html"
_PASS = f"{GUIDE}/id_roles_use_passrole.html"
_S3 = "arn:aws:s3:::"
_CARLOS = f"{_S3}amzn-s3-demo-bucket-carlossalazar-logs"
_TAGS = "arn:aws:ec2:us-east-1:123456789012:instance/i-1"

CARLOS_IDENTITY = document(
    statement("Allow", ["s3:GetBucketLocation", "s3:ListAllMyBuckets"], f"{_S3}*", Sid="AllowS3ListRead"),
    statement("Allow", "s3:*", [_CARLOS, f"{_CARLOS}/*"], Sid="AllowS3Self"),
    statement("Deny", "s3:*", f"{_S3}*log*", Sid="DenyS3Logs"),
)
CARLOS_BUCKET = document(
    statement(
        "Allow", "s3:*", [f"{_CARLOS}/*", _CARLOS], Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/carlossalazar"}
    )
)
SHIRLEY_BOUNDARY = document(statement("Allow", ["s3:*", "cloudwatch:*", "ec2:*"]))
TEAM_TAG = {"aws:PrincipalTag/team": "blue"}

EVALUATION = (
    Example(
        _SINGLE,
        (
            ("s3:ListAllMyBuckets", f"{_S3}*", {}, ALLOWED),
            ("s3:PutObject", f"{_CARLOS}/file", {}, EXPLICIT),
            ("ec2:RunInstances", "*", {}, IMPLICIT),
        ),
        identity=(CARLOS_IDENTITY,),
        resource=CARLOS_BUCKET,
        principal=user("carlossalazar"),
        note="DenyS3Logs wins, although the other statement and the bucket policy allow",
    ),
    Example(
        _SINGLE,
        (("s3:PutObject", f"{_CARLOS}/file", {}, ALLOWED),),
        resource=CARLOS_BUCKET,
        principal=user("carlossalazar"),
        note="the policy of either the identity or the resource is enough within an account",
    ),
    Example(
        _CROSS,
        (
            ("s3:PutObject", f"{_S3}amzn-s3-demo-bucket-production/x", {}, ALLOWED),
            ("s3:PutObject", f"{_S3}amzn-s3-demo-bucket-other/x", {}, IMPLICIT),
        ),
        identity=(
            document(statement("Allow", ["s3:PutObject", "s3:PutObjectAcl"], f"{_S3}amzn-s3-demo-bucket-production/*")),
        ),
        resource=document(
            statement(
                "Allow",
                ["s3:GetObject*", "s3:PutObject*", "s3:ReplicateObject", "s3:RestoreObject"],
                f"{_S3}amzn-s3-demo-bucket-production/*",
                Principal={"AWS": "arn:aws:iam::111111111111:user/carlossalazar"},
            )
        ),
        principal=user("carlossalazar", "111111111111"),
        owner="222222222222",
        note="across accounts both policies must allow",
    ),
    Example(
        _CROSS,
        (("s3:PutObject", f"{_S3}amzn-s3-demo-bucket-production/x", {}, IMPLICIT),),
        identity=(document(statement("Allow", "s3:*")),),
        principal=user("carlossalazar", "111111111111"),
        owner="222222222222",
        note="without a policy of the resource, another account has no access",
    ),
    Example(
        _BOUNDARIES,
        (("iam:CreateUser", "*", {}, IMPLICIT),),
        identity=(document(statement("Allow", "iam:CreateUser")),),
        boundary=SHIRLEY_BOUNDARY,
        principal=user("ShirleyRodriguez"),
        note="the boundary does not include IAM",
    ),
    Example(
        _BOUNDARIES,
        (("s3:GetObject", f"{_S3}x/y", {}, IMPLICIT),),
        boundary=SHIRLEY_BOUNDARY,
        principal=user("ShirleyRodriguez"),
        note="a boundary allows nothing itself",
    ),
    Example(
        _BOUNDARIES,
        (("s3:GetObject", f"{_S3}x/y", {}, ALLOWED),),
        identity=(document(statement("Allow", "s3:GetObject")),),
        boundary=SHIRLEY_BOUNDARY,
        principal=user("ShirleyRodriguez"),
    ),
    Example(
        f"{_BOUNDARIES}#access_policies_boundaries-eval-logic",
        (("sqs:ReceiveMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs", {}, IMPLICIT),),
        resource=document(statement("Allow", "sqs:*", Principal={"AWS": ROLE.identifier})),
        boundary=SHIRLEY_BOUNDARY,
        note="a boundary limits what a resource policy grants to the ARN of a role",
    ),
    Example(
        f"{_BOUNDARIES}#access_policies_boundaries-eval-logic",
        (("sqs:ReceiveMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs", {}, ALLOWED),),
        resource=document(statement("Allow", "sqs:*", Principal={"AWS": ROLE.session_arn})),
        boundary=SHIRLEY_BOUNDARY,
        note="but not what it grants to a session of the role",
    ),
    Example(
        f"{_BOUNDARIES}#access_policies_boundaries-eval-logic",
        (("sqs:ReceiveMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs", {}, ALLOWED),),
        resource=document(statement("Allow", "sqs:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"})),
        boundary=SHIRLEY_BOUNDARY,
        principal=user("bob"),
        note="or to a user",
    ),
    Example(
        "https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html",
        (("kms:Decrypt", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1", {}, ALLOWED),),
        identity=(document(statement("Allow", "kms:Decrypt")),),
        resource=document(statement("Allow", "kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})),
        note="the default key policy lets IAM policies grant access",
    ),
    Example(
        "https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html",
        (("kms:Decrypt", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1", {}, IMPLICIT),),
        identity=(document(statement("Allow", "kms:Decrypt")),),
        resource=document(statement("Allow", "kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"})),
        note="a key policy that does not mention the account makes IAM policies ineffective",
    ),
    Example(
        "https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html",
        (("kms:Decrypt", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1", {}, IMPLICIT),),
        resource=document(statement("Allow", "kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})),
        note="and grants nothing to the principals of the account itself",
    ),
    Example(
        f"{GUIDE}/reference_policies_elements_notprincipal.html",
        (("s3:ListBucket", f"{_S3}amzn-s3-demo-bucket", {}, EXPLICIT),),
        identity=(document(statement("Allow", "s3:*")),),
        resource=document(
            {
                "Effect": "Deny",
                "NotPrincipal": {"AWS": [f"arn:aws:iam::{ACCOUNT}:user/Bob", f"arn:aws:iam::{ACCOUNT}:root"]},
                "Action": "s3:*",
                "Resource": [f"{_S3}amzn-s3-demo-bucket", f"{_S3}amzn-s3-demo-bucket/*"],
            }
        ),
        principal=user("Alice"),
        note="everyone but Bob is denied",
    ),
    Example(
        f"{GUIDE}/reference_policies_elements_notaction.html",
        (
            ("s3:ListBucket", f"{_S3}a", {}, ALLOWED),
            ("s3:DeleteBucket", f"{_S3}a", {}, IMPLICIT),
        ),
        identity=(document({"Effect": "Allow", "NotAction": "s3:DeleteBucket", "Resource": f"{_S3}*"}),),
    ),
    Example(
        f"{GUIDE}/reference_policies_elements_notaction.html",
        (
            ("sqs:ReceiveMessage", "*", {"aws:MultiFactorAuthPresent": "false"}, EXPLICIT),
            ("iam:ListUsers", "*", {}, IMPLICIT),
            ("sqs:ReceiveMessage", "*", {"aws:MultiFactorAuthPresent": "true"}, IMPLICIT),
        ),
        identity=(
            document(
                {
                    "Effect": "Deny",
                    "NotAction": "iam:*",
                    "Resource": "*",
                    "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
                }
            ),
        ),
    ),
    Example(
        f"{GUIDE}/reference_policies_elements_notresource.html",
        (
            ("s3:GetObject", f"{_S3}HRBucket/Payroll/x", {}, IMPLICIT),
            ("s3:GetObject", f"{_S3}other/x", {}, EXPLICIT),
        ),
        identity=(
            document(
                {
                    "Effect": "Deny",
                    "Action": "s3:*",
                    "NotResource": [f"{_S3}HRBucket/Payroll", f"{_S3}HRBucket/Payroll/*"],
                }
            ),
        ),
    ),
)


def _condition(url: str, block: Any, *cases: tuple[Mapping[str, Values], bool], note: str = "") -> Example:
    """A condition, with the context of requests and whether it is true for them."""
    requests = tuple(("s3:GetObject", f"{_S3}b/k", context, ALLOWED if true else IMPLICIT) for context, true in cases)
    return Example(url, requests, (document(statement("Allow", "*", Condition=block)),), note=note)


CONDITIONS = (
    _condition(
        f"{_OPERATORS}#Conditions_String",
        {"StringEquals": {"aws:PrincipalTag/job-category": "iamuser-admin"}},
        ({"aws:PrincipalTag/job-category": "iamuser-admin"}, True),
        ({"aws:PrincipalTag/JOB-category": "iamuser-admin"}, True),
        ({"aws:PrincipalTag/job-category": "IAMuser-admin"}, False),
        ({"aws:PrincipalTag/job-category": "dba"}, False),
        ({}, False),
        note="the names of keys are not case-sensitive, values are",
    ),
    _condition(
        f"{_OPERATORS}#Conditions_String",
        {"StringLike": {"s3:prefix": ["", "home/", "home/${aws:PrincipalTag/name}/*"]}},
        ({"s3:prefix": "home/", "aws:PrincipalTag/name": "bob"}, True),
        ({"s3:prefix": "home/bob/x/y", "aws:PrincipalTag/name": "bob"}, True),
        ({"s3:prefix": "home/eve/x", "aws:PrincipalTag/name": "bob"}, False),
        ({"s3:prefix": "home/bob/x"}, False),
    ),
    _condition(
        f"{_OPERATORS}#Conditions_String",
        {"StringNotEquals": {"aws:PrincipalTag/team": ["red", "blue"]}},
        ({"aws:PrincipalTag/team": "green"}, True),
        ({"aws:PrincipalTag/team": "blue"}, False),
        ({}, True),
        note="a negated operator is true when none of the values matches, and without the key",
    ),
    _condition(
        f"{_OPERATORS}#Conditions_String",
        {"StringEqualsIgnoreCase": {"aws:PrincipalTag/team": "Blue"}},
        ({"aws:PrincipalTag/team": "bLUE"}, True),
        ({"aws:PrincipalTag/team": "blues"}, False),
    ),
    _condition(
        f"{_OPERATORS}#Conditions_Numeric",
        {"NumericLessThanEquals": {"s3:max-keys": "10"}},
        ({"s3:max-keys": "10"}, True),
        ({"s3:max-keys": "9"}, True),
        ({"s3:max-keys": "11"}, False),
        ({}, False),
    ),
    _condition(
        f"{_OPERATORS}#Conditions_Date",
        {"DateGreaterThan": {"aws:TokenIssueTime": "2020-01-01T00:00:01Z"}},
        ({"aws:TokenIssueTime": "2020-01-01T00:00:02Z"}, True),
        ({"aws:TokenIssueTime": "2019-12-31T23:59:59Z"}, False),
        ({"aws:TokenIssueTime": "1577836802"}, True),
    ),
    _condition(
        f"{_OPERATORS}#Conditions_Boolean",
        {"Bool": {"aws:SecureTransport": "false"}},
        ({"aws:SecureTransport": "false"}, True),
        ({"aws:SecureTransport": "true"}, False),
        ({}, False),
    ),
    _condition(
        f"{_OPERATORS}#Conditions_BinaryEquals",
        {"BinaryEquals": {"key": "QmluYXJ5VmFsdWVJbkJhc2U2NA=="}},
        ({"key": "QmluYXJ5VmFsdWVJbkJhc2U2NA=="}, True),
        ({"key": "ASIAIOSFODNN7EXAMPLE"}, False),
    ),
    _condition(
        f"{_OPERATORS}#Conditions_IPAddress",
        {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        ({"aws:SourceIp": "203.0.113.17"}, True),
        ({"aws:SourceIp": "203.0.114.1"}, False),
    ),
    _condition(
        f"{_OPERATORS}#Conditions_IPAddress",
        {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:DB8:1234:5678::/64"]}},
        ({"aws:SourceIp": "203.0.113.17"}, True),
        ({"aws:SourceIp": "2001:db8:1234:5678::1"}, True),
        ({"aws:SourceIp": "2001:db8:1234:5679::1"}, False),
    ),
    _condition(
        f"{_OPERATORS}#Conditions_ARN",
        {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:123456789012:TOPIC-*"}},
        ({"aws:SourceArn": "arn:aws:sns:us-east-1:123456789012:TOPIC-ID"}, True),
        ({"aws:SourceArn": "arn:aws:sns:us-east-1:210987654321:TOPIC-ID"}, False),
        note="ArnEquals and ArnLike behave identically",
    ),
    _condition(
        f"{_OPERATORS}#Conditions_ARN",
        {"ArnLike": {"aws:SourceArn": "arn:aws:ecs:*:123456789012:*"}},
        ({"aws:SourceArn": "arn:aws:ecs:eu-west-1:123456789012:service/a/b"}, True),
        ({"aws:SourceArn": "arn:aws:ecs:eu-west-1:1:123456789012:service/a/b"}, False),
        note="each of the six parts of an ARN is checked on its own",
    ),
    _condition(
        f"{_OPERATORS}#Conditions_ARN",
        {"ArnNotLike": {"aws:SourceArn": "arn:aws:sns:*:*:a"}},
        ({"aws:SourceArn": "arn:aws:sns:us-east-1:123456789012:b"}, True),
        ({"aws:SourceArn": "arn:aws:sns:us-east-1:123456789012:a"}, False),
        ({}, True),
    ),
    _condition(
        f"{_OPERATORS}#Conditions_IfExists",
        {"StringLikeIfExists": {"ec2:InstanceType": ["t1.*", "t2.*", "m3.*"]}},
        ({"ec2:InstanceType": "t2.micro"}, True),
        ({"ec2:InstanceType": "c5.large"}, False),
        ({}, True),
    ),
    _condition(
        f"{_OPERATORS}#Conditions_Null",
        {"Null": {"aws:TokenIssueTime": "true"}},
        ({}, True),
        ({"aws:TokenIssueTime": "2020-01-01T00:00:01Z"}, False),
    ),
    _condition(
        f"{GUIDE}/reference_policies_elements_condition.html",
        {"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-west-2"], "aws:PrincipalTag/team": "blue"}},
        ({"aws:RequestedRegion": "eu-west-2", **TEAM_TAG}, True),
        ({"aws:RequestedRegion": "eu-west-2"}, False),
        ({"aws:RequestedRegion": "us-east-1", **TEAM_TAG}, False),
        note="any of the values of a key, all of the keys",
    ),
    _condition(
        f"{_MULTI}",
        {"Null": {"aws:TagKeys": "false"}, "ForAllValues:StringLike": {"aws:TagKeys": ["key1*", "key2*", "key3*"]}},
        ({"aws:TagKeys": ("key1a", "key3")}, True),
        ({"aws:TagKeys": ("key1a", "other")}, False),
        ({}, False),
    ),
    _condition(
        f"{_MULTI}",
        {"ForAllValues:StringLike": {"aws:TagKeys": ["key1*"]}},
        ({"aws:TagKeys": ("key1a", "key1b")}, True),
        ({"aws:TagKeys": ("key1a", "key2")}, False),
        ({}, True),
        ({"aws:TagKeys": ("",)}, True),
        note="ForAllValues is also true without the key, and if its value is an empty text",
    ),
    _condition(
        f"{_MULTI}",
        {"ForAnyValue:StringEquals": {"aws:TagKeys": ["environment", "webserver"]}},
        ({"aws:TagKeys": ("environment", "storage")}, True),
        ({"aws:TagKeys": ("storage",)}, False),
        ({}, False),
    ),
    _condition(
        f"{_SETS}",
        {"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["a"]}},
        ({"aws:TagKeys": ("a", "b")}, True),
        ({"aws:TagKeys": ("a",)}, False),
        ({}, False),
    ),
    _condition(
        f"{_SETS}",
        {"ForAllValues:StringNotEquals": {"aws:TagKeys": ["a"]}},
        ({"aws:TagKeys": ("b", "c")}, True),
        ({"aws:TagKeys": ("a", "b")}, False),
    ),
)

RESOURCES = (
    Example(
        _RESOURCE,
        (
            ("s3:GetObject", f"{_S3}amzn-s3-demo-bucket/1/test/object.jpg", {}, ALLOWED),
            ("s3:GetObject", f"{_S3}amzn-s3-demo-bucket/1/2/test/3/object.jpg", {}, ALLOWED),
            ("s3:GetObject", f"{_S3}amzn-s3-demo-bucket/1///test///object.jpg", {}, ALLOWED),
            ("s3:GetObject", f"{_S3}amzn-s3-demo-bucket//test/object.jpg", {}, ALLOWED),
            ("s3:GetObject", f"{_S3}amzn-s3-demo-bucket/1/test/", {}, ALLOWED),
            ("s3:GetObject", f"{_S3}amzn-s3-demo-bucket/1-test/object.jpg", {}, IMPLICIT),
            ("s3:GetObject", f"{_S3}amzn-s3-demo-bucket/test/object.jpg", {}, IMPLICIT),
            ("s3:GetObject", f"{_S3}amzn-s3-demo-bucket/1/2/test.jpg", {}, IMPLICIT),
        ),
        (document(statement("Allow", "s3:GetObject", f"{_S3}amzn-s3-demo-bucket/*/test/*")),),
    ),
    Example(
        _RESOURCE,
        (
            ("iam:GetUser", f"arn:aws:iam::{ACCOUNT}:user/accounting/bob", {}, ALLOWED),
            ("iam:GetUser", f"arn:aws:iam::{ACCOUNT}:user/bob", {}, IMPLICIT),
            ("iam:GetUser", f"arn:aws:iam::{ACCOUNT}:user/Accounting/bob", {}, IMPLICIT),
        ),
        (document(statement("Allow", "iam:GetUser", f"arn:aws:iam::{ACCOUNT}:user/accounting/*")),),
    ),
    Example(
        _RESOURCE,
        (
            ("dynamodb:GetItem", f"arn:aws:dynamodb:us-east-2:{ACCOUNT}:table/books_table", {}, ALLOWED),
            ("dynamodb:GetItem", f"arn:aws:dynamodb:us-east-2:{ACCOUNT}:table/other", {}, IMPLICIT),
        ),
        (
            document(
                statement(
                    "Allow",
                    "dynamodb:*",
                    [
                        f"arn:aws:dynamodb:us-east-2:{ACCOUNT}:table/books_table",
                        f"arn:aws:dynamodb:us-east-2:{ACCOUNT}:table/magazines_table",
                    ],
                )
            ),
        ),
    ),
    Example(
        _VARIABLES,
        (
            ("s3:GetObject", f"{_S3}amzn-s3-demo-bucket/David/x", {}, ALLOWED),
            ("s3:GetObject", f"{_S3}amzn-s3-demo-bucket/Zhang/x", {}, IMPLICIT),
        ),
        (document(statement("Allow", "s3:GetObject", f"{_S3}amzn-s3-demo-bucket/${{aws:username}}/*")),),
        principal=user("David"),
    ),
    Example(
        _VARIABLES,
        (
            ("s3:GetObject", f"{_S3}amzn-s3-demo-bucket/${{aws:username}}/x", {}, ALLOWED),
            ("s3:GetObject", f"{_S3}amzn-s3-demo-bucket/David/x", {}, IMPLICIT),
        ),
        (
            document(
                statement("Allow", "s3:GetObject", f"{_S3}amzn-s3-demo-bucket/${{aws:username}}/*"),
                version="2008-10-17",
            ),
        ),
        principal=user("David"),
        note="before version 2012-10-17 a variable is text",
    ),
    Example(
        f"{_VARIABLES}#policy-vars-default-values",
        (
            ("s3:GetObject", f"{_S3}amzn-s3-demo-bucket/company-wide/x", {}, ALLOWED),
            ("s3:GetObject", f"{_S3}amzn-s3-demo-bucket/yellow/x", {"aws:PrincipalTag/team": "yellow"}, ALLOWED),
            ("s3:GetObject", f"{_S3}amzn-s3-demo-bucket/company-wide/x", {"aws:PrincipalTag/team": "yellow"}, IMPLICIT),
        ),
        (
            document(
                statement(
                    "Allow", "s3:GetObject", f"{_S3}amzn-s3-demo-bucket/${{aws:PrincipalTag/team, 'company-wide'}}/*"
                )
            ),
        ),
    ),
    Example(
        f"{_VARIABLES}#policy-vars-specialchars",
        (
            ("s3:GetObject", f"{_S3}amzn-s3-demo-bucket/*/x", {}, ALLOWED),
            ("s3:GetObject", f"{_S3}amzn-s3-demo-bucket/a/x", {}, IMPLICIT),
        ),
        (document(statement("Allow", "s3:GetObject", f"{_S3}amzn-s3-demo-bucket/${{*}}/x")),),
    ),
    Example(
        f"{_VARIABLES}#policy-vars-wheretouse",
        (("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs", {}, IMPLICIT),),
        (document(statement("Allow", "sqs:*", "arn:aws:sqs:us-east-1:${aws:PrincipalAccount}:jobs")),),
        note="a variable can't replace a part of the ARN before the fifth colon",
    ),
)

ROLES = (
    Example(
        _PASS,
        (
            ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/EC2-roles-for-XYZ-a", {}, ALLOWED),
            ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/admin", {}, IMPLICIT),
        ),
        (
            document(
                statement("Allow", ["iam:GetRole", "iam:PassRole"], f"arn:aws:iam::{ACCOUNT}:role/EC2-roles-for-XYZ-*")
            ),
        ),
    ),
    Example(
        f"{GUIDE}/reference_policies_iam-condition-keys.html#ck_PassedToService",
        (
            (
                "iam:PassRole",
                "arn:aws:iam::123456789012:role/x",
                {"iam:PassedToService": "ecs-tasks.amazonaws.com"},
                ALLOWED,
            ),
            (
                "iam:PassRole",
                "arn:aws:iam::123456789012:role/x",
                {"iam:PassedToService": "lambda.amazonaws.com"},
                IMPLICIT,
            ),
            ("iam:PassRole", "arn:aws:iam::123456789012:role/x", {}, IMPLICIT),
        ),
        (
            document(
                statement(
                    "Allow",
                    "iam:PassRole",
                    Condition={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
                )
            ),
        ),
    ),
    Example(
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html",
        (
            ("ec2:CreateTags", _TAGS, {"ec2:CreateAction": "RunInstances"}, ALLOWED),
            ("ec2:CreateTags", _TAGS, {}, IMPLICIT),
        ),
        (
            document(
                statement("Allow", "ec2:RunInstances"),
                statement(
                    "Allow",
                    "ec2:CreateTags",
                    "arn:aws:ec2:us-east-1:123456789012:*/*",
                    Condition={"StringEquals": {"ec2:CreateAction": "RunInstances"}},
                ),
            ),
        ),
    ),
    Example(
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html",
        (
            (
                "ecs:TagResource",
                f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/a",
                {"ecs:CreateAction": "CreateCluster"},
                ALLOWED,
            ),
            (
                "ecs:TagResource",
                f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/a",
                {"ecs:CreateAction": "RunTask"},
                IMPLICIT,
            ),
        ),
        (
            document(
                statement("Allow", ["ecs:CreateCluster"]),
                statement(
                    "Allow",
                    "ecs:TagResource",
                    Condition={"StringEquals": {"ecs:CreateAction": ["CreateCluster"]}},
                ),
            ),
        ),
    ),
)

CONFUSED_DEPUTY = Example(
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html#create_task_iam_policy_and_role",
    (
        (
            "sts:AssumeRole",
            "arn:aws:iam::111122223333:role/ecsTaskRole",
            {"aws:SourceArn": "arn:aws:ecs:us-west-2:111122223333:task/a/b", "aws:SourceAccount": "111122223333"},
            ALLOWED,
        ),
        (
            "sts:AssumeRole",
            "arn:aws:iam::111122223333:role/ecsTaskRole",
            {"aws:SourceArn": "arn:aws:ecs:us-west-2:444455556666:task/a/b", "aws:SourceAccount": "444455556666"},
            IMPLICIT,
        ),
    ),
    resource=document(
        {
            "Effect": "Allow",
            "Principal": {"Service": ["ecs-tasks.amazonaws.com"]},
            "Action": "sts:AssumeRole",
            "Condition": {
                "ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-west-2:111122223333:*"},
                "StringEquals": {"aws:SourceAccount": "111122223333"},
            },
        }
    ),
    principal=Principal("Service", "ecs-tasks.amazonaws.com"),
    owner="111122223333",
)
EXAMPLES = (*EVALUATION, *CONDITIONS, *RESOURCES, *ROLES, CONFUSED_DEPUTY)
