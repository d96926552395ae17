"""Broadcasting as a node of its own, so that its adjoint (a sum over the batch) can be seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.errors import BroadcastWarning, ShapeError
from chainrule.graph.callers import warn_user
from chainrule.graph.node import FLOAT, Constant, Kernels, Node, Shape, size_of
from chainrule.jacobians.kinds import LinearMap, Multilinear, Reshape, SumOver, Transposed
from chainrule.ops.contract import (
    LinearOperation,
    Operation,
    paper_function,
    paper_settings,
    show_shape,
)

__all__ = [
    "Broadcast",
    "Cast",
    "aligned",
    "as_numbers",
    "broadcast",
    "cast",
    "common_shape",
    "literal",
    "repeated_together",
    "reshape",
]


class Broadcast(Operation):
    """Repeats along new leading axes and along axes of length 1, as NumPy's broadcasting does."""

    name = "broadcast"
    linear = True
    derivatives = ("1 where the copy came from x, else 0",)
    sentence = (
        "Every copy comes from the same original, so the gradients of all copies are added up."
    )
    to: Shape

    def shape(self, *shapes: Shape) -> Shape:
        lead = len(self.to) - len(shapes[0])
        matched = zip(shapes[0], self.to[max(lead, 0) :], strict=False)
        if lead < 0 or any(own not in (1, wanted) for own, wanted in matched):
            raise ShapeError(f"{show_shape(shapes[0])} cannot be repeated to {show_shape(self.to)}")
        return self.to

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.broadcast_to(values[0], self.to)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        original = inputs[0].shape
        lead = len(self.to) - len(original)
        stretched = [lead + axis for axis, n in enumerate(original) if n != self.to[lead + axis]]
        axes = (*range(lead), *stretched)
        return (Transposed(SumOver(axes, self.to, original)),)


class Cast(LinearOperation):
    """A truth value as the number 0 or 1, or a number in another precision."""

    name = "number"
    derivatives = ("1",)
    sentence = "It is the same number, so the derivative is 1."
    to: np.dtype[Any] = FLOAT

    def shape(self, *shapes: Shape) -> Shape:
        return shapes[0]

    def dtype(self, *dtypes: np.dtype[Any]) -> np.dtype[Any]:
        return self.to

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.asarray(values[0], dtype=self.to)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Multilinear(self, inputs, 0),)

    def substitute(self, operands: tuple[Node, ...], position: int, tangent: Node) -> Node:
        return cast(tangent, self.to)

    def transposed(self, operands: tuple[Node, ...], position: int, cotangent: Node) -> Node:
        return cast(cotangent, operands[0].dtype)


class Reshaped(Operation):
    """The same entries, row by row, in another shape."""

    name = "reshape"
    linear = True
    derivatives = ("1 at the same place, row by row",)
    sentence = "Only the arrangement changes: flattened row by row, the Jacobian is the identity."
    to: Shape

    def shape(self, *shapes: Shape) -> Shape:
        if size_of(shapes[0]) != size_of(self.to):
            raise ShapeError(f"{show_shape(shapes[0])} and {show_shape(self.to)} differ in size")
        return self.to

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.reshape(values[0], self.to)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Reshape(self.to, inputs[0].shape),)


paper_settings(Cast)


@paper_function()
def broadcast(x: Node, *, to: Shape) -> Node:
    """`x` repeated to the shape `to`; `x` itself if it has that shape.

    Raises:
        ShapeError: the shape does not continue that of `x`.
    """
    return x if x.shape == to else Broadcast(to)(x)


@paper_function()
def reshape(x: Node, *, to: Shape) -> Node:
    """`x`, read row by row, in the shape `to`.

    Raises:
        ShapeError: the sizes differ.
    """
    return x if x.shape == to else Reshaped(to)(x)


