"""One operation at a time on small arrays: where nothing varies, plain values will do."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.graph.node import Node
from chainrule.ops.contract import Composite
from chainrule.run import kernels
from chainrule.run.interpreter import Plan

__all__ = ["evaluator"]


class _Quick:
    """The array namespace of `kernels`, without what it takes to set out for large arrays."""

    SMALL = 1 << 12

    def __getattr__(self, name: str) -> Any:
        found = getattr(kernels, name)
        setattr(self, name, found)
        return found

    def einsum(self, pattern: str, *values: Any, optimize: bool = False) -> Any:
        is_small = math.prod([value.size for value in values]) <= self.SMALL
        return np.einsum(pattern, *values, optimize=optimize and not is_small)

    def broadcast_to(self, value: Any, shape: tuple[int, ...]) -> Any:
        if math.prod(shape) > self.SMALL:
            return np.broadcast_to(value, shape)
        filled = np.empty(shape, value.dtype)
        filled[...] = value
        return filled

    def sum(self, value: Any, axis: Any = None, keepdims: Any = False) -> Any:
        return np.add.reduce(value, axis=axis, keepdims=keepdims)


QUICK = _Quick()


def evaluator(node: Node) -> Callable[..., Any]:
    """The function from plain values of a node's inputs to its value."""
    operation = node.operation
    if isinstance(operation, Composite):
        run = Plan([node], node.inputs).run
        return lambda *values: run(values)[0]
    evaluate = operation.evaluate
    return lambda *values: evaluate(QUICK, *values)
