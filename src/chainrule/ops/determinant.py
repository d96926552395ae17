"""The determinant, its sign and logarithm, and the cofactors, right for singular matrices too.

det is a polynomial in the entries, and so are its derivatives of every order.  Its gradient is
the matrix of cofactors; the derivative of the cofactors along directions is one operation,
`Cofactors`, closed under differentiation and its own adjoint.
"""

from __future__ import annotations

from itertools import pairwise, permutations
from math import factorial
from typing import Any

from chainrule.errors import ShapeError
from chainrule.graph.node import Kernels, Node, Shape, size_of
from chainrule.jacobians.kinds import Diagonal, LinearMap, Multilinear, Product, SumOver, Zero
from chainrule.ops.broadcasting import as_numbers, common_shape, reshape
from chainrule.ops.contract import TURN, LinearOperation, paper_function, show_shape
from chainrule.ops.contraction import LETTERS
from chainrule.ops.matrices import OfMatrices, check_matrix, check_square, matrix_transpose
from chainrule.ops.reduction import Sum
from chainrule.ops.solving import inverse

__all__ = ["Cofactors", "cofactors", "det", "det_sign", "log_abs_det", "logdet", "slogdet"]


class OfSquare(OfMatrices):
    """Base: one number for each square matrix."""

    def shape(self, *shapes: Shape) -> Shape:
        check_square(self.name, shapes[0])
        return shapes[0][:-2]


class Det(OfSquare):
    """The determinant."""

    name = "det"
    stacks = True
    latex = r"\det {0}"
    derivatives = ("the cofactor of each entry",)
    sentence = "The determinant is linear in each entry; the derivative is that entry's cofactor."

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.linalg.det(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (_weighted_sum(cofactors(inputs[0])),)


class LogAbsDet(OfSquare):
    """log |det A|."""

    name = "log_abs_det"
    stacks = True
    latex = r"\log \left|\det {0}\right|"
    derivatives = ("A⁻ᵀ",)
    sentence = "The gradient of the logarithm of a determinant is the transposed inverse."
    choice = "where the matrix is singular there is no derivative, and asking for it is an error"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.linalg.slogdet(values[0])[1]

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (_weighted_sum(matrix_transpose(inverse(inputs[0]))),)


class LogDet(LogAbsDet):
    """log det A of a matrix with a determinant above 0; of any other, not a number."""

    name = "logdet"
    latex = r"\log \det {0}"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        sign, size = k.linalg.slogdet(values[0])
        return k.where(sign < 0, k.nan, size)


class DetSign(OfSquare):
    """The sign of det A: −1, 0 or 1."""

    name = "det_sign"
    stacks = True
    latex = r"\operatorname{{sign}} \det {0}"
    derivatives = ("0",)
    sentence = (
        "The sign of a determinant is constant wherever it has a derivative, so the derivative is "
        "zero."
    )
    choice = "where the matrix is singular the derivative is taken as 0"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.linalg.slogdet(values[0])[0]

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Zero(y.shape, inputs[0].shape),)


def _weighted_sum(weights: Node) -> LinearMap:
    """The map X ↦ Σ weights ⊙ X, matrix by matrix."""
    rank = weights.ndim
    total = SumOver((rank - 2, rank - 1), weights.shape, weights.shape[:-2])
    return Product((total, Diagonal(weights)))


class Cofactors(OfMatrices, LinearOperation):
    """The cofactors of A; with directions H₁ … H_k, their k-th derivative along these.

    cof A = det(A) A⁻ᵀ where A has an inverse.  Always, with the singular values s of
    A = U diag(s) Vᵀ and B = Uᵀ H V, cof A = det(U) det(V) · U C Vᵀ, where C has the entries
    Π_{l≠i} s_l on its diagonal, and after one derivative C_ii = Σ_j B_jj Π_{l≠i,j} s_l and
    C_ij = −B_ji Π_{l≠i,j} s_l: nothing is divided by.  The k-th derivative of the cofactors is
    the (k+1)-th of det, hence symmetric in all it is multiplied with: its own adjoint.

    Source: R. Horn, C. Johnson, Matrix Analysis, 2nd ed., 2013, sections 0.8.2 and 0.8.10.
    """

    name = "cofactors"
    stacks = True
    effort = 10
    derivatives = ("the second derivatives of det", "the second derivatives of det")
    sentence = "Cofactors are polynomials in the entries, and so are their derivatives."

    def shape(self, *shapes: Shape) -> Shape:
        check_square(self.name, shapes[0])
        lead: Shape = shapes[0][:-2]
        for shape in shapes[1:]:
            wider = common_shape(lead, shape[:-2])
            if wider is None or shape[-2:] != shapes[0][-2:]:
                found = f"{show_shape(shape)} is no direction for {show_shape(shapes[0])}"
                raise ShapeError(f"cofactors: {found}")
            lead = wider
        return lead + shapes[0][-2:]

    def cost(self, *shapes: Shape) -> tuple[int, int]:
        """Of singular vectors, and of a sum over every order and choice of the rows."""
        *stack, n, _ = self.shape(*shapes)
        count = len(shapes)
        choices = max(n, 1) ** count
        held, products = super().cost(*shapes)
        turned = 4 * sum(map(size_of, shapes)) * n
        terms = factorial(count) * (5 * TURN + size_of(tuple(stack)) * choices * count)
        return held + (size_of(tuple(stack)) + 2 * count) * choices, products + turned + terms

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        u, s, vt = k.svd(values[0])
        v, ut = k.swapaxes(vt, -1, -2), k.swapaxes(u, -1, -2)
        turned = [ut @ direction @ v for direction in values[1:]]
        sign = k.sign(k.linalg.det(u @ vt))[..., None, None]
        return sign * (u @ _diagonal_cofactors(k, s, turned) @ vt)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        one_more = (*inputs, inputs[0])
        by_directions = [Multilinear(self, inputs, at) for at in range(1, len(inputs))]
        return Multilinear(self, one_more, len(inputs)), *by_directions

    def substitute(self, operands: tuple[Node, ...], position: int, tangent: Node) -> Node:
        own = operands[position].shape
        rank = len(self.shape(*[operand.shape for operand in operands]))
        batch = tangent.shape[: tangent.ndim - len(own)]
        apart = reshape(tangent, to=batch + (1,) * (rank - len(own)) + own)
        return self(*operands[:position], apart, *operands[position + 1 :])

    def transposed(self, operands: tuple[Node, ...], position: int, cotangent: Node) -> Node:
        own = operands[position].shape
        result = self.shape(*[operand.shape for operand in operands])
        batch = cotangent.ndim - len(result)
        found = self(*operands[:position], cotangent, *operands[position + 1 :])
        padded = (1,) * (len(result) - len(own)) + own
        pairs = enumerate(zip(padded, result, strict=True), start=batch)
        repeated = tuple(axis for axis, (mine, wide) in pairs if mine != wide)
        total = Sum(repeated)(found) if repeated else found
        return reshape(total, to=cotangent.shape[:batch] + own)


