"""`numpy.linalg.norm` and its two halves, the norms of vectors and of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.errors import DataProblem, ShapeError
from chainrule.graph.node import Node
from chainrule.ops.broadcasting import reshape
from chainrule.ops.choice import absolute
from chainrule.ops.norms import norm
from chainrule.ops.reduction import (
    Axes,
    max_,
    measured,
    min_,
    normal_axes,
    reduced_shape,
    sum_,
)
from chainrule.ops.singular import svdvals
from chainrule.ops.transposition import moveaxis
from chainrule.trace.arguments import plain_axes
from chainrule.trace.table import as_node, implements

__all__: list[str] = []


@implements(np.linalg.norm)
def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Node:
    array = measured(as_node(x))
    if axis is None and ord is None:
        return norm(array, keepdims=keepdims)
    axes = _in_their_order(axis, array)
    if len(axes) == 1:
        return _of_vectors("numpy.linalg.norm", array, ord, axes, keepdims)
    if len(axes) == 2:
        return _of_matrices("numpy.linalg.norm", array, ord, axes, keepdims)
    raise ShapeError(f"numpy.linalg.norm is taken over one axis or two, not {len(axes)}")


def _in_their_order(axis: Any, x: Node) -> Axes:
    """The axes as they were given, for that of the rows comes first; all by default."""
    plain = plain_axes(axis)
    in_order = normal_axes(plain, x.shape)
    return tuple(one % x.ndim for one in plain) if isinstance(plain, tuple) else in_order


@implements(np.linalg.vector_norm)
def _vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Node:
    array = measured(as_node(x))
    axes = normal_axes(plain_axes(axis), array.shape)
    return _of_vectors("numpy.linalg.vector_norm", array, ord, axes, keepdims)


@implements(np.linalg.matrix_norm)
def _matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Node:
    array = measured(as_node(x))
    if array.ndim < 2:
        raise ShapeError(f"numpy.linalg.matrix_norm needs two axes, not {array.ndim}")
    axes = (array.ndim - 2, array.ndim - 1)
    return _of_matrices("numpy.linalg.matrix_norm", array, ord, axes, keepdims)


def _of_vectors(function: str, x: Node, order: Any, axes: Axes, keepdims: bool) -> Node:
    if isinstance(order, str):
        raise DataProblem(f"{function}: ord={order!r} is a norm of matrices, not of vectors")
    return norm(x, ord=2 if order is None else order, axis=axes, keepdims=keepdims)


OF_SINGULAR_VALUES = {2: max_, -2: min_, "nuc": sum_}


def _of_matrices(function: str, x: Node, order: Any, axes: Axes, keepdims: bool) -> Node:
    row, column = axes
    if order in (None, "fro", "f"):
        return norm(x, axis=axes, keepdims=keepdims)
    kept = reduced_shape(x.shape, axes, bool(keepdims))
    if order in OF_SINGULAR_VALUES:
        values = svdvals(moveaxis(x, axis=axes, to=(-2, -1)))
        return reshape(OF_SINGULAR_VALUES[order](values, axis=values.ndim - 1), to=kept)
    choices = {1: (row, max_), -1: (row, min_), np.inf: (column, max_), -np.inf: (column, min_)}
    if order not in choices:
        raise DataProblem(f"{function}: ord={order!r} is no norm of a matrix")
    summed, extreme = choices[order]
    sums = sum_(absolute(x), axis=summed, keepdims=True)
    found = extreme(sums, axis=row + column - summed, keepdims=True)
    return reshape(found, to=kept)
