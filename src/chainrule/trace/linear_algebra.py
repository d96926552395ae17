"""Products of arrays and `numpy.linalg`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.errors import DataProblem, ShapeError
from chainrule.graph.node import Node
from chainrule.ops import (
    determinant,
    diagonals,
    factorization,
    linear,
    singular,
    solving,
    tensor_products,
)
from chainrule.ops.arithmetic import multiply
from chainrule.ops.broadcasting import broadcast, reshape
from chainrule.ops.contract import show_shape
from chainrule.ops.matrices import check_matrix, matrix_transpose
from chainrule.ops.reduction import sum_
from chainrule.ops.transposition import moveaxis
from chainrule.trace.letters import explicit, stretched, written
from chainrule.trace.shaping import whole, wholes
from chainrule.trace.table import adapter_of, as_node, as_nodes, implements, refuse

__all__ = ["OUTERS"]

Adapter = Callable[..., Any]


def since(name: str) -> tuple[Any, ...]:
    """The NumPy function of that name, where this NumPy has it."""
    return (getattr(np, name),) if hasattr(np, name) else ()


# --- products -----------------------------------------------------------------------------------


@implements(np.matmul)
def _matmul(x1: Any, x2: Any, /, out: Any = None, **settings: Any) -> Node:
    refuse("numpy.matmul", out=out, **settings)
    return linear.matmul(*as_nodes((x1, x2)))


@implements(np.linalg.matmul)
def _linalg_matmul(x1: Any, x2: Any, /) -> Node:
    return linear.matmul(*as_nodes((x1, x2)))


@implements(*since("matvec"))
def _matvec(x1: Any, x2: Any, /, out: Any = None, **settings: Any) -> Node:
    refuse("numpy.matvec", out=out, **settings)
    a, x = as_nodes((x1, x2))
    return linear.matmul(a, reshape(x, to=(*x.shape, 1)))[..., 0]


@implements(*since("vecmat"))
def _vecmat(x1: Any, x2: Any, /, out: Any = None, **settings: Any) -> Node:
    refuse("numpy.vecmat", out=out, **settings)
    x, a = as_nodes((x1, x2))
    return linear.matmul(reshape(x, to=(*x.shape[:-1], 1, *x.shape[-1:])), a)[..., 0, :]


@implements(np.vecdot)
def _vecdot(x1: Any, x2: Any, /, out: Any = None, *, axis: Any = -1, **settings: Any) -> Node:
    refuse("numpy.vecdot", out=out, **settings)
    return _linalg_vecdot(x1, x2, axis=axis)


@implements(np.linalg.vecdot)
def _linalg_vecdot(x1: Any, x2: Any, /, *, axis: Any = -1) -> Node:
    a, b = [moved(as_node(x), axis, -1) for x in (x1, x2)]
    if a.shape[-1] != b.shape[-1]:
        raise ShapeError(f"vecdot: {show_shape(a.shape)} and {show_shape(b.shape)} do not fit")
    product = multiply(a, b)
    return sum_(product, axis=product.ndim - 1)


@implements(np.dot)
def _dot(a: Any, b: Any, out: Any = None) -> Node:
    refuse("numpy.dot", out=out)
    return tensor_products.dot(*as_nodes((a, b)))


@implements(np.inner)
def _inner(a: Any, b: Any, /) -> Node:
    return tensor_products.inner(*as_nodes((a, b)))


@implements(np.vdot)
def _vdot(a: Any, b: Any, /) -> Node:
    return tensor_products.vdot(*as_nodes((a, b)))


@implements(np.outer)
def _outer(a: Any, b: Any, out: Any = None) -> Node:
    refuse("numpy.outer", out=out)
    return linear.outer(*[reshape(x, to=(x.size,)) for x in as_nodes((a, b))])


@implements(np.linalg.outer)
def _linalg_outer(x1: Any, x2: Any, /) -> Node:
    return linear.outer(*as_nodes((x1, x2)))


@implements(np.tensordot, np.linalg.tensordot)
def _tensordot(a: Any, b: Any, axes: Any = 2) -> Node:
    x, y = as_nodes((a, b))
    if not isinstance(axes, Sequence | np.ndarray):
        count = whole("numpy.tensordot", axes)
        if not 0 <= count <= min(x.ndim, y.ndim):
            found = f"{show_shape(x.shape)} and {show_shape(y.shape)}"
            raise ShapeError(f"tensordot: {found} do not have {count} axes to sum over")
        return tensor_products.tensordot(x, y, (range(x.ndim - count, x.ndim), range(count)))
    ours, theirs = [wholes("numpy.tensordot", one) for one in axes]
    return tensor_products.tensordot(x, y, (ours, theirs))


@implements(np.kron)
def _kron(a: Any, b: Any) -> Node:
    return tensor_products.kron(*as_nodes((a, b)))


@implements(np.cross)
def _cross(
    a: Any, b: Any, axisa: Any = -1, axisb: Any = -1, axisc: Any = -1, axis: Any = None
) -> Node:
    if axis is not None:
        axisa = axisb = axisc = axis
    ahead, behind = moved(as_node(a), axisa, -1), moved(as_node(b), axisb, -1)
    return moved(tensor_products.cross(ahead, behind), -1, axisc)


@implements(np.linalg.cross)
def _linalg_cross(x1: Any, x2: Any, /, *, axis: Any = -1) -> Node:
    return _cross(x1, x2, axis=axis)


@implements(np.linalg.multi_dot)
def _multi_dot(arrays: Any, *, out: Any = None) -> Node:
    refuse("numpy.linalg.multi_dot", out=out)
    return tensor_products.multi_dot(as_nodes(arrays))


@implements(np.linalg.matrix_power)
def _matrix_power(a: Any, n: Any) -> Node:
    return tensor_products.matrix_power(as_node(a), whole("numpy.linalg.matrix_power", n))


def moved(x: Node, axis: Any, to: int) -> Node:
    """The axis moved to another place."""
    return moveaxis(x, axis=(whole("an axis", axis),), to=(whole("an axis", to),))


# --- einsum -------------------------------------------------------------------------------------


@implements(np.einsum)
def _einsum(*operands: Any, out: Any = None, optimize: Any = False, **settings: Any) -> Node:
    refuse("numpy.einsum", out=out, **settings)
    pattern, given = written(operands)
    arrays = as_nodes(given)
    terms, result = explicit(pattern, [array.shape for array in arrays])
    return linear.einsum(*stretched(terms, arrays), terms=tuple(terms), result=result)


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


# --- ufunc.outer --------------------------------------------------------------------------------


def _outer_of(ufunc: np.ufunc) -> Adapter:
    """Every entry of the first with every entry of the second."""

    def outer(a: Any, b: Any, /, **settings: Any) -> Any:
        x, y = as_nodes((a, b))
        if ufunc is np.multiply and x.ndim == y.ndim == 1 and not settings:
            return linear.outer(x, y)
        adapter = adapter_of(ufunc)
        if adapter is None:
            raise DataProblem(f"numpy.{ufunc.__name__}.outer is not known to the tracer")
        full = x.shape + y.shape
        column = reshape(x, to=x.shape + (1,) * y.ndim)
        return adapter(broadcast(column, to=full), broadcast(y, to=full), **settings)

    return outer


OUTERS: dict[np.ufunc, Adapter] = {
    ufunc: _outer_of(ufunc)
    for ufunc in vars(np).values()
    if isinstance(ufunc, np.ufunc) and (ufunc.nin, ufunc.nout) == (2, 1) and not ufunc.signature
}
