"""`cr.training_loop`: the same as a loop in Python, step for step and bit for bit."""

from __future__ import annotations

import copy
import signal
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ChainruleError, DomainProblem, GradientWarning
from chainrule.graph.node import Array
from chainrule.optimize.optimizer import Optimizer
from chainrule.run.loop import interpret_loop
from chainrule.train.order import batches

Params = dict[str, Array]
Update = Callable[[Array, Array, Any], Array]


def network(params: Params, X: Array, T: Array) -> Any:
    H = np.tanh(X @ params["W1"] + params["b1"])
    Y = H @ params["W2"] + params["b2"]
    return np.mean((Y - T) ** 2)


def start(dtype: str = "float64") -> Params:
    random = np.random.default_rng(0)
    shapes = {"W1": (3, 4), "b1": (4,), "W2": (4, 2), "b2": (2,)}
    return {name: random.normal(size=shape).astype(dtype) for name, shape in shapes.items()}


def data(dtype: str = "float64", examples: int = 23) -> tuple[Array, Array]:
    random = np.random.default_rng(1)
    X = random.normal(size=(examples, 3)).astype(dtype)
    return X, np.stack([np.sin(X[:, 0]), X[:, 1] * X[:, 2]], axis=1).astype(dtype)


def equal(found: Any, wanted: Any) -> bool:
    return found.keys() == wanted.keys() and all(
        found[name].dtype == wanted[name].dtype and np.array_equal(found[name], wanted[name])
        for name in wanted
    )


# The same as by hand.


def by_hand(name: str) -> Callable[[int, Array, Array, list[Array]], Array]:
    """One step for one parameter in NumPy; `kept` is what is remembered of it."""

    def sgd(t: int, W: Array, g: Array, kept: list[Array]) -> Array:
        return W - 0.05 * g

    def momentum(t: int, W: Array, g: Array, kept: list[Array]) -> Array:
        kept[0] = 0.9 * kept[0] + g
        return W - 0.05 * kept[0]

    def adam(t: int, W: Array, g: Array, kept: list[Array]) -> Array:
        kept[0] = 0.9 * kept[0] + 0.1 * g
        kept[1] = 0.999 * kept[1] + 0.001 * g**2
        root = np.sqrt(1 - np.power(0.999, t))
        size = (0.05 * root / (1 - np.power(0.9, t))).astype(W.dtype)
        return W - size * kept[0] / (np.sqrt(kept[1]) + (1e-8 * root).astype(W.dtype))

    return {"sgd": sgd, "momentum": momentum, "adam": adam}[name]


OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": cr.sgd(0.05),
    "momentum": cr.momentum(0.05),
    "adam": cr.adam(0.05),
}


def in_python(name: str, dtype: str, order: Iterable[Any]) -> tuple[Params, list[Any]]:
    """The loop that one would write, with `cr.value_and_grad`."""
    (X, T), params, rule = data(dtype), start(dtype), by_hand(name)
    kept = {one: [np.zeros_like(value), np.zeros_like(value)] for one, value in params.items()}
    step, losses = cr.value_and_grad(network), []
    for t, rows in enumerate(order, start=1):
        value, slopes = step(params, X[rows], T[rows])
        losses.append(value)
        params = {one: rule(t, params[one], slopes[one], kept[one]) for one in params}
    return params, losses


EACH = pytest.mark.parametrize(
    ("name", "dtype", "batch"), list(product(OPTIMIZERS, ["float32", "float64"], [None, 5]))
)


@EACH
def test_it_is_the_loop_that_one_would_write(name: str, dtype: str, batch: int | None) -> None:
    order = [slice(None)] * 30 if batch is None else batches(0, 30, 23, 5, seed=4)
    params, losses = in_python(name, dtype, order)
    loop = cr.training_loop(network, start(dtype), OPTIMIZERS[name], batch)
    found = loop(*data(dtype), steps=30, seed=4)
    assert found.dtype == np.dtype(dtype)
    near = 1e-10 if dtype == "float64" else 1e-3
    np.testing.assert_allclose(found, losses, rtol=near)
    for one, value in loop.params.items():
        np.testing.assert_allclose(value, params[one], rtol=near, atol=near)


