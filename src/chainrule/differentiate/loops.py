"""The operation behind `scan`: a loop as one node, and its Jacobian, two loops more.

The step f is a graph of its own, the body; the node's value is the trajectory c_1 … c_T of
c_t = f(c_{t-1}, x_t, h), and the graph has the same size whatever T is.  What does not depend on
the carry c is not looped over: `batched` computes it for all steps at once.

With A_t = ∂f/∂c, and dr_t what f moves by with all but c, tangents and cotangents obey

    dc_t = A_t dc_{t-1} + dr_t          m_t = A_tᵀ (u_t + m_{t+1}),

a linear loop over the stored trajectory in the same direction, and one in the opposite.  They are
loops like the first, so that a derivative of any order is one, and takes time linear in T.
Because they are found by differentiating the body, this operation lives here and not in `ops`.
Source: A. Griewank, A. Walther, Evaluating Derivatives, 2nd ed., 2008, ch. 3 and 13.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from chainrule.differentiate.batched import batched, replaced
from chainrule.differentiate.hoisting import Body, hoisted
from chainrule.differentiate.maps import adjoint, apply, batch_of
from chainrule.differentiate.rows import RULES, Rows, moved_axis
from chainrule.differentiate.walk import Paths, adjoints, tangents
from chainrule.errors import ShapeError
from chainrule.graph.node import Computation, Kernels, Node, Shape, topological, variable
from chainrule.jacobians.kinds import Block, LinearComputation, LinearMap, Multilinear, Zero
from chainrule.ops.broadcasting import broadcast, reshape
from chainrule.ops.contract import TURN, Composite, Operation, body_cost, lower_nodes, show_shape
from chainrule.ops.making import zeros
from chainrule.ops.shaping import concatenate

__all__ = ["Scan", "loop", "shifted"]

Instruction = tuple[Computation, tuple[int, ...], int]


class Scan(Operation):
    """c_t = f(c_{t-1}, x_t, h) for t = 1 … T, or for t = T … 1: the trajectory c_1 … c_T.

    Its inputs are the first carry, what the steps read, stacked, and what is held.
    """

    name = "scan"
    derivatives = ("the loop of the body's derivative",)
    sentence = "A change in one step is multiplied by the derivative of every later step."
    body: Body
    length: int
    backwards: bool = False

    def settings(self, inputs: tuple[Node, ...]) -> list[tuple[str, Any]]:
        """A body is a graph and has no text: what is printed is short, and does not parse back."""
        return [("length", self.length)] + [("backwards", True)] * self.backwards

    def shape(self, *shapes: Shape) -> Shape:
        body, length = self.body, self.length
        stacks = [(length, *node.shape) for node in body.steps]
        wanted = [body.carry.shape, *stacks, *[node.shape for node in body.held]]
        if list(shapes) != wanted:
            found, needed = [", ".join(map(show_shape, each)) for each in (shapes, wanted)]
            raise ShapeError(f"this loop reads {needed}, not {found}")
        return (length, *body.carry.shape)

    def dtype(self, *dtypes: np.dtype[Any]) -> np.dtype[Any]:
        super().dtype(*dtypes)  # two precisions do not mix here, either
        return dtypes[0]

    def cost(self, *shapes: Shape) -> tuple[int, int]:
        """The body's, once for each step; one step at a time is held."""
        given = {self.body.carry, *self.body.steps, *self.body.held}
        held, products = body_cost(self.body.result, given)
        turns = 1 + len(self.instructions[1])
        return held, self.length * (TURN * turns + products)

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        first, last = 1, 1 + len(self.body.steps)
        once, each, result, count = self.instructions
        ready = [None] * count
        ready[last : len(values)] = values[last:]
        _follow(once, ready, k)

        def step(carry: Any, parts: Sequence[Any]) -> Any:
            slots = ready.copy()
            slots[:last] = carry, *parts
            _follow(each, slots, k)
            return slots[result]

        return k.scan(step, values[0], values[first:last], self.length, self.backwards)

    @cached_property
    def instructions(self) -> tuple[list[Instruction], list[Instruction], int, int]:
        """The body laid out: what to compute once, and in each step; the result's slot; the slots.

        The first slots are the carry's, the steps' and those of what is held.
        """
        body = self.body
        given = [body.carry, *body.steps, *body.held]
        place = {node: at for at, node in enumerate(given)}
        moving = {body.carry, *body.steps}
        once: list[Instruction] = []
        each: list[Instruction] = []
        order = topological([body.result], lambda node: () if node in place else lower_nodes(node))
        for node in [node for node in order if node not in place]:
            lower = lower_nodes(node)
            if any(one in moving for one in lower):
                moving.add(node)
            sources = tuple([place[one] for one in lower])
            if isinstance(node.operation, Composite):  # it is its body
                (place[node],) = sources
            else:
                place[node] = len(given) + len(once) + len(each)
                (each if node in moving else once).append((node.operation, sources, place[node]))
        return once, each, place[body.result], len(given) + len(once) + len(each)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        movement = Movement(self)
        return tuple([
            Multilinear(movement, (y, *inputs), at)
            if node.dtype.kind == "f"
            else Zero(y.shape, node.shape)
            for at, node in enumerate(inputs, start=1)
        ])  # fmt: skip


