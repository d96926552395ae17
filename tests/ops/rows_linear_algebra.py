"""Linear algebra."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any, Literal

import numpy as np
from tests.ops.row import Row

from chainrule.graph.node import Array, Node, Shape
from chainrule.ops.activation import tanh
from chainrule.ops.broadcasting import broadcast
from chainrule.ops.determinant import cofactors, det, det_sign, log_abs_det, logdet
from chainrule.ops.diagonals import PlaceDiagonal, diag, diagonal, tr, trace, tril, triu
from chainrule.ops.factorization import (
    ReciprocalGaps,
    cholesky,
    eigvalsh,
    eigvecsh,
    qr,
)
from chainrule.ops.making import eye
from chainrule.ops.singular import pinv, svd, svdvals
from chainrule.ops.solving import inverse, solve
from chainrule.ops.tensor_products import (
    cross,
    dot,
    inner,
    kron,
    matrix_power,
    multi_dot,
    tensordot,
    vdot,
)
from chainrule.ops.triangles import Folded, LowerHalf, Mirrored

MATRICES: tuple[tuple[Shape, ...], ...] = (((3, 3),), ((1, 1),), ((2, 2, 2),))
TALL: tuple[tuple[Shape, ...], ...] = (((3, 2),), ((2, 2, 2),))
SLENDER: tuple[tuple[Shape, ...], ...] = (((3, 2),), ((2, 3),), ((2, 2),), ((2, 2, 2),))
RECTANGLES: tuple[tuple[Shape, ...], ...] = (((2, 3),), ((3, 2),), ((2, 2, 3),))


def firm(a: Node) -> Node:
    """a + 4 I: far from singular."""
    return a + broadcast(4 * eye(a.shape[-1], a.dtype), to=a.shape)


def np_firm(a: Array) -> Any:
    return a + 4 * np.eye(a.shape[-1])


def np_mirrored(a: Array) -> Any:
    """The symmetric matrix whose lower triangle is that of `a`."""
    return np.tril(a) + np.swapaxes(np.tril(a, -1), -1, -2)


def stacked(formula: Callable[[Array], Any]) -> Callable[[Array], Any]:
    """A formula for one matrix, applied to each of a stack."""

    def of_each(a: Array) -> Any:
        if a.ndim == 2:
            return formula(a)
        return np.stack([of_each(one) for one in a])

    return of_each


def np_inverse(a: Array) -> Any:
    """By Cramer's rule."""
    return np_cofactors(a).T / np_det(a)


def np_det(a: Array) -> Any:
    """By its definition, a signed sum over all orders."""
    return sum(
        np.linalg.det(np.eye(len(a))[list(order)]) * np.prod([a[i, j] for i, j in enumerate(order)])
        for order in permutations(range(len(a)))
    )


def np_cofactors(a: Array) -> Any:
    """By their definition: signed determinants of what is left without a row and a column."""
    n = len(a)
    return np.array(
        [
            [(-1) ** (i + j) * np_det(np.delete(np.delete(a, i, 0), j, 1)) for j in range(n)]
            for i in range(n)
        ]
    )


def np_turned_cofactors(a: Array, h: Array) -> Any:
    """The cofactors are of degree n − 1 ≤ 2 in t along a + t h: differences are exact."""
    if h.ndim > 2:
        return np.stack([np_turned_cofactors(a, one) for one in h])
    return (np_cofactors(a + h) - np_cofactors(a - h)) / 2


def np_solve(a: Array, b: Array) -> Any:
    return stacked(np_inverse)(np_firm(a)) @ b


def np_cholesky(a: Array) -> Any:
    """Row by row, as Cholesky did it by hand."""
    n = len(a)
    L = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            rest = a[i, j] - L[i, :j] @ L[j, :j]
            L[i, j] = np.sqrt(rest) if i == j else rest / L[j, j]
    return L


def np_qr(a: Array) -> tuple[Any, Any]:
    """Q and R by orthogonalizing one column after the other, with LAPACK's signs."""
    q = np.zeros((len(a), min(a.shape)))
    for j in range(min(a.shape)):
        column = a[:, j] - q[:, :j] @ (q[:, :j].T @ a[:, j])
        q[:, j] = column / np.sqrt(column @ column)
    signs = np.sign(np.diag(q.T @ np.linalg.qr(a)[0]))
    return q * signs, (q * signs).T @ a


def np_eigenvalues(a: Array) -> Any:
    """The roots of the characteristic polynomial."""
    return np.sort(np.roots(np.poly(a)).real)


