"""Pooling: the largest entry or the mean of each window of the last two axes.

Windows lie `stride` apart, by default side by side; what no whole window reaches is left out.
A border of padding widens the image: it is never the largest, and counts in the mean as zeros
unless it is told not to.

>>> from chainrule.graph.node import variable
>>> max_pool2d(variable((8, 3, 28, 28)), size=2)
<max_pool2d float64[8, 3, 14, 14]>
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.errors import ShapeError
from chainrule.graph.node import Kernels, Node, Shape, size_of
from chainrule.jacobians.kinds import LinearMap, Zero
from chainrule.ops.broadcasting import as_numbers, broadcast, reshape
from chainrule.ops.contract import Composite, Operation, paper_function, show_shape
from chainrule.ops.convolution import conv2d
from chainrule.ops.indexing import gather
from chainrule.ops.making import ones
from chainrule.ops.windows import Pair, pair, places, with_border

__all__ = ["avg_pool2d", "max_pool2d", "max_pool2d_positions"]


class Pooling(Operation):
    """Base: one result a window; axes before the last two are kept."""

    size: Pair
    stride: Pair
    padding: Pair = (0, 0)

    @property
    def dilation(self) -> Pair:
        """The entries of a window are neighbours."""
        return 1, 1

    def settings(self, inputs: tuple[Node, ...]) -> list[tuple[str, Any]]:
        side_by_side = self.stride == self.size
        written = super().settings(inputs)
        return [(name, value) for name, value in written if name != "stride" or not side_by_side]

    def shape(self, *shapes: Shape) -> Shape:
        x = shapes[0]
        if len(x) < 2:
            raise ShapeError(f"{self.name} takes images (… × H × W), not {show_shape(x)}")
        if any(border >= n for border, n in zip(self.padding, self.size, strict=True)):
            raise ShapeError(
                f"{self.name} needs a padding {show_shape(self.padding)} smaller than its window "
                f"{show_shape(self.size)}: each window must meet the image"
            )
        return x[:-2] + places(self.name, x[-2:], self.size, self)


class MaxPool2d(Pooling, Composite):
    """The largest entry of each window."""

    name = "max_pool2d"
    stacks = True
    derivatives = ("1 for the chosen entry of each window, else 0",)
    sentence = "Only the entry that each window chooses counts."
    choice = "at a tie the first one in the window, row by row, counts"

    def body(self, *inputs: Node) -> Node:
        x = inputs[0]
        return gather(x, MaxPool2dPositions(*self.key())(x), x.ndim)


class MaxPool2dPositions(Pooling):
    """Where the first largest entry of each window is, counted row by row in the whole array."""

    name = "max_pool2d_positions"
    derivatives = ("0",)
    sentence = (
        "A position is a whole number, which small changes leave as it is: the derivative is zero."
    )

    def dtype(self, *dtypes: np.dtype[Any]) -> np.dtype[Any]:
        return np.dtype(np.int64)

    def cost(self, *shapes: Shape) -> tuple[int, int]:
        """How many numbers it holds on the way; each is copied, compared and looked for."""
        windows = size_of(self.shape(*shapes)) * size_of(self.size)
        padded = size_of(shapes[0][:-2]) * size_of(with_border(shapes[0][-2:], self.padding))
        return padded + 2 * windows, 4 * windows

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        x = values[0]
        rows = self.rows(k, x, -k.inf)
        inside = self.rows(k, k.ones(x.shape[-2:], dtype=bool), False)
        own = k.arange(size_of(x.shape[-2:])).reshape(x.shape[-2:])
        best = k.argmax(rows, axis=-1)[..., None]
        # Where all entries are -inf the border must not be chosen: the first of the image is.
        chosen = k.take_along_axis(k.broadcast_to(inside, rows.shape), best, axis=-1)
        best = k.where(chosen, best, k.argmax(inside, axis=-1)[..., None])
        own = k.broadcast_to(self.rows(k, own, 0), rows.shape)
        images = k.arange(size_of(x.shape[:-2])).reshape(*x.shape[:-2], 1, 1)
        return k.take_along_axis(own, best, axis=-1)[..., 0] + images * size_of(x.shape[-2:])

    def rows(self, k: Kernels, x: Any, border: float) -> Any:
        """The windows, each as one row of its entries."""
        padding = ((0, 0),) * (x.ndim - 2) + tuple((one, one) for one in self.padding)
        padded = k.pad(x, padding, constant_values=border) if any(self.padding) else x
        parts = k.windows(padded, self.size, self.stride, self.dilation)
        return parts.reshape(*parts.shape[:-2], size_of(self.size))

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Zero(y.shape, inputs[0].shape),)


class AvgPool2d(Pooling, Composite):
    """The mean of each window: a convolution with equal weights, channel by channel."""

    name = "avg_pool2d"
    stacks = True
    derivatives = ("1/n for each of the n entries of a window",)
    sentence = "The derivative of a window's mean with respect to each of its n entries is 1/n."
    count_include_pad: bool = True

    def body(self, *inputs: Node) -> Node:
        x = inputs[0]
        total = self.total(x)
        if self.count_include_pad or not any(self.padding):
            return total / size_of(self.size)
        return total / broadcast(self.total(ones(x.shape[-2:], x.dtype)), to=total.shape)

    def total(self, x: Node) -> Node:
        """The sum of each window."""
        images = reshape(x, to=(size_of(x.shape[:-2]), 1, *x.shape[-2:]))
        kernel = ones((1, 1, *self.size), x.dtype)
        sums = conv2d(images, kernel, stride=self.stride, padding=self.padding)
        return reshape(sums, to=x.shape[:-2] + sums.shape[-2:])


@paper_function()
def max_pool2d(
    x: Node, *, size: int | Pair, stride: int | Pair | None = None, padding: int | Pair = 0
) -> Node:
    """The largest entry of each window of x (… × H × W); the first one at a tie.

    The border of padding is never chosen, as if it were −∞ and came last.

    Raises:
        ShapeError: no window fits, or the padding is as large as the window.
    """
    return MaxPool2d(*_geometry(size, stride, padding))(*as_numbers((x,)))


@paper_function()
def max_pool2d_positions(
    x: Node, *, size: int | Pair, stride: int | Pair | None = None, padding: int | Pair = 0
) -> Node:
    """Where the entries are that `max_pool2d` chooses, counted row by row in all of `x`."""
    return MaxPool2dPositions(*_geometry(size, stride, padding))(*as_numbers((x,)))


@paper_function()
def avg_pool2d(
    x: Node,
    *,
    size: int | Pair,
    stride: int | Pair | None = None,
    padding: int | Pair = 0,
    count_include_pad: bool = True,
) -> Node:
    """The mean of each window of x (… × H × W).

    The border of padding counts as zeros; with `count_include_pad=False` it does not count, and
    the sum is divided by the number of entries of the image that the window holds.

    Raises:
        ShapeError: no window fits, or the padding is as large as the window.
    """
    geometry = _geometry(size, stride, padding)
    return AvgPool2d(*geometry, bool(count_include_pad))(*as_numbers((x,)))


def _geometry(
    size: int | Pair, stride: int | Pair | None, padding: int | Pair
) -> tuple[Pair, Pair, Pair]:
    window = pair("size", size, 1)
    step = window if stride is None else pair("stride", stride, 1)
    return window, step, pair("padding", padding, 0)
