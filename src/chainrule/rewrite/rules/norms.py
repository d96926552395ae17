"""Norms and signs."""

from __future__ import annotations

from fractions import Fraction

from chainrule.graph.node import Node
from chainrule.ops.arithmetic import Divide
from chainrule.ops.choice import Absolute, Sign
from chainrule.rewrite.coefficient import ONE
from chainrule.rewrite.knowledge import Knowledge
from chainrule.rewrite.products import Monomial, monomial, product
from chainrule.rewrite.rule import rule_book

__all__ = ["BOOK"]

BOOK = rule_book(__name__)


@BOOK.rule("sign over the absolute value", "sign(x) / |x| is 1 / x.", Divide)
def _sign_over_size(node: Node, knowledge: Knowledge) -> Node | None:
    found = monomial(node, knowledge)
    powers = dict(found.powers)
    for base, exponent in found.powers:
        if not isinstance(base.operation, Sign) or base.distinct or exponent != 1:
            continue
        x = base.inputs[0]
        size = Absolute()(x)
        if powers.get(size) == -1:
            kept = tuple([one for one in found.powers if one[0] not in (base, size)])
            below = Monomial(ONE, ((x, Fraction(-1)),))
            return product(Monomial(found.coefficient, kept).times(below, knowledge), node)
    return None
