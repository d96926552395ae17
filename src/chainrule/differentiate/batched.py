"""One graph for every row of a batch: what is written for one example, computed for all at once.

`batched` gives each node that depends on a batched one a new leading axis.  An operation says
that leading axes are a stack (`stacks`), or it is linear, and its local Jacobian acts on trailing
axes anyway; products and positions have a row in `rows.RULES`; a composite is its body.  All
others are applied row by row, in one node: a new operation needs nothing.

>>> from chainrule.differentiate.walk import adjoints
>>> from chainrule.graph.node import variable
>>> from chainrule.ops.losses import squared_error
>>> W, x, t = variable((2, 3)), variable((3,)), variable((2,))  # one example
>>> X, T = variable((5, 3)), variable((5, 2))  # a batch of five
>>> by_W = adjoints(squared_error(W @ x, t))[W]
>>> batched([by_W], {x: X, t: T})  # the gradient of each example
[<einsum float64[5, 2, 3]>]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np

from chainrule.differentiate.maps import adjoint, apply, batch_of
from chainrule.differentiate.rows import RULES, Rows, moved_axis, one_axis_further, repeated
from chainrule.errors import DataProblem, ShapeError
from chainrule.graph.node import Kernels, Node, Shape, size_of, topological, variable
from chainrule.jacobians.kinds import LinearComputation, LinearMap, Multilinear, Zero
from chainrule.ops.contract import TURN, Composite, LinearOperation, Operation, show_shape
from chainrule.ops.reduction import sum_

__all__ = ["EachRow", "batched", "replaced"]


def batched(
    outputs: Sequence[Node], rows: Mapping[Node, Node], shared: Mapping[Node, Node] | None = None
) -> list[Node]:
    """Each output for every row: `rows` maps what one example is to all of them, stacked.

    All stacks have one length N, and so has the leading axis of every result; an output that
    depends on no row is repeated.  `shared` maps nodes to what replaces them in every row.

    Raises:
        ShapeError: a stack is no stack of what it stands for, or the lengths differ.
        DataProblem: a stack has another type than what it stands for.
    """
    count = _length(rows)
    many, one = _rebuilt(outputs, rows, shared or {}, count)
    return [many[node] if node in many else repeated(one[node], count) for node in outputs]


def replaced(outputs: Sequence[Node], changes: Mapping[Node, Node]) -> list[Node]:
    """The same expressions with some nodes replaced, wherever they are read."""
    _, one = _rebuilt(outputs, {}, changes, 0)
    return [one[node] for node in outputs]


def _length(rows: Mapping[Node, Node]) -> int:
    """The common length of all stacks."""
    lengths = set()
    for row, stack in rows.items():
        if stack.shape[1:] != row.shape or not stack.ndim:
            found, wanted = show_shape(stack.shape), show_shape(row.shape)
            raise ShapeError(f"{found} is no stack of rows of shape {wanted}")
        if stack.dtype != row.dtype:
            raise DataProblem(f"rows of {row.dtype} are stacked as {stack.dtype}")
        lengths.add(stack.shape[0])
    if len(lengths) != 1:
        raise ShapeError(f"the stacks of one batch have one length, not {sorted(lengths)}")
    return lengths.pop()


def _rebuilt(
    outputs: Sequence[Node], rows: Mapping[Node, Node], shared: Mapping[Node, Node], count: int
) -> tuple[dict[Node, Node], dict[Node, Node]]:
    """Every node below the outputs, in one walk: those that have rows, and those that have none."""
    many, one = dict(rows), dict(shared)

    def below(node: Node) -> Iterable[Node]:
        if node in rows or node in shared:
            return ()
        return _read(node) if rows else node.inputs

    for node in topological(outputs, below):
        if node in many or node in one:
            continue
        flags = tuple([lower in many for lower in node.inputs])
        inputs = tuple([many[lower] if lower in many else one[lower] for lower in node.inputs])
        if not any(flags):
            one[node] = node if inputs == node.inputs else node.operation(*inputs)
        elif (body := _body(node)) is None:
            many[node] = _over_rows(node, Rows(count, inputs, flags))
        elif body in many:
            many[node] = many[body]
        else:  # it does not use the inputs that have rows
            one[node] = one[body]
    return many, one


def _read(node: Node) -> tuple[Node, ...]:
    body = _body(node)
    return node.inputs if body is None else (*node.inputs, body)


def _body(node: Node) -> Node | None:
    """What a composite is made of, where it does not act on stacks itself."""
    operation = node.operation
    if isinstance(operation, Composite) and not operation.stacks:
        return operation.body(*node.inputs)
    return None


def _over_rows(node: Node, rows: Rows) -> Node:
    operation = node.operation
    assert isinstance(operation, Operation), "an input has no inputs that have rows"
    map_ = _linear_in_its_stack(node, rows)
    if map_ is not None:
        return apply(map_, rows.inputs[map_.position])
    if operation.stacks:
        return one_axis_further(operation)(*rows.all_stacked())
    if operation.linear:
        maps = operation.jacobians(node, *node.inputs)
        parts = zip(maps, rows.all_stacked(), strict=True)
        return reduce(lambda a, b: a + b, [apply(map_, stack) for map_, stack in parts])
    rule = RULES.get(type(operation))
    return EachRow(operation, rows.by_row)(*rows.inputs) if rule is None else rule(node, rows)


def _linear_in_its_stack(node: Node, rows: Rows) -> Multilinear | None:
    """The operation as a map of its only stack, if it is linear in that."""
    operation = node.operation
    if sum(rows.by_row) != 1 or not isinstance(operation, LinearOperation):
        return None
    inputs = rows.of_one(node)
    map_ = operation.jacobians(operation(*inputs), *inputs)[rows.by_row.index(True)]
    if isinstance(map_, Multilinear) and map_.operation == operation and map_.operands == inputs:
        return map_
    return None


class EachRow(Operation):
    """Any operation, on one row after the other: right for all of them, and fast for none."""

    name = "each_row"
    derivatives = ("the operation's own, row by row",)
    sentence = "Each row of the result depends only on the same row of the input."
    operation: Operation
    by_row: tuple[bool, ...]  # which inputs are stacks

    def rows(self, *shapes: Shape) -> tuple[Shape, ...]:
        """The shapes of one row's inputs."""
        return tuple([s[1:] if many else s for s, many in zip(shapes, self.by_row, strict=True)])

    def shape(self, *shapes: Shape) -> Shape:
        count = shapes[self.by_row.index(True)][0]
        return (count, *self.operation.shape(*self.rows(*shapes)))

    def dtype(self, *dtypes: np.dtype[Any]) -> np.dtype[Any]:
        return self.operation.dtype(*dtypes)

    def cost(self, *shapes: Shape) -> tuple[int, int]:
        count, *_ = self.shape(*shapes)
        held, products = self.operation.cost(*self.rows(*shapes))
        return held + size_of(self.shape(*shapes)), count * (TURN + products)

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        shape = self.shape(*[value.shape for value in values])
        if shape[0] == 0:
            return k.zeros(shape, self.dtype(*[value.dtype for value in values]))
        return k.stack([
            self.operation.evaluate(
                k, *[v[at] if many else v for v, many in zip(values, self.by_row, strict=True)]
            )
            for at in range(shape[0])
        ])  # fmt: skip

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        by_row = RowByRow(self)
        return tuple([
            Multilinear(by_row, inputs, at) if node.dtype.kind == "f" else Zero(y.shape, node.shape)
            for at, node in enumerate(inputs)
        ])  # fmt: skip


