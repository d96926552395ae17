"""An estimate of the work of a stage, for each axis that could lie in the lanes.

What does not change along an axis is counted once for it, as it is computed before that loop;
entries that lie apart in memory are fetched one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from chainrule.run.native.emit.dependence import REDUCED, Dependence, everything
from chainrule.run.native.emit.order import Loop
from chainrule.run.native.kernels import Access, Apply, Expression, Literal, Load, LoadAt, Stage

__all__ = ["Work"]

# fmt: off
CHEAP = {
    "add", "subtract", "multiply", "negative", "absolute", "maximum", "minimum", "where",
    "cast", "square", "less", "less_equal", "greater", "greater_equal", "equal", "not_equal",
    "logical_and", "logical_or", "logical_not", "copysign", "bitwise_and", "bitwise_or",
    "bitwise_xor", "invert", "isfinite", "isinf", "isnan", "sign",
}
MODERATE = {
    "divide", "sqrt", "reciprocal", "rint", "floor", "ceil", "trunc", "power",
}
# fmt: on
APART = 1.5  # the work of a number that is fetched for one lane


class Work:
    """About how many instructions the stages take, `lanes` of whose numbers fill a register."""

    def __init__(self, stages: Sequence[Stage], dependence: Dependence, lanes: int) -> None:
        self.stages = stages
        self.dependence = dependence
        self.lanes = lanes
        every = [everything([stage]) for stage in stages]
        self.weights = [[(_weight(one), one) for one in some] for some in every]
        self.is_heavy = any(weight > 5 for some in self.weights for weight, _ in some)

    def of(
        self, number: int, outer: Sequence[Loop], inner: Sequence[Loop], strip: Loop | None
    ) -> float:
        """The work of stage `number` with this loop's entries in the lanes."""
        stage = self.stages[number]
        turns = {loop.axis: loop.extent for loop in (*outer, *inner)}
        if strip is not None:
            turns[strip.axis] = -(-strip.extent // self.lanes)
        points = prod(turns.values())
        total = float(points * len(stage.reductions))
        for weight, one in self.weights[number]:
            total += weight * self._times(one, outer, turns) * self._fetches(one, strip)
        for store in stage.stores:
            total += 2 * points * self._apart(store.access, strip)
        if strip in inner:  # the lanes are brought together after each row
            rows = prod(loop.extent for loop in outer)
            total += 2 * rows * len(stage.reductions) * self.lanes.bit_length()
        return total

    def _times(self, expression: Expression, outer: Sequence[Loop], turns: dict[int, int]) -> int:
        mask = self.dependence.mask(expression)
        if mask & REDUCED:
            mask |= sum(1 << loop.axis for loop in outer)
        return prod(n for axis, n in turns.items() if mask >> axis & 1)

    def _fetches(self, expression: Expression, strip: Loop | None) -> float:
        if strip is None or not isinstance(expression, Load | LoadAt):
            return 1.0
        if isinstance(expression, LoadAt):
            place = self.dependence.mask(expression.place)
            if place >> strip.axis & 1:
                return APART * min(self.lanes, strip.extent)
        return self._apart(expression.access, strip)

    def _apart(self, access: Access, strip: Loop | None) -> float:
        if strip is None or abs(access.strides[strip.axis]) <= 1:
            return 1.0
        return APART * min(self.lanes, strip.extent)


def _weight(expression: Expression) -> int:
    if not isinstance(expression, Apply):
        return 0 if isinstance(expression, Literal) else 1
    if expression.function in CHEAP:
        return 1
    return 5 if expression.function in MODERATE else 20
