"""Cholesky, QR and the eigenvalues and eigenvectors of symmetric matrices.

What is factorized is what NumPy reads.  Of a symmetric matrix that is one triangle: A stands for
tril(A) + tril(A, −1)ᵀ, and only entries of that triangle move the result.  (JAX and PyTorch
spread the same gradient over both triangles; along symmetric matrices the two agree.)

Sources: I. Murray, Differentiation of the Cholesky decomposition, 2016; S. Walter, L. Lehmann,
Algorithmic differentiation of linear algebra functions, 2010; M. Giles, Collected matrix
derivative results for forward and reverse mode algorithmic differentiation, 2008, section 3.1.
"""

from __future__ import annotations

from typing import Any

from chainrule.errors import ShapeError
from chainrule.graph.node import Kernels, Node, Shape
from chainrule.graph.sizes import smallest
from chainrule.jacobians.kinds import (
    Diagonal,
    Identity,
    LinearMap,
    Multilinear,
    Product,
    Sum,
    SumOver,
    Transposed,
)
from chainrule.ops.algebra import number
from chainrule.ops.broadcasting import as_numbers
from chainrule.ops.contract import (
    Operation,
    paper_function,
    paper_operation,
    paper_settings,
    show_shape,
)
from chainrule.ops.diagonals import TakeDiagonal
from chainrule.ops.indexing import take
from chainrule.ops.linear import matmul
from chainrule.ops.matrices import (
    OfMatrices,
    check_matrix,
    check_square,
    exchange,
    matrix_transpose,
    on_left,
    on_right,
)
from chainrule.ops.shaping import concatenate
from chainrule.ops.solving import divide_left, divide_right
from chainrule.ops.triangles import Folded, LowerHalf, Mirrored

__all__ = ["cholesky", "eigh", "eigvalsh", "eigvecsh", "qr"]

# --- Cholesky ---------------------------------------------------------------------------------


