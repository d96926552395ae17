"""Interval arithmetic of sums over products, and of what only moves entries or adds them.

All coefficients are 0 or more, so that what is linear takes each end by itself.  A product of
arrays is taken by its middles and radii: |ab − mn| ≤ (|m| + r)(|n| + s) − |m||n|.
Source: S. Rump, Fast and parallel interval arithmetic, BIT 39 (1999), 534-554.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.graph.node import Array, Node, size_of
from chainrule.marking.rounding.ends import evaluator
from chainrule.marking.rounding.intervals import (
    ULPS,
    Function,
    joined,
    magnitudes,
    outward,
    rule,
)
from chainrule.ops.indexing import as_slices

__all__ = ["each_end", "multilinear", "widened"]

LARGE = 1 << 14  # numbers; a repeated array of more is a view

MOVING = (
    *("concatenate", "stack", "place", "set", "diagonal", "place_diagonal", "tril", "triu"),
    *("max", "min", "max_pool2d", "sort"),
)
ADDING = ("cumsum", "lower_half", "mirrored", "folded")


@rule(*MOVING)
def each_end(node: Node) -> Function:
    """What moves or chooses entries, or rises with each of them: one end after the other."""
    evaluate = evaluator(node)

    def function(*ends: Array) -> Array:
        lower, upper = [evaluate(*[x[side] for x in ends]) for side in (0, -1)]
        return joined(lower, upper)

    return function


@rule(*ADDING)
def _adding(node: Node) -> Function:
    of_each_end, count = each_end(node), node.inputs[0].size
    return lambda x: of_each_end(widened(x, count))


@rule("norm")
def _norm(node: Node) -> Function:
    of_each_end, count = each_end(node), node.inputs[0].size
    return lambda x: of_each_end(widened(magnitudes(x), count))


def widened(x: Array, count: int) -> Array:
    """The interval, wide enough for the rounding of a sum of `count` such numbers."""
    ends = x.copy()
    for _ in range(1 + count.bit_length()):
        outward(ends)
    return ends


@rule("sum")
def _sum(node: Node) -> Function:
    operation: Any = node.operation
    axes = tuple([axis + 1 for axis in operation.axis])
    keepdims = operation.keepdims
    slack = ULPS * size_of(tuple([node.inputs[0].shape[axis] for axis in operation.axis]))

    def function(x: Array) -> Array:
        ends = np.add.reduce(x, axis=axes, keepdims=keepdims)
        room = slack * np.add.reduce(np.abs(x), axis=axes, keepdims=keepdims)
        ends[0] -= room[0]
        ends[1] += room[1]
        return np.asarray(ends)

    return function


# --- shapes and places ---------------------------------------------------------------------------


@rule("transpose")
def _transpose(node: Node) -> Function:
    axes = (0, *[axis + 1 for axis in node.operation.axes])  # type: ignore[attr-defined]
    return lambda x: x.transpose(axes)


@rule("reshape")
def _reshape(node: Node) -> Function:
    shape = (2, *node.shape)
    return lambda x: x.reshape(shape)


@rule("broadcast")
def _broadcast(node: Node) -> Function:
    shape, own = (2, *node.shape), node.inputs[0].shape
    aligned = (2, *(1,) * (node.ndim - len(own)), *own)

    def function(x: Array) -> Array:
        if node.size > LARGE:
            return np.broadcast_to(x.reshape(aligned), shape)
        ends = np.empty(shape, x.dtype)
        ends[...] = x.reshape(aligned)
        return ends

    return function


@rule("index")
def _take(node: Node) -> Function:
    index = (slice(None), *as_slices(node.operation.index))  # type: ignore[attr-defined]
    return lambda x: x[index]


@rule("gather", "scatter", "take")
def _at_positions(node: Node) -> Function:
    """By positions that are known; where they are not, nothing is."""
    of_each_end = each_end(node)

    def function(x: Array, positions: Array) -> Array:
        if not (positions[0] == positions[-1]).all():
            return np.full((2, *node.shape), np.nan)
        return of_each_end(x, positions[:1].astype(np.int64))

    return function


# --- sums over products --------------------------------------------------------------------------


@rule("matmul", "outer", "einsum", "conv2d", "conv2d_transposed", "conv2d_correlation")
def multilinear(node: Node) -> Function:
    """A sum over products, one factor of each input."""
    evaluate = evaluator(node)
    slack = ULPS * max([1, *[factor.size for factor in node.inputs]])

    def function(*ends: Array) -> Array:
        known = [len(x) == 1 for x in ends]
        middles = [
            x[0] if is_known else (x[0] + x[1]) * 0.5
            for x, is_known in zip(ends, known, strict=True)
        ]
        sizes = [np.abs(middle) for middle in middles]
        if known.count(False) == 1:
            at = known.index(False)
            sizes[at] = (ends[at][1] - ends[at][0]) * 0.5 + slack * sizes[at]
            radius = evaluate(*sizes)
        else:
            reached = [
                size + slack * size if is_known else size + ((x[1] - x[0]) * 0.5 + slack * size)
                for x, is_known, size in zip(ends, known, sizes, strict=True)
            ]
            radius = evaluate(*reached) - evaluate(*sizes)
        middle = evaluate(*middles)
        return joined(middle - radius, middle + radius)

    return function
