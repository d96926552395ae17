"""Optimisers against their formulas, written by hand as in the sources."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.optimize.stepping import drawn, followed

import chainrule as cr
from chainrule.errors import ChainruleError
from chainrule.graph.node import Array, variable
from chainrule.optimize.optimizer import Optimizer

ByHand = Callable[[Array, Array], Array]  # from the start and the gradients to the end


def descent(W: Array, gradients: Array) -> Array:
    for g in gradients:
        W = W - 0.1 * g
    return W


def heavy_ball(W: Array, gradients: Array) -> Array:
    """Polyak's own form: the last move, and a step down."""
    last = W
    for g in gradients:
        W, last = W - 0.1 * g + 0.8 * (W - last), W
    return W


def looking_ahead(W: Array, gradients: Array) -> Array:
    v = np.zeros_like(W)
    for g in gradients:
        v = 0.8 * v + g
        W = W - 0.1 * (g + 0.8 * v)
    return W


def algorithm_1(W: Array, gradients: Array, decay: float = 0.0) -> Array:
    """Of Kingma and Ba, line by line; with the decay of Loshchilov and Hutter."""
    m, v = np.zeros_like(W), np.zeros_like(W)
    for t, g in enumerate(gradients, start=1):
        m = 0.8 * m + (1 - 0.8) * g
        v = 0.95 * v + (1 - 0.95) * g**2
        m_hat, v_hat = m / (1 - 0.8**t), v / (1 - 0.95**t)
        W = W - 0.1 * m_hat / (np.sqrt(v_hat) + 1e-3) - 0.1 * decay * W
    return W


CASES: dict[str, tuple[Optimizer, ByHand]] = {
    "sgd": (cr.sgd(0.1), descent),
    "momentum": (cr.momentum(0.1, 0.8), heavy_ball),
    "nesterov": (cr.nesterov(0.1, factor=0.8), looking_ahead),
    "adam": (cr.adam(0.1, 0.8, 0.95, 1e-3), algorithm_1),
    "adamw": (
        cr.adamw(0.1, 0.8, 0.95, 1e-3, weight_decay=0.3),
        lambda W, gradients: algorithm_1(W, gradients, 0.3),
    ),
}
EACH = pytest.mark.parametrize(("optimizer", "by_hand"), CASES.values(), ids=CASES)


@EACH
def test_ten_steps_are_those_by_hand(optimizer: Optimizer, by_hand: ByHand) -> None:
    starts, gradients = drawn()
    found, _ = followed(optimizer, starts, gradients)
    for start, slopes, end in zip(starts, gradients, found, strict=True):
        np.testing.assert_allclose(end, by_hand(start, slopes), rtol=1e-12, atol=1e-14)


@EACH
def test_ten_steps_in_float32(optimizer: Optimizer, by_hand: ByHand) -> None:
    starts, gradients = drawn("float32")
    found, state = followed(optimizer, starts, gradients)
    for start, slopes, end in zip(starts, gradients, found, strict=True):
        exact = by_hand(start.astype(float), slopes.astype(float))
        np.testing.assert_allclose(end, exact, rtol=0, atol=1e-6)
    everything = [*found, *[value for values in state.values() for value in values]]
    assert {value.dtype for value in everything} == {np.dtype("float32")}


@EACH
def test_numbers_of_both_widths_are_trained_side_by_side(
    optimizer: Optimizer, by_hand: ByHand
) -> None:
    wide, slopes = drawn()
    narrow, narrow_slopes = drawn("float32")
    found, _ = followed(optimizer, [wide[0], narrow[1]], [slopes[0], narrow_slopes[1]])
    assert [value.dtype.name for value in found] == ["float64", "float32"]
    np.testing.assert_allclose(found[0], by_hand(wide[0], slopes[0]), rtol=1e-12)
    np.testing.assert_allclose(found[1], by_hand(wide[1], slopes[1]), rtol=0, atol=2e-6)


@pytest.mark.parametrize("step", [1, 2, 100, 10_000])
def test_the_corrections_of_adam_keep_their_digits_in_float32(step: int) -> None:
    """In float32 1 - 0.999^t would be wrong in the fifth digit at first, and so would the step."""
    gradient = np.full((1, 1), 2.0, "float32")
    (found,), _ = followed(cr.adam(0.5), [np.zeros(1, "float32")], [gradient], first=step)
    m, v = 0.1 * 2 / (1 - 0.9**step), 0.001 * 4 / (1 - 0.999**step)
    assert abs(found[0] / -(0.5 * m / (math.sqrt(v) + 1e-8)) - 1) < 3e-7


def test_what_is_remembered_has_names() -> None:
    starts, gradients = drawn()
    for optimizer, words in [(cr.sgd(0.1), []), (cr.nesterov(0.1), ["v"]), (cr.adam(), ["m", "v"])]:
        _, state = followed(optimizer, starts, gradients)
        assert list(state) == words
        assert all(
            [v.shape for v in values] == [s.shape for s in starts] for values in state.values()
        )


