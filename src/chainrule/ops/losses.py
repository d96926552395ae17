"""Losses.  They sum over everything unless their name says otherwise.

Prediction and target have one shape: (N) against (N × 1) would silently become N × N.
"""

from __future__ import annotations

from typing import ClassVar

from chainrule.errors import ShapeError
from chainrule.graph.node import Node, Shape, size_of
from chainrule.jacobians.kinds import Dense, LinearMap
from chainrule.ops.activation import sigmoid, softplus
from chainrule.ops.contract import Composite, Operation, paper_operation, show_shape
from chainrule.ops.elementary import xlogy, xtimesy
from chainrule.ops.normalizing import Softmax, log_softmax, softmax
from chainrule.ops.reduction import mean, spread, sum_

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "cross_entropy_with_logits",
    "half_squared_error",
    "kl_divergence",
    "mean_binary_cross_entropy",
    "mean_binary_cross_entropy_with_logits",
    "mean_cross_entropy",
    "mean_cross_entropy_with_logits",
    "mean_kl_divergence",
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
    sentence = "The derivative of a squared difference is twice the difference."

    def body(self, *inputs: Node) -> Node:
        y, t = inputs
        return sum_((y - t) ** 2)


class HalfSquaredError(Loss):
    """½ Σ (y − t)²."""

    name = "half_squared_error"
    derivatives = ("y - t", "-(y - t)")
    sentence = "The one half cancels the 2 of the square: the difference is left."
    scaling = "summed over every entry, times one half"

    def body(self, *inputs: Node) -> Node:
        y, t = inputs
        return sum_((y - t) ** 2) / 2


class MeanSquaredError(Loss):
    """The mean of (y − t)² over all entries."""

    name = "mse"
    derivatives = ("2 (y - t) / n", "-2 (y - t) / n")
    sentence = (
        "The square brings down a factor of 2, and the mean divides by the number n of entries."
    )
    scaling = "mean over every entry"

    def body(self, *inputs: Node) -> Node:
        y, t = inputs
        return mean((y - t) ** 2)


class CrossEntropy(Loss):
    """−Σ T log P, where 0 · log 0 is 0."""

    name = "cross_entropy"
    derivatives = ("-T / P", "-log P")
    sentence = (
        "For each predicted probability the derivative is minus its label divided by the "
        "probability."
    )
    domain = ((0.1, 0.9), (0.1, 0.9))

    def body(self, *inputs: Node) -> Node:
        shares, target = inputs
        return -sum_(xlogy(target, shares))


class MeanCrossEntropy(Loss):
    """−Σ T log P, averaged over the examples (the leading axis)."""

    name = "mean_cross_entropy"
    derivatives = ("-T / (N P)", "-(log P) / N")
    sentence = (
        "For each predicted probability the derivative is minus its label divided by the "
        "probability, and by the number N of examples."
    )
    scaling = "mean over the leading axis"
    domain = ((0.1, 0.9), (0.1, 0.9))

    def body(self, *inputs: Node) -> Node:
        shares, target = inputs
        return cross_entropy(shares, target) / examples(shares)


class CrossEntropyWithLogits(Loss):
    """−Σ T log softmax(O), along the last axis, without ever forming a tiny share.

    A class that is impossible (O = −∞) and has no label (T = 0) costs nothing.
    """

    name = "cross_entropy_with_logits"
    domain = ((-2.0, 2.0), (0.1, 0.9))
    derivatives = ("softmax(O) ΣT - T", "-log softmax(O)")
    sentence = (
        "Softmax and cross-entropy together leave probability minus label, where labels sum to 1."
    )

    def shape(self, *shapes: Shape) -> Shape:
        Softmax().shape(shapes[0])
        return super().shape(*shapes)

    def body(self, *inputs: Node) -> Node:
        logits, target = inputs
        return -sum_(xtimesy(target, log_softmax(logits)))

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
    sentence = (
        "Softmax and cross-entropy together leave probability minus label, where labels sum to 1, "
        "divided by the number N of examples."
    )
    scaling = "mean over the leading axis"

    def body(self, *inputs: Node) -> Node:
        logits, target = inputs
        return cross_entropy_with_logits(logits, target) / examples(logits)


