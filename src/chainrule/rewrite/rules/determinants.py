"""Determinants and cofactors: cof A is det(A) A⁻ᵀ, where A has an inverse."""

from __future__ import annotations

from fractions import Fraction

from chainrule.graph.facts import Fact
from chainrule.graph.node import Node
from chainrule.ops.arithmetic import Divide, Multiply
from chainrule.ops.broadcasting import broadcast
from chainrule.ops.determinant import Cofactors, Det
from chainrule.ops.solving import Inverse
from chainrule.ops.transposition import Transpose, transpose
from chainrule.rewrite.chains import chain, factors_of
from chainrule.rewrite.knowledge import Knowledge
from chainrule.rewrite.products import Monomial, monomial, product
from chainrule.rewrite.rule import rule_book

__all__ = ["BOOK"]

BOOK = rule_book(__name__)


@BOOK.rule(
    "cofactors of an invertible matrix", "cof A is det(A) A⁻ᵀ, where A has an inverse.", Cofactors
)
def _cofactors(node: Node, knowledge: Knowledge) -> Node | None:
    matrix, *directions = node.inputs
    if directions or node.ndim != 2 or not knowledge.knows(matrix, Fact.INVERTIBLE):
        return None
    determinant = broadcast(Det()(matrix), to=node.shape)
    return Multiply()(determinant, transpose(Inverse()(matrix)))


@BOOK.rule("cofactors over the determinant", "cof(A) / det(A) is A⁻ᵀ.", Divide)
def _over_determinant(node: Node, knowledge: Knowledge) -> Node | None:
    found = monomial(node, knowledge)
    determinants = [base for base, exponent in found.powers if exponent == -1 and _is_det(base)]
    for determinant in determinants:
        for base, exponent in found.powers:
            inverted = _inverted(base, determinant.inputs[0]) if exponent == 1 else None
            if inverted is not None:
                kept = [one for one in found.powers if one[0] not in (base, determinant)]
                powers = (*kept, (inverted, Fraction(1)))
                return product(Monomial(found.coefficient, powers), node)
    return None


def _is_det(node: Node) -> bool:
    return isinstance(node.operation, Det) and not node.distinct


def _inverted(node: Node, matrix: Node) -> Node | None:
    """The product with the cofactors of the matrix replaced by its inverse."""
    if node.ndim != 2:
        return None
    cofactors = Cofactors()(matrix)
    factors = factors_of(node)
    inverse = Inverse()(matrix)
    for old, new in ((cofactors, transpose(inverse)), (transpose(cofactors), inverse)):
        if old in factors:
            at = factors.index(old)
            return chain([*factors[:at], new, *factors[at + 1 :]])
    return None


@BOOK.rule(
    "cofactors of a symmetric matrix",
    "The cofactors of a symmetric matrix are symmetric.",
    Transpose,
)
def _symmetric(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    if not isinstance(inner.operation, Cofactors) or inner.distinct or node.ndim != 2:
        return None
    plain = len(inner.inputs) == 1 and knowledge.knows(inner.inputs[0], Fact.SYMMETRIC)
    return inner if plain else None
