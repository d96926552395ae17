"""Diagonals, triangles and traces of matrices, along the last two axes."""

from __future__ import annotations

from typing import Any

from chainrule.errors import ShapeError
from chainrule.graph.node import Kernels, Node, Shape
from chainrule.graph.sizes import Size, smallest
from chainrule.jacobians.kinds import LinearMap, Multilinear
from chainrule.ops.broadcasting import as_numbers
from chainrule.ops.contract import (
    Composite,
    LinearOperation,
    Operation,
    paper_function,
    paper_settings,
    show_shape,
)
from chainrule.ops.matrices import check_matrix
from chainrule.ops.reduction import normal_axes, sum_
from chainrule.ops.transposition import permute

__all__ = [
    "PlaceDiagonal",
    "TakeDiagonal",
    "Tril",
    "Triu",
    "diag",
    "diagonal",
    "tr",
    "trace",
    "tril",
    "triu",
]


class Linear(LinearOperation):
    """Base: linear in its one input, and the same for every matrix of a stack."""

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Multilinear(self, inputs, 0),)

    def substitute(self, operands: tuple[Node, ...], position: int, tangent: Node) -> Node:
        return self(tangent)


class Triangle(Linear):
    """Base: what lies outside the triangle becomes zero."""

    derivatives = ("1 inside the triangle, else 0",)
    sentence = "Only the entries inside the triangle count."
    offset: int = 0

    def shape(self, *shapes: Shape) -> Shape:
        check_matrix(self.name, shapes[0])
        return shapes[0]

    def transposed(self, operands: tuple[Node, ...], position: int, cotangent: Node) -> Node:
        return self(cotangent)


class Tril(Triangle):
    """The lower triangle: the diagonal (the one `offset` above it) and what is below."""

    name = "tril"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.tril(values[0], self.offset)


class Triu(Triangle):
    """The upper triangle: the diagonal (the one `offset` above it) and what is above."""

    name = "triu"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.triu(values[0], self.offset)


class TakeDiagonal(Linear):
    """The diagonal, or the one `offset` above it."""

    name = "diagonal"
    derivatives = ("1 on the diagonal, else 0",)
    sentence = "Only the entries on the diagonal count."
    offset: int = 0

    def shape(self, *shapes: Shape) -> Shape:
        check_matrix(self.name, shapes[0])
        *lead, rows, columns = shapes[0]
        return (*lead, diagonal_length(rows, columns, self.offset))

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        rows, columns = values[0].shape[-2:]
        return k.diagonal(values[0], within_matrix(rows, columns, self.offset), -2, -1)

    def transposed(self, operands: tuple[Node, ...], position: int, cotangent: Node) -> Node:
        return PlaceDiagonal(operands[0].shape[-2:], self.offset)(cotangent)


class PlaceDiagonal(Linear):
    """A matrix of shape `to` with the entries on its diagonal, and zeros elsewhere."""

    name = "place_diagonal"
    text = "diag({0})"
    latex = r"\operatorname{{diag}}\left({0}\right)"
    derivatives = ("1 on the diagonal, else 0",)
    sentence = "Each entry affects only its own place on the diagonal."
    to: Shape
    offset: int = 0

    def settings(self, inputs: tuple[Node, ...]) -> list[tuple[str, Any]]:
        """None for the square matrix with a vector on its diagonal: diag(x) says it all."""
        plain = self.offset == 0 and [node.shape * 2 for node in inputs] == [self.to]
        return [] if plain and inputs[0].ndim == 1 else super().settings(inputs)

    def shape(self, *shapes: Shape) -> Shape:
        if len(self.to) != 2:
            raise ShapeError(f"place_diagonal makes a matrix, not {show_shape(self.to)}")
        length = diagonal_length(*self.to, self.offset)
        if not shapes[0] or shapes[0][-1] != length:
            raise ShapeError(
                f"that diagonal of {show_shape(self.to)} has {length} entries; "
                f"{show_shape(shapes[0])} does not fit"
            )
        return shapes[0][:-1] + self.to

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        entries = values[0]
        rows, columns = self.to
        offset = within_matrix(rows, columns, self.offset)
        first = -offset * columns if offset < 0 else offset
        positions = first + (columns + 1) * k.arange(entries.shape[-1])
        flat = k.scatter_add(entries, positions, rows * columns)
        return k.reshape(flat, entries.shape[:-1] + self.to)

    def transposed(self, operands: tuple[Node, ...], position: int, cotangent: Node) -> Node:
        return TakeDiagonal(self.offset)(cotangent)


