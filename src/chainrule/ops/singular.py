"""The singular value decomposition A = U diag(s) Vᵀ, and the pseudoinverse.

Sources: J. Townsend, Differentiating the singular value decomposition, 2016; G. Golub, V. Pereyra,
The differentiation of pseudo-inverses and nonlinear least squares problems whose variables
separate, SIAM Journal on Numerical Analysis 10 (1973), 413-432.
"""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Kernels, Node, Shape
from chainrule.graph.sizes import smallest
from chainrule.jacobians.kinds import Diagonal, Identity, LinearMap, Multilinear, Product, Sum
from chainrule.ops.broadcasting import as_numbers, broadcast
from chainrule.ops.contract import paper_function, paper_operation
from chainrule.ops.diagonals import TakeDiagonal
from chainrule.ops.factorization import reciprocal_gaps
from chainrule.ops.linear import matmul
from chainrule.ops.making import eye
from chainrule.ops.matrices import (
    OfMatrices,
    check_matrix,
    exchange,
    matrix_transpose,
    on_left,
    on_right,
)
from chainrule.ops.reduction import spread

__all__ = ["pinv", "svd", "svdvals"]


class OfMatrix(OfMatrices):
    """Base: of matrices of any shape, of which the smaller side counts."""

    effort = 10

    stacks = True

    def side(self, shape: Shape) -> int:
        """The length of the smaller side."""
        check_matrix(self.name, shape)
        return smallest(*shape[-2:])


class SingularValues(OfMatrix):
    """The singular values, largest first."""

    name = "svdvals"
    derivatives = ("u_i v_j of the singular vectors u and v",)
    sentence = "A singular value changes by uᵀ dA v, where u and v are its singular vectors."
    choice = "a singular value of 0 changes with the vectors that were computed for it"

    def shape(self, *shapes: Shape) -> Shape:
        return (*shapes[0][:-2], self.side(shapes[0]))

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.svd(values[0])[1]

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        a = inputs[0]
        u, v = LeftVectors()(a), RightVectors()(a)
        entries = Multilinear(TakeDiagonal(), (matmul(matrix_transpose(u), u),), 0)
        return (Product((entries, on_left(matrix_transpose(u), u), on_right(a, v))),)


class SingularVectors(OfMatrix):
    """Base of both sides.

    dU = U (F ⊙ (P + Pᵀ)) + (I − U Uᵀ) dA V S⁻¹ with P = Uᵀ dA V S and F_ij = 1/(s_j² − s_i²).
    For V the matrix is turned round.
    """

    sentence = "Each singular vector turns towards the others, and out of the space that they span."
    choice = (
        "singular vectors of equal singular values do not turn towards each other; where a value "
        "is 0, those of the longer side have infinite derivatives"
    )

    def moved(self, a: Node, u: Node, v: Node, s: Node) -> LinearMap:
        """How the left vectors `u` of `a` move with it."""
        rank = u.ndim
        like = matmul(matrix_transpose(u), u)
        scaled = Diagonal(spread(s, (rank - 2,), like.shape))
        both = Sum((Identity(like.shape), exchange(like.shape)))
        inner = on_left(matrix_transpose(u), u)
        turned: LinearMap = Product(
            (on_left(u, like), Diagonal(reciprocal_gaps(s**2)), both, scaled, inner)
        )
        if u.shape[-2] > u.shape[-1]:  # there are directions that the columns of U leave
            outside = Sum((Identity(u.shape), Product((on_left(-u, like), inner))))
            divided = Diagonal(1 / spread(s, (rank - 2,), u.shape))
            turned = Sum((turned, Product((outside, divided))))
        return Product((turned, on_right(a, v)))


class LeftVectors(SingularVectors):
    """U: the left singular vectors as columns."""

    name = "svd_u"
    derivatives = ("dA ↦ U (F ⊙ (P + Pᵀ)) + (I − U Uᵀ) dA V S⁻¹, P = Uᵀ dA V S",)

    def shape(self, *shapes: Shape) -> Shape:
        side = self.side(shapes[0])
        return (*shapes[0][:-1], side)

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.svd(values[0])[0]

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        a = inputs[0]
        return (self.moved(a, y, RightVectors()(a), SingularValues()(a)),)


class RightVectors(SingularVectors):
    """V: the right singular vectors as columns."""

    name = "svd_v"
    derivatives = ("dA ↦ V (F ⊙ (P + Pᵀ)) + (I − V Vᵀ) dAᵀ U S⁻¹, P = Vᵀ dAᵀ U S",)

    def shape(self, *shapes: Shape) -> Shape:
        side = self.side(shapes[0])
        return (*shapes[0][:-2], shapes[0][-1], side)

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.swapaxes(k.svd(values[0])[2], -1, -2)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        a = inputs[0]
        turned = matrix_transpose(a)
        by_turned = self.moved(turned, y, LeftVectors()(a), SingularValues()(a))
        return (Product((by_turned, exchange(a.shape))),)


class PseudoInverse(OfMatrix):
    """A⁺, which makes A⁺ b the smallest of the x that bring A x nearest to b.

    dA⁺ = −A⁺ dA A⁺ + A⁺ A⁺ᵀ dAᵀ (I − A A⁺) + (I − A⁺ A) dAᵀ A⁺ᵀ A⁺, as long as the rank stays.
    """

    name = "pinv"
    latex = r"{0}^{{+}}"
    derivatives = ("dA ↦ −y dA y + y yᵀ dAᵀ (I − A y) + (I − y A) dAᵀ yᵀ y",)
    sentence = (
        "It changes by −A⁺ dA A⁺, as an inverse does, and by terms outside the ranges of A and Aᵀ."
    )
    choice = "where the rank of A changes there is no derivative; the rank is assumed to stay"

    def shape(self, *shapes: Shape) -> Shape:
        self.side(shapes[0])
        return (*shapes[0][:-2], shapes[0][-1], shapes[0][-2])

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        u, s, vt = k.svd(values[0])
        negligible = s <= 1e-15 * k.max(s, axis=-1, keepdims=True, initial=0)  # as NumPy has it
        inverted = k.where(negligible, 0, 1 / k.where(negligible, 1, s))
        return k.swapaxes(vt, -1, -2) @ (inverted[..., None] * k.swapaxes(u, -1, -2))

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        a = inputs[0]
        yt = matrix_transpose(y)
        rows, columns = matmul(a, y), matmul(y, a)
        inside = Product((on_left(-y, rows), on_right(a, y)))
        below = Product((on_left(matmul(y, yt), y), on_right(y, _rest(rows))))
        beside = Product((on_left(_rest(columns), y), on_right(y, matmul(yt, y))))
        return (Sum((inside, Product((Sum((below, beside)), exchange(a.shape))))),)


def _rest(projection: Node) -> Node:
    """I − P."""
    return broadcast(eye(projection.shape[-1], projection.dtype), to=projection.shape) - projection


for _one in (LeftVectors, RightVectors):
    paper_operation(_one())


@paper_function()
def svdvals(a: Node) -> Node:
    """The singular values of a matrix, largest first."""
    return SingularValues()(*as_numbers((a,)))


@paper_function()
def pinv(a: Node) -> Node:
    """The pseudoinverse A⁺."""
    return PseudoInverse()(*as_numbers((a,)))


def svd(a: Node) -> tuple[Node, Node, Node]:
    """U, the singular values and Vᵀ; U and V have as many columns as there are values."""
    (a,) = as_numbers((a,))
    return LeftVectors()(a), SingularValues()(a), matrix_transpose(RightVectors()(a))