def _follow(instructions: list[Instruction], slots: list[Any], k: Kernels) -> None:
    for operation, sources, at in instructions:
        slots[at] = operation.evaluate(k, *[slots[source] for source in sources])


class Movement(LinearComputation):
    """How a trajectory moves with one of the loop's inputs.

    Its operands are the trajectory and the loop's inputs; a map is of one of the latter.
    """

    name = "scan_movement"
    of: Scan

    def shape(self, *shapes: Shape) -> Shape:
        return shapes[0]

    def substitute(self, operands: tuple[Node, ...], position: int, tangent: Node) -> Node:
        """dc_t = A_t dc_{t-1} + dr_t, from the tangent of the first carry; or from dc_1 = dr_1."""
        scan, batch = self.of, batch_of(tangent, operands[position].shape)
        body, known = tangent_body(scan.body, batch), self._known(operands)
        if position == 1:
            dr = zeros((scan.length, *tangent.shape), tangent.dtype)
            moved = loop(body, tangent, (dr, *known), scan.length, scan.backwards)
        else:
            dr = moved_axis(self._of_all_steps(apply, operands, position, tangent), len(batch), 0)
            (start, *_), rest = self._parted(body, (dr, *known))
            later = loop(body, start, rest, scan.length - 1, scan.backwards)
            moved = _joined(start, later, in_front=not scan.backwards)
        return moved_axis(moved, 0, len(batch))

    def transposed(self, operands: tuple[Node, ...], position: int, cotangent: Node) -> Node:
        """m_t = A_tᵀ (u_t + m_{t+1}) in the other direction; u_t + m_{t+1} is what step t gets."""
        scan, batch = self.of, batch_of(cotangent, operands[0].shape)
        body, known = cotangent_body(scan.body, batch), self._known(operands)
        u = moved_axis(cotangent, len(batch), 0)
        _, rest = self._parted(body, (u, *known))
        nothing = zeros(body.carry.shape, body.carry.dtype)
        back = loop(body, nothing, rest, scan.length - 1, not scan.backwards)
        total = u + _joined(nothing, back, in_front=scan.backwards)
        if position == 1:
            first, _ = self._parted(body, (total, *known))
            read = zip((body.carry, *body.steps, *body.held), (nothing, *first), strict=True)
            return replaced([body.result], dict(read))[0]
        return self._of_all_steps(adjoint, operands, position, moved_axis(total, 0, len(batch)))

    def _parted(
        self, body: Body, given: tuple[Node, ...]
    ) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
        """What the first step reads, and what the later ones do.

        A_1 matters only where the first carry moves; elsewhere it may be infinite.
        """
        stacks, held = given[: len(body.steps)], given[len(body.steps) :]
        first, later = (-1, slice(-1)) if self.of.backwards else (0, slice(1, None))
        return (*[x[first] for x in stacks], *held), (*[x[later] for x in stacks], *held)

    def _known(self, operands: tuple[Node, ...]) -> tuple[Node, ...]:
        """The carry before and after each step, and the loop's other inputs."""
        trajectory, init, *rest = operands
        return shifted(trajectory, init, self.of.backwards), trajectory, *rest

    def _of_all_steps(
        self,
        verb: Callable[[LinearMap, Node], Node],
        operands: tuple[Node, ...],
        position: int,
        u: Node,
    ) -> Node:
        """A tangent or cotangent through all steps at once, as if each carry were given."""
        before, after, *rest = self._known(operands)
        result, variables = stacked(self.of.body, self.of.length)
        wrt = variables[position - 1]
        found = result in Paths(result, (wrt,)).edges
        map_ = Block(result, wrt) if found else Zero(result.shape, wrt.shape)
        moving = variable(u.shape, u.dtype)
        read = zip((*variables, result, moving), (before, *rest, after, u), strict=True)
        return replaced([verb(map_, moving)], dict(read))[0]


