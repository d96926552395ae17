"""Loops as machine code: the interpreter's numbers, and the same bits on any number of threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.differentiate.test_programs import BINARY, UNARY
from tests.run.native.comparing import assert_close

import chainrule as cr
from chainrule.errors import ChainruleError, DataProblem, DomainProblem
from chainrule.graph.node import Array, Node, Shape, variable
from chainrule.ops.activation import tanh
from chainrule.ops.advanced_indexing import index
from chainrule.ops.broadcasting import broadcast, cast
from chainrule.ops.elementary import exp
from chainrule.ops.reduction import mean, sum_
from chainrule.run.loop import Loop, interpret_loop, run_loop
from chainrule.run.native.steps import NativeLoop, Pace

NO_ROWS: Any = np.empty((5, 0), np.intp)


def native(loop: Loop, data: Sequence[Array]) -> NativeLoop:
    found = loop.compiled([one.shape for one in data])
    assert found is not None
    return found


def assert_same_run(
    loop: Loop,
    starts: Sequence[Array],
    data: Sequence[Array] = (),
    rows: Any = NO_ROWS,
    fixed: Sequence[Array] = (),
    first: int = 1,
    tolerance: float | None = None,
) -> None:
    """Compiled and interpreted, to the last of the steps and in all that is recorded."""
    wanted = interpret_loop(loop, starts, data, rows, fixed, first)
    found = run_loop(loop, starts, data, rows, fixed, first)
    for some, others in zip(found, wanted, strict=True):
        for one, other in zip(some, others, strict=True):
            assert_close(one, other, tolerance)


# What is carried, at sizes that fit into registers and at sizes that do not.


def drawn(shape: Shape, seed: int = 0) -> Array:
    found: Array = np.asarray(np.random.default_rng(seed).normal(size=shape))
    return found


def unrecorded(a: Node, b: Node) -> Loop:
    return Loop(((a, a * 0.5 + b), (b, b - a)))


def exchanged(a: Node, b: Node) -> Loop:
    return Loop(((a, b), (b, a)), recorded=(a, b))


def rotated(a: Node, b: Node) -> Loop:
    return Loop(((a, b * 0.5), (b, a + b)), recorded=(sum_(a), a + b))


def doubled(a: Node, b: Node) -> Loop:
    new = tanh(a + b)
    return Loop(((a, new), (b, new)), recorded=(new, new, a))


def kept(a: Node, b: Node) -> Loop:
    return Loop(((a, a), (b, b + a)), recorded=(a, b))


def reset(a: Node, b: Node) -> Loop:
    return Loop(((a, broadcast(sum_(b) * 0 + 3, to=a.shape)), (b, a)), recorded=(a,))


def read_elsewhere(a: Node, b: Node) -> Loop:
    """The old value is read at other places than where the new one goes."""
    return Loop(((a, a[::-1] + b), (b, b * 0.5 + a[::-1])), recorded=(a[:1], sum_(b)))


def normalized(a: Node, b: Node) -> Loop:
    weights = exp(a - b)
    return Loop(((a, weights / sum_(weights)), (b, b - mean(a))), recorded=(mean(weights),))


CARRYING = (unrecorded, exchanged, rotated, doubled, kept, reset, read_elsewhere, normalized)


@pytest.mark.parametrize("steps", [0, 1, 2, 5])
@pytest.mark.parametrize("shape", [(2,), (7, 3), (300,), (40, 33)], ids=str)
@pytest.mark.parametrize("make", CARRYING, ids=lambda one: one.__name__)
def test_what_is_carried(make: Callable[..., Loop], shape: Shape, steps: int) -> None:
    loop = make(variable(shape), variable(shape))
    assert_same_run(loop, [drawn(shape, 1), drawn(shape, 2)], rows=NO_ROWS[:steps])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("batch", "width"), [(1, 3), (3, 2), (32, 17), (5, 0), (0, 4)])
def test_rows_are_gathered(batch: int, width: int, dtype: str) -> None:
    w, x, t = variable((width,), dtype), variable((batch, width), dtype), variable((batch,), dtype)
    error = x @ w - t
    loop = Loop(((w, w - 0.01 * (error @ x)),), (x, t), recorded=(sum_(error**2), x))
    data = [drawn((50, width)).astype(dtype), drawn((50,)).astype(dtype)]
    rows = np.random.default_rng(3).integers(50, size=(9, batch))
    assert_same_run(loop, [np.zeros(width, dtype)], data, rows)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [3, 400])
def test_steps_are_counted(size: int, dtype: str) -> None:
    w, step, rate = variable((size,), dtype), variable(()), variable((), dtype)
    by_step = (1 / (step + 1)) if dtype == "float64" else rate
    loop = Loop(((w, w * rate + by_step),), (), (rate,), step, (sum_(w), step))
    fixed = [np.asarray(0.5, dtype)]
    assert_same_run(loop, [drawn((size,)).astype(dtype)], (), NO_ROWS, fixed, first=7)


def test_what_numpy_computes_in_between() -> None:
    from chainrule.ops.sorting import sort

    w, x = variable((6,)), variable((4, 6))
    loop = Loop(((w, sort(w + sum_(x, axis=0)) * 0.5),), (x,), recorded=(w, sum_(w)))
    data, rows = [drawn((20, 6))], np.random.default_rng(1).integers(20, size=(7, 4))
    assert native(loop, data).lowered.falls_back
    assert_same_run(loop, [drawn((6,))], data, rows)


def test_parts_of_a_run_are_the_run() -> None:
    w, x, step = variable((300,)), variable((4, 300)), variable(())
    loop = Loop(((w, w - 0.1 * (w - mean(x, axis=0)) / step),), (x,), (), step, (sum_(w),))
    data, rows = [drawn((60, 300))], np.random.default_rng(1).integers(60, size=(11, 4))
    whole, (history,) = run_loop(loop, [np.ones(300)], data, rows)
    half, (early,) = run_loop(loop, [np.ones(300)], data, rows[:5])
    rest, (late,) = run_loop(loop, half, data, rows[5:], first=6)
    assert np.array_equal(rest[0], whole[0])
    assert np.array_equal(np.concatenate([early, late]), history)


def test_the_callers_arrays_are_neither_written_to_nor_handed_out() -> None:
    a, b = variable((300,)), variable((300,))
    loop = exchanged(a, b)
    starts = [drawn((300,), 1), drawn((300,), 2)]
    before = [one.copy() for one in starts]
    found, records = run_loop(loop, starts, [], NO_ROWS)
    for one in (*found, *records):
        one[...] = 7.0
    assert all(np.array_equal(one, was) for one, was in zip(starts, before, strict=True))


# Random loops.


class RandomLoop:
    """Graphs grown move by move on what is carried, gathered, fixed and counted."""

    def __init__(self, moves: list[tuple[int, int, int]], seed: int) -> None:
        random = np.random.default_rng(seed)
        carried = [variable((2, 3)), variable((3,)), variable(())]
        batch, scale, step = variable((2, 3)), variable(()), variable(())
        nodes = [*carried, batch, scale, 1 / step]
        for move, first, second in moves:
            a, b = nodes[-1 - first % min(len(nodes), 4)], nodes[second % len(nodes)]
            made = UNARY[move](a) if move < len(UNARY) else BINARY[move - len(UNARY)](a, b)
            if made.shape in ((2, 3), (3,), ()):
                nodes.append(made)
        pairs = []
        for old in carried:
            fitting = [node for node in nodes if node.shape == old.shape]
            new = fitting[int(random.integers(len(fitting)))]
            pairs.append((old, tanh(new) if random.random() < 0.8 else new))
        recorded = [nodes[int(random.integers(len(nodes)))] for _ in range(2)]
        self.loop = Loop(tuple(pairs), (batch,), (scale,), step, tuple(recorded))
        self.starts = [np.asarray(random.uniform(-1, 1, node.shape)) for node in carried]
        self.data = [random.uniform(-1, 1, (10, 3))]
        self.rows = random.integers(10, size=(int(random.integers(1, 6)), 2))
        self.fixed = [np.asarray(random.uniform(-1, 1))]

    def check(self) -> None:
        assert_same_run(self.loop, self.starts, self.data, self.rows, self.fixed, 1, tolerance=1e-8)


MOVES = st.lists(
    st.tuples(st.integers(0, len(UNARY) + len(BINARY) - 1), st.integers(0, 99), st.integers(0, 99)),
    min_size=1,
    max_size=15,
)
loops = st.builds(RandomLoop, MOVES, st.integers(0, 999))
QUIET = pytest.mark.filterwarnings("ignore::chainrule.errors.BroadcastWarning")


@QUIET
@given(loops)
@settings(max_examples=60)
def test_random_loops(loop: RandomLoop) -> None:
    loop.check()


@pytest.mark.soak
@QUIET
@given(loops)
@settings(max_examples=400, suppress_health_check=list(HealthCheck))
def test_many_random_loops(loop: RandomLoop) -> None:
    loop.check()


# Threads.


def network(params: Any, x: Any, t: Any) -> Any:
    for W, b in params[:-1]:
        x = np.maximum(x @ W + b, 0)
    (W, b) = params[-1]
    scores = x @ W + b
    scores = scores - np.max(scores, axis=1, keepdims=True)
    return np.mean(np.log(np.sum(np.exp(scores), axis=1)) - np.sum(scores * t, axis=1))


def normalizing(params: Any, x: Any, t: Any) -> Any:
    (W, b), (V, c) = params
    h = np.tanh(x @ W + b)
    centred = h - np.mean(h, axis=1, keepdims=True)
    h = centred / np.sqrt(np.mean(centred**2, axis=1, keepdims=True) + 1e-5)
    return np.mean((h @ V + c - t) ** 2) + 0.01 * sum(np.sum(W**2) for W, _ in params)


def convolving(params: Any, x: Any, t: Any) -> Any:
    (W, b), (V, c) = params
    images = x[:, :36].reshape(-1, 1, 6, 6)
    h = np.tanh(cr.numpy.conv2d(images, W[:4, :9].reshape(4, 1, 3, 3)))
    return np.mean((h.reshape(len(x), -1)[:, : len(V)] @ V + c - t) ** 2) + np.sum(b**2)


def trained(loss: Callable[..., Any], optimizer: Any, dtype: str, steps: int = 4) -> list[Array]:
    """Parameters and losses after some steps."""
    random = np.random.default_rng(0)
    shapes = [(40, 33), (33, 10)]
    params = [(random.normal(size=s).astype(dtype) / 5, np.zeros(s[1], dtype)) for s in shapes]
    x = random.normal(size=(100, 40)).astype(dtype)
    t = np.eye(10, dtype=dtype)[random.integers(10, size=100)]
    loop = cr.training_loop(loss, params, optimizer, batch_size=24)
    losses = loop(x, t, steps=steps)
    return [losses, *[one for pair in loop.params for one in pair]]


OPTIMIZERS = {
    "sgd": lambda: cr.sgd(0.1),
    "momentum": lambda: cr.momentum(0.1),
    "adam": lambda: cr.adam(0.01),
    "clipped": lambda: cr.clipped(cr.sgd(0.1), norm=0.5),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("loss", [network, normalizing, convolving], ids=lambda one: one.__name__)
def test_any_number_of_threads_gives_the_same_bits(
    loss: Any, optimizer: str, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = []
    for threads in ("1", "2", "3"):
        monkeypatch.setenv("CHAINRULE_THREADS", threads)
        runs.append(trained(loss, OPTIMIZERS[optimizer](), dtype))
    for run in runs[1:]:
        for found, wanted in zip(run, runs[0], strict=True):
            assert np.array_equal(found, wanted)


@pytest.mark.parametrize("asked", ["0", "257", "two", "-1", "1.5", "9" * 5000])
def test_threads_that_cannot_be(asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_THREADS", asked)
    with pytest.raises(DataProblem, match=r"CHAINRULE_THREADS is .*; expected 1 to 256"):
        trained(network, cr.sgd(0.1), "float64")


def test_threads_are_for_what_every_step_does() -> None:
    """A product that stays the same is computed once, however large it is."""
    w, x = variable((300, 300)), variable((300, 300))
    product = x @ x
    loops = [Loop(((w, w + product),), fixed=(x,)), Loop(((w, w @ product),), fixed=(x,))]
    once, again = (native(loop, []).lowered.work for loop in loops)
    assert once == w.size
    assert again == 2 * 300**3


# Seconds that a step takes on two threads and on one, and what it takes to begin two threads.
@pytest.mark.parametrize(
    ("on_two", "on_one", "beginning", "fastest"),
    [(8e-5, 1.3e-4, 1e-3, 2), (2e-4, 1.3e-4, 1e-3, 1), (1e-2, 2e-2, 1e-4, 2), (1, 0.6, 0, 1)],
)
def test_the_fastest_number_of_threads_is_found(
    on_two: float, on_one: float, beginning: float, fastest: int
) -> None:
    """Also where steps are asked for in small parts at first."""
    pace, taken = Pace((2, 1)), {2: on_two, 1: on_one}
    done = dict.fromkeys(taken, 0)
    for part in [1, 2, 4, 8, 16, 32, 64] + [128] * 40:
        left = part
        while left:
            threads, count = pace.next(left)
            pace.took(threads, count, taken[threads] * count + beginning * (threads == 2))
            left -= count
            done[threads] += count
    assert done[fastest] > 0.8 * sum(done.values())


# Errors of the data.


def walking(size: int) -> Loop:
    """Each step goes one place on in a table, and in the end beyond it."""
    place, table = variable((size,), np.int64), variable((20,))
    further = cast(place + 1, np.dtype(np.int64))
    return Loop(((place, further),), (), (table,), None, (sum_(index(table, place)),))


@pytest.mark.parametrize("steps", [21, 22, 30, 100])
@pytest.mark.parametrize("size", [1, 300])
def test_a_place_outside_is_said_as_the_interpreter_says_it(size: int, steps: int) -> None:
    loop, start = walking(size), np.zeros(size, np.int64)
    rows: Any = np.empty((steps, 0), np.intp)
    with pytest.raises(DomainProblem) as wanted:
        interpret_loop(loop, [start], [], rows, [np.arange(20.0)])
    with pytest.raises(DomainProblem) as found:
        run_loop(loop, [start], [], rows, [np.arange(20.0)])
    assert str(found.value) == str(wanted.value)
    assert "20" in str(found.value)
    assert_same_run(loop, [start], (), rows[:20], [np.arange(20.0)])


def test_a_training_loop_over_places_outside() -> None:
    def loss(table: Any, places: Any) -> Any:
        return np.sum(table[places] ** 2)

    loop = cr.training_loop(loss, np.ones((9, 4)), cr.sgd(0.1), batch_size=2)
    with pytest.raises(ChainruleError, match="9"):
        loop(np.array([1, 2, 3, 9]), steps=2)


# Loops that only carry.


@pytest.mark.parametrize("size", [3, 3000])
def test_two_values_that_change_places(size: int) -> None:
    """Nothing is gathered, recorded or counted, and each new value is made of the other old one."""
    a, b = variable((size,)), variable((size,))
    loop = Loop(((a, b[::-1]), (b, a[::-1] + 1)))
    rows: Any = np.empty((5, 0), np.intp)
    assert_same_run(loop, [np.arange(size * 1.0), np.ones(size)], (), rows, [])
