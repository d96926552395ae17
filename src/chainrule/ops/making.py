"""Arrays that need no numbers written: zeros, ones, the identity matrix; sizes as numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.graph.node import FLOAT, OPERATORS, Kernels, Node, Shape, constant
from chainrule.graph.sizes import Size
from chainrule.jacobians.kinds import LinearMap
from chainrule.ops.arithmetic import add, multiply, negate, subtract
from chainrule.ops.broadcasting import broadcast
from chainrule.ops.contract import Operation

__all__ = ["Extent", "Eye", "extent", "eye", "ones", "zeros"]


class Eye(Operation):
    """The identity matrix."""

    name = "eye"
    arity = 0
    text = "eye({rows})"
    latex = "I_{{{rows}}}"
    rows: int
    of_dtype: np.dtype[Any] = FLOAT

    def shape(self, *shapes: Shape) -> Shape:
        return (self.rows, self.rows)

    def dtype(self, *dtypes: np.dtype[Any]) -> np.dtype[Any]:
        return self.of_dtype

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.eye(self.rows, dtype=self.of_dtype)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return ()


def eye(rows: int, dtype: np.dtype[Any] = FLOAT) -> Node:
    """The identity matrix with that many rows."""
    return Eye(rows, dtype)()


def zeros(shape: Shape, dtype: np.dtype[Any] = FLOAT) -> Node:
    """An array of zeros."""
    return broadcast(constant(0.0, dtype), to=shape)


def ones(shape: Shape, dtype: np.dtype[Any] = FLOAT) -> Node:
    """An array of ones."""
    return broadcast(constant(1.0, dtype), to=shape)


class Extent(Operation):
    """The number that a size stands for, of which only the name is known."""

    name = "extent"
    arity = 0
    text = "{of}"
    latex = "{of}"
    of: Size
    of_dtype: np.dtype[Any] = FLOAT

    def shape(self, *shapes: Shape) -> Shape:
        return ()

    def dtype(self, *dtypes: np.dtype[Any]) -> np.dtype[Any]:
        return self.of_dtype

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.asarray(int(self.of), dtype=self.of_dtype)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return ()


def extent(size: Size, dtype: np.dtype[Any] = FLOAT) -> Node:
    """A size as a number: n + 2 m as one writes it, a node for each name.

    >>> from chainrule.graph.sizes import named_sizes
    >>> n, m = named_sizes("nm").values()
    >>> extent(n), extent(n * m + 1)
    (<extent float64[]>, <add float64[]>)
    """
    total: Node | None = None
    for monomial, factor in size.terms:
        parts = [Extent(Size((((one,), 1),)), dtype)() for one in monomial]
        if abs(factor) != 1 or not parts:
            parts.insert(0, constant(abs(factor), dtype))
        term = parts[0]
        for part in parts[1:]:
            term = multiply(term, part)
        if total is None:
            total = term if factor > 0 else negate(term)
        else:
            total = add(total, term) if factor > 0 else subtract(total, term)
    assert total is not None
    return total


OPERATORS["size"] = extent
