"""Taking entries out and putting them back: static indices, and positions computed on the way."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.errors import ShapeError
from chainrule.graph.node import (
    OPERATORS,
    Array,
    Constant,
    Kernels,
    Node,
    Shape,
    constant,
    size_of,
)
from chainrule.graph.sizes import Size, is_at_least
from chainrule.jacobians.kinds import LinearMap, Multilinear, Section, Stride, Transposed, Zero
from chainrule.ops.contract import LinearOperation, Operation, paper_settings, show_shape

__all__ = ["as_positions", "gather", "place", "scatter", "section_of", "take", "whole"]

Index = tuple[int | Stride, ...]
LARGEST = 2.0**63  # no index is as large


class Take(Operation):
    """The part of an array that a static index names: x[0], x[1:3, 2]."""

    name = "index"
    linear = True
    precedence = "postfix"
    text = "{0}[{index}]"
    latex = "{0}_{{{index}}}"
    derivatives = ("1 for the entry that is taken, else 0",)
    sentence = "Only the entries that are taken count."
    index: Index
    to: Shape

    def shape(self, *shapes: Shape) -> Shape:
        return self.to

    def settings(self, inputs: tuple[Node, ...]) -> list[tuple[str, Any]]:
        return [("index", ", ".join(_written(entry) for entry in self.index))]

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return values[0][as_slices(self.index)]

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Section(self.index, inputs[0].shape, y.shape),)


class Place(Operation):
    """Zeros, with the input where a static index says: the adjoint of taking."""

    name = "place"
    linear = True
    derivatives = ("1 at the place it is put, else 0",)
    sentence = "Each entry affects only the place where it is put."
    index: Index
    to: Shape

    def shape(self, *shapes: Shape) -> Shape:
        if any(isinstance(entry, tuple) and entry[2] == 0 for entry in self.index):
            raise ShapeError("the step of a slice cannot be 0")
        _, part = section_of(as_slices(self.index), self.to)
        if part != shapes[0]:
            raise ShapeError(f"{show_shape(shapes[0])} is put in a place of {show_shape(part)}")
        return self.to

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.place(values[0], as_slices(self.index), self.to)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Transposed(Section(self.index, self.to, inputs[0].shape)),)


class Gather(LinearOperation):
    """Entries at positions counted row by row in the last `axes` axes; leading axes are a batch."""

    name = "gather"
    arity = 2
    derivatives = ("1 for the entry at the position, else 0", "0")
    sentence = "Each entry of the result is a copy of one entry of the input."
    axes: int

    def __call__(self, *inputs: Node) -> Node:
        return super().__call__(inputs[0], as_positions(inputs[1]))

    def shape(self, *shapes: Shape) -> Shape:
        if not 0 <= self.axes <= len(shapes[0]):
            raise ShapeError(f"{show_shape(shapes[0])} has no last {self.axes} axes")
        return shapes[0][: len(shapes[0]) - self.axes] + shapes[1]

    def dtype(self, *dtypes: np.dtype[Any]) -> np.dtype[Any]:
        return dtypes[0]

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        x, positions = values
        split = x.ndim - self.axes
        rows = k.reshape(x, (*x.shape[:split], size_of(x.shape[split:])))
        return k.take(rows, positions, axis=-1)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return Multilinear(self, inputs, 0), Zero(y.shape, inputs[1].shape)

    def substitute(self, operands: tuple[Node, ...], position: int, tangent: Node) -> Node:
        return self(tangent, operands[1])

    def transposed(self, operands: tuple[Node, ...], position: int, cotangent: Node) -> Node:
        x, positions = operands
        return scatter(cotangent, positions, x.shape[x.ndim - self.axes :])


class Scatter(LinearOperation):
    """Zeros of shape `to`, with each entry added at its position: the adjoint of gathering."""

    name = "scatter"
    arity = 2
    derivatives = ("1 at the position it is added to, else 0", "0")
    sentence = "Each entry affects only the place to which it is added."
    to: Shape

    def __call__(self, *inputs: Node) -> Node:
        return super().__call__(inputs[0], as_positions(inputs[1]))

    def shape(self, *shapes: Shape) -> Shape:
        lead = len(shapes[0]) - len(shapes[1])
        if lead < 0 or shapes[0][lead:] != shapes[1]:
            found, wanted = map(show_shape, shapes)
            raise ShapeError(f"{found} cannot be added at positions of {wanted}")
        return shapes[0][:lead] + self.to

    def dtype(self, *dtypes: np.dtype[Any]) -> np.dtype[Any]:
        return dtypes[0]

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        x, positions = values
        batch = x.shape[: x.ndim - positions.ndim]
        rows = k.reshape(x, (*batch, positions.size))
        return k.reshape(
            k.scatter_add(rows, positions.reshape(-1), size_of(self.to)), batch + self.to
        )

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return Multilinear(self, inputs, 0), Zero(y.shape, inputs[1].shape)

    def substitute(self, operands: tuple[Node, ...], position: int, tangent: Node) -> Node:
        return self(tangent, operands[1])

    def transposed(self, operands: tuple[Node, ...], position: int, cotangent: Node) -> Node:
        return gather(cotangent, operands[1], len(self.to))


def as_positions(node: Node) -> Node:
    """Positions: a node of whole numbers; written numbers are taken as such.

    Raises:
        ShapeError: the numbers are not whole, or not known to be.
    """
    if isinstance(node.operation, Constant) and node.dtype.kind != "b":
        value = node.operation.value
        if node.dtype == np.int64:
            return node
        if node.dtype.kind != "f" or _are_whole(value):
            return constant(value, np.int64)
    if node.dtype.kind not in "iu":
        raise ShapeError("positions are whole numbers, written or those of argmax")
    return node


def _are_whole(value: Array) -> bool:
    """Whether these are whole numbers that an index can hold."""
    return bool(((value == np.floor(value)) & (np.abs(value) < LARGEST)).all())


paper_settings(Place)
paper_settings(Gather)
paper_settings(Scatter)


def take(x: Node, index: Any) -> Node:
    """x[index], for integers, slices and `...`; negative integers count from the end.

    Raises:
        ShapeError: an index is out of range, or there are more indices than axes.
    """
    entries = index if isinstance(index, tuple) else (index,)
    if Ellipsis in entries:
        at = entries.index(Ellipsis)
        missing = x.ndim - len(entries) + 1
        entries = entries[:at] + (slice(None),) * missing + entries[at + 1 :]
    normal, shape = section_of(entries, x.shape)
    return x if normal == whole(x.shape) else Take(normal, shape)(x)


def place(u: Node, index: Index, to: Shape) -> Node:
    """Zeros of shape `to` with `u` where `index` says."""
    return u if index == whole(to) else Place(index, to)(u)


def gather(x: Node, positions: Node, axes: int) -> Node:
    """The entries of the last `axes` axes of `x` at the positions."""
    return Gather(axes)(x, positions)


def scatter(u: Node, positions: Node, to: Shape) -> Node:
    """Zeros of shape `to` with the entries of `u` added at the positions."""
    return Scatter(to)(u, positions)


def section_of(entries: tuple[int | slice, ...], shape: Shape) -> tuple[Index, Shape]:
    """An index in normal form, one entry an axis, and the shape of what it names."""
    if len(entries) > len(shape):
        count = f"{len(entries)} indices" if len(entries) > 1 else "an index"
        axes = "1 axis" if len(shape) == 1 else f"{len(shape)} axes"
        raise ShapeError(f"{count} into {show_shape(shape)}, which has {axes}")
    normal: list[int | Stride] = []
    result: list[int] = []
    for axis, length in enumerate(shape):
        entry = entries[axis] if axis < len(entries) else slice(None)
        if isinstance(length, Size):
            part, selected = _part_of_unknown(entry, length)
            normal.append(part)
            result += [] if isinstance(part, int) else [selected]
        elif isinstance(entry, slice):
            start, stop, step = entry.indices(length)
            selected = len(range(start, stop, step))
            result.append(selected)
            # An empty slice may start before the first entry, which would read as the last.
            normal.append((start, None if stop < 0 else stop, step) if selected else (0, 0, 1))
        elif -length <= entry < length:
            normal.append(entry % length)
        else:
            raise ShapeError(
                f"index {entry} is out of range for axis {axis} of {show_shape(shape)}"
            )
    return tuple(normal), tuple(result)


def _part_of_unknown(entry: int | slice, length: Size) -> tuple[int | Stride, int]:
    """An entry or a stretch of an axis of which only the name of its length is known.

    Raises:
        ShapeError: it is not known that the axis has it.
    """
    problem = ShapeError(f"whether the length {length} reaches so far is not known")
    if isinstance(entry, int):
        place = entry + length if entry < 0 else entry
        if not (is_at_least(place, 0) and is_at_least(length, place + 1)):
            raise problem
        return place, 1
    if entry.step == -1 and entry.start in (None, length - 1) and entry.stop is None:
        return (length - 1, None, -1), length
    if entry.step not in (None, 1):
        raise ShapeError(f"how many steps there are to the length {length} is not known")
    start, stop = entry.start or 0, length if entry.stop is None else entry.stop
    start, stop = (end + length if end < 0 else end for end in (start, stop))
    ordered = (0, start), (start, stop), (stop, length)
    if not all(is_at_least(later, earlier) for earlier, later in ordered):
        raise problem
    return (start, stop, 1), stop - start


def whole(shape: Shape) -> Index:
    """The index that names everything."""
    return tuple([(0, length, 1) for length in shape])


def as_slices(index: Index) -> tuple[int | slice, ...]:
    """An index as Python writes it."""
    return tuple([slice(*entry) if isinstance(entry, tuple) else entry for entry in index])


def _written(entry: int | Stride) -> str:
    """One index entry as the paper language writes it, counted from 0."""
    if isinstance(entry, int):
        return str(entry)
    start, stop, step = entry
    end = "" if stop is None else str(stop)
    return f"{start}:{end}" if step == 1 else f"{start}:{end}:{step}"


OPERATORS["index"] = take
