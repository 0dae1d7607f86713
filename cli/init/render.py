"""Renders a new project file: what was found, and the keys that most projects set next as comments."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from cli.init.blocks import block, environment_settings, service_settings
from cli.init.draft import Draft, ServiceDraft
from cli.init.images import is_heavy
from stacks.project.reference import yaml_text

SCHEMA_FILE = ".ecsforge/schema.json"
PROTECTED = ("prod", "production")
WIDTH = 120
HEADER = f"""\
# yaml-language-server: $schema={SCHEMA_FILE}
#
# ecsforge project file. Check it with `ecsforge validate`. Editors complete and check every key with the schema above;
# `ecsforge schema --out {SCHEMA_FILE}` updates it.
"""
_NEXT_OF_WEB = (
    ("health_check", "health_check: {path: /}  # the path that the load balancer requests; 200-399 is healthy"),
    ("count", "count: {min: 2, max: 6, cpu_percent: 60}"),
    ("cpu", "cpu: 512"),
    ("memory", "memory: 1024"),
)
_NEXT_OF_WORKER = _NEXT_OF_WEB[1:]
_NEXT = """
# load_balancer:
#   https: {domain: www.example.com, hosted_zone: example.com}  # a certificate, and the DNS record
# alarms: {email: [ops@example.com]}
# state: {backend: s3, bucket: my-terraform-state}  # shared by a team; `ecsforge state init` creates the bucket
"""


def render(draft: Draft) -> str:
    """The project file as YAML."""
    return "\n".join([HEADER, *_body(draft)]) + "\n" + _NEXT


def heavy_services(draft: Draft) -> frozenset[str]:
    """The services whose base image needs more memory than the smallest task has."""
    return frozenset(service.name for service in draft.services if service.heavy or is_heavy(service.image))


def comment(text: str, prefix: str) -> list[str]:
    """A text as comment lines."""
    return textwrap.wrap(text, WIDTH, initial_indent=prefix, subsequent_indent=prefix, break_on_hyphens=False)


def environment_lines(draft: Draft) -> Iterator[str]:
    """The environments: `dev` runs one small task of each service, `prod` is protected."""
    heavy = heavy_services(draft)
    for name in draft.environments:
        settings = environment_settings(draft, name, heavy)
        if name in PROTECTED:
            settings = {"protected": True, **settings}
        if not settings:
            yield f"  {yaml_text(name)}: {{}}"
            continue
        yield f"  {yaml_text(name)}:"
        for key, value in settings.items():
            if key != "services":
                yield f"    {key}: {yaml_text(value)}"
                continue
            yield "    services:"
            for service, own in value.items():
                line = f"      {service}: {yaml_text(own)}"
                yield from (
                    [line] if len(line) <= WIDTH else textwrap.indent(block({service: own}), " " * 6).splitlines()
                )


def _body(draft: Draft) -> Iterator[str]:
    yield f"project_id: {yaml_text(draft.project_id)}"
    yield f"region: {yaml_text(draft.region)}"
    yield from ("", "environments:  # Overrides per environment; any key except project_id.")
    yield from environment_lines(draft)
    yield from ("", "services:")
    documented = next((service for service in draft.services if service.port), draft.services[0])
    for service in draft.services:
        yield from _service(draft, service, with_next=service is documented)


def _service(draft: Draft, service: ServiceDraft, *, with_next: bool) -> Iterator[str]:
    settings = service_settings(draft, service)
    yield f"  {service.name}:"
    for note in service.notes:
        yield from comment(note, "    # ")
    yield from textwrap.indent(block(settings), "    ").splitlines()
    if with_next:
        following = _NEXT_OF_WEB if service.port else _NEXT_OF_WORKER
        yield from (f"    # {line}" for key, line in following if key not in settings)
