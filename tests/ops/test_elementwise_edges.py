"""Elementary functions, activations and losses where they have corners, poles and overflow."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule.differentiate.walk import gradient
from chainrule.errors import DataProblem
from chainrule.graph.node import Array, Node, constant, variable
from chainrule.ops.activation import elu, gelu, gelu_tanh, leaky_relu, silu
from chainrule.ops.algebra import number
from chainrule.ops.arithmetic import power
from chainrule.ops.differences import absolute_error, hinge, huber, mean_huber
from chainrule.ops.elementary import xtimesy
from chainrule.ops.exponential import exp2, expm1, log1p, log2, log10, logaddexp, logaddexp2
from chainrule.ops.hyperbolic import arccosh, arcsinh, arctanh, cosh, sinh
from chainrule.ops.limiting import clip, copysign, fmax, fmin, heaviside
from chainrule.ops.logic import and_, isfinite, isinf, isnan, or_, xor
from chainrule.ops.losses import (
    binary_cross_entropy_with_logits,
    cross_entropy_with_logits,
    kl_divergence,
    mean_cross_entropy_with_logits,
)
from chainrule.ops.reduction import sum_
from chainrule.ops.roots import cbrt, hypot, reciprocal, square
from chainrule.ops.rounding import ceil, floor, remainder, round_, trunc
from chainrule.ops.special import erf, erfc, normal_cdf
from chainrule.ops.trigonometric import arccos, arcsin, arctan, arctan2, sinc
from chainrule.run import kernels
from chainrule.run.interpreter import evaluate, evaluate_all

INF, NAN, PI = math.inf, math.nan, math.pi
TINY, LARGE = 1e-30, 1e30  # their squares are 0 and infinite in float32
HUGE = 1e200  # and its square in float64


def derivatives(build: Callable[..., Node], *at: Any, dtype: str = "float64") -> list[Array]:
    """The value and the gradients of its sum by each input."""
    arrays = [np.asarray(each, dtype) for each in at]
    inputs = [variable(array.shape, dtype) for array in arrays]
    output = build(*inputs)
    wanted = [output, *[gradient(sum_(output), each) for each in inputs]]
    return evaluate_all(wanted, dict(zip(inputs, arrays, strict=True)))


def close(found: Array, wanted: Any, dtype: str = "float64") -> None:
    rtol = 2e-6 if dtype == "float32" else 1e-14
    assert found.dtype == dtype
    np.testing.assert_allclose(found, wanted, rtol=rtol, atol=1e-300)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("build", "at", "value", "slope"),
    [
        (square, [0, -3, INF], [0, 9, INF], [0, -6, INF]),
        (reciprocal, [2, -4, INF], [0.5, -0.25, 0], [-0.25, -0.0625, 0]),
        (reciprocal, [0.0, -0.0], [INF, -INF], [-INF, -INF]),
        (cbrt, [8, -8, 0], [2, -2, 0], [1 / 12, 1 / 12, INF]),
        (arcsin, [0, 1, -1], [0, PI / 2, -PI / 2], [1, INF, INF]),
        (arcsin, [1.5], [NAN], [NAN]),
        (arccos, [0, 1, -1], [PI / 2, 0, PI], [-1, -INF, -INF]),
        (arctan, [0, INF, -INF], [0, PI / 2, -PI / 2], [1, 0, 0]),
        (sinc, [0, 1e-20], [1, 1], [0, -3.289868133696453e-20]),
        (sinh, [0, INF, -INF], [0, INF, -INF], [1, INF, INF]),
        (cosh, [0, INF, -INF], [1, INF, INF], [0, INF, -INF]),
        (arcsinh, [0, LARGE, -LARGE], [0, 69.77069997038103, -69.77069997038103], [1, TINY, TINY]),
        (arcsinh, [INF, -INF], [INF, -INF], [0, 0]),
        (arccosh, [1, LARGE, INF], [0, 69.77069997038103, INF], [INF, TINY, 0]),
        (arctanh, [0, 1, -1], [0, INF, -INF], [1, INF, INF]),
        (exp2, [3, -INF], [8, 0], [8 * math.log(2), 0]),
        (expm1, [0, -50, -INF, TINY], [0, -1, -1, TINY], [1, math.exp(-50), 0, 1]),
        (log1p, [0, -1, INF, TINY], [0, -INF, INF, TINY], [1, INF, 0, 1]),
        (log1p, [LARGE], [math.log(LARGE)], [TINY]),
        (log2, [8, 0], [3, -INF], [1 / (8 * math.log(2)), INF]),
        (log10, [100, 0], [2, -INF], [1 / (100 * math.log(10)), INF]),
        (floor, [2, -0.5, INF], [2, -1, INF], [0, 0, 0]),
        (ceil, [2, -0.5], [2, 0], [0, 0]),
        (trunc, [2.7, -2.7], [2, -2], [0, 0]),
        (round_, [0.5, 1.5, -2.5], [0, 2, -2], [0, 0, 0]),
        (lambda x: round_(x, decimals=-1), [14, 26], [10, 30], [0, 0]),
        (erf, [0, INF, -INF, 30], [0, 1, -1, 1], [2 / math.sqrt(PI), 0, 0, 0]),
        (erf, [LARGE, TINY], [1, 2 / math.sqrt(PI) * TINY], [0, 2 / math.sqrt(PI)]),
        (erfc, [0, INF, -INF, LARGE], [1, 0, 2, 0], [-2 / math.sqrt(PI), 0, 0, 0]),
        (normal_cdf, [0, INF, -INF, -LARGE], [0.5, 1, 0, 0], [1 / math.sqrt(2 * PI), 0, 0, 0]),
        (leaky_relu, [0, -2, 3, -INF], [0, -0.02, 3, -INF], [0.01, 0.01, 1, 0.01]),
        (elu, [0, -1000, 1000, -INF, INF], [0, -1, 1000, -1, INF], [1, 0, 1, 0, 1]),
        (lambda x: elu(x, alpha=2.0), [0, -1000, 1000], [0, -2, 1000], [2, 0, 1]),
        (silu, [0, 1000, -1000, LARGE, -LARGE], [0, 1000, 0, LARGE, 0], [0.5, 1, 0, 1, 0]),
        (gelu, [0, 40, -40, LARGE, -LARGE], [0, 40, 0, LARGE, 0], [0.5, 1, 0, 1, 0]),
        (gelu_tanh, [0, 40, -40, LARGE, -LARGE], [0, 40, 0, LARGE, 0], [0.5, 1, 0, 1, 0]),
        (lambda x: power(x, constant(0.5)), [0, 4], [0, 2], [INF, 0.25]),
        (lambda x: power(x, constant(1.5)), [0, 4], [0, 8], [0, 3]),
        (lambda x: power(x, constant(0.0)), [0, -2, INF], [1, 1, 1], [0, 0, 0]),
        (lambda x: power(x, constant(2.0)), [0, -2, -INF], [0, 4, INF], [0, -4, -INF]),
        (lambda x: power(x, constant(3.0)), [0, -2], [0, -8], [0, 12]),
        (lambda x: power(x, constant(-1.0)), [-2, 0], [-0.5, INF], [-0.25, -INF]),
    ],
)
def test_of_one_number(
    build: Callable[[Node], Node], at: Any, value: Any, slope: Any, dtype: str
) -> None:
    found = derivatives(build, at, dtype=dtype)
    close(found[0], value, dtype)
    close(found[1], slope, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("build", "a", "b", "value", "by_a", "by_b"),
    [
        (hypot, [0, 3, LARGE], [0, 4, 0], [0, 5, LARGE], [0, 0.6, 1], [0, 0.8, 0]),
        (hypot, [LARGE], [LARGE], [math.sqrt(2) * LARGE], [0.5**0.5], [0.5**0.5]),
        (arctan2, [0, 0, 1], [0, -1, 0], [0, PI, PI / 2], [0, -1, 0], [0, 0, -1]),
        (arctan2, [LARGE], [LARGE], [PI / 4], [TINY / 2], [-TINY / 2]),
        (logaddexp, [1000, -1000], [1000, 0], [1000 + math.log(2), 0], [0.5, 0], [0.5, 1]),
        (logaddexp, [INF, -INF, INF], [0, 0, -INF], [INF, 0, INF], [1, 0, 1], [0, 1, 0]),
        (logaddexp, [INF, -INF], [INF, -INF], [INF, -INF], [0.5, 0.5], [0.5, 0.5]),
        (logaddexp2, [3, -INF, INF], [3, -INF, 0], [4, -INF, INF], [0.5, 0.5, 1], [0.5, 0.5, 0]),
        (xtimesy, [0, 2], [-INF, 3], [0, 6], [-INF, 3], [0, 2]),
        (remainder, [5, -5, 6], [3, 3, 3], [2, 1, 0], [1, 1, 1], [-1, 2, -2]),
        (fmax, [1, NAN, 1, NAN], [1, 2, NAN, NAN], [1, 2, 1, NAN], [1, 0, 1, 1], [0, 1, 0, 0]),
        (fmin, [1, NAN, 3, 1], [1, 2, NAN, 0], [1, 2, 3, 0], [1, 0, 1, 0], [0, 1, 0, 1]),
        (copysign, [2, -2, 0, 2], [-1, -0.0, -1, 0], [-2, -2, -0.0, 2], [-1, 1, 0, 1], [0] * 4),
        (heaviside, [-1, 0, 1], [5, 5, 5], [0, 5, 1], [0, 0, 0], [0, 1, 0]),
        (power, [-2, -2], [3, 2], [-8, 4], [12, -4], [NAN, NAN]),
        (power, [0, 0], [2, 0.5], [0, 0], [0, INF], [0, 0]),
    ],
)
def test_of_two_numbers(
    build: Callable[[Node, Node], Node],
    a: Any,
    b: Any,
    value: Any,
    by_a: Any,
    by_b: Any,
    dtype: str,
) -> None:
    found = derivatives(build, a, b, dtype=dtype)
    for one, other in zip(found, (value, by_a, by_b), strict=True):
        close(one, other, dtype)


def test_slopes_where_a_square_would_overflow() -> None:
    for inverse in (arcsinh, arccosh):
        np.testing.assert_allclose(derivatives(inverse, [HUGE])[1], [1 / HUGE], rtol=1e-14)
    _, by_a, by_b = derivatives(arctan2, [HUGE], [HUGE])
    np.testing.assert_allclose([by_a, by_b], [[0.5 / HUGE], [-0.5 / HUGE]], rtol=1e-14)
    for build in (silu, gelu, gelu_tanh, elu, leaky_relu, erf, normal_cdf):
        assert np.isfinite(derivatives(build, [HUGE, -HUGE])).all()


def test_a_number_that_is_none_stays_none() -> None:
    for build in (silu, gelu, gelu_tanh, elu, leaky_relu, erf, erfc, sinc, square, cbrt, arcsinh):
        assert all(np.isnan(each).all() for each in derivatives(build, [NAN])[:1])


def test_arrays_without_entries() -> None:
    for build in (sinc, erf, elu, gelu, round_, square):
        value, slope = derivatives(build, np.zeros((0, 3)))
        assert value.shape == slope.shape == (0, 3)


# --- bounds ----------------------------------------------------------------------------------


def test_at_a_bound_the_bound_counts() -> None:
    x = [-2.0, -1.0, 0.0, 1.0, 2.0, NAN]
    value, *slopes = derivatives(clip, x, [-1.0] * 6, [1.0] * 6)
    np.testing.assert_array_equal(value, [-1, -1, 0, 1, 1, NAN])
    np.testing.assert_array_equal(slopes[0], [0, 0, 1, 0, 0, 0])
    np.testing.assert_array_equal(slopes[1], [1, 1, 0, 0, 0, 0])
    np.testing.assert_array_equal(slopes[2], [0, 0, 0, 1, 1, 0])


def test_bounds_out_of_order_leave_the_upper_one() -> None:
    value, *slopes = derivatives(clip, [0.0, 5.0], [2.0, 2.0], [1.0, 1.0])
    np.testing.assert_array_equal(value, [1, 1])
    np.testing.assert_array_equal(slopes, [[0, 0], [0, 0], [1, 1]])


def test_clipping_drops_an_infinite_slope() -> None:
    _, slope = derivatives(lambda x: cbrt(clip(x, number(0.0, x), number(9.0, x))), [-1.0, 1.0])
    np.testing.assert_allclose(slope, [0, 1 / 3])


# --- second derivatives ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "at", "wanted"),
    [
        (sinc, [0.0, 1e-9], [-(PI**2) / 3] * 2),
        (gelu, [0.0, 40.0, -40.0], [2 / math.sqrt(2 * PI), 0, 0]),
        (silu, [0.0, 1000.0, -1000.0], [0.5, 0, 0]),
        (elu, [1000.0, -1.0], [0, math.exp(-1)]),
        (lambda x: logaddexp(x, x), [3.0, -1000.0], [0, 0]),
        (lambda x: logaddexp(x, number(2.0, x)), [2.0, -1000.0], [0.25, 0]),
        (arctan, [0.0, HUGE], [0, 0]),
        (square, [0.0, -3.0], [2, 2]),
    ],
)
def test_curvature(build: Callable[[Node], Node], at: Any, wanted: Any) -> None:
    x = variable((len(at),))
    slope = gradient(sum_(build(x)), x)
    found = evaluate(gradient(sum_(slope), x), {x: at})
    np.testing.assert_allclose(found, wanted, rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("order", range(7))
def test_derivatives_of_sinc_near_and_far_agree(order: int) -> None:
    x = np.array([1.999, 2.001]) / PI  # on both sides of where the series ends
    here, there = evaluate(sinc(constant(x), order=order))
    slopes = evaluate(sinc(constant(x), order=order + 1))
    assert there - here == pytest.approx(0.002 * slopes.mean(), rel=1e-3, abs=1e-9)


# --- the error function ------------------------------------------------------------------------

GRID = np.concatenate([np.linspace(-6.5, 27, 7001), 10.0 ** np.linspace(-300, 0, 500)])


@pytest.mark.parametrize(
    ("found", "wanted"), [(kernels.erf, math.erf), (kernels.erfc, math.erfc)], ids=["erf", "erfc"]
)
def test_the_error_function_is_right_to_the_last_digits(
    found: Callable[[Array], Array], wanted: Callable[[float], float]
) -> None:
    exact = np.array([wanted(x) for x in GRID])
    normal = np.abs(exact) > 1e-300
    np.testing.assert_allclose(found(GRID)[normal], exact[normal], rtol=1e-15)
    np.testing.assert_allclose(found(GRID)[~normal], exact[~normal], atol=1e-300)
    single = GRID[np.abs(GRID) > 1e-37].astype("float32")
    exact = np.array([wanted(x) for x in single.astype(float)])
    rounded = found(single)
    assert rounded.dtype == np.float32
    np.testing.assert_allclose(rounded, exact, rtol=1e-6, atol=1e-37)


def test_the_error_function_is_odd_and_keeps_the_sign_of_zero() -> None:
    np.testing.assert_array_equal(kernels.erf(-GRID), -kernels.erf(GRID))
    assert np.signbit(kernels.erf(np.array(-0.0)))
    assert np.isnan(kernels.erf(np.array([NAN]))).all()
    assert kernels.erf(np.array(0.5, "float32")).dtype == np.float32
    assert kernels.erf(np.zeros((0, 2))).shape == (0, 2)


def test_a_tail_keeps_its_digits() -> None:
    value, slope = derivatives(normal_cdf, [-10.0])
    np.testing.assert_allclose(value, [math.erfc(10 / math.sqrt(2)) / 2], rtol=1e-13)
    np.testing.assert_allclose(slope, [math.exp(-50) / math.sqrt(2 * PI)], rtol=1e-14)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda x: sinc(x, order=-1), "order of a derivative of sinc is between 0 and 16, not -1"),
        (lambda x: sinc(x, order=17), "not 17"),
        (lambda x: round_(x, decimals=10**10), "between -300 and 300 decimals"),
        (lambda x: huber(x, x, delta=0.0), "delta of huber is above 0, not 0"),
        (lambda x: mean_huber(x, x, delta=NAN), "delta of mean_huber is above 0, not nan"),
    ],
)
def test_settings_that_mean_nothing_are_refused(build: Any, message: str) -> None:
    with pytest.raises(DataProblem, match=message):
        build(variable((2,)))


# --- truth values ------------------------------------------------------------------------------


def test_questions_about_numbers() -> None:
    x = constant([0.0, INF, -INF, NAN])
    assert evaluate(isfinite(x)).tolist() == [True, False, False, False]
    assert evaluate(isinf(x)).tolist() == [False, True, True, False]
    assert evaluate(isnan(x)).tolist() == [False, False, False, True]


def test_truth_tables() -> None:
    a, b = constant([0.0, 0.0, 1.0, NAN]), constant([False, True, False, True])
    assert evaluate(and_(a, b)).tolist() == [False, False, False, True]
    assert evaluate(or_(a, b)).tolist() == [False, True, True, True]
    assert evaluate(xor(a, b)).tolist() == [False, True, True, False]
    assert and_(a, constant(1.0)).shape == (4,)
    assert and_(a, b).dtype == np.bool_


# --- losses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "y", "t", "value", "slope"),
    [
        (absolute_error, [1, 1, 3], [1, 2, 1], 3, [0, -1, 1]),
        (huber, [0.5, 1, 3, -HUGE], [0, 0, 0, 0], HUGE, [0.5, 1, 1, -1]),
        (huber, [0.5, 1, -3], [0, 0, 0], 0.125 + 0.5 + 2.5, [0.5, 1, -1]),
        (lambda y, t: huber(y, t, delta=2.0), [1, 3], [0, 0], 0.5 + 4, [1, 2]),
        (hinge, [0, 1, 2, -1], [1, 1, 1, -1], 1, [-1, 0, 0, 0]),
        (hinge, [2, 0.5], [-1, 1], 3.5, [1, -1]),
        (kl_divergence, [0.5, 0.5, 0], [0.5, 0.5, 0], 0, [-1, -1, 0]),
        (kl_divergence, [0.25, 0.75], [1, 0], math.log(4), [-4, 0]),
        (kl_divergence, [0, 1], [1, 0], INF, [-INF, 0]),
        (binary_cross_entropy_with_logits, [0, 0], [0, 1], 2 * math.log(2), [0.5, -0.5]),
        (binary_cross_entropy_with_logits, [1000, -1000], [1, 0], 0, [0, 0]),
        (binary_cross_entropy_with_logits, [1000, -1000], [0, 1], 2000, [1, -1]),
        (binary_cross_entropy_with_logits, [INF, -INF], [1, 0], 0, [0, 0]),
        (binary_cross_entropy_with_logits, [INF], [0], INF, [1]),
        (binary_cross_entropy_with_logits, [50], [1], math.exp(-50), [0]),
        (cross_entropy_with_logits, [0, 0, -INF], [1, 0, 0], math.log(2), [-0.5, 0.5, 0]),
        (cross_entropy_with_logits, [0, -INF], [0, 1], INF, [1, -1]),
        (mean_cross_entropy_with_logits, [[0, -INF], [0, 0]], [[1, 0]] * 2, math.log(2) / 2, None),
    ],
)
def test_losses(loss: Callable[..., Node], y: Any, t: Any, value: float, slope: Any) -> None:
    found = derivatives(loss, y, t)
    np.testing.assert_allclose(found[0], value, rtol=1e-14, atol=1e-300)
    if slope is not None:
        np.testing.assert_allclose(found[1], slope, rtol=1e-14, atol=1e-15)
