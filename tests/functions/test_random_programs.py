"""Random plain NumPy functions: both modes and orders against differences in extended precision.

A program is a text of up to 30 lines such as `v4 = np.tanh(v2 @ v1)`; the same text runs on
numbers of double precision, on those of extended precision, and traced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule.graph.node import Array, Shape

LONGEST = 30  # lines
LARGEST = 40  # entries of an intermediate result
EXTENDED = np.longdouble
SHAPES: tuple[Shape, ...] = ((2, 3), (3,), ())

# What may be written of `a`, and what its shape has to be; results stay moderate.
ANY: tuple[str, ...] = (
    "-{a}",
    "{a} * 0.5 + 1.0",
    "1.5 - {a}",
    "np.sin({a})",
    "np.cos({a}) + {a}",
    "np.tanh({a})",
    "np.exp(np.tanh({a}))",
    "np.expm1(-np.square(np.sin({a})))",
    "np.log(1.5 + np.sin({a}))",
    "np.log1p(np.square({a}))",
    "np.sqrt(1.0 + {a} * {a})",
    "np.arctan({a})",
    "np.arcsinh({a})",
    "np.sinh(np.tanh({a}))",
    "np.abs({a})",
    "np.maximum({a}, 0.3)",
    "np.minimum(0.2 * {a}, {a})",
    "np.clip({a}, -0.7, 0.9)",
    "np.where({a} > 0.1, {a} * {a}, np.sin({a}))",
    "1 / (2.0 + np.cos({a}))",
    "np.sin({a}) ** 3",
    "(1.2 + np.sin({a})) ** 1.5",
    "2.0 ** np.tanh({a})",
    "np.ravel({a})",
    "np.stack([{a}, {a} * {a}])",
    "np.expand_dims({a}, 0)",
)
WITH_AXES: tuple[str, ...] = (
    "np.sum({a}, axis=0)",
    "np.sum({a})",
    "np.mean({a}, axis=-1, keepdims=True)",
    "{a}.mean(axis=0)",
    "np.max({a}, axis=-1)",
    "np.min({a}, axis=0)",
    "np.tanh(np.prod({a}, axis=0))",
    "np.std(np.concatenate([{a}, {a} + 1.0]), axis=0)",
    "np.var({a})",
    "np.cumsum({a}, axis=0)",
    "np.tanh(np.cumprod({a}, axis=-1))",
    "np.sort({a}, axis=-1)",
    "np.median({a}, axis=0)",
    "np.sqrt(np.sum({a} ** 2, axis=-1) + 0.1)",
    "np.log(np.sum(np.exp({a} - np.max({a})), axis=0))",
    "{a}[0]",
    "{a}[-1:]",
    "{a}[..., ::-1]",
    "{a}[..., None]",
    "{a}[[0, 0, -1]]",
    "np.take({a}, np.array([0, -1]), axis=-1)",
    "{a}.T",
    "np.flip({a}, axis=0)",
    "np.roll({a}, 1)",
    "np.tile({a}, 2)",
    "np.repeat({a}, 2, axis=0)",
    "np.pad({a}, 1)",
    "np.concatenate([{a}, 0.5 * {a}], axis=-1)",
    "np.diff(np.concatenate([{a}, {a}]), axis=0)",
    "np.squeeze({a})",
)
OF_TWO: tuple[str, ...] = (  # where both can be broadcast together
    "{a} + {b}",
    "{a} - 0.5 * {b}",
    "np.tanh({a}) * {b}",
    "{a} / (1.5 + np.sin({b}))",
    "np.maximum({a}, {b})",
    "np.where({a} < {b}, {a}, np.cos({b}))",
    "np.arctan2({a}, 2.0 + np.sin({b}))",
    "np.hypot({a} + 3.0, {b})",
    "np.logaddexp({a}, {b})",
    "(1.5 + np.sin({a})) ** np.tanh({b})",
)
PRODUCTS: tuple[str, ...] = (  # where the last axes fit
    "np.tanh({a} @ {b}.T)",
    "np.tanh(np.inner({a}, {b}))",
    "np.tanh(np.tensordot({a}, {b}.T, 1))",
)
JOINTS: tuple[str, ...] = (  # where the shapes are equal
    "np.stack([{a}, {b}], axis=-1)",
    "np.tanh(np.einsum('...i,...i->...', {a}, {b}))",
    "np.concatenate([{a}, {b}])",
)


def fit(a: Array, b: Array) -> Iterable[str]:
    """What may be written of both."""
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        pass
    else:
        yield from OF_TWO
    if 1 <= b.ndim <= 2 and 1 <= a.ndim <= 2 and a.shape[-1] == b.shape[-1]:
        yield from PRODUCTS
    if a.ndim and a.shape == b.shape:
        yield from JOINTS


@dataclass(frozen=True)
class Program:
    """A function's text, and where it is differentiated."""

    text: str
    inputs: tuple[Array, ...]
    moves: tuple[Array, ...]
    weights: Array

    def function(self) -> Callable[..., Any]:
        """The number Σ weights · result, as a function of the inputs."""
        space: dict[str, Any] = {"np": np, "weights": self.weights}
        exec(self.text, space)
        return space["program"]


