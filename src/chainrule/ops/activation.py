"""Activations: sigmoid, tanh, ReLU, softplus."""

from __future__ import annotations

from typing import Any

from chainrule.graph.facts import Fact
from chainrule.graph.node import Kernels, Node
from chainrule.jacobians.kinds import Diagonal, LinearMap, Mask
from chainrule.ops.contract import Elementwise, paper_operation

__all__ = ["relu", "sigmoid", "softplus", "tanh"]


class Sigmoid(Elementwise):
    """σ(x) = 1 / (1 + e^−x), computed without overflow on either side."""

    name = "sigmoid"
    aliases = ("σ", "logistic")
    latex = r"\sigma\left({0}\right)"
    derivatives = ("y (1 - y)",)
    sentence = "The slope of the sigmoid is its value times one minus its value."
    facts = frozenset({Fact.NONNEGATIVE, Fact.AT_MOST_ONE})

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        x = values[0]
        small = k.exp(-k.abs(x))
        return k.where(x >= 0, 1 / (1 + small), small / (1 + small))

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(y * (1 - y)),)


class Tanh(Elementwise):
    """The hyperbolic tangent."""

    name = "tanh"
    latex = r"\tanh {0}"
    derivatives = ("1 - y²",)
    sentence = "The slope of tanh is one minus the square of its value."

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.tanh(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(1 - y**2),)


class Relu(Elementwise):
    """max(x, 0)."""

    name = "relu"
    aliases = ("ReLU",)
    latex = r"\operatorname{{ReLU}}\left({0}\right)"
    derivatives = ("1 where x > 0, else 0",)
    sentence = "ReLU passes what is positive and stops the rest."
    choice = "at 0 the derivative is taken as 0"
    facts = frozenset({Fact.NONNEGATIVE})

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.maximum(values[0], 0)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Mask(inputs[0] > 0),)


class Softplus(Elementwise):
    """log(1 + e^x), computed without overflow."""

    name = "softplus"
    derivatives = ("σ(x)",)
    sentence = "Softplus is the ReLU made smooth; its slope is the sigmoid."
    facts = frozenset({Fact.NONNEGATIVE})

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.logaddexp(values[0], 0)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(sigmoid(inputs[0])),)


sigmoid = paper_operation(Sigmoid())
tanh = paper_operation(Tanh())
relu = paper_operation(Relu())
softplus = paper_operation(Softplus())
