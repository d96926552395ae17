"""Arrays joined and split, repeated, turned round, padded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.errors import DataProblem, ShapeError
from chainrule.graph.node import Node, constant
from chainrule.ops import padding, repeating, shaping
from chainrule.ops.broadcasting import reshape
from chainrule.ops.contract import show_shape
from chainrule.ops.indexing import take
from chainrule.ops.shaping import ravel
from chainrule.ops.transposition import counted, permute
from chainrule.trace.shaping import at_least, axes_of, whole, wholes
from chainrule.trace.table import as_node, implements, refuse

__all__ = ["parts_of"]


def parts_of(arrays: Any) -> list[Node]:
    """The parts that are joined: whole numbers stay so among themselves, else they are numbers."""
    if isinstance(arrays, Node):
        return [take(arrays, at) for at in range(arrays.shape[0])]
    listed = [shaping.array(part) if isinstance(part, list | tuple) else part for part in arrays]
    floats = [part.dtype for part in listed if isinstance(part, Node) and part.dtype.kind == "f"]
    nodes = [_part(part, floats[0] if floats else None) for part in listed]
    return list(shaping.of_one_type(nodes))


def _part(part: Any, dtype: np.dtype[Any] | None) -> Node:
    if isinstance(part, Node):
        return part
    array = np.asarray(part)
    if array.dtype.kind not in "iub":
        return as_node(array)
    return constant(array, array.dtype if dtype is None else dtype)


def _one_by_one(function: str, dtype: Any, casting: Any, out: Any = None) -> None:
    refuse(function, out=out, dtype=dtype, casting=None if casting == "same_kind" else casting)


# --- joining ------------------------------------------------------------------------------------


@implements(np.concatenate)
def _concatenate(
    arrays: Any,
    /,
    axis: Any = 0,
    out: Any = None,
    *,
    dtype: Any = None,
    casting: Any = "same_kind",
) -> Node:
    _one_by_one("numpy.concatenate", dtype, casting, out)
    return _joined(parts_of(arrays), axis)


def _joined(parts: list[Node], axis: Any) -> Node:
    if axis is None:
        return shaping.concatenate(*map(ravel, parts))
    if any(part.ndim == 0 for part in parts):
        raise ShapeError(
            "a number has no axis along which it could be joined: np.stack joins numbers"
        )
    return shaping.concatenate(*parts, axis=whole("numpy.concatenate", axis))


@implements(np.stack)
def _stack(
    arrays: Any, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: Any = "same_kind"
) -> Node:
    _one_by_one("numpy.stack", dtype, casting, out)
    return shaping.stack(*parts_of(arrays), axis=whole("numpy.stack", axis))


@implements(np.vstack)
def _vstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Node:
    _one_by_one("numpy.vstack", dtype, casting)
    return _joined([at_least(2, part) for part in parts_of(tup)], 0)


@implements(np.hstack)
def _hstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Node:
    _one_by_one("numpy.hstack", dtype, casting)
    parts = [at_least(1, part) for part in parts_of(tup)]
    return _joined(parts, 0 if parts and parts[0].ndim == 1 else 1)


@implements(np.dstack)
def _dstack(tup: Any) -> Node:
    return _joined([at_least(3, part) for part in parts_of(tup)], 2)


@implements(np.column_stack)
def _column_stack(tup: Any) -> Node:
    parts = parts_of(tup)
    return _joined([reshape(p, to=(p.size, 1)) if p.ndim < 2 else p for p in parts], 1)


@implements(np.append)
def _append(arr: Any, values: Any, axis: Any = None) -> Node:
    return _joined(parts_of([arr, values]), axis)


@implements(np.block)
def _block(arrays: Any) -> Node:
    """Innermost lists are joined along the last axis, those around them along the one before."""
    depth = _depth(arrays)
    rank = max([depth, *(part.ndim for part in _leaves(arrays))])

    def joined(value: Any, level: int) -> Node:
        if not isinstance(value, list):
            node = as_node(value)
            return reshape(node, to=(1,) * (rank - node.ndim) + node.shape)
        return _joined([joined(part, level + 1) for part in value], level - depth)

    return joined(arrays, 0)


def _depth(value: Any) -> int:
    if not isinstance(value, list):
        return 0
    if not value or len({_depth(part) for part in value}) > 1:
        raise ShapeError("the lists of numpy.block are all nested equally deep, and none is empty")
    return 1 + _depth(value[0])


def _leaves(value: Any) -> list[Node]:
    if not isinstance(value, list):
        return [as_node(value)]
    return [leaf for part in value for leaf in _leaves(part)]


# --- splitting ----------------------------------------------------------------------------------


@implements(np.split)
def _split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> list[Node]:
    x = as_node(ary)
    (at,) = counted((whole("numpy.split", axis),), x.ndim, x.shape)
    if not np.ndim(indices_or_sections):
        count = whole("numpy.split", indices_or_sections)
        if count < 1 or x.shape[at] % count:
            raise ShapeError(
                f"axis {at} of {show_shape(x.shape)} cannot be split into {count} equal parts"
            )
    return _array_split(x, indices_or_sections, at)


@implements(np.array_split)
def _array_split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> list[Node]:
    """Into parts of nearly equal length, the longer ones first, or before the given indices."""
    x = as_node(ary)
    (at,) = counted((whole("numpy.split", axis),), x.ndim, x.shape)
    if np.ndim(indices_or_sections):
        return shaping.split(x, wholes("numpy.split", indices_or_sections), at)
    count = whole("numpy.split", indices_or_sections)
    if count < 1:
        raise ShapeError(f"an array is split into 1 part or more, not {count}")
    least, longer = divmod(x.shape[at], count)
    bounds = [part * least + min(part, longer) for part in range(1, count)]
    return shaping.split(x, bounds, at)


@implements(np.hsplit)
def _hsplit(ary: Any, indices_or_sections: Any) -> list[Node]:
    x = _of_rank(1, "numpy.hsplit", ary)
    return _split(x, indices_or_sections, 0 if x.ndim == 1 else 1)


@implements(np.vsplit)
def _vsplit(ary: Any, indices_or_sections: Any) -> list[Node]:
    return _split(_of_rank(2, "numpy.vsplit", ary), indices_or_sections, 0)


@implements(np.dsplit)
def _dsplit(ary: Any, indices_or_sections: Any) -> list[Node]:
    return _split(_of_rank(3, "numpy.dsplit", ary), indices_or_sections, 2)


def _of_rank(least: int, function: str, value: Any) -> Node:
    x = as_node(value)
    if x.ndim < least:
        raise ShapeError(f"{function} needs {least} axes or more, not {show_shape(x.shape)}")
    return x


def _unstack(x: Any, /, *, axis: Any = 0) -> tuple[Node, ...]:
    node = _of_rank(1, "numpy.unstack", x)
    (at,) = counted((whole("numpy.unstack", axis),), node.ndim, node.shape)
    lead = (slice(None),) * at
    return tuple([take(node, (*lead, place)) for place in range(node.shape[at])])


if hasattr(np, "unstack"):  # since NumPy 2.1
    implements(np.unstack)(_unstack)


# --- entries turned round, repeated, padded -----------------------------------------------------


@implements(np.flip)
def _flip(m: Any, axis: Any = None) -> Node:
    return repeating.flip(as_node(m), axis=axes_of("numpy.flip", axis))


@implements(np.fliplr)
def _fliplr(m: Any) -> Node:
    return repeating.flip(_of_rank(2, "numpy.fliplr", m), axis=1)


@implements(np.flipud)
def _flipud(m: Any) -> Node:
    return repeating.flip(_of_rank(1, "numpy.flipud", m), axis=0)


@implements(np.rot90)
def _rot90(m: Any, k: Any = 1, axes: Any = (0, 1)) -> Node:
    """Quarter turns: a transpose and a flip, or both axes flipped."""
    x = _of_rank(2, "numpy.rot90", m)
    plane = counted(wholes("numpy.rot90", axes), x.ndim, x.shape)
    if len(plane) != 2:
        raise ShapeError(f"numpy.rot90 turns in the plane of two axes, not of {len(plane)}")
    turns = whole("numpy.rot90", k) % 4
    if turns % 2 == 0:
        return repeating.flip(x, axis=plane) if turns else x
    order = list(range(x.ndim))
    order[plane[0]], order[plane[1]] = plane[1], plane[0]
    return repeating.flip(permute(x, tuple(order)), axis=plane[0] if turns == 1 else plane[1])


@implements(np.roll)
def _roll(a: Any, shift: Any, axis: Any = None) -> Node:
    shifts = wholes("numpy.roll", shift)
    return repeating.roll(as_node(a), shift=shifts, axis=axes_of("numpy.roll", axis))


@implements(np.tile)
def _tile(A: Any, reps: Any) -> Node:
    return repeating.tile(as_node(A), times=_counts("numpy.tile", reps))


@implements(np.repeat)
def _repeat(a: Any, repeats: Any, axis: Any = None) -> Node:
    times = _counts("numpy.repeat", repeats)
    at = None if axis is None else whole("numpy.repeat", axis)
    return repeating.repeat(as_node(a), times=times, axis=at)


def _counts(function: str, given: Any) -> tuple[int, ...]:
    counts = wholes(function, given)
    if any(count < 0 for count in counts):
        raise ShapeError(f"{function} repeats 0 times or more, not {list(counts)}")
    return counts


@implements(np.pad)
def _pad(array: Any, pad_width: Any, mode: Any = "constant", **settings: Any) -> Node:
    x = as_node(array)
    widths = _pairs_of_widths(pad_width, x)
    if mode == "empty" and not settings:
        mode = "constant"
    if mode == "constant":
        values = settings.pop("constant_values", 0)
        refuse("numpy.pad", **settings)
        return _pad_with(x, widths, values)
    if settings.pop("reflect_type", "even") != "even":
        raise DataProblem("numpy.pad: reflect_type is 'even' while tracing")
    refuse("numpy.pad", **settings)
    if mode not in padding.MODES:
        known = ", ".join(("constant", *padding.MODES))
        raise DataProblem(f"numpy.pad: while tracing the mode is one of {known}, not {mode!r}")
    before, after = zip(*widths, strict=True) if widths else ((), ())
    return padding.pad(x, before=before, after=after, mode=mode)


def _pairs_of_widths(given: Any, x: Node) -> list[tuple[int, int]]:
    """One pair for each axis, however NumPy lets them be written."""
    if isinstance(given, dict):
        pairs: list[Any] = [(0, 0)] * x.ndim
        for axis, width in given.items():
            pairs[counted((axis,), x.ndim, x.shape)[0]] = (
                (width, width) if np.ndim(width) == 0 else width
            )
        given = pairs
    try:
        widths = np.broadcast_to(np.asarray(given), (x.ndim, 2)).tolist()
    except ValueError:
        raise ShapeError(f"pad_width is a pair for each axis of {show_shape(x.shape)}") from None
    pairs = [(whole("numpy.pad", before), whole("numpy.pad", after)) for before, after in widths]
    if any(width < 0 for pair in pairs for width in pair):
        raise ShapeError("numpy.pad adds 0 entries or more")
    return pairs


def _pad_with(x: Node, widths: Sequence[tuple[int, int]], values: Any) -> Node:
    """One value around everything, or values of its own before and after each axis."""
    if isinstance(values, Node) or not np.ndim(values):
        before, after = zip(*widths, strict=True) if widths else ((), ())
        return padding.pad(x, as_node(values), before=before, after=after)
    ends = np.empty((x.ndim, 2), object)
    ends[...] = np.asarray(values, object)
    for axis, (pair, around) in enumerate(zip(widths, ends, strict=True)):
        for width, value, side in zip(pair, around, (0, 1), strict=True):
            counts = [[0] * x.ndim, [0] * x.ndim]
            counts[side][axis] = width
            if width:
                x = padding.pad(x, as_node(value), before=tuple(counts[0]), after=tuple(counts[1]))
    return x
