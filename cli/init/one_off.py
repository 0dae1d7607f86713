"""Services of a compose file that run once, such as migrations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from cli.init.listening import command_line

# What runs once: migrations, static files, seeds, the creation of topics, buckets and databases.
_COMMAND = re.compile(
    r"(?:^|[\s/:'\"])(?:migrate|migrations?:?(?:run|migrate|up)|db:(?:migrate|prepare|setup|create|schema:load|seed)"
    r"|collectstatic|flyway|liquibase|createcachetable|loaddata|ef\s+database\s+update|prisma\s+(?:migrate|db)"
    r"|alembic\s+(?:-\S+\s+\S+\s+)?upgrade|typeorm\S*\s+.*migration:run|sequelize\S*\s+db:\w+|knex\S*\s+migrate:\w+"
    r"|drizzle-kit\s+(?:migrate|push)|doctrine:migrations:migrate|goose\s+.*up|dbmate\s+.*up|atlas\s+migrate"
    r"|superset\s+(?:db|init)|airflow\s+db|init-?db)\b"
)
# A server or worker that the command starts after that, as in `migrate && gunicorn`.
_SERVER = re.compile(
    r"\b(?:runserver|gunicorn|uvicorn|hypercorn|daphne|celery|puma|rails\s+s(?:erver)?|sidekiq|php-fpm|nginx|apache2\S*"
    r"|npm\s+(?:run\s+)?start\S*|yarn\s+(?:run\s+)?start\S*|pnpm\s+(?:run\s+)?start\S*|node\s+\S*(?:server|main|index|app)\S*"
    r"|java\s+-jar|supervisord|serve|octane:\w+|horizon|queue:work|sleep\s+infinity|tail\s+-f)\b"
)
_NAME = re.compile(
    r"(?:^|[-_.])(?:migrat\w*|init|initdb|setup|seed\w*|bootstrap|createbuckets?|create-?buckets?|create-?topics?"
    r"|init-?(?:kafka|db|container)|collectstatic|provision\w*|assets-precompile|one-?off|load-?fixtures)(?:$|[-_.])"
)
_NEVER = ("no", "none", "never")
_ALWAYS = ("always", "unless-stopped", "any")


def is_one_off(key: str, entry: Mapping[str, Any], command: Iterable[str], awaited: bool) -> bool:
    """Whether a service runs once and ends.

    Args:
        awaited: Whether another service waits for its completion.
    """
    if awaited:
        return True
    restart = str(_restart(entry)).lower()
    if restart in _ALWAYS:
        return False
    if entry.get("ports") or entry.get("expose"):
        return False
    line = command_line(command)
    if _SERVER.search(line):
        return False
    return _never_restarts(entry) or bool(_COMMAND.search(line)) or bool(_NAME.search(key.lower()))


def completed_by(services: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """The services that others wait for with `service_completed_successfully`."""
    found = set()
    for entry in services.values():
        depends_on = entry.get("depends_on")
        for name, options in depends_on.items() if isinstance(depends_on, dict) else ():
            if isinstance(options, dict) and options.get("condition") == "service_completed_successfully":
                found.add(str(name))
    return found


def _restart(entry: Mapping[str, Any]) -> Any:
    """The restart policy as text; empty if it is not set."""
    deploy = entry.get("deploy")
    policy = deploy.get("restart_policy") if isinstance(deploy, dict) else None
    condition = policy.get("condition") if isinstance(policy, dict) else None
    value = condition if condition is not None else entry.get("restart", "")
    return "no" if value is False else "" if value is None else value


def _never_restarts(entry: Mapping[str, Any]) -> bool:
    return str(_restart(entry)).lower() in _NEVER and str(_restart(entry)) != ""