def common_shape(first: Shape, second: Shape) -> Shape | None:
    """The shape both broadcast to, or None.

    >>> common_shape((3, 1), (2,)), common_shape((3,), (2,))
    ((3, 2), None)
    """
    rank = max(len(first), len(second))
    padded = [(1,) * (rank - len(shape)) + shape for shape in (first, second)]
    pairs = list(zip(*padded, strict=True))
    if any(a != b and 1 not in (a, b) for a, b in pairs):
        return None
    return tuple(b if a == 1 else a for a, b in pairs)


def aligned(name: str, *inputs: Node) -> tuple[Node, ...]:
    """The inputs of an entry-by-entry operation, numbers all, broadcast to one shape.

    Warns (`BroadcastWarning`) where arrays of different ranks, (N) and (N × 1), make one of a shape
    that neither has.

    Raises:
        ShapeError: there is no common shape.
    """
    first = inputs[0]
    if first.dtype.kind == "f" and all(
        node.shape == first.shape and node.dtype == first.dtype for node in inputs
    ):
        return inputs
    numbers = as_numbers(inputs)
    together = repeated_together(name, *numbers)
    shapes = [node.shape for node in numbers]
    if together[0].shape not in shapes and _is_by_chance(numbers):
        warn_user(
            f"{name} repeats {' and '.join(map(show_shape, shapes))} "
            f"to {show_shape(together[0].shape)}, a shape that neither has",
            BroadcastWarning,
        )
    return together


def repeated_together(name: str, *inputs: Node) -> tuple[Node, ...]:
    """The inputs repeated to one shape; truth values and whole numbers stay what they are.

    Raises:
        ShapeError: there is no common shape.
    """
    shape = inputs[0].shape
    for node in inputs[1:]:
        wider = common_shape(shape, node.shape)
        if wider is None:
            left, right = show_shape(shape), show_shape(node.shape)
            raise ShapeError(
                f"{name} acts entry by entry, and the shapes {left} and {right} do not fit"
            )
        shape = wider
    return tuple([broadcast(node, to=shape) for node in inputs])


def _is_by_chance(nodes: Sequence[Node]) -> bool:
    """Whether ranks differ and nobody gave an array a new shape on purpose, as x[:, None] does."""
    ranks = {node.ndim for node in nodes}
    return len(ranks) > 1 and not any(isinstance(node.operation, Reshaped) for node in nodes)


def as_numbers(inputs: tuple[Node, ...]) -> list[Node]:
    """Truth values as numbers; a written number in the precision of the arrays it meets."""
    floats = [node for node in inputs if node.dtype.kind == "f"]
    arrays = [node for node in floats if not _is_written(node)]
    dtype = next((node.dtype for node in arrays or floats), FLOAT)
    return [
        cast(node, dtype) if node.dtype.kind != "f" or _is_written(node) else node
        for node in inputs
    ]


def _is_written(node: Node) -> bool:
    """Whether a node is one number that was written down, repeated or not."""
    original = node.inputs[0] if isinstance(node.operation, Broadcast) else node
    return isinstance(original.operation, Constant) and original.shape == ()


def cast(x: Node, to: np.dtype[Any]) -> Node:
    """`x` as numbers of that type; `x` itself if it has it."""
    if x.dtype == to:
        return x
    if isinstance(x.operation, Broadcast) and not x.distinct:
        return broadcast(cast(x.inputs[0], to), to=x.shape)
    return Cast(to)(x)


def literal(node: Node) -> float | None:
    """The one number that all entries of a node are, if that is known.

    A named number is a quantity of its own, and is not looked into.

    >>> from chainrule.graph.node import constant
    >>> literal(broadcast(constant(2.0), to=(3,))), literal(constant([1.0, 2.0]))
    (2.0, None)
    """
    while isinstance(node.operation, Broadcast | Cast) and not node.distinct:
        node = node.inputs[0]
    if isinstance(node.operation, Constant) and node.shape == () and not node.distinct:
        return float(node.operation.value)
    return None
