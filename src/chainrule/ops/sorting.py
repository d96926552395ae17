"""Sorting, and where entries are along an axis: permutations and selections found on the way."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.errors import ShapeError
from chainrule.graph.node import Kernels, Node, Shape, constant, size_of
from chainrule.graph.sizes import counted
from chainrule.jacobians.kinds import LinearMap, Select
from chainrule.ops.advanced_indexing import positions
from chainrule.ops.along import Along, axis_from_end
from chainrule.ops.contract import paper_function, show_shape

__all__ = ["Sort", "argsort", "positions_along", "sort", "where_largest", "where_smallest"]

WHOLE = np.dtype(np.int64)
COMPARISON = 4  # as many products take its time, about


class Sorting(Along):
    """Base: as many steps for each entry as there are doublings up to their number."""

    def cost(self, *shapes: Shape) -> tuple[int, int]:
        size, length = size_of(shapes[0]), shapes[0][self.axis]
        return 2 * size, size * COMPARISON * length.bit_length()


class Sort(Sorting):
    """The entries along an axis from the smallest to the largest; NaN comes last."""

    name = "sort"
    derivatives = ("1 for the entry that stands there, else 0",)
    sentence = (
        "Sorting only changes places: each entry of the result is a copy of an entry of the input."
    )
    choice = "equal entries keep their order"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.sort(values[0], axis=self.axis, stable=True)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        x = inputs[0]
        return (Select(positions_along(ArgSort(self.axis)(x), self.axis, x.shape), x.shape),)


class IndexAlong(Along):
    """Base: indices along an axis; they have no slope."""

    derivatives = ("0",)
    sentence = (
        "An index is a whole number, which small changes leave as it is: the derivative is zero."
    )

    def dtype(self, *dtypes: np.dtype[Any]) -> np.dtype[Any]:
        return WHOLE


class ArgSort(Sorting, IndexAlong):
    """Where along the axis the entries are that sorting puts first, second …"""

    name = "argsort"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.argsort(values[0], axis=self.axis, stable=True)


class WhereLargest(IndexAlong):
    """Where along the axis the first largest entry is, as NumPy's argmax counts."""

    name = "where_largest"

    def shape(self, *shapes: Shape) -> Shape:
        axis = self.axis % len(shapes[0])
        return shapes[0][:axis] + shapes[0][axis + 1 :]

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.argmax(values[0], axis=self.axis)


class WhereSmallest(WhereLargest):
    """Where along the axis the first smallest entry is, as NumPy's argmin counts."""

    name = "where_smallest"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.argmin(values[0], axis=self.axis)


@paper_function()
def sort(x: Node, *, axis: int = -1) -> Node:
    """The entries along an axis, the last by default, from the smallest to the largest."""
    return Sort(axis_from_end(axis, x.shape))(x)


@paper_function()
def argsort(x: Node, *, axis: int = -1) -> Node:
    """Where along the axis the entries are that sorting puts first, second …"""
    return ArgSort(axis_from_end(axis, x.shape))(x)


@paper_function()
def where_largest(x: Node, *, axis: int = -1) -> Node:
    """Where along the axis the first largest entry is, counted from 0."""
    return WhereLargest(_filled_axis("where_largest", axis, x.shape))(x)


@paper_function()
def where_smallest(x: Node, *, axis: int = -1) -> Node:
    """Where along the axis the first smallest entry is, counted from 0."""
    return WhereSmallest(_filled_axis("where_smallest", axis, x.shape))(x)


def positions_along(index: Node, axis: int, shape: Shape) -> Node:
    """Indices along an axis of an array of that shape, as positions counted row by row in it."""
    if len(shape) == 1:
        return index
    grid: list[Any] = list(np.ogrid[tuple(slice(counted(length)) for length in shape)])
    indices = [constant(places, WHOLE) for places in grid]
    indices[axis] = index
    return positions(*indices, of=shape)


def _filled_axis(name: str, axis: int, shape: Shape) -> int:
    place = axis_from_end(axis, shape)
    if shape[place] == 0:
        raise ShapeError(f"{name} needs at least one entry, not {show_shape(shape)}")
    return place
