"""Rates that change: functions of the number of steps done before, 0 at the first step.

Any function from that node to a node will do; these have names, and are put into each other.  A
number is the schedule that stays the same.

>>> from chainrule.optimize.descent import sgd
>>> print(sgd(warm_up(0.1, steps=5)).formulas("W"))
t := t + 1
g = ∂L/∂W
W := W - where(t < 5, 0.1 * minimum(t / 5, 1), 0.1) * g
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from chainrule.errors import DataProblem
from chainrule.graph.node import FLOAT, Node, constant
from chainrule.graph.record import Record
from chainrule.ops.choice import maximum, minimum, where
from chainrule.ops.elementary import cos
from chainrule.ops.rounding import floor
from chainrule.optimize.optimizer import Rate, check_rate, difference, named, rate_after, within

__all__ = [
    "Schedule",
    "cosine_decay",
    "exponential_decay",
    "piecewise",
    "polynomial_decay",
    "step_decay",
    "warm_up",
]


PI = constant(math.pi, text=("π",))


class Schedule(Record):
    """A rate as a function of the number of steps done before."""

    name: str
    formula: Callable[[Node], Node]

    def __call__(self, done: Node) -> Node:
        """The rate of the next step."""
        return self.formula(done)

    def __repr__(self) -> str:
        return self.name


def step_decay(rate: float, factor: float, every: float) -> Schedule:
    """α · factor^⌊n / every⌋: multiplied by `factor` after each `every` steps.

    Raises:
        DataProblem: a number is out of its range.
    """
    _check(rate, factor=factor, every=every)
    name = named("step_decay", rate, factor, every)
    return Schedule(name, lambda done: rate * factor ** floor(done / every))


def exponential_decay(rate: float, factor: float, every: float = 1) -> Schedule:
    """α · factor^(n / every): falls evenly, by `factor` in `every` steps.

    Raises:
        DataProblem: a number is out of its range.
    """
    _check(rate, factor=factor, every=every)
    name = named("exponential_decay", rate, factor, every)
    return Schedule(name, lambda done: rate * factor ** (done / every))


def polynomial_decay(rate: float, steps: float, end: float = 0.0, power: float = 1.0) -> Schedule:
    """From α to `end` in so many steps, as (1 − n / steps)^power; then it stays.

    Raises:
        DataProblem: a number is out of its range.
    """
    _check(rate, steps=steps, power=power)
    within("the last rate", end, 0.0)

    def formula(done: Node) -> Node:
        return end + difference(rate, end) * (1 - _share(done, steps)) ** power

    return Schedule(named("polynomial_decay", rate, steps, end, power), formula)


def cosine_decay(rate: float, steps: float, end: float = 0.0) -> Schedule:
    """From α to `end` in so many steps, along half a period of a cosine; then it stays.

    Source: I. Loshchilov, F. Hutter, SGDR: Stochastic gradient descent with warm restarts, ICLR
    2017, equation 5, without restarts.

    Raises:
        DataProblem: a number is out of its range.
    """
    _check(rate, steps=steps)
    within("the last rate", end, 0.0)

    def formula(done: Node) -> Node:
        return end + difference(rate, end) / 2 * (1 + cos(PI * _share(done, steps)))

    return Schedule(named("cosine_decay", rate, steps, end), formula)


def warm_up(rate: Rate, steps: float, start: float = 0.0) -> Schedule:
    """In so many steps evenly from `start` to the first of `rate`, then `rate` from its beginning.

    Source: P. Goyal et al., Accurate, large minibatch SGD, 2017, section 2.2.

    Raises:
        DataProblem: a number is out of its range.
    """
    check_rate(rate)
    _check(start, steps=steps)

    def formula(done: Node) -> Node:
        rising = start + (rate_after(rate, constant(0.0)) - start) * _share(done, steps)
        later = rate_after(rate, maximum(done - steps, constant(0.0)))
        return where(done < steps, rising, later)

    return Schedule(named("warm_up", rate, steps, start), formula)


def piecewise(rate: float, later: Mapping[int, float]) -> Schedule:
    """α at first, and another rate after so many steps: `piecewise(0.1, {100: 0.01, 200: 0.001})`.

    Raises:
        DataProblem: a number is out of its range.
    """
    _check(rate)
    if not isinstance(later, Mapping):
        raise DataProblem(f"piecewise takes rates by steps, such as {{100: 0.01}}, not {later!r}")
    for steps, new in later.items():
        within("a number of steps", steps, 0.0)
        within("the rate", new, 0.0)

    def formula(done: Node) -> Node:
        found = constant(rate, FLOAT)
        for steps in sorted(later):
            found = where(done < steps, found, constant(later[steps], FLOAT))
        return found

    return Schedule(f"piecewise({rate!r}, {dict(later)!r})", formula)


def _share(done: Node, steps: float) -> Node:
    """How much of so many steps is done, 1 from then on."""
    return minimum(done / steps, constant(1.0))


def _check(rate: Any, **positive: Any) -> None:
    """Raises `DataProblem` for a rate below 0, and for settings that are not above 0."""
    if callable(rate):
        raise DataProblem(f"here the rate is a number that the schedule starts from, not {rate!r}")
    within("the rate", rate, 0.0)
    for name, value in positive.items():
        if within(name, value, 0.0) == 0:
            raise DataProblem(f"{name} is a number above 0, not {value!r}")
