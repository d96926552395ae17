"""Numbers that know what is certain of them: exact ones, and float64 with a bound of their error.

The operations' own lines compute with them, in arrays of objects, as they do with float64.  What is
rational stays exact; of anything else the float64 value is kept, how far it may be from the true
number, the true number's sign where that is certain (e^x is positive, however small), and whether
it certainly differs from the value: 1 + e^(-100) is not the 1 that float64 makes of it.

>>> half, e = written(0.5), written(1.0).exp()
>>> half + 0.25, e > 2, (-1000 * e).exp().is_lost
(3/4, True, True)

The bounds are those of running error analysis: N. Higham, Accuracy and Stability of Numerical
Algorithms, 2002, ch. 3.  Of a number that is 0 or infinite only in float64 it is also known between
which powers of 2 it lies, so that what is too small for float64 is told from what has lost its
digits.

>>> (1 - 1 / (1 + (-50 * written(1.0)).exp())).has_cancelled, written(-800.0).exp().is_underflow
(True, True)
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from chainrule.explain.numbers.points import POINTS, POSITIVE, Points, root
from chainrule.explain.numbers.spans import (
    SMALLEST_POWER,
    TOO_SMALL,
    Span,
    is_seen,
    of_function,
    of_number,
    of_product,
    of_sum,
    to_power,
)

__all__ = ["Entry", "Undecided", "entry_of", "rational", "rough", "written"]

MOST_BITS = 256  # of a numerator or denominator; what is longer goes on as float64
MOST_WRITTEN = 12  # digits of a float that counts as the decimal that it is written as
FLOAT_BITS = 53
LARGEST_WHOLE = 2**FLOAT_BITS  # up to there every whole number is a float64
SPACING = 2.0**-53  # half the distance between 1 and the next float64
SMALLEST = 5e-324  # what a value may be off by that is smaller than the normal floats
FUNCTION = 8 * SPACING  # the error of a function of the C library, from above


class Undecided(ArithmeticError):
    """Two numbers are too near each other for their float64 values to tell which is larger."""


class Entry:
    """One number; see the module's first lines.

    `exact` is the true number, or None; `value` is float64, `error` a bound of its distance from
    the true number, `sign` 1 or -1 where that is the true number's sign for certain, else 0;
    `differs` says that the true number is certainly not the value, `beyond` how large it is where
    the value is 0 or not finite.
    """

    __slots__ = ("beyond", "differs", "error", "exact", "sign", "value")
    exact: Fraction | None
    value: float
    error: float
    sign: int
    differs: bool
    beyond: Span | None

    def __init__(
        self,
        exact: Fraction | None,
        value: float,
        error: float,
        sign: int,
        differs: bool,
        beyond: Span | None = None,
    ) -> None:
        self.exact = exact
        self.value = value
        self.error = error
        self.sign = sign
        self.differs = differs
        self.beyond = beyond

    def __repr__(self) -> str:
        return f"≈{self.value!r}" if self.exact is None else str(self.exact)

    @property
    def is_lost(self) -> bool:
        """Whether the value is 0 though the true number is not."""
        return self.exact is None and self.value == 0 and (self.differs or self.sign != 0)

    @property
    def is_noise(self) -> bool:
        """Whether not even the first digit of the value is known: it may as well be 0."""
        return self.exact is None and abs(self.value) <= self.error < math.inf

    @property
    def is_underflow(self) -> bool:
        """Whether the value is 0 only because float64 has no number as small as the true one."""
        return self.is_lost and self.span[1] < SMALLEST_POWER

    @property
    def has_cancelled(self) -> bool:
        """Whether nothing is known of a number, but that it is small for what it is made from."""
        return (self.is_noise or self.is_lost) and self.span[1] >= SMALLEST_POWER

    @property
    def span(self) -> Span:
        """The powers of 2 that the size of the true number lies between."""
        return of_number(self.value, self.error) if self.beyond is None else self.beyond

    @property
    def is_nonzero(self) -> bool:
        """Whether the true number is certainly not 0."""
        return self.sign != 0 or self.is_lost

    def refined(self, value: float, sign: int = 0) -> Entry:
        """The same number, with the value that float64 has, and the sign that is guaranteed.

        What is 0 in spite of its sign was too small, unless more is known of it.
        """
        if self.exact is not None and math.isfinite(value):
            return self
        if value == self.value and (self.sign or not sign):
            return self
        differs = self.differs and value == self.value
        error = self.error + abs(value - self.value)
        is_unknown = sign and value == 0 and self.beyond is None and not math.isfinite(error)
        beyond = TOO_SMALL if is_unknown else self.beyond
        return rough(value, error, self.sign or sign, differs, beyond)

    # arithmetic ------------------------------------------------------------------------------

    def __add__(self, other: Any) -> Entry:
        b = entry_of(other)
        if b is None:
            return NotImplemented
        if self.exact is not None and b.exact is not None:
            return rational(self.exact + b.exact)
        if self.exact == 0 or b.exact == 0:
            return b if self.exact == 0 else self
        value = self.value + b.value
        error = self.error + b.error + SPACING * abs(value)
        differs = _misses(self, b, value) or _misses(b, self, value)
        sign = self.sign if self.sign == b.sign else 0
        beyond = None if is_seen(value) else of_sum(self.span, b.span, sign != 0)
        return rough(value, error, sign, differs, beyond)

    def __neg__(self) -> Entry:
        if self.exact is not None:
            return rational(-self.exact)
        return Entry(None, -self.value, self.error, -self.sign, self.differs, self.beyond)

    def __mul__(self, other: Any) -> Entry:
        b = entry_of(other)
        if b is None:
            return NotImplemented
        if self.exact is not None and b.exact is not None:
            return rational(self.exact * b.exact)
        if self.exact == 0 or b.exact == 0:
            is_finite = math.isfinite(self.value) and math.isfinite(b.value)
            return rational(0) if is_finite else rough(math.nan)
        value = self.value * b.value
        error = abs(self.value) * b.error + abs(b.value) * self.error + self.error * b.error
        is_lost = value == 0 and self.is_nonzero and b.is_nonzero
        differs = is_lost or _is_one(self, b) or _is_one(b, self)
        error += SPACING * abs(value) + SMALLEST
        beyond = None if is_seen(value) else of_product(self.span, b.span)
        return rough(value, error, self.sign * b.sign, differs, beyond)

    def __truediv__(self, other: Any) -> Entry:
        b = entry_of(other)
        if b is None:
            return NotImplemented
        if b.exact == 0:
            return rough(_float("divide", self.value, 0.0))
        if self.exact is not None and b.exact is not None:
            return rational(self.exact / b.exact)
        if self.exact == 0 and (b.is_nonzero or b.value):
            return rational(0)
        value = self.value / b.value if b.value else _float("divide", self.value, b.value)
        left = abs(b.value) - b.error
        error = (self.error + abs(value) * b.error) / left if left > 0 else math.inf
        is_lost = value == 0 and self.is_nonzero
        differs = is_lost or _is_one(self, b) or (_is_one(b, self) and abs(b.value) == 1)
        error += SPACING * abs(value) + SMALLEST
        beyond = None if is_seen(value) else of_product(self.span, to_power(b.span, -1))
        return rough(value, error, self.sign * b.sign, differs, beyond)

    def __pow__(self, other: Any) -> Entry:
        b = entry_of(other)
        if b is None:
            return NotImplemented
        found = _power(self, b)
        if found is not None:
            return rational(found)
        value = _float("power", self.value, b.value)
        if b.exact is None:
            return rough(value, sign=max(self.sign, 0))
        is_whole = b.exact.denominator == 1
        sign = max(self.sign, 0)
        if self.sign < 0 and is_whole:
            sign = -1 if b.exact.numerator % 2 else 1
        differs = self.differs and is_whole and b.exact > 0 and abs(self.value) in (0, 1)
        spread = self._spread(lambda at: _float("power", at, b.value), value)
        beyond = None if is_seen(value) else to_power(self.span, b.value)
        return rough(value, spread, sign, differs, beyond)

    def __sub__(self, other: Any) -> Entry:
        if other is self and math.isfinite(self.value):
            return rational(0)
        b = entry_of(other)
        return NotImplemented if b is None else self + -b

    def __radd__(self, other: Any) -> Entry:
        return self.__add__(other)

    def __rmul__(self, other: Any) -> Entry:
        return self.__mul__(other)

    def __rsub__(self, other: Any) -> Entry:
        return (-self).__add__(other)

    def __rtruediv__(self, other: Any) -> Entry:
        a = entry_of(other)
        return NotImplemented if a is None else a / self

    def __rpow__(self, other: Any) -> Entry:
        a = entry_of(other)
        return NotImplemented if a is None else a**self

    def __floordiv__(self, other: Any) -> Entry:
        return rational(math.floor(self / other))

    def __mod__(self, other: Any) -> Entry:
        return self.__sub__((self // other) * other)

    def __abs__(self) -> Entry:
        if self.exact is None and not self.sign:
            return Entry(None, abs(self.value), self.error, 0, self.differs, self.beyond)
        return -self if self.sign < 0 else self

    # order -----------------------------------------------------------------------------------

    def minus(self, other: Any) -> int:
        """The sign of the difference to another number.

        Raises:
            Undecided: it is not certain.
        """
        b = entry_of(other)
        if b is None:
            raise Undecided
        if self.exact is not None and b.exact is not None:
            return (self.exact > b.exact) - (self.exact < b.exact)
        if self is b:
            return 0
        if (b.exact == 0 and self.sign) or (self.exact == 0 and b.sign):
            return self.sign or -b.sign
        gap = self.value - b.value
        if not abs(gap) > self.error + b.error:
            raise Undecided
        return 1 if gap > 0 else -1

    def __lt__(self, other: Any) -> bool:
        return self.minus(other) < 0

    def __le__(self, other: Any) -> bool:
        return self.minus(other) <= 0

    def __gt__(self, other: Any) -> bool:
        return self.minus(other) > 0

    def __ge__(self, other: Any) -> bool:
        return self.minus(other) >= 0

    def __eq__(self, other: object) -> bool:
        return NotImplemented if entry_of(other) is None else self.minus(other) == 0

    def __ne__(self, other: object) -> bool:
        return NotImplemented if entry_of(other) is None else self.minus(other) != 0

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return self.minus(0) != 0

    def _rounded(self, way: Any) -> int:
        """A whole number below or above, where that is certain."""
        if self.exact is not None:
            return int(way(self.exact))
        low, high = self.value - self.error, self.value + self.error
        if not math.isfinite(low + high) or way(low) != way(high):
            raise Undecided
        return int(way(low))

    def __floor__(self) -> int:
        return self._rounded(math.floor)

    def __ceil__(self) -> int:
        return self._rounded(math.ceil)

    def __trunc__(self) -> int:
        return self._rounded(math.trunc)

    # functions -------------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        """A function of the table, as NumPy asks an object for it: `exp`, `sqrt` …"""
        if name not in POINTS:
            raise AttributeError(name)
        return lambda: self.applied(name)

    def applied(self, name: str) -> Entry:
        """A function of the number."""
        points = POINTS[name]
        found = None if self.exact is None else points.exact(self.exact)
        if found is not None:
            return rational(found)
        value = points.value(self.value)
        beyond = None if is_seen(value) else of_function(name, self.value, self.error, self.span)
        if not math.isfinite(value):
            sign = 1 if name in POSITIVE and not math.isnan(value) else 0
            return rough(value, sign=sign, beyond=beyond)
        is_irrational = self.exact is not None and points.is_irrational
        is_missed = self.differs and points.is_one_to_one and self._is_point(points, value)
        differs = is_irrational or is_missed or abs(value) in points.never
        sign = 1 if name in POSITIVE else 0
        return rough(value, self._spread(points.value, value), sign, differs, beyond)

    def _is_point(self, points: Points, value: float) -> bool:
        """Whether the value is what the function of the float64 is, exactly: log 1 is 0."""
        found = points.exact(Fraction(self.value))
        return found is not None and found == Fraction(value)

    def _spread(self, function: Any, value: float) -> float:
        """How far a function's value may be off: twice as far as it moves within the error."""
        if not math.isfinite(self.error):
            return math.inf
        ends = [function(self.value + self.error), function(self.value - self.error)]
        moved = max([abs(end - value) for end in ends])
        bound = 2 * moved + FUNCTION * abs(value) + SMALLEST
        return bound if math.isfinite(moved) else math.inf


