"""What keeps the axis it acts along: cumulative functions, sorting, differences, areas.

Also `ufunc.accumulate`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.errors import DataProblem, ShapeError
from chainrule.graph.node import Node, constant
from chainrule.ops.along import Along, axis_from_end, part
from chainrule.ops.arithmetic import Subtract, add, divide, multiply
from chainrule.ops.broadcasting import broadcast, cast, reshape
from chainrule.ops.choice import NotEqual
from chainrule.ops.cumulative import CumulativeProduct, CumulativeSum
from chainrule.ops.reduction import measured, sum_
from chainrule.ops.shaping import concatenate
from chainrule.ops.sorting import argsort, sort
from chainrule.trace.arguments import flat, line_of, plain_axis, typed, whole_number, widened
from chainrule.trace.table import FUNCTIONS, as_node, implements, refuse

__all__ = ["ACCUMULATIONS"]

Adapter = Callable[..., Any]


def _cumulative(function: Adapter, operation: type[Along]) -> Adapter:
    """The adapter of cumsum or cumprod."""
    name = f"numpy.{function.__name__}"

    def adapter(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Node:
        refuse(name, out=out)
        x, along = line_of(widened(as_node(a)), axis)
        return typed(name, dtype, operation(along)(x))

    return implements(function)(adapter)


_cumulative(np.cumsum, CumulativeSum)
_cumulative(np.cumprod, CumulativeProduct)


@implements(np.sort)
def _sort(
    a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None
) -> Node:
    refuse("numpy.sort", order=order)
    x = as_node(a)
    return sort(flat(x)) if axis is None else sort(x, axis=plain_axis(axis))


@implements(np.argsort)
def _argsort(
    a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None
) -> Node:
    refuse("numpy.argsort", order=order)
    x, along = line_of(as_node(a), axis)
    return argsort(x, axis=along)


@implements(np.diff)
def _diff(a: Any, n: Any = 1, axis: Any = -1, prepend: Any = None, append: Any = None) -> Node:
    x, times = as_node(a), whole_number("numpy.diff: n", n)
    if times < 0:
        raise DataProblem(f"numpy.diff: n is 0 or more, not {times}")
    if times == 0:
        return x
    along = axis_from_end(plain_axis(axis), x.shape)
    before, after = [_end(end, x, along) for end in (prepend, append)]
    x = concatenate(*before, x, *after, axis=along)
    for _ in range(times):
        later, earlier = _neighbours(x, along)
        x = (NotEqual() if x.dtype.kind == "b" else Subtract())(later, earlier)
    return x


def _end(end: Any, x: Node, axis: int) -> list[Node]:
    """What `diff` puts before or after `x`, if anything; a number is repeated over other axes."""
    if end is None:
        return []
    if x.dtype.kind != "f":
        refuse("numpy.diff of whole numbers", **{"prepend= or append": end})
    entries = as_node(end)
    if entries.shape and entries.dtype.kind == "f":
        return [entries]  # of another precision it is refused where the two are joined
    shape = tuple(1 if at == axis % x.ndim else n for at, n in enumerate(x.shape))
    return [broadcast(cast(entries, x.dtype), to=entries.shape or shape)]


def _neighbours(x: Node, axis: int) -> tuple[Node, Node]:
    """All entries but the first, and all but the last."""
    return part(x, axis, slice(1, None)), part(x, axis, slice(0, -1))


@implements(np.trapezoid)
def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1) -> Node:
    heights = measured(as_node(y))
    along = axis_from_end(plain_axis(axis), heights.shape)
    steps = as_node(dx) if x is None else _steps(as_node(x), along)
    areas = divide(multiply(steps, add(*_neighbours(heights, along))), constant(2.0))
    return sum_(areas, axis=areas.ndim + along)


def _steps(x: Node, axis: int) -> Node:
    """The steps between the places; one line of places stands for every line."""
    steps = _diff(x, axis=-1 if x.ndim == 1 else axis)
    return reshape(steps, to=(*steps.shape, *[1] * (-axis - 1))) if x.ndim == 1 else steps


# --- ufunc.accumulate


def _accumulation(function: Adapter) -> Adapter:
    """The function's adapter as `ufunc.accumulate` is called: along the first axis by default."""

    def accumulate(array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Node:
        x = as_node(array)
        if not x.shape:
            raise ShapeError("accumulate goes along an axis, and a number has none")
        found: Node = FUNCTIONS[function](x, plain_axis(axis), dtype, out)
        return found

    return accumulate


ACCUMULATIONS: dict[np.ufunc, Adapter] = {
    np.add: _accumulation(np.cumsum),
    np.multiply: _accumulation(np.cumprod),
}
