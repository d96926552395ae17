"""Everything that NumPy's `x[key]` means, positions given as arrays or computed on the way.

A key is read into one entry an axis (new axes are made first); numbers and slices are taken, and
arrays of positions gathered: along one axis by `take`, along several by positions counted row by
row.  Source: the NumPy manual, "Indexing on ndarrays", for where the gathered axes stand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.errors import ShapeError, TooLarge
from chainrule.graph.node import Array, Constant, Kernels, Node, Shape, constant
from chainrule.graph.sizes import counted
from chainrule.jacobians.kinds import LinearMap, Multilinear, Zero
from chainrule.ops.broadcasting import reshape
from chainrule.ops.contract import LinearOperation, Operation, paper_function, show_shape
from chainrule.ops.indexing import as_positions, gather, scatter, take
from chainrule.ops.keys import WHOLE, Entry, counted_key, within
from chainrule.ops.transposition import permute

__all__ = [
    "Positions",
    "TakeAlong",
    "index",
    "moved",
    "named_positions",
    "positions",
    "take_",
    "take_along",
    "take_fixed",
]

MOST_POSITIONS = 1 << 24  # more are not written out: 128 MiB


class TakeAlong(LinearOperation):
    """The parts of an array at positions along one axis: `take(E, labels)` is E[labels]."""

    name = "take"
    arity = 2
    derivatives = ("1 for the part at the position, else 0", "0")
    sentence = (
        "Each part is a copy of a part of the input; the gradients of all copies are added up."
    )
    axis: int = 0

    def __call__(self, *inputs: Node) -> Node:
        return super().__call__(inputs[0], as_positions(inputs[1]))

    def shape(self, *shapes: Shape) -> Shape:
        shape, at = shapes
        return (*shape[: self.axis], *at, *shape[self.axis + 1 :])

    def dtype(self, *dtypes: np.dtype[Any]) -> np.dtype[Any]:
        return dtypes[0]

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        x, at = values
        return k.take(x, k.wrapped(at, x.shape[self.axis]), axis=self.axis)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return Multilinear(self, inputs, 0), Zero(y.shape, inputs[1].shape)

    def substitute(self, operands: tuple[Node, ...], position: int, tangent: Node) -> Node:
        batch = tangent.ndim - operands[0].ndim
        return TakeAlong(self.axis + batch)(tangent, operands[1])

    def transposed(self, operands: tuple[Node, ...], position: int, cotangent: Node) -> Node:
        x, at = operands
        length = x.shape[self.axis]
        axis = self.axis + cotangent.ndim - (x.ndim - 1 + at.ndim)
        parts = moved(cotangent, axis, at.ndim, cotangent.ndim - at.ndim)
        added = scatter(parts, positions(at, of=(length,)), (length,))
        return moved(added, added.ndim - 1, 1, axis)


class Positions(Operation):
    """Where entries of an array of shape `of` are, row by row, from their index along each axis.

    The indices broadcast together; those below 0 count from the end.
    """

    name = "positions"
    derivatives = ("0",)
    sentence = (
        "A position is a whole number, which small changes leave as it is: the derivative is zero."
    )
    of: Shape

    def __call__(self, *inputs: Node) -> Node:
        return super().__call__(*map(as_positions, inputs))

    def shape(self, *shapes: Shape) -> Shape:
        if len(shapes) != len(self.of):
            raise ShapeError(f"{len(shapes)} indices name no entry of {show_shape(self.of)}")
        try:
            return np.broadcast_shapes(*shapes)
        except ValueError:
            found = " and ".join(map(show_shape, shapes))
            raise ShapeError(f"indices of the shapes {found} do not fit together") from None

    def dtype(self, *dtypes: np.dtype[Any]) -> np.dtype[Any]:
        return np.dtype(np.int64)

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        total = 0
        for value, length in zip(values, self.of, strict=True):
            total = total * length + k.wrapped(value, length)
        return total

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return tuple(Zero(y.shape, node.shape) for node in inputs)


@paper_function()
def positions(*indices: Node, of: Shape) -> Node:
    """Positions, counted row by row in an array of shape `of`, from an index along each axis.

    Raises:
        ShapeError: an index is known to be out of range, or the indices do not fit together.
    """
    found = Positions(of)(*indices)
    known = [node.operation for node in map(as_positions, indices)]
    values = [each.value for each in known if isinstance(each, Constant)]
    if len(values) < len(known) or found.size > MOST_POSITIONS:
        return found
    at = np.zeros((), np.int64)
    for axis, value in enumerate(values):
        at = at * of[axis] + within(value, axis, of)
    return constant(at, np.int64)


@paper_function()
def take_(x: Node, at: Node, *, axis: int = 0) -> Node:
    """The parts of `x` at positions along an axis: the rows of a table by default.

    Raises:
        ShapeError: there is no such axis, or a position is known to be out of range.
    """
    if not -x.ndim <= axis < x.ndim:
        raise ShapeError(f"axis {axis} does not exist in {show_shape(x.shape)}")
    axis %= x.ndim
    at = as_positions(at)
    if isinstance(at.operation, Constant):
        at = constant(within(at.operation.value, axis, x.shape), np.int64)
    return TakeAlong(axis)(x, at)


def take_fixed(x: Node, at: Callable[[], Array], count: int, axis: int) -> Node:
    """The parts of `x` at positions along an axis of which there are `count`.

    Raises:
        TooLarge: there are too many to be written out.
    """
    if count > MOST_POSITIONS:
        raise TooLarge(f"this copies {count:,} parts of an array; at most {MOST_POSITIONS:,} fit")
    return take_(x, constant(at(), np.int64), axis=axis)


def take_along(x: Node, at: Node, axis: int) -> Node:
    """x[…, at[…, j, …], …]: entry j along the axis is the one at position `at[…, j, …]` there.

    The other axes of `x` and `at` broadcast together, as in `numpy.take_along_axis`.
    """
    if x.ndim != at.ndim:
        raise ShapeError(f"{show_shape(x.shape)} and positions of {show_shape(at.shape)}")
    if not -x.ndim <= axis < x.ndim:
        raise ShapeError(f"axis {axis} does not exist in {show_shape(x.shape)}")
    key: list[Any] = list(np.ogrid[tuple(slice(counted(length)) for length in x.shape)])
    key[axis] = at
    return index(x, tuple(key))


def index(x: Node, key: Any) -> Node:
    """x[key] as NumPy has it: numbers, slices, `...`, None, arrays of positions, constant masks.

    An array of positions may be a node of whole numbers.

    >>> from chainrule.graph.node import variable
    >>> rows, labels = variable((5, 3)), variable((5,), np.int64)
    >>> index(rows, (np.arange(5), labels)), index(rows, (None, ..., 0)).shape
    (<gather float64[5]>, (1, 5))

    Raises:
        ShapeError: an index is out of range, or there are more indices than axes.
        DataProblem: the shape of the result would depend on numbers that are not known.
    """
    shape, entries = counted_key(key, x.shape)
    x = reshape(x, to=shape)
    plain = tuple(entry if isinstance(entry, int | slice) else WHOLE for entry in entries)
    kept = [entry for entry in entries if not isinstance(entry, int)]
    arrays = {axis: _as_node(e) for axis, e in enumerate(kept) if not isinstance(e, slice)}
    return _gathered(take(x, plain), arrays, _first_place(entries))


def _first_place(entries: Sequence[Entry]) -> int:
    """Where the axes of the positions stand in the result: where the named ones were, if together.

    What is named by anything but a slice goes to the front if slices lie between.
    """
    named = [axis for axis, entry in enumerate(entries) if not isinstance(entry, slice)]
    return named[0] if named and named[-1] - named[0] < len(named) else 0


def _gathered(x: Node, arrays: Mapping[int, Node], first: int) -> Node:
    """The parts of `x` at positions along some axes; theirs are behind `first` others."""
    axes = tuple(arrays)
    if not axes:
        return x
    if len(axes) == 1:
        at = arrays[axes[0]]
        return moved(take_(x, at, axis=axes[0]), axes[0], at.ndim, first)
    at = positions(*arrays.values(), of=tuple(x.shape[axis] for axis in axes))
    rest = [axis for axis in range(x.ndim) if axis not in axes]
    found = gather(permute(x, (*rest, *axes)), at, len(axes))
    return moved(found, len(rest), at.ndim, first)


def moved(x: Node, start: int, count: int, to: int) -> Node:
    """`count` axes, the first of which is `start`, moved so that it becomes axis `to`."""
    block = range(start, start + count)
    rest = [axis for axis in range(x.ndim) if axis not in block]
    return permute(x, (*rest[:to], *block, *rest[to:]))


def named_positions(entries: Sequence[Entry], shape: Shape) -> Node:
    """Where the entries that a key names are, counted row by row, in the shape of x[key].

    The key has one entry for each axis; see `counted_key`.
    """
    first = _first_place(entries)
    axes = sum(isinstance(entry, slice) for entry in entries)
    rank = max(0 if isinstance(e, int | slice) else e.ndim for e in entries)
    seen = 0
    indices = []
    for entry, length in zip(entries, shape, strict=True):
        if isinstance(entry, slice):
            place = seen if seen < first else seen + rank
            along = np.arange(*entry.indices(counted(length)))
            indices.append(_spread(constant(along, np.int64), axes + rank - 1 - place))
            seen += 1
        else:
            indices.append(_spread(_as_node(entry), axes - first))
    return positions(*indices, of=shape)


def _spread(at: Node, behind: int) -> Node:
    """Positions with so many axes of length 1 behind theirs."""
    to = at.shape + (1,) * behind
    if isinstance(at.operation, Constant):
        return constant(at.operation.value.reshape(to), np.int64)
    return reshape(at, to=to)


def _as_node(at: int | Array | Node) -> Node:
    return at if isinstance(at, Node) else constant(at, np.int64)
