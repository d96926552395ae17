"""Division with a remainder, and powers of whole numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from chainrule.run.native.functions.lanes import DOUBLE, FLOAT, Lanes
from chainrule.run.native.functions.rounding import floor
from chainrule.run.native.functions.truth import any_lane
from chainrule.run.native.ssa import Function, Value

__all__ = [
    "floor_quotient",
    "remainder",
    "remainder_towards_zero",
    "unsigned_quotient",
    "unsigned_remainder",
    "whole_power",
]

STEP = 24  # bits of a quotient that are found in one turn
SPLIT = 27


def while_any(
    function: Function,
    first: Sequence[Lanes],
    more: Callable[..., Lanes],
    body: Callable[..., Sequence[Lanes]],
) -> list[Lanes]:
    """`body` of what is carried, again as long as `more` holds of it in any lane."""
    before, head = function.block, function.label("while")
    turn, done = function.label("turn"), function.label("ready")
    function.do(f"br label %{head}")
    function.start(head)
    inside = [
        Lanes(function, Value(f"%w{at}.{head}", one.value.type)) for at, one in enumerate(first)
    ]
    place = function.reserve()
    truth = any_lane(more(*inside))
    function.do(f"br i1 {truth.text}, label %{turn}, label %{done}")
    function.start(turn)
    after = body(*inside)
    back = function.block
    function.do(f"br label %{head}")
    function.fill(
        place,
        [
            f"{own.value.text} = phi {own.value.type} "
            f"[{one.value.text}, %{before}], [{last.value.text}, %{back}]"
            for own, one, last in zip(inside, first, after, strict=True)
        ],
    )
    function.start(done)
    return inside


def _exact_remainder(a: Lanes, b: Lanes) -> Lanes:
    """a mod b of float64 with 0 ≤ a < ∞ and 0 < b < ∞, exactly: a long division in base 2^24.

    The multiple b·2^k that is divided by is cut in two parts, so that their products with a
    quotient of 24 bits are exact.
    """

    def is_left(left: Lanes) -> Lanes:
        return left >= b

    def subtract(left: Lanes) -> list[Lanes]:
        ahead = (_exponent(left) - _exponent(b)) - STEP
        ahead = (ahead > 0).choose(ahead, 0)
        first = (ahead > 1000).choose(ahead.like(1000), ahead)
        lifted = b * _power_of_two(first)
        second = ((ahead - first) > 1000).choose(ahead.like(1000), ahead - first)
        lifted = lifted * _power_of_two(second) * _power_of_two(ahead - first - second)
        quotient = _whole(left / lifted)
        huge = left > 1.0  # is halved: rounded up, the quotient may give too much
        half = huge.choose(left.like(0.5), 1.0)
        small, high = half * lifted, (half * lifted).shortened(SPLIT)
        less = (half * left - quotient * high) - quotient * (small - high)
        less = (less < 0.0).choose(less + small, less)
        less = huge.choose(less + less, less)
        return [is_left(left).choose(less, left)]

    return while_any(a.function, [a], is_left, subtract)[0]


def _exponent(x: Lanes) -> Lanes:
    """The exponent of a positive number, plus the bias; below 1 of a denormal one."""
    small = x < DOUBLE.smallest
    lifted = small.choose(x * 2.0**DOUBLE.digits, x).bits() >> DOUBLE.digits
    return small.choose(lifted - DOUBLE.digits, lifted)


def _power_of_two(k: Lanes) -> Lanes:
    return ((k + DOUBLE.bias) << DOUBLE.digits).as_float()


def _whole(x: Lanes) -> Lanes:
    """The nearest whole number of 0 ≤ x < 2^51."""
    return (x + DOUBLE.magic) - DOUBLE.magic


def remainder_towards_zero(a: Lanes, b: Lanes) -> Lanes:
    """What is left of a, with a's sign, as C's fmod."""
    if not a.is_float:
        return _whole_divided(a, b)[1]
    if a.format is FLOAT:
        wide = [one.cast("fpext", "double") for one in (a, b)]
        return remainder_towards_zero(*wide).cast("fptrunc", "float")
    size, divisor = abs(a), abs(b)
    known = (size < math.inf) & (divisor > 0.0) & (divisor < math.inf)
    found = _exact_remainder(known.choose(size, 0.0), known.choose(divisor, 1.0)).signed_as(a)
    endless = divisor.equals(math.inf) & (size < math.inf)
    nothing = ((a - a) / (a - a)) + b * 0.0
    return known.choose(found, endless.choose(a, nothing))


def _divided(a: Lanes, b: Lanes) -> tuple[Lanes, Lanes]:
    """⌊a / b⌋ and what is left, as NumPy's divmod: that has the sign of b."""
    left = remainder_towards_zero(a, b)
    quotient = (a - left) / b
    other_side = left.differs(0.0) & ((left < 0.0) ^ (b < 0.0))
    left = other_side.choose(left + b, left.equals(0.0).choose(left.like(0.0).signed_as(b), left))
    quotient = other_side.choose(quotient - 1.0, quotient)
    below = floor(quotient)
    near = (quotient - below > 0.5).choose(below + 1.0, below)
    quotient = quotient.equals(0.0).choose(near.like(0.0).signed_as(a / b), near)
    return b.equals(0.0).choose(a / b, quotient), left


