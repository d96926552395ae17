"""Losses of differences and margins: absolute, Huber, hinge."""

from __future__ import annotations

from chainrule.errors import DataProblem
from chainrule.graph.node import Node, size_of
from chainrule.jacobians.kinds import Dense, LinearMap
from chainrule.ops.activation import relu
from chainrule.ops.algebra import number
from chainrule.ops.choice import absolute
from chainrule.ops.contract import paper_function, paper_operation
from chainrule.ops.limiting import clip
from chainrule.ops.losses import Loss
from chainrule.ops.reduction import mean, sum_

__all__ = ["absolute_error", "hinge", "huber", "mae", "mean_hinge", "mean_huber"]


class AbsoluteError(Loss):
    """Σ |y − t|."""

    name = "absolute_error"
    derivatives = ("sign(y - t)", "-sign(y - t)")
    sentence = "The derivative is the sign of the error: its direction counts, not its size."
    choice = "where y = t the derivative is taken as 0"

    def body(self, *inputs: Node) -> Node:
        y, t = inputs
        return sum_(absolute(y - t))


class MeanAbsoluteError(Loss):
    """The mean of |y − t| over all entries."""

    name = "mae"
    derivatives = ("sign(y - t) / n", "-sign(y - t) / n")
    sentence = "The derivative is the sign of the error, divided by the number n of entries."
    choice = AbsoluteError.choice
    scaling = "mean over every entry"

    def body(self, *inputs: Node) -> Node:
        y, t = inputs
        return mean(absolute(y - t))


class Huber(Loss):
    """Σ ½ d² where |d| ≤ δ, else δ (|d| − ½ δ), for the differences d = y − t.

    With c, the difference kept within ±δ, both are c (d − ½ c), which never overflows.
    """

    name = "huber"
    derivatives = ("y - t, kept within ±δ", "-(y - t), kept within ±δ")
    sentence = "The derivative is the difference, kept between −δ and δ."
    delta: float = 1.0

    def body(self, *inputs: Node) -> Node:
        difference, pull = self._difference_and_pull(*inputs)
        return sum_(pull * (difference - pull / 2))

    def declared(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...] | None:
        _, pull = self._difference_and_pull(*inputs)
        return Dense(pull, (), pull.shape), Dense(-pull, (), pull.shape)

    def _difference_and_pull(self, y: Node, t: Node) -> tuple[Node, Node]:
        d = y - t
        return d, clip(d, number(-self.delta, d), number(self.delta, d))


class MeanHuber(Loss):
    """The Huber loss, averaged over all entries."""

    name = "mean_huber"
    derivatives = ("(y - t, kept within ±δ) / n", "-(y - t, kept within ±δ) / n")
    sentence = (
        "The derivative is the difference, kept between −δ and δ, divided by the number n of "
        "entries."
    )
    scaling = "mean over every entry"
    delta: float = 1.0

    def body(self, *inputs: Node) -> Node:
        return huber(*inputs, delta=self.delta) / size_of(inputs[0].shape)


class Hinge(Loss):
    """Σ max(0, 1 − t y) for scores y and labels t of −1 or 1."""

    name = "hinge"
    derivatives = ("-t where t y < 1, else 0", "-y where t y < 1, else 0")
    sentence = (
        "Beyond the margin the loss is 0; else the derivative is minus the label of the score."
    )
    choice = "at the margin itself the derivative is taken as 0"

    def body(self, *inputs: Node) -> Node:
        y, t = inputs
        return sum_(relu(1 - t * y))


class MeanHinge(Loss):
    """The hinge loss, averaged over all entries."""

    name = "mean_hinge"
    derivatives = ("-t / n where t y < 1, else 0", "-y / n where t y < 1, else 0")
    sentence = (
        "Beyond the margin the loss is 0; else the derivative is minus the label of the score, "
        "divided by the number n of entries."
    )
    choice = Hinge.choice
    scaling = "mean over every entry"

    def body(self, *inputs: Node) -> Node:
        return hinge(*inputs) / size_of(inputs[0].shape)


absolute_error = paper_operation(AbsoluteError())
mae = paper_operation(MeanAbsoluteError())
hinge = paper_operation(Hinge())
mean_hinge = paper_operation(MeanHinge())


@paper_function()
def huber(y: Node, t: Node, *, delta: float = 1.0) -> Node:
    """The Huber loss, summed over every entry; it turns from square to straight at ±delta."""
    return Huber(_above_zero("huber", delta))(y, t)


@paper_function()
def mean_huber(y: Node, t: Node, *, delta: float = 1.0) -> Node:
    """The Huber loss, averaged over all entries."""
    return MeanHuber(_above_zero("mean_huber", delta))(y, t)


def _above_zero(name: str, delta: float) -> float:
    if not delta > 0:
        raise DataProblem(f"the delta of {name} is above 0, not {delta:g}")
    return delta
