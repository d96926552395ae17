"""What functions read besides their arguments, and how often they are traced."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

import chainrule as cr

X = np.array([1.0, 2.0, 3.0])
ONES = np.ones(3)
TWO = 2 * ONES
G: dict[str, Any] = {}  # read by a static method


@dataclass
class Params:
    W: Any
    scale: float = 1.0


class Pair(NamedTuple):
    first: Any
    second: Any


class Namespace:
    W = np.ones(3)


class Base:
    shift = np.zeros(3)

    def __init__(self) -> None:
        self.W = np.ones(3)
        self.rate = 1.0
        self.steps = 0

    @property
    def doubled(self) -> Any:
        return 2 * self.W

    @staticmethod
    def total(x: Any) -> Any:
        return np.sum(x * G["static"])

    @classmethod
    def moved(cls, x: Any) -> Any:
        return x + cls.shift

    def forward(self, x: Any) -> Any:
        return self.rate * x * self.W

    def __call__(self, x: Any) -> Any:
        return np.sum(self.forward(x))


class Derived(Base):
    def forward(self, x: Any) -> Any:
        return super().forward(x) * self.doubled


class Slotted:
    __slots__ = ("W",)

    def __init__(self, W: Any) -> None:
        self.W = W


class Level(enum.Enum):
    LOW = 1.0
    HIGH = 2.0


class Counted:
    """A function that counts how often it is traced, in a list that it appends to."""

    def __init__(self, function: Callable[..., Any], compiled: bool = False) -> None:
        calls: list[int] = []
        self.calls = calls

        def counting(x: Any) -> Any:
            calls.append(1)
            return function(x)

        slope = cr.grad(counting)
        self.slope: Callable[..., Any] = cr.compile(slope) if compiled else slope

    def __call__(self) -> Any:
        return self.slope(X)

    @property
    def times(self) -> int:
        return len(self.calls)
