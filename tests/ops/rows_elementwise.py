"""Elementary functions and activations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from tests.ops.row import ONE, TWO, Row

from chainrule.graph.node import Array
from chainrule.ops import (
    activation,
    elementary,
    exponential,
    hyperbolic,
    limiting,
    logic,
    roots,
    rounding,
    special,
    trigonometric,
)

THREE = (((3,), (3,), (3,)), ((2, 3), (2, 3), (2, 3)), ((), (), ()))
NEAR_ZERO = ((-0.6, 0.6),)


def each(formula: Any) -> Any:
    """A function of Python's `math`, entry by entry."""
    return lambda *arrays: np.vectorize(formula)(*arrays)


def sinc_slope(x: Array) -> Any:
    """The derivative of sin(z)/z at z = πx."""
    z = math.pi * x
    return np.cos(z) / z - np.sin(z) / z**2


def np_gelu_tanh(x: Array) -> Any:
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


ROWS: tuple[Row, ...] = (
    Row("xtimesy", elementary.xtimesy, TWO, lambda a, b: a * b),
    # powers and roots
    Row("square", roots.square, ONE, lambda x: x * x),
    Row("reciprocal", roots.reciprocal, ONE, lambda x: 1 / x),
    Row("cbrt", roots.cbrt, ONE, lambda x: x ** (1 / 3)),
    Row("cbrt of negatives", roots.cbrt, ONE, lambda x: -((-x) ** (1 / 3)), ((-2.0, -0.3),)),
    Row("hypot", roots.hypot, TWO, lambda a, b: np.sqrt(a * a + b * b)),
    # trigonometric
    Row("arcsin", trigonometric.arcsin, ONE, each(math.asin)),
    Row("arccos", trigonometric.arccos, ONE, each(math.acos)),
    Row("arctan", trigonometric.arctan, ONE, each(math.atan)),
    Row("arctan2", trigonometric.arctan2, TWO, each(math.atan2)),
    Row(
        "arctan2 below",
        trigonometric.arctan2,
        TWO,
        lambda a, b: -np.pi / 2 - np.arctan(b / a),
        ((-2.0, -0.3), (-2.0, 2.0)),
    ),
    Row("sinc", trigonometric.sinc, ONE, lambda x: np.sin(np.pi * x) / (np.pi * x)),
    Row("sinc near 0", trigonometric.sinc, ONE, None, NEAR_ZERO),
    Row("slope of sinc", lambda x: trigonometric.sinc(x, order=1), ONE, sinc_slope),
    Row("curvature of sinc", lambda x: trigonometric.sinc(x, order=2), ONE, None, NEAR_ZERO),
    Row("third slope of sinc", lambda x: trigonometric.sinc(x, order=3), ONE, None, ((0.7, 2.0),)),
    # hyperbolic
    Row("sinh", hyperbolic.sinh, ONE, lambda x: (np.exp(x) - np.exp(-x)) / 2),
    Row("cosh", hyperbolic.cosh, ONE, lambda x: (np.exp(x) + np.exp(-x)) / 2),
    Row("arcsinh", hyperbolic.arcsinh, ONE, lambda x: np.log(x + np.sqrt(x * x + 1))),
    Row("arccosh", hyperbolic.arccosh, ONE, lambda x: np.log(x + np.sqrt(x * x - 1))),
    Row("arctanh", hyperbolic.arctanh, ONE, lambda x: np.log((1 + x) / (1 - x)) / 2),
    # exponentials and logarithms
    Row("exp2", exponential.exp2, ONE, lambda x: 2.0**x),
    Row("expm1", exponential.expm1, ONE, lambda x: np.exp(x) - 1),
    Row("log1p", exponential.log1p, ONE, lambda x: np.log(1 + x)),
    Row("log2", exponential.log2, ONE, lambda x: np.log(x) / np.log(2)),
    Row("log10", exponential.log10, ONE, lambda x: np.log(x) / np.log(10)),
    Row("logaddexp", exponential.logaddexp, TWO, lambda a, b: np.log(np.exp(a) + np.exp(b))),
    Row("logaddexp2", exponential.logaddexp2, TWO, lambda a, b: np.log2(2**a + 2**b)),
    Row("share", exponential.share, TWO, lambda a, b: 1 / (1 + np.exp(b - a))),
    # rounding
    Row("floor", rounding.floor, ONE, each(math.floor)),
    Row("ceil", rounding.ceil, ONE, each(math.ceil)),
    Row("trunc", rounding.trunc, ONE, each(math.trunc)),
    Row("round", rounding.round_, ONE, each(round)),
    Row("round 1", lambda x: rounding.round_(x, decimals=1), ONE, each(lambda x: round(x, 1))),
    Row("floor_divide", rounding.floor_divide, TWO, lambda a, b: np.floor(a / b)),
    Row("remainder", rounding.remainder, TWO, lambda a, b: a - b * np.floor(a / b)),
    # special functions
    Row("erf", special.erf, ONE, each(math.erf)),
    Row("erfc", special.erfc, ONE, each(math.erfc)),
    Row("normal_cdf", special.normal_cdf, ONE, each(lambda x: (1 + math.erf(x / 2**0.5)) / 2)),
    # activations
    Row("leaky_relu", activation.leaky_relu, ONE, lambda x: np.where(x > 0, x, x / 100)),
    Row(
        "leaky_relu 0.2",
        lambda x: activation.leaky_relu(x, slope=0.2),
        ONE,
        lambda x: np.where(x > 0, x, 0.2 * x),
    ),
    Row("elu", activation.elu, ONE, lambda x: np.where(x > 0, x, np.exp(x) - 1)),
    Row(
        "elu 0.5",
        lambda x: activation.elu(x, alpha=0.5),
        ONE,
        lambda x: np.where(x > 0, x, 0.5 * (np.exp(x) - 1)),
    ),
    Row("silu", activation.silu, ONE, lambda x: x / (1 + np.exp(-x))),
    Row("gelu", activation.gelu, ONE, each(lambda x: x * (1 + math.erf(x / 2**0.5)) / 2)),
    Row("gelu_tanh", activation.gelu_tanh, ONE, np_gelu_tanh),
    # bounds, signs, steps
    Row("clip", limiting.clip, THREE, lambda x, low, high: np.clip(x, low, high)),
    Row(
        "clip of bounds out of order",
        limiting.clip,
        THREE,
        lambda x, low, high: high + 0 * x,
        ((-2.0, 2.0), (1.0, 2.0), (-1.0, 0.5)),
    ),
    Row("fmax", limiting.fmax, TWO, np.maximum),
    Row("fmin", limiting.fmin, TWO, np.minimum),
    Row("copysign", limiting.copysign, TWO, lambda a, b: np.abs(a) * np.sign(b)),
    Row("heaviside", limiting.heaviside, TWO, lambda x, h: np.where(x > 0, 1.0, 0.0)),
    # truth values
    Row("and", logic.and_, TWO, np.logical_and, smooth=False),
    Row("or", logic.or_, TWO, np.logical_or, smooth=False),
    Row("xor", logic.xor, TWO, np.logical_xor, smooth=False),
    Row("isfinite", logic.isfinite, ONE, np.isfinite, smooth=False),
    Row("isinf", logic.isinf, ONE, np.isinf, smooth=False),
    Row("isnan", logic.isnan, ONE, np.isnan, smooth=False),
)
