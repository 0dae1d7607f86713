"""Text of the project file reaches Terraform as it was written, and in AWS's limits."""

from __future__ import annotations

from tests.stacks.conftest import Synth


def test_the_folder_of_an_existing_file_system_starts_no_expression(stack: Synth) -> None:
    made = stack("services: {web: {volumes: {data: {efs: fs-12345678, path: /data, root_directory: '/a ${b} %{c}'}}}}")

    (volume,) = made["aws_ecs_task_definition.web"]["volume"]
    assert volume["efs_volume_configuration"]["root_directory"] == "/a $${b} %%{c}"
    assert made.definition("web")["volumes"][0]["efsVolumeConfiguration"]["rootDirectory"] == "/a ${b} %{c}"


def test_the_key_in_a_secret_starts_no_expression(stack: Synth) -> None:
    made = stack("services: {web: {secrets: {KEY: 'secretsmanager:api:${key}'}}}")

    (secret,) = made.variables("web")["secrets"]
    assert secret["valueFrom"].endswith(":secret:api:$${key}::")


def test_a_volume_with_a_name_of_the_greatest_length_keeps_to_the_limits_of_efs_and_ec2(stack: Synth) -> None:
    made = stack(f"services: {{web: {{egress: [{{port: 443}}], volumes: {{{'v' * 255}: {{path: /data}}}}}}}}")

    (point,) = made.all("aws_efs_access_point").values()
    assert len(point["root_directory"]["path"]) == 100
    described = [
        text["description"] for _, text in made.everything() if "security_group" in _ and "description" in text
    ]
    assert max(map(len, described)) == 255


def test_domains_are_in_lower_case_as_acm_gives_them_back(stack: Synth) -> None:
    made = stack("load_balancer: {https: {domain: App.Example.com, hosted_zone: Example.com}}")

    assert made["aws_acm_certificate.main"]["domain_name"] == "app.example.com"
    assert made["data.aws_route53_zone.main"]["name"] == "example.com"


def test_a_job_starts_as_many_tasks_as_its_count_says_and_one_where_it_says_nothing(stack: Synth) -> None:
    made = stack("""
        services:
          one: {type: job, schedule: rate(1 day)}
          three: {type: job, schedule: rate(1 day), count: 3}
    """)

    counts = [
        made[f"aws_scheduler_schedule.{name}"]["target"]["ecs_parameters"]["task_count"] for name in ("one", "three")
    ]
    assert counts == [1, 3]
