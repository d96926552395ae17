"""Rounding, which is flat, and division with a remainder."""

from __future__ import annotations

from typing import Any, ClassVar

from chainrule.errors import DataProblem
from chainrule.graph.node import Kernels, Node
from chainrule.jacobians.kinds import Diagonal, Identity, LinearMap, Zero
from chainrule.ops.broadcasting import aligned
from chainrule.ops.contract import Elementwise, paper_function, paper_operation

__all__ = ["ceil", "floor", "floor_divide", "remainder", "round_", "trunc"]

MOST_DECIMALS = 300


class Step(Elementwise):
    """Base of what is flat between jumps."""

    derivatives: ClassVar[tuple[str, ...]] = ("0", "0")
    sentence = "The function is constant between its jumps, so its derivative is zero."
    choice = "at a jump the derivative is taken as 0"

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return tuple(Zero(y.shape, node.shape) for node in inputs)


class Floor(Step):
    """The largest whole number that is not above x."""

    name = "floor"
    latex = r"\left\lfloor {0} \right\rfloor"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.floor(values[0])


class Ceil(Step):
    """The smallest whole number that is not below x."""

    name = "ceil"
    latex = r"\left\lceil {0} \right\rceil"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.ceil(values[0])


class Trunc(Step):
    """x without its decimals: the nearest whole number towards 0."""

    name = "trunc"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.trunc(values[0])


class Round(Step):
    """The nearest number with so many decimals; a half goes to the even neighbour."""

    name = "round"
    decimals: int = 0

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.round(values[0], self.decimals)


class FloorDivide(Step):
    """⌊a / b⌋: how many times b goes into a."""

    name = "floor_divide"
    arity = 2
    latex = r"\left\lfloor \frac{{{0}}}{{{1}}} \right\rfloor"
    domain = ((-2.0, 2.0), (0.5, 0.9))

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.floor_divide(values[0], values[1])


class Remainder(Elementwise):
    """a − b ⌊a / b⌋: what is left of a, with the sign of b."""

    name = "remainder"
    aliases = ("mod",)
    arity = 2
    precedence = "product"
    latex = r"{0} \bmod {1}"
    derivatives = ("1", "−⌊a / b⌋")
    sentence = (
        "The derivative with respect to the dividend is 1; with respect to the divisor, minus the "
        "quotient rounded down."
    )
    choice = (
        "where nothing remains, the derivative is taken from the side on which the remainder is 0"
    )
    domain = ((-2.0, 2.0), (0.5, 0.9))

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.remainder(values[0], values[1])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return Identity(y.shape), Diagonal(-floor_divide(*inputs))


floor = paper_operation(Floor())
ceil = paper_operation(Ceil())
trunc = paper_operation(Trunc())
floor_divide = paper_operation(FloorDivide())
remainder = paper_operation(Remainder())


@paper_function()
def round_(x: Node, *, decimals: int = 0) -> Node:
    """The nearest number with so many decimals; a half goes to the even neighbour.

    Raises:
        DataProblem: there are more decimals than a number can have.
    """
    if abs(decimals) > MOST_DECIMALS:
        raise DataProblem(
            f"round takes between {-MOST_DECIMALS} and {MOST_DECIMALS} decimals, not {decimals}"
        )
    return Round(decimals)(*aligned("round", x))
