"""The problems of single fields."""

from __future__ import annotations

from pydantic_core import ErrorDetails

from stacks.errors import Problem
from stacks.project.nodes import (
    Layer,
    Mapping,
    Path,
    Scalar,
    dotted,
    find,
    key_entry,
    key_position,
    position,
)
from stacks.project.shape import Shape, described
from stacks.project.shown import shown, truncated

_ACCOUNT_DIGITS = 12
_PAIR = "[1024, 4096]"  # soft and hard limit: the only field that is a list of two
_TASK_COMMAND = "[npm, run, migrate]"
# Examples for required keys; for others, the description says what to write.
_REQUIRED = {
    "project_id": "my-app",
    "image": "registry.example.com/team/app:1.2",
    "repository": "acme/shop",
    "install": "pip install https://example.com/ecsforge-0.1.0-py3-none-any.whl",
    "path": "/data",
    "cron": "cron(0 8 * * ? *)",
    "min": "1",
    "max": "4",
    "port": "443",
    "command": '[CMD-SHELL, "curl -f localhost:3000"]',
    "actions": '["s3:GetObject"]',
    "resources": '["arn:aws:s3:::bucket/*"]',
    "from": "www.example.com",
    "to": "example.com",
    "issuer": "https://login.example.com",
    "authorization_endpoint": "https://login.example.com/authorize",
    "token_endpoint": "https://login.example.com/token",
    "user_info_endpoint": "https://login.example.com/userinfo",
    "client_id": "my-app",
    "key": "{id: S}",
    "origins": "[https://shop.example.com]",
    "client_secret": "secretsmanager:oidc:client_secret",
    "user_pool_arn": "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_ABCdefGHI",
    "domain": "acme-login",
    "terraform": "aws_db_instance.main.address",
}
_REQUIRED_IN = {("before", "command"): _TASK_COMMAND, ("after", "command"): _TASK_COMMAND, ("also", "port"): "9090"}
"""Examples in the items of a list."""


def empty_problem(node: Scalar, shape: Shape, path: Path) -> Problem:
    """A key without a value, or a `null` in a list."""
    if any(branch.as_written for branch in shape.branches()) and isinstance(path[-1], str):
        fix = f'write {path[-1]}: "" for empty text'
    elif isinstance(path[-1], int):
        fix = "remove the item"
    else:
        fix = f"write {described(shape.branches())}, or null for the default"
    return Problem(node.mark.position, f"{dotted(path)} has no value", None, fix, path)


def unquoted_account(node: Scalar) -> Problem:
    """YAML reads an account id without quotes as a number, and as an octal one when it starts with 0."""
    digits = node.text if node.text.isdecimal() and len(node.text) == _ACCOUNT_DIGITS else "123456789012"
    octal = " (YAML reads a number with a leading 0 as octal)" if node.text.startswith("0") else ""
    what = "account_id must be 12 digits in quotes"
    return Problem(node.mark.position, what, shown(node), f'write account_id: "{digits}"{octal}', ("account_id",))


def octal_problem(node: Scalar, path: Path) -> Problem:
    """A number with a leading zero, which YAML reads as octal."""
    what = f"{dotted(path)} must not have a leading zero: YAML reads it as octal {node.value}"
    return Problem(node.mark.position, what, shown(node), f"write {node.text.lstrip('0') or '0'}", path)


def field_problem(root: Mapping, path: Path, shape: Shape, error: ErrorDetails) -> Problem:
    """The problem of a value that does not fit its field."""
    # Most files have no such problem, and the fixes know other tools by heart.
    from stacks.project.value_fixes import is_out_of_range, value_fix

    if error["type"] == "missing":
        return _missing(root, path, shape)
    if error["type"] == "extra_forbidden":
        return _unknown_key(root, path)
    if error["type"] in ("union_tag_not_found", "union_tag_invalid"):
        from stacks.project.resource_types import type_problem

        return type_problem(root, path, shape.tags)
    node = find(root, path)
    where = position(root, path)
    if node is None:
        return Problem(where, f"{dotted(path)} is not valid", None, error["msg"], path)
    branch = shape.branch(node)
    what = f"{dotted(path)} must be {described([branch] if branch and is_out_of_range(error) else shape.branches())}"
    return Problem(where, what, shown(node, path), value_fix(root, node, path, shape, error), path)


def _missing(root: Mapping, path: Path, shape: Shape) -> Problem:
    *above, name = path
    holder = tuple(above)
    if isinstance(name, int):
        what = f"{dotted(holder)} must be a list of two whole numbers"
        return Problem(position(root, holder), what, "a shorter list", f"for example {holder[-1]}: {_PAIR}", holder)
    what = f"{dotted(holder) or 'the project file'} needs {name}"
    where = key_position(root, holder)
    inside = str(holder[-2]) if holder[1:] else ""
    example = _REQUIRED_IN.get((inside, name)) or _REQUIRED.get(name)
    if example == "4" and isinstance(least := find(root, (*holder, "min")), Scalar) and isinstance(least.value, int):
        example = str(max(4, least.value))
    return Problem(where, what, None, f"add {name}: {example or shape.description}", holder)


def _unknown_key(root: Mapping, path: Path) -> Problem:
    *above, name = path
    from stacks.project.key_fixes import key_fix

    what = f"unknown key {_in(root, path)}"
    where = key_position(root, path)
    return Problem(where, what, truncated(str(name)), key_fix(root, str(name), tuple(above)), path)


def _in(root: Mapping, path: Path) -> str:
    """The section of a key, for a message."""
    if path[1:]:
        return f"in {dotted(path[:-1])}"
    entry, env = key_entry(root, path), find(root, ("env",))
    if entry and entry.keys[0].layer is Layer.ENVIRONMENT and isinstance(env, Scalar):
        return f"in environments.{env.text}"
    return "at the top level"
