"""Checking by central differences: it finds what is wrong and forgives what is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chainrule.errors import DataProblem
from chainrule.graph.node import Node, fresh, variable
from chainrule.jacobians.kinds import Diagonal, LinearMap
from chainrule.ops.activation import relu, tanh
from chainrule.ops.choice import where
from chainrule.ops.contract import Elementwise
from chainrule.ops.elementary import exp, log, sin, sqrt
from chainrule.ops.losses import cross_entropy
from chainrule.ops.normalizing import Softmax
from chainrule.ops.reduction import sum_
from chainrule.run.gradient_check import check


class Crooked(Elementwise):
    """A square whose author forgot the two."""

    name = "crooked"

    def evaluate(self, k: Any, *values: Any) -> Any:
        return values[0] ** 2

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(inputs[0]),)


def test_a_wrong_derivative_is_found_and_placed() -> None:
    x = variable((2, 2))
    found = check(sum_(Crooked()(x)), x, {x: [[0, 1], [5, 2]]})
    assert found.largest_error == pytest.approx(5)
    assert found.where == (1, 0)
    vector = check(Crooked()(x), x, {x: [[0, 1], [5, 2]]})
    assert vector.where == (1, 0, 1, 0)
    assert not vector.relative_error < 0.1


def test_right_derivatives_pass_at_every_scale() -> None:
    x = variable((4,))
    found = check(exp(x / 3) * x, x, {x: [1e-9, 1e3, -20.0, 0.0]})
    assert found.relative_error < 1e-9
    assert found.skipped == 0
    assert found.evaluations <= 1 + 8 * 2


def test_an_intermediate_node_counts_as_an_input() -> None:
    o, t = variable((2,)), variable((2,))
    s = fresh(Softmax(), o)
    loss = cross_entropy(s, t)
    given = {o: np.array([22.0, 0.0]), t: np.array([0.0, 1.0])}
    for node in (o, s, t):  # one share is 2.8e-10, far below the usual step
        found = check(loss, node, given)
        assert found.relative_error < 1e-9
        assert found.skipped == 0
    assert check(s, o, given).largest_error < 1e-10
    given[s] = np.array([0.5, 0.5])
    assert check(loss, s, given).largest_error < 1e-9


def test_large_arrays_are_checked_along_random_directions() -> None:
    X, W = variable((50, 20)), variable((20, 10))
    random = np.random.default_rng(0)
    given = {node: random.normal(size=node.shape) for node in (X, W)}
    found = check(sum_(tanh(X @ W) ** 2), W, given)
    assert found.relative_error < 1e-8
    assert found.where is None
    assert found.method == "central differences along 16 random directions"
    assert found.evaluations < 50
    wrong = check(sum_(Crooked()(X @ W)), W, given)
    assert wrong.relative_error > 0.1
    many = check(tanh(X), X[0, 0], given)
    assert "random sums of the result" in many.method
    assert found == check(sum_(tanh(X @ W) ** 2), W, given)  # the directions are always the same


@pytest.mark.parametrize(
    ("at", "skipped"), [([0.0, 1.0], 1), ([1e-7, 1.0], 0), ([-3e-8, 1.0], 0), ([-1.0, 1.0], 0)]
)
def test_kinks_are_stepped_round_or_left_out(at: list[float], skipped: int) -> None:
    x = variable((2,))
    found = check(sum_(relu(x)), x, {x: at})
    assert found.skipped == skipped
    assert found.largest_error < 1e-6
    assert ("left out" in found.method) is bool(skipped)


def test_flat_points_are_no_kinks() -> None:
    x = variable((2,))
    assert check(sum_(x**2), x, {x: [0.0, 0.0]}).skipped == 0
    assert check(sum_(x**3 + 1), x, {x: [0.0, 0.0]}).skipped == 0


@pytest.mark.parametrize("at", [1.0, 1e-4, -5.0])
def test_jumps_are_left_out(at: float) -> None:
    x, y = variable(()), variable(())
    found = check(where(x > y, x + 1, x), x, {x: at, y: at})
    assert (found.skipped, found.largest_error) == (1, 0)


def test_edges_of_the_domain_are_left_out() -> None:
    x = variable((2,))
    found = check(sqrt(x), x, {x: [0.0, 4.0]})
    assert found.skipped == 1
    assert found.largest_error < 1e-9
    near = check(log(x), x, {x: [1e-12, 1.0]})
    assert near.skipped == 0
    assert near.relative_error < 1e-9


def test_single_precision() -> None:
    x = variable((3,), "float32")
    found = check(sum_(sin(x)), x, {x: [0.1, 1.0, 2.0]})
    assert found.largest_error < 1e-3


def test_no_dependence() -> None:
    x, y = variable((2,)), variable((2,))
    found = check(sum_(y), x, {x: [1, 2], y: [1, 2]})
    assert (found.largest_error, found.relative_error) == (0, 0)


def test_bad_requests() -> None:
    x = variable((2,))
    with pytest.raises(DataProblem, match="vary smoothly"):
        check(x > 0, x, {x: [1, 2]})
    with pytest.raises(DataProblem, match="was given"):
        check(x, x, {x: [1, 2, 3]})
    with pytest.raises(DataProblem, match="missing"):
        check(x + variable((2,)), x, {x: [1, 2]})
