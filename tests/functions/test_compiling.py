"""`cr.compile` and `cr.plan` as they are first met: what they print, and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ChainruleError


def loss(W: Any, X: Any) -> Any:
    return np.sum(np.tanh(X @ W) ** 2)


def loop() -> Any:
    return cr.training_loop(loss, np.ones((3, 2)), cr.sgd(0.1))


def test_it_says_what_it_is_made_of() -> None:
    assert repr(cr.compile(loss)) == "<compile(loss)>"
    assert repr(cr.compile(cr.grad(loss))) == "<compile(grad(loss))>"


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: cr.compile(3), "cr.compile takes a function, not an object of type int"),  # type: ignore[arg-type]
        (lambda: cr.plan("loss"), "cr.plan takes a function, not an object of type str"),  # type: ignore[arg-type]
        (lambda: cr.compile(loop()), "a training loop is compiled already: call it"),
    ],
)
def test_what_is_no_function_is_refused(made: Any, message: str) -> None:
    with pytest.raises(ChainruleError, match=message):
        made()


def test_a_plan_is_a_table_of_kernels() -> None:
    title, head, *kernels, memory, work, limit = str(
        cr.plan(cr.grad(loss), np.ones((30, 20)), np.ones((50, 30)))
    ).splitlines()
    assert title == "compile(grad(loss))"
    assert head.split()[:3] == ["operations", "bytes", "[buffers"]
    assert [line.split()[:2] for line in kernels] == [["1", "product"], ["2", "product"]]
    assert memory.startswith("2 kernels, 1 thread; buffers ")
    assert work.endswith(" read and written")
    assert limit.endswith(" on this machine")


def test_a_small_function_has_no_buffers() -> None:
    *_, kernel, counted, _, _ = str(cr.plan(loss, np.ones((3, 2)), np.ones((4, 3)))).splitlines()
    assert kernel.split()[:4] == ["1", "everything", "in", "registers"]
    assert counted == "1 kernel, 1 thread"
    squares = cr.plan(lambda x: np.sum(x * x), np.ones(4))
    assert squares.report.operations == 8  # four products, and their sum


def test_a_plan_of_a_training_loop_is_asked_for_as_the_loop_is_called() -> None:
    X = np.ones((40, 3))
    found = cr.plan(loop(), X[:4])
    assert found.name == "<training loop: params (3, 2), sgd(0.1), step 0>"
    assert found.report.kernels == cr.plan(loop(), X[:4], steps=100, seed=3).report.kernels
    assert found.report.kernels == cr.plan(loop(), X, order=[[1, 2, 3, 4]]).report.kernels


def test_what_numpy_computes_is_said_last_and_once() -> None:
    lines = str(cr.plan(lambda x: np.sort(x)[0] * np.sort(-x)[0], np.ones(5))).splitlines()
    assert lines[-1] == "NumPy computes: sort"


@pytest.mark.parametrize("dtype", [np.float16, np.longdouble])
def test_other_floats_are_computed_by_numpy(dtype: Any) -> None:
    """Also where there is nothing to compute, but to hand out what was given."""

    def function(x: Any) -> Any:
        return x, x, x[::-1], x + x, np.tanh(x.astype(float))

    x = np.arange(5).astype(dtype)
    for found, wanted in zip(cr.compile(function)(x), function(x), strict=True):
        assert found.dtype == wanted.dtype
        np.testing.assert_allclose(found, wanted, rtol=1e-15)
    trained = cr.training_loop(lambda w, x: np.sum((w - x) ** 2), x, cr.sgd(0.25))
    assert trained(0 * x, steps=3).tolist() == [30.0, 7.5, 1.875]
    assert (trained.params.dtype, trained.params.tolist()) == (
        dtype,
        [0, 1 / 8, 1 / 4, 3 / 8, 1 / 2],
    )
