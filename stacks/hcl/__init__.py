"""Renders Terraform JSON as readable HCL.

    cdk.tf.json ── document ── resource_blocks ── values ── stacks.expressions   a tree of blocks and expressions
                   arguments                                                     the order of arguments
                   body ── layout ── spacing                                     lines, as `terraform fmt` writes them
    bindings ───── blocks                                                        which arguments are nested blocks

JSON and HCL give the same plan. Strings that hold JSON, such as IAM policies, become `jsonencode({...})` where
Terraform's `jsonencode` returns exactly the same bytes, which are those of `stacks.jsonencode`.
"""

from __future__ import annotations

from stacks.hcl.blocks import Blocks, BlockSchema, blocks_of
from stacks.hcl.render import render

__all__ = ["BlockSchema", "Blocks", "blocks_of", "render"]
