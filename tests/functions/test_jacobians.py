"""Jacobians and Hessians of functions with several arguments, results and containers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ShapeError

X = np.array([1.0, 2.0, 3.0])
Y = np.array([0.5, -1.0, 2.0])
A = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
EYE = np.eye(3)


def outer_diagonal(entries: Any) -> Any:
    """∂y/∂X of y = A @ X for a matrix X: A in the rows, the columns kept."""
    return np.einsum("ij,kl->ikjl", A, np.eye(entries))


JACOBIANS: list[tuple[Callable[..., Any], tuple[Any, ...], Any]] = [
    (np.sin, (X,), np.diag(np.cos(X))),
    (lambda x: A @ x, (X,), A),
    (lambda x: A @ x, (np.ones((3, 2)),), outer_diagonal(2)),
    (lambda x: np.sum(x**2), (X,), 2 * X),
    (lambda x: x[0] * x[1], (X,), [2, 1, 0]),
    (lambda x: x**2, (3.0,), 6.0),
    (lambda x: x * X, (2.0,), X),
    (lambda x: np.outer(x, Y), (X,), np.einsum("ik,j->ijk", EYE, Y)),
    (lambda x: x[::-1], (X,), EYE[::-1]),
    (lambda x: np.cumsum(x), (X,), np.tril(np.ones((3, 3)))),
    (lambda x: np.ones(2), (X,), np.zeros((2, 3))),
    (lambda x: x / np.sum(x), (X,), EYE / 6 - np.outer(X, np.ones(3)) / 36),
    (lambda x: np.zeros((0, 2)) * np.sum(x), (X,), np.zeros((0, 2, 3))),
    (lambda x: x.astype(np.float32), (X,), EYE.astype(np.float32)),
]


@pytest.mark.parametrize(("function", "arguments", "wanted"), JACOBIANS)
def test_all_entries(function: Any, arguments: Any, wanted: Any) -> None:
    J = cr.jacobian(function)(*arguments)
    np.testing.assert_allclose(np.asarray(J), wanted)
    assert J.shape == np.shape(wanted) == J.output_shape + J.input_shape
    assert J.matrix().shape == (int(np.prod(J.output_shape)), int(np.prod(J.input_shape)))


def test_several_arguments() -> None:
    by_x, by_y = cr.jacobian(lambda x, y: x * y, (0, 1))(X, Y)
    np.testing.assert_array_equal(np.asarray(by_x), np.diag(Y))
    np.testing.assert_array_equal(np.asarray(by_y), np.diag(X))
    np.testing.assert_array_equal(
        np.asarray(cr.jacobian(lambda x, y: x * y, "y")(X, Y)), np.diag(X)
    )
    np.testing.assert_array_equal(
        np.asarray(cr.jacobian(lambda x, y: x * y, -1)(X, y=Y)), np.diag(Y)
    )


def test_containers_of_arguments_within_containers_of_results() -> None:
    def function(p: Any) -> Any:
        return {"product": p["x"] * p["y"], "sum": (np.sum(p["x"]),)}

    found = cr.jacobian(function)({"x": X, "y": Y, "name": "p"})
    assert list(found) == ["product", "sum"]
    assert list(found["product"]) == ["x", "y", "name"]
    np.testing.assert_array_equal(np.asarray(found["product"]["x"]), np.diag(Y))
    np.testing.assert_array_equal(np.asarray(found["product"]["y"]), np.diag(X))
    assert found["product"]["name"] is None
    np.testing.assert_array_equal(np.asarray(found["sum"][0]["x"]), np.ones(3))
    np.testing.assert_array_equal(np.asarray(found["sum"][0]["y"]), np.zeros(3))


HESSIANS: list[tuple[Callable[..., Any], Any]] = [
    (lambda x: np.sum(x**3), np.diag(6 * X)),
    (lambda x: x[0] * x[1] * x[2], [[0, 3, 2], [3, 0, 1], [2, 1, 0]]),
    (lambda x: np.sum(x) ** 2, np.full((3, 3), 2.0)),
    (lambda x: 3 * np.sum(x), np.zeros((3, 3))),
    (lambda x: np.log(np.sum(np.exp(x))), None),
    (lambda x: np.sum((A @ x) ** 2), 2 * A.T @ A),
]


@pytest.mark.parametrize(("function", "wanted"), HESSIANS)
def test_hessians(function: Any, wanted: Any) -> None:
    if wanted is None:  # of log Σ exp: diag(s) − s sᵀ
        s = np.exp(X) / np.sum(np.exp(X))
        wanted = np.diag(s) - np.outer(s, s)
    H = cr.hessian(function)(X)
    np.testing.assert_allclose(np.asarray(H), wanted, atol=1e-12)
    np.testing.assert_allclose(cr.hvp(function)(X, Y), np.asarray(wanted) @ Y, atol=1e-12)
    np.testing.assert_allclose(H @ Y, np.asarray(wanted) @ Y, atol=1e-12)


def test_hessian_by_several_arguments() -> None:
    found = cr.hessian(lambda x, y: np.sum(x**2 * y), (0, 1))(X, Y)
    wanted = ((np.diag(2 * Y), np.diag(2 * X)), (np.diag(2 * X), np.zeros((3, 3))))
    for row, other in zip(found, wanted, strict=True):
        for one, entries in zip(row, other, strict=True):
            np.testing.assert_array_equal(np.asarray(one), entries)


def test_hessian_in_containers() -> None:
    found = cr.hessian(lambda p: p["a"] ** 2 * p["b"])({"a": 3.0, "b": 2.0})
    entries = {of: {wrt: float(found[of][wrt]) for wrt in "ab"} for of in "ab"}
    assert entries == {"a": {"a": 4.0, "b": 6.0}, "b": {"a": 6.0, "b": 0.0}}


def test_structure_is_kept() -> None:
    J = cr.jacobian(lambda x: np.sin(x) * x)(np.linspace(0, 1, 10_000))
    assert J.nbytes <= 10_000 * 8
    H = cr.hessian(lambda x: np.sum(np.sin(x) ** 2))(np.linspace(0, 1, 10_000))
    assert H.nbytes <= 10_000 * 8
    np.testing.assert_allclose(H.diagonal(), 2 * np.cos(2 * np.linspace(0, 1, 10_000)))


def test_arithmetic_with_a_jacobian() -> None:
    J = cr.jacobian(lambda x: A @ x)(X)
    np.testing.assert_array_equal(J + 1, A + 1)
    np.testing.assert_array_equal(2 * J, 2 * A)
    np.testing.assert_array_equal(J @ X, A @ X)
    np.testing.assert_array_equal(np.ones(2) @ J, np.ones(2) @ A)
    np.testing.assert_array_equal(np.asarray(J.T), A.T)
    np.testing.assert_array_equal(J[0], A[0])
    np.testing.assert_array_equal(np.linalg.norm(np.asarray(J)), np.linalg.norm(A))
    with pytest.raises(ShapeError):
        J @ np.ones(2)


def test_a_jacobian_does_not_follow_its_arguments() -> None:
    x, y = X.copy(), Y.copy()
    J = cr.jacobian(lambda x: x * y)(x)
    y[:] = x[:] = np.nan
    np.testing.assert_array_equal(J.diagonal(), Y)
    np.testing.assert_array_equal(J @ np.ones(3), Y)
