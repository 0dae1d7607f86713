"""The base of the models of the project file, and their field types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler


class Model(BaseModel):
    """A frozen, strict model: unknown keys are errors and no value is converted implicitly."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


@dataclass(frozen=True)
class AsWritten:
    """Marks text that is often written without quotes and that YAML then reads as a number or a boolean.

    The loader then uses the text of the file: `user: 0100` is "0100" and `command: [sleep, 5]` contains "5".
    """

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "type": ["string", "number", "boolean"]}


@dataclass(frozen=True)
class Unit:
    """The unit of a number, for messages."""

    plural: str


@dataclass(frozen=True)
class AsDuration:
    """Marks seconds that may also be written as text with a unit: `10s`, `5m`, `2h`, `1d`, `1h30m`.

    The loader reads the text as seconds, so the value of the field is always a number.
    """

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "type": ["integer", "string"]}


@dataclass(frozen=True)
class AsSchedule:
    """Marks a schedule expression that may also be written as in a crontab: `@daily`, `@every 15m`.

    The loader reads it as the expression of AWS, so the value of the field is always one.
    """


Text = Annotated[str, AsWritten()]
"""Text that is used exactly as written in the file: a matcher, a user id, a command argument."""

Port = Annotated[int, Field(ge=1, le=65535)]
Percent = Annotated[int, Unit("percent"), Field(ge=1, le=100)]
Days = Annotated[int, Unit("days")]
Seconds = Annotated[int, Unit("seconds"), AsDuration()]
Schedule = Annotated[str, AsSchedule()]
CpuUnits = Annotated[int, Unit("CPU units")]
MiB = Annotated[int, Unit("MiB")]
GiB = Annotated[int, Unit("GiB")]
