"""JSON exactly as Terraform writes it."""

from __future__ import annotations

import json
from typing import Any

_GO_ESCAPES = str.maketrans({char: f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"})


def terraform_json(document: Any) -> str:
    """`document` as Terraform's `jsonencode` writes it: keys sorted, no spaces, `<`, `>` and `&` escaped.

    https://developer.hashicorp.com/terraform/language/functions/jsonencode
    """
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.translate(_GO_ESCAPES)