class BinaryCrossEntropy(Loss):
    """−Σ T log P + (1 − T) log(1 − P)."""

    name = "binary_cross_entropy"
    derivatives = ("(P - T) / (P (1 - P))", "log(1 - P) - log P")
    sentence = (
        "With respect to a probability P with label T the derivative is (P − T) / (P (1 − P))."
    )
    domain = ((0.1, 0.9), (0.1, 0.9))

    def body(self, *inputs: Node) -> Node:
        shares, target = inputs
        return -sum_(xlogy(target, shares) + xlogy(1 - target, 1 - shares))


class MeanBinaryCrossEntropy(Loss):
    """The binary cross-entropy, averaged over all entries."""

    name = "mean_binary_cross_entropy"
    derivatives = ("(P - T) / (P (1 - P)) / n", "(log(1 - P) - log P) / n")
    sentence = (
        "With respect to a probability P with label T the derivative is (P − T) / (P (1 − P)), "
        "divided by the number n of entries."
    )
    scaling = "mean over every entry"
    domain = ((0.1, 0.9), (0.1, 0.9))

    def body(self, *inputs: Node) -> Node:
        return binary_cross_entropy(*inputs) / size_of(inputs[0].shape)


class BinaryCrossEntropyWithLogits(Loss):
    """−Σ T log σ(O) + (1 − T) log(1 − σ(O)), without ever forming a tiny probability."""

    name = "binary_cross_entropy_with_logits"
    derivatives = ("σ(O) - T", "-O")
    sentence = "Sigmoid and cross-entropy together leave the predicted probability minus the label."
    domain = ((-2.0, 2.0), (0.1, 0.9))

    def body(self, *inputs: Node) -> Node:
        logits, target = inputs
        likely = xtimesy(target, softplus(-logits))
        return sum_(likely + xtimesy(1 - target, softplus(logits)))

    def declared(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        logits, target = inputs
        return (
            Dense(sigmoid(logits) - target, (), logits.shape),
            Dense(-logits, (), target.shape),
        )


class MeanBinaryCrossEntropyWithLogits(Loss):
    """The binary cross-entropy of σ(O), averaged over all entries."""

    name = "mean_binary_cross_entropy_with_logits"
    derivatives = ("(σ(O) - T) / n", "-O / n")
    sentence = (
        "Sigmoid and cross-entropy together leave the predicted probability minus the label, "
        "divided by the number n of entries."
    )
    scaling = "mean over every entry"
    domain = ((-2.0, 2.0), (0.1, 0.9))

    def body(self, *inputs: Node) -> Node:
        return binary_cross_entropy_with_logits(*inputs) / size_of(inputs[0].shape)


class KLDivergence(Loss):
    """KL(T ‖ P) = Σ T log(T / P): what P costs beyond the entropy of T; 0 · log 0 is 0."""

    name = "kl_divergence"
    derivatives = ("-T / P", "1 + log T - log P")
    sentence = (
        "As in the cross-entropy, the derivative for each predicted probability is minus its label"
        " divided by the probability."
    )
    domain = ((0.1, 0.9), (0.1, 0.9))

    def body(self, *inputs: Node) -> Node:
        shares, target = inputs
        return sum_(xlogy(target, target) - xlogy(target, shares))


class MeanKLDivergence(Loss):
    """KL(T ‖ P), averaged over the examples (the leading axis)."""

    name = "mean_kl_divergence"
    derivatives = ("-T / (N P)", "(1 + log T - log P) / N")
    sentence = (
        "For each predicted probability the derivative is minus its label divided by the "
        "probability, and by the number N of examples."
    )
    scaling = "mean over the leading axis"
    domain = ((0.1, 0.9), (0.1, 0.9))

    def body(self, *inputs: Node) -> Node:
        return kl_divergence(*inputs) / examples(inputs[0])


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
mean_binary_cross_entropy = paper_operation(MeanBinaryCrossEntropy())
binary_cross_entropy_with_logits = paper_operation(BinaryCrossEntropyWithLogits())
mean_binary_cross_entropy_with_logits = paper_operation(MeanBinaryCrossEntropyWithLogits())
kl_divergence = paper_operation(KLDivergence())
mean_kl_divergence = paper_operation(MeanKLDivergence())