class RowByRow(LinearComputation):
    """How the rows of a result move with one of its inputs: each by its own local Jacobian."""

    name = "row_by_row"
    of: EachRow

    def shape(self, *shapes: Shape) -> Shape:
        return self.of.shape(*shapes)

    def substitute(self, operands: tuple[Node, ...], position: int, tangent: Node) -> Node:
        batch = batch_of(tangent, operands[position].shape)
        moves = self.of.by_row[position]
        moved = self._through(apply, operands, position, tangent, batch, moves)
        return moved_axis(moved, 0, len(batch))

    def transposed(self, operands: tuple[Node, ...], position: int, cotangent: Node) -> Node:
        result = self.of.shape(*[node.shape for node in operands])
        batch = batch_of(cotangent, result)
        pulled = self._through(adjoint, operands, position, cotangent, batch, True)
        if self.of.by_row[position]:
            return moved_axis(pulled, 0, len(batch))
        return sum_(pulled, axis=0)

    def _through(
        self,
        verb: Callable[[LinearMap, Node], Node],
        operands: tuple[Node, ...],
        position: int,
        u: Node,
        batch: Shape,
        by_row: bool,
    ) -> Node:
        """A tangent or cotangent through the Jacobian of each row, the rows in front."""
        shapes = self.of.rows(*[node.shape for node in operands])
        dtypes = [node.dtype for node in operands]
        inputs = [variable(*pair) for pair in zip(shapes, dtypes, strict=True)]
        result = self.of.operation(*inputs)
        map_ = self.of.operation.jacobians(result, *inputs)[position]
        own = map_.input_shape if verb is apply else map_.output_shape
        moving = variable(batch + own, u.dtype)
        given = dict(zip(inputs, operands, strict=True))
        given[moving] = moved_axis(u, len(batch), 0) if by_row else u
        stacks = {node for node, many in zip(inputs, self.of.by_row, strict=True) if many}
        stacks |= {moving} if by_row else set()
        rows = {node: value for node, value in given.items() if node in stacks}
        shared = {node: value for node, value in given.items() if node not in stacks}
        return batched([verb(map_, moving)], rows, shared)[0]
