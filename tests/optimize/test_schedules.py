"""Schedules as tables: after so many steps, this rate."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from tests.optimize.stepping import followed

import chainrule as cr
from chainrule.graph.node import variable
from chainrule.optimize.optimizer import Rate, rate_after
from chainrule.run.interpreter import evaluate

ROOT_HALF = 0.5**0.5
TABLE: list[tuple[Rate, Mapping[float, float]]] = [
    (cr.step_decay(0.8, 0.5, every=10), {0: 0.8, 9: 0.8, 10: 0.4, 19: 0.4, 20: 0.2, 35: 0.1}),
    (cr.exponential_decay(0.8, 0.5), {0: 0.8, 1: 0.4, 2: 0.2, 3: 0.1}),
    (cr.exponential_decay(0.8, 0.25, every=10), {0: 0.8, 5: 0.4, 10: 0.2, 20: 0.05}),
    (cr.polynomial_decay(1.0, 4), {0: 1, 1: 0.75, 2: 0.5, 4: 0, 9: 0}),
    (cr.polynomial_decay(1.0, 4, end=0.2, power=2), {0: 1, 1: 0.65, 2: 0.4, 4: 0.2, 99: 0.2}),
    (cr.polynomial_decay(0.1, 10, end=0.3), {0: 0.1, 5: 0.2, 10: 0.3}),
    (
        cr.cosine_decay(1.0, 8),
        {0: 1, 2: (1 + ROOT_HALF) / 2, 4: 0.5, 6: (1 - ROOT_HALF) / 2, 8: 0, 50: 0},
    ),
    (cr.cosine_decay(1.0, 8, end=0.5), {0: 1, 4: 0.75, 8: 0.5, 9: 0.5}),
    (cr.warm_up(0.4, steps=4), {0: 0, 1: 0.1, 2: 0.2, 4: 0.4, 5: 0.4, 100: 0.4}),
    (cr.warm_up(0.4, steps=2, start=0.2), {0: 0.2, 1: 0.3, 2: 0.4, 3: 0.4}),
    (cr.warm_up(cr.polynomial_decay(1.0, 4), steps=2), {0: 0, 1: 0.5, 2: 1, 3: 0.75, 4: 0.5, 6: 0}),
    (cr.warm_up(cr.step_decay(0.8, 0.5, 10), steps=5), {0: 0, 5: 0.8, 14: 0.8, 15: 0.4}),
    (
        cr.piecewise(0.1, {10: 0.01, 20: 0.5}),
        {0: 0.1, 9: 0.1, 10: 0.01, 19: 0.01, 20: 0.5, 99: 0.5},
    ),
    (cr.piecewise(0.1, {20: 0.5, 10: 0.01}), {9: 0.1, 10: 0.01, 20: 0.5}),
    (cr.piecewise(0.1, {}), {0: 0.1, 5: 0.1}),
    (lambda done: 1 / (1 + done), {0: 1, 1: 0.5, 3: 0.25}),
]


@pytest.mark.parametrize(("schedule", "rates"), TABLE)
def test_the_rate_after_so_many_steps(schedule: Rate, rates: Mapping[float, float]) -> None:
    done = variable(())
    for steps, rate in rates.items():
        assert float(evaluate(rate_after(schedule, done), {done: steps})) == pytest.approx(
            rate, abs=1e-15
        )


@pytest.mark.parametrize(("schedule", "rates"), TABLE)
def test_an_optimiser_takes_the_rate_of_the_step(
    schedule: Rate, rates: Mapping[float, float]
) -> None:
    """The first step takes the rate after 0 steps; in float32 it is rounded once, at the end."""
    for steps, rate in rates.items():
        for dtype in ("float64", "float32"):
            start, ones = np.zeros(1, dtype), np.ones((1, 1), dtype)
            (found,), _ = followed(cr.sgd(schedule), [start], [ones], first=int(steps) + 1)
            assert found[0] == pytest.approx(-rate, rel=float(np.finfo(dtype).eps), abs=1e-15)


def test_a_schedule_says_what_it_is() -> None:
    assert (
        repr(cr.warm_up(cr.cosine_decay(0.1, 90), 10)) == "warm_up(cosine_decay(0.1, 90, 0), 10, 0)"
    )
    assert repr(cr.piecewise(0.1, {10: 0.01})) == "piecewise(0.1, {10: 0.01})"
