"""What operations along one axis share: the axis, and entries moved along it."""

from __future__ import annotations

from typing import Any

from chainrule.errors import ShapeError
from chainrule.graph.node import Node, Shape
from chainrule.ops.algebra import number
from chainrule.ops.contract import Operation, show_shape
from chainrule.ops.indexing import take
from chainrule.ops.shaping import concatenate

__all__ = ["Along", "advanced", "axis_from_end", "delayed", "flipped", "part"]


class Along(Operation):
    """Base: acts along one axis and keeps the shape.

    The axis is counted from the end, because the leading axes of a tangent are a batch; it is
    written as one counts, from the front.
    """

    stacks = True
    axis: int

    def shape(self, *shapes: Shape) -> Shape:
        for shape in shapes[1:]:
            if shape != shapes[0]:
                found = " and ".join(map(show_shape, shapes))
                raise ShapeError(f"{self.name} needs arrays of one shape, not {found}")
        return shapes[0]

    def settings(self, inputs: tuple[Node, ...]) -> list[tuple[str, Any]]:
        rank = inputs[0].ndim
        rest = [(name, value) for name, value in super().settings(inputs) if name != "axis"]
        return rest if rank == 1 else [("axis", self.axis + rank), *rest]


def axis_from_end(axis: Any, shape: Shape) -> int:
    """The axis, a whole number, counted from the end: -1 is the last.

    >>> axis_from_end(0, (2, 3)), axis_from_end(-1, (2, 3))
    (-2, -1)

    Raises:
        ShapeError: there is no such axis.
    """
    rank = len(shape)
    if not isinstance(axis, int) or not -rank <= axis < rank:
        raise ShapeError(f"axis {axis} does not exist in {show_shape(shape)}")
    return int(axis) % rank - rank


def part(x: Node, axis: int, entries: slice) -> Node:
    """A slice along the axis, which is counted from the end."""
    return take(x, (..., entries, *[slice(None)] * (-axis - 1)))


def flipped(x: Node, axis: int) -> Node:
    """The entries along the axis in the opposite order."""
    return part(x, axis, slice(None, None, -1))


def delayed(x: Node, axis: int, first: float) -> Node:
    """first, x_0, x_1 …: each entry one place later, the last one dropped."""
    if x.shape[axis] == 0:
        return x
    start = number(first, part(x, axis, slice(0, 1)))
    return concatenate(start, part(x, axis, slice(0, -1)), axis=axis)


def advanced(x: Node, axis: int, last: float) -> Node:
    """x_1, x_2 … last: each entry one place earlier, the first one dropped."""
    if x.shape[axis] == 0:
        return x
    end = number(last, part(x, axis, slice(0, 1)))
    return concatenate(part(x, axis, slice(1, None)), end, axis=axis)
