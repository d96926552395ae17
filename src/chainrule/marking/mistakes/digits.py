"""What else a written number may have been meant for: a digit misread, dropped, doubled, moved."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType

__all__ = ["READINGS", "readings"]

PLAIN = re.compile(r"\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?\s*")
MOST_DIGITS = 12
Digits = tuple[str, int]  # the digits, and the power of ten of the last one


def parts(text: str) -> tuple[float, Digits] | None:
    """The sign, the digits and their scale; None for what is no plain number."""
    found = PLAIN.fullmatch(text.replace("\N{MINUS SIGN}", "-"))
    if found is None:
        return None
    sign, whole, after, power = found.groups()
    digits = whole + (after or "")
    if not digits or len(digits) > MOST_DIGITS:
        return None
    return -1.0 if sign == "-" else 1.0, (digits, int(power or 0) - len(after or ""))


def misread(of: Digits) -> Iterator[Digits]:
    """One digit replaced by another."""
    digits, scale = of
    for at, own in enumerate(digits):
        for other in "0123456789":
            if other != own:
                yield digits[:at] + other + digits[at + 1 :], scale


def swapped(of: Digits) -> Iterator[Digits]:
    """Two neighbouring digits exchanged."""
    digits, scale = of
    for at, (one, other) in enumerate(pairwise(digits)):
        if one != other:
            yield digits[:at] + other + one + digits[at + 2 :], scale


def restored(of: Digits) -> Iterator[Digits]:
    """A digit put in, which was dropped: what stands before it, or after it, keeps its place."""
    digits, scale = of
    for at in range(len(digits) + 1):
        for other in "0123456789":
            whole = digits[:at] + other + digits[at:]
            yield whole, scale
            yield whole, scale - 1


def single(of: Digits) -> Iterator[Digits]:
    """One of two equal neighbours taken out, which was written twice."""
    digits, scale = of
    for at, (one, other) in enumerate(pairwise(digits)):
        if one == other:
            yield digits[:at] + digits[at + 1 :], scale
            yield digits[:at] + digits[at + 1 :], scale + 1


READINGS: Mapping[str, Callable[[Digits], Iterator[Digits]]] = MappingProxyType(
    {
        "digit": misread,
        "digits-swapped": swapped,
        "digit-doubled": single,
        "digit-dropped": restored,
    }
)
"""By code what a claimed number may have been meant for."""


@lru_cache(4096)
def readings(code: str, text: str) -> tuple[tuple[float, float], ...]:
    """The numbers that a text may have been meant for by one such slip, and their last places.

    >>> readings("digits-swapped", "0.27")
    ((2.07, 0.01), (0.72, 0.01))
    >>> readings("digit-doubled", "-1.223")
    ((-0.123, 0.001), (-1.23, 0.01))
    """
    found = parts(text)
    if found is None:
        return ()
    sign, of = found
    meant = [
        (sign * float(f"{digits}e{scale}"), float(f"1e{scale}"))
        for digits, scale in READINGS[code](of)
    ]
    return tuple(dict.fromkeys(meant))