def rational(number: Fraction | int) -> Entry:
    """An exact number; one with too many digits goes on as float64."""
    exact = Fraction(number)
    above, below = exact.numerator, exact.denominator
    value = above / below
    if above.bit_length() > MOST_BITS or below.bit_length() > MOST_BITS:
        return rough(value, SPACING * abs(value))
    is_float = below & (below - 1) == 0 and above.bit_length() <= FLOAT_BITS
    error = 0.0 if is_float else SPACING * abs(value)
    return Entry(exact, value, error, (above > 0) - (above < 0), False)


def rough(
    value: float,
    error: float = math.inf,
    sign: int = 0,
    differs: bool = False,
    beyond: Span | None = None,
) -> Entry:
    """A number of which float64 is known, and bounds of its error and size if there are any."""
    if is_seen(value):
        beyond = None
    elif beyond is not None and value == 0 and beyond[1] < 0:
        error = min(error, 2.0 ** beyond[1] + SMALLEST)
    if abs(value) > error:
        sign = 1 if value > 0 else -1
    return Entry(None, value, error, sign, differs, beyond)


def written(value: float | np.floating[Any]) -> Entry:
    """A float as the decimal that it is written as, if that is short; else as float64.

    >>> written(0.1), written(1e-5), written(2 / 3)
    (1/10, 1/100000, ≈0.6666666666666666)
    """
    if not math.isfinite(value):
        return rough(float(value), 0.0 if math.isinf(value) else math.inf)
    if value == int(value) and abs(value) < LARGEST_WHOLE:
        return rational(int(value))
    text = str(value)  # of float32 the shortest that reads back as the same float32
    if len(text.partition("e")[0].replace(".", "").strip("-0")) > MOST_WRITTEN:
        return rough(float(value), SPACING * abs(float(value)))
    return rational(Fraction(text))


