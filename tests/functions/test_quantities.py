"""Every named quantity with its value and adjoint; the factors between them."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import DataProblem, ShapeError
from chainrule.functions.quantities import NamedFactor, NamedFork

RANDOM = np.random.default_rng(5)
X, W1, W2 = RANDOM.normal(size=3), RANDOM.normal(size=(3, 4)), RANDOM.normal(size=(4, 2))
T = RANDOM.normal(size=2)
captured = np.array([2.0, 3.0])


def network(x: Any, W1: Any, W2: Any, t: Any) -> Any:
    z = x @ W1
    h = np.tanh(z)
    y = h @ W2
    unused = np.exp(y)  # noqa: F841
    return np.sum((y - t) ** 2)


def test_values_and_adjoints() -> None:
    found = cr.intermediates(network)(X, W1, W2, T)
    z = X @ W1
    h = np.tanh(z)
    y = h @ W2
    by_y = 2 * (y - T)
    wanted = {
        "x": (X, W1 @ (W2 @ by_y * (1 - h**2))),
        "W1": (W1, np.outer(X, W2 @ by_y * (1 - h**2))),
        "W2": (W2, np.outer(h, by_y)),
        "t": (T, -by_y),
        "z": (z, W2 @ by_y * (1 - h**2)),
        "h": (h, W2 @ by_y),
        "y": (y, by_y),
        "unused": (np.exp(y), None),
    }
    assert list(found) == list(wanted)
    first = inspect.getsourcelines(network)[1]
    for at, name in enumerate(wanted):
        value, adjoint = wanted[name]
        np.testing.assert_allclose(found[name].value, value)
        if adjoint is None:
            assert found[name].adjoint is None
        else:
            np.testing.assert_allclose(found[name].adjoint, adjoint)
        assert found[name].line == (None if at < 4 else first + at - 3)
    assert found["h"].text == "h = np.tanh(z)"
    assert "no path" in repr(found)
    with pytest.raises(KeyError):
        found["nothing"]


def test_a_name_that_is_bound_again_is_numbered() -> None:
    def loss(x: Any) -> Any:
        h = np.sin(x)
        h = 2 * h
        return np.sum(h)

    found = cr.intermediates(loss)(X)
    assert list(found) == ["x", "h_1", "h_2"]
    np.testing.assert_allclose(found["h_1"].adjoint, 2 * np.ones(3))


def test_captured_arrays_are_quantities() -> None:
    found = cr.intermediates(lambda t: np.sum(captured * t))(T)
    np.testing.assert_array_equal(found["captured"].value, captured)
    np.testing.assert_array_equal(found["captured"].adjoint, T)
    found["captured"].value[:] = 0
    found["captured"].adjoint[:] = 0
    np.testing.assert_array_equal(captured, [2, 3])
    assert T.all()


def test_float32_and_whole_numbers() -> None:
    def loss(x: Any, at: Any) -> Any:
        part = x[at]
        return np.sum(part)

    found = cr.intermediates(loss)(X.astype(np.float32), np.array([0, 0]))
    assert found["part"].value.dtype == found["x"].adjoint.dtype == np.float32
    assert found["at"].adjoint is None
    np.testing.assert_array_equal(found["x"].adjoint, [2, 0, 0])


def test_what_has_no_intermediates() -> None:
    with pytest.raises(ShapeError, match=r"returns \(3\)"):
        cr.intermediates(lambda x: x)(X)
    for make in (cr.intermediates, cr.factors):
        with pytest.raises(DataProblem, match=f"cr.{make.__name__} is for numbers"):
            cr.grad(lambda x, make=make: make(network)(x, W1, W2, T))(X)


def product(links: Any) -> Any:
    """The chain multiplied out, links with several paths by their sums."""
    found = np.eye(1)
    for link in links:
        if isinstance(link, NamedFork) and link.count == len(link.paths):
            total = sum(product(path) for path in link.paths)
            np.testing.assert_allclose(total, link.jacobian.matrix(), atol=1e-12)
        found = found @ link.jacobian.matrix() if found.shape != (1, 1) else link.jacobian.matrix()
    return found


def chain(x: Any) -> Any:
    z = W1.T @ x
    h = np.tanh(z)
    y = W2.T @ h
    return np.sum(y**2)


def forked(x: Any) -> Any:
    a = np.sin(x)
    b = a**2
    c = np.exp(a)
    d = b * c
    return np.sum(d)


def direct(x: Any) -> Any:
    return np.sum(x**2)


def a_vector(x: Any) -> Any:
    h = np.tanh(x)
    return np.cumsum(h)


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (chain, ["∂chain/∂y", "∂y/∂h", "∂h/∂z", "∂z/∂x"]),
        (forked, ["∂forked/∂d", "∂d/∂a", "∂a/∂x"]),
        (direct, ["∂direct/∂x"]),
        (a_vector, ["∂a_vector/∂h", "∂h/∂x"]),
    ],
)
def test_the_product_of_the_factors_is_the_jacobian(function: Any, names: list[str]) -> None:
    links = cr.factors(function)(X)
    assert [f"∂{link.of}/∂{link.wrt}" for link in links] == names
    J = cr.jacobian(function)(X).matrix()
    np.testing.assert_allclose(product(links), J, atol=1e-12)


def test_a_fork_has_its_paths() -> None:
    fork = cr.factors(forked)(X)[1]
    assert isinstance(fork, NamedFork)
    assert fork.count == 2
    assert repr(fork).startswith("∂d/∂a = a sum over 2 paths, <Jacobian 3 × 3: ")
    paths = [[f"∂{one.of}/∂{one.wrt}" for one in path] for path in fork.paths]
    assert sorted(paths) == [["∂d/∂b", "∂b/∂a"], ["∂d/∂c", "∂c/∂a"]]
    assert all(isinstance(one, NamedFactor) for path in fork.paths for one in path)


def test_factors_by_another_argument() -> None:
    for wrt in (1, "W1", -3):
        links = cr.factors(network, wrt)(X, W1, W2, T)
        assert links[-1].wrt == "W1"
        wanted = cr.grad(network, 1)(X, W1, W2, T)
        np.testing.assert_allclose(product(links), wanted.reshape(1, -1), atol=1e-12)
    (link,) = cr.factors(lambda x, y: 3 * y, "y")(1.0, y=2.0)
    assert repr(link).startswith("∂result/∂y = <Jacobian 1 × 1: ")


def test_no_path_has_no_factors() -> None:
    assert cr.factors(lambda x, y: 3 * y)(1.0, 2.0) == ()


def test_factors_need_one_array() -> None:
    with pytest.raises(DataProblem, match="one array to differentiate, and one"):
        cr.factors(lambda p: p[0] * p[1])((1.0, 2.0))
