"""Rounding to whole numbers.

x + 2^52 − 2^52 is the nearest whole number of a float64 below 2^52, a half going to the even one;
the instruction that does it is missing on the plainest x86-64.
"""

from __future__ import annotations

from chainrule.run.native.functions.lanes import Lanes

__all__ = ["ceiling", "floor", "nearest", "rounded", "truncated"]


def _instruction(x: Lanes, name: str) -> Lanes | None:
    """Rounding in one instruction, where the processor has it."""
    if not x.function.module.rounds:
        return None
    return Lanes(x.function, x.function.intrinsic(name, x.value))


def nearest(x: Lanes) -> Lanes:
    """The nearest whole number, a half to the even one."""
    if not x.is_float:
        return x
    return _instruction(x, "rint") or _nearest(x)


def _nearest(x: Lanes) -> Lanes:
    size, large = abs(x), 2.0**x.format.digits
    return (size < large).choose(((size + large) - large).signed_as(x), x)


def floor(x: Lanes) -> Lanes:
    """The largest whole number that is not above x."""
    if not x.is_float:
        return x
    near = nearest(x)
    found = (near > x).choose(near - 1.0, near)
    return _instruction(x, "floor") or found.signed_as(x)


def ceiling(x: Lanes) -> Lanes:
    """The smallest whole number that is not below x."""
    return x if not x.is_float else _instruction(x, "ceil") or -floor(-x)


def truncated(x: Lanes) -> Lanes:
    """The nearest whole number towards 0."""
    if not x.is_float:
        return x
    return _instruction(x, "trunc") or floor(abs(x)).signed_as(x)


def rounded(x: Lanes, decimals: int) -> Lanes:
    """The nearest number with so many decimals, as NumPy finds it."""
    if decimals == 0 or not x.is_float:
        return nearest(x)
    scale = 10.0 ** abs(decimals)
    return nearest(x * scale) / scale if decimals > 0 else nearest(x / scale) * scale
