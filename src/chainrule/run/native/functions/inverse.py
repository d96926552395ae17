"""The inverse trigonometric functions, by odd minimax polynomials (E. Remez' exchange; J.-M.
Muller, Elementary functions, 3rd ed., ch. 3) after the usual reductions to small arguments.
"""

from __future__ import annotations

import math

from chainrule.run.native.functions.lanes import Lanes, polynomial, widened

__all__ = ["arccosine", "arcsine", "arctangent", "arctangent_of_two"]

# (arctan t / t − 1) / t² in t² for |t| ≤ √2 − 1, relative error 2^−64.
ARCTAN = (
    -0.33333333333333326, 0.19999999999997692, -0.14285714285390785, 0.11111111088351046,
    -0.09090908150785988, 0.0769228290030654, -0.06666228851418568, 0.05877042327307453,
    -0.052185366959338314, 0.04504088071406916, -0.03348701296520071, 0.01520792218838547,
)  # fmt: skip
# (arcsin t / t − 1) / t² in t² for |t| ≤ ½, relative error 2^−60.
ARCSIN = (
    0.16666666666666763, 0.07499999999970093, 0.04464285717528997, 0.030381942675115663,
    0.02237221590997561, 0.017351595435519087, 0.013981019219311325, 0.0113972880975422,
    0.01078934581146115, 0.0036721018630973424, 0.021790829017948384, -0.021116951561369043,
    0.03270229359976157,
)  # fmt: skip
REST = 6.123233995736766e-17  # π/2 less the double nearest to it
SCALE = 2.0**-2, 2.0**1000


def _odd(t: Lanes, coefficients: tuple[float, ...]) -> Lanes:
    square = t * t
    return t + t * (square * polynomial(square, coefficients))


def _of_quotient(small: Lanes, large: Lanes) -> Lanes:
    """arctan(small / large) for 0 ≤ small ≤ large, within 0 and π/4."""
    steep = small > large * (math.sqrt(2) - 1)
    top = steep.choose(small - large, small)
    bottom = steep.choose(small + large, large)
    return steep.choose(small.like(math.pi / 4), 0.0) + _odd(top / bottom, ARCTAN)


@widened
def arctangent(x: Lanes) -> Lanes:
    """arctan x."""
    size = abs(x)
    over = size > 1.0
    one = x.like(1.0)
    limited = size.at_most(2.0**100)
    small, large = over.choose(one, size), over.choose(limited, one)
    found = _of_quotient(small, large)
    return over.choose((math.pi / 2 - found) + REST, found).signed_as(x)


@widened
def arctangent_of_two(y: Lanes, x: Lanes) -> Lanes:
    """The angle of the point (x, y), between −π and π."""
    high, wide = abs(y), abs(x)
    steep = high > wide
    small, large = steep.choose(wide, high), steep.choose(high, wide)
    small, large = _scaled(small, large)
    found = _of_quotient(small, large)
    found = steep.choose((math.pi / 2 - found) + REST, found)
    behind = x.bits() < 0
    found = behind.choose((math.pi - found) + 2 * REST, found)
    return y.compare("uno", x).choose(x + y, found.signed_as(y))


def _scaled(small: Lanes, large: Lanes) -> tuple[Lanes, Lanes]:
    """Numbers of the same quotient whose sum is finite and not 0."""
    factor, limit = SCALE
    huge = large > limit
    endless = large.equals(math.inf)
    small = huge.choose(small * factor, small)
    small = endless.choose(small.equals(math.inf).choose(small.like(1.0), 0.0), small)
    large = huge.choose(large * factor, large)
    nothing = large.equals(0.0)
    return small, (nothing | endless).choose(1.0, large)


def _of_arcsine(size: Lanes) -> tuple[Lanes, Lanes, Lanes]:
    """Whether |x| ≤ ½; t and its arcsine, where t is |x|, or else √((1 − |x|) / 2)."""
    near = size <= 0.5
    t = near.choose(size, ((1.0 - size) * 0.5).root())
    return near, t, _odd(t, ARCSIN)


@widened
def arcsine(x: Lanes) -> Lanes:
    """arcsin x; NaN beyond ±1."""
    near, _, found = _of_arcsine(abs(x))
    return near.choose(found, (math.pi / 2 - 2.0 * found) + REST).signed_as(x)


@widened
def arccosine(x: Lanes) -> Lanes:
    """arccos x; NaN beyond ±1."""
    near, _, found = _of_arcsine(abs(x))
    negative = x < 0.0
    middle = (math.pi / 2 - found.signed_as(x)) + REST
    twice = 2.0 * found
    return near.choose(middle, negative.choose((math.pi - twice) + 2 * REST, twice))
