"""About how many instructions the functions of the tensor language take."""

from __future__ import annotations

__all__ = ["length_of"]

SHORT = frozenset((
    "add", "subtract", "multiply", "divide", "negative", "absolute", "square", "sign", "sqrt",
    "maximum", "minimum", "where", "cast", "greater", "greater_equal", "less", "less_equal",
    "equal", "not_equal", "isfinite", "isnan", "isinf", "logical_not", "logical_and",
    "logical_or", "bitwise_and", "bitwise_or", "bitwise_xor",
))  # fmt: skip
LONG = 25  # instructions of an exponential, a tangent …


def length_of(function: str) -> int:
    """About how many instructions a function takes.

    >>> length_of("add"), length_of("tanh")
    (1, 25)
    """
    return 1 if function in SHORT else LONG
