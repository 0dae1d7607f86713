"""The examples in docs/examples: what reaches their tasks, and what their load balancers reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stacks.conftest import INGRESS, Synth
from tests.support.synthesized import Stack

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
ANYWHERE = "0.0.0.0/0"


@pytest.fixture(params=INGRESS)
def example(request: pytest.FixtureRequest, spec_stack: Synth) -> Stack:
    return spec_stack(request.param, "prod")


@pytest.mark.parametrize("name", [*INGRESS, "events.yaml"])
def test_an_example_is_the_project_file_that_is_rehearsed(name: str, specs: Path) -> None:
    assert (EXAMPLES / name).read_text("utf-8") == (specs / name).read_text("utf-8")


def test_tasks_accept_only_security_groups(example: Stack) -> None:
    for service in example.names("aws_ecs_service"):
        peers = [peer for peer, _ in example.rules("ingress", f"{service}_tasks").values()]
        assert peers
        assert all(peer.startswith(("${aws_security_group.", "sg-")) for peer in peers)


def test_a_load_balancer_reaches_only_tasks_and_identity_providers(example: Stack) -> None:
    tasks = {f"${{aws_security_group.{service}_tasks.id}}" for service in example.names("aws_ecs_service")}
    signs_in = "aws_secretsmanager_secret_version" in example.content.get("data", {})

    for balancer in ("load_balancer", "network_load_balancer"):
        peers = {peer for peer, _ in example.rules("egress", balancer).values()}
        assert peers <= tasks | ({ANYWHERE} if signs_in else set())


def test_only_the_hobby_project_has_tasks_with_public_addresses(spec_stack: Synth) -> None:
    public = {
        spec
        for spec in INGRESS
        for service in spec_stack(spec, "prod").all("aws_ecs_service").values()
        if service["network_configuration"]["assign_public_ip"]
    }

    assert public == {"hobby.yaml"}


def test_the_hobby_project_has_no_nat_gateway(spec_stack: Synth) -> None:
    made = spec_stack("hobby.yaml", "prod")

    assert not made.all("aws_nat_gateway")
    assert not made.all("aws_eip")
