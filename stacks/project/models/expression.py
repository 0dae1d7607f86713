"""A value that comes from the user's own Terraform."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stacks.errors import Position
from stacks.project.models.base import Model


class Expression(Model):
    """A value of your own Terraform, in the folder `terraform`."""

    terraform: str
    """A Terraform expression: `aws_db_instance.main.address`. What it refers to is declared in the folder `terraform`,
    or is `local.ecsforge`. `--set` can't write one."""

    def __str__(self) -> str:
        return self.terraform


@dataclass(frozen=True)
class PlacedExpression:
    """An expression of the project file: its text, the path of its value, and where it is."""

    text: str
    path: tuple[str | int, ...]
    position: Position


def written_texts(values: Mapping[str, str | Expression]) -> dict[str, str]:
    """The values that are text in the project file, without those of the user's own Terraform."""
    return {name: value for name, value in values.items() if isinstance(value, str)}


def written(values: Iterable[str | Expression]) -> list[str]:
    """The items that are text in the project file, without those of the user's own Terraform."""
    return [value for value in values if isinstance(value, str)]
