"""Text of the project file reaches Terraform unchanged and within the limits of AWS."""

from __future__ import annotations

from tests.stacks.conftest import Synth


def test_the_root_directory_of_a_file_system_is_not_an_expression(stack: Synth) -> None:
    made = stack("services: {web: {volumes: {data: {efs: fs-12345678, path: /data, root_directory: '/a ${b} %{c}'}}}}")

    (volume,) = made["aws_ecs_task_definition.web"]["volume"]
    assert volume["efs_volume_configuration"]["root_directory"] == "/a $${b} %%{c}"
    assert made.definition("web")["volumes"][0]["efsVolumeConfiguration"]["rootDirectory"] == "/a ${b} %{c}"


def test_the_json_key_of_a_secret_is_not_an_expression(stack: Synth) -> None:
    made = stack("services: {web: {secrets: {KEY: 'secretsmanager:api:${{key}}'}}}")

    (secret,) = made.variables("web")["secrets"]
    assert secret["valueFrom"].endswith(":secret:api:$${key}::")


def test_names_of_a_long_volume_are_within_the_limits_of_efs_and_ec2(stack: Synth) -> None:
    made = stack(f"services: {{web: {{egress: [{{port: 443}}], volumes: {{{'v' * 255}: {{path: /data}}}}}}}}")

    (point,) = made.all("aws_efs_access_point").values()
    assert len(point["root_directory"]["path"]) == 100
    described = [
        text["description"] for _, text in made.everything() if "security_group" in _ and "description" in text
    ]
    assert max(map(len, described)) == 255


def test_domains_are_lowercase_as_acm_returns_them(stack: Synth) -> None:
    made = stack("load_balancer: {https: {domain: App.Example.com, hosted_zone: Example.com}}")

    assert made["aws_acm_certificate.main"]["domain_name"] == "app.example.com"
    assert made["data.aws_route53_zone.main"]["name"] == "example.com"


def test_a_job_starts_count_tasks_and_one_by_default(stack: Synth) -> None:
    made = stack("""
        services:
          one: {type: job, schedule: rate(1 day)}
          three: {type: job, schedule: rate(1 day), count: 3}
    """)

    counts = [
        made[f"aws_scheduler_schedule.{name}"]["target"]["ecs_parameters"]["task_count"] for name in ("one", "three")
    ]
    assert counts == [1, 3]
