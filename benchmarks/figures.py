"""What a benchmark reports, and timing two sides in turn."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import NamedTuple


class Figure(NamedTuple):
    """One measured figure and the goal it is held against, if there is one."""

    name: str
    value: float
    unit: str
    goal: float | None = None


def seconds(act: Callable[[], object]) -> float:
    """How long one call takes."""
    start = perf_counter()
    act()
    return perf_counter() - start


def in_turn(
    one: Callable[[], object], other: Callable[[], object], runs: int
) -> tuple[float, float, float]:
    """The median times of both, timed in turn, and the median of the ratios pair by pair."""
    pairs = [(seconds(one), seconds(other)) for _ in range(runs)]
    return (
        median(first for first, _ in pairs),
        median(second for _, second in pairs),
        median(first / second for first, second in pairs),
    )
