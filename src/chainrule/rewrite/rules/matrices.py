"""Products of matrices and vectors: columns, brackets, powers."""

from __future__ import annotations

from chainrule.graph.facts import Fact
from chainrule.graph.node import Node
from chainrule.ops.arithmetic import Add, Divide, Multiply, Negate, Subtract
from chainrule.ops.broadcasting import Broadcast, broadcast
from chainrule.ops.contraction import MatMul, Outer
from chainrule.ops.reduction import Sum
from chainrule.ops.tensor_products import Kron, MatrixPower
from chainrule.ops.transposition import Transpose, transpose
from chainrule.rewrite.chains import as_column, chain, factors_of, is_product, power_of, turned
from chainrule.rewrite.knowledge import Knowledge
from chainrule.rewrite.products import Monomial
from chainrule.rewrite.rule import rule_book
from chainrule.rewrite.rules.structured import is_column, is_row
from chainrule.rewrite.sums import collected, polynomial, total

__all__ = ["BOOK"]

BOOK = rule_book(__name__)


@BOOK.rule(
    "a vector is a column",
    "A vector is its own transpose, and xᵀ A is Aᵀ x, as a gradient is written.",
    Add,
    Subtract,
    Negate,
    Multiply,
    Divide,
    MatMul,
    Outer,
)
def _columns(node: Node, knowledge: Knowledge) -> Node | None:
    if isinstance(node.operation, MatMul) and node.shape == ():
        return None  # xᵀ y is an inner product, and reads as one
    always = isinstance(node.operation, MatMul) and node.inputs[0].ndim == 2
    inputs = tuple([_as_column(lower, always) for lower in node.inputs])
    return None if inputs == node.inputs else node.operation(*inputs)


def _as_column(node: Node, always: bool) -> Node:
    if node.ndim != 1 or node.distinct:
        return node
    if isinstance(node.operation, Transpose):
        return node.inputs[0]
    if not isinstance(node.operation, MatMul) or node.inputs[0].ndim != 1:
        return node
    vector, matrix = node.inputs
    turns_back = isinstance(matrix.operation, Transpose | Kron) and not matrix.distinct
    if not (always or turns_back or _is_row_vector(vector)):
        return node
    return MatMul()(turned(matrix), vector)


def _is_row_vector(node: Node) -> bool:
    """Whether it is written from a transposed vector: the text is one with columns."""
    while not node.distinct and node.ndim == 1:
        if isinstance(node.operation, Transpose):
            return True
        vectors = [lower for lower in node.inputs if lower.ndim == 1]
        if not isinstance(node.operation, MatMul | Multiply | Divide | Negate) or not vectors:
            return False
        node = vectors[-1] if isinstance(node.operation, Multiply) else vectors[0]
        if isinstance(node.operation, Broadcast):
            return False
    return False


@BOOK.rule(
    "rows beside columns",
    "Where A x is added to y B, the latter is written Bᵀ y.",
    Add,
    Subtract,
)
def _beside_columns(node: Node, knowledge: Knowledge) -> Node | None:
    terms = polynomial(node, knowledge).terms
    bases = [base for term in terms for base, _ in term.powers]
    if node.ndim != 1 or not any(as_column(base) is base for base in bases):
        return None
    found = [
        Monomial(term.coefficient, tuple([(_columned(base), n) for base, n in term.powers]))
        for term in terms
    ]
    return None if found == list(terms) else total(collected(found), node)


def _columned(node: Node) -> Node:
    column = as_column(node)
    return node if column is None else column


@BOOK.rule(
    "transpose of a sum",
    "(A + B)ᵀ is Aᵀ + Bᵀ, where fewer transposes are written then, or a term is symmetric.",
    Transpose,
)
def _sum_transposed(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    if inner.distinct or node.ndim != 2 or not isinstance(inner.operation, Add | Subtract):
        return None
    found = _turned_over(inner, knowledge)
    fewer = _transposes(node) - _transposes(found)
    bases = [base for term in polynomial(inner, knowledge).terms for base, _ in term.powers]
    is_shorter = fewer > 0 or (
        fewer == 0 and any(_turned_over(base, knowledge) is base for base in bases)
    )
    return found if is_shorter else None


def _turned_over(node: Node, knowledge: Knowledge) -> Node:
    """The transpose, with the transposes as far inside as they go."""
    if knowledge.knows(node, Fact.SYMMETRIC):
        return node
    if not node.distinct and isinstance(node.operation, Add | Subtract | Negate):
        return node.operation(*[_turned_over(one, knowledge) for one in node.inputs])
    if is_product(node):
        return chain([_turned_over(one, knowledge) for one in reversed(factors_of(node))])
    return turned(node)


def _transposes(node: Node) -> int:
    """How many transposes are written in a sum of products."""
    if node.distinct or not isinstance(
        node.operation, Add | Subtract | Negate | Transpose | MatMul
    ):
        return 0
    return isinstance(node.operation, Transpose) + sum(map(_transposes, node.inputs))


@BOOK.rule(
    "products without brackets",
    "A (B C) is (A B) C: a product of matrices needs no brackets.",
    MatMul,
)
def _from_the_left(node: Node, knowledge: Knowledge) -> Node | None:
    factors = factors_of(node)
    if not is_product(node) or any(is_column(one.shape) or is_row(one.shape) for one in factors):
        return None  # columns and rows meet first
    return chain(factors)


@BOOK.rule("powers of a matrix", "A A A is A³, and A³ A is A⁴.", MatMul)
def _powers(node: Node, knowledge: Knowledge) -> Node | None:
    if not is_product(node):
        return None
    factors = factors_of(node)
    base, total = power_of(factors.pop())
    while factors and power_of(factors[-1])[0] is base:
        total += power_of(factors.pop())[1]
    return chain([*factors, MatrixPower(total)(base)]) if total > 2 else None


@BOOK.rule("transpose of a power", "(Aᵏ)ᵀ is (Aᵀ)ᵏ.", Transpose)
def _power_transposed(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    if not isinstance(inner.operation, MatrixPower) or inner.distinct or node.ndim != 2:
        return None
    return inner.operation(transpose(inner.inputs[0]))


@BOOK.rule(
    "ones times a vector",
    "A matrix whose entries are all one number multiplies the sum of a vector by that number.",
    MatMul,
)
def _ones(node: Node, knowledge: Knowledge) -> Node | None:
    left, right = node.inputs
    repeated = isinstance(left.operation, Broadcast) and not left.distinct and left.ndim == 2
    if not repeated or right.ndim != 1 or left.inputs[0].shape != ():
        return None
    return broadcast(Multiply()(left.inputs[0], Sum((0,))(right)), to=node.shape)
