"""Diagonals, triangles and `numpy.linalg`; its products are in `trace.products`."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.errors import DataProblem
from chainrule.graph.node import Node
from chainrule.ops import determinant, diagonals, factorization, singular, solving
from chainrule.ops.broadcasting import broadcast, reshape
from chainrule.ops.matrices import check_matrix, matrix_transpose
from chainrule.trace.shaping import whole
from chainrule.trace.table import as_node, as_nodes, implements, refuse

__all__: list[str] = []

# --- diagonals and triangles --------------------------------------------------------------------


@implements(np.diag)
def _diag(v: Any, k: Any = 0) -> Node:
    return diagonals.diag(as_node(v), offset=whole("numpy.diag", k))


@implements(np.diagflat)
def _diagflat(v: Any, k: Any = 0) -> Node:
    x = as_node(v)
    return diagonals.diag(reshape(x, to=(x.size,)), offset=whole("numpy.diagflat", k))


@implements(np.diagonal)
def _diagonal(a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Node:
    settings = [whole("numpy.diagonal", one) for one in (offset, axis1, axis2)]
    return diagonals.diagonal(as_node(a), *settings)


@implements(np.linalg.diagonal)
def _linalg_diagonal(x: Any, /, *, offset: Any = 0) -> Node:
    return _diagonal(x, offset, -2, -1)


@implements(np.trace)
def _trace(
    a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1, dtype: Any = None, out: Any = None
) -> Node:
    refuse("numpy.trace", dtype=dtype, out=out)
    settings = [whole("numpy.trace", one) for one in (offset, axis1, axis2)]
    return diagonals.trace(as_node(a), *settings)


@implements(np.linalg.trace)
def _linalg_trace(x: Any, /, *, offset: Any = 0, dtype: Any = None) -> Node:
    return _trace(x, offset, -2, -1, dtype)


@implements(np.tril)
def _tril(m: Any, k: Any = 0) -> Node:
    return diagonals.tril(_rows(as_node(m)), whole("numpy.tril", k))


@implements(np.triu)
def _triu(m: Any, k: Any = 0) -> Node:
    return diagonals.triu(_rows(as_node(m)), whole("numpy.triu", k))


def _rows(x: Node) -> Node:
    """A vector as every row of a square matrix, which is what NumPy's triangles make of it."""
    return broadcast(x, to=x.shape * 2) if x.ndim == 1 else x


# --- numpy.linalg -------------------------------------------------------------------------------

# NumPy's named tuples have no public names.
EIGENVALUES_AND_VECTORS: Any = type(np.linalg.eigh(np.eye(1)))
FACTORS_QR: Any = type(np.linalg.qr(np.eye(1)))
SINGULAR_VALUES_AND_VECTORS: Any = type(np.linalg.svd(np.eye(1)))
SIGN_AND_LOGARITHM: Any = type(np.linalg.slogdet(np.eye(1)))


@implements(np.linalg.matrix_transpose)
def _matrix_transpose(x: Any, /) -> Node:
    node = as_node(x)
    check_matrix("matrix_transpose", node.shape)
    return matrix_transpose(node)


@implements(np.linalg.inv)
def _inv(a: Any) -> Node:
    return solving.inverse(as_node(a))


@implements(np.linalg.solve)
def _solve(a: Any, b: Any) -> Node:
    return solving.solve(*as_nodes((a, b)))


@implements(np.linalg.det)
def _det(a: Any) -> Node:
    return determinant.det(as_node(a))


@implements(np.linalg.slogdet)
def _slogdet(a: Any) -> Any:
    return SIGN_AND_LOGARITHM(*determinant.slogdet(as_node(a)))


@implements(np.linalg.cholesky)
def _cholesky(a: Any, /, *, upper: bool = False) -> Node:
    x = as_node(a)
    if not upper:
        return factorization.cholesky(x)
    check_matrix("cholesky", x.shape)
    return matrix_transpose(factorization.cholesky(matrix_transpose(x)))


@implements(np.linalg.eigh)
def _eigh(a: Any, UPLO: str = "L") -> Any:
    return EIGENVALUES_AND_VECTORS(*factorization.eigh(as_node(a), _triangle(UPLO)))


@implements(np.linalg.eigvalsh)
def _eigvalsh(a: Any, UPLO: str = "L") -> Node:
    return factorization.eigvalsh(as_node(a), _triangle(UPLO))


def _triangle(uplo: Any) -> str:
    if not isinstance(uplo, str) or uplo.upper() not in ("L", "U"):
        raise DataProblem(f"UPLO is 'L' or 'U', not {uplo!r}")
    return uplo.upper()


@implements(np.linalg.qr)
def _qr(a: Any, mode: str = "reduced") -> Any:
    x = as_node(a)
    check_matrix("qr", x.shape)
    tall = x.shape[-2] > x.shape[-1]
    if mode == "complete" and tall:
        raise DataProblem(
            "numpy.linalg.qr: mode='complete' adds columns to Q that the matrix does not "
            "determine, so they have no derivative; mode='reduced' leaves them out"
        )
    if mode not in ("reduced", "complete", "r"):
        raise DataProblem(f"numpy.linalg.qr: the mode is 'reduced' or 'r', not {mode!r}")
    q, r = factorization.qr(x)
    return r if mode == "r" else FACTORS_QR(q, r)


@implements(np.linalg.svd)
def _svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: Any = None) -> Any:
    refuse("numpy.linalg.svd", hermitian=hermitian or None)
    x = as_node(a)
    if not compute_uv:
        return singular.svdvals(x)
    check_matrix("svd", x.shape)
    if full_matrices and x.shape[-1] != x.shape[-2]:
        raise DataProblem(
            "numpy.linalg.svd: full_matrices=True adds vectors that the matrix does not "
            "determine, so they have no derivative; full_matrices=False leaves them out"
        )
    return SINGULAR_VALUES_AND_VECTORS(*singular.svd(x))


@implements(np.linalg.svdvals)
def _svdvals(x: Any, /) -> Node:
    return singular.svdvals(as_node(x))


@implements(np.linalg.pinv)
def _pinv(a: Any, rcond: Any = None, hermitian: Any = None, *, rtol: Any = None) -> Node:
    refuse("numpy.linalg.pinv", rcond=rcond, hermitian=hermitian or None, rtol=rtol)
    return singular.pinv(as_node(a))
