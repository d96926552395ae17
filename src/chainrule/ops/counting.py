"""Truth over axes: whether any entry holds, whether all do."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.graph.facts import Fact
from chainrule.graph.node import Kernels, Node
from chainrule.ops.contract import paper_function
from chainrule.ops.reduction import Axes, Reduction, normal_axes

__all__ = ["all_", "any_"]


class Truth(Reduction):
    """Base: a truth value over the axes; an entry holds unless it is 0."""

    derivatives = ("0",)
    sentence = "A truth value is constant wherever it has a derivative, so the derivative is zero."
    facts = frozenset({Fact.BOOLEAN})

    def dtype(self, *dtypes: np.dtype[Any]) -> np.dtype[Any]:
        return np.dtype(np.bool_)


class AnyHolds(Truth):
    """Whether any entry over the axes holds; of none: no."""

    name = "any"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.any(values[0], axis=self.axis, keepdims=self.keepdims)


class AllHold(Truth):
    """Whether all entries over the axes hold; of none: yes."""

    name = "all"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.all(values[0], axis=self.axis, keepdims=self.keepdims)


@paper_function()
def any_(x: Node, *, axis: int | Axes | None = None, keepdims: bool = False) -> Node:
    """Whether any entry over the axes is not 0."""
    return AnyHolds(normal_axes(axis, x.shape), bool(keepdims))(x)


@paper_function()
def all_(x: Node, *, axis: int | Axes | None = None, keepdims: bool = False) -> Node:
    """Whether all entries over the axes are not 0."""
    return AllHold(normal_axes(axis, x.shape), bool(keepdims))(x)
