"""Losses.  They sum over everything unless their name says otherwise.

Prediction and target have one shape: (N) against (N × 1) would silently become N × N.
"""

from __future__ import annotations

from typing import ClassVar

from chainrule.errors import ShapeError
from chainrule.graph.node import Node, Shape
from chainrule.jacobians.kinds import Dense, LinearMap
from chainrule.ops.contract import Composite, Operation, paper_operation, show_shape
from chainrule.ops.elementary import xlogy
from chainrule.ops.normalizing import Softmax, log_softmax, softmax
from chainrule.ops.reduction import mean, spread, sum_

__all__ = [
    "binary_cross_entropy",
    "cross_entropy",
    "cross_entropy_with_logits",
    "half_squared_error",
    "mean_cross_entropy",
    "mean_cross_entropy_with_logits",
    "mse",
    "scaling_of",
    "squared_error",
]


class Loss(Composite):
    """Base: a number from a prediction and a target of one shape."""

    arity = 2
    scaling: ClassVar[str] = "summed over every entry"

    def shape(self, *shapes: Shape) -> Shape:
        prediction, target = shapes
        if prediction != target:
            raise ShapeError(
                f"{self.name} compares a prediction {show_shape(prediction)} with a target "
                f"{show_shape(target)}; a loss never broadcasts, so give both one shape"
            )
        return ()


class SquaredError(Loss):
    """Σ (y − t)²."""

    name = "squared_error"
    derivatives = ("2 (y - t)", "-2 (y - t)")
    sentence = "The square brings down a factor of two on the difference."

    def body(self, *inputs: Node) -> Node:
        y, t = inputs
        return sum_((y - t) ** 2)


class HalfSquaredError(Loss):
    """½ Σ (y − t)²."""

    name = "half_squared_error"
    derivatives = ("y - t", "-(y - t)")
    sentence = "The half cancels the two of the square: only the difference is left."
    scaling = "summed over every entry, times one half"

    def body(self, *inputs: Node) -> Node:
        y, t = inputs
        return sum_((y - t) ** 2) / 2


class MeanSquaredError(Loss):
    """The mean of (y − t)² over all entries."""

    name = "mse"
    derivatives = ("2 (y - t) / n", "-2 (y - t) / n")
    sentence = "The square brings down a factor of two, the mean divides by the n entries."
    scaling = "mean over every entry"

    def body(self, *inputs: Node) -> Node:
        y, t = inputs
        return mean((y - t) ** 2)


class CrossEntropy(Loss):
    """−Σ T log P, where 0 · log 0 is 0."""

    name = "cross_entropy"
    derivatives = ("-T / P", "-log P")
    sentence = "Each predicted share counts by minus its label over itself."
    domain = ((0.1, 0.9), (0.1, 0.9))

    def body(self, *inputs: Node) -> Node:
        shares, target = inputs
        return -sum_(xlogy(target, shares))


class MeanCrossEntropy(Loss):
    """−Σ T log P, averaged over the examples (the leading axis)."""

    name = "mean_cross_entropy"
    derivatives = ("-T / (N P)", "-(log P) / N")
    sentence = "Each predicted share counts by minus its label over itself, and over N examples."
    scaling = "mean over the leading axis"
    domain = ((0.1, 0.9), (0.1, 0.9))

    def body(self, *inputs: Node) -> Node:
        shares, target = inputs
        return cross_entropy(shares, target) / examples(shares)


class CrossEntropyWithLogits(Loss):
    """−Σ T log softmax(O), along the last axis, without ever forming a tiny share."""

    name = "cross_entropy_with_logits"
    domain = ((-2.0, 2.0), (0.1, 0.9))
    derivatives = ("softmax(O) ΣT - T", "-log softmax(O)")
    sentence = "Softmax and cross-entropy together leave the predicted share less the label."

    def shape(self, *shapes: Shape) -> Shape:
        Softmax().shape(shapes[0])
        return super().shape(*shapes)

    def body(self, *inputs: Node) -> Node:
        logits, target = inputs
        return -sum_(target * log_softmax(logits))

    def declared(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        logits, target = inputs
        last = (target.ndim - 1,)
        total = spread(sum_(target, axis=last), last, target.shape)
        gradient = softmax(logits) * total - target
        return (
            Dense(gradient, (), logits.shape),
            Dense(-log_softmax(logits), (), target.shape),
        )


class MeanCrossEntropyWithLogits(Loss):
    """−Σ T log softmax(O), averaged over the examples (the leading axis)."""

    name = "mean_cross_entropy_with_logits"
    domain = ((-2.0, 2.0), (0.1, 0.9))
    derivatives = ("(softmax(O) ΣT - T) / N", "-(log softmax(O)) / N")
    sentence = "Softmax and cross-entropy together leave the share less the label, over N."
    scaling = "mean over the leading axis"

    def body(self, *inputs: Node) -> Node:
        logits, target = inputs
        return cross_entropy_with_logits(logits, target) / examples(logits)


class BinaryCrossEntropy(Loss):
    """−Σ T log P + (1 − T) log(1 − P)."""

    name = "binary_cross_entropy"
    derivatives = ("(P - T) / (P (1 - P))", "log(1 - P) - log P")
    sentence = "Each of the two outcomes counts by minus its label over its probability."
    domain = ((0.1, 0.9), (0.1, 0.9))

    def body(self, *inputs: Node) -> Node:
        shares, target = inputs
        return -sum_(xlogy(target, shares) + xlogy(1 - target, 1 - shares))


def examples(prediction: Node) -> int:
    """How many rows there are: the last axis holds the classes."""
    rows = 1
    for length in prediction.shape[:-1]:
        rows *= length
    return rows


def scaling_of(operation: Operation) -> str | None:
    """What a loss sums or averages over, in words; None for what is no loss."""
    return operation.scaling if isinstance(operation, Loss) else None


squared_error = paper_operation(SquaredError())
half_squared_error = paper_operation(HalfSquaredError())
mse = paper_operation(MeanSquaredError())
cross_entropy = paper_operation(CrossEntropy())
mean_cross_entropy = paper_operation(MeanCrossEntropy())
cross_entropy_with_logits = paper_operation(CrossEntropyWithLogits())
mean_cross_entropy_with_logits = paper_operation(MeanCrossEntropyWithLogits())
binary_cross_entropy = paper_operation(BinaryCrossEntropy())
