"""Sums and products of the first entries along an axis, and the recurrence that links them.

With y = cumprod(x), the tangent obeys dy_i = x_i dy_(i-1) + y_(i-1) dx_i: a linear recurrence.
It divides by nothing, so that it is right at zeros, and its own derivative is again one.
"""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Kernels, Node, Shape
from chainrule.jacobians.kinds import Diagonal, LinearMap, Multilinear, Product
from chainrule.ops.along import Along, advanced, axis_from_end, delayed, flipped
from chainrule.ops.broadcasting import as_numbers, broadcast, reshape
from chainrule.ops.contract import TURN, LinearOperation, paper_function

__all__ = ["CumulativeProduct", "CumulativeSum", "Recurrence", "cumprod", "cumsum", "recurrence"]


class CumulativeSum(Along, LinearOperation):
    """y_i = x_0 + … + x_i along an axis; in reverse y_i = x_i + … + x_(n-1)."""

    name = "cumsum"
    derivatives = ("1 for every entry up to this one, else 0",)
    sentence = "Each running sum changes one for one with every entry that it includes."
    reverse: bool = False

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        if not self.reverse:
            return k.cumsum(values[0], axis=self.axis)
        return k.flip(k.cumsum(k.flip(values[0], self.axis), axis=self.axis), self.axis)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Multilinear(self, inputs, 0),)

    def substitute(self, operands: tuple[Node, ...], position: int, tangent: Node) -> Node:
        return self(tangent)

    def transposed(self, operands: tuple[Node, ...], position: int, cotangent: Node) -> Node:
        return CumulativeSum(self.axis, not self.reverse)(cotangent)


class CumulativeProduct(Along):
    """y_i = x_0 ⋯ x_i along an axis."""

    name = "cumprod"
    derivatives = ("the product of the other entries up to this one, else 0",)
    sentence = (
        "The derivative of a running product with respect to an entry is the product of its others."
    )

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.cumprod(values[0], axis=self.axis)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        onward = Multilinear(Recurrence(self.axis), (inputs[0], y), 1)
        return (Product((onward, Diagonal(delayed(y, self.axis, 1.0)))),)


class Recurrence(Along, LinearOperation):
    """y_i = a_i y_(i-1) + b_i along an axis, starting at y_0 = b_0."""

    name = "recurrence"
    arity = 2
    derivatives = ("the recurrence of y_(i-1) da_i", "the recurrence of db_i")
    sentence = "What enters at one place is multiplied by every factor that follows."

    def cost(self, *shapes: Shape) -> tuple[int, int]:
        held, products = super().cost(*shapes)
        return held, products + TURN * shapes[0][self.axis]

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.recurrence(values[0], values[1], self.axis)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        onward = Multilinear(self, inputs, 1)
        return Product((onward, Diagonal(delayed(y, self.axis, 0.0)))), onward

    def substitute(self, operands: tuple[Node, ...], position: int, tangent: Node) -> Node:
        return self(broadcast(operands[0], to=tangent.shape), tangent)

    def transposed(self, operands: tuple[Node, ...], position: int, cotangent: Node) -> Node:
        """u_i + a_(i+1) times what comes back from place i + 1: the recurrence from the end."""
        factors = broadcast(advanced(operands[0], self.axis, 0.0), to=cotangent.shape)
        back = self(flipped(factors, self.axis), flipped(cotangent, self.axis))
        return flipped(back, self.axis)


@paper_function()
def cumsum(x: Node, *, axis: int | None = None, reverse: bool = False) -> Node:
    """The sums of the first entries along an axis; by default of all entries, row by row."""
    x, place = _laid_out(x, axis)
    return CumulativeSum(place, bool(reverse))(*as_numbers((x,)))


@paper_function()
def cumprod(x: Node, *, axis: int | None = None) -> Node:
    """The products of the first entries along an axis; by default of all entries, row by row."""
    x, place = _laid_out(x, axis)
    return CumulativeProduct(place)(*as_numbers((x,)))


@paper_function()
def recurrence(a: Node, b: Node, *, axis: int = 0) -> Node:
    """y_i = a_i y_(i-1) + b_i along an axis, starting at y_0 = b_0."""
    return Recurrence(axis_from_end(axis, b.shape))(*as_numbers((a, b)))


def _laid_out(x: Node, axis: int | None) -> tuple[Node, int]:
    """The array, flat if no axis is named, and the axis counted from the end."""
    if axis is None:
        return reshape(x, to=(x.size,)), -1
    return x, axis_from_end(axis, x.shape)
