"""The positions of problems, and their order."""

from __future__ import annotations

import random
from pathlib import Path

from stacks.project import Selection, nodes, problems_of
from stacks.project.check_rules import InvalidPaths
from tests.project.conftest import Check
from tests.project.texts import top, web


def test_a_conflict_is_reported_at_the_later_value(check: Check) -> None:
    memory_first = web("memory: 4096\ncpu: 256")
    expected = (
        "error ecsforge.yaml:6:10: services.web.memory must be 512, 1024 or 2048 MiB with cpu 256; got 4096; "
        "the nearest valid pair is cpu: 512 with memory: 4096"
    )

    assert check(memory_first) == [expected]


def test_a_conflict_with_an_environment_is_reported_in_the_environment_even_if_it_comes_first(check: Check) -> None:
    text = "environments: {dev: {services: {web: {cpu: 256}}}}\n" + web("memory: 4096")
    expected = (
        "error ecsforge.yaml:1:44: services.web.memory must be 512, 1024 or 2048 MiB with cpu 256 "
        "(memory is at ecsforge.yaml:6:13); got 4096; the nearest valid pair is cpu: 512 with memory: 4096"
    )

    assert check(text) == [expected]


def test_a_missing_key_is_reported_at_its_map_in_the_layer_that_requires_it(check: Check) -> None:
    text = """\
project_id: shop
network: {endpoints: [s3]}
services: {web: {image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1}}
environments:
  dev:
    network: {nat: none}
"""
    expected = (
        "error ecsforge.yaml:6:5: network needs the endpoints ecr.api, ecr.dkr and logs, because tasks have no NAT "
        "gateway; write endpoints: [s3, ecr.api, ecr.dkr, logs], or nat: single"
    )

    assert check(text) == [expected]


def test_an_invalid_value_in_the_file_is_one_problem_for_all_environments(check: Check) -> None:
    text = web("cpu: half\nlogs: {retention_days: 2}") + "environments: {dev: {}, staging: {}, prod: {}}\n"

    assert [problem.split(": ")[0] for problem in check(text)] == [
        "error ecsforge.yaml:5:10",
        "error ecsforge.yaml:6:28",
    ]


def test_all_problems_of_all_environments_are_sorted_by_position(check: Check) -> None:
    text = """\
project_id: My-Shop
regoin: us-east-1
services:
  web:
    image: app:1
    cpu: half
    count: {min: 3, max: 2, cpu_percent: 60}
    environment: {A=B: x}
    logs: {retention_days: 2}
environments:
  dev: {services: {web: {port: 0}}}
  prod: {services: {wbe: {}}}
"""

    assert [problem.split(": ")[0].removeprefix("error ecsforge.yaml:") for problem in check(text)] == [
        "1:13",
        "2:1",
        "6:10",
        "7:26",
        "8:19",
        "9:28",
        "11:32",
        "12:21",
    ]


def test_a_problem_has_the_path_of_its_value_in_the_file(folder: Path) -> None:
    text = web("cpu: half") + "environments: {dev: {services: {web: {prot: 80, logs: {retention_days: 2}}}}}\n"
    (folder / "ecsforge.yaml").write_text(text)
    web_in_dev = ("environments", "dev", "services", "web")

    assert [problem.path for problem in problems_of(Selection())] == [
        ("services", "web", "cpu"),
        (*web_in_dev, "prot"),
        (*web_in_dev, "logs", "retention_days"),
    ]


def test_a_conflict_caused_by_an_environment_gives_the_position_of_the_other_value(check: Check) -> None:
    text = """\
project_id: shop
network: {cidr: 10.1.0.0/16}
services: {web: {image: app:1}}
environments:
  prod:
    network:
      vpc_id: vpc-12345678
      public_subnet_ids: [subnet-12345678, subnet-1234567a]
      private_subnet_ids: [subnet-1234567b, subnet-1234567c]
"""
    expected = (
        "error ecsforge.yaml:7:7: network.cidr can't be combined with vpc_id, because ecsforge adds nothing to an "
        "existing VPC (cidr is at ecsforge.yaml:2:11); got cidr; remove it, or write cidr: null in the environment"
    )

    assert check(text) == [expected]
    assert check(text.replace("vpc_id:", "cidr: null\n      vpc_id:")) == []


def test_only_the_selected_environment_is_checked(check: Check) -> None:
    text = top("environments: {dev: {}, prod: {region: moon}}")

    assert check(text, env="dev") == []


def some_path(choose: random.Random) -> nodes.Path:
    return tuple(choose.choice("ab") for _ in range(choose.randrange(5)))


def test_a_finding_touches_an_invalid_field_if_one_contains_the_other() -> None:
    choose = random.Random(4711)
    for _ in range(2000):
        invalid, path = [some_path(choose) for _ in range(choose.randrange(4))], some_path(choose)
        expected = any(path[: len(each)] == each or each[: len(path)] == path for each in invalid)

        assert InvalidPaths(invalid).touches(path) is expected, (invalid, path)
