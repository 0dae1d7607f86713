"""How environments and options are merged into the file."""

from __future__ import annotations

import pytest

from stacks.project.models import Scaling
from tests.project.conftest import Check, Load
from tests.project.texts import TWO_ENVIRONMENTS, top, web


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
