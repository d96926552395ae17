"""Guards that the library computes with, and that a person leaves out."""

from __future__ import annotations

from chainrule.graph.facts import Fact
from chainrule.graph.node import Node
from chainrule.ops.arithmetic import Divide, Multiply, Subtract
from chainrule.ops.broadcasting import broadcast, cast, literal
from chainrule.ops.choice import Not, Where
from chainrule.ops.elementary import XDivY, XLogY, XTimesY, log
from chainrule.ops.guarded import DivideOrZero
from chainrule.ops.normalizing import SoftmaxPullback
from chainrule.ops.reduction import Sum
from chainrule.rewrite.knowledge import Knowledge
from chainrule.rewrite.rule import rule_book

__all__ = ["BOOK"]

BOOK = rule_book(__name__)


@BOOK.rule(
    "quotient without its guard",
    "The quotient is written plainly; 0 / 0 is taken as 0.",
    XDivY,
    DivideOrZero,
)
def _quotient(node: Node, knowledge: Knowledge) -> Node | None:
    return Divide()(*node.inputs)


@BOOK.rule(
    "product without its guard",
    "The product is written plainly; 0 · ∞ is taken as 0.",
    XTimesY,
)
def _product(node: Node, knowledge: Knowledge) -> Node | None:
    return Multiply()(*node.inputs)


@BOOK.rule(
    "logarithm without its guard",
    "x log y is written plainly; it is taken as 0 where x is 0.",
    XLogY,
)
def _logarithm(node: Node, knowledge: Knowledge) -> Node | None:
    x, y = node.inputs
    return Multiply()(x, log(y))


@BOOK.rule(
    "mask as a factor",
    "Keeping entries only where a condition holds is multiplying by the condition: 1 or 0.",
    Where,
)
def _mask(node: Node, knowledge: Knowledge) -> Node | None:
    condition, kept, dropped = node.inputs
    if literal(dropped) != 0:
        return None
    return Multiply()(kept, cast(condition, node.dtype))


@BOOK.rule(
    "the other side masked",
    "Keeping entries only where a condition fails is multiplying by its opposite: 0 or 1.",
    Where,
)
def _other_mask(node: Node, knowledge: Knowledge) -> Node | None:
    condition, dropped, kept = node.inputs
    if literal(dropped) != 0 or literal(kept) == 0:
        return None
    return Multiply()(kept, cast(Not()(condition), node.dtype))


@BOOK.rule(
    "softmax, written out",
    "(diag(s) - s sᵀ) u is s ⊙ (u - Σ s ⊙ u), where the entries of s sum to 1.",
    SoftmaxPullback,
)
def _softmax(node: Node, knowledge: Knowledge) -> Node | None:
    s, u = node.inputs
    if not knowledge.knows(s, Fact.ROWS_SUM_TO_ONE):
        return None  # the library's own formula is another there
    mean = Sum((node.ndim - 1,), True)(Multiply()(s, u))
    if node.ndim == 1:
        mean = Sum((0,))(Multiply()(s, u))
    return Multiply()(s, Subtract()(u, broadcast(mean, to=node.shape)))
