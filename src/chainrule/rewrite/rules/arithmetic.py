"""Sums and products, entry by entry."""

from __future__ import annotations

from chainrule.graph.facts import Fact
from chainrule.graph.node import Node
from chainrule.ops.arithmetic import Add, Divide, Multiply, Negate, PowerOf, Subtract
from chainrule.ops.choice import Absolute
from chainrule.ops.elementary import Exp, Log, Sqrt
from chainrule.rewrite.knowledge import Knowledge
from chainrule.rewrite.products import monomial, product
from chainrule.rewrite.rule import rule_book
from chainrule.rewrite.sums import distributed, expanded, length, polynomial, total

__all__ = ["BOOK"]

BOOK = rule_book(__name__)


@BOOK.rule(
    "terms of a sum",
    "Like terms are collected, and terms that are added come before those subtracted.",
    Add,
    Subtract,
    Negate,
)
def _terms(node: Node, knowledge: Knowledge) -> Node | None:
    return total(polynomial(node, knowledge), node)


@BOOK.rule(
    "factors of a product",
    "Numbers are multiplied, powers of the same factor are joined, and equal factors cancel.",
    Multiply,
    Divide,
    PowerOf,
)
def _factors(node: Node, knowledge: Knowledge) -> Node | None:
    found = product(monomial(node, knowledge), node)
    return found if found is not node and length(found) <= length(node) else None


@BOOK.rule(
    "distributed",
    "A factor is multiplied into a sum where it cancels a divisor there.",
    Multiply,
    Divide,
)
def _distributed(node: Node, knowledge: Knowledge) -> Node | None:
    found = distributed(monomial(node, knowledge), knowledge)
    if found is None:
        return None
    shorter = total(found, node)
    return shorter if length(shorter) < length(node) else None


@BOOK.rule(
    "multiplied out",
    "A product of sums is multiplied out where terms then cancel.",
    Add,
    Subtract,
    Multiply,
    Divide,
)
def _multiplied_out(node: Node, knowledge: Knowledge) -> Node | None:
    found = expanded(node, knowledge)
    if found is None:
        return None
    shorter = total(found, node)
    return shorter if length(shorter) < length(node) else None


@BOOK.rule("logarithm of an exponential", "log(e^x) is x: the one undoes the other.", Log)
def _log_exp(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    is_exp = isinstance(inner.operation, Exp) and not inner.distinct
    return inner.inputs[0] if is_exp else None


@BOOK.rule("exponential of a logarithm", "e^(log x) is x, where x is positive.", Exp)
def _exp_log(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    if not isinstance(inner.operation, Log) or inner.distinct:
        return None
    x = inner.inputs[0]
    return x if knowledge.knows(x, Fact.POSITIVE) else None


@BOOK.rule("square of a root", "√x · √x is x, where x is not negative.", PowerOf)
def _squared_root(node: Node, knowledge: Knowledge) -> Node | None:
    operation, inner = node.operation, node.inputs[0]
    assert isinstance(operation, PowerOf)
    if operation.exponent != 2 or not isinstance(inner.operation, Sqrt) or inner.distinct:
        return None
    x = inner.inputs[0]
    return x if knowledge.knows(x, Fact.NONNEGATIVE) else None


@BOOK.rule("square of an absolute value", "|x|² is x²: the sign does not matter.", PowerOf)
def _squared_absolute(node: Node, knowledge: Knowledge) -> Node | None:
    operation, inner = node.operation, node.inputs[0]
    assert isinstance(operation, PowerOf)
    even = operation.exponent % 2 == 0
    if not even or not isinstance(inner.operation, Absolute) or inner.distinct:
        return None
    return operation(inner.inputs[0])


@BOOK.rule("root of a square", "√(x²) is |x|, and x itself where x is not negative.", Sqrt)
def _root_of_square(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    if not isinstance(inner.operation, PowerOf) or inner.distinct or inner.operation.exponent != 2:
        return None
    x = inner.inputs[0]
    return x if knowledge.knows(x, Fact.NONNEGATIVE) else Absolute()(x)


@BOOK.rule("absolute value of a known sign", "|x| is x where x is not negative.", Absolute)
def _absolute(node: Node, knowledge: Knowledge) -> Node | None:
    x = node.inputs[0]
    if knowledge.knows(x, Fact.NONNEGATIVE):
        return x
    return Negate()(x) if knowledge.knows(x, Fact.NONPOSITIVE) else None