@st.composite
def programs(draw: Any) -> Program:
    """Lines are drawn one by one and run on numbers, which tell the shapes."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    inputs = tuple(np.asarray(random.uniform(-1.5, 1.5, shape)) for shape in SHAPES)
    values = {f"x{at}": array for at, array in enumerate(inputs)}
    lines = []
    for at in range(draw(st.integers(1, LONGEST))):
        recent = list(values)[-4:]
        a = draw(st.sampled_from(recent))
        b = draw(st.sampled_from(list(values)))
        forms = [*ANY, *(WITH_AXES if values[a].ndim else ()), *fit(values[a], values[b])]
        form = draw(st.sampled_from(forms)).format(a=a, b=b)
        value = np.asarray(eval(form, {"np": np}, values))
        if 0 < value.size <= LARGEST and value.ndim <= 3 and np.abs(value).max() < 50:
            lines.append(f"    v{at} = {form}")
            values[f"v{at}"] = value
    result = list(values)[-1]
    weights = np.asarray(random.normal(size=values[result].shape))
    moves = tuple(np.asarray(random.normal(size=array.shape)) for array in inputs)
    head, last = "def program(x0, x1, x2):", f"    return np.sum(weights * {result})"
    return Program("\n".join([head, *lines, last]), inputs, moves, weights)


def extended(arrays: Iterable[Array]) -> list[Any]:
    return [array.astype(EXTENDED) for array in arrays]


EPSILON = float(np.finfo(EXTENDED).eps)
FIRST = (EPSILON ** (1 / 5), 1e3 * EPSILON ** (4 / 5))  # the step, and what its difference is worth
SECOND = (EPSILON ** (1 / 6), 1e4 * EPSILON ** (4 / 6))


def first_difference(line: Callable[[Any], Any], h: Any) -> Any:
    """f′(0), but for O(h⁴): Abramowitz & Stegun 25.3.6."""
    return (8 * (line(h) - line(-h)) - (line(2 * h) - line(-2 * h))) / (12 * h)


def second_difference(line: Callable[[Any], Any], h: Any) -> Any:
    """f″(0), but for O(h⁴): Abramowitz & Stegun 25.3.24."""
    near, far = line(h) + line(-h), line(2 * h) + line(-2 * h)
    return (16 * near - far - 30 * line(0 * h)) / (12 * h * h)


def along(program: Program, moves: Iterable[Any]) -> Callable[[Any], Any]:
    """The program on a line through its inputs, in extended precision."""
    function, start, direction = program.function(), extended(program.inputs), extended(moves)
    return lambda t: function(*[x + t * move for x, move in zip(start, direction, strict=True)])


def by_differences(
    difference: Any, line: Callable[[Any], Any], accuracy: tuple[float, float]
) -> Any:
    """The difference and what it is worth; refused beside a kink, where two steps disagree."""
    step = EXTENDED(accuracy[0])
    found, finer = difference(line, step), difference(line, step / 2)
    tolerance = accuracy[1] * max(1, abs(found))
    assume(abs(found - finer) <= tolerance)
    return float(finer), float(tolerance)


def units(program: Program) -> Iterable[tuple[Array, ...]]:
    """One entry of one input at a time."""
    for at, array in enumerate(program.inputs):
        for place in np.ndindex(array.shape):
            moves = [np.zeros_like(one) for one in program.inputs]
            moves[at][place] = 1
            yield tuple(moves)


QUIET = pytest.mark.filterwarnings("ignore::chainrule.errors.GradientWarning")


def is_worth(found: Any, wanted: float, tolerance: float) -> None:
    np.testing.assert_allclose(float(found), wanted, rtol=1e-11, atol=max(tolerance, 1e-11))


def check_first_order(program: Program) -> None:
    function = program.function()
    gradients = cr.grad(function, wrt=(0, 1, 2))(*program.inputs)
    entries = np.concatenate([gradient.ravel() for gradient in gradients])
    for entry, moves in zip(entries, units(program), strict=True):
        is_worth(entry, *by_differences(first_difference, along(program, moves), FIRST))
    value, moved = cr.jvp(function, program.inputs, program.moves)
    np.testing.assert_allclose(value, function(*program.inputs), rtol=1e-12, atol=1e-12)
    is_worth(moved, *by_differences(first_difference, along(program, program.moves), FIRST))


def check_second_order(program: Program) -> None:
    """vᵀHv, and uᵀHv by (u+v)ᵀH(u+v) − (u−v)ᵀH(u−v) = 4 uᵀHv, forward over reverse."""
    gradient = cr.grad(program.function(), wrt=(0, 1, 2))
    _, bent = cr.jvp(gradient, program.inputs, program.moves)
    for moves in (program.moves, *list(units(program))[::4]):
        found = sum(np.sum(h * move) for h, move in zip(bent, moves, strict=True))
        pairs = list(zip(moves, program.moves, strict=True))
        plus, plus_worth = by_differences(
            second_difference, along(program, [u + v for u, v in pairs]), SECOND
        )
        minus, minus_worth = by_differences(
            second_difference, along(program, [u - v for u, v in pairs]), SECOND
        )
        is_worth(found, (plus - minus) / 4, plus_worth + minus_worth)


@QUIET
@given(programs())
@settings(max_examples=60)
def test_first_derivatives_of_programs(program: Program) -> None:
    check_first_order(program)


@QUIET
@given(programs())
@settings(max_examples=40)
def test_second_derivatives_of_programs(program: Program) -> None:
    check_second_order(program)


@pytest.mark.soak
@QUIET
@given(programs())
def test_first_derivatives_of_many_programs(program: Program) -> None:
    check_first_order(program)


@pytest.mark.soak
@QUIET
@given(programs())
def test_second_derivatives_of_many_programs(program: Program) -> None:
    check_second_order(program)
