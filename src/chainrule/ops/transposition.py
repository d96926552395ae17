"""Axes in another order."""

from __future__ import annotations

from typing import Any

from chainrule.errors import ShapeError
from chainrule.graph.node import Kernels, Node, Shape
from chainrule.jacobians.kinds import LinearMap, Permute
from chainrule.ops.contract import Operation, paper_function, show_shape

__all__ = ["Transpose", "counted", "moveaxis", "permute", "transpose"]


Axes = tuple[int, ...]


class Transpose(Operation):
    """Result axis i is input axis `axes[i]`."""

    name = "transpose"
    linear = True
    precedence = "postfix"
    text = "{0}ᵀ"
    latex = r"{0}^{{\top}}"
    derivatives = ("1 at the transposed place, else 0",)
    sentence = "Every entry keeps its value and changes its place."
    axes: tuple[int, ...]

    @property
    def reverses(self) -> bool:
        """Whether this is the plain ᵀ."""
        return self.axes == tuple(reversed(range(len(self.axes))))

    def settings(self, inputs: tuple[Node, ...]) -> list[tuple[str, Any]]:
        return [] if self.reverses else [("axes", self.axes)]

    def shape(self, *shapes: Shape) -> Shape:
        return tuple(shapes[0][axis] for axis in self.axes)

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.transpose(values[0], self.axes)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Permute(self.axes, inputs[0].shape),)


@paper_function()
def transpose(x: Node, *, axes: tuple[int, ...] | None = None) -> Node:
    """xᵀ: the axes reversed, or in the order given.  A vector's transpose is the vector.

    Raises:
        ShapeError: `axes` is not an order of the axes.
    """
    order = tuple(reversed(range(x.ndim))) if axes is None else axes
    if sorted(order) != list(range(x.ndim)):
        raise ShapeError(
            f"{list(order)} is not an order of the {x.ndim} axes of {show_shape(x.shape)}"
        )
    return Transpose(order)(x)


def permute(x: Node, axes: tuple[int, ...]) -> Node:
    """The axes in that order; a transpose of a transpose is one, or none at all."""
    while isinstance(x.operation, Transpose) and not x.distinct:
        inner = x.operation.axes
        x, axes = x.inputs[0], tuple(inner[axis] for axis in axes)
    return x if axes == tuple(range(x.ndim)) else Transpose(axes)(x)


@paper_function()
def moveaxis(x: Node, *, axis: Axes, to: Axes) -> Node:
    """The axes moved to the places `to`, one for each; the others keep their order.

    Raises:
        ShapeError: an axis does not exist, or there are more axes than places.
    """
    source, places = counted(axis, x.ndim, x.shape), counted(to, x.ndim, x.shape)
    if len(source) != len(places):
        raise ShapeError(f"{len(source)} axes are moved to {len(places)} places")
    order = [at for at in range(x.ndim) if at not in source]
    for place, at in sorted(zip(places, source, strict=True)):
        order.insert(place, at)
    return permute(x, tuple(order))


def counted(axes: Axes, rank: int, shape: Shape) -> Axes:
    """Axes of an array with `rank` of them, counted from 0, in the order given.

    Raises:
        ShapeError: one does not exist or is named twice; the message shows `shape`.
    """
    for axis in axes:
        if not -rank <= axis < rank:
            raise ShapeError(f"axis {axis} does not exist in {show_shape(shape)}")
    found = tuple(axis % rank for axis in axes)
    if len(set(found)) < len(found):
        raise ShapeError(f"an axis is named twice in {list(axes)}")
    return found