def shifted(trajectory: Node, init: Node, backwards: bool) -> Node:
    """What stood before each entry of a trajectory; before the first one `init`."""
    rest = trajectory[1:] if backwards else trajectory[:-1]
    return _joined(init, rest, in_front=not backwards)


def _joined(one: Node, others: Node, in_front: bool) -> Node:
    """One more entry, in front of the others or behind them."""
    first = reshape(one, to=(1, *one.shape))
    return concatenate(first, others) if in_front else concatenate(others, first)


def stacked(body: Body, length: int) -> tuple[Node, tuple[Node, ...]]:
    """All steps at once, over stacks of the carries before each step and of what steps read."""
    rows = {node: _stack_of(node, length) for node in (body.carry, *body.steps)}
    (result,) = batched([body.result], rows)
    return result, (*rows.values(), *body.held)


@lru_cache(maxsize=128)  # so that the loops back to all inputs of one scan are one
def tangent_body(body: Body, batch: Shape) -> Body:
    """dc = A dc_before + dr; its steps read dr, the carry before and after, and what `body` reads.

    The carry after the step is known, and need not be computed again.
    """
    dc, dr, after = _moving(body, batch)
    pushed = tangents([body.result], {body.carry: dc}).get(body.result)
    total = dr if pushed is None else pushed + dr
    return _around(body, dc, dr, after, total)


@lru_cache(maxsize=128)
def cotangent_body(body: Body, batch: Shape) -> Body:
    """m = Aᵀ (u + m_after); its steps read u, the carry before and after, and what `body` reads."""
    m, u, after = _moving(body, batch)
    pulled = adjoints(body.result, [body.carry], u + m).get(body.carry)
    total = zeros(m.shape, m.dtype) if pulled is None else pulled
    return _around(body, m, u, after, total)


def _moving(body: Body, batch: Shape) -> tuple[Node, Node, Node]:
    """Variables for two tangents or cotangents of the carry, and for the carry after the step."""
    carry = body.carry
    shapes = batch + carry.shape, batch + carry.shape, carry.shape
    first, second, after = [variable(shape, carry.dtype) for shape in shapes]
    return first, second, after


def _around(body: Body, carry: Node, entering: Node, after: Node, total: Node) -> Body:
    """The body of a derivative's loop."""
    (result,) = replaced([total], {body.result: after})
    return Body(carry, (entering, body.carry, after, *body.steps), body.held, result)


def loop(
    body: Body, init: Node, given: Sequence[Node], length: int, backwards: bool = False
) -> Node:
    """The trajectory of a body, with all that the carry does not matter for taken out of the loop.

    `given` is what the steps read, stacked, and then what is held.
    """
    if length == 0:
        return zeros((0, *init.shape), init.dtype)
    inner = hoisted(body)
    stacks = dict(zip(body.steps, given, strict=False))
    held = dict(zip(body.held, given[len(body.steps) :], strict=True))
    if stacks:
        ahead = batched(inner.steps, stacks, held)
    else:
        ahead = [broadcast(node, to=(length, *node.shape)) for node in replaced(inner.steps, held)]
    if inner.body is None:
        return ahead[0]
    return Scan(inner.body, length, backwards)(init, *ahead, *replaced(inner.held, held))


def _over_rows(node: Node, rows: Rows) -> Node:
    """A loop for each row of a batch is one loop, with a step for all rows."""
    scan: Any = node.operation
    body, length = scan.body, scan.length
    count = 1 + len(body.steps)
    old = (body.carry, *body.steps, *body.held)
    given = [
        moved_axis(stack, 0, int(0 < at < count)) if many else stack
        for at, (stack, many) in enumerate(zip(rows.inputs, rows.by_row, strict=True))
    ]
    if not rows.by_row[0]:
        given[0] = broadcast(given[0], to=(rows.count, *given[0].shape))
    by_row = (True, *rows.by_row[1:])
    new = [_stack_of(n, rows.count) if many else n for n, many in zip(old, by_row, strict=True)]
    stacks = {n: stack for n, stack, many in zip(old, new, by_row, strict=True) if many}
    (result,) = batched([body.result], stacks)
    wide = Body(new[0], tuple(new[1:count]), tuple(new[count:]), result)
    return moved_axis(loop(wide, given[0], given[1:], length, scan.backwards), 1, 0)


def _stack_of(node: Node, count: int) -> Node:
    return variable((count, *node.shape), node.dtype)


RULES[Scan] = _over_rows
