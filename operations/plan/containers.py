"""The containers of a task definition that Terraform cannot know before apply.

Container definitions are one JSON string, which Terraform does not know until it knows every value in it: in a first
plan, the image would be `(known after apply)`. The stack's folder contains what the string is rendered from: a template
and its variables. Rendering it here shows everything except the values that are really unknown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from operations.plan.redact import MASK
from operations.plan.values import UNKNOWN, has_mark, planned
from stacks.project.template import TemplateError, TooLarge, Unknown, render

TASK_DEFINITION = "aws_ecs_task_definition"
_STACK_FILE = "cdk.tf.json"
_TEMPLATE = re.compile(r'\$\{templatefile\("\$\{path\.module\}/(?P<file>[^"$]+)", local\.(?P<variables>[\w-]+)\)\}')
_REFERENCE = re.compile(r"\$\$\{|%%\{|\$\{(?P<expression>[^{}]*)\}")
_ADDRESS = re.compile(r"(?P<address>(?:data\.)?[A-Za-z]\w*\.[\w-]+)\.(?P<attribute>\w+)")
_INSTANCE = re.compile(r"(?P<data>data\.)?(?P<type>\w+)\.(?P<name>[\w-]+)(?:\[(?P<key>.+)\])?")


def with_containers(shown: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """A plan whose task definitions contain what is known of their containers; `folder` is the stack's folder."""
    changes = shown.get("resource_changes", [])
    if not any(_lacks_containers(each) for each in changes):
        return dict(shown)
    templates = _Templates(folder, shown)
    return {**shown, "resource_changes": [templates.completed(each) for each in changes]}


def _lacks_containers(resource: Mapping[str, Any]) -> bool:
    unknown = resource["change"].get("after_unknown")
    return (
        resource["type"] == TASK_DEFINITION
        and isinstance(unknown, dict)
        and unknown.get("container_definitions") is True
    )


class _Templates:
    """Renders the templates of a stack with the values that a plan knows."""

    def __init__(self, folder: Path, shown: Mapping[str, Any]) -> None:
        self._folder, self._shown = folder, shown
        self._locals = _read_locals(folder / _STACK_FILE)
        module = shown.get("configuration", {}).get("root_module", {})
        self._configured = {each["address"]: each.get("expressions", {}) for each in module.get("resources", [])}
        self._declared = module.get("variables", {})
        self._values = _known_values(shown)
        self._scope = _scope(self._values)

    def completed(self, resource: dict[str, Any]) -> dict[str, Any]:
        """The change of a resource, with its container definitions where they can be rendered."""
        if not _lacks_containers(resource):
            return resource
        containers = self._rendered(resource["address"])
        if containers is None:
            return resource
        change = resource["change"]
        after = {**(change.get("after") or {}), "container_definitions": json.dumps(containers)}
        unknown = {key: mark for key, mark in change["after_unknown"].items() if key != "container_definitions"}
        return {**resource, "change": {**change, "after": after, "after_unknown": unknown}}

    def _rendered(self, address: str) -> list[Any] | None:
        """The containers; None if they are not rendered from a template that can be rendered here."""
        expression = self._configured.get(address, {}).get("container_definitions", {})
        for reference in expression.get("references", ()):
            found = _TEMPLATE.fullmatch(str(self._locals.get(reference.removeprefix("local."))))
            if found is not None:
                variables = self._resolved(self._locals.get(found["variables"], {}))
                return _containers(self._folder / found["file"], variables)
        return None

    def _resolved(self, value: Any) -> Any:
        """A value of the configuration with its references replaced by their values, or by `UNKNOWN`."""
        if isinstance(value, dict):
            return {key: self._resolved(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._resolved(item) for item in value]
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> Any:
        """A string with its references replaced. It is unknown as a whole if a part of it is, as for Terraform."""
        whole = _REFERENCE.fullmatch(text)
        if whole is not None and whole["expression"] is not None:
            return self._value(whole["expression"])
        parts, end = [], 0
        for match in _REFERENCE.finditer(text):
            if "${" in text[end : match.start()]:
                return self._computed(text)
            value = match[0][1:] if match["expression"] is None else self._value(match["expression"])
            if value in (UNKNOWN, MASK) or not isinstance(value, str | int | float):
                return MASK if value == MASK else UNKNOWN
            parts += [text[end : match.start()], str(value)]
            end = match.end()
        rest = text[end:]
        return self._computed(text) if "${" in rest or "%{" in rest else "".join([*parts, rest])

    def _value(self, expression: str) -> Any:
        expression = expression.strip()
        name = expression.removeprefix("var.")
        if name != expression and name in self._declared:
            value = self._shown.get("variables", {}).get(name, {}).get("value", UNKNOWN)
            return MASK if self._declared[name].get("sensitive") else value
        found = _ADDRESS.fullmatch(expression)
        if found is None:
            return self._computed(f"${{{expression}}}")
        return self._values.get(found["address"], {}).get(found["attribute"], UNKNOWN)

    def _computed(self, text: str) -> Any:
        """A text with expressions of the user's own Terraform; unknown if only Terraform can evaluate them."""
        try:
            return render(text, self._scope)
        except _Masked:
            return MASK
        except (TemplateError, Unknown, TooLarge):
            return UNKNOWN


class _Masked(Exception):
    """An expression uses a sensitive value."""


class _Attributes(dict[str, Any]):
    """The attributes of a resource in an expression, which is known if all that it uses is."""

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if value == MASK:
            raise _Masked
        if value == UNKNOWN:
            raise Unknown(name)
        return value


def _scope(values: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What expressions refer to: `aws_sqs_queue.web`, `aws_dynamodb_table.audit["eu"]`, `data.aws_vpc.main`."""
    scope: dict[str, Any] = {"data": {}}
    for address, attributes in values.items():
        if match := _INSTANCE.fullmatch(address):
            names = (scope["data"] if match["data"] else scope).setdefault(match["type"], {})
            known = _Attributes(attributes)
            if match["key"] is None:
                names[match["name"]] = known
            else:
                names.setdefault(match["name"], {})[json.loads(match["key"])] = known
    return scope


def _containers(template: Path, variables: Mapping[str, Any]) -> list[Any] | None:
    try:
        containers = json.loads(render(template.read_text("utf-8"), variables))["containerDefinitions"]
    except (TemplateError, Unknown, OSError, ValueError, LookupError, TypeError):
        return None
    return containers if isinstance(containers, list) else None


def _read_locals(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text("utf-8")).get("locals", {})
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _known_values(shown: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The attributes of each resource and data source after the apply; sensitive ones are masked."""
    prior = shown.get("prior_state", {}).get("values", {}).get("root_module", {}).get("resources", [])
    found = {each["address"]: _attributes(each.get("values"), None, each.get("sensitive_values")) for each in prior}
    for each in shown.get("resource_changes", []):
        change = each["change"]
        if change.get("after") is not None and not each.get("deposed"):
            found[each["address"]] = _attributes(
                change["after"], change.get("after_unknown"), change.get("after_sensitive")
            )
    return found


def _attributes(values: Any, unknown: Any, sensitive: Any) -> dict[str, Any]:
    marks = sensitive if isinstance(sensitive, dict) else {}
    return {
        name: UNKNOWN if not _is_known(value) else MASK if sensitive is True or has_mark(marks.get(name)) else value
        for name, value in (planned(values, unknown) or {}).items()
    }


def _is_known(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_is_known, value.values()))
    return all(map(_is_known, value)) if isinstance(value, list) else bool(value != UNKNOWN)
