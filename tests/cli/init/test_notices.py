"""The notices of `init`."""

from __future__ import annotations

from cli.init.notices import Group, Notice, notice_lines

NOTICES = [
    Notice(Group.CHECK, "web", "DATABASE_URL (db): addresses of services that are not deployed; store them as secrets"),
    Notice(Group.DROPPED, "web", "volumes"),
    Notice(Group.DROPPED, "worker", "volumes"),
    Notice(Group.OMITTED, "db (postgres:16)", "use Amazon Aurora or RDS for PostgreSQL"),
    Notice(Group.FOUND, "compose.yaml", "web, worker"),
    Notice(Group.FOUND, "", "api is named web"),
]


def test_notices_are_grouped_and_fit_the_terminal() -> None:
    assert list(notice_lines(NOTICES, 60)) == [
        "compose.yaml: web, worker",
        "api is named web",
        "Not deployed:",
        "  db (postgres:16): use Amazon Aurora or RDS for PostgreSQL",
        "Not converted:",
        "  web, worker: volumes",
        "Check before you deploy:",
        "  web: DATABASE_URL (db): addresses of services that are not",
        "    deployed; store them as secrets",
    ]


def test_nothing_found_prints_nothing() -> None:
    assert list(notice_lines([], 60)) == []
