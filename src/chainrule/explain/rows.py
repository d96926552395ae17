"""What a single example adds to a sum over all of them: outer(X[n], D[n]) of Xᵀ @ D."""

from __future__ import annotations

from chainrule.graph.node import Node, topological
from chainrule.graph.record import Record
from chainrule.ops.arithmetic import Add, Divide, Multiply, Negate, Subtract
from chainrule.ops.broadcasting import Broadcast, Cast, Reshaped, broadcast, reshape
from chainrule.ops.contract import Elementwise, Operation
from chainrule.ops.contraction import MatMul, Outer
from chainrule.ops.indexing import Take
from chainrule.ops.reduction import Sum, sum_
from chainrule.ops.transposition import Transpose, permute

__all__ = ["Leaves", "added_by", "row_of", "separated"]


class Leaves(Record):
    """What expressions are over: the quantities that stand by name, and those with `count` rows."""

    count: int
    rows: frozenset[Node]
    named: frozenset[Node]

    def have_rows(self, node: Node) -> bool:
        """Whether an expression is made of rows."""
        below = topological([node], lambda one: () if one in self.named else one.inputs)
        return not self.rows.isdisjoint(below)


def row_of(node: Node, at: int, leaves: Leaves) -> Node:
    """A row of a node, as far as possible made of the same row of the leaves.

    >>> from chainrule.graph.node import variable
    >>> from chainrule.notation.text import show
    >>> X, w = variable((5, 3)), variable((3,))
    >>> leaves = Leaves(5, frozenset({X}), frozenset({X, w}))
    >>> show(row_of(X @ w * 2, 4, leaves), {X: "X", w: "w"}.get)
    '2 * (X[4] @ w)'
    """
    if node in leaves.named or not node.inputs:
        return _entry(node, at)
    operation, inputs = node.operation, node.inputs
    if isinstance(operation, Elementwise | Cast):
        return operation(*[row_of(one, at, leaves) for one in inputs])
    if isinstance(operation, MatMul) and inputs[0].ndim > 1 and inputs[1].ndim <= 2:
        return row_of(inputs[0], at, leaves) @ inputs[1]
    if isinstance(operation, Outer):
        return row_of(inputs[0], at, leaves) * inputs[1]
    if isinstance(operation, Broadcast):
        return _row_of_repeated(node, at, leaves)
    if isinstance(operation, Transpose):
        return _row_of_transposed(node, at, leaves)
    if isinstance(operation, Sum) and 0 not in operation.axis and not operation.keepdims:
        axes = tuple([axis - 1 for axis in operation.axis])
        return sum_(row_of(inputs[0], at, leaves), axis=axes)
    return _entry(node, at)


def _entry(node: Node, at: int) -> Node:
    """X[n], not X[n, 0:3]."""
    return Take((at,), node.shape[1:])(node)


def _transposed(node: Node) -> Node:
    return permute(node, tuple(reversed(range(node.ndim))))


def _row_of_repeated(node: Node, at: int, leaves: Leaves) -> Node:
    (inner,) = node.inputs
    if inner.ndim == node.ndim and inner.shape[0] == node.shape[0]:
        return broadcast(row_of(inner, at, leaves), to=node.shape[1:])
    kept = reshape(inner, to=inner.shape[1:]) if inner.ndim == node.ndim else inner
    return broadcast(kept, to=node.shape[1:])


def _row_of_transposed(node: Node, at: int, leaves: Leaves) -> Node:
    """Of what is computed entry by entry, the operands are transposed."""
    (inner,) = node.inputs
    operation, inputs = inner.operation, inner.inputs
    if isinstance(operation, Broadcast) and not inputs[0].ndim:
        return broadcast(inputs[0], to=node.shape[1:])
    if not isinstance(operation, Elementwise | Cast) or inner in leaves.named:
        return _entry(node, at)
    return operation(*[row_of(_transposed(one), at, leaves) for one in inputs])


def separated(node: Node, leaves: Leaves) -> tuple[Node | None, Node | None]:
    """The terms of a sum that are made of rows, and those that are the same for all examples."""
    if isinstance(node.operation, Add | Subtract) and node not in leaves.named:
        (a, same_a), (b, same_b) = [separated(one, leaves) for one in node.inputs]
        is_minus = isinstance(node.operation, Subtract)
        return _combined(a, b, is_minus), _combined(same_a, same_b, is_minus)
    return (node, None) if leaves.have_rows(node) else (None, node)


def _combined(a: Node | None, b: Node | None, is_minus: bool) -> Node | None:
    if b is None:
        return a
    if a is None:
        return -b if is_minus else b
    return a - b if is_minus else a + b


def added_by(node: Node, at: int, leaves: Leaves) -> Node | None:
    """What one example adds to a sum over all; None where it is no such sum in plain sight.

    A matrix product sums over rows: Xᵀ @ D is the sum of outer(X[n], D[n]).

    >>> from chainrule.graph.node import variable
    >>> from chainrule.notation.text import show
    >>> from chainrule.ops.transposition import transpose
    >>> X, D = variable((5, 3)), variable((5, 2))
    >>> leaves = Leaves(5, frozenset({X, D}), frozenset({X, D}))
    >>> show(added_by(transpose(X) @ (2 * D), 1, leaves), {X: "X", D: "D"}.get)
    'outer(X[1], 2 * D[1])'
    """
    operation, inputs = node.operation, node.inputs
    if node in leaves.named or not leaves.have_rows(node):
        return None
    if isinstance(operation, Add | Subtract):
        a, b = [added_by(one, at, leaves) for one in inputs]
        return None if a is None or b is None else operation(a, b)
    if isinstance(operation, Negate | Transpose | Reshaped):
        return _rearranged(operation, added_by(inputs[0], at, leaves))
    if isinstance(operation, Multiply | Divide):
        return _scaled(operation, inputs, at, leaves)
    if isinstance(operation, Sum) and 0 in operation.axis and not operation.keepdims:
        row = row_of(inputs[0], at, leaves)
        axes = tuple([axis - 1 for axis in operation.axis if axis])
        return sum_(row, axis=axes) if axes else row
    return _product(inputs, at, leaves) if isinstance(operation, MatMul) else None


def _rearranged(operation: Operation, found: Node | None) -> Node | None:
    if found is None:
        return None
    if isinstance(operation, Transpose):
        return permute(found, operation.axes)
    return operation(found)


def _scaled(operation: Operation, inputs: tuple[Node, ...], at: int, leaves: Leaves) -> Node | None:
    """A sum times or over what is the same for all examples."""
    a, b = inputs
    if not leaves.have_rows(b):
        found = added_by(a, at, leaves)
        return None if found is None else operation(found, b)
    if isinstance(operation, Multiply) and not leaves.have_rows(a):
        found = added_by(b, at, leaves)
        return None if found is None else operation(a, found)
    return None


def _product(inputs: tuple[Node, ...], at: int, leaves: Leaves) -> Node | None:
    """Aᵀ @ B: outer(A[n], B[n]), where a vector's entry is a factor."""
    a, b = inputs
    if not leaves.have_rows(b):
        found = added_by(a, at, leaves)
        return None if found is None else found @ b
    if not leaves.have_rows(a):
        found = added_by(b, at, leaves)
        return None if found is None else a @ found
    rows = _transposed(a)
    if max(a.ndim, b.ndim) > 2 or rows.shape[0] != leaves.count:
        return None
    left, right = row_of(rows, at, leaves), row_of(b, at, leaves)
    if left.ndim == 1 and right.ndim == 1:
        return Outer()(left, right)
    return right * left if right.ndim < left.ndim else left * right
