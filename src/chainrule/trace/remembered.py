"""Values that a trace was made for, and whether they are still the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.errors import DataProblem
from chainrule.graph.record import Record

__all__ = ["PLAIN", "Contents", "Getter", "Remembered", "contents", "is_fixed", "refuse_subclass"]

Getter = Callable[[], Any]


class Contents(Record):
    """What has to stay the same of a container: its kind, its keys in order, its plain values."""

    kind: type
    keys: Any
    values: Any = None


PLAIN = (bool, int, float, complex, str, bytes, type(None), np.generic)
COMPARED = (*PLAIN, Contents)


class Remembered(Record):
    """A value that the trace was made for."""

    read: Getter
    value: Any

    def holds(self) -> bool:
        """Whether the value is still the same."""
        now = self.read()
        return now is self.value or _is_same(now, self.value)

    def still_holds(self) -> bool:
        """The same, where what was read may be gone."""
        try:
            return self.holds()
        except (LookupError, AttributeError, TypeError, ValueError):
            return False


def is_fixed(value: Any, depth: int = 4) -> bool:
    """Whether nothing in it can change: plain, or a tuple of such."""
    if isinstance(value, tuple):
        return depth > 0 and all(is_fixed(part, depth - 1) for part in value)
    return isinstance(value, PLAIN)


def _is_same(now: Any, then: Any) -> bool:
    if type(now) is not type(then):
        return False
    if isinstance(now, tuple) and is_fixed(then):
        return len(now) == len(then) and all(map(_is_same, now, then))
    return isinstance(now, COMPARED) and bool(now == then)


def contents(value: Any) -> Contents:
    """What has to stay the same of a container."""
    kind = type(value)
    if isinstance(value, set | frozenset):
        return Contents(kind, frozenset(value))
    if issubclass(type(value), np.ndarray):
        return Contents(kind, (value.shape, value.dtype), value.tobytes())
    keys = list(value) if isinstance(value, dict) else len(value)
    parts = list(value.values()) if isinstance(value, dict) else value
    plain = [(type(part), part) if isinstance(part, PLAIN) else None for part in parts]
    return Contents(kind, keys, plain)


def refuse_subclass(array: np.ndarray, name: str) -> None:
    """Refuse matrices, masked arrays and the like, whose operators may mean something else.

    Raises:
        DataProblem: the array is one.
    """
    if type(array) not in (np.ndarray, np.memmap):
        raise DataProblem(
            f"{name} is a {type(array).__name__}: make it a plain array, np.asarray({name})"
        )
