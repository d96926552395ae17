"""Entries repeated, turned round and moved along: built of slices, broadcasting and joining."""

from __future__ import annotations

import numpy as np

from chainrule.errors import ShapeError
from chainrule.graph.node import Node, Shape
from chainrule.graph.sizes import counted
from chainrule.ops.advanced_indexing import take_fixed
from chainrule.ops.broadcasting import broadcast, reshape
from chainrule.ops.contract import paper_function, show_shape
from chainrule.ops.indexing import take
from chainrule.ops.reduction import Axes, normal_axes
from chainrule.ops.shaping import concatenate, ravel

__all__ = ["flip", "repeat", "roll", "tile"]


@paper_function()
def flip(x: Node, *, axis: int | Axes | None = None) -> Node:
    """The entries in the opposite order along the axes, all by default."""
    axes = normal_axes(axis, x.shape)
    backwards = slice(None, None, -1)
    return take(x, tuple(backwards if at in axes else slice(None) for at in range(x.ndim)))


@paper_function()
def roll(x: Node, *, shift: Axes, axis: int | Axes | None = None) -> Node:
    """The entries moved on by `shift` places; those that fall off the end come in at the front.

    Without an axis the array is rolled as it is read, row by row.

    Raises:
        ShapeError: an axis is out of range, or the shifts and the axes differ in number.
    """
    if axis is None:
        return reshape(_rolled(ravel(x), sum(shift), 0), to=x.shape)
    axes = axis if isinstance(axis, tuple) else (axis,)
    try:
        pairs = [*np.broadcast(shift, axes)]
    except ValueError:
        raise ShapeError(f"{len(shift)} shifts along {len(axes)} axes") from None
    for by, at in pairs:
        x = _rolled(x, int(by), normal_axes(int(at), x.shape)[0])
    return x


def _rolled(x: Node, shift: int, axis: int) -> Node:
    """The last entries along the axis, and behind them the first ones."""
    length = counted(x.shape[axis])
    lead = (slice(None),) * axis
    start = length - shift % length if length else 0
    if start == length:
        return x
    return concatenate(
        take(x, (*lead, slice(start, None))), take(x, (*lead, slice(start))), axis=axis
    )


@paper_function()
def tile(x: Node, *, times: Shape) -> Node:
    """Copies of the whole array side by side, so many along each of the last axes."""
    rank = max(x.ndim, len(times))
    times = (1,) * (rank - len(times)) + times
    shape = (1,) * (rank - x.ndim) + x.shape
    apart = [part for n, r in zip(shape, times, strict=True) for part in _copies(1, r, n)]
    spread = [part for n, r in zip(shape, times, strict=True) for part in _copies(r, r, n)]
    whole = tuple(n * r for n, r in zip(shape, times, strict=True))
    return reshape(broadcast(reshape(x, to=tuple(apart)), to=tuple(spread)), to=whole)


def _copies(length: int, times: int, entries: int) -> Shape:
    """An axis of `entries`, behind one of `length` for its copies if there are any."""
    return (entries,) if times == 1 else (length, entries)


@paper_function()
def repeat(x: Node, *, times: Shape, axis: int | None = None) -> Node:
    """Each entry along the axis several times in a row: as often for all, or for each its own.

    Without an axis the array is read row by row.

    Raises:
        ShapeError: there is neither one count nor one for each entry.
    """
    if axis is None:
        x, axis = ravel(x), 0
    axis = normal_axes(axis, x.shape)[0]
    length = x.shape[axis]
    if len(times) == 1:
        apart = (*x.shape[: axis + 1], 1, *x.shape[axis + 1 :])
        spread = (*x.shape[: axis + 1], times[0], *x.shape[axis + 1 :])
        whole = (*x.shape[:axis], length * times[0], *x.shape[axis + 1 :])
        return x if times[0] == 1 else reshape(broadcast(reshape(x, to=apart), to=spread), to=whole)
    if len(times) != length:
        raise ShapeError(f"{len(times)} counts for the {length} entries of {show_shape(x.shape)}")
    return take_fixed(x, lambda: np.repeat(np.arange(counted(length)), times), sum(times), axis)
