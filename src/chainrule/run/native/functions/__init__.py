"""Elementwise functions as LLVM's text, under NumPy's names: for any lanes, float32 and float64.

An entry of `FUNCTIONS` writes into a function: `emit(function, *values) -> Value`.  All values have
one type (a condition of `where` has truth values), which is the result's but for comparisons; so
conversions are the caller's, as NumPy's rules have it.  Truth values are i1, whole numbers i8 to
i64; those without sign look the same, and some functions differ for them: `UNSIGNED`.

Errors are at most 4 units in the last place, but for erfc of float32 (4.4, at few places) and the
logarithms of sums near 0 (those of the larger term).  Nothing outside of the text is called: no C
library is needed.

>>> from chainrule.run.native.ssa import Module
>>> function = Module().function("f", [("<16 x float>", "x")], "<16 x float>")
>>> FUNCTIONS["tanh"](function, *function.parameters).type
'<16 x float>'
"""

from __future__ import annotations

import math
from collections.abc import Callable

from chainrule.run.native.functions import (
    choosing,
    division,
    error_function,
    exponential,
    inverse,
    logarithm,
    power,
    rounding,
    trigonometric,
    truth,
)
from chainrule.run.native.functions.lanes import Lanes, lanewise
from chainrule.run.native.ssa import Function, Value

__all__ = ["FUNCTIONS", "UNSIGNED", "cast", "power_of_number", "rounded"]

Emit = Callable[..., Value]

_FORMULAS: dict[str, Callable[..., Lanes]] = {
    # Arithmetic.
    "add": choosing.added,
    "subtract": lambda a, b: a - b,
    "multiply": choosing.multiplied,
    "divide": lambda a, b: a / b,
    "negative": lambda x: -x,
    "positive": lambda x: x,
    "absolute": choosing.absolute,
    "fabs": choosing.absolute,
    "sign": choosing.sign,
    "square": lambda x: choosing.multiplied(x, x),
    "reciprocal": lambda x: 1.0 / x,
    "floor_divide": division.floor_quotient,
    "remainder": division.remainder,
    "fmod": division.remainder_towards_zero,
    "maximum": choosing.larger,
    "minimum": choosing.smaller,
    "fmax": choosing.larger_number,
    "fmin": choosing.smaller_number,
    "copysign": lambda a, b: a.signed_as(b),
    "heaviside": choosing.heaviside,
    "deg2rad": lambda x: x * (math.pi / 180),
    "rad2deg": lambda x: x * (180 / math.pi),
    # Rounding.
    "rint": rounding.nearest,
    "floor": rounding.floor,
    "ceil": rounding.ceiling,
    "trunc": rounding.truncated,
    # Powers.
    "sqrt": Lanes.root,
    "cbrt": power.cube_root,
    "power": lambda a, b: power.power(a, b) if a.is_float else division.whole_power(a, b),
    "float_power": power.power,
    "hypot": power.hypotenuse,
    # Exponentials and logarithms.
    "exp": exponential.exponential,
    "exp2": exponential.exponential_of_two,
    "expm1": exponential.exponential_less_one,
    "log": logarithm.logarithm,
    "log2": logarithm.logarithm_base_two,
    "log10": logarithm.logarithm_base_ten,
    "log1p": logarithm.logarithm_one_more,
    "logaddexp": logarithm.log_of_sum,
    "logaddexp2": logarithm.logarithm_two_of_sum,
    "sigmoid": exponential.sigmoid,
    # Trigonometric and hyperbolic functions.
    "sin": trigonometric.sine,
    "cos": trigonometric.cosine,
    "tan": trigonometric.tangent,
    "sinc": trigonometric.sine_over_angle,
    "arcsin": inverse.arcsine,
    "arccos": inverse.arccosine,
    "arctan": inverse.arctangent,
    "arctan2": inverse.arctangent_of_two,
    "sinh": exponential.sine_hyperbolic,
    "cosh": exponential.cosine_hyperbolic,
    "tanh": exponential.tangent_hyperbolic,
    "arcsinh": logarithm.sine_hyperbolic_inverse,
    "arccosh": logarithm.cosine_hyperbolic_inverse,
    "arctanh": logarithm.tangent_hyperbolic_inverse,
    "erf": error_function.error_function,
    "erfc": error_function.error_function_complement,
    # Truth.
    "where": choosing.where,
    "less": choosing.less,
    "less_equal": choosing.less_equal,
    "greater": choosing.greater,
    "greater_equal": choosing.greater_equal,
    "equal": choosing.equal,
    "not_equal": choosing.not_equal,
    "logical_and": lambda a, b: truth.is_true(a) & truth.is_true(b),
    "logical_or": lambda a, b: truth.is_true(a) | truth.is_true(b),
    "logical_xor": lambda a, b: truth.is_true(a) ^ truth.is_true(b),
    "logical_not": lambda x: ~truth.is_true(x),
    "isnan": truth.is_nan,
    "isinf": truth.is_infinite,
    "isfinite": truth.is_finite,
    "signbit": truth.is_negative,
    # Bits.
    "bitwise_and": lambda a, b: a & b,
    "bitwise_or": lambda a, b: a | b,
    "bitwise_xor": lambda a, b: a ^ b,
    "invert": lambda x: ~x,
    "left_shift": choosing.shifted_left,
    "right_shift": choosing.shifted_right,
}

FUNCTIONS: dict[str, Emit] = {name: lanewise(formula) for name, formula in _FORMULAS.items()}

_UNSIGNED_FORMULAS: dict[str, Callable[..., Lanes]] = {
    "absolute": lambda x: x,
    "sign": lambda x: x.equals(0).choose(0, x.like(1)),
    "floor_divide": division.unsigned_quotient,
    "remainder": division.unsigned_remainder,
    "fmod": division.unsigned_remainder,
    "power": lambda a, b: division.whole_power(a, b, signed=False),
    "maximum": choosing.unsigned_larger,
    "minimum": choosing.unsigned_smaller,
    "fmax": choosing.unsigned_larger,
    "fmin": choosing.unsigned_smaller,
    "less": lambda a, b: a.compare("ult", b),
    "less_equal": lambda a, b: a.compare("ule", b),
    "greater": lambda a, b: a.compare("ugt", b),
    "greater_equal": lambda a, b: a.compare("uge", b),
    "right_shift": choosing.unsigned_shifted_right,
}

UNSIGNED: dict[str, Emit] = {
    name: lanewise(formula) for name, formula in _UNSIGNED_FORMULAS.items()
}


def cast(
    function: Function, x: Value, scalar: str, unsigned: bool = False, to_unsigned: bool = False
) -> Value:
    """Numbers of another type, as NumPy's `astype`; see `choosing.converted`."""
    return choosing.converted(Lanes(function, x), scalar, unsigned, to_unsigned).value


def power_of_number(function: Function, x: Value, exponent: float) -> Value:
    """x to a power that is known: few multiplications, or a root, where that is right."""
    return power.power_of_number(Lanes(function, x), exponent).value


def rounded(function: Function, x: Value, decimals: int) -> Value:
    """The nearest number with so many decimals, as NumPy's `round`."""
    return rounding.rounded(Lanes(function, x), decimals).value
