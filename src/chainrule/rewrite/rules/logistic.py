"""The logistic function, where it is written with exponentials."""

from __future__ import annotations

from fractions import Fraction

from chainrule.graph.node import Node
from chainrule.ops.activation import Sigmoid
from chainrule.ops.arithmetic import Divide, Multiply, Negate
from chainrule.ops.elementary import Exp
from chainrule.rewrite.coefficient import ONE
from chainrule.rewrite.knowledge import Knowledge
from chainrule.rewrite.products import Monomial, monomial, product
from chainrule.rewrite.rule import rule_book
from chainrule.rewrite.sums import is_sum, polynomial

__all__ = ["BOOK"]

BOOK = rule_book(__name__)
ONE_TIME = Fraction(1)


@BOOK.rule(
    "logistic function",
    "e^x / (1 + e^x) is sigmoid(x), and 1 / (1 + e^x) is sigmoid(-x).",
    Divide,
)
def _logistic(node: Node, knowledge: Knowledge) -> Node | None:
    found = monomial(node, knowledge)
    for base, exponent in found.powers:
        power = _one_and(base, knowledge) if exponent < 0 and exponent.denominator == 1 else None
        if power is None:
            continue
        x = power.inputs[0]
        above = (power, Fraction(1)) in found.powers
        share = Sigmoid()(x) if above else Sigmoid()(_negative(x))
        taken = [(base, Fraction(1)), *([(power, Fraction(-1))] if above else [])]
        others = found.times(Monomial(ONE, tuple(taken)), knowledge)
        return product(others.times(Monomial(ONE, ((share, Fraction(1)),)), knowledge), node)
    return None


def _one_and(node: Node, knowledge: Knowledge) -> Node | None:
    """The e^x of 1 + e^x."""
    if not is_sum(node):
        return None
    terms = polynomial(node, knowledge).terms
    powers = [power for term in terms for power in term.powers]
    numbers = [term for term in terms if not term.powers]
    if len(terms) != 2 or len(numbers) != 1 or len(powers) != 1:
        return None
    (power, exponent), plain = powers[0], all(term.coefficient == ONE for term in terms)
    is_exp = isinstance(power.operation, Exp) and not power.distinct
    return power if plain and is_exp and exponent == 1 else None


@BOOK.rule(
    "exponential times a logistic function", "e^x · sigmoid(-x) is sigmoid(x).", Multiply, Divide
)
def _exponential_times(node: Node, knowledge: Knowledge) -> Node | None:
    found = monomial(node, knowledge)
    powers = dict(found.powers)
    for base, exponent in found.powers:
        if not isinstance(base.operation, Exp) or base.distinct or exponent != 1:
            continue
        share = Sigmoid()(_negative(base.inputs[0]))
        if powers.get(share, 0) >= 1:
            turned = Sigmoid()(base.inputs[0])
            change = ((base, -ONE_TIME), (share, -ONE_TIME), (turned, ONE_TIME))
            return product(found.times(Monomial(ONE, change), knowledge), node)
    return None


@BOOK.rule(
    "both sides of a logistic function",
    "Beside sigmoid(x), sigmoid(-x) is written 1 - sigmoid(x).",
    Multiply,
    Divide,
)
def _both_sides(node: Node, knowledge: Knowledge) -> Node | None:
    found = monomial(node, knowledge)
    powers = dict(found.powers)
    for base, exponent in found.powers:
        if not isinstance(base.operation, Sigmoid) or base.distinct or exponent < 1:
            continue
        other = base.inputs[0]
        if not isinstance(other.operation, Negate) or other.distinct:
            continue
        share = Sigmoid()(other.inputs[0])
        if powers.get(share, 0) >= 1:
            change = ((base, -exponent), (1 - share, exponent))
            return product(found.times(Monomial(ONE, change), knowledge), node)
    return None


def _negative(x: Node) -> Node:
    return x.inputs[0] if isinstance(x.operation, Negate) and not x.distinct else Negate()(x)
