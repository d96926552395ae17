"""Outer products: sums of them, and a vector behind one."""

from __future__ import annotations

from collections.abc import Callable

from chainrule.graph.node import Node
from chainrule.ops.arithmetic import Add, Multiply, Negate, Subtract
from chainrule.ops.broadcasting import broadcast
from chainrule.ops.contraction import MatMul, Outer
from chainrule.rewrite.chains import as_column
from chainrule.rewrite.knowledge import Knowledge
from chainrule.rewrite.products import Monomial, monomial
from chainrule.rewrite.rule import rule_book
from chainrule.rewrite.sums import collected, polynomial, total

__all__ = ["BOOK"]

BOOK = rule_book(__name__)
Join = Callable[[Monomial, Node, Monomial, Node, Knowledge], Node | None]


@BOOK.rule(
    "common vector of outer products",
    "a cᵀ + b cᵀ is (a + b) cᵀ, and c aᵀ + c bᵀ is c (a + b)ᵀ.",
    Add,
    Subtract,
)
def _common_vector(node: Node, knowledge: Knowledge) -> Node | None:
    return _joined(node, knowledge, _with_common_vector)


@BOOK.rule(
    "common matrix of outer products",
    "(A b) cᵀ + (A d) eᵀ is A (b cᵀ + d eᵀ).",
    Add,
    Subtract,
)
def _common_matrix(node: Node, knowledge: Knowledge) -> Node | None:
    return _joined(node, knowledge, _with_common_matrix)


def _joined(node: Node, knowledge: Knowledge, join: Join) -> Node | None:
    """The sum with the first two outer products that `join` makes one of."""
    terms = polynomial(node, knowledge).terms
    outers = [_as_outer(term, node) for term in terms]
    for at, first in enumerate(outers):
        for other in range(at + 1, len(outers)):
            second = outers[other]
            if first is None or second is None:
                continue
            found = join(terms[at], first, terms[other], second, knowledge)
            if found is not None:
                rest = [term for i, term in enumerate(terms) if i not in (at, other)]
                return total(collected([*rest[:at], monomial(found, knowledge), *rest[at:]]), node)
    return None


def _as_outer(term: Monomial, like: Node) -> Node | None:
    if len(term.powers) != 1 or term.powers[0][1] != 1:
        return None
    node = term.powers[0][0]
    is_outer = isinstance(node.operation, Outer) and not node.distinct
    return node if is_outer and node.shape == like.shape else None


def _with_common_vector(
    one: Monomial, first: Node, other: Monomial, second: Node, knowledge: Knowledge
) -> Node | None:
    (a, c), (b, d) = first.inputs, second.inputs
    if c is d:
        return Outer()(_sum(one, a, other, b, knowledge), c)
    return Outer()(a, _sum(one, c, other, d, knowledge)) if a is b else None


def _with_common_matrix(
    one: Monomial, first: Node, other: Monomial, second: Node, knowledge: Knowledge
) -> Node | None:
    left, right = as_column(first.inputs[0]), as_column(second.inputs[0])
    if left is None or right is None or left.inputs[0] is not right.inputs[0]:
        return None
    if left is right or first.inputs[1] is second.inputs[1]:
        return None  # they have a vector in common, which is more
    inner = [
        Outer()(column.inputs[1], whole.inputs[1])
        for column, whole in ((left, first), (right, second))
    ]
    return MatMul()(left.inputs[0], _sum(one, inner[0], other, inner[1], knowledge))


def _sum(one: Monomial, a: Node, other: Monomial, b: Node, knowledge: Knowledge) -> Node:
    """The two with the numbers in front of their terms, added."""
    terms = [
        Monomial(term.coefficient, ()).times(monomial(part, knowledge), knowledge)
        for term, part in ((one, a), (other, b))
    ]
    return total(collected(terms), a)


@BOOK.rule("outer product times a vector", "(a bᵀ) v is a (b · v).", MatMul)
def _applied(node: Node, knowledge: Knowledge) -> Node | None:
    left, right = node.inputs
    if not isinstance(left.operation, Outer) or left.distinct or right.ndim != 1:
        return None
    a, b = left.inputs
    return Multiply()(a, broadcast(MatMul()(b, right), to=a.shape))


@BOOK.rule("outer product of opposite differences", "(a - b)(b - a)ᵀ is -(a - b)(a - b)ᵀ.", Outer)
def _opposite(node: Node, knowledge: Knowledge) -> Node | None:
    left, right = node.inputs
    if any(not isinstance(one.operation, Subtract) or one.distinct for one in (left, right)):
        return None
    return Negate()(Outer()(left, left)) if left.inputs == right.inputs[::-1] else None
