"""Sums over axes."""

from __future__ import annotations

from chainrule.graph.facts import Fact
from chainrule.graph.node import Node, constant, size_of
from chainrule.ops.broadcasting import Broadcast, Reshaped, broadcast
from chainrule.ops.reduction import Sum
from chainrule.rewrite.knowledge import Knowledge
from chainrule.rewrite.products import monomial, product
from chainrule.rewrite.rule import rule_book

__all__ = ["BOOK"]

BOOK = rule_book(__name__)


@BOOK.rule(
    "rows that sum to one",
    "The entries of each row are known to sum to 1.",
    Sum,
)
def _rows(node: Node, knowledge: Knowledge) -> Node | None:
    operation, x = node.operation, node.inputs[0]
    assert isinstance(operation, Sum)
    last = x.ndim - 1
    if last not in operation.axis or not knowledge.knows(x, Fact.ROWS_SUM_TO_ONE):
        return None
    others = size_of(tuple([x.shape[axis] for axis in operation.axis if axis != last]))
    return broadcast(constant(others, node.dtype), to=node.shape)


@BOOK.rule(
    "sum of one number",
    "The sum of n equal entries is n times one of them.",
    Sum,
)
def _repeated(node: Node, knowledge: Knowledge) -> Node | None:
    operation, x = node.operation, node.inputs[0]
    assert isinstance(operation, Sum)
    if not isinstance(x.operation, Broadcast) or x.distinct or x.inputs[0].shape != ():
        return None
    count = size_of(tuple([x.shape[axis] for axis in operation.axis]))
    times = monomial(constant(count, node.dtype), knowledge)
    found = times.times(monomial(x.inputs[0], knowledge), knowledge)
    return product(found, node)


@BOOK.rule("sum of sums", "A sum of sums is one sum over all the axes.", Sum)
def _twice(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    outer_operation, operation = node.operation, inner.operation
    assert isinstance(outer_operation, Sum)
    if not isinstance(operation, Sum) or inner.distinct:
        return None
    if operation.keepdims or outer_operation.keepdims:
        return None
    x = inner.inputs[0]
    left = [axis for axis in range(x.ndim) if axis not in operation.axis]
    axes = {*operation.axis, *(left[axis] for axis in outer_operation.axis)}
    return Sum(tuple(sorted(axes)))(x)


@BOOK.rule("sum over an axis of length 1", "There is only one entry to sum.", Sum)
def _single(node: Node, knowledge: Knowledge) -> Node | None:
    operation, x = node.operation, node.inputs[0]
    assert isinstance(operation, Sum)
    if any(x.shape[axis] != 1 for axis in operation.axis):
        return None
    return x if x.shape == node.shape else Reshaped(node.shape)(x)


@BOOK.rule("sum over everything", "Every entry is summed once, whatever the shape.", Sum)
def _reshaped(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    if node.shape != () or inner.distinct or not isinstance(inner.operation, Reshaped):
        return None
    x = inner.inputs[0]
    return x if x.shape == () else Sum(tuple(range(x.ndim)))(x)
