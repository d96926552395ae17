"""Products and sums of values: exact where both sides are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

from chainrule.explain.numbers.exact import as_value, entries_of
from chainrule.explain.numbers.shown import Value

__all__ = ["multiplied", "summed"]

MOST_WORK = 20_000  # products of single exact numbers: less than a tenth of a second


def multiplied(left: Value, right: Value) -> Value:
    """The product of two matrices; a vector stands for a diagonal one.

    >>> half = Value(np.array([0.5, 0.5]))
    >>> multiplied(half, Value(np.array([[2.0, 4.0], [6.0, 8.0]]))).array.tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    with np.errstate(all="ignore"):
        array = _product(left.array, right.array)
        work = array.size * (left.array.shape[-1] if left.array.ndim == 2 else 1)
        if left.exact is not None and right.exact is not None and work <= MOST_WORK:
            return as_value(_product(entries_of(left), entries_of(right)), array)
        terms = _product(np.abs(left.array), np.abs(right.array))
        meeting = _product(left.array != 0, right.array != 0)
    is_zero = array == 0
    return Value(
        array,
        has_underflow=bool((is_zero & (terms == 0) & meeting).any()),
        has_cancelled=bool(is_zero.any()) and (_is_lossy(left) or _is_lossy(right)),
    )


def summed(values: Sequence[Value]) -> Value:
    """The sum of arrays of one shape, entry by entry."""
    with np.errstate(all="ignore"):
        array = np.asarray(reduce(np.add, [value.array for value in values]))
    is_exact = all(value.exact is not None for value in values)
    if is_exact and len(values) * array.size <= MOST_WORK:
        return as_value(np.asarray(reduce(np.add, map(entries_of, values))), array)
    return Value(array, has_cancelled=any(map(_is_lossy, values)) and not np.all(array))


def _is_lossy(value: Value) -> bool:
    """Whether some 0 of a value need not be one."""
    return value.has_underflow or value.has_cancelled


def _product(a: Any, b: Any) -> Any:
    if a.ndim == 1:
        return a * b if b.ndim == 1 else a[:, None] * b
    return a * b if b.ndim == 1 else a @ b
