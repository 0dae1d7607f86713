"""Renders small stacks as one HCL file."""

from __future__ import annotations

from typing import Any

from stacks.hcl import BlockSchema, render

SCHEMA: BlockSchema = {
    "aws_lb": {"access_logs": {}, "timeouts": {}},
    "aws_route_table": {},
    "aws_wafv2_web_acl": {"rule": {"statement": None}},
    "provider.aws": {"default_tags": {}, "assume_role": {}},
    "provider.local": {},
}


def rendered(stack: dict[str, Any], **made: str) -> str:
    """The stack as one file; `made` are load balancers in order, each with its comment."""
    (text,) = render(
        stack, SCHEMA, lambda address: "main.tf", {f"aws_lb.{name}": comment for name, comment in made.items()}
    ).values()
    return text
