"""The elementwise functions that there are kernels for, by NumPy's names; see `functions/`.

They are named apart from what writes them, which is not imported before something is compiled.
"""

from __future__ import annotations

__all__ = ["NAMES"]

NAMES = frozenset((
    # Arithmetic.
    "add", "subtract", "multiply", "divide", "negative", "positive", "absolute", "fabs", "sign",
    "square", "reciprocal", "floor_divide", "remainder", "fmod", "maximum", "minimum", "fmax",
    "fmin", "copysign", "heaviside", "deg2rad", "rad2deg",
    # Rounding.
    "rint", "floor", "ceil", "trunc",
    # Powers.
    "sqrt", "cbrt", "power", "float_power", "hypot",
    # Exponentials and logarithms.
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "logaddexp", "logaddexp2", "sigmoid",
    # Trigonometric and hyperbolic functions.
    "sin", "cos", "tan", "sinc", "arcsin", "arccos", "arctan", "arctan2", "sinh", "cosh", "tanh",
    "arcsinh", "arccosh", "arctanh", "erf", "erfc",
    # Truth.
    "where", "less", "less_equal", "greater", "greater_equal", "equal", "not_equal",
    "logical_and", "logical_or", "logical_xor", "logical_not", "isnan", "isinf", "isfinite",
    "signbit",
    # Bits.
    "bitwise_and", "bitwise_or", "bitwise_xor", "invert", "left_shift", "right_shift",
))  # fmt: skip
