"""Shapes: reshaping, the order of axes, axes of length 1, broadcasting, arrays like another."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.errors import DataProblem, ShapeError
from chainrule.graph.node import Node, Shape, constant
from chainrule.ops import broadcasting, replacing
from chainrule.ops.advanced_indexing import index
from chainrule.ops.broadcasting import broadcast, cast, common_shape
from chainrule.ops.contract import show_shape
from chainrule.ops.shaping import array, expand, ravel, squeeze
from chainrule.ops.transposition import counted, moveaxis, permute, transpose
from chainrule.trace.table import as_node, as_nodes, implements, refuse

__all__ = ["array", "at_least", "index", "set_", "whole", "wholes"]


def set_(x: Any, key: Any, value: Any) -> Node:
    """A copy of `x` with `x[key] = value`."""
    return replacing.set_(as_node(x), key, as_node(value))


def whole(function: str, value: Any) -> int:
    """A plain whole number.

    Raises:
        DataProblem: it is something else, such as a number that is computed on the way.
    """
    try:
        return operator.index(value)
    except TypeError:
        found = "one that is computed" if isinstance(value, Node) else repr(value)
        raise DataProblem(f"{function} needs a plain whole number here, not {found}") from None


def wholes(function: str, values: Any) -> tuple[int, ...]:
    """Plain whole numbers, of which one may stand alone."""
    if isinstance(values, Sequence | np.ndarray) and np.ndim(values):
        return tuple([whole(function, value) for value in values])
    return (whole(function, values),)


def axes_of(function: str, axis: Any) -> int | tuple[int, ...] | None:
    """An axis, several, or None."""
    if axis is None:
        return None
    return wholes(function, axis) if isinstance(axis, tuple | list) else whole(function, axis)


# --- another shape ------------------------------------------------------------------------------


@implements(np.reshape)
def _reshape(
    a: Any, /, shape: Any = None, order: str = "C", *, newshape: Any = None, copy: Any = None
) -> Node:
    """Row by row; with order F column by column, which is row by row of the transpose."""
    x = as_node(a)
    wanted = wholes("numpy.reshape", newshape if shape is None else shape)
    to = _completed(x, wanted)
    if _columns_first("numpy.reshape", order):
        return _reversed(broadcasting.reshape(_reversed(x), to=to[::-1]))
    return broadcasting.reshape(x, to=to)


def _completed(x: Node, shape: Shape) -> Shape:
    """The shape, with what -1 stands for."""
    if shape.count(-1) > 1:
        raise ShapeError(f"only one length can be -1 in {list(shape)}")
    known = math.prod(length for length in shape if length != -1)
    if any(length < -1 for length in shape):
        raise ShapeError(f"a length is 0 or more, or one of them -1, not {list(shape)}")
    if -1 not in shape:
        return shape
    if known == 0 or x.size % known:
        raise ShapeError(f"the {x.size} entries of {show_shape(x.shape)} do not fill {list(shape)}")
    return tuple(x.size // known if length == -1 else length for length in shape)


def _columns_first(function: str, order: Any) -> bool:
    if order not in ("C", "F", None):
        raise DataProblem(f"{function}: order is 'C' or 'F' while tracing, not {order!r}")
    return bool(order == "F")


def _reversed(x: Node) -> Node:
    return permute(x, tuple(reversed(range(x.ndim))))


@implements(np.ravel)
def _ravel(a: Any, order: str = "C") -> Node:
    x = as_node(a)
    return ravel(_reversed(x) if _columns_first("numpy.ravel", order) else x)


@implements(np.expand_dims)
def _expand_dims(a: Any, axis: Any) -> Node:
    return expand(as_node(a), axis=wholes("numpy.expand_dims", axis))


@implements(np.squeeze)
def _squeeze(a: Any, axis: Any = None) -> Node:
    return squeeze(as_node(a), axis=axes_of("numpy.squeeze", axis))


def at_least(rank: int, x: Node) -> Node:
    """`x` with at least so many axes, as NumPy adds them."""
    if x.ndim >= rank:
        return x
    shape = (1,) * (min(rank, 2) - x.ndim) + x.shape
    return broadcasting.reshape(x, to=shape + (1,) * (rank - len(shape)))


def _for_each(rank: int, arrays: Sequence[Any]) -> Any:
    found = tuple([at_least(rank, x) for x in as_nodes(arrays)])
    return found[0] if len(found) == 1 else found


@implements(np.atleast_1d)
def _atleast_1d(*arys: Any) -> Any:
    return _for_each(1, arys)


@implements(np.atleast_2d)
def _atleast_2d(*arys: Any) -> Any:
    return _for_each(2, arys)


@implements(np.atleast_3d)
def _atleast_3d(*arys: Any) -> Any:
    return _for_each(3, arys)


# --- the order of axes --------------------------------------------------------------------------


@implements(np.transpose)
def _transpose(a: Any, axes: Any = None) -> Node:
    x = as_node(a)
    if axes is None:
        return transpose(x)
    return transpose(x, axes=counted(wholes("numpy.transpose", axes), x.ndim, x.shape))


@implements(np.matrix_transpose)
def _matrix_transpose(x: Any, /) -> Node:
    node = as_node(x)
    if node.ndim < 2:
        raise ShapeError(f"numpy.matrix_transpose needs a matrix, not {show_shape(node.shape)}")
    return _swapaxes(node, -1, -2)


@implements(np.swapaxes)
def _swapaxes(a: Any, axis1: Any, axis2: Any) -> Node:
    x = as_node(a)
    axes = [whole("numpy.swapaxes", axis) for axis in (axis1, axis2)]
    first, second = [counted((axis,), x.ndim, x.shape)[0] for axis in axes]
    order = list(range(x.ndim))
    order[first], order[second] = second, first
    return permute(x, tuple(order))


@implements(np.moveaxis)
def _moveaxis(a: Any, source: Any, destination: Any) -> Node:
    axis, to = wholes("numpy.moveaxis", source), wholes("numpy.moveaxis", destination)
    return moveaxis(as_node(a), axis=axis, to=to)


@implements(np.rollaxis)
def _rollaxis(a: Any, axis: Any, start: Any = 0) -> Node:
    x = as_node(a)
    (axis,) = counted((whole("numpy.rollaxis", axis),), x.ndim, x.shape)
    place = whole("numpy.rollaxis", start)
    if not -x.ndim <= place <= x.ndim:
        raise ShapeError(
            f"axis {axis} cannot be rolled in front of {place} in {show_shape(x.shape)}"
        )
    place += x.ndim if place < 0 else 0
    return moveaxis(x, axis=(axis,), to=(place - (axis < place),))


# --- broadcasting -------------------------------------------------------------------------------


@implements(np.broadcast_to)
def _broadcast_to(array: Any, shape: Any, subok: bool = False) -> Node:
    return broadcast(as_node(array), to=wholes("numpy.broadcast_to", shape))


@implements(np.broadcast_arrays)
def _broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Node, ...]:
    nodes = as_nodes(args)
    shape: Shape = ()
    for node in nodes:
        wider = common_shape(shape, node.shape)
        if wider is None:
            found = " and ".join(show_shape(each.shape) for each in nodes)
            raise ShapeError(f"the shapes {found} do not fit")
        shape = wider
    return tuple([broadcast(node, to=shape) for node in nodes])


# --- what is known of an array, and arrays like it ----------------------------------------------


@implements(np.shape)
def _shape(a: Any) -> Shape:
    return as_node(a).shape


@implements(np.ndim)
def _ndim(a: Any) -> int:
    return as_node(a).ndim


@implements(np.size)
def _size(a: Any, axis: Any = None) -> int:
    shape = as_node(a).shape
    if axis is None:
        return math.prod(shape)
    axes = counted(wholes("numpy.size", axis), len(shape), shape)
    return math.prod(shape[at] for at in axes)


@implements(np.copy)
def _copy(a: Any, order: Any = "K", subok: bool = False) -> Node:
    """The array itself: no array is changed while it is traced."""
    return as_node(a)


@implements(np.astype)
def _astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Node:
    return cast(as_node(x), np.dtype(dtype))


def _filled(a: Any, value: Any, dtype: Any, shape: Any) -> Node:
    """An array like `a` with one value for all entries, or values that are repeated."""
    like = as_node(a)
    to = like.shape if shape is None else wholes("numpy.full_like", shape)
    of_dtype = like.dtype if dtype is None else np.dtype(dtype)
    if isinstance(value, Node):
        return broadcast(cast(value, of_dtype), to=to)
    return broadcast(constant(np.asarray(value).astype(of_dtype), of_dtype), to=to)


@implements(np.zeros_like)
def _zeros_like(
    a: Any, dtype: Any = None, order: Any = "K", subok: Any = True, shape: Any = None, **rest: Any
) -> Node:
    refuse("numpy.zeros_like", **rest)
    return _filled(a, 0, dtype, shape)


@implements(np.empty_like)
def _empty_like(
    a: Any, dtype: Any = None, order: Any = "K", subok: Any = True, shape: Any = None, **rest: Any
) -> Node:
    refuse("numpy.empty_like", **rest)
    return _filled(a, 0, dtype, shape)


@implements(np.ones_like)
def _ones_like(
    a: Any, dtype: Any = None, order: Any = "K", subok: Any = True, shape: Any = None, **rest: Any
) -> Node:
    refuse("numpy.ones_like", **rest)
    return _filled(a, 1, dtype, shape)


@implements(np.full_like)
def _full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: Any = "K",
    subok: Any = True,
    shape: Any = None,
    **rest: Any,
) -> Node:
    refuse("numpy.full_like", **rest)
    return _filled(a, fill_value, dtype, shape)
