"""The JSON object of a secret that several names share, each with a key of its own."""

from __future__ import annotations

import json
from typing import Any

from operations.secrets.target import SecretTarget
from stacks.errors import AwsError

_NO_VALUE = "ResourceNotFoundException"


def current_object(target: SecretTarget) -> dict[str, Any]:
    """The current value of a secret, as a JSON object; empty if it has no value.

    Raises:
        AwsError: The value is not a JSON object, or AWS refused a request.
    """
    assert target.stored is not None
    try:
        answer = target.requests.call(
            "secretsmanager", "get_secret_value", region=target.region, SecretId=target.stored.arn
        )
    except AwsError as error:
        if _NO_VALUE in error.codes:
            return {}
        raise
    try:
        content = json.loads(answer.get("SecretString") or "")
    except ValueError:
        content = None
    if not isinstance(content, dict):
        fix = f"remove `:{target.key}` from the reference, or replace the value by a JSON object in Secrets Manager"
        raise AwsError.of(target.uses[0].path, "the secret is not a JSON object", got=target.text, fix=fix)
    return content


def written(content: dict[str, Any]) -> str:
    """The object as the value of a secret."""
    return json.dumps(content, ensure_ascii=False)
