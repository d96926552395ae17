"""Products of arrays: `matmul`, `dot`, `outer`, `einsum` and their kin; `ufunc.outer`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.errors import DataProblem, ShapeError
from chainrule.graph.node import Node
from chainrule.ops import linear, tensor_products
from chainrule.ops.arithmetic import multiply
from chainrule.ops.broadcasting import broadcast, reshape
from chainrule.ops.contract import show_shape
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
