"""Derivatives of derivatives, in any nesting, against formulas; perturbations are not confused."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr

X = np.array([0.3, -0.7, 1.2])
V = np.array([1.0, 0.5, -2.0])
ONES = np.ones(3)


def cubed(x: Any) -> Any:
    return np.sum(x**3)


def dense(J: Any) -> Any:
    """Within another derivative a Jacobian is an array; outside it is a map."""
    return np.asarray(J)


# Two or three derivatives of Σ x³ at X, along V where one direction is needed.
NESTED: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "grad of grad": (lambda x: cr.grad(lambda y: np.sum(cr.grad(cubed)(y)))(x), 6 * X),
    "grad of grad of grad": (
        lambda x: cr.grad(lambda y: np.sum(cr.grad(lambda z: np.sum(cr.grad(cubed)(z)))(y)))(x),
        6 * ONES),
    "grad of value_and_grad": (
        lambda x: cr.grad(lambda y: np.sum(cr.value_and_grad(cubed)(y)[1]))(x), 6 * X),
    "grad of jvp": (lambda x: cr.grad(lambda y: cr.jvp(cubed, (y,), (V,))[1])(x), 6 * X * V),
    "jvp of grad": (lambda x: cr.jvp(cr.grad(cubed), (x,), (V,))[1], 6 * X * V),
    "jvp of jvp": (
        lambda x: cr.jvp(lambda y: cr.jvp(cubed, (y,), (V,))[1], (x,), (V,))[1],
        np.sum(6 * X * V * V)),
    "grad of vjp": (lambda x: cr.grad(lambda y: np.sum(cr.vjp(cubed, y)[1](2.0)[0]))(x), 12 * X),
    "grad by the cotangent": (
        lambda x: cr.grad(lambda u: np.sum(cr.vjp(np.sin, x)[1](u)[0]))(V), np.cos(X)),
    "grad by the tangent": (
        lambda x: cr.grad(lambda v: cr.jvp(cubed, (x,), (v,))[1])(V), 3 * X**2),
    "vjp of grad": (lambda x: cr.vjp(cr.grad(cubed), x)[1](V)[0], 6 * X * V),
    "vjp of vjp": (
        lambda x: cr.vjp(lambda y: cr.vjp(cubed, y)[1](1.0)[0], x)[1](V)[0], 6 * X * V),
    "jacobian of grad": (lambda x: dense(cr.jacobian(cr.grad(cubed))(x)), np.diag(6 * X)),
    "grad of jacobian": (
        lambda x: cr.grad(lambda y: np.sum(cr.jacobian(lambda z: z**3)(y)))(x), 6 * X),
    "grad of hessian": (lambda x: cr.grad(lambda y: np.sum(cr.hessian(cubed)(y)))(x), 6 * ONES),
    "jacobian of hessian": (
        lambda x: dense(cr.jacobian(cr.hessian(cubed))(x)),
        6 * np.einsum("ij,jk->ijk", np.eye(3), np.eye(3))),
    "hessian of a jvp": (
        lambda x: dense(cr.hessian(lambda y: cr.jvp(cubed, (y,), (V,))[1])(x)), np.diag(6 * V)),
    "grad of hvp": (lambda x: cr.grad(lambda y: np.sum(cr.hvp(cubed)(y, V)))(x), 6 * V),
    "hvp of grad": (
        lambda x: cr.hvp(lambda y: np.sum(cr.grad(cubed)(y)))(x, V), 6 * V),
    "jvp of hvp": (lambda x: cr.jvp(lambda y: cr.hvp(cubed)(y, V), (x,), (V,))[1], 6 * V * V),
    "hessian of hvp": (
        lambda x: dense(cr.hessian(lambda y: np.sum(y * cr.hvp(cubed)(y, V)))(x)),
        np.diag(12 * V)),
    "grad of per_example_grad": (
        lambda x: cr.grad(lambda w: np.sum(cr.per_example_grad(lambda u, z: np.sum(u**2 * z))(
            w, np.stack([X, V]))))(x), 2 * (X + V)),
    "per_example_grad of grad": (
        lambda x: cr.per_example_grad(lambda w, z: np.sum(cr.grad(cubed)(w) * z))(
            x, np.stack([X, V])), np.stack([6 * X * X, 6 * X * V])),
    "per_example_grad of per_example_grad": (
        lambda x: np.sum(cr.per_example_grad(lambda w, z: np.sum(
            cr.per_example_grad(lambda u, s: np.sum(u**2 * s))(w, z)))(x, np.ones((4, 2, 3))), 0),
        16 * ONES),
    "grad within a vector": (
        lambda x: cr.grad(lambda y: np.sum(y * cr.grad(cubed)(y)))(x), 9 * X**2),
}  # fmt: skip


@pytest.mark.parametrize(("nested", "wanted"), NESTED.values(), ids=NESTED)
def test_derivatives_of_derivatives(nested: Any, wanted: Any) -> None:
    np.testing.assert_allclose(nested(X), wanted, atol=1e-12)


# d/dx of functions of one number in which an inner derivative is by another variable.
CONFUSING: dict[str, tuple[Callable[[Any], Any], float]] = {
    "x · d/dy (x + y)": (lambda x: x * cr.grad(lambda y: x + y)(1.0), 1.0),
    "x · d/dy (x · y)": (lambda x: x * cr.grad(lambda y: x * y)(1.0), 4.0),
    "x · d/dy (x · y) at x": (lambda x: x * cr.grad(lambda y: x * y)(x), 4.0),
    "d/dy (x² y³) at x": (lambda x: cr.grad(lambda y: x**2 * y**3)(x), 3 * 4 * 2.0**3),
    "d/dy d/dz (x y z)": (lambda x: cr.grad(lambda y: y * cr.grad(lambda z: x * y * z)(y))(x), 8.0),
    "x is held": (lambda x: cr.grad(lambda y: x**3 + 0 * y)(x), 0.0),
    "the outer one within": (lambda x: cr.grad(lambda x: x**3)(x) * x, 9 * 4.0),
    "tangents": (lambda x: cr.jvp(lambda y: x * y**2, (x,), (1.0,))[1], 4 * 2.0),
    "tangents of tangents": (
        lambda x: cr.jvp(lambda y: cr.jvp(lambda z: y * z, (x,), (1.0,))[1] * x, (x,), (1.0,))[1],
        1.0),
    "pullbacks": (lambda x: cr.vjp(lambda y: x * y**2, x)[1](x)[0], 6 * 4.0),
    "jacobians": (
        lambda x: np.sum(cr.jacobian(lambda y: x * y**2)(x * np.ones(2))), 8 * 2.0),
    "captured by the inner one": (lambda x: (lambda w: cr.grad(lambda y: w * y)(1.0))(x**2), 4.0),
    "by the same number twice": (lambda x: sum(cr.grad(lambda a, b: a * b, (0, 1))(x, x)), 2.0),
}  # fmt: skip


@pytest.mark.parametrize(("function", "wanted"), CONFUSING.values(), ids=CONFUSING)
def test_perturbations_are_not_confused(function: Any, wanted: float) -> None:
    assert quietly(lambda: float(cr.grad(function)(2.0))) == pytest.approx(wanted)
    assert quietly(lambda: float(cr.jvp(function, (2.0,), (1.0,))[1])) == pytest.approx(wanted)


def quietly(call: Callable[[], float]) -> float:
    """Without the warning that a derivative is zero, which some are here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", cr.errors.GradientWarning)
        return call()


