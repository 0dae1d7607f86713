"""Text for Terraform that reaches AWS as it is in the project file."""

from __future__ import annotations

from collections.abc import Sequence


def literal(text: str) -> str:
    """`text` with `${` and `%{` escaped, so that Terraform takes it literally."""
    return text.replace("${", "$${").replace("%{", "%%{")


def literals(values: Sequence[str]) -> list[str]:
    """`literal` of each value."""
    return [literal(value) for value in values]


def evaluated(text: str) -> str:
    """The text that Terraform makes of `literal(text)`."""
    return text.replace("$${", "${").replace("%%{", "%{")
