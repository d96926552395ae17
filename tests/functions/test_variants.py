"""Wrong gradients of whole functions, recognized by the factor of the chain that they lack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr

RANDOM = np.random.default_rng(5)
X, T = RANDOM.normal(size=(4, 3)), RANDOM.normal(size=(4, 2))
W, V, B = RANDOM.normal(size=(3, 2)), RANDOM.normal(size=(2, 2)), RANDOM.normal(size=2)


def sigmoid_net(W: Any) -> Any:
    Y = 1 / (1 + np.exp(-(X @ W)))
    return np.sum((Y - T) ** 2)


def two_layers(W: Any) -> Any:
    H = np.tanh(X @ W + B)
    O = H @ V  # noqa: E741
    return np.sum((O - T) ** 2) / 2


def skips(W: Any) -> Any:
    Z = X @ W
    H = np.sin(Z)
    return np.sum(H * T) + np.sum(Z**2)


def biased(b: Any) -> Any:
    Y = X @ W + b
    return np.sum((Y - T) ** 2)


def squash(Z: Any) -> Any:
    return 1 / (1 + np.exp(-Z))


CASES: list[tuple[Callable[..., Any], Any, Any, str]] = [
    (
        sigmoid_net,
        W,
        X.T @ (2 * (squash(X @ W) - T)),
        "The derivative of Y (line",
    ),
    (
        two_layers,
        W,
        X.T @ ((np.tanh(X @ W + B) @ V - T) @ V.T),
        "The derivative of H (line",
    ),
    (skips, W, X.T @ (np.cos(X @ W) * T), ""),
    (skips, W, X.T @ (2 * (X @ W)), "What goes through H (line"),
    (
        sigmoid_net,
        W,
        np.outer(X[2], (2 * (squash(X @ W) - T) * squash(X @ W) * (1 - squash(X @ W)))[2]),
        "example 2 alone",
    ),
    (biased, B, 2 * (X @ W + B - T)[1], "example 1 alone"),
]


@pytest.mark.parametrize(("function", "x", "claimed", "said"), CASES)
def test_the_likely_mistake_is_named(
    function: Callable[..., Any], x: Any, claimed: Any, said: str
) -> None:
    report = cr.check_gradient(function, x, claimed)
    assert not report
    if said:
        assert said in repr(report)


@pytest.mark.parametrize(("function", "x"), [(case[0], case[1]) for case in CASES])
def test_right_gradients_are_right(function: Callable[..., Any], x: Any) -> None:
    assert cr.check_gradient(function, x)


def test_a_function_that_cannot_be_traced_is_still_checked() -> None:
    def branches(x: Any) -> Any:
        return float(x[0]) ** 2 if x[0] > 0 else 0.0

    assert "off" in repr(cr.check_gradient(branches, np.array([2.0, 1.0]), np.array([1.0, 3.0])))
