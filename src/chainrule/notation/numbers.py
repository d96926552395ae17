"""Numbers as text: exact ones that parse back, and short ones for reading.

A small number is never printed as 0.000: reading forms have significant digits.
"""

from __future__ import annotations

import math

from chainrule.graph.sizes import Size

__all__ = ["exact", "significant"]


def exact(value: float) -> str:
    """The shortest text that reads back as the same number; a size by its names.

    >>> exact(2.0), exact(-0.25), exact(1e-10), exact(1e22)
    ('2', '-0.25', '1e-10', '1e+22')
    """
    if isinstance(value, Size):
        return str(value)
    if math.isfinite(value) and value == int(value) and abs(value) < 1e15:
        return "-0.0" if value == 0 and math.copysign(1, value) < 0 else str(int(value))
    return repr(float(value))


def significant(value: float, digits: int = 6) -> str:
    """A number with so many significant digits, without trailing zeros; whole numbers in full.

    >>> significant(2.78946809e-10), significant(-0.0), significant(22.00000000027)
    ('2.78947e-10', '0', '22')
    >>> significant(-3584912847.13), significant(float("inf")), significant(float("nan"))
    ('-3.58491e9', 'inf', 'nan')
    """
    if not math.isfinite(value):
        return str(value)
    if value == int(value) and abs(value) < 1e9:
        return str(int(value))
    text = f"{value:.{digits}g}"
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    return f"{mantissa}e{int(exponent)}"
