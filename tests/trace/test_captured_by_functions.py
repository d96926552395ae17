"""Functions that read what others hold: closures, defaults, modules, methods, arguments."""

from __future__ import annotations

import functools
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.trace.reading import ONES, TWO, Base, Counted, Derived, X

import chainrule as cr

W = np.ones(3)


@pytest.fixture(autouse=True)
def _fresh_globals() -> Iterator[None]:
    global W
    W = np.ones(3)
    return iter([None])


def test_enclosing_variables() -> None:
    weights, rate, calls = np.ones(3), 1.0, 0

    def loss(x: Any) -> Any:
        nonlocal calls
        calls += 1
        return rate * np.sum(x * weights)

    slope = cr.grad(loss)
    np.testing.assert_array_equal(slope(X), ONES)
    weights = TWO
    np.testing.assert_array_equal(slope(X), TWO)
    assert calls == 1
    rate = 2.0
    np.testing.assert_array_equal(slope(X), 4 * ONES)
    assert calls == 2


def test_functions_that_call_themselves_and_each_other_read_anew() -> None:
    weights = np.ones(3)

    def even(x: Any, n: int) -> Any:
        return np.sum(x * weights) if n == 0 else odd(x * weights, n - 1)

    def odd(x: Any, n: int) -> Any:
        return even(x * weights, n - 1)

    slope = cr.grad(even)
    np.testing.assert_array_equal(slope(X, 2), ONES)
    weights = TWO
    np.testing.assert_array_equal(slope(X, 2), 8 * ONES)


def test_defaults_are_read_anew() -> None:
    start = np.ones(3)

    def loss(x: Any, w: Any = start, *, v: Any = start) -> Any:
        return np.sum(x * w * v)

    slope = cr.grad(loss)
    np.testing.assert_array_equal(slope(X), ONES)
    start *= 2
    np.testing.assert_array_equal(slope(X), 4 * ONES)
    np.testing.assert_array_equal(slope(X, ONES), TWO)
    np.testing.assert_array_equal(slope(X, v=ONES), TWO)
    outer = cr.grad(lambda x, inner=lambda x: np.sum(x * start): inner(x))
    np.testing.assert_array_equal(outer(X), TWO)
    start *= 2
    np.testing.assert_array_equal(outer(X), 4 * ONES)


def test_decorated_functions_are_looked_into() -> None:
    scale = np.ones(3)

    def scaled(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def made(*arguments: Any, **settings: Any) -> Any:
            return function(*arguments, **settings) * scale.sum() / 3

        return made

    @scaled
    def loss(x: Any) -> Any:
        return np.sum(x * W)

    slope = cr.grad(loss)
    np.testing.assert_array_equal(slope(X), ONES)
    scale *= 2
    W[:] = 2
    np.testing.assert_array_equal(slope(X), 4 * ONES)
    assert slope.__name__ == "grad(loss)"


@pytest.fixture
def helper(tmp_path: Path) -> Iterator[Any]:
    path = tmp_path / "helper_of_a_test.py"
    path.write_text(
        "import numpy as np\nW = np.ones(3)\nRATE = 1.0\ndef forward(x):\n    return RATE * x * W\n"
    )
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules[path.stem]


def test_another_module_is_looked_into(helper: Any) -> None:
    slope = Counted(lambda x: np.sum(helper.forward(x)) + np.sum(helper.W * x))
    np.testing.assert_array_equal(slope(), TWO)
    helper.W = TWO
    np.testing.assert_array_equal(slope(), 4 * ONES)
    assert slope.times == 1
    helper.RATE = 2.0
    np.testing.assert_array_equal(slope(), 6 * ONES)
    helper.forward = lambda x: 0 * x
    np.testing.assert_array_equal(slope(), TWO)


def test_a_method_is_differentiated() -> None:
    model = Derived()
    slope = cr.grad(model)  # an object that is called
    np.testing.assert_array_equal(slope(X), TWO)
    model.W = TWO
    np.testing.assert_array_equal(slope(X), 8 * ONES)
    found = cr.intermediates(model.__call__)(X)
    assert "self.W" in found
    assert cr.grad(model.__call__) is cr.grad(model.__call__)


def test_objects_that_are_arguments_are_looked_into() -> None:
    model, calls = Base(), []

    def loss(x: Any, model: Any, act: Any) -> Any:
        calls.append(1)
        return act(model(x))

    slope = cr.grad(loss)
    np.testing.assert_array_equal(slope(X, model, lambda y: y), ONES)
    identity = lambda y: y * W.sum() / 3  # noqa: E731
    np.testing.assert_array_equal(slope(X, model, identity), ONES)
    model.W = TWO
    W[:] = 3
    np.testing.assert_array_equal(slope(X, model, identity), 6 * ONES)
    assert len(calls) == 2
    model.rate = 2.0
    np.testing.assert_array_equal(slope(X, model, identity), 12 * ONES)
    np.testing.assert_array_equal(slope(X, Base(), identity), 3 * ONES)


def test_an_array_behind_a_library_is_watched() -> None:
    """Where a library keeps an array, its numbers are compared at every call."""
    from collections import deque

    kept = deque([np.ones(3)])
    slope = cr.grad(lambda x: np.sum(x * kept[0]))
    np.testing.assert_array_equal(slope(X), ONES)
    kept[0] *= 2
    np.testing.assert_array_equal(slope(X), TWO)
    kept[0] = 3 * ONES
    np.testing.assert_array_equal(slope(X), 3 * ONES)


def test_captured_labels_and_truth_values() -> None:
    labels, mask = np.array([0, 2]), np.array([True, False, True])
    slope = cr.grad(lambda x: np.sum(x[labels]) + np.sum(np.where(mask, x, 0.0)))
    np.testing.assert_array_equal(slope(X), [2, 0, 2])
    labels[:], mask[:] = 1, False
    np.testing.assert_array_equal(slope(X), [0, 2, 0])


def test_a_gradient_of_a_gradient_reads_anew() -> None:
    weights = np.ones(3)
    inner = cr.grad(lambda x: np.sum(weights * x**3))
    outer = cr.grad(lambda x: np.sum(inner(x)))
    np.testing.assert_array_equal(outer(X), 6 * X)
    weights = TWO
    np.testing.assert_array_equal(outer(X), 12 * X)
