"""Reverse and forward walks: every adjoint kept, higher orders, deep graphs, interning."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from chainrule.differentiate.compose import multiplied_out
from chainrule.differentiate.jacobian import jacobian
from chainrule.differentiate.walk import Paths, adjoints, gradient, named_adjoints, tangents
from chainrule.graph.named import Graph
from chainrule.graph.node import Node, constant, fresh, variable
from chainrule.jacobians.kinds import Diagonal
from chainrule.ops.activation import sigmoid, tanh
from chainrule.ops.elementary import exp, log, sin
from chainrule.ops.losses import cross_entropy
from chainrule.ops.normalizing import softmax
from chainrule.ops.reduction import sum_
from chainrule.run.interpreter import Plan, evaluate, evaluate_all

DEEP = 10_000


def test_every_node_has_its_adjoint() -> None:
    x, t = variable((3,)), variable((3,))
    o = sin(x)
    s = softmax(o)
    loss = cross_entropy(s, t)
    found = adjoints(loss)
    assert {x, o, s, loss, t} <= set(found)
    assert all(adjoint.shape == node.shape for node, adjoint in found.items())
    given = {x: np.array([0.1, 0.2, 0.3]), t: np.array([0, 1, 0])}
    by_s, by_o, shares = evaluate_all([found[s], found[o], s], given)
    np.testing.assert_allclose(by_s, [0, -1 / shares[1], 0])
    np.testing.assert_allclose(by_o, shares - np.array([0, 1, 0]))
    assert evaluate(found[loss]) == 1


def test_adjoints_of_names() -> None:
    x = variable(())
    y = x**2
    graph = Graph({"x": x, "y": y, "z": variable(())})
    found = named_adjoints(graph, "y")
    assert set(found) == {"∂y/∂x", "∂y/∂y"}
    assert evaluate(found["∂y/∂x"], {x: 3.0}) == 6


def test_a_gradient_reads_as_one_writes_it() -> None:
    X, W, t = variable((4, 3)), variable((3, 2)), variable((4, 2))
    d = X @ W - t
    slope = gradient(sum_(d**2), W)
    assert slope.operation.name == "matmul"
    assert slope.inputs[0].operation.name == "transpose"
    assert slope.inputs[0].inputs == (X,)
    assert slope.inputs[1] is 2 * d


def test_a_stack_of_products_has_products_as_adjoints() -> None:
    a, b = variable((5, 2, 3)), variable((5, 3, 4))
    found = adjoints(sum_(sin(a @ b)))
    assert found[a].operation.name == found[b].operation.name == "matmul"


def test_nothing_below_the_one_node_asked_for_is_differentiated() -> None:
    x = variable((2,))
    s = fresh(softmax(x).operation, x)
    assert Paths(exp(s), (s,)).order == [s, exp(s)]
    assert x not in Paths(exp(s), (s,)).edges


def test_no_dependence_is_zero() -> None:
    x, y = variable((2,)), variable((3,))
    assert evaluate(gradient(sum_(y), x)).tolist() == [0, 0]
    assert sum_(y) not in tangents([sum_(y)], {x: constant([1.0, 1.0])})


def test_a_nodes_own_derivative() -> None:
    x = variable(())
    assert evaluate(gradient(x, x)) == 1
    assert evaluate(multiplied_out(jacobian(x, x))) == 1


def test_batches_of_seeds() -> None:
    x, W = variable((3,)), variable((3, 2))
    y = tanh(x @ W)
    rows = adjoints(y, (x,), constant(np.eye(2)))[x]
    columns = tangents([y], {x: constant(np.eye(3))})[y]
    given = {x: np.array([0.1, 0.2, 0.3]), W: np.arange(6.0).reshape(3, 2)}
    by_rows, by_columns = evaluate_all([rows, columns], given)
    np.testing.assert_allclose(by_rows, by_columns.T)


def test_two_names_for_one_expression_have_two_derivatives() -> None:
    x = variable(())
    a, b = fresh((2 * x).operation, *(2 * x).inputs), fresh((2 * x).operation, *(2 * x).inputs)
    y = a * b
    found = adjoints(y)
    assert a is not b
    assert found[a] is b
    assert found[b] is a
    assert evaluate(found[x], {x: 3.0}) == 24


@pytest.mark.parametrize(
    ("build", "wanted"),
    [
        (lambda x: x**5, lambda x: 60 * x**2),
        (sin, lambda x: -np.cos(x)),
        (exp, np.exp),
        (log, lambda x: 2 / x**3),
        (tanh, lambda x: -2 + 8 * np.tanh(x) ** 2 - 6 * np.tanh(x) ** 4),
        (lambda x: 1 / x, lambda x: -6 / x**4),
        (lambda x: x**x, None),
        (sigmoid, None),
    ],
)
def test_third_derivatives(build: type, wanted: type | None) -> None:
    x = variable(())
    node: Node = build(x)
    orders = [node]
    for _ in range(3):
        orders.append(gradient(orders[-1], x))
    *_, second, third = (Plan([order], [x]) for order in orders)
    at, step = 0.7, 1e-5
    found = third(np.array(at))[0]
    if wanted is not None:
        np.testing.assert_allclose(found, wanted(at), rtol=1e-12)
    slope = (second(np.array(at + step))[0] - second(np.array(at - step))[0]) / (2 * step)
    np.testing.assert_allclose(found, slope, rtol=1e-7)


def test_a_hessian_by_repetition() -> None:
    x = variable((3,))
    f = sum_(sin(x) * exp(x)) * sum_(x**2)
    hessian = evaluate(multiplied_out(jacobian(gradient(f, x), x)), {x: [0.3, -0.2, 0.5]})
    np.testing.assert_allclose(hessian, hessian.T, rtol=1e-12)
    g = Plan([gradient(f, x)], [x])
    step = 1e-6 * np.eye(3)
    at = np.array([0.3, -0.2, 0.5])
    wanted = [(g(at + s)[0] - g(at - s)[0]) / 2e-6 for s in step]
    np.testing.assert_allclose(hessian, wanted, atol=1e-8)


@pytest.mark.parametrize("named", [False, True])
def test_deep_chains_need_no_recursion(named: bool) -> None:
    x = y = variable((2,))
    for _ in range(DEEP):
        y = sin(y)
        if named:
            y = fresh(y.operation, *y.inputs)
    at = np.array([0.5, 1.0])
    map_ = jacobian(y, x)
    assert isinstance(map_, Diagonal)
    reverse = adjoints(sum_(y))[x]
    forward = tangents([y], {x: constant([1.0, 1.0])})[y]
    found = evaluate_all([map_.entries, reverse, forward, y], {x: at})
    value, slope = at, np.ones(2)
    for _ in range(DEEP):
        slope, value = slope * np.cos(value), np.sin(value)
    np.testing.assert_allclose(found[3], value)
    for each in found[:3]:
        np.testing.assert_allclose(each, slope, rtol=1e-9)
    assert len(repr(map_)) < 100
    hash(map_)
    del reverse, forward, map_, y
    gc.collect()


def test_deep_graphs_with_many_paths_need_no_recursion() -> None:
    x = a = b = variable(())
    for _ in range(DEEP):
        a, b = sin(a) + b, 0.5 * b
    slope = gradient(a, x)
    assert np.isfinite(evaluate(slope, {x: 0.3}))


def test_shared_nodes_vanish_with_their_last_user() -> None:
    x = variable((2,))
    before = len(_all_nodes())
    nodes = [exp(sin(x) + i) for i in range(50)]
    assert exp(sin(x) + 7) is nodes[7]
    grown = len(_all_nodes())
    assert grown >= before + 100
    nodes.clear()
    gc.collect()
    assert len(_all_nodes()) <= before + 5


def _all_nodes() -> list[object]:
    return [thing for thing in gc.get_objects() if type(thing) is Node]


def test_collection_in_the_middle_changes_nothing() -> None:
    x, t = variable((3,)), variable((3,))
    loss = cross_entropy(softmax(sin(x)), t)
    given = {x: [0.1, 0.2, 0.3], t: [0.2, 0.3, 0.5]}
    wanted = evaluate(gradient(loss, x), given)
    old = gc.get_threshold()
    gc.set_threshold(1)
    try:
        slope = gradient(loss, x)
        maps = jacobian(softmax(sin(x)), x)
        gc.collect()
        found, _ = evaluate_all([slope, multiplied_out(maps)], given)
    finally:
        gc.set_threshold(*old)
    np.testing.assert_array_equal(found, wanted)
