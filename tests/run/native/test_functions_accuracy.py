"""Every function against mpmath: a few units in the last place, wherever the argument lies."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import mpmath
import numpy as np
import pytest
from tests.run.native.elementwise import run
from tests.run.native.sample import kinds

from chainrule.run.native.processor import Processor, detect

Exact = Callable[..., Any]
MOST = 4.0  # units in the last place

EXACT: dict[str, Exact] = {
    "exp": mpmath.exp,
    "exp2": lambda x: mpmath.mpf(2) ** x,
    "expm1": mpmath.expm1,
    "log": mpmath.log,
    "log2": lambda x: mpmath.log(x) / mpmath.log(2),
    "log10": mpmath.log10,
    "log1p": mpmath.log1p,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "tanh": mpmath.tanh,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "arcsinh": mpmath.asinh,
    "arccosh": mpmath.acosh,
    "arctanh": mpmath.atanh,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tan": mpmath.tan,
    "arcsin": mpmath.asin,
    "arccos": mpmath.acos,
    "arctan": mpmath.atan,
    "erf": mpmath.erf,
    "erfc": mpmath.erfc,
    "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
    "sqrt": mpmath.sqrt,
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x,
}
EXACT_OF_TWO: dict[str, Exact] = {
    "power": lambda x, y: abs(x) ** y * (-1 if x < 0 and y % 2 == 1 else 1),
    "arctan2": mpmath.atan2,
    "hypot": mpmath.hypot,
    "divide": lambda x, y: x / y,
    "fmod": lambda x, y: mpmath.sign(x) * (abs(x) % abs(y)),
}
DOMAINS = {  # where a function is a number: elsewhere see `test_functions`
    "log": (0, math.inf),
    "log2": (0, math.inf),
    "log10": (0, math.inf),
    "sqrt": (0, math.inf),
    "log1p": (-1, math.inf),
    "arccosh": (1, math.inf),
    "arctanh": (-1, 1),
    "arcsin": (-1, 1),
    "arccos": (-1, 1),
}

FAST = (mpmath.exp, mpmath.expm1, mpmath.sinh, mpmath.cosh, mpmath.erfc)  # to grow or to vanish


@cache
def points(kind: str) -> np.ndarray:
    """Numbers of every size, near 0, ±1 and the multiples of π/2, largest and smallest ones."""
    random = np.random.default_rng(7)
    info = np.finfo(kind)
    sizes = 2.0 ** random.uniform(info.minexp - info.nmant, info.maxexp, 300)
    quarters = np.round(10.0 ** random.uniform(0, 15, 150)) * (math.pi / 2)
    parts = [
        sizes * random.choice([-1, 1], sizes.size),
        random.uniform(-1, 1, 150),
        random.uniform(-10, 10, 250),
        random.uniform(-110, 110, 150),
        random.uniform(-760, 760, 150),
        (1 + 10.0 ** random.uniform(-16, 0, 80)) * random.choice([-1, 1], 80),
        (1 - 10.0 ** random.uniform(-16, 0, 80)) * random.choice([-1, 1], 80),
        quarters * random.choice([-1, 1], quarters.size),
        [info.max, -info.max, info.tiny, -info.tiny, info.smallest_subnormal],
    ]
    with np.errstate(over="ignore"):
        found = np.concatenate(parts).astype(kind)
    return np.unique(found[np.isfinite(found) & (found != 0)])


def within(name: str, kind: str) -> np.ndarray:
    low, high = DOMAINS.get(name, (-math.inf, math.inf))
    x = points(kind)
    return x[(x > low) & (x < high)]


@cache
def exact_values(name: str, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """What is exact, as a float64 and what that lacks."""
    function = EXACT[name]
    return in_two_parts([_known(function, x) for x in within(name, kind)])


def _known(function: Exact, *arguments: np.floating) -> Any:
    numbers = [mpmath.mpf(float(one)) for one in arguments]
    if function in FAST and abs(numbers[0]) > 1e5:
        numbers = [mpmath.sign(numbers[0]) * 1e5]  # as infinite, or as small
    with mpmath.workprec(200):
        return function(*numbers)


def in_two_parts(exact: list[Any]) -> tuple[np.ndarray, np.ndarray]:
    high = np.array([float(one) for one in exact])
    low = [0.0 if math.isinf(h) else float(one - h) for one, h in zip(exact, high, strict=True)]
    return high, np.array(low)


def units(found: np.ndarray, exact: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """How far from exact, in units of the last place; 0 where both are beyond all numbers."""
    high, low = exact
    largest = float(np.finfo(found.dtype).max)
    with np.errstate(over="ignore"):
        nearest = high.astype(found.dtype)
    unit = np.spacing(np.minimum(np.abs(nearest), largest / 2)).astype(np.float64)
    beyond = np.isinf(nearest) & (np.abs(found.astype(np.float64)) >= largest)
    with np.errstate(invalid="ignore"):
        error = np.abs((found.astype(np.float64) - high) - low) / unit
    return np.where(beyond & (np.sign(found) == np.sign(high)), 0, error)


@pytest.mark.parametrize("processor", kinds(), ids=lambda one: one.kind)
@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize("name", EXACT)
def test_the_last_digits_are_right(name: str, kind: str, processor: Processor) -> None:
    x = within(name, kind)
    found = run(name, x, processor=processor)
    errors = units(found, exact_values(name, kind))
    worst = int(np.argmax(np.where(np.isnan(errors), np.inf, errors)))
    assert errors[worst] <= MOST, (x[worst], found[worst])


@pytest.mark.parametrize("processor", kinds(), ids=lambda one: one.kind)
@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize("name", EXACT_OF_TWO)
def test_those_of_functions_of_two_numbers(name: str, kind: str, processor: Processor) -> None:
    random = np.random.default_rng(3)
    every = points(kind)
    x, y = random.choice(every, 600), random.choice(every, 600)
    if name == "power":  # finite results, and whole exponents of negative numbers
        y = np.clip(y, -40, 40)
        y = np.where(x < 0, np.round(y), y)
    if name == "divide":
        y = np.where(np.abs(y) < 1e-30, 1, y).astype(kind)
    found = run(name, x, y, processor=processor)
    exact = in_two_parts([_known(EXACT_OF_TWO[name], *pair) for pair in zip(x, y, strict=True)])
    errors = units(found, exact)
    worst = int(np.argmax(np.where(np.isnan(errors), np.inf, errors)))
    assert errors[worst] <= MOST, (x[worst], y[worst], found[worst])


@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize("name", [*EXACT, *EXACT_OF_TWO])
def test_the_number_of_lanes_changes_no_bit(name: str, kind: str) -> None:
    arguments = [points(kind)] + [points(kind)[::-1]] * (name in EXACT_OF_TWO)
    wide = run(name, *arguments, processor=detect())
    for lanes in (0, 1, 3):
        narrow = run(name, *arguments, processor=detect(), lanes=lanes)
        np.testing.assert_array_equal(narrow, wide)


@pytest.mark.parametrize("processor", kinds(), ids=lambda one: one.kind)
@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize("name", ["tanh", "erf", "sigmoid"])
def test_what_is_at_most_one_stays_so(name: str, kind: str, processor: Processor) -> None:
    x = np.linspace(0, 50, 20_000).astype(kind)
    found = run(name, x, processor=processor)
    assert found.max() == 1
    assert found[-1] == 1


@pytest.mark.parametrize("processor", kinds(), ids=lambda one: one.kind)
def test_the_hardest_angle(processor: Processor) -> None:
    """The float64 that is nearest to a multiple of π/2 (J.-M. Muller, Elementary functions)."""
    x = np.array([6381956970095103 * 2.0**797])
    (found,) = run("cos", x, processor=processor)
    assert found == pytest.approx(-4.68716592425462761112e-19, rel=1e-15)
