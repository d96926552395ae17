"""Sums, differences, products, quotients, powers.

The functions here build exactly what was written.  The operators of `Node`, which local
Jacobians are written with, also leave out zeros and ones: see `chainrule.ops.algebra`.
"""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Kernels, Node, constant
from chainrule.jacobians.kinds import Diagonal, Identity, LinearMap
from chainrule.ops.broadcasting import aligned, broadcast, literal
from chainrule.ops.contract import Elementwise, paper_function
from chainrule.ops.elementary import xlogy, xtimesy

__all__ = [
    "Add",
    "Divide",
    "Multiply",
    "Negate",
    "Power",
    "PowerOf",
    "Subtract",
    "add",
    "divide",
    "multiply",
    "negate",
    "power",
    "subtract",
]


class Add(Elementwise):
    """a + b."""

    name = "add"
    arity = 2
    precedence = "sum"
    text = latex = "{0} + {1}"
    derivatives = ("1", "1")
    sentence = "A sum changes one for one with each of its terms."

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return values[0] + values[1]

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Identity(y.shape),) * 2


class Subtract(Elementwise):
    """a − b."""

    name = "subtract"
    arity = 2
    precedence = "sum"
    text = latex = "{0} - {1}"
    derivatives = ("1", "−1")
    sentence = "A difference changes one for one with its first term, and against its second."

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return values[0] - values[1]

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return Identity(y.shape), Diagonal(-ones_like(y))


class Negate(Elementwise):
    """−x."""

    name = "negate"
    precedence = "sign"
    text = latex = "-{0}"
    derivatives = ("−1",)
    sentence = "The negative changes one for one against its argument: the derivative is −1."

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return -values[0]

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(-ones_like(y)),)


class Multiply(Elementwise):
    """a ⊙ b, entry by entry."""

    name = "multiply"
    arity = 2
    precedence = "product"
    text = "{0} * {1}"
    latex = r"{0} \odot {1}"
    derivatives = ("b", "a")
    sentence = "The derivative of a product with respect to one factor is the other factor."

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return values[0] * values[1]

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        a, b = inputs
        return Diagonal(b), Diagonal(a)


class Divide(Elementwise):
    """a / b, entry by entry."""

    name = "divide"
    arity = 2
    precedence = "product"
    text = "{0} / {1}"
    latex = r"\frac{{{0}}}{{{1}}}"
    derivatives = ("1/b", "−y/b")
    sentence = (
        "The derivative with respect to the numerator is one over the denominator; with respect to"
        " the denominator, minus the quotient over the denominator."
    )
    domain = ((-2.0, 2.0), (0.5, 2.0))

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.divide(values[0], values[1])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        b = inputs[1]
        return Diagonal(1 / b), Diagonal(-(y / b))


class PowerOf(Elementwise):
    """x^n for a number n that is written down."""

    name = "power"
    precedence = "power"
    text = latex = "{0}^{exponent}"
    derivatives = ("n x^(n-1)",)
    sentence = "The exponent comes down in front and drops by one."
    domain = ((0.3, 2.0),)
    exponent: float

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return values[0] ** self.exponent

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        n = self.exponent
        return (Diagonal(n * inputs[0] ** (n - 1)),)


class Power(Elementwise):
    """a^b, both of which may vary."""

    name = "power_of"
    arity = 2
    precedence = "power"
    text = "{0}^{1}"
    latex = "{{{0}}}^{{{1}}}"
    derivatives = ("b a^(b-1)", "y log a")
    sentence = (
        "With respect to the base it is differentiated as a power; with respect to the exponent, "
        "as an exponential: itself times the logarithm of the base."
    )
    choice = (
        "where the base is 0 and the exponent positive, the derivative with respect to the "
        "exponent is taken as 0"
    )
    domain = ((0.3, 2.0), (-2.0, 2.0))

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.power(values[0], values[1])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        a, b = inputs
        return Diagonal(xtimesy(b, power(a, b - 1))), Diagonal(xlogy(y, a))


@paper_function()
def add(a: Node, b: Node) -> Node:
    """a + b, broadcast."""
    return Add()(*aligned("+", a, b))


@paper_function()
def subtract(a: Node, b: Node) -> Node:
    """a − b, broadcast."""
    return Subtract()(*aligned("-", a, b))


@paper_function()
def multiply(a: Node, b: Node) -> Node:
    """a ⊙ b, broadcast."""
    return Multiply()(*aligned("*", a, b))


@paper_function()
def divide(a: Node, b: Node) -> Node:
    """a / b, broadcast."""
    return Divide()(*aligned("/", a, b))


@paper_function()
def negate(x: Node) -> Node:
    """−x."""
    return Negate()(*aligned("-", x))


@paper_function()
def power(a: Node, b: Node) -> Node:
    """a^b; an exponent that is a written number is a setting, not an input."""
    exponent = literal(b) if b.shape == () else None
    if exponent is not None:
        return PowerOf(exponent)(*aligned("^", a))
    return Power()(*aligned("^", a, b))


def ones_like(y: Node) -> Node:
    """Ones in the shape and precision of `y`."""
    return broadcast(constant(1.0, y.dtype), to=y.shape)
