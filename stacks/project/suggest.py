"""Suggestions for mistyped words, and lists of words in a sentence."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

# Names from Compose files, Copilot manifests and the ECS API.
_ELSEWHERE = {
    "auto_scaling": "count",
    "autoscaling": "count",
    "cmd": "command",
    "containers": "sidecars",
    "cpu_architecture": "architecture",
    "desired_count": "count",
    "env": "environment",
    "env_file": "env_files",
    "environment_variables": "environment",
    "envs": "environments",
    "execute_command": "exec",
    "healthcheck": "health_check",
    "host": "hosts",
    "log_retention": "logs",
    "logging": "logs",
    "mem": "memory",
    "name": "project_id",
    "path": "paths",
    "platform": "architecture",
    "ports": "port",
    "replicas": "count",
    "scaling": "count",
    "spot": "capacity",
    "stages": "environments",
    "storage": "volumes",
    "target_port": "port",
    "variables": "environment",
    "vpc": "network",
}


_MOST = 100
"""How many known words are compared with a word, and how many are listed: files can have thousands of services."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most similar to `word`; None when none is.

    Of more than 100 words, only those with the same first letter are compared.
    """
    names = list(known)
    if len(names) > _MOST:
        names = [name for name in names if name[:1].lower() == word[:1].lower()][:_MOST]
    plain = word.lower().replace("-", "_")
    if (same := _ELSEWHERE.get(plain)) in names:
        return same
    by_lower = {name.lower(): name for name in names}
    found = [near for text in (plain, word.lower()) for near in get_close_matches(text, by_lower, n=1, cutoff=0.6)]
    return by_lower[found[0]] if found else None


def listed(words: Iterable[object], last: str = "or") -> str:
    """`a, b or c`."""
    names = [str(word) for word in words]
    return f"{', '.join(names[:-1])} {last} {names[-1]}" if len(names) > 1 else "".join(names)


def did_you_mean(word: str, known: Iterable[str], otherwise: str) -> str:
    """The fix for an unknown word: the most similar one, or all known words after `otherwise`."""
    names = list(known)
    match = nearest(word, names)
    if match:
        return f"did you mean {match}?"
    last = "and" if otherwise.endswith("are") else "or"
    more = [f"{len(names) - _MOST:,} more"] if len(names) > _MOST else []
    return f"{otherwise} {listed([*names[:_MOST], *more], last)}"
