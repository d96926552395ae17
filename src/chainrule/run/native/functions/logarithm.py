"""Logarithms, and the inverse hyperbolic functions.

x = 2^k m with √½ ≤ m < √2, so that log x = k·log 2 + log m.  For float32 log m is a polynomial
(Cephes, S. Moshier, 1989), for float64 a series in f / (2 + f), f = m − 1 (fdlibm, Sun
Microsystems, 1993); log 2 is taken in two parts.
"""

from __future__ import annotations

import math

from chainrule.run.native.functions.exponential import LOG_TWO, exponential, exponential_of_two
from chainrule.run.native.functions.lanes import DOUBLE, FLOAT, Lanes, polynomial, widened

__all__ = [
    "cosine_hyperbolic_inverse",
    "log_of_positive",
    "log_of_sum",
    "logarithm",
    "logarithm_base_ten",
    "logarithm_base_two",
    "logarithm_one_more",
    "logarithm_two_of_sum",
    "normal",
    "significand",
    "sine_hyperbolic_inverse",
    "tangent_hyperbolic_inverse",
]

CEPHES = (
    3.3333331174e-1, -2.4999993993e-1, 2.0000714765e-1, -1.6668057665e-1, 1.4249322787e-1,
    -1.2420140846e-1, 1.1676998740e-1, -1.1514610310e-1, 7.0376836292e-2,
)  # fmt: skip
FDLIBM = (
    6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01,
    2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01,
    1.479819860511658591e-01,
)  # fmt: skip
ROOT_HALF = {FLOAT: 0x3F3504F3, DOUBLE: 0x3FE6A09E667F3BCD}  # the bits of √½
LOG_TEN_TWO = {
    FLOAT: 0.301025390625,
    DOUBLE: 3.01029995663611771306e-01,
}  # log₁₀ 2, the first digits
LOG_TEN_TWO_REST = {FLOAT: 4.6050389811952114e-06, DOUBLE: 3.69423907715893078616e-13}


def significand(x: Lanes) -> tuple[Lanes, Lanes, Lanes]:
    """k as a number, m − 1, and k + bias as a whole number; for a positive x that is not denormal.

    x = 2^k m with √½ ≤ m < √2.
    """
    form = x.format
    one = form.bias << form.digits
    shifted = x.bits() + (one - ROOT_HALF[form])
    exponent = shifted >> form.digits
    fraction = (shifted & ((1 << form.digits) - 1)) + ROOT_HALF[form]
    lift = 2.0**form.digits
    k = (exponent | x.like(lift).bits()).as_float() - (lift + form.bias)
    return k, fraction.as_float() - 1.0, exponent


def normal(x: Lanes) -> tuple[Lanes, Lanes]:
    """x, denormal ones multiplied by a power of two, and its exponent."""
    form = x.format
    small = x < form.smallest
    lifted = small.choose(x * 2.0 ** (form.digits + 1), x)
    return lifted, small.choose(x.like(float(form.digits + 1)), 0.0)


def _split(x: Lanes) -> tuple[Lanes, Lanes]:
    """k and m − 1 of any positive x."""
    lifted, by = normal(x)
    k, f, _ = significand(lifted)
    return k - by, f


def _series(f: Lanes, k: Lanes | None = None) -> Lanes:
    """log(1 + f) + k·log 2 for √½ ≤ 1 + f < √2."""
    high, low = LOG_TWO[f.format]
    half_square = 0.5 * (f * f)
    if f.format is FLOAT:
        rest = (f * (f * f)) * polynomial(f, CEPHES)
        rest = rest - half_square if k is None else (rest + k * low) - half_square
        return f + rest if k is None else (f + rest) + k * high
    s = f / (2.0 + f)
    square = s * s
    rest = s * (half_square + square * polynomial(square, FDLIBM))
    rest = rest if k is None else rest + k * low
    near = f - (half_square - rest)
    return near if k is None else k * high - ((half_square - rest) - f)


