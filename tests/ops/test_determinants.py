"""Determinants where they are zero, empty, huge or no numbers, to the fourth order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule.differentiate.compose import multiplied_out
from chainrule.differentiate.jacobian import jacobian
from chainrule.differentiate.walk import gradient
from chainrule.errors import DomainProblem
from chainrule.graph.node import Array, Node, Shape, constant, variable
from chainrule.ops.determinant import cofactors, det, det_sign, log_abs_det, slogdet
from chainrule.ops.reduction import sum_
from chainrule.run.interpreter import evaluate, evaluate_all

INF, NAN = np.inf, np.nan
RANDOM = np.random.default_rng(11)


def slope(build: Callable[[Node], Node], at: Any, dtype: str = "float64") -> Array:
    """The gradient of the result's sum."""
    array = np.asarray(at, dtype)
    x = variable(array.shape, dtype)
    return evaluate(gradient(sum_(build(x)), x), {x: array})


def of_rank(rank: int, size: int) -> Array:
    """A random square matrix of that rank."""
    return RANDOM.normal(size=(size, rank)) @ RANDOM.normal(size=(rank, size))


def minors(a: Array) -> Any:
    """The cofactors by their definition."""
    n = len(a)
    return np.array(
        [
            [(-1) ** (i + j) * np.linalg.det(np.delete(np.delete(a, i, 0), j, 1)) for j in range(n)]
            for i in range(n)
        ]
    ).reshape(n, n)


def differences(function: Callable[[Array], Any], x: Array, step: float = 1e-4) -> Any:
    """∂function/∂x by central differences."""
    units = np.eye(x.size).reshape(x.size, *x.shape)
    columns = [(function(x + step * e) - function(x - step * e)) / (2 * step) for e in units]
    return np.stack(columns, -1).reshape(*np.shape(columns[0]), *x.shape)


SINGULAR = [
    np.array([[0.0]]),
    np.array([[3.0]]),
    np.array([[1.0, 2.0], [2.0, 4.0]]),
    np.zeros((2, 2)),
    np.zeros((3, 3)),
    np.eye(4),
    np.diag([1.0, 1.0, 0.0, 0.0]),
    np.ones((4, 4)),
    of_rank(2, 3),
    of_rank(3, 4),
    of_rank(2, 4),
    of_rank(1, 4),
    -2 * np.eye(3)[[1, 0, 2]],
    RANDOM.normal(size=(5, 5)),
]


@pytest.mark.parametrize(
    "a", SINGULAR, ids=lambda a: f"{len(a)} of rank {np.linalg.matrix_rank(a)}"
)
def test_a_determinant_has_its_derivatives_where_it_is_zero(a: Array) -> None:
    x = variable(a.shape)
    first = gradient(det(x), x)
    np.testing.assert_allclose(evaluate(first, {x: a}), minors(a), atol=1e-13)
    second = multiplied_out(jacobian(first, x))
    # A minor is linear in each entry, so that its differences are exact.
    np.testing.assert_allclose(evaluate(second, {x: a}), differences(minors, a, 0.5), atol=1e-12)


@pytest.mark.parametrize("a", [of_rank(1, 3), of_rank(2, 4), np.zeros((3, 3)), np.eye(4)])
def test_a_determinant_has_a_third_and_a_fourth_derivative(a: Array) -> None:
    x = variable(a.shape)
    ways = [RANDOM.normal(size=a.shape) for _ in range(4)]
    along = det(x)
    wanted: Callable[[Array], Any] = np.linalg.det
    for order, way in enumerate(ways, start=1):
        along = sum_(gradient(along, x) * constant(way))
        found = evaluate(along, {x: a})
        wanted = _difference(wanted, way)
        assert found == pytest.approx(wanted(a), abs=1e-9 * 10**order)


def _difference(function: Callable[[Array], Any], way: Array) -> Callable[[Array], Any]:
    """The slope along `way`, exact for polynomials of degree four at most."""

    def along(a: Array) -> Any:
        near, far = [function(a + t * way) - function(a - t * way) for t in (0.5, 1.0)]
        return (8 * near - far) / 6

    return along


def test_an_empty_determinant_is_one() -> None:
    a = np.zeros((0, 0))
    x = variable((0, 0))
    value, log, sign, move = evaluate_all(
        [det(x), log_abs_det(x), det_sign(x), gradient(det(x), x)], {x: a}
    )
    assert [value.item(), log.item(), sign.item(), move.size] == [1, 0, 1, 0]
    many = variable((2, 0, 0))
    assert evaluate(det(many), {many: np.zeros((2, 0, 0))}).tolist() == [1, 1]
    assert evaluate(cofactors(many), {many: np.zeros((2, 0, 0))}).shape == (2, 0, 0)


def test_cofactors_of_a_stack_and_of_what_is_no_number() -> None:
    stack = np.stack([np.eye(2), [[1.0, NAN], [0.0, 1.0]], [[1.0, 2.0], [2.0, 4.0]]])
    found = slope(det, stack)
    assert np.isnan(found[1]).all()
    np.testing.assert_allclose(found[[0, 2]], [[[1, 0], [0, 1]], [[4, -2], [-2, 1]]], atol=1e-14)
    assert np.isnan(slope(det, [[INF, 1.0], [1.0, 1.0]])).all()


def test_more_directions_than_rows_leave_nothing() -> None:
    a = variable((2, 2))
    ways = [constant(RANDOM.normal(size=(2, 2))) for _ in range(3)]
    given = {a: np.eye(2)}
    assert evaluate(cofactors(a, *ways[:2]), given).tolist() == [[0, 0], [0, 0]]
    assert evaluate(cofactors(a, *ways), given).tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize(("lead", "other"), [((), (3,)), ((3,), (1,)), ((2, 1), (3,)), ((2,), ())])
def test_directions_are_broadcast_and_so_are_their_derivatives(lead: Shape, other: Shape) -> None:
    a, h = variable((*lead, 2, 2)), variable((*other, 2, 2))
    given = {node: RANDOM.normal(size=node.shape) for node in (a, h)}
    y = cofactors(a, h)
    assert y.shape == (*np.broadcast_shapes(lead, other), 2, 2)
    for node in (a, h):
        here = multiplied_out(jacobian(y, node))

        def value(x: Array, node: Node = node) -> Any:
            return evaluate(y, {**given, node: x})

        np.testing.assert_allclose(
            evaluate(here, given), differences(value, given[node]), atol=1e-9
        )


def test_a_singular_matrix_has_log_det_of_minus_infinity() -> None:
    a = np.ones((2, 2))
    x = variable((2, 2))
    sign, log = slogdet(x)
    assert evaluate_all([sign, log], {x: a}) == [0, -INF]
    with pytest.raises(DomainProblem, match="singular"):
        slope(log_abs_det, a)
    assert slope(det_sign, a).tolist() == [[0, 0], [0, 0]]


def test_a_log_determinant_does_not_overflow() -> None:
    a = 1e200 * np.eye(3)
    x = variable((3, 3))
    value, move = evaluate_all([log_abs_det(x), gradient(log_abs_det(x), x)], {x: a})
    assert value == pytest.approx(600 * np.log(10))
    np.testing.assert_allclose(move, 1e-200 * np.eye(3))
