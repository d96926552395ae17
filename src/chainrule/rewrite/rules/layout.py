"""Where numbers and signs stand, once nothing else is to be done."""

from __future__ import annotations

from chainrule.graph.node import Node
from chainrule.ops.arithmetic import Multiply, Negate
from chainrule.ops.assuming import Assumed
from chainrule.ops.broadcasting import broadcast, literal
from chainrule.ops.contraction import MatMul
from chainrule.ops.naming import Same
from chainrule.rewrite.knowledge import Knowledge
from chainrule.rewrite.rule import rule_book

__all__ = ["BOOK"]

BOOK = rule_book(__name__)


@BOOK.rule(
    "number before the first matrix",
    "A number or a sign stands before the first factor of a matrix product.",
    Multiply,
    Negate,
)
def _number_first(node: Node, knowledge: Knowledge) -> Node | None:
    body = node.inputs[-1]
    if not isinstance(body.operation, MatMul) or body.distinct:
        return None
    if isinstance(node.operation, Negate):
        return _with_first(body, None)
    number = literal(node.inputs[0])
    return None if number is None else _with_first(body, node.inputs[0])


def _with_first(body: Node, number: Node | None) -> Node:
    """The product with its first factor multiplied, or negated."""
    trail = []
    while isinstance(body.operation, MatMul) and not body.distinct:
        trail.append(body.inputs[1])
        body = body.inputs[0]
    if number is None:
        body = Negate()(body)
    else:
        original = number
        while original.shape != ():
            original = original.inputs[0]
        body = Multiply()(broadcast(original, to=body.shape), body)
    for right in reversed(trail):
        body = MatMul()(body, right)
    return body


@BOOK.rule(
    "the same quantity",
    "A quantity with assumed facts, or written again without a name, is the quantity itself.",
    Same,
    Assumed,
)
def _same(node: Node, knowledge: Knowledge) -> Node | None:
    return node.inputs[0]
