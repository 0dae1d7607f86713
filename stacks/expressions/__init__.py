"""A parser for Terraform's expression language, for HCL output and the check of task definition templates.

    text ── reader ── tree       tokens and brackets, in the detail that formatting needs
                       └─ grammar ── syntax    operands and operators, by precedence

Heredocs, comments and `~` markers that trim the surrounding text are not supported. Nothing here is evaluated.

https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
"""

from __future__ import annotations

from stacks.expressions.errors import MalformedExpression, UnreadableExpression
from stacks.expressions.reader import parse_expression, parse_syntax, parse_template

__all__ = ["MalformedExpression", "UnreadableExpression", "parse_expression", "parse_syntax", "parse_template"]
