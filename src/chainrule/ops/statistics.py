"""Variance, standard deviation and median over axes."""

from __future__ import annotations

from chainrule.graph.facts import Fact
from chainrule.graph.node import Node, size_of
from chainrule.graph.sizes import Size, counted
from chainrule.jacobians.kinds import Diagonal, LinearMap, Product, SumOver
from chainrule.ops.broadcasting import reshape
from chainrule.ops.choice import where
from chainrule.ops.contract import Composite, paper_function
from chainrule.ops.elementary import sqrt
from chainrule.ops.guarded import divide_or_zero
from chainrule.ops.indexing import take
from chainrule.ops.logic import isnan
from chainrule.ops.reduction import (
    Axes,
    Reduction,
    as_rows,
    filled_axes,
    mean,
    measured,
    normal_axes,
    reduced_shape,
    spread,
    sum_,
)
from chainrule.ops.sorting import sort

__all__ = ["Median", "StandardDeviation", "Variance", "median", "std", "var"]


class Spread(Reduction, Composite):
    """Base of variance and standard deviation: the divisor is n − ddof, and not below 0."""

    ddof: int = 0
    facts = frozenset({Fact.NONNEGATIVE})

    def divisor(self, x: Node) -> int:
        """n − ddof, where n entries are summed."""
        divisor = size_of(tuple(x.shape[axis] for axis in self.axis)) - self.ddof
        return divisor if isinstance(divisor, Size) else max(divisor, 0)

    def deviations(self, x: Node) -> Node:
        """x less its mean."""
        return x - spread(mean(x, axis=self.axis), self.axis, x.shape)

    def row(self, y: Node, x: Node, entries: Node) -> LinearMap:
        """The Jacobian with these entries: one row for each result."""
        return Product((SumOver(self.axis, x.shape, y.shape), Diagonal(entries)))


class Variance(Spread):
    """Σ(x − mean)² / (n − ddof) over the axes."""

    name = "var"
    latex = r"\operatorname{{Var}}\left({0}\right)"
    derivatives = ("2(x − mean)/(n − ddof)",)
    sentence = (
        "The derivative is twice the deviation from the mean, over the divisor of the variance."
    )

    def body(self, *inputs: Node) -> Node:
        x = inputs[0]
        squares = self.deviations(x) ** 2
        return sum_(squares, axis=self.axis, keepdims=self.keepdims) / self.divisor(x)

    def declared(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        x = inputs[0]
        return (self.row(y, x, 2 * self.deviations(x) / self.divisor(x)),)


class StandardDeviation(Spread):
    """The root of the variance."""

    name = "std"
    derivatives = ("(x − mean)/((n − ddof) y)",)
    sentence = (
        "The derivative is in proportion to the deviation from the mean over the standard "
        "deviation."
    )
    choice = "where the standard deviation is 0 its derivative is taken as 0"

    def body(self, *inputs: Node) -> Node:
        return sqrt(Variance(self.axis, self.keepdims, self.ddof)(inputs[0]))

    def declared(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        x = inputs[0]
        whole = spread(self.divisor(x) * y, self.axis, x.shape)
        return (self.row(y, x, divide_or_zero(self.deviations(x), whole)),)


class Median(Reduction, Composite):
    """The middle entry in order of size, or the mean of the two there; NaN if there is one."""

    name = "median"
    derivatives = ("1 for the middle entry, or 1/2 for each of the two, else 0",)
    sentence = "Only the middle entry counts, or the two in the middle, each one half."
    choice = "equal entries are ordered as they stand in the array"

    def body(self, *inputs: Node) -> Node:
        x = inputs[0]
        ordered = sort(as_rows(x, self.axis))
        count = counted(ordered.shape[-1])
        low, high, last = (take(ordered, (..., at)) for at in ((count - 1) // 2, count // 2, -1))
        middle = low if count % 2 else (low + high) / 2
        known = where(isnan(last), last, middle)  # NaN stands last
        return reshape(known, to=reduced_shape(x.shape, self.axis, self.keepdims))


@paper_function()
def var(x: Node, *, axis: int | Axes | None = None, keepdims: bool = False, ddof: int = 0) -> Node:
    """The variance over the axes, all by default."""
    return Variance(normal_axes(axis, x.shape), bool(keepdims), ddof)(measured(x))


@paper_function()
def std(x: Node, *, axis: int | Axes | None = None, keepdims: bool = False, ddof: int = 0) -> Node:
    """The standard deviation over the axes, all by default."""
    return StandardDeviation(normal_axes(axis, x.shape), bool(keepdims), ddof)(measured(x))


@paper_function()
def median(x: Node, *, axis: int | Axes | None = None, keepdims: bool = False) -> Node:
    """The median over the axes, all by default."""
    return Median(filled_axes("median", axis, x.shape), bool(keepdims))(measured(x))
