"""A quotient that is 0 where its divisor is: the slope of what has a corner at 0."""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Kernels, Node
from chainrule.jacobians.kinds import Diagonal, LinearMap
from chainrule.ops.algebra import number
from chainrule.ops.contract import Elementwise, paper_operation

__all__ = ["divide_or_zero"]


class DivideOrZero(Elementwise):
    """a / b, and 0 where b is 0."""

    name = "divide_or_zero"
    arity = 2
    latex = r"\frac{{{0}}}{{{1}}}"
    derivatives = ("1/b", "−y/b")
    sentence = (
        "The derivative with respect to the numerator is one over the denominator; with respect to"
        " the denominator, minus the quotient over the denominator."
    )
    choice = "where the denominator is 0 the quotient and its derivatives are taken as 0"
    domain = ((-2.0, 2.0), (0.5, 2.0))

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        a, b = values
        return k.where(b == 0, k.zeros_like(a), a / k.where(b == 0, k.ones_like(b), b))

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        b = inputs[1]
        by_a = divide_or_zero(number(1.0, b), b)
        return Diagonal(by_a), Diagonal(-divide_or_zero(y, b))


divide_or_zero = paper_operation(DivideOrZero())
