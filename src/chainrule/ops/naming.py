"""A quantity under another name: `b = a` is a second quantity, with its own partial derivative."""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Kernels, Node
from chainrule.jacobians.kinds import Identity, LinearMap
from chainrule.ops.contract import Elementwise, paper_operation

__all__ = ["Same", "same"]


class Same(Elementwise):
    """x itself."""

    name = "same"
    derivatives = ("1",)
    sentence = "It is the same quantity under another name, so its Jacobian is the identity."

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return values[0]

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Identity(y.shape),)


same = paper_operation(Same())


def original(x: Node) -> Node:
    """The node that `x` is another name of, or `x` itself."""
    while isinstance(x.operation, Same):
        x = x.inputs[0]
    return x
