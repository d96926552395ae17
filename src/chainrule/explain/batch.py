"""Batches: which leading axis counts examples, and which nodes have a row for each of them.

A loss that is a sum (or a mean) of one number for each row has examples.  All that such a row is
computed from is either a row itself, or the same for all rows: a parameter.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import Enum

from chainrule.explain.source import has_named_sizes
from chainrule.graph.node import Node, topological
from chainrule.graph.record import Record
from chainrule.ops.arithmetic import Add, Divide, Multiply, Negate, Subtract
from chainrule.ops.broadcasting import Broadcast, Cast, Reshaped, literal
from chainrule.ops.contract import Composite, Elementwise
from chainrule.ops.contraction import Einsum, MatMul, Outer
from chainrule.ops.indexing import Take
from chainrule.ops.naming import Same
from chainrule.ops.normalizing import Softmax, SoftmaxPullback
from chainrule.ops.reduction import Reduction, Sum
from chainrule.ops.shaping import Concatenate
from chainrule.ops.transposition import Transpose

__all__ = ["Batch", "batch_of"]


class Batch(Record):
    """So many examples, and the nodes whose leading axis counts them."""

    count: int
    rows: frozenset[Node]


MOST_NODES = 600  # of a loss that is looked through; each sum in it takes a few calls in turn


class _Role(Enum):
    """What a node is to the batch: a sum over it, rows of it, or the same for all of it."""

    SUM = "sum"
    ROWS = "rows"
    WHOLE = "whole"


_Roles = dict[Node, _Role]
_Needs = Sequence[tuple[Node, _Role]]


def batch_of(of: Node, wrt: Collection[Node] = ()) -> Batch | None:
    """The examples of a loss; None if it is no sum of one number for each row.

    A matrix in A @ x counts as rows of data only if it is not among `wrt`: else x may as well be
    the data, and A the parameters of a single example.

    >>> from chainrule.graph.node import variable
    >>> from chainrule.ops.reduction import sum_
    >>> X, W, Y = variable((5, 3)), variable((3, 2)), variable((5, 2))
    >>> found = batch_of(sum_((X @ W - Y) ** 2), [W])
    >>> found.count, X in found.rows, W in found.rows
    (5, True, False)
    """
    if len(topological([of])) > MOST_NODES:
        return None
    roles = _roles_below(of, _Role.SUM, {}, frozenset(wrt))
    if roles is None:
        return None
    rows = frozenset(node for node, role in roles.items() if role is _Role.ROWS)
    counts = {node.shape[0] for node in rows}
    if len(counts) != 1 or has_named_sizes(tuple(counts)) or (count := counts.pop()) < 2:
        return None
    return Batch(count, rows)


def _roles_below(top: Node, role: _Role, known: _Roles, wrt: frozenset[Node]) -> _Roles | None:
    """The roles of all nodes below; None if one would have two, or an operation mixes rows."""
    roles = dict(known)
    waiting = [(top, role)]
    while waiting:
        node, role = waiting.pop()
        if literal(node) is not None:
            continue
        if node in roles:
            if roles[node] is not role:
                return None
            continue
        roles[node] = role
        if role is _Role.SUM and isinstance(node.operation, Add | Subtract):
            found = _roles_of_terms(node, roles, wrt)
            if found is None:
                return None
            roles = found
            continue
        needs = _needs(node, role, wrt)
        if needs is None:
            return None
        waiting.extend(needs)
    return roles


def _roles_of_terms(node: Node, known: _Roles, wrt: frozenset[Node]) -> _Roles | None:
    """Of a sum of losses: a term that is no sum over the examples is the same for all of them.

    So is a penalty on the weights.  The longest term comes first: it is the one with the data.
    """
    roles: _Roles | None = known
    for term in sorted(node.inputs, key=lambda one: -len(topological([one]))):
        assert roles is not None
        found = _roles_below(term, _Role.SUM, roles, wrt)
        if found is None or len({n.shape[0] for n, r in found.items() if r is _Role.ROWS}) > 1:
            found = _roles_below(term, _Role.WHOLE, roles, wrt)
        roles = found
        if roles is None:
            return None
    return roles


def _needs(node: Node, role: _Role, wrt: frozenset[Node]) -> _Needs | None:
    """What the inputs of a node have to be; None if it does not act on each row by itself."""
    if role is _Role.WHOLE:
        return [(one, role) for one in node.inputs]
    if isinstance(node.operation, Composite):
        return [(node.operation.body(*node.inputs), role)]
    if role is _Role.SUM:
        return _needs_of_sum(node)
    return _needs_of_rows(node, wrt) if node.ndim else None


def _needs_of_sum(node: Node) -> _Needs | None:
    operation, inputs = node.operation, node.inputs
    if isinstance(operation, Same | Negate):
        return [(inputs[0], _Role.SUM)]
    if isinstance(operation, Sum) and 0 in operation.axis:
        return [(inputs[0], _Role.ROWS)]
    if isinstance(operation, MatMul) and all(one.ndim == 1 for one in inputs):
        return [(one, _Role.ROWS) for one in inputs]
    if isinstance(operation, Divide) or (
        isinstance(operation, Multiply) and literal(inputs[1]) is not None
    ):
        return [(inputs[0], _Role.SUM), (inputs[1], _Role.WHOLE)]
    if isinstance(operation, Multiply):
        return [(inputs[0], _Role.WHOLE), (inputs[1], _Role.SUM)]
    return None


def _needs_of_rows(node: Node, wrt: frozenset[Node]) -> _Needs | None:
    operation, inputs = node.operation, node.inputs
    if not inputs:
        return []
    if isinstance(operation, MatMul):
        return _needs_of_product(node, wrt)
    if isinstance(operation, Outer):
        return [(inputs[0], _Role.ROWS), (inputs[1], _Role.WHOLE)]
    if isinstance(operation, Broadcast):
        repeats = inputs[0].ndim < node.ndim or inputs[0].shape[0] != node.shape[0]
        return [(inputs[0], _Role.WHOLE if repeats else _Role.ROWS)]
    if isinstance(operation, Einsum):
        return _needs_of_letters(operation, inputs)
    return [(one, _Role.ROWS) for one in inputs] if _keeps_rows(node) else None


def _needs_of_product(node: Node, wrt: frozenset[Node]) -> _Needs | None:
    left, right = node.inputs
    if left.ndim < 2 or (right.ndim == 1 and not left.inputs and left in wrt):
        return None
    role = _Role.ROWS if right.ndim > 2 else _Role.WHOLE
    return [(left, _Role.ROWS), (right, role)]


def _needs_of_letters(operation: Einsum, inputs: tuple[Node, ...]) -> _Needs | None:
    first = operation.result[0]
    if any(first in term[1:] for term in operation.terms):
        return None
    return [
        (one, _Role.ROWS if term.startswith(first) else _Role.WHOLE)
        for one, term in zip(inputs, operation.terms, strict=True)
    ]


def _keeps_rows(node: Node) -> bool:
    """Whether each row of the result is made of the same row of every input."""
    operation, inputs = node.operation, node.inputs
    if any(one.ndim == 0 or one.shape[0] != node.shape[0] for one in inputs):
        return False
    if isinstance(operation, Elementwise | Cast):
        return True
    if isinstance(operation, Softmax | SoftmaxPullback):
        return node.ndim > 1
    if isinstance(operation, Reduction):
        return 0 not in operation.axis
    if isinstance(operation, Concatenate):
        return operation.axis != 0
    if isinstance(operation, Transpose):
        return operation.axes[0] == 0
    if isinstance(operation, Take):
        return operation.index[:1] == ((0, node.shape[0], 1),)
    return isinstance(operation, Reshaped)
