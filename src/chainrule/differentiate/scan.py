"""Loops that are not unrolled: a step is written once, and the graph has one node for all of them.

>>> from chainrule.graph.node import variable
>>> from chainrule.ops.activation import tanh
>>> W, U, X, h0 = variable((4, 4)), variable((4, 3)), variable((1000, 3)), variable((4,))
>>> def step(carries, parts):
...     h = tanh(W @ carries[0] + U @ parts[0])
...     return [h], [h[0]]
>>> scan(step, [h0], [X])
([<index float64[4]>], [<index float64[1000]>])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate

from chainrule.differentiate.batched import batched, replaced
from chainrule.differentiate.hoisting import Body, above
from chainrule.differentiate.loops import loop, shifted
from chainrule.errors import DataProblem, ShapeError
from chainrule.graph.node import Input, Node, topological, variable
from chainrule.ops.broadcasting import reshape
from chainrule.ops.contract import show_shape
from chainrule.ops.indexing import take
from chainrule.ops.making import zeros
from chainrule.ops.shaping import concatenate

__all__ = ["Step", "scan"]

Step = Callable[[list[Node], list[Node]], tuple[Sequence[Node], Sequence[Node]]]


def scan(
    step: Step, init: Sequence[Node], xs: Sequence[Node] = (), length: int | None = None
) -> tuple[list[Node], list[Node]]:
    """`carries, outputs = step(carries, parts)` once for each entry of `xs`: a loop in one node.

    `parts` are the entries of `xs` along their first axis.  Returns the last carries, and the
    outputs of all steps, stacked.  Other nodes that the step reads are held.

    Raises:
        ShapeError: `xs` have no common length, or a carry changes its shape.
        DataProblem: a carry is no array of floating-point numbers, or changes its type.
    """
    count = _steps(xs, length)
    _check(init)
    carry, carries = _packed(init)
    parts = [variable(x.shape[1:], x.dtype) for x in xs]
    after, outputs = step(carries, parts)
    _check(init, after)
    held = _held([*after, *outputs], {carry, *parts})
    own = [variable(node.shape, node.dtype) for node in held]
    closed = replaced([*after, *outputs], dict(zip(held, own, strict=True)))
    after, outputs = closed[: len(init)], closed[len(init) :]
    if count == 0:
        return list(init), [zeros((0, *node.shape), node.dtype) for node in outputs]
    start = _joined(init)
    body = Body(carry, tuple(parts), tuple(own), _joined(after))
    trajectory = loop(body, start, (*xs, *held), count)
    stacks = _apart(trajectory, init)
    rows = dict(zip(after, stacks, strict=True))  # the carries are there, as often as they are read
    rows |= {carry: shifted(trajectory, start, False), **dict(zip(parts, xs, strict=True))}
    return [s[-1] for s in stacks], batched(outputs, rows, dict(zip(own, held, strict=True)))


def _steps(xs: Sequence[Node], length: int | None) -> int:
    """How many steps there are."""
    lengths = {x.shape[0] if x.shape else None for x in xs}
    if length is not None or not xs:
        lengths.add(length)
    count = lengths.pop()
    if lengths or count is None:
        shapes = ", ".join(show_shape(x.shape) for x in xs) or "nothing"
        raise ShapeError(f"a loop over {shapes} with length {length} has no one number of steps")
    return count


def _check(init: Sequence[Node], after: Sequence[Node] | None = None) -> None:
    """Refuse carries that are no floats, or not the same kind of array after a step."""
    for node in init:
        if node.dtype.kind != "f":
            raise DataProblem(f"a carry holds floating-point numbers, not {node.dtype}")
    if after is None:
        return
    if len(after) != len(init):
        raise DataProblem(f"a step is given {len(init)} carries and returns {len(after)}")
    for before, now in zip(init, after, strict=True):
        if now.shape != before.shape:
            found = f"{show_shape(before.shape)} before a step and {show_shape(now.shape)} after it"
            raise ShapeError(f"a carry keeps its shape, and this one is {found}")
        if now.dtype != before.dtype:
            found = f"{before.dtype} before a step and {now.dtype} after it"
            raise DataProblem(f"a carry keeps its type, and this one is {found}")


def _packed(init: Sequence[Node]) -> tuple[Node, list[Node]]:
    """A variable for the carry, and the carries that it holds: itself, or parts of a vector."""
    joined = _joined(init)
    carry = variable(joined.shape, joined.dtype)
    return carry, _apart(carry, init)


def _joined(carries: Sequence[Node]) -> Node:
    """One carry as it is, any other number of them as one vector."""
    if not carries:
        return zeros((0,))
    if len(carries) == 1:
        return carries[0]
    return concatenate(*[reshape(node, to=(node.size,)) for node in carries])


def _apart(joined: Node, like: Sequence[Node]) -> list[Node]:
    """The carries that are joined along the last axis; leading axes are kept."""
    if len(like) == 1:
        return [joined]
    lead = joined.shape[:-1]
    stops = accumulate(node.size for node in like)
    return [
        reshape(take(joined, (..., slice(stop - node.size, stop))), to=lead + node.shape)
        for node, stop in zip(like, stops, strict=True)
    ]


def _held(read: Sequence[Node], own: set[Node]) -> list[Node]:
    """The nodes from outside that a step reads; what it computes from written numbers stays in."""
    order = topological(read)
    moving = above(own, order)
    given = above({node for node in order if isinstance(node.operation, Input)}, order)
    reads = [lower for node in order if node in moving for lower in node.inputs]
    return [node for node in dict.fromkeys([*reads, *read]) if node in given - moving]
