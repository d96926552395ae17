"""Matrices, and stacks of them, along the last two axes: shapes, and products seen as maps."""

from __future__ import annotations

from typing import ClassVar

from chainrule.errors import ShapeError
from chainrule.graph.node import Node, Shape, size_of
from chainrule.jacobians.kinds import Multilinear, Permute
from chainrule.ops.contract import TURN, Operation, show_shape
from chainrule.ops.contraction import LETTERS, Einsum
from chainrule.ops.transposition import permute

__all__ = [
    "OfMatrices",
    "check_matrix",
    "check_square",
    "exchange",
    "exchanged",
    "matrix_transpose",
    "on_left",
    "on_right",
]


class OfMatrices(Operation):
    """Base: on each matrix of a stack it does `effort` times the work of a matrix product."""

    effort: ClassVar[int] = 1

    def cost(self, *shapes: Shape) -> tuple[int, int]:
        """A few copies of the stack, and for each matrix the call and the work."""
        *stack, rows, columns = shapes[0]
        products = self.effort * rows * columns * min(rows, columns)
        return 3 * size_of(shapes[0]), size_of(tuple(stack)) * (TURN + products)


def check_matrix(name: str, shape: Shape) -> None:
    """Raises `ShapeError` unless there are at least two axes."""
    if len(shape) < 2:
        raise ShapeError(f"{name} needs a matrix, or a stack of matrices, not {show_shape(shape)}")


def check_square(name: str, shape: Shape) -> None:
    """Raises `ShapeError` unless the last two axes are of one length."""
    check_matrix(name, shape)
    if shape[-1] != shape[-2]:
        raise ShapeError(
            f"{name} needs a square matrix, and {show_shape(shape)} has "
            f"{shape[-2]} rows and {shape[-1]} columns"
        )


def exchanged(rank: int) -> tuple[int, ...]:
    """The order of `rank` axes in which the last two have changed places.

    >>> exchanged(3)
    (0, 2, 1)
    """
    return (*range(rank - 2), rank - 1, rank - 2)


def matrix_transpose(x: Node) -> Node:
    """Each matrix of a stack transposed."""
    return permute(x, exchanged(x.ndim))


def exchange(shape: Shape) -> Permute:
    """The map X ↦ Xᵀ for matrices of that shape."""
    return Permute(exchanged(len(shape)), shape)


def on_left(factor: Node, like: Node) -> Multilinear:
    """The map X ↦ factor X, for X of the shape of `like`."""
    return Multilinear(_product(factor.ndim), (factor, like), 1)


def on_right(like: Node, factor: Node) -> Multilinear:
    """The map X ↦ X factor, for X of the shape of `like`."""
    return Multilinear(_product(factor.ndim), (like, factor), 0)


def _product(rank: int) -> Einsum:
    """The matrix product, matrix by matrix along equal leading axes."""
    stack = LETTERS[3 : rank + 1]
    return Einsum((stack + "ab", stack + "bc"), stack + "ac")
