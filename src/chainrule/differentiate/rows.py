"""What it means for an operation that some of its inputs are stacks, one row an example.

One table, one row for each operation that neither acts on stacks nor is linear: products get one
letter more, and positions counted in a whole array are counted in the stack of all rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.graph.node import Node, Shape, constant, size_of
from chainrule.graph.record import Record
from chainrule.graph.sizes import counted
from chainrule.ops.advanced_indexing import Positions, TakeAlong, moved, positions
from chainrule.ops.arithmetic import Subtract
from chainrule.ops.broadcasting import Broadcast, broadcast, reshape
from chainrule.ops.contract import Operation
from chainrule.ops.contraction import Einsum, MatMul, Outer, batched_letters, contract
from chainrule.ops.indexing import Gather, Scatter, gather, scatter
from chainrule.ops.pooling import MaxPool2dPositions
from chainrule.ops.reduction import ArgMax
from chainrule.ops.solving import Solve
from chainrule.ops.transposition import permute

__all__ = ["RULES", "Rows", "moved_axis", "one_axis_further", "repeated"]


class Rows(Record):
    """The inputs of an operation, of which some are a stack, one row an example."""

    count: int
    inputs: tuple[Node, ...]
    by_row: tuple[bool, ...]  # which of them

    def all_stacked(self) -> tuple[Node, ...]:
        """Every input as a stack."""
        pairs = zip(self.inputs, self.by_row, strict=True)
        return tuple([node if many else repeated(node, self.count) for node, many in pairs])

    def of_one(self, node: Node) -> tuple[Node, ...]:
        """The inputs of one row; for the stacks, those of `node` stand in."""
        return tuple([
            row if many else single
            for row, single, many in zip(node.inputs, self.inputs, self.by_row, strict=True)
        ])  # fmt: skip


def one_axis_further(operation: Operation) -> Operation:
    """The operation behind a new leading axis: an `axis` it names is one further back."""
    if "axis" not in operation.fields:
        return operation
    settings = dict(zip(operation.fields, operation.key(), strict=True))
    axis = settings["axis"]
    settings["axis"] = _further(axis) if isinstance(axis, int) else tuple(map(_further, axis))
    return type(operation)(**settings)


def _further(axis: int) -> int:
    return axis if axis < 0 else axis + 1


def _product(node: Node, rows: Rows) -> Node:
    """A sum over letters: the rows have a letter of their own."""
    operation: Any = node.operation
    einsum = operation.jacobians(node, *node.inputs)[0].operation
    letter = batched_letters(1, einsum.terms)
    terms = [letter * many + term for term, many in zip(einsum.terms, rows.by_row, strict=True)]
    return contract(tuple(terms), letter + einsum.result, rows.inputs)


def _gathered(node: Node, rows: Rows) -> Node:
    """Entries of all rows side by side."""
    operation: Any = node.operation
    x, at = rows.inputs
    own = node.inputs[0].shape
    lead = len(own) - operation.axes
    if rows.by_row[0]:
        x, at = moved_axis(x, 0, lead), _in_the_stack(at, own[lead:])
    found = gather(x, at, x.ndim - lead)
    return moved_axis(found, lead, 0)


def _scattered(node: Node, rows: Rows) -> Node:
    """The rows side by side, each with its own entries."""
    operation: Any = node.operation
    u, at = rows.all_stacked()
    lead = u.ndim - at.ndim
    to = (rows.count, *operation.to)
    return moved_axis(scatter(moved_axis(u, 0, lead), _in_the_stack(at, to[1:]), to), lead, 0)


def _taken(node: Node, rows: Rows) -> Node:
    """The parts of all rows side by side."""
    operation: Any = node.operation
    x, at = rows.inputs
    axis, length = operation.axis, node.inputs[0].shape[operation.axis]
    if not rows.by_row[0]:
        return moved_axis(TakeAlong(axis)(x, at), axis, 0)
    parts = moved_axis(x, axis + 1, 1)
    flat = reshape(parts, to=(rows.count * length, *parts.shape[2:]))
    found = TakeAlong(0)(flat, _in_the_stack(at, (length,)))
    return moved(found, 1, at.ndim - 1, axis + 1)


def _in_the_stack(at: Node, shape: Shape) -> Node:
    """Positions in rows of that shape, as positions in the stack of all rows."""
    count = counted(at.shape[0])
    row = constant(np.arange(count).reshape(count, *[1] * (at.ndim - 1)), np.int64)
    return positions(row, at, of=(count, size_of(shape)))


def _chosen(node: Node, rows: Rows) -> Node:
    """Positions in the stack of all rows, as positions in each of them."""
    operation: Any = node.operation
    found = one_axis_further(operation)(*rows.inputs)
    starts = np.arange(counted(rows.count)) * node.inputs[0].size
    column = constant(starts.reshape(rows.count, *[1] * (found.ndim - 1)), np.int64)
    return Subtract()(found, broadcast(column, to=found.shape))


def _located(node: Node, rows: Rows) -> Node:
    """Indices broadcast together: those of the rows get as many axes as the result has."""
    wide = [
        reshape(at, to=(rows.count, *[1] * (node.ndim + 1 - at.ndim), *at.shape[1:]))
        if many
        else at
        for at, many in zip(rows.inputs, rows.by_row, strict=True)
    ]
    return node.operation(*wide)


def _solved(node: Node, rows: Rows) -> Node:
    """The stacks of right sides end with those of the matrices, and so must the rows."""
    operation: Any = node.operation
    matrices, right = rows.all_stacked()
    more = node.ndim - node.inputs[0].ndim + (1 if operation.vectors else 0)
    return moved_axis(operation(matrices, moved_axis(right, 0, more)), more, 0)


RULES: dict[type[Operation], Callable[[Node, Rows], Node]] = {
    Einsum: _product,
    MatMul: _product,
    Outer: _product,
    Gather: _gathered,
    Scatter: _scattered,
    TakeAlong: _taken,
    Positions: _located,
    ArgMax: _chosen,
    MaxPool2dPositions: _chosen,
    Solve: _solved,
}


def moved_axis(x: Node, source: int, to: int) -> Node:
    """One axis at another place, the others in their order."""
    order = [axis for axis in range(x.ndim) if axis != source]
    order.insert(to, source)
    return permute(x, tuple(order))


def repeated(node: Node, count: int) -> Node:
    """A stack of equal rows; what is a repetition already is repeated once, from its start."""
    is_repeated = isinstance(node.operation, Broadcast) and not node.distinct
    return broadcast(node.inputs[0] if is_repeated else node, to=(count, *node.shape))