def _checked(x: Lanes, found: Lanes) -> Lanes:
    """What was found where x is positive and finite; the logarithms of the others are known."""
    infinity = x.like(math.inf)
    ordinary = (x.bits() - 1).compare("ult", infinity.bits() - 1)
    special = x.equals(0.0).choose(-infinity, (x > 0.0).choose(x, math.nan))
    return ordinary.choose(found, special)


def log_of_positive(x: Lanes) -> Lanes:
    """log x for 0 < x < ∞."""
    k, f = _split(x)
    return _series(f, k)


def logarithm(x: Lanes) -> Lanes:
    """log x; −∞ at 0, NaN below."""
    return _checked(x, log_of_positive(x))


def logarithm_base_two(x: Lanes) -> Lanes:
    """log₂ x, exact at powers of two."""
    k, f = _split(x)
    return _checked(x, k + _series(f) * (1 / math.log(2)))


def logarithm_base_ten(x: Lanes) -> Lanes:
    """log₁₀ x."""
    k, f = _split(x)
    rest = k * LOG_TEN_TWO_REST[x.format] + _series(f) * (1 / math.log(10))
    return _checked(x, k * LOG_TEN_TWO[x.format] + rest)


def logarithm_one_more(x: Lanes) -> Lanes:
    """log(1 + x), with all its digits near 0."""
    total = 1.0 + x
    return _checked(total, _one_more(x, total)).signed_as(x)


def _one_more(x: Lanes, total: Lanes) -> Lanes:
    """log of 1 + x > 0: what the sum lost is added again, scaled as the sum is."""
    form = x.format
    lost = (abs(x) < 1.0).choose(x - (total - 1.0), 1.0 - (total - x))
    k, f, exponent = significand(total)
    left = x.function.intrinsic("usub.sat", exponent.like(2 * form.bias).value, exponent.value)
    scale = (Lanes(x.function, left) << form.digits).as_float()
    return _series(f + lost * scale, k)


def log_of_sum(a: Lanes, b: Lanes) -> Lanes:
    """log(e^a + e^b), without overflow."""
    small = exponential(-abs(a - b))
    larger = (a > b).choose(a, b)
    found = larger + _one_more(small, 1.0 + small)
    same = a.equals(b)  # infinities, too: their difference is no number
    return same.choose(a + math.log(2), found)


def logarithm_two_of_sum(a: Lanes, b: Lanes) -> Lanes:
    """log₂(2^a + 2^b), without overflow."""
    small = exponential_of_two(-abs(a - b))
    larger = (a > b).choose(a, b)
    found = larger + _one_more(small, 1.0 + small) * (1 / math.log(2))
    return a.equals(b).choose(a + 1.0, found)


@widened
def sine_hyperbolic_inverse(x: Lanes) -> Lanes:
    """arsinh x = log(|x| + √(x² + 1)) with x's sign, by log(1 + …) so that no digits are lost."""
    size = abs(x)
    huge = size > 2.0**28
    y = huge.choose(1.0, size)
    near = logarithm_one_more(y + y * y / (1.0 + (y * y + 1.0).root()))
    return huge.choose(logarithm(size) + math.log(2), near).signed_as(x)


@widened
def cosine_hyperbolic_inverse(x: Lanes) -> Lanes:
    """arcosh x = log(x + √(x² − 1)); NaN below 1."""
    huge = x > 2.0**28
    over = huge.choose(1.0, x) - 1.0
    near = logarithm_one_more(over + (2.0 * over + over * over).root())
    found = huge.choose(logarithm(x) + math.log(2), near)
    return (x < 1.0).choose(math.nan, found)


@widened
def tangent_hyperbolic_inverse(x: Lanes) -> Lanes:
    """artanh x = ½ log((1 + x) / (1 − x)); infinite at ±1, NaN beyond."""
    size = abs(x)
    return (0.5 * logarithm_one_more(2.0 * size / (1.0 - size))).signed_as(x)
