"""What a plan says of its kernels: the bytes that they touch, and how often they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr

NUMBER = 8  # bytes
x, A, B = np.ones(3000), np.ones((300, 40)), np.ones((40, 50))

# What the first kernel reads, and what it writes.
TRAFFIC: dict[str, tuple[Callable[..., Any], tuple[np.ndarray, ...], int, int]] = {
    "all of it": (lambda x: x * 2, (x,), 3000, 3000),
    "one sum": (lambda x: np.sum(x * x), (x,), 3000, 1),
    "a slice": (lambda x: x[100:400] * 2, (x,), 300, 300),
    "every third": (lambda x: np.sum(x[::3]), (x,), 1000, 1),
    "slices that overlap": (lambda x: x[1:] - x[:-1], (x,), 3000, 2999),
    "some columns": (lambda A: np.sum(A[:, 5:15] ** 2), (A,), 3000, 1),
    "a row for all rows": (lambda A: A + A[0], (A,), 12_000, 12_000),
    "windows": (cr.numpy.conv2d, (np.ones((1, 1, 20, 30)), np.ones((4, 1, 3, 3))), 600,
                9 * 18 * 28),
    "a product": (lambda A, B: A @ B, (A, B), 12_000 + 2000, 15_000),
    "a product of parts": (lambda A, B: A[:30] @ B[:, :20], (A, B), 1200 + 800, 600),
    "a few rows of many": (lambda A, at: np.sum(A[at]), (A, np.array([0, 7, 299])), 120 + 3, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", TRAFFIC)
def test_the_bytes_of_the_first_kernel(name: str) -> None:
    function, arguments, read, written = TRAFFIC[name]
    kernel = cr.plan(function, *arguments).report.kernels[0]
    assert kernel.bytes == NUMBER * (read + written)


def test_an_update_reads_and_writes_what_it_replaces() -> None:
    loop = cr.training_loop(lambda w: np.sum((w - 1) ** 2) / 2, np.zeros(1000), cr.sgd(0.1))
    update = cr.plan(loop).report.kernels[-1]
    assert update.bytes == NUMBER * 2 * 1000


def test_what_is_the_same_in_each_step_is_computed_once() -> None:
    matrix = np.eye(30)

    def loss(w: Any, x: Any) -> Any:
        return np.sum((x @ (matrix @ matrix) @ w) ** 2)

    plan = cr.plan(cr.training_loop(loss, np.zeros((30, 4)), cr.sgd(0.1), 8), np.ones((90, 30)))
    first, *others = plan.report.kernels
    assert first.once
    assert not any(one.once for one in others)
    assert plan.report.operations == sum(one.operations for one in others)
    assert plan.report.bytes == sum(one.bytes for one in others)
    shown = str(plan).splitlines()
    assert "once: product (30 × 30) (30 × 30)" in shown[2]
    assert sum("once:" in line for line in shown) == 1


def test_a_call_computes_everything_again() -> None:
    matrix = np.eye(30)
    report = cr.plan(lambda x: x @ (matrix @ matrix), np.ones((20, 30))).report
    assert len(report.kernels) == 2
    assert not any(one.once for one in report.kernels)


@pytest.mark.parametrize("columns", [10, 1000])
def test_a_logarithm_for_each_row_is_not_computed_for_each_entry(columns: int) -> None:
    """Beside short rows in a kernel of its own, for many rows at once."""

    def loss(z: Any, t: Any) -> Any:
        return np.sum(t * (z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))))

    report = cr.plan(loss, np.ones((300, columns)), np.ones((300, columns))).report
    (kernel,) = (one for one in report.kernels if "log" in one.functions)
    assert kernel.what == ("sweep over 300" if columns == 10 else "sweep over 300 rows of 1000 + 1")


def test_buffers_are_those_that_kernels_touch() -> None:
    """What is computed where it is read has no memory of its own."""
    report = cr.plan(lambda x: np.sum(np.tanh(x) * 2 + x), x).report
    assert [one.size for one in report.buffers] == [3000, 1]
