"""Angles brought into ±π/4: x = q·π/2 + r.

Up to some 10⁶ by multiples of the first digits of π/2 that are exact (W. J. Cody, W. Waite,
Software manual for the elementary functions, 1980; the parts are those of fdlibm, Sun
Microsystems, 1993); beyond, with as many digits of 2/π as the number asks for (M. Payne, R. Hanek,
Radian reduction for trigonometric functions, SIGNUM Newsletter 18, 1983).
"""

from __future__ import annotations

import math

from chainrule.run.native.functions.lanes import DOUBLE, FLOAT, Lanes
from chainrule.run.native.ssa import Function, literal

__all__ = ["LIMIT", "Angle", "far_angle", "near_angle"]

LIMIT = 1e6  # up to which the near way is right
# The digits of π/2 in parts of 33 bits, and what is left.
PARTS = (1.57079632673412561417, 6.07710050630396597660e-11, 2.02226624871116645580e-21)
REST = 8.47842766036889956997e-32
# The same in 25 bits and the rest, for float32 computed in float64.
SHORT, SHORT_REST = 1.57079631090164184570, 1.58932547735281966916e-8
# The bits of 2/π after the point, in words of 64, after two words of zeros.
PADDING, WORDS = 128, 21
HALF_PI = 0xC90FDAA22168C235  # π/2 · 2^63

Angle = tuple[Lanes, Lanes | None, Lanes]
"""The remainder r, what r lost by rounding (of float64 alone), and the whole number q."""


def near_angle(x: Lanes) -> Angle:
    """r and q for |x| ≤ LIMIT."""
    return _near_float(x) if x.format is FLOAT else _near_double(x)


def _near_float(x: Lanes) -> Angle:
    wide = x.cast("fpext", "double")
    lifted = wide * (2 / math.pi) + DOUBLE.magic
    n = lifted - DOUBLE.magic
    r = (wide - n * SHORT) - n * SHORT_REST
    return r.cast("fptrunc", "float"), None, lifted.bits().cast("trunc", "i32")


def _near_double(x: Lanes) -> Angle:
    lifted = x * (2 / math.pi) + DOUBLE.magic
    n = lifted - DOUBLE.magic
    first, lost = _difference(x - n * PARTS[0], n * PARTS[1])
    second, more = _difference(first, n * PARTS[2])
    excess = n * REST - (lost + more)
    r = second - excess  # −0 stays −0
    return r, (second - r) - excess, lifted.bits()


def _difference(a: Lanes, b: Lanes) -> tuple[Lanes, Lanes]:
    """a − b, and what its rounding lost.  Source: D. Knuth, TAOCP 2, 4.2.2, theorem C."""
    total = a - b
    other = total - a
    return total, (a - (total - other)) - (b + other)


def far_angle(x: Lanes) -> Angle:
    """r and q of one float64 with |x| > 1, NaN if it is not finite."""
    function = x.function
    bits = x.bits()
    exponent = (bits >> 52) & 0x7FF
    whole = (bits & ((1 << 52) - 1)) | (1 << 52)
    product = _product(function, whole, exponent - 1075)
    quarter = (product + (1 << 125)) >> 126
    left = product - (quarter << 126)
    negative = left < 0
    size = negative.choose(-left, left)
    zeros = Lanes(function, function.intrinsic("ctlz", size.value, literal(0, "i1"), kinds="i128"))
    top = ((size << zeros) >> 64).cast("trunc", "i64")
    angle = (_wide(top) * _wide(top.like(_signed(HALF_PI)))) >> 64
    angle64 = angle.cast("trunc", "i64")
    unit = (((1023 - 61) - zeros.cast("trunc", "i64")) << 52).as_float()
    turned = (bits < 0).differs(negative)
    unit = turned.choose(-unit, unit) + (x - x)
    high = (angle64 & -2048).cast("uitofp", "double") * unit
    low = (angle64 & 2047).cast("uitofp", "double") * unit
    q = quarter.cast("trunc", "i64")
    return high, low, (bits < 0).choose(-q, q)


def _product(function: Function, whole: Lanes, power: Lanes) -> Lanes:
    """The fraction of whole · 2^power · (2/π) / 4, times 2^128: 192 bits of it are computed."""
    table = function.module.constant(_two_over_pi(), "i64")
    first = power + (PADDING - 2)
    word, shift = first >> 6, first & 63

    def part(at: int) -> Lanes:
        pair = [function.load("i64", table, (word + (at + k)).value) for k in (0, 1)]
        return Lanes(function, function.intrinsic("fshl", *pair, shift.value))

    high = (whole * part(0)).cast("zext", "i128") << 64
    middle = _wide(whole) * _wide(part(1))
    low = (_wide(whole) * _wide(part(2))) >> 64
    return high + middle + low


def _wide(x: Lanes) -> Lanes:
    return x.cast("zext", "i128")


def _signed(word: int) -> int:
    return word - (1 << 64) if word >> 63 else word


def _two_over_pi() -> list[int]:
    """The words of the table, by integers alone (J. Machin's formula for π, 1706)."""
    bits = 64 * (WORDS - 2)
    one = 1 << (bits + 64)
    pi = 4 * (4 * _arctan_inverse(5, one) - _arctan_inverse(239, one))
    digits = 2 * one * (1 << bits) // pi
    words = [(digits >> (bits - 64 * (at + 1))) & ((1 << 64) - 1) for at in range(WORDS - 2)]
    return [0, 0, *map(_signed, words)]


def _arctan_inverse(n: int, one: int) -> int:
    """one · arctan(1/n), by its series."""
    total, term, k = 0, one // n, 1
    while term:
        total += term // k if k % 4 == 1 else -(term // k)
        term //= n * n
        k += 2
    return total
