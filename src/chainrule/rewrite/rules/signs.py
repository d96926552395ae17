"""Where signs and scalars stand, once nothing else is to be done."""

from __future__ import annotations

from chainrule.graph.node import Node, constant
from chainrule.ops.arithmetic import Divide, Multiply, Negate
from chainrule.ops.broadcasting import Broadcast, broadcast, literal
from chainrule.ops.contraction import MatMul, Outer
from chainrule.rewrite.knowledge import Knowledge
from chainrule.rewrite.rule import rule_book

__all__ = ["BOOK"]

BOOK = rule_book(__name__)


@BOOK.rule(
    "sign before the first factor",
    "A sign stands before the first factor of a product, -2 * A, and needs no brackets.",
    Negate,
)
def _sign_first(node: Node, knowledge: Knowledge) -> Node | None:
    body = node.inputs[0]
    if not isinstance(body.operation, Multiply | Divide) or body.distinct:
        return None
    first, *others = body.inputs
    return body.operation(_negated(first), *others)


def _negated(node: Node) -> Node:
    """The negative; of a number in many places that of the number."""
    number = literal(node)
    if number is not None:
        return broadcast(constant(-number, node.dtype), to=node.shape)
    if isinstance(node.operation, Broadcast) and not node.distinct:
        return broadcast(Negate()(node.inputs[0]), to=node.shape)
    return Negate()(node)


@BOOK.rule(
    "scalar before a matrix product",
    "A scalar stands before a product of matrices or vectors that it multiplies.",
    Multiply,
)
def _scalar_first(node: Node, knowledge: Knowledge) -> Node | None:
    body, scalar = node.inputs
    is_product = isinstance(body.operation, MatMul | Outer) and not body.distinct and body.ndim
    repeated = isinstance(scalar.operation, Broadcast) and not scalar.distinct
    if not is_product or not repeated or scalar.inputs[0].shape != () or _has_number(body):
        return None
    return Multiply()(scalar, body)


def _has_number(node: Node) -> bool:
    """Whether a product begins with a number: 2 * A @ x."""
    while isinstance(node.operation, MatMul | Multiply) and not node.distinct:
        node = node.inputs[0]
    return literal(node) is not None
