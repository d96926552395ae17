"""Numbers as they are shown: significant digits or decimals, exact ones where the data are.

>>> import numpy as np
>>> third = Fraction(1, 3)
>>> shown_array(Value(np.array(1 / 3), np.array(third, dtype=object)), Options())
Shown(formula=Number(text='1/3'), is_exact=True)
>>> shown_array(Value(np.array(1 / 3)), Options())
Shown(formula=Number(text='0.3333'), is_exact=False)
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from chainrule.explain.numbers.rounding import texts_of
from chainrule.explain.numbers.summary import fits, is_small, summarized
from chainrule.explain.options import Options
from chainrule.graph.node import Array, Shape
from chainrule.graph.record import Record
from chainrule.notation.formula import Formula, Matrix, Number

__all__ = ["Shown", "Value", "entries_of", "shown_array"]


class Value(Record):
    """An array of float64, and the same as fractions where the data are exact (else None).

    `has_underflow` says that some entry is 0 only because float64 has no smaller number,
    `has_cancelled` that some entry stands as 0 because float64 has lost all its digits.
    `is_rounded` says that the fractions are not the result of what was computed, but what is
    displayed of it: so it is by hand; `is_rounded_to_zero`, that some of it was not 0 before.
    `certain` is what is known of the single entries, see `entry`.
    """

    array: Array
    exact: Any = None  # an object array of fractions.Fraction
    has_underflow: bool = False
    is_rounded: bool = False
    has_cancelled: bool = False
    is_rounded_to_zero: bool = False
    certain: Any = None  # row by row


class Shown(Record):
    """A formula of numbers, and whether they are the true ones (`=`) or rounded (`≈`)."""

    formula: Formula
    is_exact: bool


def entries_of(value: Value) -> Sequence[Fraction] | Sequence[float]:
    """The entries row by row: fractions if all are known exactly."""
    if value.exact is not None:
        return list(value.exact.reshape(-1))
    return [float(entry) for entry in value.array.reshape(-1)]


def shown_array(value: Value, options: Options, vector: str = "row") -> Shown:
    """An array as a formula of numbers; `vector` says how one of one axis stands.

    It is "row", "column", or "diagonal" of the diagonal of a matrix.  An array that does not fit
    the page is summarized.
    """
    shape = value.array.shape
    if is_small(shape):
        texts, is_exact = texts_of(entries_of(value), options)
        if fits(shape, texts, vector):
            numbers = [Number(text) for text in texts]
            return Shown(_laid_out(shape, numbers, vector), is_exact and not value.is_rounded)
    is_diagonal = vector == "diagonal" and len(shape) == 1
    return Shown(summarized(value.array, options, is_diagonal), False)


def _laid_out(shape: Shape, numbers: Sequence[Number], vector: str) -> Formula:
    """A number, a vector, a matrix; of more axes a column of such."""
    if not shape:
        return numbers[0]
    if len(shape) == 1:
        return Matrix((tuple(numbers),), vector)
    step = len(numbers) // shape[0]
    parts = [numbers[at : at + step] for at in range(0, len(numbers), step)]
    if len(shape) == 2:
        return Matrix(tuple(map(tuple, parts)))
    return Matrix(tuple((_laid_out(shape[1:], part, vector),) for part in parts))
