"""The error function and its complement, which NumPy lacks, entry by entry.

Rational approximations in three ranges of |x|, right to the last digits of float64: W. J. Cody,
Rational Chebyshev approximations for the error function, Mathematics of Computation 23 (1969),
pages 631-637.  The precision of the argument is kept.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule.graph.node import Array

__all__ = ["erf", "erfc"]

NEAR, FAR = 0.46875, 4.0
VANISHES = 30.0  # e^(−30²) is 0 in float64

# Numerators and denominators, the highest power first.
ERF_NEAR = (
    (
        1.85777706184603153e-1,
        3.16112374387056560e0,
        1.13864154151050156e2,
        3.77485237685302021e2,
        3.20937758913846947e3,
    ),
    (
        1.0,
        2.36012909523441209e1,
        2.44024637934444173e2,
        1.28261652607737228e3,
        2.84423683343917062e3,
    ),
)
ERFC_MIDDLE = (
    (
        2.15311535474403846e-8,
        5.64188496988670089e-1,
        8.88314979438837594e0,
        6.61191906371416295e1,
        2.98635138197400131e2,
        8.81952221241769090e2,
        1.71204761263407058e3,
        2.05107837782607147e3,
        1.23033935479799725e3,
    ),
    (
        1.0,
        1.57449261107098347e1,
        1.17693950891312499e2,
        5.37181101862009858e2,
        1.62138957456669019e3,
        3.29079923573345963e3,
        4.36261909014324716e3,
        3.43936767414372164e3,
        1.23033935480374942e3,
    ),
)
ERFC_FAR = (
    (
        1.63153871373020978e-2,
        3.05326634961232344e-1,
        3.60344899949804439e-1,
        1.25781726111229246e-1,
        1.60837851487422766e-2,
        6.58749161529837803e-4,
    ),
    (
        1.0,
        2.56852019228982242e0,
        1.87295284992346047e0,
        5.27905102951428412e-1,
        6.05183413124413191e-2,
        2.33520497626869185e-3,
    ),
)


def erf(x: Array) -> Any:
    """2/√π ∫ e^(−t²) dt from 0 to x."""
    near = np.abs(x) <= NEAR
    return np.where(near, _erf_near(np.where(near, x, 0)), np.sign(x) * (1 - _tail(np.abs(x))))


def erfc(x: Array) -> Any:
    """1 − erf(x), with all its digits where it is small."""
    near, tail = np.abs(x) <= NEAR, _tail(np.abs(x))
    return np.where(near, 1 - _erf_near(np.where(near, x, 0)), np.where(x < 0, 2 - tail, tail))


def _erf_near(x: Array) -> Any:
    return x * _quotient(ERF_NEAR, x * x)


def _tail(y: Array) -> Any:
    """erfc(y) for y > NEAR."""
    y = np.minimum(np.maximum(y, NEAR), VANISHES)
    inverse = 1 / np.maximum(y, FAR)
    square = inverse * inverse
    far = inverse * (1 / math.sqrt(math.pi) - square * _quotient(ERFC_FAR, square))
    scaled = np.where(y <= FAR, _quotient(ERFC_MIDDLE, np.minimum(y, FAR)), far)
    return scaled * _bell(y)


def _bell(y: Array) -> Any:
    """e^(−y²), by a short y whose square is exact and the little that is left."""
    short = np.trunc(16 * y) / 16
    return np.exp(-short * short) * np.exp(-(y - short) * (y + short))


def _quotient(polynomials: tuple[tuple[float, ...], tuple[float, ...]], x: Array) -> Any:
    top, bottom = (_polynomial(coefficients, x) for coefficients in polynomials)
    return top / bottom


def _polynomial(coefficients: tuple[float, ...], x: Array) -> Any:
    total = coefficients[0] * x
    for coefficient in coefficients[1:-1]:
        total = (total + coefficient) * x
    return total + coefficients[-1]
