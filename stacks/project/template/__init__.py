"""Renders Terraform templates without Terraform, as far as task definition templates go.

    text ─> parts (literal text, ${...}, %{ if }, %{ for }) ─> rendered text

Its purpose is to find a broken template before anything is written. What it does not know, such as a rare
function, ends in `Unknown`, and the template is then left to Terraform's judgement.
"""

from __future__ import annotations

from stacks.project.template.expression import TemplateError, Unknown, UnknownVariableError
from stacks.project.template.render import render

__all__ = ["TemplateError", "Unknown", "UnknownVariableError", "render"]
