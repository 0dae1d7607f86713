"""Pipelines that deploy without stored keys: their roles in AWS, and their workflow.

names ─> scope ─> permissions ─┬─> documents ─> setup (creates the roles), remove
                               └─> granted (what a deploy needs and its role lacks)
github/workflow ─> .github/workflows/ecsforge.yml
"""

from __future__ import annotations
