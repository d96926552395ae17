"""Interval arithmetic: what an operation can give while its inputs move between two ends.

An interval is one array with a leading axis of two, the lower and the upper ends; or of one,
where the value is known.  So `x[0]` and `x[-1]` are the ends of either, and what acts entry by
entry takes both ends at once.  NaN ends say that nothing is known.

A *rule* makes, of a node, the function from its inputs' intervals to its own.  There is one table
of rules, by operation; its other halves are in `linear` and `choices`.

Source: R. Moore, R. Kearfott, M. Cloud, Introduction to Interval Analysis, 2009, ch. 2 and 5.

>>> from chainrule.graph.node import variable
>>> from chainrule.ops.elementary import sin
>>> function = RULES["sin"](sin(variable(())))
>>> function(np.array([0.0, 3.0])).round(3).tolist()
[0.0, 1.0]
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.graph.node import Array, Node
from chainrule.marking.rounding.ends import evaluator
from chainrule.ops.broadcasting import literal

__all__ = [
    "JUMPS",
    "RULES",
    "Function",
    "Rule",
    "corners",
    "joined",
    "magnitudes",
    "outward",
    "rule",
    "rule_for",
    "unknown",
]

Function = Callable[..., Array]
Rule = Callable[[Node], Function]

ULPS = 2.0**-49  # what the rounding of one operation may change, relatively: eight units or less
SIDES = [ULPS * np.array([-1.0, 1.0]).reshape(2, *(1,) * rank) for rank in range(64)]
TURN = 2 * math.pi

RULES: dict[str, Rule] = {}
JUMPS = frozenset({"sign", "heaviside", "floor", "ceil", "trunc", "round"})
"""What is flat but for jumps; so are truth values and whole numbers."""


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Enter a rule for the operations of these names (their families need not be loaded)."""

    def register(made: Rule) -> Rule:
        RULES.update(dict.fromkeys(names, made))
        return made

    return register


def rule_for(node: Node) -> Rule | None:
    """The rule of a node's operation; an operation of somebody else's may bear any name."""
    if not type(node.operation).__module__.startswith("chainrule.ops."):
        return None
    return RULES.get(node.operation.name)


def outward(ends: Array) -> Array:
    """The interval widened, in place, by what rounding may have changed; not what is known."""
    if len(ends) == 2:
        ends += np.abs(ends) * SIDES[ends.ndim - 1]
    return ends


def joined(lower: Any, upper: Any) -> Array:
    """The interval between two ends."""
    ends = np.empty((2, *np.shape(lower)))
    ends[0] = lower
    ends[1] = upper
    return ends


def unknown(node: Node) -> Function:
    """The rule of an operation that has none: nothing is known, unless all inputs are."""
    evaluate = evaluator(node)

    def function(*ends: Array) -> Array:
        if all((one[0] == one[-1]).all() for one in ends):
            return np.asarray(evaluate(*[one[0] for one in ends]))[None].repeat(2, 0)
        if node.dtype.kind == "b":
            return np.stack([np.zeros(node.shape, bool), np.ones(node.shape, bool)])
        return np.full((2, *node.shape), np.nan)

    return function


# --- monotone in each input --------------------------------------------------------------------

