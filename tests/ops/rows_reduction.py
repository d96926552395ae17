"""Reductions, norms, cumulative operations, sorting."""

from __future__ import annotations

from typing import Any

import numpy as np
from tests.ops.row import GRID, ONE, TWO, Row

from chainrule.graph.node import Array, Shape
from chainrule.ops.counting import all_, any_
from chainrule.ops.cumulative import cumprod, cumsum, recurrence
from chainrule.ops.guarded import divide_or_zero
from chainrule.ops.norms import norm, p_norm
from chainrule.ops.product import prod, product_of_others
from chainrule.ops.sorting import argsort, sort, where_largest, where_smallest
from chainrule.ops.statistics import median, std, var

MORE: tuple[tuple[Shape, ...], ...] = (((3,),), ((2, 3),), ((4, 1),))
LINES: tuple[tuple[Shape, ...], ...] = (*GRID, ((3, 0),))


def np_others(x: Array) -> Array:
    """The product of all entries but one, by leaving that one out."""
    flat = x.reshape(-1)
    return np.array([np.prod(np.delete(flat, at)) for at in range(x.size)]).reshape(x.shape)


def np_recurrence(a: Array, b: Array) -> Array:
    y = np.zeros_like(b)
    for at in range(b.shape[-1]):
        y[..., at] = b[..., at] + (a[..., at] * y[..., at - 1] if at else 0)
    return y


def np_running(x: Array, axis: int, combine: Any) -> Array:
    """Each entry reduced together with all before it along the axis."""
    parts = [combine(np.take(x, range(at + 1), axis), axis) for at in range(x.shape[axis])]
    return np.stack(parts, axis) if parts else x


def np_var(x: Array, axis: Any = None, ddof: int = 0) -> Any:
    """The mean of the squares less the square of the mean, times n/(n − ddof)."""
    n = x.size if axis is None else x.shape[axis]
    return ((x * x).mean(axis) - x.mean(axis) ** 2) * n / (n - ddof)


def np_sorted(x: Array, axis: int) -> Array:
    return np.apply_along_axis(lambda line: np.array(sorted(line)), axis, x) if x.size else x


def np_ranked(x: Array) -> Any:
    """Which entry has so many smaller ones in its line."""
    smaller = (x[..., None, :] < x[..., :, None]).sum(-1)
    return np.stack([(smaller == at).argmax(-1) for at in range(x.shape[-1])], -1)


ROWS: tuple[Row, ...] = (
    Row("prod", prod, (*ONE, ((0,),), ((2, 1, 3),)), lambda x: np.exp(np.log(x + 0j).sum()).real),
    Row("prod rows", lambda x: prod(x, axis=0), LINES, lambda x: np_running(x, 0, np.prod)[-1]),
    Row("prod kept", lambda x: prod(x, axis=(0, -1), keepdims=True), GRID, None),
    Row("product_of_others", product_of_others, ONE, np_others),
    Row("product_of_others rows", lambda x: product_of_others(x, axis=0), GRID[:2], None),
    Row("var", var, ONE, np_var),
    Row("var rows", lambda x: var(x, axis=1, ddof=1), GRID, lambda x: np_var(x, 1, 1)),
    Row("var kept", lambda x: var(x, axis=(0, 1), keepdims=True), GRID, None),
    Row("std", std, MORE, lambda x: np_var(x) ** 0.5),
    Row("std rows", lambda x: std(x, axis=-1, ddof=1), GRID[:1], lambda x: np_var(x, -1, 1) ** 0.5),
    Row("std kept", lambda x: std(x, axis=1, keepdims=True), GRID, None),
    Row("median", median, ONE, lambda x: np.quantile(x, 0.5)),
    Row("median rows", lambda x: median(x, axis=0), GRID, lambda x: np.quantile(x, 0.5, axis=0)),
    Row("median kept", lambda x: median(x, axis=(0, -1), keepdims=True), GRID, None),
    # norms
    Row("norm", norm, ONE, lambda x: np.sqrt(np.vdot(x, x))),
    Row("norm rows", lambda x: norm(x, axis=1), GRID, lambda x: np.hypot.reduce(x, 1)),
    Row("norm kept", lambda x: norm(x, axis=(0, 1), keepdims=True), GRID, None),
    Row("norm 1", lambda x: norm(x, ord=1), ONE, lambda x: np.abs(x).sum()),
    Row("norm inf", lambda x: norm(x, ord=np.inf), ONE, lambda x: max(x.max(), -x.min())),
    Row("norm -inf", lambda x: norm(x, ord=-np.inf, axis=0), GRID, lambda x: np.abs(x).min(0)),
    Row("p_norm 3", lambda x: p_norm(x, p=3), ONE, lambda x: np.cbrt((np.sign(x) * x**3).sum())),
    Row("p_norm 1.5", lambda x: p_norm(x, p=1.5, axis=0, keepdims=True), GRID, None),
    Row("p_norm -2", lambda x: p_norm(x, p=-2), ONE, lambda x: 1 / np.sqrt((1 / x**2).sum())),
    Row("p_norm 0.5", lambda x: p_norm(x, p=0.5), MORE, lambda x: np.sqrt(np.abs(x)).sum() ** 2),
    Row("divide_or_zero", divide_or_zero, TWO, lambda a, b: a / b),
    # along an axis
    Row("cumsum", cumsum, ONE, lambda x: np_running(x.reshape(-1), 0, np.sum)),
    Row("cumsum rows", lambda x: cumsum(x, axis=0), LINES, lambda x: np_running(x, 0, np.sum)),
    Row(
        "cumsum in reverse",
        lambda x: cumsum(x, axis=1, reverse=True),
        GRID,
        lambda x: x.sum(1, keepdims=True) - np_running(x, 1, np.sum) + x,
    ),
    Row("cumprod", cumprod, ONE, lambda x: np_running(x.reshape(-1), 0, np.prod)),
    Row("cumprod rows", lambda x: cumprod(x, axis=0), LINES, lambda x: np_running(x, 0, np.prod)),
    Row(
        "recurrence",
        lambda a, b: recurrence(a, b, axis=-1),
        (((3,), (3,)), ((2, 3), (2, 3)), ((2, 0), (2, 0))),
        np_recurrence,
    ),
    Row("sort", sort, LINES, lambda x: np_sorted(x, -1)),
    Row("sort columns", lambda x: sort(x, axis=0), GRID, lambda x: np_sorted(x, 0)),
    Row("argsort", argsort, GRID, np_ranked, smooth=False),
    Row(
        "where_largest",
        where_largest,
        GRID,
        lambda x: (x == x.max(-1, keepdims=True)).argmax(-1),
        smooth=False,
    ),
    Row(
        "where_smallest",
        lambda x: where_smallest(x, axis=0),
        GRID,
        lambda x: (x == x.min(0)).argmax(0),
        smooth=False,
    ),
    Row("any", any_, ONE, lambda x: (x != 0).max(), smooth=False),
    Row("all", lambda x: all_(x, axis=-1), GRID, lambda x: (x != 0).min(-1), smooth=False),
)
