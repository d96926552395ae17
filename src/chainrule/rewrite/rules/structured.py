"""Products of structured matrices: identities, diagonals, Kronecker products, columns and rows."""

from __future__ import annotations

from chainrule.graph.node import Node, Shape
from chainrule.ops.arithmetic import Multiply
from chainrule.ops.broadcasting import Broadcast, Reshaped, broadcast, literal, reshape
from chainrule.ops.contraction import MatMul, Outer
from chainrule.ops.diagonals import PlaceDiagonal
from chainrule.ops.making import Eye, eye
from chainrule.ops.tensor_products import Kron, kron
from chainrule.ops.transposition import Transpose, transpose
from chainrule.rewrite.knowledge import Knowledge
from chainrule.rewrite.rule import rule_book

__all__ = ["BOOK"]

BOOK = rule_book(__name__)


def is_diagonal(node: Node) -> bool:
    """Whether a node is an anonymous diag(v)."""
    operation = node.operation
    if not isinstance(operation, PlaceDiagonal) or node.distinct or node.ndim != 2:
        return False
    return operation.offset == 0 and node.shape[0] == node.shape[1]


def is_column(shape: Shape) -> bool:
    """Whether that is the shape of a matrix with one column."""
    return len(shape) == 2 and shape[1] == 1


def is_row(shape: Shape) -> bool:
    """Whether that is the shape of a matrix with one row."""
    return len(shape) == 2 and shape[0] == 1


@BOOK.rule(
    "diagonal of one number", "diag of a repeated number is the number times I.", PlaceDiagonal
)
def _diagonal_number(node: Node, knowledge: Knowledge) -> Node | None:
    entries = node.inputs[0]
    if not is_diagonal(node) or not isinstance(entries.operation, Broadcast) or entries.distinct:
        return None
    number = entries.inputs[0]
    identity = eye(node.shape[0], node.dtype)
    if literal(number) == 1:
        return identity
    return Multiply()(broadcast(number, to=node.shape), identity) if number.shape == () else None


@BOOK.rule("identity in a product", "I A and A I are A.", MatMul)
def _identity(node: Node, knowledge: Knowledge) -> Node | None:
    left, right = node.inputs
    if isinstance(left.operation, Eye) and not left.distinct:
        return right
    return left if isinstance(right.operation, Eye) and not right.distinct else None


@BOOK.rule("identity transposed", "I and diag(v) are symmetric.", Transpose)
def _symmetric(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    is_identity = isinstance(inner.operation, Eye) and not inner.distinct
    return inner if is_identity or is_diagonal(inner) else None


@BOOK.rule("product of diagonals", "diag(a) diag(b) is diag(a ⊙ b).", MatMul)
def _diagonals(node: Node, knowledge: Knowledge) -> Node | None:
    left, right = node.inputs
    if not is_diagonal(left) or not is_diagonal(right):
        return None
    return left.operation(Multiply()(left.inputs[0], right.inputs[0]))


@BOOK.rule("diagonal times a vector", "diag(a) v is a ⊙ v.", MatMul)
def _diagonal_vector(node: Node, knowledge: Knowledge) -> Node | None:
    left, right = node.inputs
    if is_diagonal(left) and right.ndim == 1:
        return Multiply()(left.inputs[0], right)
    if is_diagonal(right) and left.ndim == 1:
        return Multiply()(left, right.inputs[0])
    return None


@BOOK.rule(
    "diagonal times ones",
    "diag(a) times a column of ones is the column a, and so for rows.",
    MatMul,
)
def _diagonal_ones(node: Node, knowledge: Knowledge) -> Node | None:
    left, right = node.inputs
    if is_diagonal(left) and is_column(right.shape) and literal(right) == 1:
        return reshape(left.inputs[0], to=node.shape)
    if is_diagonal(right) and is_row(left.shape) and literal(left) == 1:
        return reshape(right.inputs[0], to=node.shape)
    return None


@BOOK.rule("column times row", "A column times a row holds every product: outer(a, b).", MatMul)
def _column_row(node: Node, knowledge: Knowledge) -> Node | None:
    left, right = node.inputs
    if not is_column(left.shape) or not is_row(right.shape):
        return None
    a, b = _vector_in(left), _vector_in(right)
    return None if a is None or b is None else Outer()(a, b)


def _vector_in(node: Node) -> Node | None:
    """The vector that a column or row is made from."""
    if not isinstance(node.operation, Reshaped) or node.distinct:
        return None
    inner = node.inputs[0]
    return inner if inner.ndim == 1 else None


@BOOK.rule(
    "columns and rows meet first",
    "(A b) c, with a column b and a row c, is A (b c), and so (b c) A is b (c A).",
    MatMul,
)
def _grouped(node: Node, knowledge: Knowledge) -> Node | None:
    left, right = node.inputs
    if not isinstance(left.operation, MatMul) or left.distinct:
        return None
    first, second = left.inputs
    meets = is_column(first.shape) or (is_row(right.shape) and is_column(second.shape))
    return MatMul()(first, MatMul()(second, right)) if meets else None


@BOOK.rule("Kronecker product with a row", "A vector in a Kronecker product is a row.", Kron)
def _kron_row(node: Node, knowledge: Knowledge) -> Node | None:
    left, right = node.inputs
    vectors = [_vector_in(side) if is_row(side.shape) else None for side in (left, right)]
    if vectors[0] is not None and right.ndim == 2:
        return kron(vectors[0], right)
    if vectors[1] is not None and left.ndim == 2:
        return kron(left, vectors[1])
    return None


@BOOK.rule("mixed product", "(A ⊗ B)(C ⊗ D) is (A C) ⊗ (B D), where the sizes fit.", MatMul)
def _mixed_product(node: Node, knowledge: Knowledge) -> Node | None:
    left, right = node.inputs
    if not isinstance(left.operation, Kron) or not isinstance(right.operation, Kron):
        return None
    if left.distinct or right.distinct:
        return None
    (a, b), (c, d) = left.inputs, right.inputs
    if any(side.ndim != 2 for side in (a, b, c, d)):
        return None
    if a.shape[1] != c.shape[0] or b.shape[1] != d.shape[0]:
        return None
    return kron(MatMul()(a, c), MatMul()(b, d))


@BOOK.rule("transpose of a Kronecker product", "(A ⊗ B)ᵀ is Aᵀ ⊗ Bᵀ: the order stays.", Transpose)
def _kron_transposed(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    if not isinstance(inner.operation, Kron) or inner.distinct or node.ndim != 2:
        return None
    a, b = inner.inputs
    return kron(transpose(a), transpose(b)) if a.ndim == b.ndim == 2 else None


@BOOK.rule("identity beside an identity", "I ⊗ I is I.", Kron)
def _kron_identities(node: Node, knowledge: Knowledge) -> Node | None:
    both = all(isinstance(one.operation, Eye) and not one.distinct for one in node.inputs)
    return eye(node.shape[0], node.dtype) if both else None
