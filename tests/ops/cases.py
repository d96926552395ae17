"""One row an operation: how to build it, on which shapes, and what it should be worth.

A new operation needs a row here or in `rows_….py`, and nothing else, to be held to every law in
`test_laws.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from tests.ops import (
    rows_abstract,
    rows_elementwise,
    rows_linear_algebra,
    rows_losses,
    rows_neural,
    rows_reduction,
    rows_shaping,
)
from tests.ops.row import GRID, ONE, ROWS_OF_ONE, ROWS_OF_TWO, SQUARE, TWO, Row

from chainrule.graph.node import Array, Node, Shape, constant
from chainrule.graph.sizes import named_sizes
from chainrule.ops import activation, elementary, losses
from chainrule.ops.arithmetic import PowerOf, add, divide, multiply, negate, power, subtract
from chainrule.ops.assuming import assume
from chainrule.ops.broadcasting import broadcast, cast, reshape
from chainrule.ops.choice import absolute, compare, logical_not, maximum, minimum, sign, where
from chainrule.ops.indexing import gather, place, scatter, section_of, take
from chainrule.ops.linear import einsum, matmul, outer
from chainrule.ops.making import eye
from chainrule.ops.naming import same
from chainrule.ops.normalizing import SoftmaxPullback, log_softmax, logsumexp, softmax
from chainrule.ops.reduction import ArgMax, max_, mean, min_, sum_
from chainrule.ops.shaping import concatenate, stack
from chainrule.ops.transposition import transpose


def at_positions(x: Node) -> Node:
    return gather(x, constant([[5, 0], [5, 2]], np.int64), x.ndim)


def added_at_positions(u: Node) -> Node:
    return scatter(u, constant([4, 0, 4], np.int64), (2, 3))


def placed(u: Node) -> Node:
    return place(u, section_of((slice(None, None, -2), 1), (5, 3))[0], (5, 3))


def sums(pattern: str, *operands: Node) -> Node:
    left, _, result = pattern.partition("->")
    return einsum(*operands, terms=tuple(left.split(",")), result=result)


def np_positions(x: Array) -> Any:
    lower = np.arange(x[0].size).reshape(x[0].shape)
    return x.argmax(axis=0) * x[0].size + lower


def soft(x: Array) -> Any:
    weights = np.exp(x)
    return weights / weights.sum(axis=-1, keepdims=True)


def np_placed(u: Array) -> Array:
    result = np.zeros((5, 3))
    result[::-2, 1] = u
    return result


def np_scattered(u: Array) -> Array:
    return np.array([[u[1], 0, 0], [0, u[0] + u[2], 0]])


def np_pulled_back(x: Array, u: Array) -> Any:
    s = soft(x)
    return s * u - s * (s * u).sum(axis=-1, keepdims=True)


def np_binary(p: Array, t: Array) -> Any:
    return -(t * np.log(p) + (1 - t) * np.log(1 - p)).sum()


NAMED = named_sizes("n")["n"]  # its stand-in is 11

ROWS: tuple[Row, ...] = (
    Row("same", same, ONE, lambda x: x),
    Row("assume", lambda x: assume(x, known=("positive", "nonzero")), ONE, lambda x: x),
    # arithmetic
    Row("add", add, TWO, lambda a, b: a + b),
    Row("add spread", add, (((2, 3), (3,)), ((3,), ()), ((2, 3), (2, 1))), lambda a, b: a + b),
    Row("subtract", subtract, (*TWO, ((3,), (2, 3))), lambda a, b: a - b),
    Row("negate", negate, ONE, lambda x: -x),
    Row("multiply", multiply, (*TWO, ((), (2, 3))), lambda a, b: a * b),
    Row("square by multiply", lambda x: multiply(x, x), ONE, lambda x: x**2),
    Row("divide", divide, (*TWO, ((2, 3), (1, 3))), lambda a, b: a / b),
    Row("power 2", PowerOf(2.0), ONE, lambda x: x * x),
    Row("power 3 of negatives", PowerOf(3.0), ONE, lambda x: x * x * x, ((-2, -0.5),)),
    Row("power -1", PowerOf(-1.0), ONE, lambda x: 1 / x),
    Row("power -2.5", PowerOf(-2.5), ONE, lambda x: np.exp(-2.5 * np.log(x))),
    Row("power 0.5", PowerOf(0.5), ONE, np.sqrt),
    Row("power 0", PowerOf(0.0), ONE, np.ones_like),
    Row("power 1", PowerOf(1.0), ONE, lambda x: x),
    Row("power", power, TWO, lambda a, b: np.exp(b * np.log(a))),
    # elementary
    Row("exp", elementary.exp, ONE, np.exp),
    Row("log", elementary.log, ONE, np.log),
    Row("sqrt", elementary.sqrt, ONE, lambda x: x**0.5),
    Row("sin", elementary.sin, ONE, np.sin),
    Row("cos", elementary.cos, ONE, np.cos),
    Row("tan", elementary.tan, ONE, lambda x: np.sin(x) / np.cos(x)),
    Row("xlogy", elementary.xlogy, TWO, lambda a, b: a * np.log(b)),
    Row("xdivy", elementary.xdivy, TWO, lambda a, b: a / b),
    # activations
    Row("sigmoid", activation.sigmoid, ONE, lambda x: 1 / (1 + np.exp(-x))),
    Row("tanh", activation.tanh, ONE, np.tanh),
    Row("relu", activation.relu, ONE, lambda x: np.where(x > 0, x, 0)),
    Row("softplus", activation.softplus, ONE, lambda x: np.log1p(np.exp(x))),
    # choice
    Row("abs", absolute, ONE, np.abs),
    Row("sign", sign, ONE, np.sign),
    Row("maximum", maximum, TWO, np.maximum),
    Row("minimum", minimum, (*TWO, ((2, 3), (3,))), np.minimum),
    Row(
        "where",
        lambda c, a, b: where(compare(">", c, 0 * c), a, b),
        (((3,), (3,), (3,)), ((3,), (2, 3), (2, 3)), ((2, 3), (), (3,))),
        lambda c, a, b: np.where(c > 0, a, b),
    ),
    *[
        Row(f"a {symbol} b", lambda a, b, s=symbol: compare(s, a, b), TWO, formula, smooth=False)
        for symbol, formula in {
            "<": np.less,
            "<=": np.less_equal,
            ">": np.greater,
            ">=": np.greater_equal,
            "==": np.equal,
            "!=": np.not_equal,
        }.items()
    ],
    Row("not", logical_not, ONE, np.logical_not, smooth=False),
    # shapes
    Row(
        "broadcast",
        lambda x: broadcast(x, to=(4, 2, 3)),
        (((),), ((3,),), ((2, 1),), ((1, 1, 1),), ((1, 2, 3),)),
        lambda x: np.broadcast_to(x, (4, 2, 3)),
    ),
    Row("number", lambda x: cast(x > 0, x.dtype) * x, ONE, lambda x: np.where(x > 0, x, 0)),
    Row("reshape", lambda x: reshape(x, to=(3, 2)), (((2, 3),), ((6,),), ((1, 6, 1),)), None),
    Row("reshape of a number", lambda x: reshape(x, to=(1, 1)), (((),), ((1,),)), None),
    Row("transpose", transpose, (*ONE, ((2, 3, 4),)), np.transpose),
    Row("axes", lambda x: transpose(x, axes=(1, 2, 0)), (((2, 3, 4),),), None),
    Row(
        "concatenate",
        lambda a, b: concatenate(a, b, axis=-1),
        (((2,), (3,)), ((2, 1), (2, 3)), ((), ())),
        lambda a, b: np.concatenate([np.atleast_1d(a), np.atleast_1d(b)], axis=-1),
    ),
    Row("concatenate a with itself", lambda a: concatenate(a, a), (((2,),), ((2, 3),)), None),
    Row("stack", stack, TWO, lambda a, b: np.stack([a, b])),
    Row("stack last", lambda a, b: stack(a, b, axis=-1), TWO, lambda a, b: np.stack([a, b], -1)),
    Row("size", lambda x: x / constant(NAMED, x.dtype), ONE, lambda x: x / 11),
    Row("eye", lambda x: matmul(eye(3, x.dtype), x), SQUARE, lambda x: x),
    # reductions
    Row("sum", sum_, ONE, np.sum),
    Row("sum rows", lambda x: sum_(x, axis=1), GRID, lambda x: np.sum(x, 1)),
    Row("sum kept", lambda x: sum_(x, axis=0, keepdims=True), GRID, lambda x: x.sum(0)[None]),
    Row("mean", mean, ONE, np.mean),
    Row("mean rows", lambda x: mean(x, axis=(0, 1)), GRID, lambda x: np.mean(x, (0, 1))),
    Row("max", max_, ONE, np.max),
    Row("max rows", lambda x: max_(x, axis=1), GRID, lambda x: np.max(x, 1)),
    Row("max kept", lambda x: max_(x, axis=-1, keepdims=True), GRID, None),
    Row("min", lambda x: min_(x, axis=0, keepdims=True), GRID, lambda x: x.min(0)[None]),
    Row("argmax", ArgMax((0,)), GRID, np_positions, smooth=False),
    Row("logsumexp", logsumexp, ONE, lambda x: np.log(np.exp(x).sum())),
    Row(
        "logsumexp kept",
        lambda x: logsumexp(x, axis=1, keepdims=True),
        GRID,
        lambda x: np.log(np.exp(x).sum(1, keepdims=True)),
    ),
    # products
    Row(
        "matmul",
        matmul,
        (
            ((2, 3), (3, 4)),
            ((3,), (3, 2)),
            ((2, 3), (3,)),
            ((3,), (3,)),
            ((4, 2, 3), (3, 2)),
            ((4, 2, 3), (4, 3, 2)),
            ((4, 2, 3), (3,)),
            ((3,), (4, 3, 2)),
            ((2, 3), (4, 3, 2)),
            ((1, 2, 3), (4, 3, 2)),
            ((2, 1, 2, 3), (4, 3, 2)),
            ((2, 2, 2, 3), (2, 2, 3, 1)),
            ((1, 1), (1, 1)),
        ),
        np.matmul,
    ),
    Row("gram", lambda x: matmul(transpose(x), x), (((2, 3),),), lambda x: x.T @ x),
    Row("outer", outer, (((2,), (3,)), ((1,), (2,))), np.multiply.outer),
    Row(
        "einsum of three",
        lambda a, b, c: sums("ij,jk,k->i", a, b, c),
        (((2, 3), (3, 2), (2,)),),
        lambda a, b, c: a @ b @ c,
    ),
    Row(
        "einsum batched",
        lambda a, b: sums("nij,nkj->nik", a, b),
        (((2, 3, 4), (2, 2, 4)),),
        lambda a, b: a @ b.transpose(0, 2, 1),
    ),
    Row("trace", lambda a: sums("ii->", a), SQUARE, np.trace),
    Row("diagonal", lambda a: sums("ii->i", a), SQUARE, np.diagonal),
    Row("einsum alone", lambda a, b: sums("ij,k->k", a, b), (((2, 3), (2,)),), None),
    Row("einsum of numbers", lambda a, b: sums(",->", a, b), (((), ()),), None),
    # indexing
    Row("one entry", lambda x: take(x, (1, -1)), (((2, 3),), ((2, 3, 2),)), lambda x: x[1, -1]),
    Row("slice", lambda x: take(x, (..., slice(None, None, -2))), ONE[:2], None),
    Row("slice of nothing", lambda x: take(x, slice(2, 1)), (((3,),),), lambda x: x[2:1]),
    Row("place", placed, (((3,),),), np_placed),
    Row("gather", at_positions, (((2, 3),), ((6,),)), lambda x: x.reshape(-1)[[[5, 0], [5, 2]]]),
    Row("gather rows", lambda x: gather(x, constant([2, 2], np.int64), 1), GRID[:2], None),
    Row("scatter", added_at_positions, (((3,),),), np_scattered),
    Row("scatter rows", added_at_positions, (((2, 3),),), None),
    # normalizing
    Row("softmax", softmax, ROWS_OF_ONE, soft),
    Row("log_softmax", log_softmax, ROWS_OF_ONE, lambda x: np.log(soft(x))),
    Row(
        "softmax_pullback",
        lambda x, u: SoftmaxPullback()(softmax(x), u),
        ROWS_OF_TWO,
        np_pulled_back,
    ),
    # losses
    Row("squared_error", losses.squared_error, TWO, lambda y, t: ((y - t) ** 2).sum()),
    Row(
        "half_squared_error", losses.half_squared_error, TWO, lambda y, t: ((y - t) ** 2).sum() / 2
    ),
    Row("mse", losses.mse, TWO, lambda y, t: ((y - t) ** 2).mean()),
    Row(
        "cross_entropy",
        losses.cross_entropy,
        ROWS_OF_TWO,
        lambda p, t: -(t * np.log(p)).sum(),
    ),
    Row(
        "mean_cross_entropy",
        losses.mean_cross_entropy,
        ROWS_OF_TWO,
        lambda p, t: -(t * np.log(p)).sum(axis=-1).mean(),
    ),
    Row(
        "cross_entropy_with_logits",
        losses.cross_entropy_with_logits,
        ROWS_OF_TWO,
        lambda o, t: -(t * np.log(soft(o))).sum(),
    ),
    Row(
        "mean_cross_entropy_with_logits",
        losses.mean_cross_entropy_with_logits,
        ROWS_OF_TWO,
        lambda o, t: -(t * np.log(soft(o))).sum(axis=-1).mean(),
        ((-2, 2), (0.1, 0.9)),
    ),
    Row("binary_cross_entropy", losses.binary_cross_entropy, TWO, np_binary),
    Row(
        "cross_entropy of softmax",
        lambda o, t: losses.mean_cross_entropy(softmax(o), t),
        ROWS_OF_TWO,
        lambda o, t: -(t * np.log(soft(o))).sum(axis=-1).mean(),
        ((-2, 2), (0.1, 0.9)),
    ),
    *rows_abstract.ROWS,
    *rows_elementwise.ROWS,
    *rows_losses.ROWS,
    *rows_reduction.ROWS,
    *rows_linear_algebra.ROWS,
    *rows_shaping.ROWS,
    *rows_neural.ROWS,
)

CASES: list[tuple[Row, tuple[Shape, ...]]] = [
    (row, shapes) for row in ROWS for shapes in row.shapes
]
