"""Gradients of loops: those of the unrolled graph, of any order, of each row of a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.differentiate.looped import looped, network, unrolled

from chainrule.differentiate.batched import EachRow, batched
from chainrule.differentiate.loops import Scan
from chainrule.differentiate.scan import scan
from chainrule.differentiate.walk import adjoints, gradient, tangents
from chainrule.graph.node import Kernels, Node, Shape, constant, topological, variable
from chainrule.jacobians.kinds import Diagonal, LinearMap
from chainrule.ops.activation import tanh
from chainrule.ops.contract import Elementwise
from chainrule.ops.elementary import exp, sin, sqrt
from chainrule.ops.indexing import gather
from chainrule.ops.reduction import sum_
from chainrule.ops.transposition import transpose
from chainrule.run.gradient_check import check
from chainrule.run.interpreter import evaluate_all


def same_slopes(function: Callable[..., Node], *shapes: Shape) -> None:
    """`function(way, *inputs)` has the same gradients looped and unrolled."""
    inputs = [variable(shape) for shape in shapes]
    random = np.random.default_rng(8)
    given = {node: random.uniform(0.2, 1, node.shape) for node in inputs}
    found, wanted = [
        [gradient(sum_(sin(function(way, *inputs))), node) for node in inputs]
        for way in (looped, unrolled)
    ]
    values = evaluate_all([*found, *wanted], given)
    for one, other in zip(values[: len(inputs)], values[len(inputs) :], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-13)


def test_inputs_of_a_loop_may_depend_on_each_other() -> None:
    def entangled(way: Callable[..., Node], x: Node) -> Node:
        total = sum_(x)
        return way(lambda c, p: sin(c * p) + total * c + x[0] * exp(total), x[1], x)

    same_slopes(entangled, (4,))


def test_a_node_on_the_way_has_its_gradient() -> None:
    x, v = variable((3,)), variable(())
    held = exp(v)
    loss = sum_(looped(lambda c, p: held * sin(c) + p, constant(1.0), x))
    given = {x: np.array([0.1, 0.2, 0.3]), v: np.array(0.3)}
    by_held, by_v = evaluate_all([gradient(loss, held), gradient(loss, v)], given)
    assert by_v == pytest.approx(by_held * np.exp(0.3))
    assert by_held != 0


def test_first_carries_that_are_no_inputs() -> None:
    same_slopes(lambda way, x, c: way(lambda c, p: c * p + sin(c), exp(c) * x[0], x), (3, 2), (2,))


def test_words_are_looked_up_in_a_table() -> None:
    table, words = variable((6, 3)), variable((4,), np.int64)

    def step(carries: list[Node], parts: list[Node]) -> tuple[list[Node], list[Node]]:
        return [tanh(carries[0] + gather(transpose(table), parts[0], 1))], []

    (last,), _ = scan(step, [table[0]], [words])
    random = np.random.default_rng(3)
    given = {table: random.normal(size=(6, 3)), words: np.array([5, 1, 1, 2])}
    at, slope = evaluate_all([last, gradient(sum_(last), table)], given)
    h = given[table][0]
    for word in given[words]:
        h = np.tanh(h + given[table][word])
    np.testing.assert_allclose(at, h, rtol=1e-14)
    assert check(sum_(last), table, given).relative_error < 1e-8
    assert not slope[3:5].any()
    assert slope[1].all()


def test_third_order() -> None:
    """The product of n equal factors x has the derivatives of x^n."""
    x = variable(())
    ones = constant(np.ones(6))
    (y,), _ = scan(lambda c, p: ([c[0] * x * p[0]], []), [constant(1.0)], [ones])
    slopes = [y]
    for _ in range(3):
        slopes.append(gradient(slopes[-1], x))
    found = evaluate_all(slopes, {x: np.array(1.5)})
    np.testing.assert_allclose(found, [1.5**6, 6 * 1.5**5, 30 * 1.5**4, 120 * 1.5**3], rtol=1e-13)


def test_an_infinite_slope_at_a_fixed_start_is_not_met() -> None:
    """The first carry does not move, so it does not matter that the root's slope at 0 is infinite.

    The reverse walk asks only for the slope that is wanted, too.
    """
    x, start = variable((3,)), constant(0.0)
    y = looped(lambda c, p: sqrt(c) + p, start, x)
    given = {x: np.array([1.0, 2.0, 3.0])}
    forward = tangents([y], {x: constant([1.0, 0.0, 0.0])})[y]
    pushed, pulled = evaluate_all([forward, gradient(y[2], x)], given)
    again = sum_(gradient(y[2], x) ** 2)
    assert check(again, x, given).relative_error < 1e-8
    b = 0.5 / np.sqrt(1.0)
    c = 0.5 / np.sqrt(3.0)
    np.testing.assert_allclose(pushed, [1, b, b * c], rtol=1e-14)
    np.testing.assert_allclose(pulled, [b * c, c, 1], rtol=1e-14)


def test_a_loop_for_each_row_of_a_batch_is_one_loop() -> None:
    """The gradient of each example of a recurrent network, and of a batch of first carries."""
    W, U, h, x = variable((3, 3)), variable((3, 2)), variable((3,)), variable((4, 2))
    loss = sum_(network(W, U, h, x) ** 2)
    slopes = adjoints(loss, (W, U, h))
    wanted = [slopes[node] for node in (W, U, h)]
    random = np.random.default_rng(6)
    given = {node: random.normal(size=node.shape) for node in (W, U, h, x)}
    for rows in ([x], [h], [W], [x, h], [W, U, h, x]):
        stacks = {node: variable((5, *node.shape)) for node in rows}
        many = {node: random.normal(size=(5, *node.shape)) for node in rows}
        outputs = batched(wanted, stacks)
        below = [node.operation for node in topological(outputs)]
        assert not any(isinstance(each, EachRow) for each in below)
        assert sum(isinstance(each, Scan) for each in below) == 2
        together = evaluate_all(outputs, given | {stacks[n]: many[n] for n in rows})
        for at in range(5):
            alone = evaluate_all(wanted, given | {node: many[node][at] for node in rows})
            for found, one in zip(together, alone, strict=True):
                np.testing.assert_allclose(found[at], one, rtol=1e-10, atol=1e-12)


class Unknown(Elementwise):
    """e^-x, of which it is not said that it acts on stacks."""

    name = "unknown"
    stacks = False
    derivatives = ("-y",)
    sentence = "A test."

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.exp(-values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(-y),)


def test_unknown_operations_do_not_unroll_the_loop() -> None:
    sizes = []
    for length in (3, 300):
        x = variable((length, 2))
        y = looped(lambda c, p: c * p + Unknown()(c), x[0], x)
        sizes.append(len(topological([gradient(sum_(y), x)])))
    assert sizes[0] == sizes[1]
    same_slopes(lambda way, x: way(lambda c, p: c * p + Unknown()(c), x[0], x), (4, 2))