class Trace(Composite):
    """The sum of the diagonal, or of the one `offset` above it."""

    name = "trace"
    latex = r"\operatorname{{tr}} {0}"
    derivatives = ("the identity matrix",)
    sentence = "A trace changes one for one with each entry on the diagonal."
    offset: int = 0

    def body(self, *inputs: Node) -> Node:
        entries = TakeDiagonal(self.offset)(inputs[0])
        return sum_(entries, axis=entries.ndim - 1)


for one in (Tril, Triu, TakeDiagonal, PlaceDiagonal, Trace):
    paper_settings(one)


def diagonal_length(rows: int, columns: int, offset: int) -> int:
    """How many entries a diagonal has.

    >>> diagonal_length(2, 3, 0), diagonal_length(2, 3, 2), diagonal_length(2, 3, -5)
    (2, 1, 0)
    """
    least = smallest(rows + min(offset, 0), columns - max(offset, 0))
    return least if isinstance(least, Size) else max(0, least)


def within_matrix(rows: int, columns: int, offset: int) -> int:
    """The offset of a diagonal; of one that lies outside, the nearest outside.

    >>> within_matrix(2, 3, 1), within_matrix(2, 3, -(10**20))
    (1, -2)
    """
    return max(-rows, min(offset, columns))


def tril(x: Node, offset: int = 0) -> Node:
    """The lower triangle of each matrix."""
    return _numeric(Tril(offset), x)


def triu(x: Node, offset: int = 0) -> Node:
    """The upper triangle of each matrix."""
    return _numeric(Triu(offset), x)


def diagonal(x: Node, offset: int = 0, axis1: int = -2, axis2: int = -1) -> Node:
    """The diagonal of the two axes, as a new last axis; the last two axes by default."""
    return TakeDiagonal(offset)(_to_the_end(x, axis1, axis2))


def trace(x: Node, offset: int = 0, axis1: int = -2, axis2: int = -1) -> Node:
    """The sum of the diagonal of the two axes, the last two by default."""
    return _numeric(Trace(offset), _to_the_end(x, axis1, axis2))


@paper_function()
def tr(x: Node, *, offset: int = 0) -> Node:
    """tr A: the trace, as a textbook writes it."""
    return trace(x, offset)


@paper_function()
def diag(x: Node, *, offset: int = 0) -> Node:
    """The matrix with the vector `x` on its diagonal, or the diagonal of the matrix `x`.

    Raises:
        ShapeError: `x` is neither a vector nor a matrix.
    """
    if x.ndim not in (1, 2):
        raise ShapeError(f"diag takes a vector or a matrix, not {show_shape(x.shape)}")
    if x.ndim == 2:
        return TakeDiagonal(offset)(x)
    size = x.size + abs(offset)
    return _numeric(PlaceDiagonal((size, size), offset), x)


def _numeric(operation: Operation, x: Node) -> Node:
    return operation(*as_numbers((x,)))


def _to_the_end(x: Node, axis1: int, axis2: int) -> Node:
    """The two axes as the last ones, in that order.

    Raises:
        ShapeError: there is no such axis, or they are the same one.
    """
    check_matrix("a diagonal", x.shape)
    normal_axes((axis1, axis2), x.shape)
    last = axis1 % x.ndim, axis2 % x.ndim
    return permute(x, (*(axis for axis in range(x.ndim) if axis not in last), *last))
