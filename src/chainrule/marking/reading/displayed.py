"""What a written number stands for: `0.27` is anything between 0.265 and 0.275."""

from __future__ import annotations

import re
from functools import lru_cache

from chainrule.errors import DomainProblem, PaperError
from chainrule.graph.record import Record
from chainrule.paper.literals import LARGEST

__all__ = ["Displayed", "Written", "displayed"]

SMALL = 100  # whole numbers below are counted, not rounded
SMALLEST = 5e-324
NUMBER = re.compile(r"-?([0-9]*)(\.[0-9]*)?(?:[eE]([+-]?[0-9]+))?")


class Displayed(Record):
    """A number as it is written.

    `value` is what it says, `unit` the place value of its last digit (0.01 for `0.27`, 1e-11 for
    `2.7E-10`, 0 for what is exact, such as `3/4`), `operands` the radius that rounded numbers in
    written arithmetic bring with them (`2*(0.0561 - 8)`: 0.0001).  `is_whole` marks a whole number
    below 100.  `coarse` is the unit if trailing zeros only hold a place, as they may in `1200`.
    """

    text: str
    value: float
    unit: float
    operands: float = 0.0
    is_whole: bool = False
    coarse: float = 0.0


class Written(Record):
    """Numbers as they are laid out; a missing cell of a ragged matrix is None."""

    shape: tuple[int, ...]
    cells: tuple[Displayed | None, ...]

    @property
    def is_ragged(self) -> bool:
        """Whether the rows differ in length."""
        return None in self.cells


@lru_cache(maxsize=4096)
def displayed(text: str) -> Displayed:
    """What one literal stands for.

    >>> displayed("0.20").unit, displayed("2.7E-10").unit, displayed("4").is_whole
    (0.01, 1e-11, True)
    >>> displayed("1200").unit, displayed("1200").coarse
    (1.0, 100.0)

    Raises:
        PaperError: it is no number.
        DomainProblem: it is too large for one.
    """
    found = NUMBER.fullmatch(text)
    if found is None or not (found[1] or (found[2] or ".")[1:]):
        raise PaperError(f"{text[:40]} is not a number.")
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise DomainProblem(f"{text[:40]} is too large; {LARGEST}.")
    digits, decimals, exponent = found[1], (found[2] or ".")[1:], int(found[3] or 0)
    is_zero = not (digits + decimals).strip("0")
    if is_zero:
        exponent = min(exponent, 0)  # 0e9 is no coarser than 0
    place = exponent - len(decimals)
    unit = _power_of_ten(place)
    is_whole = not decimals and abs(value) < SMALL and (found[3] is None or is_zero)
    zeros = 0 if found[2] or is_whole else len(digits) - len(digits.rstrip("0"))
    coarse = _power_of_ten(place + zeros) if zeros else unit
    return Displayed(text, value, unit, 0.0, is_whole, coarse)


def _power_of_ten(exponent: int) -> float:
    return max(float(f"1e{exponent}"), SMALLEST)
