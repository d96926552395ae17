"""Sums, products, means, spreads and extremes over axes, also by `ufunc.reduce`.

Whole numbers stay whole where NumPy keeps them so: a sum of truth values counts them.
Norms are in `trace.norms`; what keeps its axis, such as `cumsum` and `sort`, in `trace.lines`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.errors import ShapeError
from chainrule.graph.node import Node, constant
from chainrule.ops.arithmetic import Subtract, divide, multiply, ones_like
from chainrule.ops.broadcasting import broadcast, reshape
from chainrule.ops.choice import NotEqual
from chainrule.ops.choice import where as choose
from chainrule.ops.counting import AllHold, AnyHolds
from chainrule.ops.logic import isnan
from chainrule.ops.making import zeros
from chainrule.ops.product import ProductOver
from chainrule.ops.reduction import (
    Reduction,
    Sum,
    max_,
    mean,
    measured,
    min_,
    normal_axes,
    reduced_shape,
    sum_,
)
from chainrule.ops.sorting import where_largest, where_smallest
from chainrule.ops.statistics import median, std, var
from chainrule.trace.arguments import (
    axes_of,
    flat,
    plain_axes,
    plain_axis,
    typed,
    whole_number,
    widened,
)
from chainrule.trace.table import FUNCTIONS, as_node, implements, refuse

__all__ = ["REDUCTIONS"]

Adapter = Callable[..., Node]


def _without_nan(x: Node, number: float) -> Node:
    """`x` with that number in the place of every NaN."""
    if x.dtype.kind != "f":
        return x
    return choose(isnan(x), broadcast(constant(number, x.dtype), to=x.shape), x)


# --- sums and products


def _total(function: Adapter, operation: type[Reduction], prepared: Adapter = widened) -> Adapter:
    """The adapter of a sum or a product."""
    name = f"numpy.{function.__name__}"

    def adapter(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = None,
        where: Any = None,
    ) -> Node:
        refuse(name, out=out, initial=initial, where=where)
        x = prepared(as_node(a))
        return typed(name, dtype, operation(axes_of(axis, x), bool(keepdims))(x))

    return implements(function)(adapter)


_total(np.sum, Sum)
_total(np.prod, ProductOver)
_total(np.nansum, Sum, lambda x: widened(_without_nan(x, 0.0)))
_total(np.nanprod, ProductOver, lambda x: widened(_without_nan(x, 1.0)))


@implements(np.count_nonzero)
def _count_nonzero(a: Any, axis: Any = None, *, keepdims: bool = False) -> Node:
    x = as_node(a)
    holds = x if x.dtype.kind == "b" else NotEqual()(x, zeros(x.shape, x.dtype))
    return Sum(axes_of(axis, x), bool(keepdims))(widened(holds))


def _truth(function: Adapter, operation: type[Reduction]) -> Adapter:
    """The adapter of any or all."""

    def adapter(
        a: Any, axis: Any = None, out: Any = None, keepdims: bool = False, *, where: Any = None
    ) -> Node:
        refuse(f"numpy.{function.__name__}", out=out, where=where)
        x = as_node(a)
        return operation(axes_of(axis, x), bool(keepdims))(x)

    return implements(function)(adapter)


_truth(np.any, AnyHolds)
_truth(np.all, AllHold)


# --- means and spreads


@implements(np.mean)
def _mean(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    *,
    where: Any = None,
) -> Node:
    refuse("numpy.mean", out=out, where=where)
    return typed("numpy.mean", dtype, mean(as_node(a), axis=plain_axes(axis), keepdims=keepdims))


@implements(np.nanmean)
def _nanmean(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    *,
    where: Any = None,
) -> Node:
    refuse("numpy.nanmean", out=out, where=where)
    x = measured(as_node(a))
    ones = choose(isnan(x), zeros(x.shape, x.dtype), ones_like(x))
    total, count = [
        sum_(each, axis=plain_axes(axis), keepdims=keepdims)
        for each in (_without_nan(x, 0.0), ones)
    ]
    return typed("numpy.nanmean", dtype, divide(total, count))


@implements(np.average)
def _average(
    a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False
) -> Any:
    x = measured(as_node(a))
    axes = normal_axes(plain_axes(axis), x.shape)
    w = ones_like(x) if weights is None else _weights(measured(as_node(weights)), x, axis)
    total = sum_(w, axis=axes, keepdims=keepdims)
    if weights is None:
        result = mean(x, axis=axes, keepdims=keepdims)
    else:
        result = divide(sum_(multiply(x, w), axis=axes, keepdims=keepdims), total)
    return (result, total) if returned else result


def _weights(weights: Node, x: Node, axis: Any) -> Node:
    """Weights in the shape of `x`; given along the axes alone, they are repeated over the others.

    Raises:
        ShapeError: they have another shape.
    """
    if weights.shape == x.shape:
        return weights
    axes = () if axis is None else normal_axes(plain_axes(axis), x.shape)
    if weights.shape != tuple(x.shape[one] for one in axes):
        raise ShapeError(
            "numpy.average: weights have the shape of the array, or the lengths of axis= in order"
        )
    kept = tuple(n if at in axes else 1 for at, n in enumerate(x.shape))
    return broadcast(reshape(weights, to=kept), to=x.shape)


def _spread(function: Adapter, build: Adapter) -> Adapter:
    """The adapter of the variance or the standard deviation."""
    name = f"numpy.{function.__name__}"

    def adapter(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        ddof: Any = 0,
        keepdims: bool = False,
        *,
        where: Any = None,
        mean: Any = None,
        correction: Any = None,
    ) -> Node:
        refuse(name, out=out, where=where, mean=mean)
        less = whole_number(f"{name}: ddof", ddof if correction is None else correction)
        found = build(as_node(a), axis=plain_axes(axis), keepdims=keepdims, ddof=less)
        return typed(name, dtype, found)

    return implements(function)(adapter)


_spread(np.var, var)
_spread(np.std, std)


@implements(np.median)
def _median(
    a: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    keepdims: bool = False,
) -> Node:
    refuse("numpy.median", out=out)
    return median(as_node(a), axis=plain_axes(axis), keepdims=keepdims)


# --- extremes


def _extreme(build: Adapter, *functions: Adapter) -> Adapter:
    """The adapter of max or min."""

    def adapter(
        a: Any,
        axis: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = None,
        where: Any = None,
    ) -> Node:
        refuse(f"numpy.{functions[0].__name__}", out=out, initial=initial, where=where)
        x = as_node(a)
        return build(x, axis=axes_of(axis, x), keepdims=keepdims)

    return implements(*functions)(adapter)


_max = _extreme(max_, np.max, np.amax)
_min = _extreme(min_, np.min, np.amin)


@implements(np.ptp)
def _ptp(a: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> Node:
    refuse("numpy.ptp", out=out)
    return Subtract()(_max(a, axis, keepdims=keepdims), _min(a, axis, keepdims=keepdims))


def _index(function: Adapter, find: Adapter) -> Adapter:
    """The adapter of argmax or argmin: an index along the axis, or among all, row by row."""

    def adapter(a: Any, axis: Any = None, out: Any = None, *, keepdims: bool = False) -> Node:
        refuse(f"numpy.{function.__name__}", out=out)
        x = as_node(a)
        axes = axes_of(None if axis is None else plain_axis(axis), x)
        index = find(x, axis=axes[0]) if axis is not None and axes else find(flat(x))
        return reshape(index, to=reduced_shape(x.shape, axes, bool(keepdims)))

    return implements(function)(adapter)


_index(np.argmax, where_largest)
_index(np.argmin, where_smallest)


# --- methods of ufuncs


def _reduction(function: Adapter) -> Adapter:
    """The function's adapter as `ufunc.reduce` is called: over the first axis by default."""

    def reduce(
        array: Any,
        axis: Any = 0,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = None,
        where: Any = True,
    ) -> Node:
        refuse("reduce", out=out, initial=initial, where=None if where is True else where)
        return typed("reduce", dtype, FUNCTIONS[function](array, axis, keepdims=keepdims))

    return reduce


REDUCTIONS: dict[np.ufunc, Adapter] = {
    np.add: _reduction(np.sum),
    np.multiply: _reduction(np.prod),
    np.maximum: _reduction(np.max),
    np.minimum: _reduction(np.min),
    np.logical_and: _reduction(np.all),
    np.logical_or: _reduction(np.any),
}
