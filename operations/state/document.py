"""A state file as typed values. Nothing else reads the format of Terraform's states.

Terraform from 0.12 on and OpenTofu write format 4, and `terraform state pull` prints it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from stacks.errors import TerraformError


@dataclass(frozen=True)
class Instance:
    """One instance of a resource or data source.

    Attributes:
        type: Terraform's type, such as `aws_lb`.
        name: The logical name.
        mode: `managed` for resources, `data` for data sources.
        key: The instance key of `count` or `for_each`; empty without one.
        attributes: The values that AWS returned. They may contain secrets.
        tainted: Whether creating it was not completed, so that Terraform will replace it.
    """

    type: str
    name: str
    mode: Literal["managed", "data"]
    key: str
    attributes: Mapping[str, Any]
    tainted: bool

    @property
    def address(self) -> str:
        """The address of its resource, without the instance key."""
        return f"{'data.' if self.mode == 'data' else ''}{self.type}.{self.name}"

    @property
    def id(self) -> str:
        """The ID of the object in AWS; empty if it does not have one."""
        return str(self.attributes.get("id") or "")


@dataclass(frozen=True)
class StateDocument:
    """A state; empty before the first deploy. `content` is the document in Terraform's format 4."""

    content: Mapping[str, Any]

    @classmethod
    def read(cls, file: Path) -> StateDocument:
        """The state in a local file; an empty state if the file does not exist.

        Raises:
            TerraformError: The file is not a Terraform state.
        """
        try:
            return cls(_parsed(file.read_text("utf-8")))
        except FileNotFoundError:
            return cls({})
        except (OSError, ValueError) as error:
            where, fix = os.path.relpath(file), "restore it from a backup"
            got = error.strerror if isinstance(error, OSError) else str(error)
            raise TerraformError.of(where, "this is not a Terraform state", got=got, fix=fix) from error

    @property
    def is_empty(self) -> bool:
        """Whether it contains no managed resource."""
        return not self.objects

    @property
    def lineage(self) -> str | None:
        """The ID that all versions of a state share."""
        return self.content.get("lineage")

    @property
    def serial(self) -> int:
        """The number of the version: it increases with every write."""
        return int(self.content.get("serial", 0))

    @property
    def outputs(self) -> dict[str, Any]:
        """The values of the outputs by name. They may contain secrets."""
        return {name: output.get("value") for name, output in self.content.get("outputs", {}).items()}

    @cached_property
    def instances(self) -> tuple[Instance, ...]:
        """Every instance of every resource and data source."""
        return tuple(
            Instance(
                each["type"],
                each["name"],
                each.get("mode", "managed"),
                str(instance.get("index_key", "")),
                instance.get("attributes") or {},
                instance.get("status") == "tainted",
            )
            for each in self.content.get("resources", [])
            for instance in each.get("instances", [])
        )

    @property
    def managed(self) -> tuple[Instance, ...]:
        """The instances of resources, without data sources."""
        return tuple(each for each in self.instances if each.mode == "managed")

    @cached_property
    def objects(self) -> frozenset[tuple[str, str]]:
        """The resources that Terraform manages: address with instance key, and ID in AWS."""
        return frozenset((f"{each.address}[{each.key}]", each.id) for each in self.managed)

    @property
    def attributes(self) -> dict[str, Mapping[str, Any]]:
        """The attributes of resources and data sources by address; those of the first instance."""
        found: dict[str, Mapping[str, Any]] = {}
        for each in self.instances:
            found.setdefault(each.address, each.attributes)
        return found

    @property
    def tainted(self) -> tuple[str, ...]:
        """The addresses of the resources that Terraform will replace because creating them was not completed."""
        return tuple(dict.fromkeys(each.address for each in self.managed if each.tainted))


def is_complete(content: bytes) -> bool:
    """Whether the content of a state file was written to its end."""
    try:
        json.loads(content)
    except ValueError:
        return False
    return True


def is_state(content: bytes) -> bool:
    """Whether the content of a file is a state, or empty, as before the first state."""
    try:
        _parsed(content.decode("utf-8"))
    except ValueError:
        return False
    return True


def _parsed(text: str) -> dict[str, Any]:
    state: Any = json.loads(text or "{}")
    if not isinstance(state, dict) or (state and "version" not in state):
        raise ValueError("it has no format version")
    return state