def test_nothing_to_train_is_no_trouble() -> None:
    found = cr.adam().update([], cr.adam().initial([]), [], variable(()))
    assert found == ((), {"m": (), "v": ()})


def test_a_step_that_begins_with_no_slope_stays() -> None:
    """0/0 nowhere: ε is there for that, and clipping divides by what is never 0."""
    zero = np.zeros((1, 3))
    for optimizer in [cr.adam(), cr.adamw(weight_decay=0), cr.clipped(cr.sgd(1.0), norm=1.0)]:
        (found,), _ = followed(optimizer, [np.ones(3)], [zero])
        assert found.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("optimizer", "name"),
    [
        (cr.sgd(0.1), "sgd(0.1)"),
        (cr.momentum(0.1), "momentum(0.1, 0.9)"),
        (cr.adam(), "adam(0.001, 0.9, 0.999, 1e-08)"),
        (
            cr.adamw(cr.cosine_decay(0.1, 50)),
            "adamw(cosine_decay(0.1, 50, 0), 0.9, 0.999, 1e-08, 0.01)",
        ),
        (cr.clipped(cr.sgd(2), global_norm=1.5), "clipped(sgd(2), global_norm=1.5)"),
    ],
)
def test_an_optimiser_says_what_it_is(optimizer: Optimizer, name: str) -> None:
    assert repr(optimizer) == name


SOMETHING: Any = "fast"
SGD: Any = cr.sgd(1)
COSINE: Any = cr.cosine_decay(1, 2)


def in_numpy(done: Any) -> Any:
    return np.exp(-done)


def in_cases(done: Any) -> Any:
    return np.where(done < 9, 1, 2)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: cr.sgd(-0.1), "the rate is a number from 0 on, not -0.1"),
        (lambda: cr.sgd(math.nan), "the rate is a number from 0 on, not nan"),
        (lambda: cr.sgd(SOMETHING), "the rate is a number from 0 on, not 'fast'"),
        (lambda: cr.sgd(True), "the rate is a number from 0 on, not True"),
        (lambda: cr.sgd(lambda n: SOMETHING), "the rate is a number from 0 on, not 'fast'"),
        (lambda: cr.adam(in_numpy), "in_numpy is no schedule: the number of steps is not known"),
        (lambda: cr.adam(lambda n: 0.1 if n < 9 else 0.01), "/ and **, or take one such as"),
        (lambda: cr.warm_up(in_cases, 5), "NumPy's functions and `if` do not take it"),
        (lambda: cr.piecewise(0.1, SOMETHING), "piecewise takes rates by steps, such as {100: "),
        (lambda: cr.piecewise(COSINE, {}), "a number that the schedule starts from"),
        (lambda: cr.momentum(0.1, 1.0), "the factor of momentum is a number from 0 on and below 1"),
        (lambda: cr.nesterov(0.1, -1), "the factor of momentum is a number from 0 on and below 1"),
        (lambda: cr.adam(0.1, beta1=1.5), "beta1 is a number from 0 on and below 1, not 1.5"),
        (lambda: cr.adam(0.1, beta2=1), "beta2 is a number from 0 on and below 1, not 1"),
        (lambda: cr.adam(0.1, epsilon=-1), "epsilon is a number from 0 on, not -1"),
        (lambda: cr.adamw(weight_decay=-1), "the weight decay is a number from 0 on, not -1"),
        (lambda: cr.clipped(cr.sgd(0.1)), "one of value=, norm= and global_norm="),
        (lambda: cr.clipped(cr.sgd(0.1), value=1, norm=1), "one of value=, norm= and global_norm="),
        (lambda: cr.clipped(cr.sgd(0.1), norm=0), "norm is a number above 0"),
        (lambda: cr.clipped(SOMETHING, norm=1), "clipped takes an optimiser"),
        (lambda: cr.step_decay(0.1, 0.5, 0), "every is a number above 0, not 0"),
        (lambda: cr.cosine_decay(0.1, 0), "steps is a number above 0, not 0"),
        (lambda: cr.cosine_decay(0.1, 10, end=-1), "the last rate is a number from 0 on, not -1"),
        (lambda: cr.cosine_decay(SGD, 10), "the rate is a number from 0 on, not sgd(1)"),
        (lambda: cr.step_decay(COSINE, 0.5, 9), "a number that the schedule starts"),
        (lambda: cr.piecewise(0.1, {10: -1}), "the rate is a number from 0 on, not -1"),
        (lambda: cr.warm_up(0.1, steps=0), "steps is a number above 0, not 0"),
    ],
)
def test_a_number_out_of_its_range_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ChainruleError) as caught:
        make()
    assert message in str(caught.value)
