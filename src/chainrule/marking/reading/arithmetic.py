"""Written arithmetic, `2*(0.0561 - 8)`: its value, and how far its rounded operands carry.

Values are fractions as long as they are short, so that `1 + 0.013` is 1.013; otherwise floats.
A decimal stands for all numbers that round to it; whole numbers are exact.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from chainrule.errors import ChainruleError, DomainProblem, ShapeError, TooLarge
from chainrule.graph.node import Array
from chainrule.ops.contract import show_shape
from chainrule.paper.syntax import (
    Bracket,
    Call,
    Expression,
    Name,
    Negative,
    Number,
    Power,
    Sequence,
    Transpose,
)

__all__ = ["FUNCTIONS", "Amount", "Work", "amounts"]

Real: TypeAlias = Any  # a fraction or a float, which have no common type
LONGEST = 40  # digits of a number that becomes a fraction
LARGEST_EXPONENT = 400
MOST_BITS = 1000  # of a fraction; beyond it is a float
MOST_CELLS = 10_000


class Work:
    """How many additions and multiplications are left."""

    def __init__(self, most: int) -> None:
        self.left = most

    def spend(self, count: int) -> None:
        """Raises `TooLarge` when none are left."""
        self.left -= count
        if self.left < 0:
            raise TooLarge("This is more arithmetic than is done for one text.")


class Amount:
    """A number between `low` and `high`, written as `value`; an exact one has no width."""

    __slots__ = ("high", "low", "value")

    def __init__(self, value: Real, low: Real | None = None, high: Real | None = None) -> None:
        self.value = _short(value)
        self.low = self.value if low is None else _short(low)
        self.high = self.value if high is None else _short(high)

    @property
    def is_exact(self) -> bool:
        """Whether it is no more and no less."""
        return self.low is self.value and self.high is self.value

    @property
    def radius(self) -> Real:
        """How far from the value it may be."""
        return max(self.high - self.value, self.value - self.low)

    def __neg__(self) -> Amount:
        if self.is_exact:
            return Amount(-self.value)
        return Amount(-self.value, -self.high, -self.low)

    def __add__(self, other: Amount) -> Amount:
        if self.is_exact and other.is_exact:
            return Amount(self.value + other.value)
        return Amount(self.value + other.value, self.low + other.low, self.high + other.high)

    def __sub__(self, other: Amount) -> Amount:
        return self + -other

    def __mul__(self, other: Amount) -> Amount:
        value = self.value * other.value
        if self.is_exact and other.is_exact:
            return Amount(value)
        corners = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Amount(value, min(corners), max(corners))

    def __truediv__(self, other: Amount) -> Amount:
        value = self.value / other.value
        if self.is_exact and other.is_exact:
            return Amount(value)
        if other.low <= 0 <= other.high:  # a small divisor, of which the digits say little
            radius = (self.radius + abs(value) * other.radius) / abs(other.value)
            return Amount(value, value - radius, value + radius)
        corners = [a / b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Amount(value, min(corners), max(corners))

    def __pow__(self, other: Amount) -> Amount:
        """An exponent is exact, however it is written."""
        exponent = other.value
        value = _power(self.value, exponent)
        if self.is_exact:
            return Amount(value)
        if self.low <= 0 <= self.high and exponent < 0:
            radius = abs(exponent * value / self.value) * self.radius
            return Amount(value, value - radius, value + radius)
        ends = [
            _power(max(end, 0) if exponent % 1 else end, exponent) for end in (self.low, self.high)
        ]
        if self.low < 0 < self.high:
            ends.append(Fraction(0))
        return Amount(value, min(*ends, value), max(*ends, value))

    def through(self, function: Callable[[float], float]) -> Amount:
        """An increasing function of it."""
        value, high = function(float(self.value)), function(float(self.high))
        if self.is_exact:
            return Amount(value)
        try:
            low = function(float(self.low))
        except ValueError:  # the logarithm of a number whose digits may mean 0
            low = 2 * value - high
        return Amount(value, low, high)


def _short(number: Real) -> Real:
    """The number as a fraction if it is a short one; raises `OverflowError` if it is no number."""
    if isinstance(number, Fraction):
        bits = number.numerator.bit_length() + number.denominator.bit_length()
        return number if bits <= MOST_BITS else float(number)
    if not math.isfinite(number):
        raise OverflowError
    return number


def _power(base: Real, exponent: Real) -> Real:
    if isinstance(base, Fraction) and exponent % 1 == 0 and abs(exponent) <= LARGEST_EXPONENT:
        bits = base.numerator.bit_length() + base.denominator.bit_length()
        if bits * abs(exponent) <= MOST_BITS:
            return base ** int(exponent)
    return math.pow(float(base), float(exponent))


def _literal(text: str) -> Amount:
    mantissa, _, exponent = text.lower().partition("e")
    is_short = len(text) <= LONGEST and abs(int(exponent or 0)) <= LARGEST_EXPONENT
    value = Fraction(text) if is_short else float(text)
    if "." not in mantissa and not exponent:
        return Amount(value)
    place = int(exponent or 0) - len(mantissa.partition(".")[2])
    half = Fraction(10) ** place / 2 if is_short else math.pow(10.0, max(place, -400)) / 2
    return Amount(value, value - half, value + half)


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > 0 else 1 - 1 / (1 + math.exp(x))


INCREASING: dict[str, Callable[[float], float]] = {
    "exp": math.exp,
    "log": math.log,
    "ln": math.log,
    "sqrt": math.sqrt,
    "tanh": math.tanh,
    "sigmoid": _sigmoid,
    "σ": _sigmoid,
    "relu": lambda x: max(x, 0.0),
}
FUNCTIONS = frozenset((*INCREASING, "sum"))
"""What is computed of numbers alone; all else is looked up in the problem's scope."""
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


