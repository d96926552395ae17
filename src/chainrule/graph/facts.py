"""What an operation guarantees about its result, whatever its inputs."""

from __future__ import annotations

from enum import Enum

__all__ = ["Fact"]


class Fact(Enum):
    """A property of every value a node can take."""

    POSITIVE = "every entry is above 0"
    NONNEGATIVE = "no entry is below 0"
    AT_MOST_ONE = "no entry is above 1"
    ROWS_SUM_TO_ONE = "the entries along the last axis sum to 1"
    BOOLEAN = "every entry is 0 or 1"