def floor_quotient(a: Lanes, b: Lanes) -> Lanes:
    """⌊a / b⌋; 0 where whole numbers are divided by 0."""
    if a.is_float:
        return _divided(a, b)[0]
    quotient, left = _whole_divided(a, b)
    return (left.differs(0) & ((left < 0) ^ (b < 0))).choose(quotient - 1, quotient)


def remainder(a: Lanes, b: Lanes) -> Lanes:
    """a − b ⌊a / b⌋, with the sign of b; 0 where whole numbers are divided by 0."""
    if a.is_float:
        return _divided(a, b)[1]
    _, left = _whole_divided(a, b)
    return (left.differs(0) & ((left < 0) ^ (b < 0))).choose(left + b, left)


def _whole_divided(a: Lanes, b: Lanes) -> tuple[Lanes, Lanes]:
    """Quotient towards 0 and remainder; the divisors that trap, 0 and −1, are divided by apart."""
    nothing, turns = b.equals(0), b.equals(-1)
    safe = (nothing | turns).choose(1, b)
    quotient = Lanes(a.function, a.function.div(a.value, safe.value))
    quotient = turns.choose(-a, nothing.choose(0, quotient))
    left = Lanes(a.function, a.function.remainder(a.value, safe.value))
    return quotient, left


def _unsigned(name: str, a: Lanes, b: Lanes) -> Lanes:
    safe = b.equals(0).choose(1, b)
    text = f"{name} {a.value.type} {a.value.text}, {safe.value.text}"
    return b.equals(0).choose(0, Lanes(a.function, a.function.new(a.value.type, text)))


def unsigned_quotient(a: Lanes, b: Lanes) -> Lanes:
    """⌊a / b⌋ of whole numbers without sign; 0 where b is 0."""
    return _unsigned("udiv", a, b)


def unsigned_remainder(a: Lanes, b: Lanes) -> Lanes:
    """What is left of a; 0 where b is 0."""
    return _unsigned("urem", a, b)


def whole_power(a: Lanes, n: Lanes, signed: bool = True) -> Lanes:
    """a^n of whole numbers, modulo their size; for n < 0 what 1 / a^−n is without its decimals.

    NumPy refuses n < 0: callers check it where the exponent is known.
    """

    def is_left(result: Lanes, base: Lanes, left: Lanes) -> Lanes:
        return left > 0 if signed else left.differs(0)

    def multiply(result: Lanes, base: Lanes, left: Lanes) -> list[Lanes]:
        odd = (left & 1).differs(0)
        return [odd.choose(result * base, result), base * base, left >> 1]

    found, _, _ = while_any(a.function, [a.like(1), a, n], is_left, multiply)
    if not signed:
        return found
    unit = a.equals(1) | (a.equals(-1))
    return (n < 0).choose(unit.choose((n & 1).differs(0).choose(a, 1), 0), found)
