"""Every internal link in the documentation resolves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, anchors, links

LINKS = [(page, link) for page in PAGES for link in dict.fromkeys(links(page)) if "://" not in link]


@pytest.mark.parametrize(("page", "link"), LINKS, ids=[f"{page.stem}: {link}" for page, link in LINKS])
def test_a_link_resolves_to_a_file_and_a_heading(page: Path, link: str) -> None:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page

    assert target.exists()
    assert target.is_relative_to(ROOT)
    assert not anchor or anchor in anchors(target)


def test_every_page_is_reachable_from_the_readme() -> None:
    reached, pending = set(), {ROOT / "README.md"}
    while pending:
        page = pending.pop()
        reached.add(page)
        pending |= {(page.parent / link.partition("#")[0]).resolve() for link in links(page)} & set(PAGES) - reached

    assert set(PAGES) - reached == set()
