"""check_gradient: a gradient against differences, and what explains it if it is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import DataProblem

RANDOM = np.random.default_rng(2)
W = RANDOM.normal(size=(3, 3))
X = RANDOM.normal(size=(4, 3))
T = RANDOM.normal(size=(4, 3))


def loss(W: Any, X: Any, T: Any) -> Any:
    return np.sum((np.tanh(X @ W) - T) ** 2)


def right(W: Any, X: Any, T: Any) -> Any:
    H = np.tanh(X @ W)
    return X.T @ (2 * (H - T) * (1 - H**2))


def test_a_gradient_of_our_own() -> None:
    report = cr.check_gradient(loss, (W, X, T))
    assert report
    assert report.agrees
    assert list(report.diagnoses) == ["W", "X", "T"]
    assert repr(report).count("\n") >= 2
    assert set(report.json()["arguments"]) == {"W", "X", "T"}


def test_a_gradient_that_is_supplied() -> None:
    assert cr.check_gradient(loss, (W, X, T), right, wrt=0)
    assert cr.check_gradient(loss, (W, X, T), right(W, X, T), wrt=0)
    by_t = -2 * (np.tanh(X @ W) - T)
    assert cr.check_gradient(loss, (W, X, T), (right, None, by_t))
    assert cr.check_gradient(lambda x: np.sum(np.sin(x)), X, np.cos)


MISTAKES: list[tuple[Any, str]] = [
    (lambda W, X, T: -right(W, X, T), "sign_flipped"),
    (lambda W, X, T: right(W, X, T) / 2, "factor"),
    (lambda W, X, T: right(W, X, T).T, "transposed"),
    (lambda W, X, T: 0 * right(W, X, T), "zero"),
]


@pytest.mark.parametrize(("wrong", "kind"), MISTAKES)
def test_a_wrong_gradient_is_named(wrong: Any, kind: str) -> None:
    report = cr.check_gradient(loss, (W, X, T), wrong, wrt=0)
    assert not report
    diagnosis = report.diagnoses["W"]
    assert diagnosis.verdict == "wrong"
    assert kind in diagnosis.explanations[0].kind
    assert "the gradient by W is wrong" in repr(report)


def test_one_entry_that_is_off() -> None:
    wrong = right(W, X, T)
    wrong[1, 2] += 1.0
    report = cr.check_gradient(loss, (W, X, T), wrong, wrt=0)
    assert not report
    assert "[1, 2]" in repr(report)


def test_functions_of_other_libraries_are_run_as_they_are() -> None:
    special = pytest.importorskip("scipy.special")
    assert cr.check_gradient(
        lambda x: special.gammaln(x).sum(), np.abs(X) + 1, lambda x: special.digamma(x)
    )


def test_jacobians_numbers_and_kinks() -> None:
    assert cr.check_gradient(np.tanh, X[0])
    assert cr.check_gradient(lambda t: t**3, 2.0)
    assert cr.check_gradient(lambda t: t**3, 2)
    assert cr.check_gradient(lambda x: np.sum(np.abs(x)), np.array([0.0, 1.0, -2.0]))
    assert not cr.check_gradient(lambda x: np.sum(np.abs(x)), np.array([3.0, 1.0]), np.ones(2) * -1)


def test_float32() -> None:
    assert cr.check_gradient(loss, tuple(one.astype(np.float32) for one in (W, X, T)))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: cr.check_gradient(lambda x: x, "text"), "no array of real numbers"),
        (lambda: cr.check_gradient(loss, (W, X, T), (right, right)), "2 gradients are given for 3"),
    ],
)
def test_what_cannot_be_checked(call: Any, said: str) -> None:
    with pytest.raises(DataProblem, match=said):
        call()


def test_a_function_of_torch() -> None:
    torch = pytest.importorskip("torch")

    class Square(torch.autograd.Function):  # type: ignore[misc, name-defined]
        factor = 2.0

        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**2

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            (x,) = ctx.saved_tensors
            return Square.factor * x * grad

    x = torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64)
    assert cr.check_gradient(lambda x: Square.apply(x).sum(), x)
    Square.factor = 6.0
    report = cr.check_gradient(lambda x: Square.apply(x).sum(), x)
    assert not report
    assert "3 times the right one" in repr(report)
