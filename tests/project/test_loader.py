"""From a selection to projects: finding the file, merging environments and options, positions of problems."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.sentences import sentence, sentences
from stacks.errors import ProjectError
from stacks.project import Selection, Validation, environments_in, load, problems_of, validate
from stacks.project.models import Scaling
from tests.project.conftest import Check, Load
from tests.project.texts import top, web

SPECS = Path(__file__).parents[1] / "specs"
SHARED = Path(__file__).parents[3] / "shared" / "specs"
TWO_ENVIRONMENTS = """\
project_id: shop
region: us-east-1
tags: {team: web, tier: one}
services:
  web:
    image: app:1
    cpu: 256
    memory: 512
    count: {min: 1, max: 4, cpu_percent: 60}
    command: [npm, start]
    environment: {A: base, B: base}
environments:
  dev:
    services:
      web:
        count: 1
        command: [npm, run, dev]
        environment: {B: dev, C: dev}
  prod:
    tags: {tier: null}
    services:
      web:
        cpu: null
        memory: 1024
        count: {max: 9}
        environment: {A: null}
"""


@pytest.mark.parametrize("folder_of_specs", [SPECS, SHARED], ids=["tests", "shared"])
@pytest.mark.parametrize(
    ("name", "environments"), [("article.yaml", ("dev", "prod")), ("shop.yaml", ("dev", "staging", "prod"))]
)
def test_the_example_projects_load_for_every_environment(
    folder_of_specs: Path, name: str, environments: tuple[str, ...]
) -> None:
    file = folder_of_specs / name
    if not file.exists():
        pytest.skip("no shared specs here")

    assert tuple(project.env for project in load(Selection(file=file)).projects) == environments
    assert [load(Selection(file=file, env=env)).projects[0].env for env in environments] == list(environments)
    assert {problem.severity for problem in problems_of(Selection(file=file))} == {"warning"}


def test_maps_merge_lists_and_numbers_replace_and_null_resets_to_the_default(loaded: Load) -> None:
    dev, prod = loaded(TWO_ENVIRONMENTS).projects
    web_dev, web_prod = dev.services["web"], prod.services["web"]

    assert (web_dev.count, web_dev.command) == (1, ("npm", "run", "dev"))
    assert web_dev.environment == {"A": "base", "B": "dev", "C": "dev"}
    assert web_prod.count == Scaling(min=1, max=9, cpu_percent=60)
    assert (web_prod.cpu, web_prod.memory, web_prod.environment) == (512, 1024, {"B": "base"})
    assert (dev.tags, prod.tags) == ({"team": "web", "tier": "one"}, {"team": "web"})


def test_precedence_is_option_environment_file_default(
    loaded: Load,
) -> None:
    def count(text: str, *sets: str) -> object:
        return loaded(text, env="prod", sets=sets).projects[0].services["web"].count

    in_file = web("count: 3")
    in_environment = in_file + "environments: {prod: {services: {web: {count: 4}}}}\n"

    assert count(web("port: 80")) == 2
    assert count(in_file) == 3
    assert count(in_environment) == 4
    assert count(in_environment, "services.web.count=5") == 5
    assert count(in_environment, "services.web.count=5", "services.web.count=6") == 6
    assert count(in_environment, "services.web.count=null") == 2


def test_the_project_id_option_overrides_the_file(loaded: Load) -> None:
    assert loaded(top(""), env="dev", project_id="other").projects[0].project_id == "other"


def test_set_reads_yaml_and_quoted_keys(loaded: Load) -> None:
    sets = (
        'services.web.environment."A"=yes',
        "services.web.command=[a, b]",
        "services.web.count={max: 3, cpu_percent: 50}",
        'tags."cost.center"=4711',
        'services.web.environment.EMPTY=""',
        "services.web.environment.EQUAL=a=b",
    )
    project = loaded(web("count: 3"), env="dev", sets=sets).projects[0]

    assert project.services["web"].environment == {"A": "yes", "EMPTY": "", "EQUAL": "a=b"}
    assert project.services["web"].command == ("a", "b")
    assert project.services["web"].count == Scaling(max=3, cpu_percent=50)
    assert project.tags == {"cost.center": "4711"}


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (
            "services.web.cuont=3",
            "--set services.web.cuont: unknown key in services.web; got cuont; did you mean count?",
        ),
        (
            "services.web.count=many",
            "--set services.web.count: services.web.count must be a whole number, 0 or more, or a mapping; "
            "got many; for example `count: 2`",
        ),
        (
            "services.wbe.count=3",
            "--set services.wbe.count: --set can only change services that are in the file; got wbe; did you mean web?",
        ),
        (
            "services.web.count",
            "--set services.web.count: --set takes PATH=VALUE; got services.web.count; "
            "for example --set services.web.count=3",
        ),
        ("=3", "--set: --set takes PATH=VALUE; got =; for example --set services.web.count=3"),
        (
            "services.web.count=",
            '--set services.web.count: --set needs a value; got nothing; write =VALUE, ="" for empty text or =null',
        ),
        (
            "services.web.command=[a",
            "--set services.web.command: invalid YAML: did not find expected ',' or ']'; "
            "check the indentation and the brackets above",
        ),
        (
            "account_id='123456789012'",
            "--set account_id: --set can't change account_id; got 123456789012; change it in the project file",
        ),
        (
            "protected=false",
            "--set protected: --set can't turn off the protection of an environment; got false; "
            "change it in the project file",
        ),
        (
            "protected=null",
            "--set protected: --set can't turn off the protection of an environment; got null; "
            "change it in the project file",
        ),
        (
            "load_balancer={deletion_protection: false}",
            "--set load_balancer: --set can't turn off the protection of an environment; got a mapping; "
            "change it in the project file",
        ),
        (
            "environments.prod.region=eu-west-1",
            "--set environments.prod.region: --set can only change the selected environment; got environments; "
            "choose one with --env and leave environments.NAME out of the path",
        ),
        ("env=dev", "--set env: --set can't change the environment's name; got dev; choose one with --env"),
        (
            "services={wbe: {count: 3}}",
            "--set services: --set can only change services that are in the file; got wbe; did you mean web?",
        ),
        (
            "tags={team: a, team: b}",
            "--set tags: duplicate key `team`; remove one of the two",
        ),
        (
            "services.web.cpu=256",
            "--set services.web.cpu: services.web.memory must be 512, 1024 or 2048 MiB with cpu 256 "
            "(memory is at ecsforge.yaml:5:13); got 4096; the nearest valid pair is cpu: 512 with memory: 4096",
        ),
    ],
)
def test_an_invalid_set_is_reported_at_the_option(option: str, message: str, check: Check) -> None:
    text = web("memory: 4096") + "environments: {prod: {protected: true}}\n"

    assert check(text, env="prod", sets=(option,)) == [f"error {message}"]


def test_set_can_protect_an_environment(loaded: Load) -> None:
    assert loaded(top(""), env="dev", sets=("protected=true",)).projects[0].protected


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
    environment: {1A: x}
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


def test_null_removes_a_service_from_an_environment(loaded: Load) -> None:
    text = top("""\