def np_eigenvectors(a: Array, uplo: Literal["L", "U"] = "L") -> Any:
    """By powers of what has the one eigenvalue largest by far, with LAPACK's signs."""
    columns = []
    values, vectors = np.linalg.eigh(a, uplo)
    for value, found in zip(values, vectors.T, strict=True):
        nearly = np.linalg.inv(a - (value + 1e-5) * np.eye(len(a)))
        column = np.linalg.matrix_power(nearly, 8) @ np.ones(len(a))
        columns.append(column / np.sqrt(column @ column) * np.sign(column @ found))
    return np.stack(columns, axis=-1)


def np_singular_values(a: Array) -> Any:
    """The roots of the eigenvalues of the smaller Gram matrix."""
    gram = a @ a.T if len(a) < len(a.T) else a.T @ a
    return np.sqrt(np_eigenvalues(gram))[::-1]


def np_pseudoinverse(a: Array) -> Any:
    """(AᵀA)⁻¹Aᵀ for independent columns, Aᵀ(AAᵀ)⁻¹ for independent rows."""
    return a.T @ np_inverse(a @ a.T) if len(a) < len(a.T) else np_inverse(a.T @ a) @ a.T


def np_gaps(w: Array) -> Any:
    gap = w[..., None, :] - w[..., :, None]
    return np.divide(1, gap, out=np.zeros_like(gap), where=gap != 0)


LEVI_CIVITA = np.zeros((3, 3, 3))
LEVI_CIVITA[[0, 1, 2], [1, 2, 0], [2, 0, 1]] = 1
LEVI_CIVITA[[0, 1, 2], [2, 0, 1], [1, 2, 0]] = -1

