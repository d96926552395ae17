"""What a function may not capture or change, and settings and classes of odd kinds."""

from __future__ import annotations

import random
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import DataProblem

X = np.array([1.0, 2.0, 3.0])
ONES = np.ones(3)
TWO = 2 * ONES
W = np.ones(3)
RATE = 1.0
PARTS: Any = None  # what a case captures


def draws_from_numpy(x: Any) -> Any:
    return np.sum(x * np.random.normal(size=3))


def draws_from_a_generator(x: Any) -> Any:
    return np.sum(x * PARTS.normal(size=3))


def draws_from_python(x: Any) -> Any:
    return np.sum(x * random.random())


@pytest.mark.parametrize(
    ("function", "parts"),
    [
        (draws_from_numpy, None),
        (draws_from_python, None),
        (draws_from_a_generator, np.random.default_rng(0)),
        (draws_from_a_generator, np.random.RandomState(0)),
        (lambda x: np.sum(x) * PARTS.random(), random.Random(0)),
    ],
)
def test_random_numbers_are_refused(function: Any, parts: Any) -> None:
    global PARTS
    PARTS = parts
    with pytest.raises(DataProblem, match="draws random numbers"):
        cr.grad(function)(X)
    if parts is not None:
        with pytest.raises(DataProblem, match="draws random numbers"):
            cr.grad(lambda x, rng: np.sum(x) * rng.random())(X, parts)


def test_random_numbers_from_a_seed_are_the_same_at_every_call() -> None:
    slope = cr.grad(lambda x: np.sum(x * np.random.default_rng(0).normal(size=3)))
    np.testing.assert_array_equal(slope(X), np.random.default_rng(0).normal(size=3))


CHANGES = {
    "an entry": lambda x: W.__setitem__(0, 5.0),
    "in place": lambda x: W.__iadd__(1.0),
    "a sort": lambda x: W.sort(),
    "a traced entry": lambda x: np.zeros(3).__setitem__(0, x[0]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_captured_arrays_are_not_changed_while_tracing(change: Any) -> None:
    def loss(x: Any) -> Any:
        change(x)
        return np.sum(x)

    with pytest.raises((DataProblem, AttributeError)):
        cr.grad(loss)(X)
    np.testing.assert_array_equal(W, ONES)


@pytest.mark.parametrize("kind", [np.matrix, np.ma.MaskedArray])
def test_matrices_and_masked_arrays_are_refused(kind: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of NumPy, of matrices
        odd = kind([[1.0, 2.0]])
    with pytest.raises(DataProblem, match=r"make it a plain array, np\.asarray"):
        cr.grad(lambda x: np.sum(x * odd))(1.0)
    with pytest.raises(DataProblem, match="make it a plain array"):
        cr.grad(lambda x: np.sum(x))(odd)


def test_settings_that_have_no_hash() -> None:
    calls = []

    def loss(x: Any, which: Any) -> Any:
        calls.append(1)
        return sum(x[at] for at in which)

    slope, chosen = cr.grad(loss), {0, 1}
    np.testing.assert_array_equal(slope(X, chosen), [1, 1, 0])
    chosen.add(2)
    np.testing.assert_array_equal(slope(X, chosen), [1, 1, 1])
    np.testing.assert_array_equal(slope(X, {0, 1}), [1, 1, 0])
    assert len(calls) == 2
    np.testing.assert_array_equal(cr.grad(lambda x, s: np.sum(x[s]))(X, slice(1, None)), [0, 1, 1])
    with pytest.raises(DataProblem, match="bytearray, which may change unseen"):
        slope(X, bytearray(2))


def test_arguments_by_name() -> None:
    def loss(x: Any, *, w: Any, times: int = 1) -> Any:
        return times * np.sum(x * w)

    slope = cr.grad(loss)
    np.testing.assert_array_equal(slope(X, w=TWO), TWO)
    np.testing.assert_array_equal(slope(X, times=3, w=ONES), 3 * ONES)
    np.testing.assert_array_equal(slope(x=X, w=TWO), TWO)


def test_names_in_the_bodies_of_local_classes() -> None:
    def loss(x: Any) -> Any:
        @dataclass
        class Local:
            weights: Any = field(default_factory=lambda: W)
            scale: float = RATE

        return Local().scale * np.sum(x * Local().weights)

    slope = cr.grad(loss)
    np.testing.assert_array_equal(slope(X), ONES)
    W[:] = 2
    np.testing.assert_array_equal(slope(X), TWO)


def test_a_function_that_holds_itself() -> None:
    parts: list[Any] = [np.ones(3)]
    parts.append(parts)
    slope = cr.grad(lambda x: np.sum(x * parts[1][1][0]))
    np.testing.assert_array_equal(slope(X), ONES)
    parts[0] = TWO
    np.testing.assert_array_equal(slope(X), TWO)


def test_deep_containers_are_refused() -> None:
    deep: Any = np.ones(3)
    for _ in range(60):
        deep = [deep]

    def loss(x: Any) -> Any:
        inner = deep
        while isinstance(inner, list):
            inner = inner[0]
        return np.sum(x * inner)

    with pytest.raises(DataProblem, match="more than 50 deep"):
        cr.grad(loss)(X)