def entry_of(value: Any) -> Entry | None:
    """Whatever the operations' own lines compute with, as an entry."""
    if isinstance(value, Entry):
        return value
    if isinstance(value, bool | int | np.bool_ | np.integer):
        return rational(int(value))
    if isinstance(value, float | np.floating):
        return written(value)
    if isinstance(value, Fraction):
        return rational(value)
    if isinstance(value, np.ndarray) and value.ndim == 0:  # NumPy boxes an object once more
        return entry_of(value[()])
    return None


def _misses(a: Entry, b: Entry, value: float) -> bool:
    """Whether a + b certainly is not the float64 `value` of it, a being exact."""
    if a.exact is None or a.error:
        return False
    if b.sign and value == a.value:  # b is too small to be seen
        return True
    is_exact_sum = value - a.value == b.value and value - b.value == a.value
    return b.differs and is_exact_sum


def _is_one(a: Entry, b: Entry) -> bool:
    """Whether b only seems to be 1 or -1, and a times it, or by it, to be a."""
    return a.exact is not None and not a.error and b.differs and abs(b.value) == 1


def _power(base: Entry, exponent: Entry) -> Fraction | None:
    """A power that is rational, if its digits are few."""
    a, b = base.exact, exponent.exact
    if b == 0 or a == 1:
        return Fraction(1)
    if a is None or b is None or (a == 0 and b < 0):
        return None
    length = max(a.numerator.bit_length(), a.denominator.bit_length())
    if length * abs(b.numerator) > MOST_BITS or b.denominator > 3:
        return None
    inner = a if b.denominator == 1 else root(a, b.denominator)
    if inner is None or (b.denominator == 3 and a < 0):  # no real power in float64
        return None
    return inner**b.numerator


def _float(name: str, *values: float) -> float:
    """As float64 has it, infinities and NaN among it."""
    with np.errstate(all="ignore"):
        return float(getattr(np, name)(*values))