ROWS: tuple[Row, ...] = (
    # triangles and diagonals
    Row("tril", tril, RECTANGLES, np.tril),
    Row("tril below", lambda x: tril(x, -1), RECTANGLES, lambda x: x - np.triu(x)),
    Row("triu", triu, RECTANGLES, lambda x: x - np.tril(x, -1)),
    Row("triu above", lambda x: triu(x, 1), RECTANGLES, lambda x: x - np.tril(x)),
    Row(
        "diagonal of a matrix",
        diagonal,
        RECTANGLES,
        lambda x: np.einsum("...ii->...i", x[..., :2, :2]),
    ),
    Row("diagonal above", lambda x: diagonal(x, 1), RECTANGLES, None),
    Row(
        "diagonal of axes",
        lambda x: diagonal(x, -1, 0, 1),
        RECTANGLES,
        lambda x: np.diagonal(x, -1),
    ),
    Row("diagonal matrix", diag, (((3,),), ((1,),)), lambda x: np.eye(len(x)) * x),
    Row("diag of a matrix", diag, RECTANGLES[:2], lambda x: x[[0, 1], [0, 1]]),
    Row(
        "place_diagonal below",
        PlaceDiagonal((4, 3), -1),
        (((3,),), ((2, 3),)),
        lambda x: np.concatenate(
            [np.zeros((*x.shape[:-1], 1, 3)), np.eye(3) * x[..., None]], axis=-2
        ),
    ),
    Row("place_diagonal above", PlaceDiagonal((2, 3), 1), (((2,),), ((2, 2),)), None),
    Row("trace of a matrix", trace, RECTANGLES, lambda x: x[..., 0, 0] + x[..., 1, 1]),
    Row("tr", tr, RECTANGLES[:2], lambda x: x[..., 0, 0] + x[..., 1, 1]),
    Row("trace above", lambda x: trace(x, 1), RECTANGLES, None),
    # systems
    Row("inverse", lambda a: inverse(firm(a)), MATRICES, lambda a: stacked(np_inverse)(np_firm(a))),
    Row(
        "solve",
        lambda a, b: solve(firm(a), b),
        (((3, 3), (3, 2)), ((2, 2, 2), (2, 2, 1)), ((2, 2), (2, 2, 1)), ((2, 2, 2), (2, 1))),
        np_solve,
    ),
    Row(
        "solve for a vector",
        lambda a, b: solve(firm(a), b),
        (((3, 3), (3,)), ((1, 1), (1,))),
        np_solve,
    ),
    Row(
        "solve for vectors",
        lambda a, b: solve(firm(a), b, vectors=True),
        (((2, 2), (3, 2)), ((2, 2, 2), (2, 2)), ((2, 2, 2), (2,))),
        lambda a, b: np_solve(a, b[..., None])[..., 0],
    ),
    # determinants
    Row("det", det, MATRICES, stacked(np_det)),
    Row("cofactors", cofactors, MATRICES, stacked(np_cofactors)),
    Row(
        "cofactors along a direction",
        cofactors,
        (((3, 3), (3, 3)), ((2, 2), (2, 2, 2))),
        np_turned_cofactors,
    ),
    Row("log_abs_det", log_abs_det, MATRICES, lambda a: np.log(np.abs(stacked(np_det)(a)))),
    Row(
        "logdet", lambda a: logdet(firm(a)), MATRICES, lambda a: np.log(stacked(np_det)(np_firm(a)))
    ),
    Row("det_sign", det_sign, MATRICES, lambda a: np.sign(stacked(np_det)(a))),
    # factors
    Row(
        "cholesky",
        lambda a: cholesky(firm(tanh(a))),
        MATRICES,
        lambda a: stacked(np_cholesky)(np_mirrored(np_firm(np.tanh(a)))),
    ),
    Row("eigvalsh", eigvalsh, MATRICES, lambda a: stacked(np_eigenvalues)(np_mirrored(a))),
    Row(
        "eigvalsh of the upper triangle",
        lambda a: eigvalsh(a, "U"),
        MATRICES[:1],
        lambda a: np_eigenvalues(np_mirrored(a.T)),
    ),
    Row("eigvecsh", eigvecsh, MATRICES, lambda a: stacked(np_eigenvectors)(np_mirrored(a))),
    Row(
        "eigvecsh of the upper triangle",
        lambda a: eigvecsh(a, "U"),
        MATRICES[:1],
        lambda a: np_eigenvectors(np_mirrored(a.T), "U"),
    ),
    Row("reciprocal_gaps", ReciprocalGaps(), (((3,),), ((2, 2),)), np_gaps),
    Row("qr_q", lambda a: qr(a)[0], TALL, lambda a: stacked(lambda one: np_qr(one)[0])(a)),
    Row("qr_r", lambda a: qr(a)[1], TALL, lambda a: stacked(lambda one: np_qr(one)[1])(a)),
    Row("lower_half", LowerHalf(), MATRICES, lambda x: (np.tril(x) + np.tril(x, -1)) / 2),
    Row("mirrored", Mirrored(), MATRICES, np_mirrored),
    Row("mirrored from above", Mirrored("U"), MATRICES, lambda x: np_mirrored(x.mT)),
    Row("folded", Folded(), MATRICES, lambda x: np.tril(x + x.mT) - np.eye(x.shape[-1]) * x),
    Row(
        "folded upwards",
        Folded("U"),
        MATRICES,
        lambda x: np.triu(x + x.mT) - np.eye(x.shape[-1]) * x,
    ),
    Row("svdvals", svdvals, SLENDER, stacked(np_singular_values)),
    Row("svd_u", lambda a: svd(a)[0], SLENDER, None),
    Row("svd_v", lambda a: svd(a)[2], SLENDER, None),
    Row("pinv", pinv, SLENDER, stacked(np_pseudoinverse)),
    # products
    Row(
        "dot",
        dot,
        (((2, 3), (2, 3, 2)), ((), (3,)), ((2, 3), (3,)), ((2, 1, 2), (3, 2, 1))),
        np.dot,
    ),
    Row("inner", inner, (((2, 3), (4, 3)), ((), (3,)), ((3,), (3,)), ((2, 1, 3), (3,))), np.inner),
    Row("vdot", vdot, (((2, 3), (3, 2)), ((), ())), np.vdot),
    Row(
        "tensordot",
        lambda a, b: tensordot(a, b, ((0, 2), (2, 0))),
        (((2, 3, 4), (4, 1, 2)),),
        lambda a, b: np.tensordot(a, b, ((0, 2), (2, 0))),
    ),
    Row(
        "kron",
        kron,
        (((2, 2), (2, 3)), ((3,), (2,)), ((2,), (2, 2)), ((), (2,)), ((), ())),
        np.kron,
    ),
    Row(
        "cross",
        cross,
        (((3,), (3,)), ((2, 3), (3,))),
        lambda a, b: np.einsum("ijk,...j,...k->...i", LEVI_CIVITA, a, b),
    ),
    Row("matrix_power", lambda a: matrix_power(a, 3), MATRICES, lambda a: a @ a @ a),
    Row(
        "matrix_power 0",
        lambda a: matrix_power(a, 0),
        MATRICES,
        lambda a: np.eye(a.shape[-1]) + 0 * a,
    ),
    Row(
        "matrix_power -2",
        lambda a: matrix_power(firm(a), -2),
        MATRICES,
        lambda a: stacked(np_inverse)(np_firm(a) @ np_firm(a)),
    ),
    Row(
        "multi_dot",
        lambda a, b, c: multi_dot((a, b, c)),
        (((2, 3), (3, 1), (1, 2)), ((3,), (3, 2), (2,))),
        lambda a, b, c: a @ b @ c,
    ),
)
