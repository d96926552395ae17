"""A Jacobian with its numbers: a structured linear map that is as large as its structure."""

from __future__ import annotations

import copy as copies
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from chainrule.differentiate.compose import as_diagonal, multiplied_out
from chainrule.differentiate.maps import adjoint, apply
from chainrule.errors import DataProblem, ShapeError
from chainrule.functions.opened import held_nodes, opened
from chainrule.graph.node import Array, Node, Shape, size_of, variable
from chainrule.jacobians.kinds import (
    Diagonal,
    Identity,
    LinearMap,
    Mask,
    Product,
    Sum,
    Transposed,
)
from chainrule.ops.contract import show_shape
from chainrule.run.interpreter import Plan

__all__ = ["Jacobian", "held_nodes"]

DType = np.dtype[Any]
Verb = Callable[[LinearMap, Node], Node]
MOST_PLANS = 64  # kept, so that products with one Jacobian after the other are planned once


class Jacobian(NDArrayOperatorsMixin):
    """∂output/∂input as a linear map: structure and numbers, multiplied out only when asked.

    `np.asarray(J)` is the array of all entries, of shape `output_shape + input_shape`; arithmetic
    other than `J @ v`, `u @ J` and `J.T` acts on that array.

    >>> import chainrule as cr
    >>> J = cr.jacobian(lambda x: np.sin(x) * x)(np.linspace(0, 1, 1000))
    >>> J
    <Jacobian 1000 × 1000: Diagonal, 1000 numbers>
    >>> J.nbytes, J.diagonal().shape, (J @ np.ones(1000)).shape
    (8000, (1000,), (1000,))
    """

    def __init__(self, map_: LinearMap, dtype: DType, values: Mapping[Node, Array]) -> None:
        self.map, variables = opened(map_)
        self.dtype = dtype
        self._values = {variables[node]: np.array(value) for node, value in values.items()}

    @property
    def output_shape(self) -> Shape:
        """The shape of what is differentiated."""
        return self.map.output_shape

    @property
    def input_shape(self) -> Shape:
        """The shape of what it is differentiated by."""
        return self.map.input_shape

    @property
    def shape(self) -> Shape:
        """The shape of the array of all entries."""
        return self.output_shape + self.input_shape

    @property
    def ndim(self) -> int:
        """The axes of the array of all entries."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """How many entries there are, zeros among them."""
        return size_of(self.shape)

    @property
    def nbytes(self) -> int:
        """The memory of the numbers that are kept."""
        return sum(value.nbytes for value in self._values.values())

    @property
    def T(self) -> Jacobian:  # noqa: N802 (NumPy's name)
        """The same map read backwards: from cotangents of the output to those of the input."""
        turned = copies.copy(self)
        turned.map = self.map.of if isinstance(self.map, Transposed) else Transposed(self.map)
        turned.__dict__.pop("_dense", None)
        return turned

    def __repr__(self) -> str:
        rows, columns = self.map.matrix_shape
        held = sum(value.size for value in self._values.values())
        return f"<Jacobian {rows} × {columns}: {_structure(self.map)}, {_count(held)}>"

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a derivative of a number by a number")
        return self.shape[0]

    def __getitem__(self, index: Any) -> Any:
        return self._dense[index]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._dense)

    def __float__(self) -> float:
        return float(self._dense)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self._dense, dtype, copy=copy)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **settings: Any) -> Any:
        if ufunc is np.matmul and method == "__call__" and not settings:
            left, right = inputs
            return self @ right if left is self else _multiplied(left, self)
        arrays = [np.asarray(one) if isinstance(one, Jacobian) else one for one in inputs]
        return getattr(ufunc, method)(*arrays, **settings)

    def __matmul__(self, vector: Any) -> Any:
        """The map applied to a tangent of the input's shape, or to columns of them.

        Raises:
            ShapeError: the vector has another size.
        """
        return _applied(self, vector)

    def __rmatmul__(self, vector: Any) -> Any:
        """The adjoint applied to a cotangent of the output's shape, or to rows of them.

        Raises:
            ShapeError: the vector has another size.
        """
        return _multiplied(vector, self)

    def matrix(self) -> Array:
        """All entries as outputs × inputs, both flattened row by row."""
        return self._dense.reshape(self.map.matrix_shape)

    def diagonal(self) -> Array:
        """The entries (i, i) of the matrix, without the others where the structure allows it."""
        from chainrule.run.sparse import diagonal

        if isinstance(self.map, Diagonal | Mask | Identity):
            entries = as_diagonal(self.map, self.dtype)
            return np.array(Plan([entries], list(self._values))(*self._values.values())[0]).ravel()
        return diagonal(self.map, self._values, self.dtype)

    def tocsr(self) -> Any:
        """The matrix as a SciPy CSR array, with an entry wherever there is a path.

        Raises:
            DataProblem: SciPy is not installed.
        """
        from chainrule.run.sparse import csr

        return csr(self.map, self._values, self.dtype)

    @cached_property
    def _dense(self) -> Array:
        plan = _dense_plan(self.map, self.dtype)
        found = np.array(plan(*[self._values[node] for node in plan.inputs])[0])
        found.flags.writeable = False  # others are given the same array
        return found

    def _moved(self, vectors: Array, verb: Verb) -> Array:
        """A batch of vectors through the map, one a row."""
        if vectors.dtype.kind not in "fiub":
            raise DataProblem(f"a Jacobian is multiplied with real numbers, not {vectors.dtype}")
        plan = _moving_plan(self.map, verb, len(vectors), self.dtype)
        seed, *held = plan.inputs
        given = np.ascontiguousarray(vectors, self.dtype).reshape(seed.shape)
        return np.array(plan(given, *[self._values[node] for node in held])[0])


@lru_cache(MOST_PLANS)
def _dense_plan(map_: LinearMap, dtype: DType) -> Plan:
    return Plan([multiplied_out(map_, dtype)], held_nodes(map_))


@lru_cache(MOST_PLANS)
def _moving_plan(map_: LinearMap, verb: Verb, count: int, dtype: DType) -> Plan:
    """What sends so many vectors through the map: the first input is a stack of them."""
    shape = map_.input_shape if verb is apply else map_.output_shape
    seed = variable((count, *shape), dtype)
    return Plan([verb(map_, seed)], [seed, *held_nodes(map_)])


def _applied(J: Jacobian, right: Any) -> Array:
    """J @ v, for a vector in its own shape or flattened, or a matrix of columns."""
    vectors = np.asarray(right)
    shape = J.input_shape
    if isinstance(right, Jacobian) and right.output_shape == shape:
        columns = right.matrix().T
        return (
            J._moved(columns, apply)
            .reshape(len(columns), -1)
            .T.reshape(J.output_shape + right.input_shape)
        )
    if _are_many(vectors, shape, 0):
        return J._moved(vectors.T, apply).reshape(vectors.shape[1], size_of(J.output_shape)).T
    return _one_moved(J, vectors, shape, apply, J.output_shape)


def _multiplied(left: Any, J: Jacobian) -> Array:
    """u @ J, for a vector in its own shape or flattened, or a matrix of rows."""
    vectors = np.asarray(left)
    shape = J.output_shape
    if _are_many(vectors, shape, -1):
        return J._moved(vectors, adjoint).reshape(len(vectors), size_of(J.input_shape))
    return _one_moved(J, vectors, shape, adjoint, J.input_shape)


def _one_moved(J: Jacobian, vector: Array, shape: Shape, verb: Verb, out: Shape) -> Array:
    if vector.shape not in (shape, (size_of(shape),)):
        rows, columns = J.map.matrix_shape
        side = "right" if verb is apply else "left"
        flat = "" if len(shape) == 1 else f", or flat ({size_of(shape)})"
        raise ShapeError(
            f"a Jacobian of {rows} × {columns} is multiplied from the {side} with "
            f"{show_shape(vector.shape)}; {show_shape(shape)} is expected{flat}"
        )
    found = J._moved(vector.reshape(1, -1), verb)
    return found.reshape(out if vector.shape == shape else size_of(out))


def _are_many(vectors: Array, shape: Shape, axis: int) -> bool:
    """Whether a matrix holds one vector a column (axis 0) or a row (axis −1)."""
    return vectors.ndim == 2 and vectors.shape != shape and vectors.shape[axis] == size_of(shape)


def _structure(map_: LinearMap) -> str:
    """The kinds of map, as they are multiplied and added."""
    if isinstance(map_, Product):
        return " · ".join(map(_structure, map_.factors))
    if isinstance(map_, Sum):
        return "(" + " + ".join(map(_structure, map_.terms)) + ")"
    if isinstance(map_, Transposed):
        inner = _structure(map_.of)
        return f"({inner})ᵀ" if isinstance(map_.of, Product) else f"{inner}ᵀ"
    return type(map_).__name__


def _count(numbers: int) -> str:
    return "1 number" if numbers == 1 else f"{numbers} numbers"
