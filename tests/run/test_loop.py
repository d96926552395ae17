"""Many steps as one program: what is carried, gathered, fixed, counted and recorded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chainrule.errors import DataProblem, ShapeError
from chainrule.graph.node import variable
from chainrule.ops.broadcasting import cast
from chainrule.ops.reduction import sum_
from chainrule.run.loop import Loop, run_loop

NO_ROWS: Any = np.empty((4, 0), np.intp)


def test_new_values_are_computed_from_the_old_ones() -> None:
    a, b = variable(()), variable(())
    loop = Loop(carried=((a, b), (b, a + b)), recorded=(a,))
    carried, (history,) = run_loop(loop, [np.array(0.0), np.array(1.0)], [], NO_ROWS)
    assert ([float(one) for one in carried], history.tolist()) == ([3.0, 5.0], [0.0, 1.0, 1.0, 2.0])


def test_every_gathered_input_takes_the_same_rows() -> None:
    total, x, t = variable((2,)), variable((3, 2)), variable((3,))
    loop = Loop(((total, total + t @ x),), gathered=(x, t), recorded=(sum_(t),))
    random = np.random.default_rng(0)
    X, T = random.normal(size=(9, 2)), random.normal(size=9)
    rows = random.integers(9, size=(5, 3))
    (found,), (sums,) = run_loop(loop, [np.zeros(2)], [X, T], rows)
    np.testing.assert_allclose(found, sum(T[chosen] @ X[chosen] for chosen in rows), rtol=1e-13)
    np.testing.assert_allclose(sums, [T[chosen].sum() for chosen in rows], rtol=1e-13)


def test_the_counter_goes_on_where_it_is_told_to() -> None:
    w, step = variable(()), variable(())
    loop = Loop(((w, w + step),), counter=step, recorded=(step,))
    (found,), (steps,) = run_loop(loop, [np.array(0.0)], [], NO_ROWS, first=10)
    assert (float(found), steps.tolist()) == (46.0, [10.0, 11.0, 12.0, 13.0])


def test_what_is_fixed_stays() -> None:
    w, rate = variable((2,)), variable(())
    loop = Loop(((w, w * rate),), fixed=(rate,), recorded=(w,))
    (found,), (history,) = run_loop(loop, [np.ones(2)], [], NO_ROWS, [np.array(2.0)])
    assert (found.tolist(), history.shape, history.dtype.name) == ([16.0, 16.0], (4, 2), "float64")


def test_parts_of_a_run_are_the_run() -> None:
    w, x, step = variable((2,)), variable((1, 2)), variable(())
    loop = Loop(((w, w - 0.1 * (w - x[0]) / step),), (x,), (), step, (w,))
    data = np.random.default_rng(1).normal(size=(6, 2))
    rows = np.arange(6)[:, None]
    whole, (history,) = run_loop(loop, [np.ones(2)], [data], rows)
    half, (first,) = run_loop(loop, [np.ones(2)], [data], rows[:2])
    rest, (second,) = run_loop(loop, half, [data], rows[2:], first=3)
    assert np.array_equal(rest[0], whole[0])
    assert np.array_equal(np.concatenate([first, second]), history)


def test_no_steps_at_all() -> None:
    w = variable((2,))
    loop = Loop(((w, 2 * w),), recorded=(w,))
    (found,), (history,) = run_loop(loop, [np.ones(2)], [], NO_ROWS[:0])
    assert (found.tolist(), history.shape) == ([1.0, 1.0], (0, 2))


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_the_callers_arrays_are_neither_written_to_nor_handed_out(steps: int) -> None:
    kept, moved = variable((3,)), variable((3,))
    loop = Loop(((kept, kept), (moved, kept)), recorded=(kept,))
    starts = [np.ones(3), np.zeros(3)]
    found, _ = run_loop(loop, starts, [], NO_ROWS[:steps])
    for one in found:
        one[:] = 7.0
    assert [start.tolist() for start in starts] == [[1.0] * 3, [0.0] * 3]
    assert not np.shares_memory(found[0], found[1])


def test_what_replaces_a_value_has_its_shape_and_type() -> None:
    w, number = variable((2,)), variable(())
    with pytest.raises(ShapeError, match=r"a value of shape \(2\) is replaced .* a number"):
        run_loop(Loop(((w, number),), fixed=(number,)), [np.ones(2)], [], NO_ROWS, [np.ones(())])
    with pytest.raises(DataProblem, match="float64 is replaced in each step by float32"):
        run_loop(Loop(((w, cast(w, np.dtype(np.float32))),)), [np.ones(2)], [], NO_ROWS)
