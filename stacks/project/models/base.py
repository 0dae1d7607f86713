"""What every model of the project file shares, and the field types they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler


class Model(BaseModel):
    """A frozen, strict model: unknown keys are errors and nothing is converted behind the user's back."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


@dataclass(frozen=True)
class AsWritten:
    """Marks text that people write without quotes though YAML reads a number or a truth value.

    The loader then takes what stands in the file: `user: 0100` is "0100" and `command: [sleep, 5]` has a "5".
    """

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "type": ["string", "number", "boolean"]}


@dataclass(frozen=True)
class Unit:
    """What a number counts, for messages."""

    plural: str


Text = Annotated[str, AsWritten()]
"""Text that is taken exactly as it stands in the file: a matcher, a user id, an argument of a command."""

Port = Annotated[int, Field(ge=1, le=65535)]
Percent = Annotated[int, Unit("percent"), Field(ge=1, le=100)]
Days = Annotated[int, Unit("days")]
Seconds = Annotated[int, Unit("seconds")]
CpuUnits = Annotated[int, Unit("CPU units")]
MiB = Annotated[int, Unit("MiB")]
GiB = Annotated[int, Unit("GiB")]
