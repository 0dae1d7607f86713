"""Where the logs of containers go: the log group, or a log router."""

from __future__ import annotations

from tests.stacks.conftest import Synth

ACCOUNT = "${data.aws_caller_identity.current.account_id}"
PARTITION = "${data.aws_partition.current.partition}"
DATADOG = """
    services:
      web:
        logs: {driver: firelens, options: {Name: datadog, Host: "${x}"}, secret_options: {apikey: "ssm:/key"}}
        sidecars: {nginx: {image: "nginx:1.27"}}
    """
ROUTED = {
    "logDriver": "awsfirelens",
    "options": {"Host": "${x}", "Name": "datadog"},
    "secretOptions": [{"name": "apikey", "valueFrom": f"arn:{PARTITION}:ssm:us-east-1:{ACCOUNT}:parameter/key"}],
}
TO_GROUP = {
    "logDriver": "awslogs",
    "options": {
        "awslogs-group": "${aws_cloudwatch_log_group.web.name}",
        "awslogs-region": "us-east-1",
        "awslogs-stream-prefix": "ecs",
    },
}


def test_every_container_sends_its_logs_to_the_router(small: Synth) -> None:
    made = small(DATADOG)

    assert made.container("web")["logConfiguration"] == ROUTED
    assert made.container("web", "nginx")["logConfiguration"] == ROUTED


def test_ecsforge_adds_the_router_whose_own_logs_go_to_the_log_group(small: Synth) -> None:
    assert small(DATADOG).container("web", "log-router") == {
        "name": "log-router",
        "image": "public.ecr.aws/aws-observability/aws-for-fluent-bit:stable",
        "essential": True,
        "user": "0",
        "firelensConfiguration": {"type": "fluentbit", "options": {"enable-ecs-log-metadata": "true"}},
        "logConfiguration": TO_GROUP,
    }


def test_the_execution_role_reads_secret_options(small: Synth) -> None:
    granted = small(DATADOG).statements("aws_iam_role_policy.web_execution")

    assert granted["ReadParameters"]["Resource"] == [f"arn:{PARTITION}:ssm:us-east-1:{ACCOUNT}:parameter/key"]


def test_a_sidecar_can_be_the_router(small: Synth) -> None:
    made = small("""
        services:
          web:
            logs: {driver: firelens, router: fluent, config_file: /parse-json.conf}
            sidecars: {fluent: {image: "fluent-bit:3"}, nginx: {image: "nginx:1.27"}}
        """)

    containers = [container["name"] for container in made.definition("web")["containerDefinitions"]]
    assert containers == ["web", "fluent", "nginx"]
    router = made.container("web", "fluent")
    assert (router["logConfiguration"], router["user"]) == (TO_GROUP, "0")
    assert router["firelensConfiguration"] == {
        "type": "fluentbit",
        "options": {
            "config-file-type": "file",
            "config-file-value": "/parse-json.conf",
            "enable-ecs-log-metadata": "true",
        },
    }
    assert made.container("web")["logConfiguration"] == {"logDriver": "awsfirelens"}
    assert made.container("web", "nginx")["logConfiguration"] == {"logDriver": "awsfirelens"}
