"""Interval arithmetic of comparisons, choices and positions, and of softmax and its relatives.

A truth value that is not decided is the interval from False to True.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.graph.node import Array, Node
from chainrule.marking.rounding.ends import evaluator
from chainrule.marking.rounding.intervals import (
    ULPS,
    Function,
    corners,
    joined,
    outward,
    rule,
    unknown,
)
from chainrule.marking.rounding.linear import each_end, widened
from chainrule.run import kernels

__all__ = ["loose_pullback", "plain_pullback"]

MOST_PAIRS = 1 << 20  # differences of all entries of a row, taken at once
Test = Callable[[Array, Array], Array]


def _between(lower: Any, upper: Any) -> Array:
    """The interval of a truth value, from what is sure to what is possible."""
    ends = np.empty((2, *np.shape(lower)), bool)
    ends[0] = lower
    ends[1] = upper
    return ends


# A comparison is sure where it holds for the worst ends; it is possible unless its opposite holds
# for the best ones, so that with NaN everything is possible.
TESTS: dict[str, tuple[Test, Test, bool]] = {
    "greater": (np.greater, np.less_equal, True),
    "greater_equal": (np.greater_equal, np.less, True),
    "less": (np.less, np.greater_equal, False),
    "less_equal": (np.less_equal, np.greater, False),
}


@rule(*TESTS)
def _comparison(node: Node) -> Function:
    test, opposite, is_rising = TESTS[node.operation.name]
    worst, best = (0, -1) if is_rising else (-1, 0)

    def function(a: Array, b: Array) -> Array:
        sure = test(a[worst], b[best])
        return _between(sure, ~opposite(a[best], b[worst]))

    return function


@rule("equal")
def _equal(node: Node) -> Function:
    def function(a: Array, b: Array) -> Array:
        sure = (a[0] == b[-1]) & (a[-1] == b[0])
        return _between(sure, ~((a[0] > b[-1]) | (a[-1] < b[0])))

    return function


@rule("not_equal")
def _not_equal(node: Node) -> Function:
    is_equal = _equal(node)
    return lambda a, b: ~is_equal(a, b)[::-1]


@rule("and", "or")
def _connective(node: Node) -> Function:
    if any(lower.dtype.kind != "b" for lower in node.inputs):
        return unknown(node)
    evaluate = evaluator(node)
    return lambda a, b: evaluate(a, b)


@rule("not")
def _not(node: Node) -> Function:
    return (lambda x: ~x[::-1]) if node.inputs[0].dtype.kind == "b" else unknown(node)


@rule("isnan")
def _is_nan(node: Node) -> Function:
    return lambda x: _between(np.zeros(node.shape, bool), np.isnan(x[0]) | np.isnan(x[-1]))


@rule("where")
def _where(node: Node) -> Function:
    """The branch that is taken; both, where that is not decided."""

    def function(condition: Array, a: Array, b: Array) -> Array:
        if len(condition) == 1:
            return np.where(condition, a, b)
        sure, possible = condition
        ends = joined(np.where(sure, a[0], b[0]), np.where(sure, a[-1], b[-1]))
        if (sure != possible).any():
            both = np.not_equal(sure, possible)
            ends[0] = np.where(both, np.minimum(a[0], b[0]), ends[0])
            ends[1] = np.where(both, np.maximum(a[-1], b[-1]), ends[1])
        return ends

    return function


# --- where the largest is -------------------------------------------------------------------------


@rule("argmax")
def _largest(node: Node) -> Function:
    axes = node.operation.axis  # type: ignore[attr-defined]
    evaluate = evaluator(node)

    def function(x: Array) -> Array:
        least = np.max(x[0], axis=axes, keepdims=True)
        rivals = ~(x[1] < least)
        return _decided(evaluate(x[0]), rivals, x[0] == x[1], axes)

    return function


@rule("max_pool2d_positions")
def _largest_of_window(node: Node) -> Function:
    operation: Any = node.operation
    evaluate = evaluator(node)

    def function(x: Array) -> Array:
        lower, upper = [operation.rows(kernels, side, -np.inf) for side in x]
        rivals = ~(upper < np.max(lower, axis=-1, keepdims=True))
        return _decided(evaluate(x[0]), rivals, lower == upper, (-1,))

    return function


def _decided(found: Any, rivals: Array, fixed: Array, axes: tuple[int, ...]) -> Array:
    """Positions where one entry is the largest throughout, or all that may be are fixed."""
    is_sure = rivals.sum(axis=axes) == 1
    is_sure |= (~rivals | fixed).all(axis=axes)
    position = np.where(is_sure, found, np.nan)
    return joined(position, position)


# --- softmax and its relatives --------------------------------------------------------------------


@rule("softmax")
def _softmax(node: Node) -> Function:
    """A share rises with its own input and falls with all others."""
    slack = ULPS * int(node.shape[-1])

    def function(x: Array) -> Array:
        weights = np.exp(outward(x - x[1].max(axis=-1, keepdims=True)))
        total = weights[::-1].sum(axis=-1, keepdims=True)
        others = total - weights[::-1]
        others[0] += slack * total[0]
        others[1] = np.maximum(others[1] - slack * total[1], 0)
        return outward(weights / (weights + others))

    return function


@rule("logsumexp")
def _log_sum_exp(node: Node) -> Function:
    of_each_end = each_end(node)

    def function(x: Array) -> Array:
        ends = outward(of_each_end(x))
        room = 2 * ULPS * np.max(np.abs(x), initial=0.0)
        ends[0] -= room
        ends[1] += room
        return ends

    return function


@rule("log_softmax")
def _log_softmax(node: Node) -> Function:
    """−log Σ_j e^(x_j − x_i): it rises with its own input and falls with all others."""
    if node.size * node.shape[-1] > MOST_PAIRS:
        return unknown(node)
    own = np.eye(int(node.shape[-1]), dtype=bool)

    def function(x: Array) -> Array:
        ahead = x[::-1, ..., None, :] - x[..., :, None]
        ahead = np.where(own, 0.0, outward(ahead))
        return outward(-np.logaddexp.reduce(ahead, axis=-1))

    return function


@rule("softmax_pullback")
def _pullback(node: Node) -> Function:
    """s_i Σ_j s_j (u_i − u_j), for shares that sum to one: no digits are lost in 1 − s_i."""
    if node.size * node.shape[-1] > MOST_PAIRS:
        return loose_pullback
    own = np.eye(int(node.shape[-1]), dtype=bool)

    def function(s: Array, u: Array) -> Array:
        ahead = u[..., :, None] - u[::-1, ..., None, :]
        ahead = np.where(own, 0.0, outward(ahead))
        parts = corners(np.multiply, s[..., None, :], ahead)
        mean = np.add.reduce(widened(parts, len(own)), axis=-1)
        return corners(np.multiply, s, mean)

    return function


def loose_pullback(s: Array, u: Array) -> Array:
    """The interval of s_i (u_i − Σ_j s_j u_j), for shares that need not sum to one."""
    parts = widened(corners(np.multiply, s, u), s.shape[-1])
    mean = np.add.reduce(parts, axis=-1, keepdims=True)
    return corners(np.multiply, s, outward(u - mean[::-1]))


def plain_pullback(s: Array, u: Array) -> Array:
    """s (u − Σ s u) along the last axis, as it is written."""
    return np.asarray(s * (u - np.add.reduce(s * u, axis=-1, keepdims=True)))
