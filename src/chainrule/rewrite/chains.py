"""A product of matrices as the list of its factors, and built again: A B C is (A B) C.

The factors do not commute; what stands beside what is all that a rule may look at.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from chainrule.graph.node import Node
from chainrule.ops.contraction import MatMul
from chainrule.ops.tensor_products import MatrixPower
from chainrule.ops.transposition import Transpose, transpose

__all__ = ["as_column", "chain", "factors_of", "is_product", "power_of", "powers", "turned"]

MOST_FACTORS = 32  # of a product that is looked at as a whole


def is_product(node: Node) -> bool:
    """Whether a node is an anonymous product of two matrices."""
    matrices = isinstance(node.operation, MatMul) and not node.distinct
    return matrices and all(one.ndim == 2 for one in node.inputs)


def factors_of(node: Node) -> list[Node]:
    """The factors from left to right; what is no product, or a very long one, is one factor.

    >>> from chainrule.graph.node import variable
    >>> A, B, C = [variable((2, 2)) for _ in range(3)]
    >>> factors_of(A @ (B @ C)) == [A, B, C]
    True
    """
    found: list[Node] = []
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if is_product(here):
            waiting.extend(reversed([here.inputs[0], here.inputs[1]]))
        else:
            found.append(here)
        if len(found) + len(waiting) > MOST_FACTORS:
            return [node]
    return found


def chain(factors: Sequence[Node]) -> Node:
    """The product of the factors, multiplied from the left."""
    return reduce(MatMul(), factors)


def turned(node: Node) -> Node:
    """The transpose; of a transpose what was transposed.

    >>> from chainrule.graph.node import variable
    >>> A = variable((2, 3))
    >>> turned(turned(A)) is A
    True
    """
    is_turned = isinstance(node.operation, Transpose) and not node.distinct and node.ndim == 2
    return node.inputs[0] if is_turned else transpose(node)


def as_column(node: Node) -> Node | None:
    """A x or x Aᵀ, with a vector x, as A x; None if the node is no such product."""
    if not isinstance(node.operation, MatMul) or node.distinct:
        return None
    left, right = node.inputs
    if (left.ndim, right.ndim) == (2, 1):
        return node
    return MatMul()(turned(right), left) if (left.ndim, right.ndim) == (1, 2) else None


def power_of(node: Node) -> tuple[Node, int]:
    """The base and the exponent, 1 if there is none."""
    operation = node.operation
    if not isinstance(operation, MatrixPower) or node.distinct or operation.exponent < 1:
        return node, 1
    return node.inputs[0], operation.exponent


def powers(base: Node, exponent: int) -> list[Node]:
    """The power as factors, none for an exponent of 0 or below."""
    if exponent < 3:
        return [base] * max(0, exponent)
    return [MatrixPower(exponent)(base)]
