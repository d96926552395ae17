"""Numbers kept within bounds, the larger and smaller number beside NaN, signs, steps."""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Kernels, Node
from chainrule.jacobians.kinds import Diagonal, LinearMap, Mask, Zero
from chainrule.ops.algebra import number
from chainrule.ops.choice import Maximum, Minimum, compare, logical_not, maximum, sign
from chainrule.ops.contract import Elementwise, paper_operation
from chainrule.ops.logic import and_, isnan, or_

__all__ = ["clip", "copysign", "fmax", "fmin", "heaviside"]


class Clip(Elementwise):
    """x, but not below `low` and not above `high`: min(max(x, low), high)."""

    name = "clip"
    arity = 3
    derivatives = (
        "1 where low < x < high, else 0",
        "1 where x ≤ low < high, else 0",
        "1 where max(x, low) ≥ high, else 0",
    )
    sentence = "Within the bounds the derivative is 1; beyond them only the bound counts."
    choice = "at a bound the bound counts, and the derivative with respect to what is clipped is 0"
    domain = ((-2.0, 2.0), (-1.0, -0.5), (0.5, 1.0))

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        x, low, high = values
        return k.minimum(k.maximum(x, low), high)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        x, low, high = inputs
        return (
            Mask(and_(low < x, x < high)),
            Mask(and_(x <= low, low < high)),
            Mask(maximum(x, low) >= high),
        )


class FMax(Maximum):
    """The larger of a and b; where one of them is not a number, the other."""

    name = "fmax"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.fmax(values[0], values[1])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[Mask, Mask]:
        return _beside_nan(inputs[1], *super().jacobians(y, *inputs))


class FMin(Minimum):
    """The smaller of a and b; where one of them is not a number, the other."""

    name = "fmin"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.fmin(values[0], values[1])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[Mask, Mask]:
        return _beside_nan(inputs[1], *super().jacobians(y, *inputs))


def _beside_nan(b: Node, first: Mask, _: Mask) -> tuple[Mask, Mask]:
    """The first counts where it did and where `b` is not a number; else the second does."""
    chosen = or_(first.condition, isnan(b))
    return Mask(chosen), Mask(logical_not(chosen))


class CopySign(Elementwise):
    """|a| with the sign of b; −0.0 has a sign, too."""

    name = "copysign"
    arity = 2
    derivatives = ("1 where the sign stays, −1 where it turns", "0")
    sentence = "The derivative is 1 where the sign is kept, and −1 where it is reversed."
    choice = "where the number is 0 the derivative is taken as 0"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.copysign(values[0], values[1])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        a, b = inputs
        return Diagonal(sign(a) * copysign(number(1.0, a), b)), Zero(y.shape, y.shape)


class Heaviside(Elementwise):
    """0 where x is below 0, 1 where it is above, and b at 0."""

    name = "heaviside"
    arity = 2
    derivatives = ("0", "1 where x = 0, else 0")
    sentence = "A step is constant on both sides; at the jump itself only the chosen height counts."
    choice = "at 0 the derivative is taken as 0"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.heaviside(values[0], values[1])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        x = inputs[0]
        return Zero(y.shape, y.shape), Mask(compare("==", x, number(0.0, x)))


clip = paper_operation(Clip())
fmax = paper_operation(FMax())
fmin = paper_operation(FMin())
copysign = paper_operation(CopySign())
heaviside = paper_operation(Heaviside())
