"""A user's own operation: entry by entry, dense, of several arguments; checked on first use."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import DataProblem, ShapeError

X = np.array([0.5, 1.0, 2.0])
A = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def cube(x: Any) -> Any:
    return x**3


def product(x: Any, y: Any) -> Any:
    return x * y


def mixed(x: Any) -> Any:
    return A @ x


def test_entry_by_entry() -> None:
    operation = cr.custom(cube, jacobians=lambda y, x: 3 * x**2)
    np.testing.assert_array_equal(operation(X), X**3)
    np.testing.assert_allclose(cr.grad(lambda x: np.sum(operation(x)))(X), 3 * X**2)
    assert cr.jacobian(operation)(X).nbytes <= X.nbytes
    assert operation.__name__ == "cube"
    assert repr(operation) == "<custom cube>"
    matrix = np.outer(X, X)
    np.testing.assert_allclose(cr.grad(lambda x: np.sum(operation(x)))(matrix), 3 * matrix**2)
    assert cr.grad(operation)(2.0) == 12.0


def test_a_slope_that_is_one_number() -> None:
    double = cr.custom(lambda x: 2 * x, jacobians=lambda y, x: 2.0)
    np.testing.assert_array_equal(cr.grad(lambda x: np.sum(double(x)))(X), [2, 2, 2])


def test_all_entries() -> None:
    operation = cr.custom(mixed, jacobians=lambda y, x: A)
    np.testing.assert_allclose(np.asarray(cr.jacobian(operation)(X)), A)
    np.testing.assert_allclose(cr.grad(lambda x: np.sum(operation(x) ** 2))(X), 2 * A.T @ A @ X)
    total = cr.custom(np.sum, jacobians=lambda y, x: np.ones_like(x))
    np.testing.assert_array_equal(cr.grad(total)(X), [1, 1, 1])


def test_several_arguments_and_none() -> None:
    operation = cr.custom(product, jacobians=[lambda z, x, y: y, lambda z, x, y: x])
    for wrt, wanted in ((0, X + 1), (1, X)):
        np.testing.assert_allclose(
            cr.grad(lambda x, y: np.sum(operation(x, y)), wrt)(X, X + 1), wanted
        )
    chosen = cr.custom(
        lambda x, at: x[at.astype(int)],
        jacobians=[lambda y, x, at: cr.numpy.take(np.eye(3), at.astype(int), axis=0), None],
    )
    found = cr.grad(lambda x, at: np.sum(chosen(x, at)))(X, np.array([0.0, 2.0]))
    np.testing.assert_array_equal(found, [1, 0, 1])


def test_a_slope_may_use_the_result() -> None:
    exp = cr.custom(np.exp, jacobians=lambda y, x: y)
    f = lambda x: np.sum(exp(x))  # noqa: E731
    np.testing.assert_allclose(cr.grad(f)(X), np.exp(X))
    np.testing.assert_allclose(np.asarray(cr.hessian(f)(X)), np.diag(np.exp(X)))
    np.testing.assert_allclose(cr.hvp(f)(X, X), np.exp(X) * X)
    np.testing.assert_allclose(cr.grad(lambda x: np.sum(cr.hvp(f)(x, X)))(X), np.exp(X) * X)


def polygamma(n: int) -> Any:
    """The n-th derivative of the digamma function, each the slope of the one before."""
    special = pytest.importorskip("scipy.special")
    return cr.custom(lambda x: special.polygamma(n, x), jacobians=lambda y, x: polygamma(n + 1)(x))


def test_scipy_within() -> None:
    special = pytest.importorskip("scipy.special")
    operation = cr.custom(special.gammaln, jacobians=lambda y, x: polygamma(0)(x))
    loss = lambda x: np.sum(operation(x))  # noqa: E731
    np.testing.assert_allclose(cr.grad(loss)(X), special.digamma(X))
    np.testing.assert_allclose(np.asarray(cr.hessian(loss)(X)), np.diag(special.polygamma(1, X)))


WRONG: list[tuple[Any, Any, str]] = [
    (cube, lambda y, x: -3 * x**2, "sign"),
    (cube, lambda y, x: 3 * x, "wrong"),
    (cube, lambda y, x: 6 * x**2, "2 times the right one"),
    (np.tanh, lambda y, x: 1 + 0 * x, "wrong"),
    (lambda x: np.array([[1.0, 2.0], [3.0, 4.0]]) @ x[:2],
     lambda y, x: np.array([[1.0, 3.0, 0], [2.0, 4.0, 0]]), "wrong"),
]  # fmt: skip


@pytest.mark.parametrize(("function", "slope", "said"), WRONG)
def test_a_wrong_jacobian_is_found(function: Any, slope: Any, said: str) -> None:
    operation = cr.custom(function, jacobians=slope)
    for _ in range(2):  # it stays wrong
        with pytest.raises(DataProblem, match=r"the Jacobian of .* by argument 0") as caught:
            cr.grad(lambda x: np.sum(operation(x)))(X)
        assert said in str(caught.value)


def test_the_second_jacobian_is_checked_too() -> None:
    operation = cr.custom(product, jacobians=[lambda z, x, y: y, lambda z, x, y: y])
    with pytest.raises(DataProblem, match="the Jacobian of product by argument 1"):
        cr.grad(lambda x: np.sum(operation(x, x + 1)))(X)


def test_a_wrong_jacobian_is_found_row_by_row() -> None:
    operation = cr.custom(cube, jacobians=lambda y, x: 2 * x**2)
    with pytest.raises(DataProblem, match="the Jacobian of cube"):
        cr.per_example_grad(lambda w, x: np.sum(operation(w * x)))(X, np.ones((2, 3)))


def test_it_is_checked_once() -> None:
    runs = []

    def counted(x: Any) -> Any:
        runs.append(x)
        return x**2

    operation = cr.custom(counted, jacobians=lambda y, x: 2 * x)
    slope = cr.grad(lambda x: np.sum(operation(x)))
    slope(X)
    first = len(runs)
    assert first > 2
    slope(X)
    slope(X[:2])
    cr.jacobian(operation)(X)
    assert len(runs) <= first + 6


def test_large_arrays_are_checked_along_directions() -> None:
    operation = cr.custom(np.sin, jacobians=lambda y, x: np.cos(x))
    x = np.linspace(0, 3, 20_000)
    np.testing.assert_allclose(cr.grad(lambda x: np.sum(operation(x)))(x), np.cos(x))
    wrong = cr.custom(np.sin, jacobians=lambda y, x: np.cos(x) + 0.5)
    with pytest.raises(DataProblem, match="is off by"):
        cr.grad(lambda x: np.sum(wrong(x)))(x)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: cr.custom(cube, jacobians=lambda y, x: np.ones((2, 3))),
         r"the Jacobian of cube by argument 0 is \(2 × 3\); \(3 × 3\) or \(3\) \(entry by entry\)"),
        (lambda: cr.custom(lambda x: x @ np.ones((4, 2)), jacobians=lambda y, x: x),
         r"tried on arrays of 0\.5, of the shapes \(3\)"),
    ],
)  # fmt: skip
def test_shapes_that_do_not_fit(make: Any, said: str) -> None:
    operation = make()
    with pytest.raises(ShapeError, match=said) as caught:
        cr.grad(lambda x: np.sum(operation(x)))(X)
    assert "test_custom.py" in str(caught.value) or "argument 0" in said


def test_as_many_jacobians_as_arguments() -> None:
    operation = cr.custom(product, jacobians=lambda z, x, y: y)
    with pytest.raises(DataProblem, match="1 Jacobians and was given 2 arguments"):
        operation(X, X)


def test_float32_is_kept() -> None:
    operation = cr.custom(cube, jacobians=lambda y, x: 3 * x**2)
    found = cr.grad(lambda x: np.sum(operation(x)))(X.astype(np.float32))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, 3 * X**2, rtol=1e-5)


def test_empty_arrays() -> None:
    operation = cr.custom(cube, jacobians=lambda y, x: 3 * x**2)
    assert cr.grad(lambda x: np.sum(operation(x)))(X[:0]).shape == (0,)