def test_a_derivative_by_a_value_that_is_computed_and_captured() -> None:
    def loss(x: Any) -> Any:
        y = np.sin(x)
        slope = cr.grad(lambda z: np.sum(z**2 * y))(y)  # y is held, z moves
        return np.sum(slope)

    np.testing.assert_allclose(cr.grad(loss)(X), 4 * np.sin(X) * np.cos(X))


def test_a_derivative_by_numbers_within_another() -> None:
    def loss(x: Any) -> Any:
        return cr.grad(lambda t: t**3)(2) * np.sum(x) + cr.grad(cubed)(ONES)[0] * np.sum(x)

    np.testing.assert_allclose(cr.grad(loss)(X), 15 * ONES)


def test_nested_within_a_loop_over_newton_steps() -> None:
    def root(a: Any) -> Any:
        x = 1.0 + 0 * a
        for _ in range(6):
            x = x - (x**2 - a) / cr.grad(lambda y: y**2 - a)(x)
        return x

    assert float(cr.grad(root)(2.0)) == pytest.approx(0.5 / np.sqrt(2))


def test_an_optimizer_within_the_function() -> None:
    def after_training(rate: Any) -> Any:
        w = np.array([1.0, -2.0]) + 0 * rate
        for _ in range(3):
            w = w - rate * cr.grad(lambda w: np.sum(w**2))(w)
        return np.sum(w**2)

    # w ← (1 − 2r) w: Σ w² (1 − 2r)⁶
    assert float(cr.grad(after_training)(0.1)) == pytest.approx(5 * 6 * 0.8**5 * -2)


def test_the_hessian_is_symmetric_whatever_the_mode() -> None:
    def loss(x: Any) -> Any:
        return np.sum(np.sin(x) * np.roll(x, 1)) + np.log(np.sum(np.exp(x)))

    H = np.asarray(cr.hessian(loss)(X))
    forward = [cr.jvp(cr.grad(loss), (X,), (e,))[1] for e in np.eye(3)]
    backward = [cr.vjp(cr.grad(loss), X)[1](e)[0] for e in np.eye(3)]
    np.testing.assert_allclose(H, H.T)
    np.testing.assert_allclose(H, forward)
    np.testing.assert_allclose(H, backward)
