"""Layer and batch normalization: entries measured from their mean, in units of their spread.

    ŷ = (x − mean) / √(variance + ε),        y = gain ⊙ ŷ + bias

The variance is the mean of the squared deviations (divided by n, not n − 1).  ε keeps constant
entries finite: they come out as the bias.
Sources: S. Ioffe, C. Szegedy, Batch normalization, 2015, arXiv:1502.03167; J. Ba, J. Kiros,
G. Hinton, Layer normalization, 2016, arXiv:1607.06450.
"""

from __future__ import annotations

from numbers import Real

from chainrule.errors import DataProblem, ShapeError
from chainrule.graph.node import Node, Shape, size_of
from chainrule.jacobians.kinds import (
    Diagonal,
    Identity,
    LinearMap,
    Product,
    Sum,
    SumOver,
    Transposed,
)
from chainrule.ops.algebra import number
from chainrule.ops.broadcasting import as_numbers, broadcast
from chainrule.ops.contract import Composite, paper_function, show_shape
from chainrule.ops.elementary import sqrt
from chainrule.ops.reduction import Axes, filled_axes, mean, normal_axes, reduced_shape, spread

__all__ = ["batch_norm", "batch_norm_inference", "layer_norm", "standardize"]

EPSILON = 1e-5


class Standardize(Composite):
    """(x − mean) / √(variance + ε) over the axes."""

    name = "standardize"
    stacks = True
    derivatives = ("(I − 1 1ᵀ / n − y yᵀ / n) / √(variance + ε)",)
    sentence = (
        "Mean and spread are removed, so shifting or stretching all entries has almost no effect."
    )
    axis: Axes
    epsilon: float = EPSILON

    def shape(self, *shapes: Shape) -> Shape:
        return shapes[0]

    def body(self, *inputs: Node) -> Node:
        centred = self._centred(inputs[0])
        return centred / self._spread(centred)

    def declared(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        """(I − 1 1ᵀ / n − y yᵀ / n) / √(variance + ε): the entries of y sum to 0."""
        x = inputs[0]
        total = SumOver(self.axis, x.shape, reduced_shape(x.shape, self.axis, True))
        count = size_of(tuple(x.shape[axis] for axis in self.axis))
        share = Diagonal(-(number(1.0, y) / count))
        alike = Product((share, Transposed(total), total))
        along = Product((Diagonal(-y / count), Transposed(total), total, Diagonal(y)))
        scale = Diagonal(1 / self._spread(self._centred(x)))
        return (Product((scale, Sum((Identity(x.shape), alike, along)))),)

    def _centred(self, x: Node) -> Node:
        return x - broadcast(mean(x, axis=self.axis, keepdims=True), to=x.shape)

    def _spread(self, centred: Node) -> Node:
        variance = mean(centred**2, axis=self.axis, keepdims=True)
        return broadcast(sqrt(variance + self.epsilon), to=centred.shape)


class LayerNorm(Composite):
    """gain ⊙ ŷ + bias, each row x along the last axis standardized by itself."""

    name = "layer_norm"
    arity = 3
    derivatives = ("gain ⊙ (I − 1 1ᵀ / n − ŷ ŷᵀ / n) / √(variance + ε)", "ŷ", "1")
    sentence = (
        "Each row loses its mean and its scale, and gets new ones from the gain and the bias."
    )
    epsilon: float = EPSILON

    def shape(self, *shapes: Shape) -> Shape:
        x, *settings = shapes
        if not x or x[-1] == 0:
            raise ShapeError(f"layer_norm needs entries along its last axis, not {show_shape(x)}")
        _expect(self.name, x[-1:], {"gain": settings[0], "bias": settings[1]}, x)
        return x

    def body(self, *inputs: Node) -> Node:
        x, gain, bias = inputs
        return Standardize((x.ndim - 1,), self.epsilon)(x) * gain + bias


class OverBatch(Composite):
    """Base: one gain and one bias for each entry of the channel axis."""

    axis: int = 1
    epsilon: float = EPSILON

    def shape(self, *shapes: Shape) -> Shape:
        x, *others = shapes
        if not 0 <= self.axis < len(x):
            raise ShapeError(f"{self.name}: axis {self.axis} does not exist in {show_shape(x)}")
        names = ("gain", "bias", "mean", "variance")
        _expect(self.name, (x[self.axis],), dict(zip(names, others, strict=False)), x)
        return x

    def others(self, x: Node) -> Axes:
        """All axes but that of the channels."""
        return tuple(axis for axis in range(x.ndim) if axis != self.axis)


class BatchNorm(OverBatch):
    """gain ⊙ ŷ + bias, each channel standardized over the whole batch (as in training)."""

    name = "batch_norm"
    arity = 3
    derivatives = ("gain ⊙ (I − 1 1ᵀ / n − ŷ ŷᵀ / n) / √(variance + ε)", "ŷ", "1")
    sentence = (
        "Each channel is normalized over the batch, so every example affects the results of all."
    )

    def shape(self, *shapes: Shape) -> Shape:
        x = super().shape(*shapes)
        if size_of(x) == 0:
            raise ShapeError(f"batch_norm needs at least one example, not {show_shape(x)}")
        return x

    def body(self, *inputs: Node) -> Node:
        x, gain, bias = inputs
        axes = self.others(x)
        standard = Standardize(axes, self.epsilon)(x)
        return standard * spread(gain, axes, x.shape) + spread(bias, axes, x.shape)


class BatchNormInference(OverBatch):
    """gain ⊙ (x − mean) / √(variance + ε) + bias, with a mean and a variance that are given."""

    name = "batch_norm_inference"
    arity = 5
    derivatives = (
        "gain / √(variance + ε)",
        "(x − mean) / √(variance + ε)",
        "1",
        "−gain / √(variance + ε)",
        "−gain (x − mean) / (2 √(variance + ε)³)",
    )
    sentence = "With a given mean and variance, each entry is shifted and scaled by itself."
    domain = ((-2.0, 2.0), (-2.0, 2.0), (-2.0, 2.0), (-2.0, 2.0), (0.3, 2.0))

    def body(self, *inputs: Node) -> Node:
        x, gain, bias, middle, variance = inputs
        scale = gain / sqrt(variance + self.epsilon)
        scale, bias, middle = [
            spread(node, self.others(x), x.shape) for node in (scale, bias, middle)
        ]
        return (x - middle) * scale + bias


@paper_function()
def standardize(x: Node, *, axis: int | Axes | None = None, epsilon: float = EPSILON) -> Node:
    """(x − mean) / √(variance + epsilon) over the axes, all by default."""
    axes = filled_axes("standardize", axis, x.shape)
    return Standardize(axes, _checked(epsilon))(*as_numbers((x,)))


@paper_function()
def layer_norm(x: Node, gain: Node, bias: Node, *, epsilon: float = EPSILON) -> Node:
    """Rows of x, along its last axis, standardized, times a gain, plus a bias.

    Raises:
        ShapeError: gain or bias is not a vector of the length of a row.
    """
    return LayerNorm(_checked(epsilon))(*as_numbers((x, gain, bias)))


@paper_function()
def batch_norm(x: Node, gain: Node, bias: Node, *, epsilon: float = EPSILON, axis: int = 1) -> Node:
    """Each channel of x standardized over all other axes, times a gain, plus a bias.

    This is the form for training: mean and variance are those of the batch, and gradients flow
    through them.  `axis` is that of the channels.

    Raises:
        ShapeError: gain or bias is not a vector with one entry a channel.
    """
    (channels,) = normal_axes(axis, x.shape)
    return BatchNorm(channels, _checked(epsilon))(*as_numbers((x, gain, bias)))


@paper_function()
def batch_norm_inference(
    x: Node,
    gain: Node,
    bias: Node,
    mean: Node,
    variance: Node,
    *,
    epsilon: float = EPSILON,
    axis: int = 1,
) -> Node:
    """`batch_norm` with a given mean and variance of each channel, such as running averages."""
    (channels,) = normal_axes(axis, x.shape)
    numbers = as_numbers((x, gain, bias, mean, variance))
    return BatchNormInference(channels, _checked(epsilon))(*numbers)


def _expect(name: str, wanted: Shape, given: dict[str, Shape], x: Shape) -> None:
    for setting, shape in given.items():
        if shape != wanted:
            raise ShapeError(
                f"{name} of x {show_shape(x)} needs a {setting} of {show_shape(wanted)}, "
                f"not {show_shape(shape)}"
            )


def _checked(epsilon: float) -> float:
    if not isinstance(epsilon, Real) or not epsilon >= 0:
        raise DataProblem(f"epsilon is a number that is not negative, not {epsilon}")
    return float(epsilon)
