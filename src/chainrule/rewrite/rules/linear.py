"""Linear operations: numbers move out of them, transposes move in, common factors are joined."""

from __future__ import annotations

from chainrule.graph.facts import Fact
from chainrule.graph.node import Node
from chainrule.graph.record import Record
from chainrule.ops.abstract import AbstractFunction
from chainrule.ops.arithmetic import Add, Multiply, Subtract
from chainrule.ops.broadcasting import Reshaped, broadcast
from chainrule.ops.contraction import Einsum, MatMul, Outer
from chainrule.ops.diagonals import PlaceDiagonal, TakeDiagonal
from chainrule.ops.reduction import Sum
from chainrule.ops.tensor_products import Kron
from chainrule.ops.transposition import Transpose, transpose
from chainrule.rewrite.coefficient import ONE, Coefficient
from chainrule.rewrite.knowledge import Knowledge
from chainrule.rewrite.products import Monomial, monomial, product
from chainrule.rewrite.rule import rule_book
from chainrule.rewrite.sums import collected, length, polynomial, total

__all__ = ["BOOK"]

BOOK = rule_book(__name__)


@BOOK.rule(
    "number out of a linear operation",
    "A number that multiplies the argument of a linear operation multiplies its result.",
    Sum,
    Transpose,
    Reshaped,
    MatMul,
    Outer,
    Einsum,
    Kron,
    PlaceDiagonal,
    TakeDiagonal,
)
def _number_out(node: Node, knowledge: Knowledge) -> Node | None:
    outside = Monomial(ONE, ())
    inside = []
    for lower in node.inputs:
        scalars, rest = _split(monomial(lower, knowledge), lower)
        outside = outside.times(scalars, knowledge)
        inside.append(lower if scalars == Monomial(ONE, ()) else product(rest, lower))
    if outside == Monomial(ONE, ()):
        return None
    image = Monomial(ONE, ((node.operation(*inside), ONE.multiplier),))
    return product(outside.times(image, knowledge), node)


def _split(found: Monomial, node: Node) -> tuple[Monomial, Monomial]:
    """The numbers and scalar factors, and the rest; what is nothing but a number stays."""
    wide = tuple([power for power in found.powers if power[0].shape != ()])
    if node.shape == () or not wide:
        number = found.coefficient if found.powers else ONE
        return Monomial(number, ()), Monomial(ONE, found.powers)
    scalars = tuple([power for power in found.powers if power[0].shape == ()])
    return Monomial(found.coefficient, scalars), Monomial(ONE, wide)


@BOOK.rule("transpose of a product", "(A B)ᵀ is Bᵀ Aᵀ: the order turns round.", Transpose)
def _transposed_product(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    if inner.distinct or node.operation != Transpose((1, 0)):
        return None
    if isinstance(inner.operation, MatMul) and all(one.ndim == 2 for one in inner.inputs):
        left, right = inner.inputs
        return MatMul()(transpose(right), transpose(left))
    if isinstance(inner.operation, Outer):
        left, right = inner.inputs
        return Outer()(right, left)
    return None


@BOOK.rule("transpose of a symmetric matrix", "A symmetric matrix is its own transpose.", Transpose)
def _symmetric(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    if node.ndim == 2 and knowledge.knows(inner, Fact.SYMMETRIC):
        return inner
    return None


@BOOK.rule(
    "vector from the left",
    "A vector times a matrix is the transposed matrix times the vector; "
    "a gradient times a function's Jacobian stays in the order of the chain rule.",
    MatMul,
)
def _vector_from_the_left(node: Node, knowledge: Knowledge) -> Node | None:
    vector, matrix = node.inputs
    if vector.ndim != 1 or matrix.ndim != 2 or isinstance(matrix.operation, AbstractFunction):
        return None
    return MatMul()(transpose(matrix), vector)


class Applied(Record):
    """number · (left @ right)."""

    coefficient: Coefficient
    left: Node
    right: Node


@BOOK.rule(
    "common factor of matrix products",
    "A x + B x is (A + B) x, and x A + x B is x (A + B).",
    Add,
    Subtract,
)
def _common_factor(node: Node, knowledge: Knowledge) -> Node | None:
    terms = polynomial(node, knowledge).terms
    products = [_as_product(term, node) for term in terms]
    for at, first in enumerate(products):
        for other in range(at + 1, len(products)):
            joined = _joined(first, products[other], knowledge)
            if joined is not None:
                rest = [term for i, term in enumerate(terms) if i not in (at, other)]
                found = monomial(joined, knowledge)
                return total(collected([*rest[:at], found, *rest[at:]]), node)
    return None


def _as_product(term: Monomial, like: Node) -> Applied | None:
    if len(term.powers) != 1 or term.powers[0][1] != 1:
        return None
    node = term.powers[0][0]
    if not isinstance(node.operation, MatMul) or node.distinct or node.shape != like.shape:
        return None
    left, right = node.inputs
    if left.ndim == 1 and right.ndim == 2:
        left, right = transpose(right), left
    return Applied(term.coefficient, left, right)


def _joined(one: Applied | None, other: Applied | None, knowledge: Knowledge) -> Node | None:
    if one is None or other is None:
        return None
    if one.right is other.right and one.left.shape == other.left.shape:
        return MatMul()(_sum(one, other, one.left, other.left, knowledge), one.right)
    if one.left is other.left and one.right.shape == other.right.shape:
        return MatMul()(one.left, _sum(one, other, one.right, other.right, knowledge))
    return None


def _sum(one: Applied, other: Applied, a: Node, b: Node, knowledge: Knowledge) -> Node:
    parts = [(one, a), (other, b)]
    parts.sort(key=lambda part: isinstance(part[1].operation, Transpose))  # A + Aᵀ
    terms = [
        Monomial(which.coefficient, ()).times(monomial(part, knowledge), knowledge)
        for which, part in parts
    ]
    return total(collected(terms), a)


@BOOK.rule(
    "common factor of a sum",
    "a c + b c is (a + b) c, where c is more than a name.",
    Add,
    Subtract,
)
def _common_entrywise(node: Node, knowledge: Knowledge) -> Node | None:
    terms = polynomial(node, knowledge).terms
    for first in terms:
        for base, exponent in first.powers:
            sharing = [term for term in terms if (base, exponent) in term.powers]
            if len(sharing) < 2 or length(base) < 2:
                continue
            found = _factored(node, terms, base, knowledge)
            if found is not None:
                return found
    return None


def _factored(
    node: Node, terms: tuple[Monomial, ...], base: Node, knowledge: Knowledge
) -> Node | None:
    """The sum with one factor taken out, if it is shorter."""
    inside: list[Monomial] = []
    outside: list[Monomial] = []
    for term in terms:
        rest = tuple([power for power in term.powers if power[0] is not base])
        shares = len(rest) < len(term.powers) and (base, ONE.multiplier) in term.powers
        (inside if shares else outside).append(Monomial(term.coefficient, rest) if shares else term)
    if len(inside) < 2:
        return None
    factored = Multiply()(total(collected(inside), node), broadcast(base, to=node.shape))
    found = total(collected([monomial(factored, knowledge), *outside]), node)
    return found if length(found) < length(node) else None
