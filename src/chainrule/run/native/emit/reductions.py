"""Sums, products, extremes and their places, gathered in lanes and brought together at the end.

What is gathered is one value, or two for argmax and argmin: the best so far, and where it stood.
Everything happens in an order that is fixed, so that the same numbers give the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.run.native.emit.types import llvm_type
from chainrule.run.native.functions import FUNCTIONS, UNSIGNED
from chainrule.run.native.functions.lanes import Lanes
from chainrule.run.native.functions.truth import any_lane
from chainrule.run.native.ssa import (
    SIZES,
    Function,
    Value,
    lanes_of,
    literal,
    scalar_of,
    vector_of,
)

__all__ = ["gather", "merge", "place_type", "start", "together"]

Gathered = tuple[Value, ...]


def place_type(count: int) -> str:
    """The whole numbers that count so many entries."""
    return "i32" if count < 2**31 else "i64"


def start(name: str, dtype: np.dtype[Any], lanes: int, count: int) -> Gathered:
    """Before anything is gathered; `count` is how many entries will be."""
    first = literal(_neutral(name, dtype), vector_of(llvm_type(dtype), lanes))
    if not name.startswith("arg"):
        return (first,)
    return (first, literal(0, vector_of(place_type(count), lanes)))


def gather(
    function: Function,
    name: str,
    dtype: np.dtype[Any],
    before: Gathered,
    new: Gathered,
    active: int,
) -> Gathered:
    """With as many new lanes as there are, or fewer, of which the first are active."""
    lanes, some = lanes_of(before[0].type), lanes_of(new[0].type)
    if active != lanes and lanes:
        neutral = start(name, dtype, some, 0)
        places = [lane if lane < active else some for lane in range(lanes)]
        if len(new) == 2:
            neutral = (neutral[0], literal(0, new[1].type))
        new = tuple(
            function.shuffle(one, none, places) for one, none in zip(new, neutral, strict=True)
        )
    return merge(function, name, dtype, before, new)


def merge(
    function: Function, name: str, dtype: np.dtype[Any], a: Gathered, b: Gathered
) -> Gathered:
    """Lane by lane, one from both; a stood first, unless it is told by places."""
    if name in ("any", "max") and dtype.kind == "b":
        return (function.bits("or", a[0], b[0]),)
    if name in ("all", "min") and dtype.kind == "b":
        return (function.bits("and", a[0], b[0]),)
    if name in ("sum", "prod"):
        return ((function.add if name == "sum" else function.mul)(a[0], b[0]),)
    if name in ("max", "min"):
        return (_extreme(function, name, dtype, a[0], b[0]),)
    better = _is_better(function, name, dtype, a, b)
    return tuple(function.select(better, two, one) for one, two in zip(a, b, strict=True))


def together(function: Function, name: str, dtype: np.dtype[Any], gathered: Gathered) -> Value:
    """One number of all lanes; for argmax and argmin the place."""
    if name in ("max", "min") and dtype.kind == "f" and lanes_of(gathered[0].type):
        return _extreme_together(function, name, gathered[0])
    while lanes := lanes_of(gathered[0].type):
        half = lanes // 2
        low, high = range(half), range(half, lanes)
        if half == 1:
            a = tuple(function.extract(one, 0) for one in gathered)
            b = tuple(function.extract(one, 1) for one in gathered)
        elif half == 0:
            return function.extract(gathered[-1], 0)
        else:
            a = tuple(function.shuffle(one, one, low) for one in gathered)
            b = tuple(function.shuffle(one, one, high) for one in gathered)
        gathered = merge(function, name, dtype, a, b)
    return gathered[-1]


def _neutral(name: str, dtype: np.dtype[Any]) -> float | int:
    """What changes nothing: x + -0.0 is x even where x is -0.0."""
    simple = {"sum": -0.0 if dtype.kind == "f" else 0, "prod": 1, "any": 0, "all": 1}
    if name in simple:
        return simple[name]
    lowest = name.endswith("max")
    if dtype.kind == "f":
        return -math.inf if lowest else math.inf
    if dtype.kind == "b":
        return 0 if lowest else 1
    return int(np.iinfo(dtype).min if lowest else np.iinfo(dtype).max)


def _extreme(function: Function, name: str, dtype: np.dtype[Any], a: Value, b: Value) -> Value:
    """NaN, if one of them is: its bits stay a NaN's, whatever is added to them."""
    if dtype.kind != "f":
        table = UNSIGNED if dtype.kind == "u" else FUNCTIONS
        return table["maximum" if name == "max" else "minimum"](function, a, b)
    if a == literal(_neutral(name, dtype), a.type):
        return b
    predicate, word = "ogt" if name == "max" else "olt", f"i{8 * SIZES[scalar_of(a.type)]}"
    both = [function.select(function.compare(predicate, *one), *one) for one in ((a, b), (b, a))]
    bits = [function.cast("bitcast", one, word) for one in both]  # of NaN and a number: the second
    return function.cast("bitcast", function.bits("or", *bits), scalar_of(a.type))


def _extreme_together(function: Function, name: str, lanes: Value) -> Value:
    """The extreme lane; NaN is looked for once, not in each halving."""
    some = any_lane(Lanes(function, lanes).is_nan())
    while half := lanes_of(lanes.type) // 2:
        a = function.shuffle(lanes, lanes, range(half))
        b = function.shuffle(lanes, lanes, range(half, 2 * half))
        wins = function.compare("ogt" if name == "max" else "olt", b, a)
        lanes = function.select(wins, b, a)
    found = function.extract(lanes, 0)
    return function.select(some, literal(math.nan, found.type), found)


def _is_better(
    function: Function, name: str, dtype: np.dtype[Any], a: Sequence[Value], b: Sequence[Value]
) -> Value:
    """Whether b's number is the one to keep; of equal ones the first.  NaN beats numbers."""
    (x, at), (y, to) = a, b
    largest = name == "argmax"
    if dtype.kind == "f":
        wins = function.compare("ogt" if largest else "olt", y, x)
        ties = function.compare("oeq", y, x)
        x_nan, y_nan = function.compare("uno", x, x), function.compare("uno", y, y)
        x_number = function.compare("ord", x, x)
        wins = function.bits("or", wins, function.bits("and", y_nan, x_number))
        ties = function.bits("or", ties, function.bits("and", y_nan, x_nan))
    else:
        sign = "u" if dtype.kind in "bu" else "s"
        wins = function.compare(f"{sign}gt" if largest else f"{sign}lt", y, x)
        ties = function.compare("eq", y, x)
    earlier = function.compare("slt", to, at)
    return function.bits("or", wins, function.bits("and", ties, earlier))
