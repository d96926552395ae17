"""Entries added around an array: a number, or copies of its own entries."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.errors import ShapeError
from chainrule.graph.node import Node, Shape
from chainrule.graph.sizes import counted
from chainrule.ops.advanced_indexing import take_fixed
from chainrule.ops.broadcasting import broadcast, literal
from chainrule.ops.contract import paper_function, show_shape
from chainrule.ops.indexing import place, section_of
from chainrule.ops.replacing import as_entries, set_

__all__ = ["MODES", "pad", "pad_copies"]

MODES = ("edge", "reflect", "symmetric", "wrap")  # of NumPy's, those that copy entries


@paper_function()
def pad(
    x: Node, value: Node | None = None, *, before: Shape, after: Shape, mode: str = "constant"
) -> Node:
    """So many entries more before and after along each axis; one count is for all axes.

    They are zeros, or `value`, or with mode=edge, reflect, symmetric or wrap copies of the array's
    own entries.

    Raises:
        ShapeError: the counts are not one for each axis, or there is nothing to copy.
    """
    before, after = [_for_each_axis(counts, x.shape) for counts in (before, after)]
    if mode != "constant":
        for axis in range(x.ndim):
            x = pad_copies(x, before[axis], after[axis], axis, mode)
        return x
    ends = tuple(slice(b, b + n) for b, n in zip(before, x.shape, strict=True))
    shape = tuple(b + n + a for b, n, a in zip(before, x.shape, after, strict=True))
    if value is None or literal(value) == 0:
        return place(x, section_of(ends, shape)[0], shape)
    return set_(broadcast(as_entries(value, x), to=shape), ends, x)


def pad_copies(x: Node, before: int, after: int, axis: int, mode: str) -> Node:
    """So many copies of entries more before and after along one axis."""
    if mode not in MODES:
        raise ShapeError(f"there is no way to pad called {mode!r}: constant, {', '.join(MODES)}")
    length = x.shape[axis]
    if before == after == 0:
        return x
    if length == 0:
        raise ShapeError(f"axis {axis} of {show_shape(x.shape)} has no entries to copy")

    def copied() -> Any:
        return np.pad(np.arange(counted(length)), (before, after), mode)  # type: ignore[call-overload]

    return take_fixed(x, copied, before + length + after, axis)


def _for_each_axis(counts: Shape, shape: Shape) -> Shape:
    if len(counts) == 1:
        return counts * len(shape)
    if len(counts) != len(shape):
        raise ShapeError(f"{len(counts)} counts for the axes of {show_shape(shape)}")
    return counts