def _diagonal_cofactors(k: Kernels, s: Any, directions: list[Any]) -> Any:
    """The derivative of cof S along the directions at S = diag(s).

    det(S + Σ t_l B_l) has, at t_1 ⋯ t_m, the coefficient
    Σ over distinct rows i_1 … i_m of (Π of the other s) · Σ_σ sgn(σ) Π_l (B_l)[i_l, i_σ(l)].
    Its slope in B_1 is asked for, whose two indices stay open.
    """
    count = len(directions) + 1
    rows = LETTERS[:count]
    others = _products_of_others(k, s, count)
    total: Any = 0
    for order in permutations(range(count)):
        terms = [rows[at] + rows[order[at]] for at in range(1, count)]
        pattern = ",".join(f"...{term}" for term in (rows, *terms))
        if order[0]:
            term = k.einsum(f"{pattern}->...{rows[0]}{rows[order[0]]}", others, *directions)
        else:
            entries = k.einsum(f"{pattern}->...{rows[0]}", others, *directions)
            term = k.where(k.eye(s.shape[-1], dtype=bool), entries[..., None], 0)
        total = total + _sign(order) * term
    return total


def _products_of_others(k: Kernels, s: Any, count: int) -> Any:
    """Π s over all indices but i_1 … i_count, at [i_1, …, i_count]; 0 where two of them agree.

    With the indices in order it is the product of the runs between them.
    """
    n = s.shape[-1]
    after = k.arange(n) >= k.arange(n + 1)[:, None]
    products = k.cumprod(k.where(after, s[..., None, :], 1), axis=-1)
    ones = k.ones((*products.shape[:-1], 1), s.dtype)
    runs = k.concatenate([ones, products], axis=-1)  # at [a, b] the product over a ≤ l < b
    ordered = k.sort(k.indices((n,) * count), axis=0)
    ends = [*(ordered[at] for at in range(count)), n]
    result = runs[..., 0, ends[0]]
    for start, end in pairwise(ends):
        result = result * runs[..., start + 1, end]
    distinct = k.all(ordered[1:] > ordered[:-1], axis=0)
    return k.where(distinct, result, 0)


def _sign(order: tuple[int, ...]) -> int:
    """1 for an even order, −1 for an odd one."""
    swaps = sum(a > b for at, a in enumerate(order) for b in order[at + 1 :])
    return -1 if swaps % 2 else 1


@paper_function()
def det(a: Node) -> Node:
    """The determinant of each matrix."""
    return Det()(*as_numbers((a,)))


@paper_function()
def log_abs_det(a: Node) -> Node:
    """log |det A|, without the overflow of det."""
    return LogAbsDet()(*as_numbers((a,)))


@paper_function()
def logdet(a: Node) -> Node:
    """log det A, where det A is above 0."""
    return LogDet()(*as_numbers((a,)))


@paper_function()
def det_sign(a: Node) -> Node:
    """The sign of det A."""
    return DetSign()(*as_numbers((a,)))


@paper_function()
def cofactors(a: Node, *directions: Node) -> Node:
    """The cofactors of A, or their derivative along the directions."""
    return Cofactors()(*as_numbers((a, *directions)))


def slogdet(a: Node) -> tuple[Node, Node]:
    """The sign of det A, and log |det A|."""
    check_matrix("slogdet", a.shape)
    return det_sign(a), log_abs_det(a)
