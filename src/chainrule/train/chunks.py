"""A long run in parts, so that somebody who waits can be told, and can stop it.

>>> sum(chunk_lengths(1000)), sum(chunk_lengths(1000, most=7))
(1000, 1000)
"""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

__all__ = ["Pace", "chunk_lengths"]

FIRST = 1  # a single step may take long
MOST = 1 << 16
SECONDS = 0.1  # that a part should take


class Pace:
    """How many steps a part has had time for: what one run has learnt, the next one knows."""

    def __init__(self) -> None:
        self.length = FIRST


def chunk_lengths(steps: int, most: int = MOST, pace: Pace | None = None) -> Iterator[int]:
    """Lengths that add up to `steps`; the longer the faster steps are done between them."""
    pace = pace or Pace()
    while steps > 0:
        length = min(pace.length, most, steps)
        start = perf_counter()
        yield length
        taken = perf_counter() - start
        steps -= length
        if taken < SECONDS / 2:
            pace.length = max(pace.length, min(2 * length, MOST))
        elif taken > 2 * SECONDS:
            pace.length = max(length // 2, 1)