class Cholesky(OfMatrices):
    """The lower triangular L with a positive diagonal and L Lᵀ = A.

    L⁻¹ dA L⁻ᵀ = M + Mᵀ with M = L⁻¹ dL, which is lower triangular: so dL = L Φ(L⁻¹ dA L⁻ᵀ), where
    Φ keeps the lower triangle and half of the diagonal.
    """

    name = "cholesky"
    stacks = True
    derivatives = ("dA ↦ y Φ(y⁻¹ dA y⁻ᵀ), Φ the lower triangle with half of the diagonal",)
    sentence = (
        "dL is L times the lower half of L⁻¹ dA L⁻ᵀ: its lower triangle, with the diagonal halved."
    )
    choice = "only the lower triangle is read, and only its entries count"

    def shape(self, *shapes: Shape) -> Shape:
        check_square(self.name, shapes[0])
        return shapes[0]

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.cholesky(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        divided = Product((divide_left(y, y), exchange(y.shape), divide_left(y, y)))
        half = Multilinear(LowerHalf(), (y,), 0)
        mirrored = Multilinear(Mirrored(), inputs, 0)
        return (Product((on_left(y, y), half, divided, mirrored)),)


# --- eigenvalues and eigenvectors of symmetric matrices ---------------------------------------


class OfSymmetric(OfMatrices):
    """Base: of the symmetric matrix whose lower ("L") or upper ("U") triangle is read."""

    effort = 10
    uplo: str = "L"

    def shape(self, *shapes: Shape) -> Shape:
        check_square(self.name, shapes[0])
        return Mirrored(self.uplo).shape(*shapes)

    def turned(self, a: Node) -> LinearMap:
        """The map dA ↦ Vᵀ dA V, dA in the eigenvectors' own coordinates."""
        v = EigenvectorsSymmetric(self.uplo)(a)
        mirrored = Multilinear(Mirrored(self.uplo), (a,), 0)
        return Product((on_right(a, v), on_left(matrix_transpose(v), a), mirrored))


class EigenvaluesSymmetric(OfSymmetric):
    """The eigenvalues of a symmetric matrix, smallest first."""

    name = "eigvalsh"
    stacks = True
    derivatives = ("v_i v_j of the eigenvector v",)
    sentence = "An eigenvalue changes by vᵀ dA v, where v is its unit eigenvector."
    choice = "equal eigenvalues change each with the eigenvector that was computed for it"

    def shape(self, *shapes: Shape) -> Shape:
        return super().shape(*shapes)[:-1]

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.eigvalsh(values[0], self.uplo)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        a = inputs[0]
        return (Product((Multilinear(TakeDiagonal(), (a,), 0), self.turned(a))),)


class EigenvectorsSymmetric(OfSymmetric):
    """The eigenvectors of a symmetric matrix as the columns of V, Vᵀ V = I.

    dV = V (F ⊙ Vᵀ dA V) with F_ij = 1/(w_j − w_i).
    """

    name = "eigvecsh"
    stacks = True
    derivatives = ("dA ↦ V (F ⊙ Vᵀ dA V), F_ij = 1/(w_j − w_i), 0 where i = j",)
    sentence = (
        "Each eigenvector turns towards the others, the more the closer their eigenvalues are."
    )
    choice = "eigenvectors of equal eigenvalues do not turn towards each other; signs are kept"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.eigh(values[0], self.uplo)[1]

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        a = inputs[0]
        gaps = reciprocal_gaps(EigenvaluesSymmetric(self.uplo)(a))
        return (Product((on_left(y, a), Diagonal(gaps), self.turned(a))),)


class ReciprocalGaps(Operation):
    """F_ij = 1/(w_j − w_i), and 0 where the two are equal within rounding."""

    name = "reciprocal_gaps"
    stacks = True
    derivatives = ("−y²(δ_jk − δ_ik)",)
    sentence = "The derivative of one over a gap with respect to the gap is minus its square."
    choice = (
        "where |w_j − w_i| is at most n ε max|w| the quotient and its derivative are taken as 0"
    )

    def shape(self, *shapes: Shape) -> Shape:
        if not shapes[0]:
            raise ShapeError("reciprocal_gaps needs a vector, not a number")
        return (*shapes[0], shapes[0][-1])

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        w = values[0]
        gap = w[..., None, :] - w[..., :, None]
        largest = k.max(k.abs(w), axis=-1, keepdims=True, initial=0)[..., None]
        equal = k.abs(gap) <= w.shape[-1] * float(k.finfo(w.dtype).eps) * largest
        return k.where(equal, 0, 1 / k.where(equal, 1, gap))

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        rank, own = y.ndim, inputs[0].shape
        along_row = Transposed(SumOver((rank - 2,), y.shape, own))
        along_column = Transposed(SumOver((rank - 1,), y.shape, own))
        gap = Sum((along_row, Product((Diagonal(number(-1.0, y)), along_column))))
        return (Product((Diagonal(-(y**2)), gap)),)


# --- QR ---------------------------------------------------------------------------------------


class OfTall(OfMatrices):
    """Base: of a matrix with independent columns, at least as many rows as columns.

    With X = dA R⁻¹ and M = Qᵀ X, dR = T(M) R and dQ = X − Q T(M), where
    T(M) = triu(M) + tril(M, −1)ᵀ.
    """

    effort = 4
    choice = "where the columns are linearly dependent there is no derivative"

    def shape(self, *shapes: Shape) -> Shape:
        check_matrix(self.name, shapes[0])
        if shapes[0][-2] < shapes[0][-1]:
            raise ShapeError(
                f"{self.name} needs at least as many rows as columns, not {show_shape(shapes[0])}"
            )
        return shapes[0]

    def parts(self, a: Node) -> tuple[LinearMap, LinearMap]:
        """The maps dA ↦ dA R⁻¹ and X ↦ T(Qᵀ X)."""
        q, r = QFactor()(a), RFactor()(a)
        folded = Multilinear(Folded("U"), (r,), 0)
        return divide_right(a, r), Product((folded, on_left(matrix_transpose(q), a)))


class QFactor(OfTall):
    """The Q of A = Q R: as many orthonormal columns as A has."""

    name = "qr_q"
    stacks = True
    derivatives = ("dA ↦ X − Q T(Qᵀ X), X = dA R⁻¹, T(M) = triu(M) + tril(M, −1)ᵀ",)
    sentence = "Q gains what dA R⁻¹ has outside the column space of Q, and turns within that space."

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.linalg.qr(values[0])[0]

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        a = inputs[0]
        divided, folded = self.parts(a)
        left = Product((on_left(-y, RFactor()(a)), folded))
        return (Product((Sum((Identity(a.shape), left)), divided)),)


class RFactor(OfTall):
    """The upper triangular R of A = Q R, a square matrix."""

    name = "qr_r"
    stacks = True
    derivatives = ("dA ↦ T(Qᵀ dA R⁻¹) R, T(M) = triu(M) + tril(M, −1)ᵀ",)
    sentence = (
        "dR is T R: T is Qᵀ dA R⁻¹ with the part below the diagonal mirrored and added above it."
    )

    def shape(self, *shapes: Shape) -> Shape:
        *lead, _, columns = super().shape(*shapes)
        return (*lead, columns, columns)

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.linalg.qr(values[0])[1]

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        divided, folded = self.parts(inputs[0])
        return (Product((on_right(y, y), folded, divided)),)


# --- builders ---------------------------------------------------------------------------------

for _one in (QFactor, RFactor):
    paper_operation(_one())
for _each in (EigenvaluesSymmetric, EigenvectorsSymmetric):
    paper_settings(_each)


@paper_function()
def reciprocal_gaps(w: Node) -> Node:
    """1/(w_j − w_i) for each pair of entries along the last axis, 0 where they are equal."""
    return ReciprocalGaps()(*as_numbers((w,)))


@paper_function()
def cholesky(a: Node) -> Node:
    """The lower triangular L with L Lᵀ = A; A's lower triangle is read."""
    return Cholesky()(*as_numbers((a,)))


def eigvalsh(a: Node, uplo: str = "L") -> Node:
    """The eigenvalues of a symmetric matrix, smallest first."""
    return EigenvaluesSymmetric(uplo)(*as_numbers((a,)))


def eigvecsh(a: Node, uplo: str = "L") -> Node:
    """The eigenvectors of a symmetric matrix as columns, in the order of their eigenvalues."""
    return EigenvectorsSymmetric(uplo)(*as_numbers((a,)))


def eigh(a: Node, uplo: str = "L") -> tuple[Node, Node]:
    """Eigenvalues and eigenvectors of a symmetric matrix."""
    return eigvalsh(a, uplo), eigvecsh(a, uplo)


def qr(a: Node) -> tuple[Node, Node]:
    """The reduced factors Q and R of A = Q R.

    Of a wide matrix the first columns are factorized; the others are A = Q R solved for R.
    """
    (a,) = as_numbers((a,))
    check_matrix("qr", a.shape)
    rows, columns = a.shape[-2:]
    if smallest(rows, columns) == columns:
        return QFactor()(a), RFactor()(a)
    first = take(a, (..., slice(None), slice(0, rows)))
    rest = take(a, (..., slice(None), slice(rows, None)))
    q = QFactor()(first)
    return q, concatenate(RFactor()(first), matmul(matrix_transpose(q), rest), axis=-1)
