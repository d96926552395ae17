"""The gradient of every example: each row of the result is the gradient of one example."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import DataProblem, ShapeError

RANDOM = np.random.default_rng(3)
W = RANDOM.normal(size=(3, 2))
X = RANDOM.normal(size=(5, 3))
T = RANDOM.normal(size=(5, 2))
LABELS = np.array([0, 1, 1, 0, 1])


def squared(w: Any, x: Any, t: Any) -> Any:
    return np.sum((np.tanh(x @ w) - t) ** 2)


def classified(w: Any, x: Any, label: Any) -> Any:
    z = x @ w
    return np.log(np.sum(np.exp(z))) - z[label]


def with_settings(p: Any, x: Any, power: int, kind: str) -> Any:
    y = x @ p["W"] + p["b"]
    return np.sum(y**power) if kind == "sum" else np.mean(y**power)


def row_by_row(function: Any, w: Any, *batches: Any) -> Any:
    return np.stack([cr.grad(function)(w, *row) for row in zip(*batches, strict=True)])


@pytest.mark.parametrize(("function", "batches"), [(squared, (X, T)), (classified, (X, LABELS))])
def test_each_row_is_one_examples_gradient(function: Any, batches: Any) -> None:
    found = cr.per_example_grad(function)(W, *batches)
    np.testing.assert_allclose(found, row_by_row(function, W, *batches))
    total = cr.grad(lambda w: sum(function(w, *row) for row in zip(*batches, strict=True)))(W)
    np.testing.assert_allclose(found.sum(axis=0), total)


def test_parameters_in_containers_and_settings() -> None:
    p = {"W": W, "b": np.zeros(2)}
    found = cr.per_example_grad(with_settings)(p, X, 2, "sum")
    for row, x in enumerate(X):
        wanted = cr.grad(with_settings)(p, x, 2, "sum")
        np.testing.assert_allclose(found["W"][row], wanted["W"])
        np.testing.assert_allclose(found["b"][row], wanted["b"])


def test_batches_in_containers() -> None:
    found = cr.per_example_grad(lambda w, batch: squared(w, batch["x"], batch["t"]))(
        W, {"x": X, "t": T}
    )
    np.testing.assert_allclose(found, row_by_row(squared, W, X, T))


def test_batches_by_name_and_what_is_shared() -> None:
    def loss(x: Any, w: Any, scale: Any) -> Any:
        return np.sum(scale * (x @ w) ** 2)

    scale = np.array([2.0, 3.0])
    found = cr.per_example_grad(loss, "w", batch="x")(X, W, scale)
    wanted = [cr.grad(loss, 1)(x, W, scale) for x in X]
    np.testing.assert_allclose(found, wanted)
    np.testing.assert_allclose(cr.per_example_grad(loss, 1, batch=[0])(X, W, scale), wanted)
    by_name = cr.per_example_grad(loss, "w", batch="x")
    np.testing.assert_allclose(by_name(X, scale=scale, w=W), wanted)
    both = cr.per_example_grad(loss, ("w", "scale"), batch="x")(X, W, scale)
    np.testing.assert_allclose(both[0], wanted)
    assert both[1].shape == (5, 2)


def test_the_gradient_by_the_batch_itself() -> None:
    found = cr.per_example_grad(lambda x, w: np.sum((x @ w) ** 2), 0, batch=0)(X, W)
    np.testing.assert_allclose(found, 2 * X @ W @ W.T)


def test_float32_is_kept() -> None:
    w, x, t = (one.astype(np.float32) for one in (W, X, T))
    found = cr.per_example_grad(squared)(w, x, t)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, row_by_row(squared, W, X, T), atol=1e-5)


def test_one_example_none_and_numbers() -> None:
    np.testing.assert_allclose(
        cr.per_example_grad(squared)(W, X[:1], T[:1])[0], cr.grad(squared)(W, X[0], T[0])
    )
    assert cr.per_example_grad(squared)(W, X[:0], T[:0]).shape == (0, 3, 2)
    np.testing.assert_array_equal(
        cr.per_example_grad(lambda w, x: w * x**2)(2.0, np.array([1.0, 3.0])), [1, 9]
    )


def test_captured_arrays_are_shared() -> None:
    scale = np.array([1.0, 2.0])
    slopes = cr.per_example_grad(lambda w, x: np.sum((x @ w) * scale))
    np.testing.assert_allclose(slopes(W, X), np.einsum("ni,j->nij", X, scale))
    scale *= 2
    np.testing.assert_allclose(slopes(W, X), np.einsum("ni,j->nij", X, scale))


def test_a_custom_operation_row_by_row() -> None:
    cube = cr.custom(lambda x: x**3, jacobians=lambda y, x: 3 * x**2)
    found = cr.per_example_grad(lambda w, x: np.sum(cube(x * w)))(np.ones(3), X)
    np.testing.assert_allclose(found, 3 * X**3)


@pytest.mark.parametrize(
    ("call", "kind", "said"),
    [
        (lambda: cr.per_example_grad(squared)(W, X, T[:3]), ShapeError, r"\(3 × 2\), \(5 × 3\)"),
        (lambda: cr.per_example_grad(lambda w: np.sum(w))(W), ShapeError, "needs a batch"),
        (lambda: cr.per_example_grad(lambda w, x: x @ w)(W, X), ShapeError, r"returns \(2\)"),
        (lambda: cr.per_example_grad(squared, batch=5)(W, X, T), DataProblem, "is not given"),
    ],
)
def test_what_cannot_be_batched(call: Any, kind: Any, said: str) -> None:
    with pytest.raises(kind, match=said):
        call()
