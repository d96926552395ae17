"""The arguments that NumPy's reductions share, read as NumPy reads them."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.errors import DataProblem
from chainrule.graph.node import Node
from chainrule.ops.along import axis_from_end
from chainrule.ops.broadcasting import cast, reshape
from chainrule.ops.reduction import Axes, normal_axes

__all__ = [
    "axes_of",
    "flat",
    "line_of",
    "plain_axes",
    "plain_axis",
    "typed",
    "whole_number",
    "widened",
]


def whole_number(what: str, value: Any) -> int:
    """A whole number, of Python or NumPy.

    Raises:
        DataProblem: it is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise DataProblem(f"{what} is a whole number, not {value!r}")
    return int(value)


def plain_axis(axis: Any) -> int:
    """One axis as a plain number."""
    return whole_number("axis", axis)


def plain_axes(axis: Any) -> int | Axes | None:
    """An axis, several, or None, as plain numbers."""
    if isinstance(axis, tuple):
        return tuple(plain_axis(each) for each in axis)
    return None if axis is None else plain_axis(axis)


def axes_of(axis: Any, x: Node) -> Axes:
    """The axes in order; NumPy's ufuncs reduce a number over axis 0 or -1, too."""
    plain = plain_axes(axis)
    return () if not x.shape and plain in (0, -1) else normal_axes(plain, x.shape)


def line_of(x: Node, axis: Any) -> tuple[Node, int]:
    """The array, flat if no axis is named or it is a number, and the axis counted from the end."""
    if axis is None or (not x.shape and axis in (0, -1)):
        return flat(x), -1
    return x, axis_from_end(plain_axis(axis), x.shape)


def flat(x: Node) -> Node:
    """All entries, row by row."""
    return reshape(x, to=(x.size,))


def widened(x: Node) -> Node:
    """Truth values and narrow whole numbers in the type in which NumPy adds and multiplies them."""
    if x.dtype.kind == "f":
        return x
    return cast(x, np.dtype(np.uint64 if x.dtype.kind == "u" else np.int64))


def typed(function: str, dtype: Any, result: Node) -> Node:
    """The result, if it has the type that was asked for.

    Raises:
        DataProblem: it has another one.
    """
    if dtype is not None and np.dtype(dtype) != result.dtype:
        raise DataProblem(
            f"{function}: dtype={np.dtype(dtype).name} is not taken while tracing, where the "
            f"result is {result.dtype.name}; convert it with astype"
        )
    return result
