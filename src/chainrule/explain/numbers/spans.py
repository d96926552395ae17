"""How large numbers are that float64 does not have: between which powers of 2 they lie.

>>> exp_of_800 = of_function("exp", 800.0, 0.0, (9.6, 9.7))
>>> [round(power) for power in exp_of_800 or ()]
[1154, 1154]
>>> of_product((0.0, 0.0), to_power((1154.0, 1155.0), -1))  # 1 / e^800
(-1155.0, -1154.0)
"""

from __future__ import annotations

import math

__all__ = [
    "SMALLEST_POWER",
    "TOO_SMALL",
    "Span",
    "is_seen",
    "of_function",
    "of_number",
    "of_product",
    "of_sum",
    "to_power",
]

Span = tuple[float, float]
SMALLEST_POWER = -1074  # of 2, that is a float64
TOO_SMALL: Span = (-math.inf, SMALLEST_POWER - 1)  # what float64 rounds to 0
UNKNOWN: Span = (-math.inf, math.inf)
SLACK = 1e-9  # of a power that is computed itself
POWERS = {"exp": math.log2(math.e), "exp2": 1.0}  # e^x as a power of 2
OF_X_NEAR_0 = """
    arcsin arcsinh arctan arctanh erf expm1 log1p sin sinh tan tanh
"""  # at most 2|x| there
AT_MOST_TWICE = frozenset(OF_X_NEAR_0.split())


def is_seen(value: float) -> bool:
    """Whether a value says how large its number is."""
    return value != 0 and math.isfinite(value)


def of_number(value: float, error: float) -> Span:
    """Of a number that is no further from the value than that."""
    low, high = abs(value) - error, abs(value) + error
    return (_log2(low), _log2(high)) if math.isfinite(low) else UNKNOWN


def of_sum(a: Span, b: Span, has_one_sign: bool) -> Span:
    """Of a sum; terms of different signs cancel, if none is much larger than the other."""
    larger, smaller = (a, b) if a[1] > b[1] else (b, a)
    if has_one_sign:
        return max(a[0], b[0]), larger[1] + 1
    return larger[0] - 1 if larger[0] > smaller[1] + 1 else -math.inf, larger[1] + 1


def of_product(a: Span, b: Span) -> Span:
    """Of a product."""
    low, high = a[0] + b[0], a[1] + b[1]
    return -math.inf if math.isnan(low) else low, math.inf if math.isnan(high) else high


def to_power(span: Span, exponent: float) -> Span:
    """Of a power, other than 0."""
    ends = exponent * span[0], exponent * span[1]
    return min(ends), max(ends)


def of_function(name: str, value: float, error: float, span: Span) -> Span | None:
    """Of a function, by NumPy's name, of such a number; None where nothing is known."""
    if name in POWERS and math.isfinite(value):
        power = POWERS[name]
        return power * (value - error) - SLACK, power * (value + error) + SLACK
    if name == "erfc" and value > error:  # at most e^(-x²)
        return -math.inf, -POWERS["exp"] * (value - error) ** 2 + SLACK
    if name in AT_MOST_TWICE and value == 0:
        return -math.inf, span[1] + 1
    return None


def _log2(size: float) -> float:
    return math.log2(size) if size > 0 else -math.inf
