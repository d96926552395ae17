"""Inverses: what they cancel, and the inverses of products, powers and structured matrices."""

from __future__ import annotations

from chainrule.graph.facts import Fact
from chainrule.graph.node import Node
from chainrule.ops.contraction import MatMul
from chainrule.ops.making import eye
from chainrule.ops.solving import Inverse
from chainrule.ops.tensor_products import Kron, MatrixPower
from chainrule.ops.transposition import Transpose, transpose
from chainrule.rewrite.chains import chain, factors_of, is_product, power_of, powers, turned
from chainrule.rewrite.knowledge import Knowledge
from chainrule.rewrite.rule import rule_book
from chainrule.rewrite.rules.structured import is_diagonal

__all__ = ["BOOK"]

BOOK = rule_book(__name__)


@BOOK.rule(
    "a matrix times its inverse",
    "A A⁻¹ and A⁻¹ A are I; for an orthogonal matrix A⁻¹ is Aᵀ.",
    MatMul,
)
def _inverse_cancels(node: Node, knowledge: Knowledge) -> Node | None:
    first, second = _parts(node.inputs[0]), _parts(node.inputs[1])
    if first is None or second is None:
        return None
    (left, times), (right, other_times) = power_of(first[-1]), power_of(second[0])
    if not _is_inverse(left, right, knowledge):
        return None
    more = powers(left, times - other_times) + powers(right, other_times - times)
    rest = [*first[:-1], *more, *second[1:]]
    return chain(rest) if rest else eye(node.shape[0], node.dtype)


def _parts(node: Node) -> list[Node] | None:
    """The factors of a matrix, or those of a product of matrices with a vector."""
    if node.ndim == 2:
        return factors_of(node)
    is_applied = isinstance(node.operation, MatMul) and not node.distinct and node.ndim == 1
    if not is_applied or node.inputs[0].ndim != 2:
        return None
    return [*factors_of(node.inputs[0]), node.inputs[1]]


def _is_inverse(left: Node, right: Node, knowledge: Knowledge) -> bool:
    if left.ndim != 2 or right.ndim != 2:
        return False
    for one, other in ((left, right), (turned(left), turned(right))):
        if _inverted(one) is other or _inverted(other) is one:
            return True
    return turned(left) is right and knowledge.knows(left, Fact.ORTHOGONAL)


def _inverted(node: Node) -> Node | None:
    is_inverse = isinstance(node.operation, Inverse) and not node.distinct
    return node.inputs[0] if is_inverse else None


@BOOK.rule("inverse of a power", "The inverse of Aᵏ is (A⁻¹)ᵏ.", Inverse)
def _inverse_power(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    operation = inner.operation
    if not isinstance(operation, MatrixPower) or inner.distinct or operation.exponent < 1:
        return None
    return operation(Inverse()(inner.inputs[0]))


@BOOK.rule("inverse of an inverse", "The inverse of A⁻¹ is A.", Inverse)
def _inverse_twice(node: Node, knowledge: Knowledge) -> Node | None:
    return _inverted(node.inputs[0])


@BOOK.rule("inverse of a transpose", "The inverse of Aᵀ is the transpose of A⁻¹.", Inverse)
def _inverse_transposed(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    if not isinstance(inner.operation, Transpose) or inner.distinct or node.ndim != 2:
        return None
    return transpose(Inverse()(inner.inputs[0]))


@BOOK.rule(
    "inverse of an orthogonal matrix",
    "The inverse of an orthogonal matrix is its transpose.",
    Inverse,
)
def _inverse_orthogonal(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    known = node.ndim == 2 and knowledge.knows(inner, Fact.ORTHOGONAL)
    return turned(inner) if known else None


@BOOK.rule(
    "inverse of a product",
    "(A B)⁻¹ is B⁻¹ A⁻¹ for square factors: if the product has an inverse, each of them has.",
    Inverse,
)
def _inverse_product(node: Node, knowledge: Knowledge) -> Node | None:
    if node.ndim != 2 or not is_product(node.inputs[0]):
        return None
    factors = factors_of(node.inputs[0])
    if any(one.shape != node.shape for one in factors):
        return None
    return chain([Inverse()(one) for one in reversed(factors)])


@BOOK.rule("inverse of a diagonal matrix", "diag(a)⁻¹ is diag(1 / a).", Inverse)
def _inverse_diagonal(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    if not is_diagonal(inner) or inner.inputs[0].ndim != 1:
        return None
    return inner.operation(1 / inner.inputs[0])


@BOOK.rule(
    "inverse of a Kronecker product",
    "(A ⊗ B)⁻¹ is A⁻¹ ⊗ B⁻¹ for square factors: if the product has an inverse, both have.",
    Inverse,
)
def _inverse_kronecker(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    if not isinstance(inner.operation, Kron) or inner.distinct or node.ndim != 2:
        return None
    if any(one.ndim != 2 or one.shape[0] != one.shape[1] for one in inner.inputs):
        return None
    return inner.operation(*[Inverse()(one) for one in inner.inputs])
