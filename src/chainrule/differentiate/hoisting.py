"""The body of a loop, and what of it need not be in the loop.

>>> from chainrule.graph.node import variable
>>> c, x, W = variable((3,)), variable((3,)), variable((3, 3))
>>> parts = hoisted(Body(c, (x,), (W,), c * (W @ x)))
>>> parts.body.result, parts.steps  # W x does not vary with the carry c
(<multiply float64[3]>, (<matmul float64[3]>,))
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from chainrule.differentiate.batched import replaced
from chainrule.graph.node import Node, topological, variable
from chainrule.graph.record import Record

__all__ = ["Body", "Hoisted", "above", "hoisted"]


class Body(Record):
    """One step of a loop: `result`, the next carry, over variables for all that it reads."""

    carry: Node
    steps: tuple[Node, ...]  # another value in every step
    held: tuple[Node, ...]  # the same in all steps
    result: Node


class Hoisted(Record):
    """What a body comes down to when all that the carry does not matter for is taken out of it."""

    body: Body | None  # none if the result does not vary with the carry
    steps: tuple[
        Node, ...
    ]  # what its steps read, and what it holds, over the first body's variables
    held: tuple[Node, ...]


@lru_cache(maxsize=128)
def hoisted(body: Body) -> Hoisted:
    """The body without what does not vary with the carry.

    That is computed for all steps at once, which is fast, and kept for all of them.
    """
    given = {body.carry, *body.steps, *body.held}
    order = topological([body.result], lambda node: () if node in given else node.inputs)
    looped = above({body.carry}, order)
    if body.result not in looped:
        return Hoisted(None, (body.result,), ())
    read = [node for one in order if one in looped - given for node in one.inputs]
    outside = [node for node in dict.fromkeys(read) if node not in looped]
    by_step, fixed = above(set(body.steps), order), above(set(body.held), order)
    steps = tuple([node for node in outside if node in by_step])
    held = tuple([node for node in outside if node in fixed - by_step])
    own = {node: variable(node.shape, node.dtype) for node in (*steps, *held)}
    (result,) = replaced([body.result], own)
    new_steps, new_held = [tuple([own[node] for node in nodes]) for nodes in (steps, held)]
    return Hoisted(Body(body.carry, new_steps, new_held, result), steps, held)


def above(nodes: set[Node], order: Iterable[Node]) -> set[Node]:
    """These nodes, and all in the order that depend on them."""
    found = set(nodes)
    for node in order:
        if any(lower in found for lower in node.inputs):
            found.add(node)
    return found
