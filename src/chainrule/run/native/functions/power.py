"""Powers, roots, and the length of a vector of two.

A power of float64 needs log₂ x to some 64 digits; it is computed in two parts, with products of
shortened numbers that are exact, after fdlibm's e_pow.c (Sun Microsystems, 1993).  A power of
float32 is computed in float64, where one part does.
"""

from __future__ import annotations

import math

from chainrule.run.native.functions.exponential import (
    exponential_of_two,
    powers_of_two,
    remaining,
)
from chainrule.run.native.functions.lanes import FLOAT, Lanes, polynomial, widened
from chainrule.run.native.functions.logarithm import log_of_positive, normal, significand

__all__ = ["cube_root", "hypotenuse", "power", "power_of_number"]

# 3 (artanh(s)/s − 1 − s²/3) / s⁴ in s² for |s| ≤ (√2 − 1)/(√2 + 1), relative error of it all 2^−66.
ARTANH = (
    0.6000000000000341, 0.4285714285513821, 0.33333333781973595, 0.27272676360057013,
    0.23080145109183087, 0.19885007289637935, 0.19796590493351282,
)  # fmt: skip
SPLIT = 27
# 2/(3 log 2) and log 2 in two parts: the first ones are short.
FACTOR = 2 / (3 * math.log(2))
FACTOR_HIGH, FACTOR_LOW = 0.9617962837219238, 4.102040517767816e-07
LOG_TWO_HIGH, LOG_TWO_LOW = 0.6931467056274414, 4.7493250390316726e-07
LARGEST_EXPONENT = 2.0**64  # a larger one acts like this
OVERFLOWS = 1100.0
SMALL_EXPONENTS = {-2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0}

# fdlibm, s_cbrt.c: a first guess by the exponent, and a polynomial of its error.
CUBE_START, CUBE_LIFT = 715094163 << 32, 54
CUBE = (
    1.87595182427177009643, -1.88497979543377169875, 1.621429720105354466140,
    -0.758397934778766047437, 0.145996192886612446982,
)  # fmt: skip


def power_of_number(x: Lanes, exponent: float) -> Lanes:
    """x to a power that is known: with few multiplications, or a root, where it may be so."""
    if exponent not in SMALL_EXPONENTS:
        return power(x, x.like(exponent))
    if exponent == 0.5:  # as NumPy: NaN of −∞
        return x.root()
    if exponent < 0:
        x, exponent = 1.0 / x, -exponent
    result = x.like(1.0)
    for at in range(int(exponent)):
        result = result * x if at else x
    return result if exponent < 4 else (x * x) * (x * x)


def power(x: Lanes, y: Lanes) -> Lanes:
    """x^y as C's pow: of a negative x for whole y, and 1 where y is 0 or x is 1."""
    size = abs(x)
    found = _of_float(size, y) if x.format is FLOAT else _of_double(size, y)
    falls = (y < 0.0) ^ (size < 1.0)
    outer = size.equals(0.0) | size.equals(math.inf)
    found = outer.choose(falls.choose(size.like(0.0), math.inf), found)
    whole, odd = _parity(y)
    negative = x < 0.0
    found = (negative & ~whole & size.differs(math.inf)).choose(math.nan, found)
    found = (odd & (x.bits() < 0)).choose(-found, found)
    found = (x.equals(1.0) | y.equals(0.0)).choose(1.0, found)
    known = x.equals(1.0) | y.equals(0.0)
    return (x.compare("uno", y) & ~known).choose(x + y, found)


def _parity(y: Lanes) -> tuple[Lanes, Lanes]:
    """Whether it is a whole number, an infinity included, and whether an odd one."""
    size = abs(y)
    large = 2.0**y.format.digits
    low = size.at_most(large)
    near = (low + large) - large
    whole = near.equals(low)
    half = 0.5 * size
    is_half_whole = ((half + large) - large).equals(half)
    return whole, whole & ~is_half_whole & (size < 2 * large)


def _of_float(size: Lanes, y: Lanes) -> Lanes:
    wide, exponent = size.cast("fpext", "double"), y.cast("fpext", "double")
    limited = exponent.at_most(LARGEST_EXPONENT).at_least(-LARGEST_EXPONENT)
    logarithm = log_of_positive(wide) * (1 / math.log(2))
    return exponential_of_two(limited * logarithm).cast("fptrunc", "float")


