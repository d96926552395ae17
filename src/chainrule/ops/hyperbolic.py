"""Hyperbolic sine and cosine, and the inverse hyperbolic functions; tanh is an activation."""

from __future__ import annotations

from typing import Any

from chainrule.graph.facts import Fact
from chainrule.graph.node import Kernels, Node
from chainrule.jacobians.kinds import Diagonal, LinearMap
from chainrule.ops.algebra import number
from chainrule.ops.contract import Elementwise, paper_operation
from chainrule.ops.elementary import sqrt
from chainrule.ops.roots import hypot

__all__ = ["arccosh", "arcsinh", "arctanh", "cosh", "sinh"]


class Sinh(Elementwise):
    """The hyperbolic sine, (e^x − e^−x)/2."""

    name = "sinh"
    latex = r"\sinh {0}"
    derivatives = ("cosh(x)",)
    sentence = "The derivative of the hyperbolic sine is the hyperbolic cosine."

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.sinh(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(cosh(inputs[0])),)


class Cosh(Elementwise):
    """The hyperbolic cosine, (e^x + e^−x)/2."""

    name = "cosh"
    latex = r"\cosh {0}"
    derivatives = ("sinh(x)",)
    sentence = "The derivative of the hyperbolic cosine is the hyperbolic sine."
    facts = frozenset({Fact.POSITIVE})

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.cosh(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(sinh(inputs[0])),)


class Arcsinh(Elementwise):
    """The inverse hyperbolic sine, log(x + √(x² + 1))."""

    name = "arcsinh"
    latex = r"\operatorname{{arsinh}} {0}"
    derivatives = ("1/√(1 + x²)",)
    sentence = "The derivative is one over the square root of 1 + x²."

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.arcsinh(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        x = inputs[0]
        return (Diagonal(1 / hypot(number(1.0, x), x)),)


class Arccosh(Elementwise):
    """The inverse hyperbolic cosine, log(x + √(x² − 1)), for x ≥ 1."""

    name = "arccosh"
    latex = r"\operatorname{{arcosh}} {0}"
    derivatives = ("1/√(x² − 1)",)
    sentence = "The derivative is one over the square root of x² − 1."
    choice = "at 1 the derivative is infinite, and is shown so"
    facts = frozenset({Fact.NONNEGATIVE})
    domain = ((1.3, 3.0),)

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.arccosh(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        x = inputs[0]  # two roots: the square may overflow, and loses digits near 1
        return (Diagonal(1 / (sqrt(x - 1) * sqrt(x + 1))),)


class Arctanh(Elementwise):
    """The inverse hyperbolic tangent, ½ log((1 + x)/(1 − x)), for −1 < x < 1."""

    name = "arctanh"
    latex = r"\operatorname{{artanh}} {0}"
    derivatives = ("1/(1 − x²)",)
    sentence = "The derivative of the inverse hyperbolic tangent is one over 1 − x²."
    choice = "at −1 and 1 the derivative is infinite, and is shown so"
    domain = ((-0.8, 0.8),)

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.arctanh(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        x = inputs[0]
        return (Diagonal(1 / ((1 - x) * (1 + x))),)


sinh = paper_operation(Sinh())
cosh = paper_operation(Cosh())
arcsinh = paper_operation(Arcsinh())
arccosh = paper_operation(Arccosh())
arctanh = paper_operation(Arctanh())
