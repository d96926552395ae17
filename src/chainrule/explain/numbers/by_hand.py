"""Going on from displayed numbers, as a person with a calculator does."""

from __future__ import annotations

import math
import sys
from fractions import Fraction

import numpy as np

from chainrule.explain.numbers.exact import objects
from chainrule.explain.numbers.rounding import number_of, texts_of
from chainrule.explain.numbers.shown import Value, entries_of
from chainrule.explain.numbers.summary import MOST_ENTRIES
from chainrule.explain.options import Options

__all__ = ["as_displayed"]

LARGEST = Fraction(sys.float_info.max)


def as_displayed(value: Value, options: Options) -> Value:
    """The value that the displayed numbers are; of what is only summarized, the value itself.

    >>> third = Value(np.array(1 / 3))
    >>> as_displayed(third, Options()).exact
    array(Fraction(3333, 10000), dtype=object)
    """
    array = value.array
    if not 0 < array.size <= MOST_ENTRIES:
        return value
    texts, is_true = texts_of(entries_of(value), options)
    numbers = [_in_range(number_of(text)) for text in texts]
    exact = [number for number in numbers if isinstance(number, Fraction)]
    displayed = np.array([float(number) for number in numbers]).reshape(array.shape)
    return Value(
        displayed,
        objects(exact, array.shape) if len(exact) == len(numbers) else None,
        value.has_underflow,
        is_rounded=not is_true,
        has_cancelled=value.has_cancelled,
        is_rounded_to_zero=bool(((displayed == 0) & (array != 0)).any()),
    )


def _in_range(number: Fraction | float) -> Fraction | float:
    """A number, or the infinity that it is rounded to: 1.8e308 has no float64 above it."""
    if -LARGEST <= number <= LARGEST:
        return number
    return (math.inf if number > 0 else -math.inf) if isinstance(number, Fraction) else number
