"""The number in front of a term, exactly as decimals are read: 0.1 · 3 is 0.3.

A factor that multiplies and one that divides are kept apart as long as they do not cancel, so
that a mean over ten examples stays "/ 10" and a rate of 0.1 stays "0.1 *".
"""

from __future__ import annotations

import math
from fractions import Fraction

from chainrule.graph.record import Record

__all__ = ["ONE", "ZERO", "Coefficient", "as_coefficient"]


class Coefficient(Record):
    """multiplier / divisor; the divisor is above 0.

    >>> half = as_coefficient(1).over(as_coefficient(2))
    >>> half, half.times(as_coefficient(4)), half.plus(half)
    (1/2, 2, 1)
    """

    multiplier: Fraction
    divisor: Fraction = Fraction(1)

    def times(self, other: Coefficient) -> Coefficient:
        """The product."""
        if self is ONE or other is ONE:  # most often there is no number
            return other if self is ONE else self
        return _reduced(self.multiplier * other.multiplier, self.divisor * other.divisor)

    def over(self, other: Coefficient) -> Coefficient:
        """The quotient; `other` is not 0."""
        return _reduced(self.multiplier * other.divisor, self.divisor * other.multiplier)

    def plus(self, other: Coefficient) -> Coefficient:
        """The sum."""
        if self.divisor == other.divisor:
            return _reduced(self.multiplier + other.multiplier, self.divisor)
        total = self.multiplier * other.divisor + other.multiplier * self.divisor
        return _reduced(total, self.divisor * other.divisor)

    def power(self, exponent: int) -> Coefficient:
        """A whole power, 0 or above; the caller keeps it small."""
        return _reduced(self.multiplier**exponent, self.divisor**exponent)

    @property
    def value(self) -> Fraction:
        """The number itself."""
        return self.multiplier / self.divisor

    @property
    def is_in_range(self) -> bool:
        """Whether it is written with ordinary numbers, far from the ends of their range."""
        parts = (abs(self.multiplier), self.divisor)
        return all(not part or LOWEST < part < HIGHEST for part in parts)

    @property
    def is_negative(self) -> bool:
        """Whether it is below 0."""
        return self.multiplier < 0

    @property
    def size(self) -> Coefficient:
        """Without its sign."""
        return Coefficient(abs(self.multiplier), self.divisor)

    def __repr__(self) -> str:
        return str(self.multiplier) if self.divisor == 1 else f"{self.multiplier}/{self.divisor}"


def _reduced(multiplier: Fraction, divisor: Fraction) -> Coefficient:
    if divisor < 0:
        multiplier, divisor = -multiplier, -divisor
    if multiplier == 0:
        return ZERO
    if multiplier.denominator == divisor.denominator == 1:
        common = math.gcd(multiplier.numerator, divisor.numerator)
        return Coefficient(multiplier / common, divisor / common)
    quotient = multiplier / divisor
    if divisor.denominator > 1 or _is_decimal(quotient):
        return Coefficient(quotient)
    return Coefficient(multiplier, divisor)


def _is_decimal(number: Fraction) -> bool:
    """Whether the number has few decimals: no need to leave a division standing."""
    return number.denominator in (2, 4, 5, 10, 20, 25, 50, 100, 1000)


def as_coefficient(number: float) -> Coefficient | None:
    """A finite number as the decimal that is written for it; None for any other.

    >>> as_coefficient(0.1), as_coefficient(float("inf"))
    (1/10, None)
    """
    return Coefficient(Fraction(repr(float(number)))) if math.isfinite(number) else None


LOWEST, HIGHEST = Fraction(10) ** -150, Fraction(10) ** 150
ZERO = Coefficient(Fraction(0))
ONE = Coefficient(Fraction(1))
