"""The life of the Rails shop of docs/examples; tests/e2e/test_examples.py rehearses it."""

from __future__ import annotations

from shutil import copytree
from typing import Any

import yaml

from operations.rehearsal.inventory import inventory
from tests.support.database_life import ADDRESS, DatabaseLife
from tests.support.workplace import REGION, ROOT, Workplace

SPECS = ROOT / "tests" / "specs"
STACK = "shop-dev"


class Shop(DatabaseLife):
    """The example in an existing network."""

    def write(self, *, sidekiq: bool = True, **database: Any) -> None:
        """Write the project file; without `sidekiq`, that service does not use the database."""
        spec = yaml.safe_load((SPECS / "rails-shop.yaml").read_text("utf-8"))
        if not sidekiq:
            del spec["services"]["sidekiq"]["uses"]["db"]
        spec["resources"]["db"].update(database)
        self.workplace.write("shop", spec["services"], resources=spec["resources"], terraform=spec["terraform"])


def test_the_rails_shop_for_a_whole_life(workplace: Workplace) -> None:
    copytree(SPECS / "rails-shop", workplace.folder / "rails-shop")
    workplace.aws("ssm").put_parameter(Name="/shop/dev/rails-master-key", Value="made-up", Type="SecureString")
    before = inventory(workplace.emulator.client, REGION)
    shop = Shop(workplace, STACK, ("web", "sidekiq"))
    shop.write()

    done = workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", "-v")
    assert "web: `bin/rails db:migrate` succeeded" in done.stderr
    assert "the plan has changed since it was confirmed" not in done.stderr
    shop.printed += [done.stdout, done.stderr]
    assert shop.planned() == {}
    shop.passwords.append(shop.secret("password"))
    assert [*shop.differences()] == []

    the_database_is_resized_in_place(shop)
    a_rotation_replaces_the_tasks_and_nothing_else(shop)
    a_service_that_stops_using_the_database_loses_its_access(shop)

    shop.destroy()
    assert len(shop.snapshots()) == 1
    assert inventory(workplace.emulator.client, REGION) - before == frozenset()
    shop.require_no_password()


def the_database_is_resized_in_place(shop: Shop) -> None:
    shop.write(capacity={"max": 16}, backup_days=21)

    assert shop.planned() == {ADDRESS: ("update", [])}
    shop.deploy()
    assert shop.passwords[-1] == shop.passwords[-2]


def a_rotation_replaces_the_tasks_and_nothing_else(shop: Shop) -> None:
    shop.write(capacity={"max": 16}, backup_days=21, password_version=2)

    shown = shop.workplace.ecsforge("plan", "--env", "dev").stdout
    assert "secrets.DATABASE_URL" in shown
    assert "ASSET_HOST" not in shown  # of the shop's own Terraform, which does not change
    assert "CARTS_TABLE" not in shown
    assert {address for address in shop.planned() if "local_file" not in address} == {
        ADDRESS,
        "aws_secretsmanager_secret_version.db_connection",
        "aws_secretsmanager_secret_version.db_password",
        *(f"aws_ecs_{kind}.{name}" for kind in ("service", "task_definition") for name in ("web", "sidekiq")),
    }
    shop.deploy()
    assert shop.passwords[-1] != shop.passwords[-2]


def a_service_that_stops_using_the_database_loses_its_access(shop: Shop) -> None:
    shop.write(capacity={"max": 16}, backup_days=21, password_version=2, sidekiq=False)

    planned = {address: action for address, (action, _) in shop.planned().items()}
    assert planned["aws_vpc_security_group_ingress_rule.db_store_from_sidekiq"] == "destroy"
    assert not {ADDRESS, "aws_ecs_service.web"} & planned.keys()
    shop.deploy()
    assert shop.reads("sidekiq") is None
    assert shop.passwords[-1] == shop.passwords[-2]