@EACH
def test_in_the_interpreter_it_has_the_same_bits(name: str, dtype: str, batch: int | None) -> None:
    order = [slice(None)] * 30 if batch is None else batches(0, 30, 23, 5, seed=4)
    params, losses = in_python(name, dtype, order)
    loop = cr.training_loop(network, start(dtype), OPTIMIZERS[name], batch)
    loop(*data(dtype), steps=0)
    assert loop.program is not None
    carried = [*loop.params.values(), *[v for one in loop.state.values() for v in one.values()]]
    gathered, fixed = ([], data(dtype)) if batch is None else (data(dtype), [])
    rows = np.empty((30, 0), np.intp) if batch is None else np.asarray(order)
    found, (history,) = interpret_loop(loop.program, carried, gathered, rows, fixed)
    assert np.array_equal(history, losses)
    for value, wanted in zip(found, params.values(), strict=False):
        assert value.dtype == wanted.dtype
        assert np.array_equal(value, wanted)


# Orders, seeds, calls that go on.


def trained(optimizer: Optimizer, *calls: dict[str, Any], batch: int | None = 4) -> Any:
    loop = cr.training_loop(network, start(), optimizer, batch)
    losses = [loop(*data(), **call) for call in calls]
    return loop, np.concatenate(losses)


def test_the_same_seed_gives_the_same_bits() -> None:
    (one, first), (two, second) = [trained(cr.adam(0.01), {"steps": 40, "seed": 9}) for _ in "12"]
    assert np.array_equal(first, second)
    assert equal(one.params, two.params)
    _, other = trained(cr.adam(0.01), {"steps": 40, "seed": 10})
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("batch", [None, 4])
def test_calls_go_on_where_the_last_one_ended(batch: int | None) -> None:
    optimizer = cr.adam(cr.cosine_decay(0.1, 50))
    whole, losses = trained(optimizer, {"steps": 30}, batch=batch)
    parts, joined = trained(optimizer, {"steps": 7}, {"steps": 0}, {"steps": 23}, batch=batch)
    assert np.array_equal(losses, joined)
    assert equal(whole.params, parts.params)
    assert (whole.step, parts.step) == (30, 30)


def test_an_order_takes_the_place_of_a_seed() -> None:
    order = batches(0, 25, 23, 4, seed=3)
    seeded, losses = trained(cr.momentum(0.05), {"steps": 25, "seed": 3})
    given, same = trained(cr.momentum(0.05), {"order": order})
    free, again = trained(cr.momentum(0.05), {"order": order.tolist(), "steps": 25}, batch=None)
    assert np.array_equal(losses, same)
    assert np.array_equal(losses, again)
    assert equal(seeded.params, given.params)
    assert equal(seeded.params, free.params)


@pytest.mark.parametrize("turns", ["batch all", "all batch"])
def test_all_data_and_batches_of_the_same_shape(turns: str) -> None:
    """Three examples are all data, or rows of others: the same signature, and another program."""
    x = np.arange(18.0).reshape(9, 2)
    loop, w = cr.training_loop(square, np.zeros(2), cr.sgd(0.1)), np.zeros(2)
    for turn in turns.split():
        found = loop(x[:3], steps=1) if turn == "all" else loop(x, order=[[6, 7, 8]])
        rows = x[:3] if turn == "all" else x[6:]
        assert found.tolist() == pytest.approx([np.mean((w - rows) ** 2)])
        w = w - 0.1 * (w - rows.mean(axis=0))
    np.testing.assert_allclose(loop.params, w, rtol=1e-12)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_goes_on_by_itself(copied: Callable[[Any], Any]) -> None:
    loop, _ = trained(cr.adam(0.01), {"steps": 7})
    other = copied(loop)
    before = other.params
    losses = loop(*data(), steps=5)
    assert (loop.step, other.step, equal(other.params, before)) == (12, 7, True)
    assert np.array_equal(other(*data(), steps=5), losses)
    assert equal(other.params, loop.params)


def test_a_run_longer_than_one_part() -> None:
    """Parts grow from one step on; their edges are not to be seen."""
    loop = cr.training_loop(lambda w, t: (w - t) ** 2, 0.0, cr.sgd(0.001))
    losses = loop(1.0, steps=2000)
    w, expected = 0.0, []
    for _ in range(2000):
        expected.append((w - 1.0) ** 2)
        w = w - 0.001 * (2 * (w - 1.0))
    np.testing.assert_allclose(losses, expected, rtol=1e-10)


# What parameters and data may be.


class Layer(NamedTuple):
    W: Array
    b: Array