def _of_double(size: Lanes, y: Lanes) -> Lanes:
    """|x|^y, for |x| neither 0 nor infinite."""
    high, low = _logarithm_in_parts(size)
    y = y.at_most(LARGEST_EXPONENT).at_least(-LARGEST_EXPONENT)
    short = y.shortened(SPLIT)
    p, q = short * high, (y - short) * high + y * low
    total = p + q
    beyond = abs(total) > OVERFLOWS
    p = beyond.choose(total.at_most(OVERFLOWS).at_least(-OVERFLOWS), p)
    q = beyond.choose(0.0, q)
    h, scale = powers_of_two(0.5 * (p + q))
    p = p - 2.0 * h
    part = (p + q).shortened(SPLIT)
    u = part * LOG_TWO_HIGH
    v = (q - (part - p)) * math.log(2) + part * LOG_TWO_LOW
    r = u + v
    lost = v - (r - u)
    raised = remaining(r)
    return (1.0 + (raised + (lost + lost * raised))) * scale * scale


def _logarithm_in_parts(size: Lanes) -> tuple[Lanes, Lanes]:
    """log₂ |x| as a short number and what is left."""
    lifted, by = normal(size)
    k, f, _ = significand(lifted)
    k = k - by
    m = f + 1.0
    below = m + 1.0
    s = f / below
    s_high, below_high = s.shortened(SPLIT), below.shortened(SPLIT)
    below_low = m - (below_high - 1.0)
    s_low = ((f - s_high * below_high) - s_high * below_low) / below
    squared = s * s
    rest = (squared * squared) * polynomial(squared, ARTANH) + s_low * (s_high + s)
    exact = s_high * s_high
    t_high = ((3.0 + exact) + rest).shortened(SPLIT)
    t_low = rest - ((t_high - 3.0) - exact)
    u, v = s_high * t_high, s_low * t_high + t_low * s
    p_high = (u + v).shortened(SPLIT)
    p_low = v - (p_high - u)
    z_high = FACTOR_HIGH * p_high
    z_low = FACTOR_LOW * p_high + p_low * FACTOR
    high = ((z_high + z_low) + k).shortened(SPLIT)
    return high, z_low - ((high - k) - z_high)


@widened
def cube_root(x: Lanes) -> Lanes:
    """∛x, of negative numbers, too."""
    size = abs(x)
    small = size < 2.0**-1000
    y = small.choose(size * 2.0**CUBE_LIFT, size)
    third = ((y.bits() >> 32) * 0xAAAAAAAB) >> 33  # a third of the upper half
    t = ((third << 32) + CUBE_START).as_float()
    t = t * polynomial((t * t) * (t / y), CUBE)
    t = ((t.bits() + (1 << 31)) & (-1 << 30)).as_float()  # so that its square is exact
    r = y / (t * t)
    t = t + t * ((r - t) / ((t + t) + r))
    found = small.choose(t * 2.0 ** (-CUBE_LIFT // 3), t)
    plain = (size > 0.0) & (size < math.inf)
    return plain.choose(found.signed_as(x), x)


def hypotenuse(x: Lanes, y: Lanes) -> Lanes:
    """√(x² + y²), without overflow; infinite if one of them is."""
    a, b = abs(x), abs(y)
    if x.format is FLOAT:
        wide = [one.cast("fpext", "double") for one in (a, b)]
        found = (wide[0] * wide[0] + wide[1] * wide[1]).root().cast("fptrunc", "float")
    else:
        larger = (a > b).choose(a, b)
        up, down = larger < 2.0**-450, larger > 2.0**500
        factor = up.choose(x.like(2.0**600), down.choose(x.like(2.0**-600), 1.0))
        back = up.choose(x.like(2.0**-600), down.choose(x.like(2.0**600), 1.0))
        a, b = a * factor, b * factor
        found = (a * a + b * b).root() * back
    endless = abs(x).equals(math.inf) | abs(y).equals(math.inf)
    return endless.choose(math.inf, found)
