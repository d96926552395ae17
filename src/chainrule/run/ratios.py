"""A constant factor, by the name that a person would give it.

>>> named(0.5, {}).text, named(-6.283185307179586, {}).text, named(0.3141, {}) is None
('1/2', '−2π', True)
>>> named(32.0, {"examples": 32}).meaning
'the number of examples'
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from chainrule.graph.record import Record
from chainrule.notation.numbers import significant

__all__ = ["Ratio", "named", "written"]

CLOSE = 1e-3  # a name is tried within so much of the number; whether it fits is judged on arrays
EXACT = 1e-6
LARGEST = 12  # of the whole numbers that are tried beside the sizes
WHOLE = 1_000_000
CONSTANTS = {
    "π": math.pi,
    "2π": 2 * math.pi,
    "√2": math.sqrt(2),
    "√(2π)": math.sqrt(2 * math.pi),
    "e": math.e,
    "ln 2": math.log(2),
    "ln 10": math.log(10),
}


class Ratio(Record):
    """A factor with its name; `meaning` is the size it equals or is one over, if any;
    `inverse` whether it is one over that.
    """

    value: float
    text: str
    meaning: str = ""
    inverse: bool = False


def named(factor: float, sizes: Mapping[str, int]) -> Ratio | None:
    """The nearest factor that has a name: 2, 1/2, 3/2, 10⁻³, π, as many as there are rows."""
    size = abs(factor)
    if not (math.isfinite(factor) and size > 0):
        return None
    near = [found for found in _names(size, sizes) if abs(size / found.value - 1) <= CLOSE]
    if not near:
        return None
    # The first named among the nearest: sizes come before plain numbers.
    best = min(abs(size / found.value - 1) for found in near)
    found = next(one for one in near if abs(size / one.value - 1) <= best + EXACT)
    if factor > 0:
        return found
    return Ratio(-found.value, "−" + found.text, found.meaning, found.inverse)


def written(value: float) -> str:
    """A number without a name, with a true minus sign."""
    return significant(value, 4).replace("-", "−")


def _names(size: float, sizes: Mapping[str, int]) -> Iterator[Ratio]:
    yield Ratio(1.0, "1")
    for name, count in sizes.items():
        if count > 1:
            meaning = f"the number of {name}"
            yield Ratio(float(count), str(count), meaning)
            yield Ratio(1 / count, f"1/{count}", meaning, inverse=True)
    for whole in range(2, LARGEST + 1):
        yield Ratio(float(whole), str(whole))
        yield Ratio(1 / whole, f"1/{whole}")
    for above, below in ((3, 2), (2, 3), (3, 4), (4, 3), (5, 2), (2, 5)):
        yield Ratio(above / below, f"{above}/{below}")
    for name, value in CONSTANTS.items():
        yield Ratio(value, name)
        yield Ratio(1 / value, f"1/({name})" if len(name) > 2 else f"1/{name}")
    for number, text in ((size, "{}"), (1 / size, "1/{}")):
        if LARGEST < number < WHOLE and abs(number / round(number) - 1) <= EXACT / 100:
            whole = round(number)
            yield Ratio(whole if text == "{}" else 1 / whole, text.format(whole))
    power = round(math.log10(size))
    if abs(power) > 1:
        yield Ratio(10.0**power, f"1e{power}".replace("-", "−"))
