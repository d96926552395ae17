"""Shapes: what is repeated, reshaped or reordered without need."""

from __future__ import annotations

from chainrule.graph.node import Node
from chainrule.ops.broadcasting import Broadcast, Reshaped, broadcast
from chainrule.ops.reduction import Sum, reduced_shape
from chainrule.ops.transposition import Transpose, permute
from chainrule.rewrite.knowledge import Knowledge
from chainrule.rewrite.products import is_led_by_ones
from chainrule.rewrite.rule import rule_book

__all__ = ["BOOK"]

BOOK = rule_book(__name__)


@BOOK.rule(
    "repeated twice",
    "Repeating along one axis and then along another is one repetition along both.",
    Broadcast,
)
def _broadcast_twice(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    if not isinstance(inner.operation, Broadcast) or inner.distinct:
        return None
    return broadcast(inner.inputs[0], to=node.shape)


@BOOK.rule(
    "leading axes of length 1",
    "Repeating along new leading axes needs no axes of length 1 beforehand.",
    Broadcast,
)
def _led_by_ones(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    return broadcast(inner.inputs[0], to=node.shape) if is_led_by_ones(inner) else None


@BOOK.rule(
    "one number in another shape",
    "An array whose entries are all the same number is that number, whatever its shape.",
    Reshaped,
    Transpose,
)
def _number_reshaped(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    if inner.shape == ():
        return broadcast(inner, to=node.shape)
    repeated = isinstance(inner.operation, Broadcast) and not inner.distinct
    if repeated and inner.inputs[0].shape == ():
        return broadcast(inner.inputs[0], to=node.shape)
    return None


@BOOK.rule("reshaped twice", "Only the last of two shapes counts.", Reshaped)
def _reshaped_twice(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    if not isinstance(inner.operation, Reshaped) or inner.distinct:
        return None
    original = inner.inputs[0]
    return original if original.shape == node.shape else Reshaped(node.shape)(original)


@BOOK.rule(
    "summed axes kept",
    "A sum whose axes are put back with length 1 is a sum that keeps them.",
    Reshaped,
)
def _keepdims(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    operation = inner.operation
    if not isinstance(operation, Sum) or inner.distinct or operation.keepdims:
        return None
    x = inner.inputs[0]
    kept = reduced_shape(x.shape, operation.axis, True)
    return Sum(operation.axis, True)(x) if kept == node.shape else None


@BOOK.rule("transposed twice", "Two transpositions in a row are one, or none at all.", Transpose)
def _transposed_twice(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    if not isinstance(inner.operation, Transpose) or inner.distinct:
        return None
    assert isinstance(node.operation, Transpose)
    return permute(inner, node.operation.axes)
