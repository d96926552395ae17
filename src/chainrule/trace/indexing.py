"""Entries by their positions; what a function cannot do whose result's shape depends on numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from chainrule.errors import DataProblem, ShapeError
from chainrule.graph.node import Constant, Node
from chainrule.ops.advanced_indexing import index, take_along
from chainrule.ops.broadcasting import broadcast, common_shape, reshape
from chainrule.ops.contract import show_shape
from chainrule.ops.shaping import array, ravel, stack
from chainrule.ops.transposition import counted
from chainrule.trace import advice
from chainrule.trace.joining import parts_of
from chainrule.trace.shaping import whole
from chainrule.trace.table import FUNCTIONS, as_node, as_nodes, implements, refuse

__all__: list[str] = []


@implements(np.take)
def _take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: Any = "raise") -> Node:
    refuse("numpy.take", out=out)
    x, axis = _along("numpy.take", a, axis)
    at = _positions("numpy.take", indices, x.shape[axis], mode)
    return index(x, (*[slice(None)] * axis, at))


def _along(function: str, a: Any, axis: Any) -> tuple[Node, int]:
    """The array and the axis counted from 0; without one the array as it is read, row by row."""
    x = as_node(a)
    if axis is None:
        return ravel(x), 0
    return x, counted((whole(function, axis),), x.ndim, x.shape)[0]


def _positions(function: str, indices: Any, length: int, mode: Any) -> Any:
    """Positions as an array or a node, brought into range as `mode` says."""
    at = array(indices)
    if not isinstance(at.operation, Constant):
        if mode != "raise":
            raise DataProblem(f"{function} has no mode={mode!r} for positions that are computed")
        return at
    known = at.operation.value
    if known.dtype.kind == "b" or not known.size:
        known = known.astype(np.int64)
    if mode == "raise" or known.dtype.kind == "f":
        return known
    return known % length if mode == "wrap" else np.clip(known, 0, length - 1)


@implements(np.take_along_axis)
def _take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Node:
    x, axis = _along("numpy.take_along_axis", arr, axis)
    return take_along(x, array(indices), axis)


@implements(np.delete)
def _delete(arr: Any, obj: Any, axis: Any = None) -> Node:
    """What is left, by its positions."""
    if isinstance(obj, Node):
        raise DataProblem(
            "numpy.delete: which entries are left has to be known; give plain numbers"
        )
    x, axis = _along("numpy.delete", arr, axis)
    try:
        kept = np.delete(np.arange(x.shape[axis]), obj)
    except IndexError as problem:
        raise ShapeError(f"numpy.delete from {show_shape(x.shape)}: {problem}") from None
    return index(x, (*[slice(None)] * axis, kept))


@implements(np.compress)
def _compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Node:
    refuse("numpy.compress", out=out)
    if isinstance(condition, Node):
        raise DataProblem(_depends("numpy.compress"))
    x, axis = _along("numpy.compress", a, axis)
    return index(x, (*[slice(None)] * axis, np.flatnonzero(condition)))


@implements(np.extract)
def _extract(condition: Any, arr: Any) -> Node:
    if isinstance(condition, Node):
        raise DataProblem(_depends("numpy.extract"))
    return _compress(np.ravel(condition), arr)


# --- choosing among arrays ----------------------------------------------------------------------


@implements(np.choose)
def _choose(a: Any, choices: Any, out: Any = None, mode: Any = "raise") -> Node:
    """Entry by entry from the array that `a` numbers."""
    refuse("numpy.choose", out=out)
    parts = parts_of(choices)
    which = as_node(_positions("numpy.choose", a, len(parts), mode))
    shape = which.shape
    for part in parts:
        wider = common_shape(shape, part.shape)
        if wider is None:
            raise ShapeError(f"{show_shape(shape)} and {show_shape(part.shape)} do not fit")
        shape = wider
    together = stack(*[broadcast(part, to=shape) for part in parts])
    at = reshape(broadcast(which, to=shape), to=(1, *shape))
    return index(take_along(together, at, 0), 0)


@implements(np.select)
def _select(condlist: Any, choicelist: Any, default: Any = 0) -> Node:
    """The choice of the first condition that holds."""
    conditions, choices = as_nodes(condlist), list(choicelist)
    if len(conditions) != len(choices) or not choices:
        raise DataProblem(
            f"numpy.select needs one choice for each condition, not {len(choices)} "
            f"for {len(conditions)}"
        )
    if any(condition.dtype.kind != "b" for condition in conditions):
        raise DataProblem("numpy.select needs conditions that are true or false, such as x > 0")
    chosen = default
    for condition, choice in zip(conditions[::-1], choices[::-1], strict=True):
        chosen = FUNCTIONS[np.where](condition, choice, chosen)
    return as_node(chosen)


# --- what cannot be traced ----------------------------------------------------------------------


def _depends(name: str) -> str:
    return (
        f"{name}: the shape of the result depends on the numbers, which are not known while a "
        "function is traced; choose entry by entry with np.where(condition, a, b), or index with "
        "positions that are fixed"
    )


def _refused(function: Callable[..., Any], message: str) -> None:
    @implements(function)
    def adapter(*inputs: Any, **settings: Any) -> NoReturn:
        raise DataProblem(message)


DEPENDING = [
    "nonzero",
    "argwhere",
    "flatnonzero",
    "unique",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
    "trim_zeros",
    "union1d",
    "intersect1d",
    "setdiff1d",
    "setxor1d",
]
CHANGING = {
    "put": "x = cr.numpy.set(x, index, value)",
    "put_along_axis": "x = cr.numpy.set(x, index, value)",
    "fill_diagonal": "x = cr.numpy.set(x, (np.arange(n), np.arange(n)), value)",
    "place": "x = np.where(mask, value, x)",
    "putmask": "x = np.where(mask, value, x)",
    "copyto": "x = np.where(mask, value, x), or value * np.ones_like(x)",
}
for name in DEPENDING:
    _refused(getattr(np, name), _depends(f"numpy.{name}"))
for name, instead in CHANGING.items():
    _refused(getattr(np, name), advice.in_place(f"np.{name}(…)", instead))
_refused(np.piecewise, "numpy.piecewise is not traced: write np.where(condition, f(x), g(x))")
