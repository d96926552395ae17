"""Sums and other reductions, in the form that computes least.

What is repeated is not added up one by one, and an axis of length 1 is no axis.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chainrule.graph.node import Shape, size_of
from chainrule.run.native.builder import TRUTH, Builder, NotNative, is_still
from chainrule.run.native.tensors import Reduce, Tensor, row_major
from chainrule.run.native.whole import WHOLE

__all__ = ["reduced"]

OF_NOTHING = {"sum": 0, "prod": 1, "any": False, "all": True}


def reduced(make: Builder, function: str, x: Tensor, axes: tuple[int, ...]) -> Tensor:
    """A reduction over some axes, with NumPy's types; see `tensors.Reduce`.

    >>> from chainrule.run.native.tensors import Given
    >>> make = Builder()
    >>> x = make.tensor(Given(0), (), (3,), np.dtype("f8"))
    >>> reduced(make, "sum", make.spread(x, (4, 3)), (0,)) is make.each("multiply", x, 4.0)
    True

    Raises:
        NotNative: the largest or smallest of no entries, which is NumPy's error to raise.
    """
    x = _widened(make, function, x)
    shape = tuple([n for axis, n in enumerate(x.shape) if axis not in axes])
    is_place = function.startswith("arg")
    dtype = WHOLE if is_place else x.dtype
    if not x.size:
        if function not in OF_NOTHING and size_of(shape):
            raise NotNative(f"{function} of no entries")
        return make.spread(make.number(OF_NOTHING.get(function, 0), dtype), shape)
    if is_place and size_of(shape) == x.size:
        return make.spread(make.number(0, WHOLE), shape)
    gone = [] if is_place else [axis for axis in axes if _is_counted(function, x, axis)]
    if gone:
        return _without(make, function, x, axes, gone)
    return make.tensor(Reduce(function, axes), (x,), shape, dtype) if axes else x


def _widened(make: Builder, function: str, x: Tensor) -> Tensor:
    """Sums of short whole numbers are long, and questions are asked of truth values."""
    if function in ("any", "all"):
        return make.cast(x, TRUTH)
    is_short = x.dtype.kind in "biu" and x.dtype.itemsize < 8
    if function not in ("sum", "prod") or not is_short:
        return x
    return make.cast(x, np.dtype(np.uint64) if x.dtype.kind == "u" else WHOLE)


def _is_counted(function: str, x: Tensor, axis: int) -> bool:
    """Whether all entries along an axis are one."""
    length = x.shape[axis]
    return length == 1 or (function != "prod" and is_still(x, axis, length))


def _without(
    make: Builder, function: str, x: Tensor, axes: Sequence[int], gone: Sequence[int]
) -> Tensor:
    """The reduction with one entry along the axes that are gone; a sum is a multiple of it."""
    left = [axis for axis in range(len(x.shape)) if axis not in gone]
    own = row_major(x.shape)
    shape: Shape = tuple([x.shape[axis] for axis in left])
    once = make.view(x, shape, 0, tuple([own[axis] for axis in left]))
    found = reduced(
        make, function, once, tuple([left.index(axis) for axis in axes if axis in left])
    )
    times = size_of(tuple([x.shape[axis] for axis in gone]))
    if function != "sum" or times == 1:
        return found
    return make.each("multiply", found, make.number(times, x.dtype))
