"""What is asked of numbers, and of truth values."""

from __future__ import annotations

import math

from chainrule.run.native.functions.lanes import Lanes
from chainrule.run.native.ssa import Value, lanes_of

__all__ = ["any_lane", "is_finite", "is_infinite", "is_nan", "is_negative", "is_true"]


def any_lane(truth: Lanes) -> Value:
    """Whether it holds in any lane, as one bit."""
    lanes = lanes_of(truth.value.type)
    if not lanes:
        return truth.value
    function = truth.function
    word = function.new(f"i{lanes}", f"bitcast {truth.value.type} {truth.value.text} to i{lanes}")
    return function.compare("ne", word, Value("0", word.type))


def is_true(x: Lanes) -> Lanes:
    """Whether it is not 0; NaN is not."""
    return x if x.is_truth else x.differs(0)


def is_nan(x: Lanes) -> Lanes:
    return x.compare("uno", x) if x.is_float else x.compare("ne", x)


def is_infinite(x: Lanes) -> Lanes:
    return abs(x).equals(math.inf) if x.is_float else x.compare("ne", x)


def is_finite(x: Lanes) -> Lanes:
    return abs(x) < math.inf if x.is_float else x.compare("eq", x)


def is_negative(x: Lanes) -> Lanes:
    """Whether its sign is −, that of a zero included."""
    return x.bits() < 0 if x.is_float else x < 0
