"""Sums, means, maxima and minima over axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.errors import ShapeError
from chainrule.graph.node import FLOAT, Kernels, Node, Shape, size_of
from chainrule.jacobians.kinds import LinearMap, Product, Reshape, Select, SumOver
from chainrule.ops.broadcasting import Cast, broadcast, cast, reshape
from chainrule.ops.choice import maximum, minimum
from chainrule.ops.contract import Composite, Operation, paper_function, show_shape
from chainrule.ops.transposition import permute

__all__ = [
    "Axes",
    "as_rows",
    "filled_axes",
    "from_rows",
    "max_",
    "mean",
    "measured",
    "min_",
    "normal_axes",
    "spread",
    "sum_",
]

Axes = tuple[int, ...]


class Reduction(Operation):
    """Base: the axes go, or stay with length 1."""

    stacks = True
    axis: Axes
    keepdims: bool = False

    def shape(self, *shapes: Shape) -> Shape:
        return reduced_shape(shapes[0], self.axis, self.keepdims)

    def settings(self, inputs: tuple[Node, ...]) -> list[tuple[str, Any]]:
        """The axis is left out where it is every one, and is a number where it is a single one."""
        everything = len(self.axis) == inputs[0].ndim
        axis = self.axis[0] if len(self.axis) == 1 else self.axis
        written = dict(super().settings(inputs)) | {"axis": axis}
        return [
            (name, value) for name, value in written.items() if name != "axis" or not everything
        ]


class Sum(Reduction):
    """Σ x over the axes."""

    name = "sum"
    latex = r"\sum {0}"
    derivatives = ("1 for every entry that is summed",)
    sentence = "A sum changes one for one with each entry that it adds: every derivative is 1."

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.sum(values[0], axis=self.axis, keepdims=self.keepdims)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (SumOver(self.axis, inputs[0].shape, y.shape),)


class Mean(Reduction, Composite):
    """The sum over the axes, divided by how many entries were summed."""

    name = "mean"
    derivatives = ("1/n for each of the n entries",)
    sentence = "The derivative of a mean with respect to each of its n entries is 1/n."

    def body(self, *inputs: Node) -> Node:
        x = inputs[0]
        count = size_of(tuple(x.shape[axis] for axis in self.axis))
        return Sum(self.axis, self.keepdims)(x) / count


class Extreme(Reduction):
    """Base of max and min: the first extreme entry counts."""

    sentence = "Only the entry that is chosen counts."
    choice = "at a tie the first one, row by row, counts"
    derivatives = ("1 for the chosen entry, else 0",)

    def positions(self, x: Node) -> Node:
        """Where the chosen entries are."""
        raise NotImplementedError

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        x = inputs[0]
        chosen = Select(self.positions(x), x.shape)
        if chosen.output_shape == y.shape:
            return (chosen,)
        return (Product((Reshape(y.shape, chosen.output_shape), chosen)),)


class Max(Extreme):
    """The largest entry over the axes."""

    name = "max"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.max(values[0], axis=self.axis, keepdims=self.keepdims)

    def positions(self, x: Node) -> Node:
        return ArgMax(self.axis)(x)


class Min(Extreme):
    """The smallest entry over the axes."""

    name = "min"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.min(values[0], axis=self.axis, keepdims=self.keepdims)

    def positions(self, x: Node) -> Node:
        return ArgMax(self.axis)(-x)


class ArgMax(Operation):
    """Where the first largest entries over the axes are, counted row by row in the whole array."""

    name = "argmax"
    derivatives = ("0",)
    sentence = (
        "A position is a whole number, which small changes leave as it is: the derivative is zero."
    )
    axis: Axes

    def shape(self, *shapes: Shape) -> Shape:
        return reduced_shape(shapes[0], self.axis, False)

    def dtype(self, *dtypes: np.dtype[Any]) -> np.dtype[Any]:
        return np.dtype(np.int64)

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        x = values[0]
        kept = tuple(axis for axis in range(x.ndim) if axis not in self.axis)
        outer = tuple(x.shape[axis] for axis in kept)
        rows_shape = (*outer, size_of(tuple(x.shape[axis] for axis in self.axis)))
        places = k.arange(x.size).reshape(x.shape).transpose(kept + self.axis)
        rows = k.transpose(x, kept + self.axis).reshape(rows_shape)
        best = k.argmax(rows, axis=-1)
        return k.take_along_axis(places.reshape(rows_shape), best[..., None], axis=-1)[..., 0]


@paper_function("Σ")
def sum_(x: Node, *, axis: int | Axes | None = None, keepdims: bool = False) -> Node:
    """Σ x over the axes, all by default."""
    number = Cast()(x) if x.dtype.kind == "b" else x
    return Sum(normal_axes(axis, x.shape), bool(keepdims))(number)


@paper_function()
def mean(x: Node, *, axis: int | Axes | None = None, keepdims: bool = False) -> Node:
    """The mean over the axes, all by default."""
    return Mean(normal_axes(axis, x.shape), bool(keepdims))(measured(x))


@paper_function()
def max_(
    x: Node, other: Node | None = None, *, axis: int | Axes | None = None, keepdims: bool = False
) -> Node:
    """The largest entry over the axes; of two arguments the larger, entry by entry."""
    if other is not None:
        return maximum(x, other)
    return Max(filled_axes("max", axis, x.shape), bool(keepdims))(x)


@paper_function()
def min_(
    x: Node, other: Node | None = None, *, axis: int | Axes | None = None, keepdims: bool = False
) -> Node:
    """The smallest entry over the axes; of two arguments the smaller, entry by entry."""
    if other is not None:
        return minimum(x, other)
    return Min(filled_axes("min", axis, x.shape), bool(keepdims))(x)


@paper_function()
def argmax(x: Node, *, axis: int | Axes | None = None) -> Node:
    """Where the first largest entries over the axes are, counted row by row in all of `x`."""
    return ArgMax(filled_axes("argmax", axis, x.shape))(x)


def normal_axes(axis: int | Axes | None, shape: Shape) -> Axes:
    """The axes in order, counted from 0; None is all of them.

    Raises:
        ShapeError: an axis is out of range or named twice.
    """
    rank = len(shape)
    wanted = tuple(range(rank)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    for one in wanted:
        if not -rank <= one < rank:
            raise ShapeError(f"axis {one} does not exist in {show_shape(shape)}")
    axes = tuple(sorted(one % rank for one in wanted))
    if len(set(axes)) < len(axes):
        raise ShapeError(f"an axis is named twice in {list(wanted)}")
    return axes


def reduced_shape(shape: Shape, axes: Axes, keepdims: bool) -> Shape:
    """The shape when the axes are summed away, or kept with length 1."""
    if keepdims:
        return tuple(1 if axis in axes else n for axis, n in enumerate(shape))
    return tuple(n for axis, n in enumerate(shape) if axis not in axes)


def spread(y: Node, axes: Axes, shape: Shape) -> Node:
    """A reduced value, repeated along the axes it was reduced over."""
    kept = y if y.shape == () else reshape(y, to=reduced_shape(shape, axes, True))
    return broadcast(kept, to=shape)


def measured(x: Node) -> Node:
    """Whole numbers and truth values as numbers that can have a slope."""
    return x if x.dtype.kind == "f" else cast(x, FLOAT)


def as_rows(x: Node, axes: Axes) -> Node:
    """`x` with those axes last and laid out as one: each row is what is reduced to one entry."""
    order = _kept(x.shape, axes) + axes
    ahead = permute(x, order)
    rows = size_of(tuple(x.shape[axis] for axis in axes))
    return reshape(ahead, to=(*ahead.shape[: x.ndim - len(axes)], rows))


def from_rows(rows: Node, axes: Axes, shape: Shape) -> Node:
    """The inverse of `as_rows`, for an array of that shape."""
    order = _kept(shape, axes) + axes
    ahead = reshape(rows, to=tuple(shape[axis] for axis in order))
    return permute(ahead, tuple(order.index(axis) for axis in range(len(shape))))


def _kept(shape: Shape, axes: Axes) -> Axes:
    return tuple(axis for axis in range(len(shape)) if axis not in axes)


def filled_axes(name: str, axis: int | Axes | None, shape: Shape) -> Axes:
    axes = normal_axes(axis, shape)
    if any(shape[one] == 0 for one in axes):
        raise ShapeError(f"{name} needs at least one entry, not {show_shape(shape)}")
    return axes
