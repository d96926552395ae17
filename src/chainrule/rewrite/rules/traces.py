"""Traces and diagonals."""

from __future__ import annotations

from chainrule.graph.node import Node
from chainrule.ops.arithmetic import Multiply
from chainrule.ops.broadcasting import literal
from chainrule.ops.contraction import MatMul, Outer
from chainrule.ops.diagonals import TakeDiagonal, Trace
from chainrule.ops.making import Eye, ones
from chainrule.ops.reduction import Sum
from chainrule.ops.transposition import Transpose
from chainrule.rewrite.chains import chain, factors_of, is_product
from chainrule.rewrite.knowledge import Knowledge
from chainrule.rewrite.rule import rule_book
from chainrule.rewrite.rules.structured import is_diagonal

__all__ = ["BOOK"]

BOOK = rule_book(__name__)


@BOOK.rule("diagonal of a transpose", "A and Aᵀ have the same diagonal.", TakeDiagonal, Trace)
def _transposed(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    main = node.operation.key() == (0,)
    if not isinstance(inner.operation, Transpose) or inner.distinct or inner.ndim != 2 or not main:
        return None
    return node.operation(inner.inputs[0])


@BOOK.rule(
    "diagonal of a structured matrix",
    "The diagonal of diag(a) is a, that of a bᵀ is a ⊙ b, and that of I is all ones.",
    TakeDiagonal,
)
def _structured(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    square = inner.ndim == 2 and inner.shape[0] == inner.shape[1]
    if inner.distinct or not square or node.operation.key() != (0,):
        return None
    if is_diagonal(inner):
        return inner.inputs[0]
    if isinstance(inner.operation, Outer):
        return Multiply()(*inner.inputs)
    return ones(node.shape, node.dtype) if isinstance(inner.operation, Eye) else None


@BOOK.rule(
    "diagonal of a product with a diagonal matrix",
    "The diagonal of diag(a) B, and that of B diag(a), is a ⊙ the diagonal of B.",
    TakeDiagonal,
)
def _scaled(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    if not is_product(inner) or inner.shape[0] != inner.shape[1] or node.operation.key() != (0,):
        return None
    factors = factors_of(inner)
    if is_diagonal(factors[0]):
        return Multiply()(factors[0].inputs[0], node.operation(chain(factors[1:])))
    if is_diagonal(factors[-1]):
        return Multiply()(node.operation(chain(factors[:-1])), factors[-1].inputs[0])
    return None


@BOOK.rule(
    "diagonal of a product with ones",
    "Where all rows of A are 1, the diagonal of A B holds the sums of the columns of B.",
    TakeDiagonal,
)
def _ones(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    if not is_product(inner) or inner.shape[0] != inner.shape[1] or node.operation.key() != (0,):
        return None
    first, *others = factors_of(inner)
    return Sum((0,))(chain(others)) if literal(first) == 1 else None


@BOOK.rule("sum of a transpose", "Sums over the rows of Aᵀ are those over the columns of A.", Sum)
def _sum_transposed(node: Node, knowledge: Knowledge) -> Node | None:
    inner, operation = node.inputs[0], node.operation
    assert isinstance(operation, Sum)
    if not isinstance(inner.operation, Transpose) or inner.distinct or operation.keepdims:
        return None
    axes = tuple(sorted(inner.operation.axes[axis] for axis in operation.axis))
    kept = [axis for axis in inner.operation.axes if axis not in axes]
    return Sum(axes)(inner.inputs[0]) if kept == sorted(kept) else None


@BOOK.rule("sum of a diagonal", "The sum of the diagonal is the trace.", Sum)
def _sum(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    operation = inner.operation
    if not isinstance(operation, TakeDiagonal) or inner.distinct or node.ndim or inner.ndim != 1:
        return None
    return Trace(operation.offset)(inner.inputs[0])


@BOOK.rule("trace of the identity", "The trace of the n × n identity matrix is n.", Trace)
def _identity(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    if not isinstance(inner.operation, Eye) or inner.distinct or node.operation.key() != (0,):
        return None
    return Sum((0,))(ones(inner.shape[:1], node.dtype))


@BOOK.rule("sum against a transpose", "The sum of the entries of A ⊙ Bᵀ is the trace of A B.", Sum)
def _against_transpose(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    if inner.distinct or node.shape or inner.ndim != 2 or not isinstance(inner.operation, Multiply):
        return None
    for a, b in (inner.inputs, inner.inputs[::-1]):
        if isinstance(b.operation, Transpose) and not b.distinct:
            return Trace()(MatMul()(a, b.inputs[0]))
    return None