services:
  web: {image: app:1}
  mailer: {type: worker, image: app:1}
environments:
  dev: {services: {mailer: null}}
  prod: {services: {mailer: }}
""")
    dev, prod = loaded(text).projects

    assert (list(dev.services), list(prod.services)) == (["web"], ["web", "mailer"])


def test_an_empty_section_has_its_defaults(loaded: Load) -> None:
    text = "project_id: shop\nnetwork:\nservices:\n  mailer:\n    type: worker\n    image: app:1\n    queue:\n"
    project = loaded(text, env="dev").projects[0]

    assert project.network.cidr == "10.0.0.0/16"
    assert project.services["mailer"].queue is not None


def test_a_file_without_services_has_the_web_service_of_the_article(loaded: Load) -> None:
    web = loaded("project_id: shop\n", env="dev").projects[0].services["web"]

    assert (web.image, web.port, web.cpu, web.memory, web.count) == ("nginx:latest", 3000, 512, 1024, 2)


def test_a_file_without_environments_requires_an_environment_and_accepts_any(loaded: Load) -> None:
    assert loaded(top(""), env="qa").projects[0].env == "qa"
    with pytest.raises(ProjectError) as error:
        loaded(top(""))

    assert sentences(error.value) == (
        "--env: required, because ecsforge.yaml lists no environments; "
        "pass --env NAME, or list environments in the file"
    )


def test_a_file_without_environments_can_be_checked_without_one(check: Check) -> None:
    assert check(top("")) == []


def test_without_a_file_the_defaults_are_used(folder: Path) -> None:
    loaded = load(Selection(project_id="node-app", env="prod"))
    project = loaded.projects[0]

    assert (loaded.root, loaded.file) == (Path(), None)
    assert (project.project_id, project.env, list(project.services)) == ("node-app", "prod", ["web"])
    assert [sentence(warning) for warning in loaded.warnings] == [
        "the built-in defaults: nginx:latest listens on port 80 by default, but the port of web is 3000; "
        "got nginx:latest; the health check will fail: use an image that listens on port 3000, or write port: 80"
    ]


@pytest.mark.parametrize(
    ("selection", "missing"),
    [
        (Selection(), "--project-id and --env"),
        (Selection(env="dev"), "--project-id"),
        (Selection(project_id="shop"), "--env"),
    ],
)
def test_without_a_file_project_id_and_environment_are_required(selection: Selection, missing: str) -> None:
    assert list(map(sentence, problems_of(selection))) == [
        "ecsforge.yaml: not found in this folder or a parent folder; "
        f"run `ecsforge init` to write one, or pass {missing}"
    ]


def test_the_file_is_found_in_a_parent_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "ecsforge.yaml").write_text(top("region: moon"))
    (folder / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(folder / "a" / "b")

    assert [str(problem.where) for problem in problems_of(Selection(env="dev"))] == ["../../ecsforge.yaml:2:9"]


def test_the_root_is_the_folder_of_the_file(folder: Path) -> None:
    (folder / "apps").mkdir()
    (folder / "apps" / "shop.yaml").write_text(top(""))

    assert load(Selection(file=Path("apps/shop.yaml"), env="dev")).root == Path("apps")


def test_environments_are_listed_in_the_order_of_the_file(folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(top("environments: {prod: {}, dev: {}}"))

    assert environments_in(Selection()) == ("prod", "dev")


@pytest.mark.parametrize("env", [None, "prod"])
def test_validation_has_problems_environments_and_projects(env: str | None, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(TWO_ENVIRONMENTS)
    selection = Selection(env=env)

    assert validate(selection) == Validation(problems_of(selection), ("dev", "prod"), load(selection))


def test_validation_of_an_invalid_file_has_no_projects(folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(top("regoin: us-east-1\nenvironments: {dev: {}}"))
    validation = validate(Selection())

    assert (len(validation.problems), validation.environments, validation.loaded) == (1, ("dev",), None)


def test_validation_without_environments_has_a_project_in_any(folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(top(""))
    validation = validate(Selection())
    assert validation.loaded is not None

    assert ([project.env for project in validation.loaded.projects], validation.environments) == (["any"], ())


def test_the_validate_command_reads_the_file_once(folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(TWO_ENVIRONMENTS)
    script = """\
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from cli.main import main
try:
    main(["validate"])
except SystemExit:
    print(sum(file.endswith("ecsforge.yaml") for file in opened))
"""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": str(root)}, stdout=subprocess.PIPE
    )

    assert done.stdout == b"1\n"
