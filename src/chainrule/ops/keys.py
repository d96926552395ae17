"""The keys of `x[key]` as NumPy reads them, in one form: an entry for each axis, in range.

A mask becomes the positions where it holds; a new axis is one of length 1, made beforehand.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from chainrule.errors import DataProblem, ShapeError
from chainrule.graph.node import Array, Constant, Node, Shape
from chainrule.ops.contract import show_shape
from chainrule.ops.shaping import array

__all__ = ["WHOLE", "Entry", "counted_key", "within"]

Entry = int | slice | Array | Node
WHOLE = slice(None)
MASK = "the shape of x[mask] would depend on the numbers; write np.where(mask, x, 0)"


def counted_key(key: Any, shape: Shape) -> tuple[Shape, list[Entry]]:
    """A key with one entry an axis: a number, a slice, or an array of positions; and the shape.

    That shape is the array's own with an axis of length 1 for each None and each lone truth value.
    """
    given = [_entry(part) for part in (key if isinstance(key, tuple) else (key,))]
    parts = _filled(given, len(shape), shape)
    lengths: list[int] = []
    entries: list[Entry] = []
    left = list(shape)
    for part in parts:
        if part is None:
            lengths.append(1)
            entries.append(WHOLE)
        elif isinstance(part, np.ndarray) and part.dtype.kind == "b":
            axis = len(shape) - len(left)
            lengths += left[: part.ndim] or [1] * (part.ndim == 0)
            entries += _unmasked(part, shape[axis : axis + part.ndim], axis)
            left = left[part.ndim :]
        else:
            axis = len(shape) - len(left)
            lengths.append(left.pop(0))
            entries.append(_checked(part, axis, shape))
    return tuple(lengths), entries


def _entry(part: Any) -> Any:
    """One part of a key: a number, a slice, None, `...`, an array, or a node of whole numbers."""
    if part is None or part is Ellipsis or isinstance(part, slice):
        return part if not isinstance(part, slice) else _known_slice(part)
    if isinstance(part, Node):
        return _computed(part)
    if isinstance(part, list):
        return _listed(part)
    at = np.asarray(part)
    if at.dtype.kind not in "iub":
        raise DataProblem(f"an index is a whole number, and this is {at.dtype}")
    return int(at) if at.ndim == 0 and at.dtype.kind != "b" else at


def _listed(part: list[Any]) -> Any:
    """A list of positions or truth values; an empty one names nothing."""
    found = array(part)
    return np.zeros(found.shape, np.int64) if found.size == 0 else _computed(found)


def _computed(part: Node) -> Any:
    """A node as a part of a key; the array that it is, if that is known."""
    if isinstance(part.operation, Constant):
        return _entry(part.operation.value)
    if part.dtype.kind == "b":
        raise DataProblem(MASK)
    if part.dtype.kind not in "iu":
        raise DataProblem(f"an index is a whole number, and this is {part.dtype}")
    return part


def _known_slice(part: slice) -> slice:
    ends = (part.start, part.stop, part.step)
    if any(isinstance(end, Node) for end in ends):
        raise DataProblem("the bounds of a slice are plain numbers: its length depends on them")
    found = slice(*[None if end is None else operator.index(end) for end in ends])
    if found.step == 0:
        raise ShapeError("the step of a slice cannot be 0")
    return found


def _filled(parts: list[Any], rank: int, shape: Shape) -> list[Any]:
    """The parts with slices of everything in the place of `...`, or at the end."""
    dots = [at for at, part in enumerate(parts) if part is Ellipsis]
    if len(dots) > 1:
        raise ShapeError("an index has one ... at most")
    missing = rank - sum(map(_axes_named, parts))
    if missing < 0:
        count = "an index" if rank - missing == 1 else f"{rank - missing} indices"
        axes = "1 axis" if rank == 1 else f"{rank} axes"
        raise ShapeError(f"{count} into {show_shape(shape)}, which has {axes}")
    at = dots[0] if dots else len(parts)
    return parts[:at] + [WHOLE] * missing + parts[at + 1 :]


def _axes_named(part: Any) -> int:
    if part is None or part is Ellipsis:
        return 0
    is_mask = isinstance(part, np.ndarray) and part.dtype.kind == "b"
    return part.ndim if is_mask else 1


def _unmasked(mask: Array, lengths: Shape, axis: int) -> list[Entry]:
    """Where a mask holds, as positions along each of its axes."""
    if mask.shape != lengths:
        found, wanted = show_shape(mask.shape), show_shape(lengths)
        raise ShapeError(f"a mask of {found} does not fit the axes of {wanted} from axis {axis} on")
    return list(np.nonzero(np.atleast_1d(mask)))


def _checked(part: Any, axis: int, shape: Shape) -> Entry:
    """A number or an array that is in range, counted from the front."""
    if isinstance(part, int):
        return int(within(np.asarray(part), axis, shape))
    return within(part, axis, shape) if isinstance(part, np.ndarray) else part


def within(at: Array, axis: int, shape: Shape) -> Array:
    """Positions along an axis, counted from the front.

    Raises:
        ShapeError: one of them is out of range.
    """
    length = shape[axis]
    outside = (at < -length) | (at >= length)
    if outside.any():
        found = int(at[outside].flat[0])
        raise ShapeError(f"index {found} is out of range for axis {axis} of {show_shape(shape)}")
    at = at.astype(np.int64)
    return np.where(at < 0, at + length, at)
