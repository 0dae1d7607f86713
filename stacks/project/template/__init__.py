"""Renders Terraform templates without Terraform, as far as task definition templates go.

    text ─> parts (literal text, ${...}, %{ if }, %{ for }) ─> rendered text

It finds a broken template before any file is written. What it does not support, such as a rare function, raises
`Unknown`; the template is then checked by Terraform only. What takes too long or makes too much text raises `TooLarge`.
"""

from __future__ import annotations

from stacks.project.template.calls import called
from stacks.project.template.errors import TemplateError, TooLarge, UndefinedVariable, Unknown
from stacks.project.template.render import render

__all__ = ["TemplateError", "TooLarge", "UndefinedVariable", "Unknown", "called", "render"]