RISING = (
    *("exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "sqrt", "cbrt"),
    *("sigmoid", "tanh", "softplus", "erf", "normal_cdf"),
    *("sinh", "arcsinh", "arccosh", "arctanh", "arcsin", "arctan", "add", "logaddexp"),
)
RISING_EXACTLY = (
    *("relu", "number", "sign", "floor", "ceil", "trunc", "round", "heaviside"),
    *("maximum", "minimum", "fmax", "fmin", "clip"),
)


@rule(*RISING)
def rising(node: Node) -> Function:
    """Both ends at once: each end of the result comes from the same ends of the inputs."""
    evaluate = evaluator(node)
    return lambda *ends: outward(evaluate(*ends))


@rule(*RISING_EXACTLY)
def rising_exactly(node: Node) -> Function:
    """The same, without any rounding."""
    return evaluator(node)


@rule("erfc", "arccos")
def falling(node: Node) -> Function:
    """The lower end comes from the upper end of the input."""
    evaluate = evaluator(node)
    return lambda x: outward(evaluate(x[::-1]))


@rule("negate")
def _negate(node: Node) -> Function:
    return lambda x: -x[::-1]


@rule("subtract", "share")
def _against_the_second(node: Node) -> Function:
    evaluate = evaluator(node)
    return lambda a, b: outward(evaluate(a, b[::-1]))


@rule("leaky_relu", "elu")
def _bent(node: Node) -> Function:
    """Rising, unless its slope below 0 is negative."""
    (below,) = node.operation.key()
    return rising(node) if below >= 0 else unknown(node)


# --- even functions ----------------------------------------------------------------------------


def magnitudes(x: Array) -> Array:
    """The interval of |x|."""
    ends = np.empty((2, *x.shape[1:]))
    lower, upper = x[0], x[-1]
    ends[0] = np.maximum(np.maximum(lower, -upper), 0)
    ends[1] = np.maximum(-lower, upper)
    return ends


@rule("abs")
def _absolute(node: Node) -> Function:
    return magnitudes


@rule("square", "cosh", "hypot")
def _even(node: Node) -> Function:
    """Rising in the size of each input."""
    evaluate = evaluator(node)
    return lambda *ends: outward(evaluate(*[magnitudes(x) for x in ends]))


@rule("power")
def _power(node: Node) -> Function:
    exponent = node.operation.exponent  # type: ignore[attr-defined]
    if exponent % 2 == 0:
        to_power = _even(node)
        return to_power if exponent >= 0 else lambda x: to_power(x)[::-1]
    if exponent >= 0:
        return rising(node)
    return _without_pole(falling(node)) if exponent % 1 == 0 else falling(node)


# --- products, quotients: the ends are among the corners -----------------------------------------


def corners(evaluate: Callable[..., Any], a: Array, b: Array) -> Array:
    """The interval of what is monotone in each of two inputs, the other one held."""
    lowest = highest = evaluate(a, b)
    if len(a) == len(b) == 2:
        others = evaluate(a, b[::-1])
        lowest, highest = np.minimum(lowest, others), np.maximum(highest, others)
    return outward(joined(np.minimum(lowest[0], lowest[-1]), np.maximum(highest[0], highest[-1])))


@rule("xlogy", "xtimesy")
def _cornered(node: Node) -> Function:
    evaluate = evaluator(node)
    return lambda a, b: corners(evaluate, a, b)


@rule("multiply")
def _multiply(node: Node) -> Function:
    if node.inputs[0] is node.inputs[1]:
        return lambda a, b: outward(np.square(magnitudes(a)))
    known = [literal(factor) for factor in node.inputs]
    factor = known[0] if known[0] is not None else known[1]
    if factor is None:
        return lambda a, b: corners(np.multiply, a, b)
    step = 1 if factor >= 0 else -1
    return lambda a, b: outward(np.multiply(a, b)[::step])


@rule("power_of")
def _power_of(node: Node) -> Function:
    """a^b = e^(b log a), for what is positive."""
    evaluate = evaluator(node)

    def function(a: Array, b: Array) -> Array:
        ends = corners(evaluate, a, b)
        ends[:, ~(a[0] > 0)] = np.nan
        return ends

    return function


@rule("divide", "divide_or_zero", "xdivy")
def _divide(node: Node) -> Function:
    evaluate = evaluator(node)
    is_guarded = node.operation.name == "xdivy"

    def function(a: Array, b: Array) -> Array:
        ends = corners(evaluate, a, b)
        pole = _holds_zero(b)
        if pole.any():
            if is_guarded:
                pole = pole & ~((a[0] == 0) & (a[-1] == 0))
            ends[:, pole] = np.nan
        return ends

    return function


@rule("reciprocal")
def _reciprocal(node: Node) -> Function:
    return _without_pole(falling(node))


def _without_pole(function: Function) -> Function:
    """The function of one input, where that cannot be 0; elsewhere nothing is known."""

    def guarded(x: Array) -> Array:
        ends = function(x)
        ends[:, _holds_zero(x)] = np.nan
        return ends

    return guarded


def _holds_zero(x: Array) -> Array:
    return np.asarray((x[0] <= 0) & (x[-1] >= 0))


# --- waves -------------------------------------------------------------------------------------


@rule("sin")
def _sin(node: Node) -> Function:
    return lambda x: _wave(np.sin, x, math.pi / 2)


@rule("cos")
def _cos(node: Node) -> Function:
    return lambda x: _wave(np.cos, x, 0.0)


def _wave(evaluate: Callable[..., Any], x: Array, peak: float) -> Array:
    """The values at the ends, 1 where a peak lies between them, −1 where a trough does."""
    values = evaluate(x)
    ends = joined(np.minimum(values[0], values[-1]), np.maximum(values[0], values[-1]))
    trough = peak + math.pi
    ends[0] = np.where(_passes(x, trough, TURN), -1.0, ends[0])
    ends[1] = np.where(_passes(x, peak, TURN), 1.0, ends[1])
    return outward(ends)


@rule("tan")
def _tan(node: Node) -> Function:
    def function(x: Array) -> Array:
        ends = outward(np.tan(x))
        ends[:, _passes(x, math.pi / 2, math.pi)] = np.nan
        return ends

    return function


def _passes(x: Array, first: float, period: float) -> Array:
    """Whether one of the places `first`, `first + period` … lies between the ends."""
    turns = (x - first) / period
    return np.asarray(np.floor(turns[-1]) >= np.ceil(turns[0]))
