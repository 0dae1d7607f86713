"""Drafts, and the names in them."""

from __future__ import annotations

import pytest

from cli.init.draft import ServiceDraft, project_id, service_name, with_paths


@pytest.mark.parametrize(
    ("text", "name"),
    [("web", "web"), ("My_App.Web", "my-app-web"), ("1st", "st"), ("a" * 19 + "-b", "a" * 19), ("日本", "web")],
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
