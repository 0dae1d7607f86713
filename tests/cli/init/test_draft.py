"""Drafts, and the names in them."""

from __future__ import annotations

import pytest

from cli.init.draft import ServiceDraft, placeholder_command, project_id, service_name, with_paths


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("web", "web"),
        ("My_App.Web", "my-app-web"),
        ("1st", "st"),
        ("a" * 19 + "-b", "a" * 19),
        ("日本", "web"),
        ("main", "my-main"),
        ("Load_Balancer", "my-load-balancer"),
    ],
)
def test_text_becomes_a_valid_service_name(text: str, name: str) -> None:
    assert service_name(text) == name


@pytest.mark.parametrize(
    ("text", "name"), [("Node App", "node-app"), ("a", "my-app"), ("2024--shop_", "shop"), ("x" * 30, "x" * 24)]
)
def test_text_becomes_a_valid_project_id(text: str, name: str) -> None:
    assert project_id(text) == name


def test_only_the_first_web_service_matches_every_path() -> None:
    web, api, worker = ServiceDraft("web", "x", 80), ServiceDraft("api", "x", 80), ServiceDraft("worker", "x", None)

    assert [service.paths for service in with_paths([worker, web, api])] == [(), (), ("/api", "/api/*")]


def test_a_name_that_is_taken_gets_a_number() -> None:
    assert service_name("web", {"web", "web-2"}) == "web-3"
    assert service_name("a" * 30, {"a" * 20}) == "a" * 18 + "-2"


def test_the_catch_all_gets_no_paths() -> None:
    services = [ServiceDraft("api", "x", 80), ServiceDraft("edge", "x", 80), ServiceDraft("own", "x", 80, ("/own",))]

    assert [service.paths for service in with_paths(services, "edge")] == [("/api", "/api/*"), (), ("/own",)]


def test_the_placeholder_answers_on_any_port() -> None:
    assert placeholder_command(3000) == ("httpd-foreground", "-c", "Listen 3000")
    assert placeholder_command(80) == placeholder_command(None) == ()
