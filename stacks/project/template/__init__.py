"""Renders Terraform templates without Terraform, as far as task definition templates go.

    text ─> parts (literal text, ${...}, %{ if }, %{ for }) ─> rendered text

It finds a broken template before any file is written. What it does not support, such as a rare function, raises
`Unknown`; the template is then checked by Terraform only.
"""

from __future__ import annotations

from stacks.project.template.calls import called
from stacks.project.template.expression import UndefinedVariable
from stacks.project.template.render import render
from stacks.project.template.work import TemplateError, Unknown

__all__ = ["TemplateError", "UndefinedVariable", "Unknown", "called", "render"]
