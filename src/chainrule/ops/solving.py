"""Linear systems and inverses: A x = b is solved, A is never inverted for it.

Source: M. Giles, Collected matrix derivative results for forward and reverse mode algorithmic
differentiation, 2008, section 2.2.
"""

from __future__ import annotations

from typing import Any

from chainrule.errors import ShapeError
from chainrule.graph.node import Kernels, Node, Shape, size_of
from chainrule.jacobians.kinds import LinearMap, Multilinear, Product
from chainrule.ops.broadcasting import as_numbers, broadcast, common_shape
from chainrule.ops.contract import LinearOperation, paper_function, show_shape
from chainrule.ops.contraction import LETTERS, Einsum
from chainrule.ops.matrices import (
    OfMatrices,
    check_square,
    exchange,
    matrix_transpose,
    on_left,
    on_right,
)

__all__ = ["Inverse", "Solve", "divide_left", "divide_right", "inverse", "solve"]


class Solve(OfMatrices, LinearOperation):
    """The x with A x = b, for matrices b; with `vectors`, for vectors b along the last axis.

    The leading axes of b end with those of A; each of the systems is solved by itself.
    """

    name = "solve"
    arity = 2
    latex = r"{0}^{{-1}} {1}"
    derivatives = ("−A⁻¹ ⊗ yᵀ", "A⁻¹")
    sentence = (
        "A change of the right side is solved for; a change dA acts there as −dA times the "
        "solution."
    )
    vectors: bool = False

    def settings(self, inputs: tuple[Node, ...]) -> list[tuple[str, Any]]:
        return [] if len(inputs) > 1 and inputs[1].ndim == 1 else super().settings(inputs)

    def shape(self, *shapes: Shape) -> Shape:
        a, b = shapes
        check_square(self.name, a)
        lead, own = self.split(b)
        stack = a[:-2]
        fits = own and own[0] == a[-1] and lead[max(0, len(lead) - len(stack)) :] == stack
        if not fits:
            raise ShapeError(f"solve: {show_shape(a)} and {show_shape(b)} do not fit as A x = b")
        return b

    def cost(self, *shapes: Shape) -> tuple[int, int]:
        a, b = shapes
        held, products = super().cost(a)
        return held + 2 * size_of(b), products + size_of(b) * a[-1]

    def split(self, b: Shape) -> tuple[Shape, Shape]:
        """The leading axes of b, and the axes of one right side; () if there are too few."""
        at = len(b) - (1 if self.vectors else 2)
        return (b[:at], b[at:]) if at >= 0 else ((), ())

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        a, b = values
        if self.vectors:
            return _solved(k, a, b[..., None])[..., 0]
        return _solved(k, a, b)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        a, b = inputs
        lead, own = self.split(y.shape)
        batch = LETTERS[3 : 3 + len(lead)]
        stack = batch[len(lead) - (a.ndim - 2) :]
        column = "c"[: len(own) - 1]
        product = Einsum((stack + "ab", batch + "b" + column), batch + "a" + column)
        by_b = Multilinear(self, (a, b), 1)
        return Product((by_b, Multilinear(product, (a, -y), 0))), by_b

    def substitute(self, operands: tuple[Node, ...], position: int, tangent: Node) -> Node:
        return self(operands[0], tangent)

    def transposed(self, operands: tuple[Node, ...], position: int, cotangent: Node) -> Node:
        return self(matrix_transpose(operands[0]), cotangent)


def _solved(k: Kernels, a: Any, b: Any) -> Any:
    """The solutions; what b has more leading axes than A counts as more columns."""
    more = b.ndim - a.ndim
    if not more:
        return k.solve(a, b)
    ahead, behind = tuple(range(more)), tuple(range(-more, 0))
    columns = k.moveaxis(b, ahead, behind)
    flat = (*columns.shape[: a.ndim - 1], b.size // max(1, size_of(a.shape[:-1])))
    x = k.solve(a, k.reshape(columns, flat))
    return k.moveaxis(k.reshape(x, columns.shape), behind, ahead)


class Inverse(OfMatrices):
    """The matrix A⁻¹ with A A⁻¹ = I."""

    name = "inverse"
    stacks = True
    aliases = ("inv",)
    text = "inv({0})"
    latex = r"{0}^{{-1}}"
    derivatives = ("−y ⊗ yᵀ",)
    sentence = "The inverse changes by −A⁻¹ dA A⁻¹."

    def shape(self, *shapes: Shape) -> Shape:
        check_square(self.name, shapes[0])
        return shapes[0]

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.inverse(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Product((on_left(-y, y), on_right(y, y))),)


def divide_left(a: Node, like: Node) -> LinearMap:
    """The map X ↦ A⁻¹ X, for X of the shape of `like`."""
    return Multilinear(Solve(), (a, like), 1)


def divide_right(like: Node, a: Node) -> LinearMap:
    """The map X ↦ X A⁻¹ = (A⁻ᵀ Xᵀ)ᵀ, for X of the shape of `like`."""
    turned = matrix_transpose(like)
    solved = divide_left(matrix_transpose(a), turned)
    return Product((exchange(turned.shape), solved, exchange(like.shape)))


@paper_function()
def solve(a: Node, b: Node, *, vectors: bool = False) -> Node:
    """The x with A x = b, for a vector or a matrix b; leading axes of both are broadcast.

    `vectors` takes every row along the last axis of b as a right side.

    Raises:
        ShapeError: A is not square, or b has another number of rows.
    """
    a, b = as_numbers((a, b))
    check_square("solve", a.shape)
    operation = Solve(bool(vectors) or b.ndim == 1)
    lead, own = operation.split(b.shape)
    wider = common_shape(a.shape[:-2], lead)
    if wider is None or not own:
        raise ShapeError(
            f"solve: {show_shape(a.shape)} and {show_shape(b.shape)} do not fit as A x = b"
        )
    if wider != lead:
        b = broadcast(b, to=wider + own)
    stack = wider[len(wider) - len(a.shape[:-2]) :]
    if stack != a.shape[:-2]:
        a = broadcast(a, to=stack + a.shape[-2:])
    return operation(a, b)


@paper_function("inv")
def inverse(a: Node) -> Node:
    """A⁻¹."""
    return Inverse()(*as_numbers((a,)))
