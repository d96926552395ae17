"""chainrule.numpy: NumPy's own names, and what NumPy lacks; alike in and out of a trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
import chainrule.numpy as cnp
from chainrule.errors import ChainruleError, DataProblem, ShapeError

X = np.array([0.5, -1.0, 2.0])
M = np.arange(6.0).reshape(2, 3) / 7
P = np.array([0.2, 0.3, 0.5])


def test_numpys_names_are_numpys() -> None:
    assert cnp.sin is np.sin
    assert cnp.pi == np.pi
    assert cnp.linalg is np.linalg
    assert cnp.float64 is np.float64
    assert {"array", "set", "scan", "softmax", "sin"} <= set(dir(cnp))
    assert cr.numpy is cnp
    for name in ("nothing", "_build", "__nothing__"):
        with pytest.raises(AttributeError, match=f"chainrule.numpy has no '{name}'"):
            getattr(cnp, name)


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def softmax(x: Any) -> Any:
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


# A call, and its value in plain NumPy.
CALLS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "softmax": (lambda x: cnp.softmax(x), softmax),
    "log_softmax": (lambda x: cnp.log_softmax(x), lambda x: np.log(softmax(x))),
    "logsumexp": (lambda x: cnp.logsumexp(x), lambda x: np.log(np.sum(np.exp(x), -1))),
    "softmax along the first axis": (
        lambda x: cnp.softmax(np.outer(x, P), axis=0), lambda x: softmax(np.outer(x, P).T).T),
    "log_softmax along the last axis": (
        lambda x: cnp.log_softmax(x, axis=-1), lambda x: np.log(softmax(x))),
    "relu": (lambda x: cnp.relu(x), lambda x: np.maximum(x, 0)),
    "sigmoid": (lambda x: cnp.sigmoid(x), sigmoid),
    "softplus": (lambda x: cnp.softplus(x), lambda x: np.log1p(np.exp(x))),
    "squared_error": (lambda x: cnp.squared_error(x, P), lambda x: np.sum((x - P) ** 2)),
    "mse": (lambda x: cnp.mse(x, P), lambda x: np.mean((x - P) ** 2)),
    "cross_entropy": (
        lambda x: cnp.cross_entropy(cnp.softmax(x), P), lambda x: -np.sum(P * np.log(softmax(x)))),
    "array of parts": (lambda x: cnp.array([x[0], 2.0, x[1]]),
        lambda x: np.array([x[0], 2.0, x[1]])),
    "array of rows": (lambda x: cnp.array([x, [1.0, 2.0, 3.0]]),
        lambda x: np.stack([x, [1.0, 2, 3]])),
    "nested array": (
        lambda x: cnp.array([[x[0], x[1]], [0.0, x[2]]]),
        lambda x: np.array([[x[0], x[1]], [0.0, x[2]]])),
    "asarray": (lambda x: cnp.asarray(x), lambda x: x),
    "set an entry": (lambda x: cnp.set(x, 1, 5.0), lambda x: np.array([x[0], 5.0, x[2]])),
    "set a traced entry": (
        lambda x: cnp.set(np.zeros(3), 0, x[2]), lambda x: np.array([x[2], 0.0, 0.0])),
    "set a slice": (lambda x: cnp.set(x, slice(1, None), x[:2]),
        lambda x: np.array([x[0], x[0], x[1]])),
    "set by a mask": (lambda x: cnp.set(x, np.array([True, False, True]), 0.0),
        lambda x: x * [0, 1, 0]),
    "take": (lambda x: cnp.take(x, [2, 0]), lambda x: x[[2, 0]]),
    "numpy": (lambda x: cnp.sin(x), np.sin),
}  # fmt: skip


@pytest.mark.parametrize(("call", "plain"), CALLS.values(), ids=CALLS)
def test_alike_on_numbers_and_traced(call: Any, plain: Any) -> None:
    wanted = plain(X)
    for found in (call(X), cr.vjp(call, X)[0]):
        np.testing.assert_allclose(found, wanted, rtol=1e-12)
        assert np.shape(found) == np.shape(wanted)
    assert cr.check_gradient(
        lambda x: np.sum(np.sin(plain(x))), X, cr.grad(lambda x: np.sum(np.sin(call(x))))
    )
    assert isinstance(call(X), np.ndarray | np.floating)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_type_is_kept(dtype: Any) -> None:
    x = X.astype(dtype)
    for name in ("softmax", "relu", "sigmoid", "logsumexp", "gelu"):
        assert getattr(cnp, name)(x).dtype == dtype
    assert cnp.array([x, x]).dtype == dtype
    assert cr.grad(lambda x: cnp.array([x, x], dtype).sum())(x).dtype == dtype
    assert cr.vjp(lambda x: cnp.array([x[0], 1.0]), x)[0].dtype == dtype


def test_array_is_numpys_on_numbers() -> None:
    assert cnp.array([1, 2]).dtype == np.array([1, 2]).dtype
    assert cnp.array([[1, 2]], float).dtype == np.float64
    x = X.copy()
    assert cnp.array(x) is not x


def test_set_leaves_its_argument_alone() -> None:
    x = X.copy()
    assert cnp.set(x, 0, 9.0)[0] == 9.0
    np.testing.assert_array_equal(x, X)


def test_traced_positions() -> None:
    slope = cr.grad(lambda w, at: np.sum(cnp.take(w, at, axis=0) ** 2))
    np.testing.assert_array_equal(slope(M, np.array([1, 1])), 4 * M * [[0], [1]])
    one_hot = cr.grad(lambda x, at: np.sum(cnp.take(np.eye(3), at, axis=0) * x))
    np.testing.assert_array_equal(one_hot(X, np.array([0, 2, 2])), [1, 0, 2])
    with pytest.raises(DataProblem, match=r"cr\.numpy\.take\(a, positions, axis=0\)"):
        cr.grad(lambda x, at: np.sum(np.eye(3)[at] * x))(X, np.array([0, 2, 2]))


def decay(rate: Any, steps: int) -> Any:
    last, all_ = cnp.scan(lambda x, _: (rate * x, x), np.array(1.0), length=steps)
    return last, all_


def test_a_scan_is_the_loop() -> None:
    last, all_ = decay(0.5, 4)
    assert last == 0.5**4
    np.testing.assert_array_equal(all_, [1, 0.5, 0.25, 0.125])
    traced_last, traced_all = cr.vjp(lambda r: decay(r, 4), 0.5)[0]
    assert traced_last == last
    np.testing.assert_array_equal(traced_all, all_)
    assert cr.grad(lambda r: decay(r, 4)[0])(0.5) == pytest.approx(4 * 0.5**3)
    assert cr.grad(lambda r: np.sum(decay(r, 4)[1]))(0.5) == pytest.approx(1 + 2 * 0.5 + 3 * 0.25)


def test_a_scan_in_containers() -> None:
    def step(carry: Any, x: Any) -> Any:
        h = np.tanh(carry["h"] + x["a"] * x["b"])
        return {"h": h, "n": carry["n"] + 1.0}, (h, None)

    def run(a: Any) -> Any:
        start = {"h": np.zeros(3), "n": np.array(0.0)}
        last, (hs, nothing) = cnp.scan(step, start, {"a": a, "b": np.ones((2, 3))})
        assert nothing is None
        return np.sum(last["h"]) * last["n"] + np.sum(hs)

    assert run(M) == pytest.approx(cr.value_and_grad(run)(M)[0])
    assert cr.check_gradient(run, M, cr.grad(run))


def test_a_scan_of_nothing() -> None:
    last, outputs = cnp.scan(lambda c, x: (c, None), np.array(1.0), length=3)
    assert last == 1.0
    assert outputs is None


@pytest.mark.parametrize(
    ("call", "kind", "said"),
    [
        (lambda x: cnp.array([x, x[:2]]).sum(), ShapeError, "one shape"),
        (lambda x: cnp.set(x, 7, 1.0).sum(), ShapeError, "out of range"),
        (lambda x: cnp.set(x, 0, np.ones(2)).sum(), ShapeError, r"\(2\)"),
        (lambda x: cnp.mse(x, np.ones((3, 1))), ShapeError, r"\(3\)"),
        (lambda x: cnp.softmax(x, axis=4).sum(), ChainruleError, "axis"),
    ],
)
def test_what_does_not_fit(call: Any, kind: Any, said: str) -> None:
    with pytest.raises(kind, match=said) as caught:
        cr.grad(call)(X)
    assert "test_namespace.py" in str(caught.value)


def test_what_does_not_fit_on_numbers() -> None:
    with pytest.raises(ShapeError, match=r"\(3\)"):
        cnp.mse(X, np.ones((3, 1)))
    with pytest.raises(DataProblem):
        cnp.softmax(["a"])
