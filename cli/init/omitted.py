"""Services of a compose file that are not deployed, and what to use instead."""

from __future__ import annotations

import re

from cli.init.draft import service_name
from cli.init.entry import Entry
from cli.init.images import is_proxy, replacement, resource, tool
from cli.init.listening import command_line

_FLOWER = re.compile(r"\bcelery\b.*\bflower\b|^flower\b")
_TOOL_COMMANDS = re.compile(r"\b(?:storybook|mailhog|ngrok|prisma\s+studio|rq-dashboard|supervisord?\s+monitor)\b")


def omitted_reason(entry: Entry) -> str | None:
    """Why a service is not deployed; None for one that is."""
    image = entry.base_image
    if why := tool(image):
        return why
    if managed := replacement(image):
        found = resource(image)
        own = f"add `resources: {{{service_name(entry.key)}: {found}}}` and `uses`, or " if found else ""
        return f"{own}use {managed}"
    line = command_line((*entry.entrypoint, *entry.command))
    if _FLOWER.search(line) or _TOOL_COMMANDS.search(line):
        return "a development tool"
    if entry.mounts_docker_socket:
        replaced = is_proxy(entry.key, image) or "proxy" in image
        return "the load balancer replaces it" if replaced else "needs the Docker socket, which Fargate does not have"
    if profiles := _profiles(entry):
        return f"is only started with the profile {' or '.join(profiles)}"
    return None


def described(entry: Entry) -> str:
    """The service for a message, with the image by which it was recognized or which it runs."""
    image = entry.base_image
    if entry.build and not (tool(image) or replacement(image)):
        return entry.key
    name = image.partition("@")[0]
    return f"{entry.key} ({name})" if name and name != entry.key else entry.key


def _profiles(entry: Entry) -> list[str]:
    profiles = entry.data.get("profiles")
    return [str(item) for item in profiles] if isinstance(profiles, list) else [str(profiles)] if profiles else []
