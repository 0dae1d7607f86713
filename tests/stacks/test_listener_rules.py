"""The priorities of listener rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stacks.listener_rules import HIGHEST, all_priorities, priorities
from stacks.project.models import FurtherPort, Http, LoadBalancer, Redirect, Service


def web(**http: Any) -> Service:
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in http.items()}
    return Service(http=Http(**fields))


def order(services: Mapping[str, Service]) -> list[str]:
    """The services in the order in which the load balancer evaluates their rules."""
    found = priorities(services)
    return sorted(found, key=found.__getitem__)


@pytest.mark.parametrize(
    ("specific", "general"),
    [
        ({"paths": ["/api/*"]}, {"paths": ["/*"]}),
        ({"paths": ["/api/v2/*"]}, {"paths": ["/api/*"]}),
        ({"paths": ["/api/users"]}, {"paths": ["/api/user*"]}),
        ({"paths": ["/"]}, {"paths": ["/*"]}),
        ({"paths": ["/a"]}, {"paths": ["/?"]}),
        ({"hosts": ["api.example.com"]}, {}),
        ({"hosts": ["*.example.com"]}, {}),
        ({"hosts": ["api.example.com"]}, {"hosts": ["*.example.com"]}),
        ({"hosts": ["*.eu.example.com"]}, {"hosts": ["*.example.com"]}),
        ({"hosts": ["a.eu.example.com"]}, {"hosts": ["*.eu.example.com", "eu.example.com"]}),
        ({"hosts": ["example.com"], "paths": ["/api/*"]}, {"hosts": ["example.com"]}),
        ({"paths": ["/api/*"]}, {"hosts": ["example.com"]}),
        ({"paths": ["/" + "x" * 120 + "/*"]}, {"paths": ["/" + "x" * 110 + "/*"]}),
        ({"paths": ["/api/*"]}, {"paths": ["/admin/users/*", "/*"]}),
    ],
    ids=str,
)
@pytest.mark.parametrize("names", [("a", "b"), ("b", "a"), ("web", "api"), ("x1", "x2")])
def test_a_specific_rule_comes_before_a_general_one(
    specific: dict[str, list[str]], general: dict[str, list[str]], names: tuple[str, str]
) -> None:
    first, last = names

    assert order({last: web(**general), first: web(**specific)}) == [first, last]


def test_a_priority_of_the_project_file_is_respected() -> None:
    services = {"web": web(priority=1), "api": web(paths=["/api/*"], priority=50_000), "other": web(paths=["/o/*"])}

    found = priorities(services)

    assert (found["web"], found["api"]) == (1, 50_000)


def test_a_priority_that_is_set_is_not_used_again() -> None:
    free = priorities({"web": web()})["web"]

    found = priorities({"api": web(paths=["/api/*"], priority=free), "web": web()})

    assert found["api"] == free
    assert found["web"] != free


def test_adding_or_removing_a_service_does_not_change_other_priorities() -> None:
    """AWS rejects two rules with the same priority even temporarily, so changing priorities would fail halfway."""
    services = {name: web(paths=[f"/{name}/*"]) for name in ("api", "admin", "docs", "shop", "blog", "auth")}
    services["web"] = web()

    together = priorities(services)

    for removed in services:
        assert priorities({name: s for name, s in services.items() if name != removed}).items() <= together.items()


def test_the_order_of_the_project_file_does_not_matter() -> None:
    services = {"web": web(), "api": web(paths=["/api/*"]), "img": web(paths=["/img/*"])}

    assert priorities(services) == priorities(dict(reversed(services.items())))


def test_only_web_services_have_rules() -> None:
    assert set(priorities({"web": web(), "mailer": Service(type="worker")})) == {"web"}


def test_the_priority_of_the_article_never_changes() -> None:
    assert priorities({"web": web()}) == {"web": 47673}


def test_there_are_priorities_for_more_similar_services_than_a_load_balancer_supports() -> None:
    services = {f"s{number}": web(paths=[f"/{'x' * 60}{number:03}/*"]) for number in range(200)}

    found = priorities(services)

    assert len(set(found.values())) == 200


LABEL = st.from_regex(r"[a-z]{1,6}", fullmatch=True)
HOST = st.builds(lambda star, labels: star + ".".join(labels), st.sampled_from(["", "*."]), st.lists(LABEL, min_size=1))
PATH = st.from_regex(r"/[a-z0-9*?/-]{0,127}", fullmatch=True)
HTTP = st.builds(
    web,
    hosts=st.lists(HOST, max_size=3),
    paths=st.lists(PATH, min_size=1, max_size=3),
    priority=st.none() | st.integers(1, HIGHEST),
)
SERVICES = st.dictionaries(st.from_regex(r"[a-z][a-z0-9-]{0,19}", fullmatch=True), HTTP, max_size=12)


@settings(max_examples=40)
@given(SERVICES)
def test_priorities_are_legal_and_unique_for_any_services(services: dict[str, Service]) -> None:
    configured = [s.http.priority for s in services.values() if s.http.priority is not None]
    if len(configured) != len(set(configured)):
        return  # the project file is rejected

    found = priorities(services)

    assert list(found) == list(services)
    assert len(set(found.values())) == len(found)
    assert all(1 <= priority <= HIGHEST for priority in found.values())


@given(PATH.filter(lambda path: "?" not in path), LABEL)
def test_a_longer_path_comes_before_its_prefix(prefix: str, label: str) -> None:
    general, specific = prefix[:100].rstrip("*") + "*", prefix[:100].rstrip("*") + label + "*"

    assert order({"general": web(paths=[general]), "specific": web(paths=[specific])}) == ["specific", "general"]


def test_further_ports_and_redirects_change_no_priority_of_a_service() -> None:
    free = priorities({"web": web()})["web"]
    metrics = tuple(FurtherPort(port=port, paths=(f"/{port}",)) for port in (9090, 9091))
    services = {"web": web(also=[*metrics, FurtherPort(port=9092, paths=("/*",))]), "api": web(paths=["/api/*"])}
    hosts = [f"www.{number}.example.com" for number in range(40)]
    balancer = LoadBalancer(redirects=tuple(Redirect(**{"from": host, "to": "example.com"}) for host in hosts))

    found = all_priorities(balancer, services)

    own = {name: ports[services[name].port] for name, ports in found.ports.items()}
    every = [*(each for ports in found.ports.values() for each in ports.values()), *found.redirects.values()]
    assert own == priorities(services)
    assert own["web"] == free
    assert len(every) == len(set(every)) == 5 + 40
    assert max(found.redirects[host] for host in hosts[:30]) < min(own.values())