@dataclass
class Net:
    layers: list[Layer]
    scale: float
    activation: str


def of_net(net: Net, x: Array) -> Any:
    assert net.activation == "tanh"
    for layer in net.layers:
        x = np.tanh(x @ layer.W + layer.b)
    return np.sum(x**2) * net.scale


def test_parameters_come_back_in_their_containers() -> None:
    net = Net([Layer(np.eye(2), np.zeros(2)), Layer(np.ones((2, 2)), np.ones(2))], 0.5, "tanh")
    loop = cr.training_loop(of_net, net, cr.adam())
    loop(np.ones(2), steps=3)
    found = loop.params
    assert (type(found), type(found.layers), type(found.layers[1])) == (Net, list, Layer)
    assert (found.activation, found.scale.dtype, found.layers[0].W.shape) == ("tanh", float, (2, 2))
    assert loop.state["v"].layers[1].b.shape == (2,)
    assert (loop.state["m"].activation, sorted(loop.state)) == (None, ["m", "v"])


def test_what_was_handed_in_is_not_written_to_and_what_is_handed_out_is_a_copy() -> None:
    given = start()
    loop = cr.training_loop(network, given, cr.adam(0.1), 4)
    loop(*data(), steps=5)
    assert equal(given, start())
    before = loop.params
    loop.params["W1"][:] = 0
    loop.state["m"]["W1"][:] = 0
    assert equal(loop.params, before)
    assert loop.state["m"]["W1"].any()


def test_a_number_alone_is_trained_and_so_is_a_whole_one() -> None:
    for first in (3, 3.0, np.float64(3), np.array(3.0)):
        loop = cr.training_loop(lambda w: (w - 1) ** 2, first, cr.sgd(0.25))
        assert loop(steps=2).tolist() == [4.0, 1.0]
        assert loop.params == 1.5


def test_numbers_among_the_data_and_settings_stay_with_every_batch() -> None:
    def loss(w: Array, x: Array, factor: float, kind: str, extra: dict[str, Array]) -> Any:
        assert kind == "mean"
        return np.mean((x * w - extra["t"]) ** 2) * factor

    x, t = np.arange(1.0, 7.0), 2 * np.arange(1.0, 7.0)
    loop = cr.training_loop(loss, 0.0, cr.sgd(0.01), 2)
    order = [[0, 1], [4, 5], [2, 2]]
    losses = loop(x, 0.5, "mean", {"t": t}, order=order)
    w = 0.0
    for rows, found in zip(order, losses, strict=True):
        assert found == pytest.approx(np.mean((x[rows] * w - t[rows]) ** 2) * 0.5, rel=1e-14)
        w -= 0.01 * np.mean(2 * (x[rows] * w - t[rows]) * x[rows]) * 0.5


def test_labels_are_gathered_with_their_rows() -> None:
    def loss(W: Array, X: Array, labels: Array) -> Any:
        return -np.mean(cr.numpy.log_softmax(X @ W)[np.arange(len(labels)), labels])

    X = np.eye(6)
    loop = cr.training_loop(loss, np.zeros((6, 3)), cr.sgd(1.0), 2)
    losses = loop(X, np.array([0, 1, 2, 0, 1, 2]), steps=30)
    assert losses[0] == pytest.approx(np.log(3))
    assert losses[-1] < 0.2


def test_arrays_that_the_loss_closes_over_are_read_at_each_call() -> None:
    target = np.zeros(2)
    loop = cr.training_loop(lambda w: np.sum((w - target) ** 2), np.ones(2), cr.sgd(0.5))
    loop(steps=1)
    assert loop.params.tolist() == [0.0, 0.0]
    target[:] = 3.0
    loop(steps=1)
    assert loop.params.tolist() == [3.0, 3.0]


def test_the_loss_is_traced_once_for_each_signature() -> None:
    traced = []

    def loss(w: Array, x: Array) -> Any:
        traced.append(x.shape)
        return np.sum((w - x) ** 2)

    loop = cr.training_loop(loss, np.ones(2), cr.momentum(0.1), 3)
    for rows in (9, 12, 300):
        loop(np.zeros((rows, 2)), steps=4)
    assert traced == [(3, 2)]
    loop(np.zeros((9, 2)), order=[[0, 1, 2]])
    assert traced == [(3, 2)]
    loop(np.zeros((9, 4, 2)), steps=1)
    assert traced == [(3, 2), (3, 4, 2)]


