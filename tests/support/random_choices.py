"""Random choices that the same seed repeats, for generators of project files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

Json = dict[str, Any]


class RandomChoices:
    """Choices from one source of randomness."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._ports = 1000

    def _often(self, chance: float = 0.5) -> bool:
        return self._random.random() < chance

    def _one(self, values: Sequence[Any]) -> Any:
        return self._random.choice(values)

    def _some(self, values: Sequence[Any], most: int = 3) -> list[Any]:
        return self._random.sample(list(values), self._random.randint(0, min(most, len(values))))

    def _number(self, low: int, high: int) -> int:
        return self._one((low, high, self._random.randint(low, high)))

    def _port(self) -> int:
        self._ports += self._random.randint(1, 40)
        return self._ports

    def _subset(self, chance: float = 0.5, /, **makers: Callable[[], Any]) -> Json:
        """Some of the keys, in any order."""
        keys = [key for key in makers if self._often(chance)]
        self._random.shuffle(keys)
        return {key: makers[key]() for key in keys}
