"""Arrays that do not fit the page, by shape, range, norm and first entries."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chainrule.explain.numbers.rounding import rounded_text
from chainrule.explain.options import Options
from chainrule.graph.node import Array, Shape, size_of
from chainrule.notation.formula import Number, Summary

__all__ = ["MOST_ENTRIES", "fits", "is_small", "summarized"]

MOST_ENTRIES = 64  # more numbers nobody reads one by one; a Jacobian written out has as many
MOST_ROWS = 16  # a third of a page, so that the formula around it is still in sight
MOST_WIDTH = 100  # characters of a row: about what a line of a page or a terminal takes
GAP = 1  # between two entries
FIRST = 4  # entries of a summary: enough to find the array again in other software


def is_small(shape: Shape) -> bool:
    """Whether an array of this shape may be written out, if its numbers are short enough."""
    size = size_of(shape)
    is_tall = len(shape) > 1 and size // shape[-1] > MOST_ROWS if size else False
    return 0 < size <= MOST_ENTRIES and not is_tall


def fits(shape: Shape, texts: Sequence[str], vector: str) -> bool:
    """Whether an array fits the page with these texts; a column stands on end."""
    if not is_small(shape):
        return False
    if len(shape) == 1 and vector == "column":
        return shape[0] <= MOST_ROWS
    columns = shape[-1] if shape else 1
    widths = [max(map(len, texts[at::columns])) + GAP for at in range(columns)]
    return sum(widths) <= MOST_WIDTH


def summarized(array: Array, options: Options, is_diagonal: bool = False) -> Summary:
    """Shape, smallest and largest entry, Euclidean norm of all entries, the first of them."""
    if not array.size:
        return Summary(array.shape, is_diagonal=is_diagonal)
    numbers = array.astype(np.float64).reshape(-1)

    def number(value: float) -> Number:
        return Number(rounded_text(float(value), options))

    return Summary(
        array.shape,
        number(numbers.min()),
        number(numbers.max()),
        number(_norm(numbers)),
        tuple(map(number, numbers[:FIRST])),
        is_diagonal,
    )


def _norm(numbers: Array) -> float:
    """Of the numbers measured by the largest, whose squares neither overflow nor vanish."""
    largest = float(np.abs(numbers).max())
    if largest == 0 or not np.isfinite(largest):
        return largest
    return largest * float(np.linalg.norm(numbers / largest))
