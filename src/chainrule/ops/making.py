"""Arrays that need no numbers written: zeros, ones, the identity matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.graph.node import FLOAT, Kernels, Node, Shape, constant
from chainrule.jacobians.kinds import LinearMap
from chainrule.ops.broadcasting import broadcast
from chainrule.ops.contract import Operation

__all__ = ["Eye", "eye", "ones", "zeros"]


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
