"""Joining arrays: concatenate, stack.  (Reshaping is in `chainrule.ops.broadcasting`.)"""

from __future__ import annotations

from typing import Any

from chainrule.errors import ShapeError
from chainrule.graph.node import Kernels, Node, Shape
from chainrule.jacobians.kinds import LinearMap, Section, Transposed
from chainrule.ops.broadcasting import reshape
from chainrule.ops.contract import Operation, paper_function, show_shape
from chainrule.ops.indexing import section_of

__all__ = ["concatenate", "hcat", "ravel", "stack", "vcat"]


class Concatenate(Operation):
    """Arrays one after the other along an axis they have."""

    name = "concatenate"
    derivatives = ("1 at the place it is put, else 0",)
    sentence = "Each part counts where it was put."
    axis: int

    def shape(self, *shapes: Shape) -> Shape:
        first = shapes[0]
        for shape in shapes[1:]:
            if len(shape) != len(first) or any(
                a != b
                for axis, (a, b) in enumerate(zip(first, shape, strict=True))
                if axis != self.axis
            ):
                found = f"{show_shape(first)} and {show_shape(shape)}"
                raise ShapeError(f"{found} cannot be joined along axis {self.axis}")
        total = sum(shape[self.axis] for shape in shapes)
        return (*first[: self.axis], total, *first[self.axis + 1 :])

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.concatenate(values, axis=self.axis)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        maps: list[LinearMap] = []
        start = 0
        for part in inputs:
            stop = start + part.shape[self.axis]
            entries = (slice(None),) * self.axis + (slice(start, stop),)
            maps.append(Transposed(Section(section_of(entries, y.shape)[0], y.shape, part.shape)))
            start = stop
        return tuple(maps)


class Stack(Operation):
    """Arrays of one shape along a new axis; brackets around expressions mean this."""

    name = "stack"
    text = "[*]"
    derivatives = ("1 at the place it is put, else 0",)
    sentence = "Each part counts where it was put."
    axis: int = 0

    def shape(self, *shapes: Shape) -> Shape:
        for shape in shapes[1:]:
            if shape != shapes[0]:
                raise ShapeError(
                    "brackets stack parts of one shape, and "
                    f"{show_shape(shapes[0])} and {show_shape(shape)} differ; "
                    "concatenate(a, b) joins a longer and a shorter vector"
                )
        return (*shapes[0][: self.axis], len(shapes), *shapes[0][self.axis :])

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.stack(values, axis=self.axis)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        lead = (slice(None),) * self.axis
        return tuple(
            Transposed(Section(section_of((*lead, at), y.shape)[0], y.shape, part.shape))
            for at, part in enumerate(inputs)
        )


@paper_function("concat")
def concatenate(*parts: Node, axis: int = 0) -> Node:
    """The parts one after the other; a number counts as a vector of one entry.

    Raises:
        ShapeError: no parts, or their other axes differ.
    """
    if not parts:
        raise ShapeError("concatenate needs at least one part")
    whole = [reshape(part, to=(1,)) if part.shape == () else part for part in parts]
    if not -whole[0].ndim <= axis < whole[0].ndim:
        raise ShapeError(f"axis {axis} does not exist in {show_shape(whole[0].shape)}")
    return Concatenate(axis % whole[0].ndim)(*whole)


@paper_function()
def stack(*parts: Node, axis: int = 0) -> Node:
    """Parts of one shape along a new axis.

    Raises:
        ShapeError: no parts, or their shapes differ.
    """
    if not parts:
        raise ShapeError("stack needs at least one part")
    rank = parts[0].ndim + 1
    if not -rank <= axis < rank:
        raise ShapeError(
            f"axis {axis} does not exist when {show_shape(parts[0].shape)} are stacked"
        )
    return Stack(axis % rank)(*parts)


@paper_function()
def hcat(*parts: Node) -> Node:
    """Matrices side by side; a vector is a column."""
    columns = [reshape(p, to=(*p.shape, 1)) if p.ndim == 1 else p for p in parts]
    return concatenate(*columns, axis=1)


@paper_function()
def vcat(*parts: Node) -> Node:
    """Matrices one below the other; a vector is a row."""
    rows = [reshape(p, to=(1, *p.shape)) if p.ndim == 1 else p for p in parts]
    return concatenate(*rows, axis=0)


@paper_function("vec", "flatten")
def ravel(x: Node) -> Node:
    """All entries, row by row, as a vector."""
    return reshape(x, to=(x.size,))
