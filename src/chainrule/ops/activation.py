"""Activations: sigmoid, tanh, ReLU and its smooth and leaky relatives."""

from __future__ import annotations

import math
from typing import Any

from chainrule.graph.facts import Fact
from chainrule.graph.node import Kernels, Node
from chainrule.jacobians.kinds import Diagonal, LinearMap, Mask
from chainrule.ops.algebra import number
from chainrule.ops.broadcasting import aligned
from chainrule.ops.choice import where
from chainrule.ops.contract import Composite, Elementwise, paper_function, paper_operation
from chainrule.ops.limiting import clip
from chainrule.ops.special import normal_cdf

__all__ = [
    "elu",
    "gelu",
    "gelu_tanh",
    "leaky_relu",
    "relu",
    "sigmoid",
    "silu",
    "softplus",
    "tanh",
]


class Sigmoid(Elementwise):
    """σ(x) = 1 / (1 + e^−x), computed without overflow on either side."""

    name = "sigmoid"
    aliases = ("σ", "logistic")
    latex = r"\sigma\left({0}\right)"
    derivatives = ("y (1 - y)",)
    sentence = "The derivative of the sigmoid is its value times one minus its value."
    facts = frozenset({Fact.POSITIVE, Fact.AT_MOST_ONE})

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
    sentence = "The derivative of tanh is one minus the square of its value."
    facts = frozenset({Fact.AT_MOST_ONE})

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
    sentence = "Softplus is a smooth ReLU; its derivative is the sigmoid."
    facts = frozenset({Fact.POSITIVE})

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.logaddexp(values[0], 0)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(sigmoid(inputs[0])),)


class LeakyRelu(Elementwise):
    """x where it is positive, else `slope` · x."""

    name = "leaky_relu"
    derivatives = ("1 where x > 0, else the small slope",)
    sentence = "Positive numbers pass unchanged; the others are multiplied by the small slope."
    choice = "at 0 the derivative is taken as the small slope"
    slope: float = 0.01

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        x = values[0]
        return k.where(x > 0, x, self.slope * x)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        x = inputs[0]
        return (Diagonal(where(x > 0, number(1.0, x), number(self.slope, x))),)


class Elu(Elementwise):
    """x where it is positive, else α (e^x − 1)."""

    name = "elu"
    derivatives = ("1 where x > 0, else y + α",)
    sentence = "Positive numbers pass unchanged; below 0 the derivative decays exponentially."
    choice = "at 0 the derivative is taken from the left: α"
    alpha: float = 1.0

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        x = values[0]
        return k.where(x > 0, x, self.alpha * k.expm1(k.minimum(x, 0)))

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        x = inputs[0]
        return (Diagonal(where(x > 0, number(1.0, x), y + self.alpha)),)


class Silu(Composite):
    """x σ(x)."""

    name = "silu"
    derivatives = ("σ(x) + x σ(x) (1 - σ(x))",)
    sentence = "SiLU is x times sigmoid(x), so the product rule gives two terms."

    def body(self, *inputs: Node) -> Node:
        x = inputs[0]
        return x * sigmoid(x)


class Gelu(Composite):
    """x Φ(x), where Φ is the normal distribution function."""

    name = "gelu"
    derivatives = ("Φ(x) + x φ(x)",)
    sentence = (
        "GELU is x times the normal distribution function of x, so the product rule gives two "
        "terms."
    )

    def body(self, *inputs: Node) -> Node:
        x = inputs[0]
        return x * normal_cdf(x)


class GeluTanh(Composite):
    """x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))), the approximation of `gelu` by tanh.

    Written with σ(2u) = (1 + tanh u)/2.  Beyond ±40 that is 0 or 1 in any precision, and the
    cube, which would overflow, is not followed further.

    Hendrycks and Gimpel, Gaussian Error Linear Units, arXiv:1606.08415 (2016), section 2.
    """

    name = "gelu_tanh"
    derivatives = ("σ(2u) + 2x u′ σ(2u) (1 - σ(2u))",)
    sentence = (
        "It is x times an approximate normal distribution function of x: a product of two factors."
    )

    def body(self, *inputs: Node) -> Node:
        x = inputs[0]
        z = clip(x, number(-40.0, x), number(40.0, x))
        return x * sigmoid(2 * math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))


sigmoid = paper_operation(Sigmoid())
tanh = paper_operation(Tanh())
relu = paper_operation(Relu())
softplus = paper_operation(Softplus())


@paper_function()
def leaky_relu(x: Node, *, slope: float = 0.01) -> Node:
    """x where it is positive, else `slope` · x."""
    return LeakyRelu(slope)(*aligned("leaky_relu", x))


@paper_function()
def elu(x: Node, *, alpha: float = 1.0) -> Node:
    """x where it is positive, else alpha · (e^x − 1)."""
    return Elu(alpha)(*aligned("elu", x))


@paper_function("swish")
def silu(x: Node) -> Node:
    """x σ(x)."""
    return Silu()(*aligned("silu", x))


@paper_function()
def gelu(x: Node) -> Node:
    """x Φ(x)."""
    return Gelu()(*aligned("gelu", x))


@paper_function()
def gelu_tanh(x: Node) -> Node:
    """The approximation of x Φ(x) by tanh."""
    return GeluTanh()(*aligned("gelu_tanh", x))
