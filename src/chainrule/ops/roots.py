"""Square, reciprocal, cube root, and the length of a right triangle's long side."""

from __future__ import annotations

from typing import Any

from chainrule.graph.facts import Fact
from chainrule.graph.node import Kernels, Node
from chainrule.jacobians.kinds import Diagonal, LinearMap
from chainrule.ops.contract import Elementwise, paper_operation
from chainrule.ops.elementary import xdivy

__all__ = ["cbrt", "hypot", "reciprocal", "square"]


class Square(Elementwise):
    """x²."""

    name = "square"
    precedence = "power"
    latex = "{0}^2"
    derivatives = ("2x",)
    sentence = "The derivative of a square is twice what is squared."
    facts = frozenset({Fact.NONNEGATIVE})

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.square(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(2 * inputs[0]),)


class Reciprocal(Elementwise):
    """1/x."""

    name = "reciprocal"
    precedence = "product"
    latex = r"\frac{{1}}{{{0}}}"
    derivatives = ("−y²",)
    sentence = "The derivative of 1/x is minus the square of 1/x."
    domain = ((0.5, 2.0),)

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.reciprocal(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(-(y**2)),)


class CubeRoot(Elementwise):
    """The cube root, of negative numbers too."""

    name = "cbrt"
    latex = r"\sqrt[3]{{{0}}}"
    derivatives = ("1/(3y²)",)
    sentence = "The derivative of the cube root is one over three times its square."
    choice = "at 0 the derivative is infinite, and is shown so"
    domain = ((0.3, 2.0),)

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.cbrt(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(1 / (3 * y**2)),)


class Hypot(Elementwise):
    """√(a² + b²), computed without overflow."""

    name = "hypot"
    arity = 2
    latex = r"\sqrt{{{0}^2 + {1}^2}}"
    derivatives = ("a/y", "b/y")
    sentence = "The derivative with respect to one side is that side over the hypotenuse."
    choice = "at the origin both derivatives are taken as 0"
    facts = frozenset({Fact.NONNEGATIVE})
    domain = ((0.3, 2.0), (-2.0, 2.0))

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.hypot(values[0], values[1])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        a, b = inputs
        return Diagonal(xdivy(a, y)), Diagonal(xdivy(b, y))


square = paper_operation(Square())
reciprocal = paper_operation(Reciprocal())
cbrt = paper_operation(CubeRoot())
hypot = paper_operation(Hypot())
