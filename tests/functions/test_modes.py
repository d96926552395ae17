"""vjp and jvp: containers, shapes, outputs that are no floats; both agree with formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import DataProblem, ShapeError

X = np.array([1.0, 2.0, 3.0])
Y = np.array([0.5, -1.0, 2.0])
ONES = np.ones(3)


def two_results(p: Any) -> Any:
    return {"product": p["x"] * p["y"], "sum": np.sum(p["x"])}


def test_values_and_pullbacks() -> None:
    value, pullback = cr.vjp(lambda x, y: np.sin(x) * y, X, Y)
    np.testing.assert_array_equal(value, np.sin(X) * Y)
    by_x, by_y = pullback(ONES)
    np.testing.assert_allclose(by_x, np.cos(X) * Y)
    np.testing.assert_allclose(by_y, np.sin(X))
    np.testing.assert_allclose(pullback(2 * ONES)[1], 2 * np.sin(X))


def test_one_argument_has_a_tuple_of_one() -> None:
    value, pullback = cr.vjp(lambda x: 3 * x, 2.0)
    assert value == 6.0
    assert pullback(1.0) == (3.0,)


def test_containers_of_arguments_and_results() -> None:
    value, pullback = cr.vjp(two_results, {"x": X, "y": Y})
    np.testing.assert_array_equal(value["product"], X * Y)
    (found,) = pullback({"sum": 10.0, "product": ONES})  # in another order
    np.testing.assert_array_equal(found["x"], Y + 10)
    np.testing.assert_array_equal(found["y"], X)
    value, moved = cr.jvp(two_results, ({"x": X, "y": Y},), ({"y": 0 * X, "x": ONES},))
    np.testing.assert_array_equal(moved["product"], Y)
    assert moved["sum"] == 3.0
    assert value["sum"] == 6.0


@pytest.mark.parametrize(
    ("primals", "tangents", "wanted"),
    [
        ((X, Y), (ONES, 0 * X), Y),
        ((X, Y), (0 * X, ONES), X),
        ((X, Y), (ONES, ONES), X + Y),
        ((2, 3), (1, 0), 3.0),
        ((2.0, 3.0), (1, 1), 5.0),
        ((X.astype(np.float32), Y.astype(np.float32)), (ONES, ONES), (X + Y).astype(np.float32)),
        (([X][0], Y), (np.array([1, 1, 1.0]), np.zeros(3)), Y),
    ],
)
def test_tangents(primals: Any, tangents: Any, wanted: Any) -> None:
    value, moved = cr.jvp(lambda x, y: x * y, primals, tangents)
    np.testing.assert_array_equal(value, primals[0] * primals[1])
    np.testing.assert_array_equal(moved, wanted)
    assert moved.dtype == np.asarray(wanted).dtype


def test_results_that_do_not_move() -> None:
    def results(x: Any) -> Any:
        return np.argmax(x), x > 1, np.ones(2), x**2

    value, moved = cr.jvp(results, (X,), (ONES,))
    assert value[0] == 2
    np.testing.assert_array_equal(value[1], [False, True, True])
    np.testing.assert_array_equal(moved[2], [0, 0])
    np.testing.assert_array_equal(moved[3], 2 * X)
    _, pullback = cr.vjp(results, X)
    np.testing.assert_array_equal(pullback((0, 0 * X, np.ones(2), ONES))[0], 2 * X)


def test_arguments_that_nothing_depends_on() -> None:
    value, pullback = cr.vjp(lambda x, y: 2 * x, X, Y)
    np.testing.assert_array_equal(pullback(ONES)[1], 0 * Y)
    np.testing.assert_array_equal(cr.jvp(lambda x, y: 2 * x, (X, Y), (0 * X, ONES))[1], 0 * X)
    np.testing.assert_array_equal(value, 2 * X)


@pytest.mark.parametrize(
    ("call", "kind", "said"),
    [
        (
            lambda: cr.jvp(np.sin, (X,), (ONES, ONES)),
            ShapeError,
            "1 arguments need as many tangents",
        ),
        (lambda: cr.jvp(np.sin, (X,), (np.ones(2),)), ShapeError, r"\(3\), not \(2\)"),
        (lambda: cr.jvp(two_results, ({"x": X, "y": Y},), ({"x": X},)), ShapeError, "containers"),
        (lambda: cr.vjp(np.sin, X)[1](np.ones(2)), ShapeError, r"\(3\), not \(2\)"),
        (lambda: cr.vjp(np.sin, X)[1](1.0), ShapeError, "the shape of the result"),
        (lambda: cr.vjp(lambda x: (x, x), X)[1](X), ShapeError, "containers"),
        (lambda: cr.vjp(np.sin, np.arange(3)), DataProblem, r"astype\(float\)"),
        (lambda: cr.vjp(np.sin, "x"), DataProblem, "no real numbers"),
    ],
)
def test_what_does_not_fit(call: Any, kind: Any, said: str) -> None:
    with pytest.raises(kind, match=said):
        call()


def test_a_ufunc_is_a_function() -> None:
    np.testing.assert_allclose(cr.jvp(np.sin, (X,), (ONES,))[1], np.cos(X))
    assert cr.grad(np.exp)(0.0) == 1.0
    assert cr.grad(np.multiply, 1)(2.0, 3.0) == 2.0


def test_the_forward_pass_runs_once() -> None:
    runs = []

    def counted(x: Any) -> Any:
        runs.append(1)
        return x**2

    operation = cr.custom(counted, jacobians=lambda y, x: 2 * x)
    _, pullback = cr.vjp(lambda x: np.sin(operation(x)), X)
    cr.vjp(lambda x: np.sin(operation(x)), X)
    runs.clear()
    for _ in range(3):
        pullback(ONES)
    assert not runs
