"""Terraform JSON rendered as HCL that a person would write.

    cdk.tf.json ── document ── resources ── values ── parser      what it says, as a tree of blocks and expressions
                   arguments                                      what comes first
                   body ── layout ── spacing                      the lines, as `terraform fmt` leaves them
    bindings ───── blocks                                         which arguments are nested blocks

The result means the same as the JSON. Strings that hold JSON, such as IAM policies, become `jsonencode({...})` where
Terraform's `jsonencode` gives back the very same bytes; `stacks.jsonencode` spells JSON so.
"""

from __future__ import annotations

from stacks.hcl.blocks import Blocks, BlockSchema, blocks_of
from stacks.hcl.render import render

__all__ = ["BlockSchema", "Blocks", "blocks_of", "render"]
