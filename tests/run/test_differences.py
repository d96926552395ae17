"""Derivatives from values alone: exact where they can be, honest where they cannot."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.errors import ChainruleError, DataProblem, ShapeError
from chainrule.run.differences import numerical_gradient

X = np.random.default_rng(0).normal(size=5)
A = np.random.default_rng(1).normal(size=(3, 3)) + 3 * np.eye(3)


def _single(x: Any) -> Any:
    return np.sin(np.asarray(x, np.float32)).sum()


def _hidden_single(x: Any) -> float:
    return float(_single(x)) * 1.0


def _assigned(x: Any) -> Any:
    out = np.zeros(5)
    out[:] = x
    return (out**3).sum()


# name, function, x, derivative there, relative accuracy
SMOOTH: list[tuple[str, Callable[..., Any], Any, Any, float]] = [
    ("sin", lambda x: np.sin(x).sum(), X, np.cos(X), 1e-14),
    ("a number", lambda x: x**2, 3.0, 6.0, 1e-14),
    ("python's math", lambda x: math.exp(x) * x, 0.3, 1.3 * math.exp(0.3), 1e-11),
    ("a 0-d array", lambda x: np.exp(x), np.array(0.5), math.exp(0.5), 1e-14),
    ("a list", lambda x: x[0] * x[1], [2.0, 3.0], [3.0, 2.0], 1e-14),
    ("whole numbers", lambda x: (x**2).sum(), np.array([1, 2, 3]), [2.0, 4.0, 6.0], 1e-14),
    ("|x|", lambda x: np.abs(x).sum(), X, np.sign(X), 1e-14),
    ("norm", np.linalg.norm, X, X / np.linalg.norm(X), 1e-11),
    ("max", np.max, X, np.eye(5)[X.argmax()], 1e-11),
    ("sort", lambda x: np.sort(x)[0], X, np.eye(5)[X.argmin()], 1e-11),
    ("where", lambda x: np.where(x > 0, x**2, -x).sum(), X, np.where(X > 0, 2 * X, -1), 1e-11),
    ("into an array of zeros", _assigned, X, 3 * X**2, 1e-9),
    ("log det", lambda W: np.linalg.slogdet(W)[1], A, np.linalg.inv(A).T, 1e-8),
    ("det", np.linalg.det, A, np.linalg.det(A) * np.linalg.inv(A).T, 1e-8),
    ("eigenvalues", lambda W: np.linalg.eigvalsh(W + W.T).sum(), A, 2 * np.eye(3), 1e-8),
    ("flat to second order", lambda x: (x**2).sum(), np.zeros(3), np.zeros(3), 0),
    ("flat to third order", lambda x: (x**3).sum(), np.zeros(3), np.zeros(3), 1e-20),
    ("x·|x| at 0", lambda x: (x * np.abs(x)).sum(), np.zeros(2), np.zeros(2), 1e-9),
    ("|x|^1.5 at 0", lambda x: (np.abs(x) ** 1.5).sum(), np.zeros(2), np.zeros(2), 1e-9),
    ("no dependence", lambda x: 7.0, X, np.zeros(5), 0),
    ("huge x", lambda x: np.log(x).sum(), X**2 * 1e8, 1 / (X**2 * 1e8), 1e-12),
    ("tiny x", lambda x: np.log(x).sum(), X**2 * 1e-8, 1 / (X**2 * 1e-8), 1e-12),
    ("huge values", lambda x: 1e8 * np.abs(x).sum(), X, 1e8 * np.sign(X), 1e-9),
    ("tiny values", lambda x: 1e-8 * np.abs(x).sum(), X, 1e-8 * np.sign(X), 1e-9),
    ("mixed", lambda x: np.log(x).sum(), np.array([1, 1e-8, 1e-3]), [1, 1e8, 1e3], 1e-12),
    ("mixed, no complex", lambda x: np.log(np.abs(x)).sum(), [1, 1e-8, 1e-3], [1, 1e8, 1e3], 1e-9),
    ("near a kink", lambda x: np.maximum(x, 0).sum(), [1e-7, -1e-9], [1, 0], 1e-9),
    ("near a kink, rounded", lambda x: float(max(x, 0)), 1e-7, 1, 1e-6),
    ("a narrow step", lambda x: np.abs(np.tanh(1e6 * x)), 1e-7, 1e6 / np.cosh(0.1) ** 2, 1e-8),
    ("beside 1e10", lambda x: 1e10 + np.abs(x).sum(), X, np.sign(X), 1e-4),
    ("floor inside a step", lambda x: np.floor(x).sum(), np.array([0.5, -1.2]), [0, 0], 0),
    ("single precision", _single, X, np.cos(X), 1e-3),
    ("single precision inside", _hidden_single, X, np.cos(X), 1e-3),
    ("x in single precision", lambda x: np.tan(x).sum(), np.array([0], np.float32), [1], 1e-14),
    ("no x", lambda x: x.sum(), np.zeros((0, 3)), np.zeros((0, 3)), 0),
    ("no output", lambda x: x[:0], X, np.zeros((0, 5)), 0),
    ("a vector", lambda x: np.exp(x), X, np.diag(np.exp(X)), 1e-14),
    ("a matrix", lambda x: np.outer(x, x), X[:2],
     [[[2 * X[0], 0], [X[1], X[0]]], [[X[1], X[0]], [0, 2 * X[1]]]], 1e-14),
]  # fmt: skip


@pytest.mark.parametrize(
    ("f", "x", "wanted", "accuracy"), [row[1:] for row in SMOOTH], ids=[row[0] for row in SMOOTH]
)
def test_smooth(f: Callable[..., Any], x: Any, wanted: Any, accuracy: float) -> None:
    found = numerical_gradient(f, x)
    wanted = np.asarray(wanted, np.float64)
    assert found.value.shape == found.error.shape == wanted.shape
    assert not found.unusable
    largest = max(1.0, float(np.abs(wanted).max(initial=0))) if accuracy < 1e-15 else None
    scale = largest or float(np.abs(wanted).max(initial=0)) or 1.0
    assert np.abs(found.value - wanted).max(initial=0) <= accuracy * scale
    assert (np.abs(found.value - wanted) <= 4 * found.error + 1e-14 * np.abs(wanted) + 1e-19).all()


# name, function, x, what is said about its first entry
ROUGH: list[tuple[str, Callable[..., Any], Any, str]] = [
    ("relu", lambda x: np.maximum(x, 0).sum(), np.array([0.0, 1.0]), "slope is 0 below and 1 abo"),
    ("|x|", lambda x: np.abs(x).sum(), np.array([0.0, 1.0]), "a kink: the slope is -1 below"),
    ("|x - 1e8|", lambda x: np.abs(x - 1e8).sum(), np.array([1e8, 1.0]), "a kink"),
    ("leaky", lambda x: np.where(x > 0, x, 0.1 * x).sum(), np.array([0.0, 1.0]), "0.1 below and 1"),
    ("ties of max", np.max, np.array([2.0, 2.0, 1.0]), "a kink: the slope is 0 below and 1 above"),
    ("floor", lambda x: np.floor(x).sum(), np.array([2.0, 1.5]), "a jump"),
    ("a step", lambda x: (x > 0.0).sum() * 1.0, np.array([0.0, 1.5]), "a jump"),
    ("half a step", lambda x: np.heaviside(x, 0.5).sum(), np.array([0.0, 1.5]), "a jump"),
    ("root", lambda x: np.sqrt(x).sum(), np.array([0.0, 1.5]), "no finite value just below x"),
    ("cube root", lambda x: np.cbrt(x).sum(), np.array([0.0, 1.5]), "grows without bound"),
    ("log", lambda x: np.log(x).sum(), np.array([0.0, 1.5]), "f is -inf at x"),
    ("nan", lambda x: np.log(-np.abs(x)), np.array([2.0, 1.5]), "f is nan at x"),
    ("float32 kink", lambda x: np.maximum(np.float32(x), 0).sum(), np.eye(2)[1], "a kink"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("f", "x", "reason"), [row[1:] for row in ROUGH], ids=[row[0] for row in ROUGH]
)
def test_rough_places_are_left_out_with_the_reason(
    f: Callable[..., Any], x: Any, reason: str
) -> None:
    found = numerical_gradient(f, x)
    first = found.unusable[0]
    assert reason in first.reason
    assert np.isnan(found.value[first.index])
    assert np.isinf(found.error[first.index])


def test_a_function_that_fails_close_by() -> None:
    def whole(x: Any) -> Any:
        if x[0] != 1:
            raise ValueError("only  one\nwill do")
        return x.sum()

    found = numerical_gradient(whole, np.ones(2))
    assert found.unusable[0].reason == "ValueError: only one will do"
    assert found.value[1] == pytest.approx(1)


def _counting() -> Callable[[Any], Any]:
    calls = [0]

    def f(x: Any) -> Any:
        calls[0] += 1
        return x.sum() * (1 if calls[0] < 10 else 2)

    return f


CHANCE = np.random.default_rng(3)
REFUSED: list[tuple[str, Callable[..., Any], Any, type[ChainruleError], str]] = [
    ("chance", lambda x: x.sum() + CHANCE.normal(), X, DataProblem, "depends on chance"),
    ("dropout", lambda x: (x * (CHANCE.random(5) > 0.5)).sum(), X, DataProblem, "no dropout"),
    ("state", _counting(), X, DataProblem, "after other calls"),
    ("no return", lambda x: None, X, DataProblem, "is a 'return' missing"),
    ("text", lambda x: "a", X, DataProblem, "what f returns is no array of numbers"),
    ("two results", lambda x: (x, x[:2]), X, DataProblem, "what f returns is no array"),
    ("truth", lambda x: x > 0, X, DataProblem, "type bool"),
    ("complex", np.fft.fft, X, DataProblem, "type complex128"),
    ("fails", lambda x: x.reshape(2, 2), X, DataProblem, "f fails at x: ValueError: cannot"),
    ("shapes", lambda x: x[x < 0.1257303], X, ShapeError, "close to x, but"),
    ("x complex", lambda x: x, X + 1j, DataProblem, "needs real numbers"),
    ("x infinite", lambda x: x, [np.inf], DataProblem, "infinite"),
    ("x text", lambda x: x, "abc", DataProblem, "x is no array of numbers"),
    ("x none", lambda x: x, None, DataProblem, "x is None"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("f", "x", "error", "message"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_refused(f: Callable[..., Any], x: Any, error: type[ChainruleError], message: str) -> None:
    with pytest.raises(error, match=message):
        numerical_gradient(f, x)


def test_a_missing_argument() -> None:
    with pytest.raises(DataProblem, match="no input 2 among 1"):
        numerical_gradient(np.sum, X, argument=2)


def test_one_of_several_inputs() -> None:
    x, w = X[:3], A
    found = numerical_gradient(lambda x, w: (x @ w).sum(), (x, w), argument=1)
    np.testing.assert_allclose(found.value, np.outer(x, np.ones(3)), rtol=1e-13)
    held = numerical_gradient(lambda x, n, name: (x**n).sum(), (x, 2, "square"))
    np.testing.assert_allclose(held.value, 2 * x, rtol=1e-13)


def test_writing_into_the_input_is_noted_and_does_no_harm() -> None:
    def shifted(x: Any) -> Any:
        x -= 1
        return (x**2).sum()

    x = X.copy()
    found = numerical_gradient(shifted, x)
    assert found.notes == ("f writes into its input; here it was given copies.",)
    np.testing.assert_array_equal(x, X)
    np.testing.assert_allclose(found.value, 2 * (X - 1), rtol=1e-12)


def test_the_method_is_told() -> None:
    assert numerical_gradient(lambda x: np.sin(x).sum(), X).method == "complex step"
    assert "extended" in numerical_gradient(lambda x: np.abs(x).sum(), X).method or (
        np.finfo(np.longdouble).eps == np.finfo(np.float64).eps
    )
    assert numerical_gradient(lambda x: math.sin(x), 0.5).method == "central differences"
    mixed = numerical_gradient(lambda x: np.sin(x[0]) + np.abs(x[1]), X[:2] - 1)
    assert mixed.method.startswith("complex step, where it fails central differences")


def test_many_entries_are_sampled_and_directions_taken() -> None:
    x = np.random.default_rng(5).normal(size=(40, 30))
    found = numerical_gradient(lambda x: np.tanh(x).sum(), x)
    right = 1 - np.tanh(x) ** 2
    assert found.taken is not None
    assert found.slopes is not None
    assert len(found.taken) == np.isfinite(found.value).sum() == 200
    taken = np.isfinite(found.value)
    np.testing.assert_allclose(found.value[taken], right[taken], rtol=1e-12)
    along = np.tensordot(found.slopes.directions, right, 2)
    np.testing.assert_allclose(found.slopes.value, along, rtol=1e-11, atol=1e-11)
    again = numerical_gradient(lambda x: np.tanh(x).sum(), x)
    np.testing.assert_array_equal(again.value, found.value)  # always the same entries
    few = numerical_gradient(lambda x: np.tanh(x).sum(), x, entries=10, directions=0)
    assert (few.slopes, np.isfinite(few.value).sum()) == (None, 10)


def test_a_large_jacobian_is_projected() -> None:
    x = np.random.default_rng(5).normal(size=(40, 30))
    found = numerical_gradient(np.tanh, x, entries=20, directions=3)
    assert found.projections is not None
    assert found.slopes is not None
    assert found.value.shape == (8, 40, 30)
    assert found.slopes.value.shape == (3, 8)
    right = found.projections * (1 - np.tanh(x) ** 2)
    taken = np.isfinite(found.value)
    np.testing.assert_allclose(found.value[taken], right[taken], rtol=1e-9, atol=1e-9)


FUNCTIONS: list[tuple[Callable[[Any], Any], Callable[[Any], Any]]] = [
    (np.sin, np.cos),
    (np.tanh, lambda x: 1 / np.cosh(x) ** 2),
    (np.exp, np.exp),
    (lambda x: x**3 - x, lambda x: 3 * x**2 - 1),
    (np.arctan, lambda x: 1 / (1 + x**2)),
    (lambda x: np.log(1 + x**2), lambda x: 2 * x / (1 + x**2)),
    (lambda x: np.sqrt(1 + np.abs(x) ** 2), lambda x: x / np.sqrt(1 + x**2)),
]


@given(
    st.lists(st.floats(-5, 5).map(lambda x: round(x, 3)), min_size=1, max_size=4),
    st.sampled_from(FUNCTIONS),
    st.sampled_from(FUNCTIONS),
    st.sampled_from([1e-8, 1.0, 1e8]),
)
def test_random_smooth_functions(
    x: list[float], outer: tuple[Any, Any], inner: tuple[Any, Any], scale: float
) -> None:
    at = np.array(x)
    with np.errstate(over="ignore"):
        if not np.abs(outer[0](inner[0](at))).max() < 1e6:
            return
    right = scale * outer[1](inner[0](at)) * inner[1](at)
    found = numerical_gradient(lambda x: scale * outer[0](inner[0](x)).sum(), at)
    assert not found.unusable
    assert (np.abs(found.value - right) <= 4 * found.error + 1e-8 * np.abs(right)).all()
