"""The exact permissions of the execution role and the task role."""

from __future__ import annotations

from tests.stacks.conftest import Synth

ACCOUNT = "${data.aws_caller_identity.current.account_id}"
PARTITION = "${data.aws_partition.current.partition}"
LOGS = {
    "Sid": "WriteLogs",
    "Effect": "Allow",
    "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
    "Resource": ["${aws_cloudwatch_log_group.web.arn}:*"],
}
PULL = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]


def test_only_ecs_assumes_them_for_tasks_of_this_account(small: Synth) -> None:
    made = small()

    for use in ("execution", "task"):
        assert made.policy(f"aws_iam_role.web_{use}", "assume_role_policy") == [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "ArnLike": {"aws:SourceArn": f"arn:{PARTITION}:ecs:us-east-1:{ACCOUNT}:*"},
                    "StringEquals": {"aws:SourceAccount": ACCOUNT},
                },
            }
        ]


def test_with_a_public_image_the_execution_role_may_only_write_logs(small: Synth) -> None:
    assert small().policy("aws_iam_role_policy.web_execution") == [LOGS]


def test_the_task_role_has_no_permissions_by_default(small: Synth) -> None:
    made = small()

    assert "aws_iam_role.web_task" in made
    assert "aws_iam_role_policy.web_task" not in made


def test_a_private_image_is_pulled_from_its_own_repository(small: Synth) -> None:
    image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web:1"

    made = small(f"services: {{web: {{image: '{image}'}}}}").statements("aws_iam_role_policy.web_execution")

    assert made["RegistryToken"]["Action"] == ["ecr:GetAuthorizationToken"]
    assert made["RegistryToken"]["Resource"] == ["*"]
    assert made["PullImages"]["Action"] == PULL
    assert made["PullImages"]["Resource"] == [f"arn:{PARTITION}:ecr:eu-west-1:123456789012:repository/shop/web"]


def test_images_of_sidecars_and_the_services_own_repository_can_be_pulled(small: Synth) -> None:
    sidecar = "123456789012.dkr.ecr.us-east-1.amazonaws.com/proxy:1"
    spec = f"{{deployment: {{image_owner: external}}, sidecars: {{proxy: {{image: '{sidecar}'}}}}}}"

    made = small(f"services: {{web: {spec}}}").statements("aws_iam_role_policy.web_execution")

    assert made["PullImages"]["Resource"] == [
        "${aws_ecr_repository.web.arn}",
        f"arn:{PARTITION}:ecr:us-east-1:123456789012:repository/proxy",
    ]


def test_the_execution_role_may_only_read_secrets_of_the_service_and_its_sidecars(small: Synth) -> None:
    made = small("""
        services:
          web:
            secrets: {A: "ssm:/shop/a", B: "secretsmanager:shop/b:key", C: "secretsmanager:shop/b:other"}
            sidecars: {proxy: {image: envoy, secrets: {D: "ssm:/shop/d"}}}
    """).statements("aws_iam_role_policy.web_execution")

    ssm = f"arn:{PARTITION}:ssm:us-east-1:{ACCOUNT}:parameter/shop"
    assert made["ReadParameters"]["Action"] == ["ssm:GetParameters"]
    assert made["ReadParameters"]["Resource"] == [f"{ssm}/a", f"{ssm}/d"]
    assert made["ReadSecrets"]["Action"] == ["secretsmanager:GetSecretValue"]
    secret = f"arn:{PARTITION}:secretsmanager:us-east-1:{ACCOUNT}:secret:shop/b-??????"
    assert made["ReadSecrets"]["Resource"] == [secret]


def test_the_execution_role_may_only_read_the_listed_environment_files(small: Synth) -> None:
    files = "['s3://config/a.env', 's3://config/b.env', 's3://other/c.env']"

    made = small(f"services: {{web: {{env_files: {files}}}}}").statements("aws_iam_role_policy.web_execution")

    s3 = f"arn:{PARTITION}:s3:::"
    assert made["ReadEnvironmentFiles"]["Action"] == ["s3:GetObject"]
    assert made["ReadEnvironmentFiles"]["Resource"] == [f"{s3}config/a.env", f"{s3}config/b.env", f"{s3}other/c.env"]
    assert made["FindEnvironmentBuckets"]["Resource"] == [f"{s3}config", f"{s3}other"]


KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"


def test_the_execution_role_decrypts_with_the_listed_keys_only_for_secrets_and_files(small: Synth) -> None:
    spec = f"{{secrets: {{A: 'ssm:/a'}}, kms_keys: ['{KEY}']}}"

    made = small(f"services: {{web: {spec}}}")

    decrypt = made.statements("aws_iam_role_policy.web_execution")["DecryptSecrets"]
    assert decrypt == {
        "Sid": "DecryptSecrets",
        "Effect": "Allow",
        "Action": ["kms:Decrypt"],
        "Resource": [KEY],
        "Condition": {
            "StringEquals": {
                "kms:ViaService": [
                    "s3.us-east-1.amazonaws.com",
                    "secretsmanager.us-east-1.amazonaws.com",
                    "ssm.us-east-1.amazonaws.com",
                ]
            }
        },
    }
    assert "aws_iam_role_policy.web_task" not in made


def test_the_services_of_a_key_have_the_same_names_in_china(small: Synth) -> None:
    """KMS Developer Guide, kms:ViaService: the names end in amazonaws.com in every partition."""
    key = KEY.replace("aws:kms:us-east-1", "aws-cn:kms:cn-north-1")

    made = small(f"region: cn-north-1\nservices: {{web: {{secrets: {{A: 'ssm:/a'}}, kms_keys: ['{key}']}}}}")

    decrypt = made.statements("aws_iam_role_policy.web_execution")["DecryptSecrets"]
    assert decrypt["Condition"]["StringEquals"]["kms:ViaService"][0] == "s3.cn-north-1.amazonaws.com"


def test_the_project_file_adds_its_own_statements_and_policies(small: Synth) -> None:
    made = small("""
        services:
          web:
            permissions:
              statements:
                - {actions: [s3:GetObject], resources: ["arn:aws:s3:::bucket/${aws:username}/*"]}
                - {actions: [s3:DeleteObject], resources: ["arn:aws:s3:::bucket/*"], effect: Deny}
              execution_statements: [{actions: [kms:Decrypt], resources: ["arn:aws:kms:us-east-1:123456789012:key/k"]}]
              managed_policies: ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]
    """)

    assert made.policy("aws_iam_role_policy.web_task") == [
        {
            "Sid": "Project1",
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": ["arn:aws:s3:::bucket/$${aws:username}/*"],
        },
        {"Sid": "Project2", "Effect": "Deny", "Action": ["s3:DeleteObject"], "Resource": ["arn:aws:s3:::bucket/*"]},
    ]
    assert made.policy("aws_iam_role_policy.web_execution")[1]["Action"] == ["kms:Decrypt"]
    assert list(made.all("aws_iam_role_policy_attachment").values()) == [
        {"policy_arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "role": "${aws_iam_role.web_task.name}"}
    ]


def test_a_service_depends_on_its_managed_policies(small: Synth) -> None:
    policy = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    made = small(f"services: {{web: {{permissions: {{managed_policies: ['{policy}']}}}}}}")

    (attachment,) = made.names("aws_iam_role_policy_attachment")
    assert f"aws_iam_role_policy_attachment.{attachment}" in made["aws_ecs_service.web"]["depends_on"]


def test_exec_needs_a_channel_and_its_log_group(small: Synth) -> None:
    made = small("services: {web: {exec: true}, api: {type: worker}}")

    channel, find, write = made.policy("aws_iam_role_policy.web_task")
    assert channel["Action"] == [
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ]
    assert (find["Action"], find["Resource"]) == (["logs:DescribeLogGroups"], ["*"])
    assert write["Resource"] == ["${aws_cloudwatch_log_group.exec.arn}:*"]
    assert "aws_iam_role_policy.api_task" not in made


def test_every_role_has_the_permissions_boundary(stack: Synth) -> None:
    boundary = "arn:aws:iam::123456789012:policy/boundary"

    made = stack(f"permissions_boundary: {boundary}\nservices: {{nightly: {{type: job, schedule: rate(1 day)}}}}")

    roles = made.all("aws_iam_role")
    assert set(roles) == {"flow_logs", "nightly_execution", "nightly_task", "nightly_schedule"}
    assert {role["permissions_boundary"] for role in roles.values()} == {boundary}