def test_a_parameter_that_the_loss_does_not_use_stays() -> None:
    loop = cr.training_loop(
        lambda p: np.sum(p["used"] ** 2), {"used": np.ones(2), "idle": np.ones(3)}, cr.adam()
    )
    with pytest.warns(GradientWarning, match=r"params\.idle|p\.idle|idle"):
        loop(steps=2)
    assert loop.params["idle"].tolist() == [1.0, 1.0, 1.0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loop(steps=2)  # said once


def test_it_says_what_it_is() -> None:
    loop = cr.training_loop(network, start(), cr.sgd(0.1))
    assert repr(loop) == (
        "<training loop: params.W1 (3, 4), params.b1 (4,), params.W2 (4, 2), params.b2 (2,), "
        "sgd(0.1), step 0>"
    )


# What goes wrong.


def test_a_loss_that_is_not_finite_is_said_with_its_step() -> None:
    loop = cr.training_loop(lambda w: (w - 3) ** 2, 2.0, cr.sgd(3.0))
    with pytest.raises(DomainProblem) as caught:
        loop(steps=1000)
    assert "the loss is inf at step 222; before, it was 3.5221e+307" in str(caught.value)
    assert (loop.step, loop.losses.shape) == (221, (221,))
    assert np.isfinite(loop.losses).all()
    assert abs(loop.params - 3) > 1e154  # the square is too large
    fresh = cr.training_loop(lambda w: (w - 3) ** 2, 2.0, cr.sgd(3.0))
    assert np.array_equal(fresh(steps=221), loop.losses)
    assert fresh.params == loop.params


def test_a_loss_that_is_not_finite_from_the_start() -> None:
    loop = cr.training_loop(lambda w: np.log(w), -1.0, cr.sgd(0.1))
    with pytest.raises(DomainProblem, match=r"nan at step 1: look at the parameters and the data"):
        loop(steps=10)
    assert (loop.step, loop.params, loop.losses.size) == (0, -1.0, 0)


def test_an_interrupted_run_stands_where_it_was_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = cr.training_loop(lambda w: np.sum((w - 3) ** 2), np.zeros(3), cr.sgd(0.001))
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    before = signal.signal(signal.SIGALRM, _interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            loop(steps=1 << 30)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert 0 < loop.step < 1 << 30
    assert loop.losses.shape == (loop.step,)
    again = cr.training_loop(lambda w: np.sum((w - 3) ** 2), np.zeros(3), cr.sgd(0.001))
    again(steps=loop.step)
    assert np.array_equal(again.params, loop.params)


@pytest.mark.parametrize(("order", "good"), [([[0, 1], [2, 3], [4, 5]] * 9, 2), ([[4, 0]], 0)])
def test_a_label_that_there_is_not_is_said_with_its_line(order: list[list[int]], good: int) -> None:
    def loss(W: Array, X: Array, labels: Array) -> Any:
        scores = cr.numpy.log_softmax(X @ W)
        return -np.mean(scores[np.arange(len(labels)), labels])

    labels = np.array([0, 1, 2, 0, 3, 2])
    loop, same = [cr.training_loop(loss, np.zeros((6, 3)), cr.sgd(1.0), 2) for _ in "12"]
    with pytest.raises(DomainProblem) as caught:
        loop(np.eye(6), labels, order=order)
    assert "index 3 lies outside an axis of 3 entries" in str(caught.value)
    assert "scores[np.arange(len(labels)), labels]" in str(caught.value)
    assert np.array_equal(
        loop.losses, same(np.eye(6), labels, order=order[:good] or None, steps=good)
    )
    assert (loop.step, np.array_equal(loop.params, same.params)) == (good, True)


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def mean(w: Array, *x: Array) -> Any:
    return np.mean([np.mean((w - one) ** 2) for one in x])


def square(w: Array, x: Array) -> Any:
    return np.mean((w - x) ** 2)


X = np.ones((10, 2))


@pytest.mark.parametrize(
    ("loss", "params", "batch", "given", "message"),
    [
        (
            lambda w, x: w - x,
            np.ones(2),
            None,
            ([X], {"steps": 1}),
            "training_loop needs a function",
        ),
        (lambda w, x: (w, x), np.ones(2), None, ([X], {"steps": 1}), "not a tuple"),
        (square, np.ones(3), 5, ([X], {"steps": 1}), "(3) and (5 × 2)"),
        (
            square,
            np.ones(2),
            11,
            ([X], {"steps": 1}),
            "batch of 11 is taken from the data, which has",
        ),
        (
            square,
            np.ones(2),
            5,
            ([1.0], {"steps": 1}),
            "a batch is taken from the rows of all data arrays",
        ),
        (mean, np.ones(2), 5, ([X, X[:9]], {"steps": 1}), "found 9 and 10"),
        (square, np.ones(2), 5, ([X], {}), "say how many steps to do"),
        (square, np.ones(2), 5, ([X], {"steps": -1}), "steps is a whole number from 0 on, not -1"),
        (
            square,
            np.ones(2),
            5,
            ([X], {"steps": 1.5}),
            "steps is a whole number from 0 on, not 1.5",
        ),
        (
            square,
            np.ones(2),
            5,
            ([X], {"steps": 1, "seed": -1}),
            "seed is a whole number from 0 on",
        ),
        (square, np.ones(2), 5, ([X], {"steps": 1, "seed": None}), "seed is a whole number"),
        (square, np.ones(2), 5, ([X], {"order": [0, 1]}), "order is a table of whole numbers"),
        (
            square,
            np.ones(2),
            5,
            ([X], {"order": [[0], [1, 2]]}),
            "order is a table of whole numbers",
        ),
        (square, np.ones(2), 5, ([X], {"order": [[0.5, 1]]}), "order is a table of whole numbers"),
        (square, np.ones(2), 5, ([X], {"order": [[], []]}), "order is a table of whole numbers"),
        (square, np.ones(2), 5, ([X], {"order": [[0, 1]]}), "2 rows a step, and batch_size is 5"),
        (
            square,
            np.ones(2),
            2,
            ([X], {"order": [[0, 10]]}),
            "order names row 10; there are the rows 0",
        ),
        (square, np.ones(2), 2, ([X], {"order": [[0, -1]]}), "order names row -1"),
        (
            square,
            np.ones(2),
            2,
            ([X], {"order": [[0, 1]], "steps": 2}),
            "order has 1 steps, and steps=",
        ),
        (square, np.ones(2), 2, ([[1.0, 2.0]], {"steps": 1}), "lists of numbers are made arrays"),
        (
            square,
            np.ones(2, "float32"),
            None,
            ([X], {"steps": 1}),
            "float32 and float64 do not mix",
        ),
    ],
)
def test_what_does_not_go_together_is_said(
    loss: Any, params: Any, batch: int | None, given: Any, message: str
) -> None:
    loop = cr.training_loop(loss, params, cr.sgd(0.1), batch)
    arguments, settings = given
    with pytest.raises(ChainruleError) as caught:
        loop(*arguments, **settings)
    assert message in str(caught.value)
    assert (loop.step, np.array_equal(loop.params, params)) == (0, True)


@pytest.mark.parametrize("given", [lambda x: x, lambda x: 1.0])
def test_it_is_not_differentiated_through(given: Callable[[Any], Any]) -> None:
    loop = cr.training_loop(lambda w, x: (w - x) ** 2, 0.0, cr.sgd(0.1))
    with pytest.raises(ChainruleError, match="within a function that is differentiated"):
        cr.grad(lambda x: x * loop(given(x), steps=3)[-1])(1.0)
    assert loop.step == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("loss", 1.0, cr.sgd(1)), "training_loop takes a function, not str"),
        ((square, {"n": 3}, cr.sgd(1)), "params holds no arrays of real numbers"),
        ((square, {}, cr.sgd(1)), "params holds no arrays of real numbers"),
        ((square, np.arange(3), cr.sgd(1)), "nothing is trained; whole numbers stay as they are"),
        ((square, np.ones(2), 0.1), "an optimiser such as cr.sgd(0.1), not 0.1"),
        ((square, np.ones(2), cr.sgd), "an optimiser such as cr.sgd(0.1), not <function sgd"),
        ((square, np.ones(2), cr.sgd(1), 0), "batch_size is a whole number from 1 on, not 0"),
        ((square, np.ones(2), cr.sgd(1), 2.0), "batch_size is a whole number from 1 on, not 2.0"),
    ],
)
def test_a_loop_that_cannot_be_is_refused(arguments: Sequence[Any], message: str) -> None:
    with pytest.raises(ChainruleError) as caught:
        cr.training_loop(*arguments)
    assert message in str(caught.value)
