"""Composed Jacobians keep their structure, in the cheapest order."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from chainrule.differentiate.compose import (
    LONGEST_CHAIN,
    Split,
    add,
    as_diagonal,
    cheapest_order,
    compose,
    multiplied_out,
    work,
)
from chainrule.differentiate.jacobian import cuts, jacobian
from chainrule.differentiate.maps import matrix
from chainrule.differentiate.walk import Paths
from chainrule.graph.node import Node, fresh, variable
from chainrule.jacobians.kinds import (
    Block,
    Dense,
    Diagonal,
    DiagonalMinusOuter,
    Identity,
    LinearMap,
    Mask,
    Multilinear,
    Product,
    Reshape,
    Sum,
    Zero,
)
from chainrule.ops.activation import relu, sigmoid, tanh
from chainrule.ops.arithmetic import add as plus
from chainrule.ops.elementary import cos, exp, sin
from chainrule.ops.normalizing import softmax
from chainrule.ops.reduction import sum_
from chainrule.run.interpreter import Plan, evaluate, evaluate_all


def test_an_elementwise_chain_is_a_diagonal() -> None:
    x = variable((5000,))
    map_ = jacobian(sin(x) * exp(-(x**2)), x)
    assert isinstance(map_, Diagonal)
    assert [node.size for node in map_.nodes] == [5000]
    at = np.linspace(-2, 2, 5000)
    (found,) = Plan([map_.entries], [x])(at)
    wanted = np.cos(at) * np.exp(-(at**2)) - 2 * at * np.sin(at) * np.exp(-(at**2))
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("build", "kind"),
    [
        (lambda x: x + sin(x), Diagonal),
        (lambda x: plus(x, x), Diagonal),
        (lambda x: relu(x) + relu(2 - x), Diagonal),
        (lambda x: plus(relu(x), relu(x)), Diagonal),
        (lambda x: plus(relu(x), x), Diagonal),
        (relu, Mask),
        (softmax, DiagonalMinusOuter),
        (lambda x: x, Identity),
        (lambda x: x > 0, Zero),
        (lambda x: sum_(sin(x)), Dense),
        (lambda x: sin(sum_(x) * x), Sum),
    ],
)
def test_kinds(build: type, kind: type[LinearMap], dtype: str) -> None:
    x = variable((3,), dtype)
    output: Node = build(x)
    map_ = jacobian(output, x)
    if kind is Sum:
        assert not isinstance(map_, Dense)
    else:
        assert type(map_) is kind
    if output.dtype == dtype:
        entries = multiplied_out(map_, x.dtype)
        assert entries.dtype == dtype
        assert evaluate(entries, {x: [1.0, 2.0, 3.0]}).dtype == dtype


def test_layers_stay_products_of_their_factors() -> None:
    X, W, V = variable((4, 3)), variable((3, 5)), variable((5, 2))
    map_ = jacobian(sigmoid(X @ W) @ V, X)
    assert isinstance(map_, Product)
    kinds = [type(factor) for factor in map_.factors]
    assert kinds == [Multilinear, Diagonal, Multilinear]


def test_compose_and_add_merge_neighbours() -> None:
    a, b = variable((3,)), variable((3,))
    one, other = Diagonal(a), Diagonal(b)
    assert compose(one, other) == Diagonal(a * b)
    assert compose(Identity((3,)), one) == one
    assert compose(one, Zero((3,), (2,))) == Zero((3,), (2,))
    assert add([one, Zero((3,), (3,)), other]) == Diagonal(a + b)
    assert add([one, Identity((3,))]) == Diagonal(a + 1)
    mask = Mask(a > 0)
    assert isinstance(compose(mask, one), Diagonal)
    assert isinstance(compose(one, mask), Diagonal)
    product = compose(Reshape((3,), (1, 3)), compose(Reshape((1, 3), (3,)), one))
    assert isinstance(product, Product)
    assert len(product.factors) == 3
    assert repr(product) == "Reshape[3 × 3] · Reshape[3 × 3] · Diagonal[3 × 3]"
    assert repr(Sum((one, product)))[0] == "("
    assert as_diagonal(Identity((3,))).shape == (3,)


def dense_chain(*sizes: int) -> tuple[tuple[LinearMap, ...], list[Node]]:
    nodes = [variable((a, b)) for a, b in pairwise(sizes)]
    return tuple(Dense(n, (n.shape[0],), (n.shape[1],)) for n in nodes), nodes


def shape_of(split: Split) -> object:
    """The order as nested pairs of factor numbers."""
    if split.halves is None:
        return split.start
    return tuple(shape_of(half) for half in split.halves)


@pytest.mark.parametrize(
    ("sizes", "order", "least"),
    [
        ((100, 1, 100, 1), (0, (1, 2)), 100 + 100),
        ((1, 100, 100, 100), ((0, 1), 2), 2 * 100 * 100),
        ((100, 100, 100, 1), (0, (1, 2)), 2 * 100 * 100),
        ((30, 35, 15, 5, 10, 20, 25), ((0, (1, 2)), ((3, 4), 5)), 15125),  # Cormen et al.
    ],
)
def test_the_cheapest_order_is_chosen(sizes: tuple[int, ...], order: object, least: int) -> None:
    maps, nodes = dense_chain(*sizes)
    split = cheapest_order(maps)
    assert shape_of(split) == order
    assert split.work == least
    random = np.random.default_rng(0)
    given = {node: random.normal(size=node.shape) for node in nodes}
    found = evaluate(multiplied_out(Product(maps)), given)
    np.testing.assert_allclose(found, np.linalg.multi_dot(list(given.values())), rtol=1e-9)


@pytest.mark.parametrize(("rows", "columns"), [(2, 40), (40, 2)])
def test_a_wide_narrow_wide_chain_is_cheaper_than_either_sweep(rows: int, columns: int) -> None:
    maps, _ = dense_chain(40, rows, columns, 40)
    left, right = work(maps[0]), work(maps[2])
    sweep = min(40 * (work(maps[1]) + right), 40 * (work(maps[1]) + left))
    assert cheapest_order(maps).work <= sweep


@pytest.mark.parametrize("sizes", [(5, 2), (2, 5)])
def test_long_chains_are_swept_from_the_shorter_side(sizes: tuple[int, int]) -> None:
    count = LONGEST_CHAIN + 3
    maps, nodes = dense_chain(sizes[0], *[3] * count, sizes[1])
    random = np.random.default_rng(0)
    given = {node: random.normal(size=node.shape) for node in nodes}
    found = evaluate(multiplied_out(Product(maps)), given)
    np.testing.assert_allclose(found, np.linalg.multi_dot(list(given.values())), rtol=1e-9)


def test_structured_factors_are_applied_to_both_sides() -> None:
    x, W, V = variable((4,)), variable((4, 2)), variable((2, 4))
    output = softmax(sigmoid(sin(x) @ W) @ V)
    map_ = jacobian(output, x)
    given = {node: np.random.default_rng(1).normal(size=node.shape) for node in (x, W, V)}
    found, wanted = evaluate_all([multiplied_out(map_), matrix(map_)], given)
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_cuts_are_where_all_paths_meet() -> None:
    x = variable((2,))
    a = sin(x)
    b, c = exp(a), cos(a)
    d = b * c
    y = tanh(d)
    paths = Paths(y, (x,))
    order = paths.order
    places = cuts(order, lambda node: [lower for lower, _ in paths.edges[node]])
    assert {order[at] for at in places} == {x, a, d, y}


def test_a_dense_lattice_is_walked_not_listed() -> None:
    # Each layer mixes all the two quantities below it: 2^40 paths.
    W, V = variable((3, 3)), variable((3, 3))
    x = a = variable((3,))
    b = a
    for _ in range(40):
        a, b = tanh(a @ W + b @ V), tanh(a @ V - b @ W)
    output = a * b
    map_ = jacobian(output, x)
    pieces = map_.factors if isinstance(map_, Product) else (map_,)
    assert any(isinstance(piece, Block) for piece in pieces)
    random = np.random.default_rng(0)
    given = {node: random.normal(size=node.shape) * 0.4 for node in (x, W, V)}
    (found,) = evaluate_all([multiplied_out(map_)], given)
    step = 1e-6 * np.eye(3)
    plan = Plan([output], [W, V, x])
    for at in range(3):
        ahead = plan(given[W], given[V], given[x] + step[at])[0]
        behind = plan(given[W], given[V], given[x] - step[at])[0]
        np.testing.assert_allclose(found[:, at], (ahead - behind) / 2e-6, atol=1e-8)


def test_a_scalar_lattice_is_walked_once() -> None:
    x = a = variable(())
    b = sin(a)
    for _ in range(60):
        a, b = fresh((a * b).operation, a, b), fresh((a + b).operation, a, b)
    assert isinstance(jacobian(a, x), Dense)
    assert len(Paths(a, (x,)).order) < 200


def test_held_nodes_are_constant() -> None:
    x = variable((2,))
    a = sin(x)
    y = a * x
    given = {x: np.array([1.0, 2.0])}
    through, around = evaluate_all(
        [matrix(jacobian(y, x)), matrix(jacobian(y, x, frozenset({a})))], given
    )
    np.testing.assert_allclose(np.diag(around), np.sin(given[x]))
    np.testing.assert_allclose(np.diag(through), np.sin(given[x]) + given[x] * np.cos(given[x]))


def test_matrix_shapes_of_kinds() -> None:
    x = variable((2, 3))
    map_ = jacobian(sum_(x, axis=0), x)
    assert map_.matrix_shape == (3, 6)
    assert (map_.output_shape, map_.input_shape) == ((3,), (2, 3))
    np.testing.assert_array_equal(evaluate(matrix(map_)), np.tile(np.eye(3), 2))
