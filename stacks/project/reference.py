"""The reference of the project file, `docs/project-file.md`, written from the models.

`make docs` runs `python -m stacks.project.reference > docs/project-file.md`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import yaml
from pydantic_core import PydanticUndefined

from stacks.project.models import Model, Overrides, ProjectFile
from stacks.project.shape import Shape, described, fields_of

_INTRODUCTION = """\
# The project file

<!-- Written by `make docs` from the models in stacks/project/models; a test checks that it is current. -->

This page lists every key of `ecsforge.yaml`, the file that describes one project: its network, load balancer and
services, and the differences between its environments. Two keys are enough to start:

```yaml
project_id: node-app
services:
  web:
    image: nginx:latest
```

`ecsforge init` writes a first file from a Dockerfile and a compose file: see [init.md](init.md). With `--full` the file
contains every other key as a comment with its default.
[ingress.md](ingress.md) describes what reaches services, with complete examples.
`ecsforge schema --out .ecsforge/schema.json` writes the JSON Schema for completion and checks in an editor.
[containers.md](containers.md) has examples of sidecars, volumes, log routers and topics.
[resources.md](resources.md) describes buckets, tables and topics, and what services get that use them.

- Unknown keys are errors; the message suggests the nearest known key.
- An environment can override every key except `project_id`, `registry` and `ci`. Maps are merged, lists and scalars are
  replaced, and an explicit `null` resets a key to its default.
- An environment can add a service that the others don't have: one with `image`, `build` or `repository`. A `null` for a
  service of the file removes it from that environment.
- Durations are seconds, or text such as `10s`, `5m`, `2h`, `1d` and `1h30m`.
- Values take precedence in this order: `--set`, the environment's section, the top level of the file, the default.
- A file without `environments` accepts any `--env`; a file with `environments` accepts only those.
"""


def reference() -> str:
    """The page as Markdown."""
    sections = "\n".join(_section("Top level", ProjectFile, (), {}))
    return f"{_INTRODUCTION}\n{sections}"


def yaml_text(value: Any) -> str:
    """`value` as it is written in the project file, on one line."""
    if isinstance(value, tuple):
        value = list(value)
    text: str = yaml.safe_dump(value, default_flow_style=True, width=sys.maxsize, allow_unicode=True)
    text = text.removesuffix("\n").removesuffix("\n...")
    return json.dumps(value, ensure_ascii=False) if "\n" in text else text  # JSON is valid YAML on one line


def _section(title: str, model: type[Model], path: tuple[str, ...], described: dict[type[Model], str]) -> Iterator[str]:
    """A model's table, then the sections of the models in it; a model with a section already is a reference to it."""
    level = 2 if len(path) < 2 or path in (("services", "NAME"), ("resources", "NAME")) else 3
    yield f"{'#' * level} {title}\n"
    yield f"{_one_line(model.__doc__)}\n"
    if model in described:
        yield f"The keys are the same as in {described[model]}.\n"
        return
    described[model] = title
    fields = {name: shape for name, shape in fields_of(model).items() if shape.type is not Any}
    ordered = sorted(fields, key=lambda name: fields[name].default is not PydanticUndefined)  # required keys first
    yield "| key | value | default | meaning |\n|---|---|---|---|"
    yield from (_row(name, fields[name]) for name in ordered)
    yield ""
    for steps, held in (found for name in ordered for found in held_models(name, fields[name])):
        if held is not Overrides:  # the same keys again
            below = (*path, *steps)
            kind = Shape(held).tag
            title = f"`{'.'.join(below)}`" + (f" with `type: {kind}`" if kind else "")
            yield from _section(title, held, below, described)


def held_models(name: str, shape: Shape) -> Iterator[tuple[tuple[str, ...], type[Model]]]:
    """The models below a field, each with the path to it: `services` holds a model at `services.NAME`."""
    for branch in shape.branches():
        if branch.is_model:
            yield (name,), branch.type
        elif branch.origin in (dict, tuple) and (below := branch.below("" if branch.origin is dict else 0)):
            step = (name, "NAME") if branch.origin is dict else (f"{name}[]",)
            yield from ((step, inner.type) for inner in below.branches() if inner.is_model)


def _row(name: str, shape: Shape) -> str:
    cells = [f"`{name}`", described(shape.branches()), _default(shape), _one_line(shape.description)]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _default(shape: Shape) -> str:
    if shape.default is PydanticUndefined:
        return "required"
    if shape.default is None:
        return ""
    if isinstance(shape.default, Model):
        return "see below"
    return f"`{shape.number(shape.default) if shape.is_duration else yaml_text(shape.default)}`"


def _one_line(text: str | None) -> str:
    """Text on one line, with `<` escaped outside of code."""
    parts = " ".join((text or "").split()).split("`")
    return "`".join(part.replace("<", "&lt;") if index % 2 == 0 else part for index, part in enumerate(parts))


if __name__ == "__main__":
    sys.stdout.buffer.write(reference().encode())
