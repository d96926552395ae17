"""Inverse sine, cosine and tangent, the angle of a point, and sinc."""

from __future__ import annotations

import math
from typing import Any

from chainrule.errors import DataProblem
from chainrule.graph.node import Kernels, Node, Shape, size_of
from chainrule.jacobians.kinds import Diagonal, LinearMap
from chainrule.ops.broadcasting import aligned
from chainrule.ops.contract import Elementwise, paper_function, paper_operation
from chainrule.ops.elementary import sqrt, xdivy
from chainrule.ops.roots import hypot

__all__ = ["arccos", "arcsin", "arctan", "arctan2", "sinc"]

NEAR = 2.0  # |πx| below which a derivative of sinc is summed as a series
MOST_ORDER = 16  # of a derivative of sinc that is asked for by its number
TERMS = 14  # NEAR^26 / 26! is below the last digit of float64


class Arcsin(Elementwise):
    """The inverse sine, between −π/2 and π/2."""

    name = "arcsin"
    latex = r"\arcsin {0}"
    derivatives = ("1/√(1 − x²)",)
    sentence = "The derivative of the inverse sine is one over the cosine of the angle."
    choice = "at −1 and 1 the derivative is infinite, and is shown so"
    domain = ((-0.9, 0.9),)

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.arcsin(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(1 / _cosine(inputs[0])),)


class Arccos(Elementwise):
    """The inverse cosine, between 0 and π."""

    name = "arccos"
    latex = r"\arccos {0}"
    derivatives = ("−1/√(1 − x²)",)
    sentence = "The derivative of the inverse cosine is minus one over the sine of the angle."
    choice = "at −1 and 1 the derivative is infinite, and is shown so"
    domain = ((-0.9, 0.9),)

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.arccos(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(-(1 / _cosine(inputs[0]))),)


def _cosine(sine: Node) -> Node:
    """√(1 − x²), as a product so that no digits are lost near −1 and 1."""
    return sqrt((1 - sine) * (1 + sine))


class Arctan(Elementwise):
    """The inverse tangent, between −π/2 and π/2."""

    name = "arctan"
    latex = r"\arctan {0}"
    derivatives = ("1/(1 + x²)",)
    sentence = "The derivative of the inverse tangent is one over 1 + x²."

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.arctan(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(1 / (1 + inputs[0] ** 2)),)


class Arctan2(Elementwise):
    """The angle of the point with height a and width b, between −π and π."""

    name = "arctan2"
    arity = 2
    derivatives = ("b/(a² + b²)", "−a/(a² + b²)")
    sentence = (
        "The angle changes by the distance moved at right angles to the radius, over the radius."
    )
    choice = "at the origin both derivatives are taken as 0"
    domain = ((0.3, 2.0), (-2.0, 2.0))

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.arctan2(values[0], values[1])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        a, b = inputs
        radius = hypot(a, b)  # divided by twice: its square may overflow
        across, along = xdivy(xdivy(b, radius), radius), xdivy(xdivy(a, radius), radius)
        return Diagonal(across), Diagonal(-along)


class Sinc(Elementwise):
    """sin(πx) / (πx), and 1 at 0; or, of an `order`, that derivative of sin(z)/z at z = πx.

    The derivatives f⁽ⁿ⁾ of f = sin(z)/z follow from z f = sin z, differentiated n times:
    z f⁽ⁿ⁾ + n f⁽ⁿ⁻¹⁾ = sin(z + nπ/2).  Near 0, where that difference loses its digits, the series
    Σ (−1)^k z^(2k−n) / ((2k+1) (2k−n)!) over 2k ≥ n is summed.
    """

    name = "sinc"
    derivatives = ("(cos(πx) − y)/x",)
    sentence = "Sinc is a sine over its angle: a quotient, whose derivative is 0 at 0."
    order: int = 0

    def cost(self, *shapes: Shape) -> tuple[int, int]:
        return 4 * size_of(shapes[0]), 10 * (self.order + TERMS) * size_of(shapes[0])

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        z = math.pi * values[0]
        near = k.abs(z) < NEAR
        far = self._by_recurrence(k, k.where(near, 0 * z + NEAR, z), k.sinc(values[0]))
        return k.where(near, self._series(k.where(near, z, 0 * z)), far) if self.order else far

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(math.pi * Sinc(self.order + 1)(inputs[0])),)

    def _by_recurrence(self, k: Kernels, z: Any, value: Any) -> Any:
        waves = (k.sin(z), k.cos(z))
        for n in range(1, self.order + 1):
            sign = -1 if n % 4 in (2, 3) else 1
            value = (sign * waves[n % 2] - n * value) / z
        return value

    def _series(self, z: Any) -> Any:
        first = (self.order + 1) // 2
        odd = 2 * first - self.order  # the lowest power of z
        total = 0 * z
        for at in reversed(range(first, first + TERMS)):
            power = 2 * at - self.order
            total = total * z * z + (-1) ** at / ((2 * at + 1) * math.factorial(power))
        return total * z if odd else total


arcsin = paper_operation(Arcsin())
arccos = paper_operation(Arccos())
arctan = paper_operation(Arctan())
arctan2 = paper_operation(Arctan2())


@paper_function()
def sinc(x: Node, *, order: int = 0) -> Node:
    """sin(πx) / (πx), or the derivative of that order of sin(z)/z at z = πx.

    Raises:
        DataProblem: the order is out of range.
    """
    if not 0 <= order <= MOST_ORDER:
        raise DataProblem(
            f"the order of a derivative of sinc is between 0 and {MOST_ORDER}, not {order}"
        )
    return Sinc(order)(*aligned("sinc", x))
