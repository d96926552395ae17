"""Programs with a loop in one node, and the same in NumPy or step by step in the graph."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from tests.ops.row import Row

from chainrule.differentiate.scan import scan
from chainrule.graph.node import Array, Node, Shape, constant
from chainrule.ops.activation import tanh
from chainrule.ops.choice import where
from chainrule.ops.elementary import exp, sin
from chainrule.ops.indexing import gather
from chainrule.ops.normalizing import log_softmax, softmax
from chainrule.ops.reduction import max_, sum_
from chainrule.ops.shaping import concatenate, stack


def looped(function: Callable[[Node, Node], Node], init: Node, x: Node) -> Node:
    """The trajectory of one carry and one array that is read step by step."""
    _, (found,) = scan(lambda c, p: ([(h := function(c[0], p[0]))], [h]), [init], [x])
    return found


def np_looped(function: Callable[[Array, Array], Array], init: Array, x: Array) -> Array:
    found = []
    for entries in x:
        init = function(init, entries)
        found.append(init)
    return np.array(found)


def network(W: Node, U: Node, h: Node, x: Node) -> Node:
    return looped(lambda h, x: tanh(W @ h + U @ x), h, x)


def np_network(W: Array, U: Array, h: Array, x: Array) -> Array:
    return np_looped(lambda h, x: np.tanh(W @ h + U @ x), h, x)


def oscillator(state: Node, push: Node) -> Node:
    """Two carries of different shapes, of which only the last values are returned."""

    def step(carries: list[Node], parts: list[Node]) -> tuple[list[Node], list[Node]]:
        place, speed = carries
        speed = 0.9 * speed - 0.3 * sin(sum_(place)) + parts[0]
        return [place + 0.1 * speed, speed], []

    (place, speed), _ = scan(step, [state, state[0]], [push])
    return concatenate(place, speed)


def np_oscillator(state: Array, push: Array) -> Array:
    place, speed = state, state[0]
    for entry in push:
        speed = 0.9 * speed - 0.3 * np.sin(place.sum()) + entry
        place = place + 0.1 * speed
    return np.append(place, speed)


def swapped(a: Node, b: Node) -> Node:
    """Carries that change places; the outputs read them before the step."""
    _, outputs = scan(lambda c, p: ([c[1], c[0] + c[1]], [c[0] * c[1]]), [a, b], length=4)
    return outputs[0]


def np_swapped(a: Array, b: Array) -> Array:
    found = []
    for _ in range(4):
        found.append(a * b)
        a, b = b, a + b
    return np.array(found)


def nested(init: Node, x: Node) -> Node:
    """A loop in each step of a loop."""

    def outer(carries: list[Node], parts: list[Node]) -> tuple[list[Node], list[Node]]:
        inner = looped(lambda c, p: sin(c) * p, carries[0], parts[0])
        return [inner[-1]], [sum_(inner)]

    _, (sums,) = scan(outer, [init], [x])
    return sums


def np_nested(init: Array, x: Array) -> Array:
    found = []
    for row in x:
        inner = np_looped(lambda c, p: np.sin(c) * p, init, row)
        init = inner[-1]
        found.append(inner.sum())
    return np.array(found)


def attention(query: Node, keys: Node) -> Node:
    """Whole-array operations, a maximum and positions in the body."""

    def one(q: Node, k: Node) -> Node:
        scores = softmax(q * k) + log_softmax(k)
        largest = max_(q * k)
        return where(q > 0, scores, largest + 0 * q) + gather(q, constant([2, 0, 0], np.int64), 1)

    return looped(one, query, keys)


def independent(c: Node, x: Node) -> Node:
    """A step that forgets the carry: no loop is left."""
    return looped(lambda c, x: exp(x), c, x) * c


MANY: tuple[tuple[Shape, ...], ...] = (((3,), (4, 3)), ((2,), (1, 2)), ((), (3,)), ((2,), (0, 2)))
ROWS = (
    Row(
        "linear recurrence",
        lambda c, x: looped(lambda c, x: x * c + x, c, x),
        MANY,
        lambda c, x: np_looped(lambda c, x: x * c + x, c, x).reshape(x.shape),
    ),
    Row(
        "cumulative product",
        lambda c, x: looped(lambda c, x: c * x, c, x),
        MANY,
        lambda c, x: c * np.cumprod(x, axis=0),
    ),
    Row("network", network, (((3, 3), (3, 2), (3,), (4, 2)),), np_network),
    Row("two carries", oscillator, (((2,), (5,)), ((2,), (0,))), np_oscillator),
    Row("carries change places", swapped, (((), ()), ((2,), (2,))), np_swapped),
    Row("loop in a loop", nested, (((), (2, 3)),), np_nested),
    Row("whole arrays", attention, (((3,), (3, 3)),), None),
    Row("no carry", independent, (((2,), (3, 2)),), lambda c, x: np.exp(x) * c),
)
CASES = [(row, shapes) for row in ROWS for shapes in row.shapes]


def unrolled(function: Callable[[Node, Node], Node], init: Node, x: Node) -> Node:
    """The same trajectory, step by step in the graph."""
    found = []
    for at in range(x.shape[0]):
        init = function(init, x[at])
        found.append(init)
    return stack(*found)
