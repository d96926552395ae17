"""Precedence, loosest first: the one table for every notation.

An operand is put in parentheses when it binds more loosely than its place allows.
"""

from __future__ import annotations

__all__ = ["LEVELS", "places"]

LEVELS = {
    "comparison": 1,
    "sum": 2,
    "product": 3,
    "sign": 4,
    "power": 5,
    "postfix": 7,
    "call": 8,
}


def places(precedence: str, count: int) -> tuple[int, ...]:
    """The loosest level that each operand may have without parentheses.

    Sums and products read from the left: a − (b − c) keeps its parentheses, (a − b) − c does not.

    >>> places("sum", 2), places("power", 2), places("call", 2)
    ((2, 3), (6, 5), (0, 0))
    """
    level = LEVELS[precedence]
    if precedence == "call":
        return (0,) * count
    if precedence == "power":
        return (level + 1, level)[:count]
    if precedence == "postfix":
        return (level,) * count
    if precedence in ("sign", "comparison"):
        return (level + 1,) * count
    return (level, *((level + 1,) * (count - 1)))