def amounts(expression: Expression, work: Work) -> Array:
    """The amounts of an expression of numbers, an array of objects.

    Raises:
        DomainProblem: there is no finite value.
        ShapeError: the shapes do not fit.
        TooLarge: there is too much to compute.
    """
    try:
        return _value(expression, work)
    except (ArithmeticError, ValueError, TypeError):  # TypeError: a root of a negative number
        message = "This has no finite value: 1/0, log(0), sqrt(-1) have none."
        raise DomainProblem(message) from None


def _value(expression: Expression, work: Work) -> Array:
    if isinstance(expression, Number):
        work.spend(1)
        return _array(_literal(expression.text))
    if isinstance(expression, Negative):
        return _array(-_value(expression.operand, work))
    if isinstance(expression, Transpose):
        return _value(expression.operand, work).T
    if isinstance(expression, Bracket):
        items = [_value(item, work) for item in expression.items]
        if any(item.shape != items[0].shape for item in items):
            raise ShapeError("The rows of a matrix have one length.")
        return np.stack(items)
    if isinstance(expression, Power):
        base, exponent = _value(expression.base, work), _value(expression.exponent, work)
        return _combined(operator.pow, base, exponent, work)
    if isinstance(expression, Sequence):
        total = _value(expression.first, work)
        for sign, _, operand in expression.rest:
            total = _joined(sign, total, _value(operand, work), work)
        return total
    assert isinstance(expression, Call)
    assert isinstance(expression.function, Name)
    argument = _value(expression.arguments[0], work)
    work.spend(argument.size)
    if expression.function.name == "sum":
        return _array(np.sum(argument))
    function = INCREASING[expression.function.name]
    return _each(lambda amount: amount.through(function), argument)


def _joined(sign: str, left: Array, right: Array, work: Work) -> Array:
    if sign == "@" or (sign == "·" and left.ndim and right.ndim):
        return _product(left, right, work)
    return _combined(OPERATORS["*" if sign == "·" else sign], left, right, work)


def _combined(act: Callable[[Any, Any], Any], left: Array, right: Array, work: Work) -> Array:
    try:
        shape = np.broadcast_shapes(left.shape, right.shape)
    except ValueError:
        raise _misfit(left, right) from None
    size = math.prod(shape)
    if size > MOST_CELLS:
        raise TooLarge(f"This is an array of {show_shape(shape)}.")
    work.spend(size)
    return _array(act(left, right))


def _product(left: Array, right: Array, work: Work) -> Array:
    if not (0 < left.ndim <= 2 and 0 < right.ndim <= 2) or left.shape[-1] != right.shape[0]:
        raise _misfit(left, right)
    rows, columns = left.size // left.shape[-1], right.size // right.shape[0]
    if rows * columns > MOST_CELLS:
        raise TooLarge(f"This is an array of {rows:,} × {columns:,}.")
    work.spend(rows * right.size)
    return _array(left @ right)


def _misfit(left: Array, right: Array) -> ChainruleError:
    shapes = f"{show_shape(left.shape)} and {show_shape(right.shape)}"
    return ShapeError(f"{shapes} do not fit.")


def _array(value: object) -> Array:
    return np.asarray(value, object)


def _each(act: Callable[[Any], Any], array: Array) -> Array:
    found = np.empty(array.shape, object)
    for place in np.ndindex(array.shape):
        found[place] = act(array[place])
    return found
