"""Functions that are rational at few points, at which points they are, and what they are there.

At every other rational point they are irrational (Hermite 1873, Lindemann 1882 for e^x and what is
made of it; of roots and logarithms by the uniqueness of prime factors), so that no fraction, and
no float64, is their value.  Of the error function only its limits are known to be no values.

>>> from fractions import Fraction
>>> POINTS["sqrt"].exact(Fraction(9, 4)), POINTS["exp"].exact(Fraction(0))
(Fraction(3, 2), Fraction(1, 1))
>>> POINTS["log"].exact(Fraction(2)) is None
True
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import partial

import numpy as np

from chainrule.graph.record import Record
from chainrule.run.error_function import erf, erfc

__all__ = ["POINTS", "POSITIVE", "Points", "root"]

MOST_DOUBLINGS = 100  # 2^x is kept as a fraction up to there


class Points(Record):
    """A function: its rational values at rational points, and its float64 values.

    `never` are the sizes of values that it only comes near, `is_irrational` says that it is
    irrational at all other rational points, `is_one_to_one` that no two points have one value.
    """

    exact: Callable[[Fraction], Fraction | None]
    value: Callable[[float], float]
    never: frozenset[float] = frozenset()
    is_irrational: bool = True
    is_one_to_one: bool = True


POSITIVE = frozenset({"exp", "exp2", "cosh", "erfc"})
"""Functions whose values are above 0, wherever they have one."""


def _at(point: int, value: int) -> Callable[[Fraction], Fraction | None]:
    """The one rational value of a function."""
    return lambda x: Fraction(value) if x == point else None


def root(x: Fraction, degree: int) -> Fraction | None:
    """The root of that degree, 2 or 3, if it is rational.

    >>> root(Fraction(-8, 27), 3), root(Fraction(2), 2)
    (Fraction(-2, 3), None)
    """
    if x < 0:
        inner = root(-x, degree) if degree == 3 else None
        return None if inner is None else -inner
    above, below = _whole_root(x.numerator, degree), _whole_root(x.denominator, degree)
    return None if above is None or below is None else Fraction(above, below)


def _whole_root(number: int, degree: int) -> int | None:
    if degree == 2:
        near = math.isqrt(number)
        return near if near * near == number else None
    if number.bit_length() > 150:  # of which the float64 root is too far off
        return None
    near = round(number ** (1 / 3))
    return next((at for at in (near - 1, near, near + 1) if at**3 == number), None)


def _doubled(x: Fraction) -> Fraction | None:
    is_near = x.denominator == 1 and abs(x) <= MOST_DOUBLINGS
    return Fraction(2) ** x.numerator if is_near else None


def _logarithm(base: int, x: Fraction) -> Fraction | None:
    """The whole power of the base that x is."""
    if x <= 0:
        return None
    power = round(math.log(x, base))
    return Fraction(power) if Fraction(base) ** power == x else None


def _in_float64(name: str) -> Callable[[float], float]:
    function = {"erf": erf, "erfc": erfc}.get(name) or getattr(np, name)

    def value(x: float) -> float:
        with np.errstate(all="ignore"):
            return float(function(np.asarray(x)))

    return value


RATIONAL: dict[str, Callable[[Fraction], Fraction | None]] = {
    "arccos": _at(1, 0),
    "arccosh": _at(1, 0),
    "arcsin": _at(0, 0),
    "arcsinh": _at(0, 0),
    "arctan": _at(0, 0),
    "arctanh": _at(0, 0),
    "cbrt": partial(root, degree=3),
    "cos": _at(0, 1),
    "cosh": _at(0, 1),
    "erf": _at(0, 0),
    "erfc": _at(0, 1),
    "exp": _at(0, 1),
    "exp2": _doubled,
    "expm1": _at(0, 0),
    "log": _at(1, 0),
    "log10": partial(_logarithm, 10),
    "log1p": _at(0, 0),
    "log2": partial(_logarithm, 2),
    "sin": _at(0, 0),
    "sinh": _at(0, 0),
    "sqrt": partial(root, degree=2),
    "tan": _at(0, 0),
    "tanh": _at(0, 0),
}
NEVER: dict[str, frozenset[float]] = {
    "erf": frozenset({1.0}),
    "erfc": frozenset({2.0}),
    "expm1": frozenset({1.0}),  # -1: of e^x - 1 with a large negative x
    "tanh": frozenset({1.0}),
}
SEVERAL = ("cos", "cosh", "sin", "tan")  # points with one value
POINTS: dict[str, Points] = {
    name: Points(
        exact,
        _in_float64(name),
        NEVER.get(name, frozenset()),
        is_irrational=name[:3] != "erf",
        is_one_to_one=name not in SEVERAL,
    )
    for name, exact in RATIONAL.items()
}
"""Each function by NumPy's name."""
