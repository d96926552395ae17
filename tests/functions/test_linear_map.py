"""The numeric Jacobian: products, entries and memory, as its structure allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import DataProblem, ShapeError
from chainrule.functions.linear_map import Jacobian
from chainrule.graph.node import Array
from chainrule.jacobians.kinds import Block, Diagonal, Product

W = np.random.default_rng(0).normal(size=(3, 4))


def drawn(*shape: int) -> Array:
    return np.random.default_rng(sum(shape)).normal(size=shape)


def many_steps(x: Any) -> Any:
    y = x[::-1]
    for _ in range(8):
        x, y = x + 0.1 * np.sin(y), y * x
    return x + y


# What is differentiated, and where: every kind of structure.
CASES: dict[str, tuple[Callable[[Any], Any], Array]] = {
    "elementwise": (lambda x: np.sin(x) * x, drawn(4)),
    "identity": (lambda x: x, drawn(2, 3)),
    "no dependence": (lambda x: np.zeros(2), drawn(3)),
    "a mask": (lambda x: np.maximum(x, 0), drawn(5)),
    "rows through a matrix": (lambda x: np.tanh(x @ W), drawn(2, 3)),
    "a mean": (lambda x: np.mean(x**2), drawn(2, 3)),
    "of one number": (lambda x: x * np.arange(1.0, 4.0), np.asarray(0.5)),
    "a number by a number": (np.sin, np.asarray(0.5)),
    "normalized rows": (
        lambda x: (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True)),
        drawn(3, 4),
    ),
    "softmax": (
        lambda x: (
            np.exp(x - x.max(axis=-1, keepdims=True))
            / np.exp(x - x.max(axis=-1, keepdims=True)).sum(axis=-1, keepdims=True)
        ),
        drawn(2, 4),
    ),
    "a quotient of sums": (lambda x: x / (1 / x.sum()) / x, drawn(4)),
    "many paths": (many_steps, drawn(5)),
}
every_case = pytest.mark.parametrize("name", CASES)


def differences(function: Callable[[Any], Any], x: Array) -> Array:
    columns = []
    for unit in np.eye(x.size).reshape(x.size, *x.shape):
        ahead, behind = function(x + 1e-6 * unit), function(x - 1e-6 * unit)
        columns.append((np.asarray(ahead) - np.asarray(behind)) / 2e-6)
    return np.stack(columns, -1).reshape(np.shape(function(x)) + x.shape)


@every_case
def test_products_are_those_of_the_matrix(name: str) -> None:
    function, x = CASES[name]
    J = cr.jacobian(function)(x)
    out, into = J.output_shape, J.input_shape
    assert (out, into) == (np.shape(function(x)), x.shape)
    entries = np.asarray(J)
    np.testing.assert_allclose(entries, differences(function, x), atol=1e-8)
    matrix = J.matrix()
    rows, columns = matrix.shape
    v, u = drawn(*into), drawn(*out)
    pairs = [
        (J @ v, (matrix @ v.ravel()).reshape(out)),
        (J @ v.ravel(), (matrix @ v.ravel()).reshape(out if into == v.ravel().shape else -1)),
        (J @ drawn(columns, 7), matrix @ drawn(columns, 7)),
        (u @ J, (u.ravel() @ matrix).reshape(into)),
        (u.ravel() @ J, (u.ravel() @ matrix).reshape(into if out == u.ravel().shape else -1)),
        (drawn(7, rows) @ J, drawn(7, rows) @ matrix),
        (J.T @ u, (u.ravel() @ matrix).reshape(into)),
        (v @ J.T, (matrix @ v.ravel()).reshape(out)),
        (J.T.matrix(), matrix.T),
        (J.T.T.matrix(), matrix),
        (J.T @ J, (matrix.T @ matrix).reshape(into + into)),
        (J @ J.T, (matrix @ matrix.T).reshape(out + out)),
        (J.diagonal(), np.diagonal(matrix)),
        (J.T.diagonal(), np.diagonal(matrix)),
        (J.tocsr().toarray(), matrix),
        (J.T.tocsr().toarray(), matrix.T),
    ]
    for found, wanted in pairs:
        assert found.shape == wanted.shape
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-13)


def test_it_stands_for_the_array_of_its_entries() -> None:
    J = cr.jacobian(lambda x: np.stack([x.sum(axis=0), x[0]]))(np.ones((2, 3)))
    entries = np.asarray(J)
    assert J.shape == entries.shape == (2, 3, 2, 3)
    assert (J.ndim, J.size, len(J), J.dtype) == (4, 36, 2, np.float64)
    np.testing.assert_array_equal(J[0], entries[0])
    np.testing.assert_array_equal(J[..., 1], entries[..., 1])
    np.testing.assert_array_equal(list(J), entries)
    for found, wanted in [
        (J + 1, entries + 1),
        (2 * J, 2 * entries),
        (J - J, 0 * entries),
        (J / 2, entries / 2),
        (-J, -entries),
        (abs(J), abs(entries)),
        (np.exp(J), np.exp(entries)),
        (np.equal(J, entries), np.ones_like(entries)),
        (entries * J, entries**2),
        (np.add.reduce(J), entries.sum(axis=0)),
    ]:
        assert isinstance(found, np.ndarray)
        np.testing.assert_array_equal(found, wanted)
    np.testing.assert_allclose(np.linalg.norm(J.matrix()), np.sqrt(entries.sum()))
    assert np.array(J, np.float32).dtype == np.float32
    with pytest.raises(TypeError, match="number by a number"):
        len(cr.jacobian(np.sin)(0.5))
    assert float(cr.jacobian(np.sin)(0.0)) == 1.0


def test_matmul_by_name_and_into_an_array() -> None:
    J = cr.jacobian(lambda x: W.T @ x)(np.ones(3))
    v = np.arange(3.0)
    np.testing.assert_allclose(np.matmul(J, v), W.T @ v)
    place = np.zeros(4)
    np.matmul(J, v, out=place)
    np.testing.assert_allclose(place, W.T @ v)


def test_it_is_as_large_as_its_structure() -> None:
    size = 10**6
    x = np.linspace(0, 1, size)
    J = cr.jacobian(lambda x: np.sin(x) * np.exp(-(x**2)))(x)
    assert J.nbytes == 8 * size
    assert isinstance(J.map, Diagonal)
    assert repr(J) == f"<Jacobian {size} × {size}: Diagonal, {size} numbers>"
    slopes = np.exp(-(x**2)) * (np.cos(x) - 2 * x * np.sin(x))
    np.testing.assert_allclose(J.diagonal(), slopes, atol=1e-14)
    np.testing.assert_allclose(J @ x, slopes * x, atol=1e-14)
    assert J.tocsr().nnz == J.T.tocsr().nnz == size
    H = cr.hessian(lambda x: np.sum(np.sin(x) * np.exp(-(x**2))))(x)
    assert isinstance(H.map, Diagonal)
    assert H.nbytes == 8 * size


def test_a_hessian_by_rows_is_block_diagonal() -> None:
    count, V = 20_000, W[:, :2]
    X = drawn(count, 3)
    H = cr.hessian(lambda X: np.sum(np.tanh(X @ V) ** 2))(X)
    assert H.nbytes <= 8 * (2 * count + 2 * V.size)
    assert H.tocsr().nnz == 9 * count
    t = np.tanh(X @ V)
    weights = 2 * (1 - t**2) * (1 - 3 * t**2)
    np.testing.assert_allclose(H.diagonal(), (weights @ (V**2).T).ravel(), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(H @ X, (weights * (X @ V)) @ V.T, rtol=1e-10, atol=1e-12)


def test_what_it_says() -> None:
    x = np.ones(3)
    assert repr(cr.jacobian(lambda x: x)(x)) == "<Jacobian 3 × 3: Identity, 0 numbers>"
    assert repr(cr.jacobian(np.sin)(1.0)).endswith("1 number>")
    layers = cr.jacobian(lambda x: np.tanh(x @ W))(x)
    assert repr(layers) == "<Jacobian 4 × 3: Diagonal · Multilinear, 16 numbers>"
    assert "(Diagonal · Multilinear)ᵀ" in repr(layers.T)
    assert "Block" in repr(cr.jacobian(many_steps)(x))


@pytest.mark.parametrize("name", ["elementwise", "a mask", "a mean", "softmax", "many paths"])
def test_precision_is_kept(name: str) -> None:
    function, x = CASES[name]
    J = cr.jacobian(function)(x.astype(np.float32))
    v, u = drawn(*J.input_shape), drawn(*J.output_shape)
    found = [np.asarray(J), J.diagonal(), J.tocsr(), J @ v, u @ J, J.T @ u, J.matrix()]
    assert {each.dtype.name for each in [J, *found]} == {"float32"}


def test_it_is_a_snapshot_and_gives_nothing_of_it_away() -> None:
    x, V = np.ones(3), W.copy()
    J = cr.jacobian(lambda x: np.tanh(x @ V) * x[0])(x)
    before, product = np.array(J), J @ x
    x[:], V[:] = 5.0, 7.0
    np.testing.assert_allclose(J @ np.ones(3), product)
    D = cr.jacobian(np.sin)(np.ones(3))
    for taken in (D.diagonal(), D.tocsr().data, D @ np.ones(3), np.ones(3) @ D):
        taken[:] = np.nan
    assert np.isfinite(np.asarray(D)).all()
    np.testing.assert_allclose(np.asarray(J), before)
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(J)[0] = 0.0
    one = cr.jacobian(lambda x: x)(np.ones(2))
    v = np.ones(2)
    (one @ v)[:] = 3.0
    assert v.tolist() == [1.0, 1.0]
    (np.ones(()) @ cr.jacobian(np.sum)(np.ones(2)))[:] = 3.0  # no read-only view


def test_a_product_of_two_points() -> None:
    derivative = cr.jacobian(many_steps)
    one, other = derivative(drawn(5)), derivative(2 * drawn(5))
    np.testing.assert_allclose(one @ other, one.matrix() @ other.matrix(), rtol=1e-12)


def test_what_does_not_fit() -> None:
    J = cr.jacobian(lambda x: x @ W)(np.ones((2, 3)))
    with pytest.raises(ShapeError, match=r"8 × 6 .* right with \(5\); \(2 × 3\) .* flat \(6\)"):
        J @ np.ones(5)
    with pytest.raises(ShapeError, match=r"left with \(3 × 2\); \(2 × 4\) is expected"):
        np.ones((3, 2)) @ J
    with pytest.raises(ShapeError, match="a number"):
        J @ 2.0
    with pytest.raises(DataProblem, match="complex128"):
        J @ np.ones((2, 3), complex)


def test_a_walk_of_its_own_keeps_its_kind() -> None:
    J = cr.jacobian(many_steps)(np.ones(5))
    parts = J.map.factors if isinstance(J.map, Product) else (J.map,)
    assert any(isinstance(part, Block) for part in parts)
    assert isinstance(J, Jacobian)
