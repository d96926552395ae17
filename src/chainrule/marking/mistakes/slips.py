"""Slips of the pen: single cells, rows or digits that differ from what should stand there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from chainrule.graph.node import Array
from chainrule.graph.record import Record
from chainrule.marking.mistakes.chance import Claimed
from chainrule.marking.mistakes.digits import READINGS, readings
from chainrule.marking.reading.solution import Written

__all__ = ["Slip", "slips"]

MOST_CELLS = 64
LAST = 19  # halves of a unit: a difference in the last digit alone says nothing of digits
COPYING = 0.005  # how much less a wrong digit needs to show where nothing was computed
POWERS = [k for k in range(-12, 13) if k]


class Slip(Record):
    """A slip that fits, in which cells (flat), and how likely it would by chance."""

    code: str
    cells: tuple[int, ...]
    chance: float
    details: tuple[tuple[str, str], ...] = ()


class Slipped(Record):
    """Claimed cells beside what should stand there, flat: `bad` are those that do not agree."""

    claimed: Claimed
    written: Written
    shape: tuple[int, ...]
    right: Array
    radii: Array
    bad: Array
    counts: tuple[int, ...]
    is_copy: bool
    base: int

    def near(self, written: Array, right: Array | None = None, scale: float = 1.0) -> Array:
        """Which numbers, if they were written, agree with the right ones (or a multiple)."""
        values = self.right * scale if right is None else right
        return self.claimed.agree(written, values, self.radii * abs(scale))

    def chance(self, readings: int = 1) -> float:
        """The chance that random numbers in the bad cells fit so many readings of each."""
        each = self.claimed.chances(self.right, self.radii, readings)
        return float(np.prod(each[self.bad]))


def slips(
    claimed: Claimed,
    written: Written,
    shape: tuple[int, ...],
    right: Array,
    radii: Array,
    counts: tuple[int, ...],
    is_copy: bool = False,
    base: int = 0,
) -> Iterator[Slip]:
    """The slips by which right values became the claimed ones.

    Where they were only copied (`is_copy`), slips of the pen are likelier than anything else.
    """
    flat, radii = right.reshape(-1), radii.reshape(-1)
    if flat.size != claimed.values.size or shape != right.shape:
        return
    bad = ~claimed.fits(flat, radii)
    if not bad.any() or len(written.cells) != flat.size:
        return
    found = Slipped(claimed, written, shape, flat, radii, bad, counts, is_copy, base)
    for look in SLIPS:
        yield from look(found)


def signs(found: Slipped) -> Iterator[Slip]:
    """The sign of some cells, not of all."""
    told = found.right != 0
    if (told & ~found.bad).any() and found.near(-found.claimed.values)[found.bad].all():
        yield Slip("sign-of-cells", _cells(found), found.chance())


def decimals(found: Slipped) -> Iterator[Slip]:
    """The point at another place."""
    for power in POWERS:
        scale = 10.0**power
        if _is_multiple(found, scale):
            tried = 1 if abs(power) == 1 else len(POWERS)
            chance = _of_scale(found, found.right * scale) * tried
            yield Slip("decimal", _cells(found), chance, (("power", f"10^{power}"),))


def factors(found: Slipped) -> Iterator[Slip]:
    """A factor 2, ½, N or 1/N in some cells."""
    if found.bad.all() and found.bad.size > 1:
        return  # of all cells it is a mistake in the computation
    scales = [(2.0, "2"), (0.5, "1/2")]
    for count in found.counts:
        scales += [(float(count), f"{count}"), (1 / count, f"1/{count}")]
    for scale, shown in scales:
        if _is_multiple(found, scale):
            chance = _of_scale(found, found.right * scale) * len(scales)
            yield Slip("factor-of-cells", _cells(found), chance, (("factor", shown),))


def _is_multiple(found: Slipped, scale: float) -> bool:
    """Whether the bad cells are so many times the right ones, and show at this precision."""
    shows = np.abs(found.right * scale) > found.claimed.halves
    agree = found.near(found.claimed.values, scale=scale) & shows
    return bool(agree[found.bad].all())


def _of_scale(found: Slipped, values: Array) -> float:
    """The chance that cells are one multiple of the right ones: it counts as two cells."""
    each = np.sort(found.claimed.chances(values, found.radii)[found.bad])
    return float(np.prod(each[:2]))


def digits(found: Slipped) -> Iterator[Slip]:
    """A digit misread, dropped, doubled, or exchanged with its neighbour."""
    cells = _cells(found)
    if len(cells) > MOST_CELLS:
        return
    for code in READINGS:
        chance, right = COPYING if found.is_copy else 1.0, []
        for at in cells:
            cell = found.written.cells[at]
            meant = () if cell is None else readings(code, cell.text)
            off = abs(found.claimed.values[at] - found.right[at])
            is_last = off < LAST * found.claimed.halves[at] and not found.is_copy
            fitting = [one for one, unit in meant if _fits(found, at, one, unit) and not is_last]
            if not fitting:
                break
            right.append(f"{min(fitting, key=lambda one: abs(one - found.right[at])):.12g}")
            chance *= _of_readings(found, at, meant)
        else:
            yield Slip(code, cells, chance, (("right", ", ".join(right)),))


def _fits(found: Slipped, at: int, meant: float, unit: float) -> bool:
    """Whether a cell, had it been written so, would be right."""
    half, radius = min(float(found.claimed.halves[at]), unit / 2), float(found.radii[at])
    off = float(found.right[at]) - meant
    beyond = off if meant > 0 else -off
    if found.claimed.cut and meant and -radius <= beyond < 2 * half + radius:
        return True
    return abs(off) <= half + radius


def _of_readings(found: Slipped, at: int, meant: tuple[tuple[float, float], ...]) -> float:
    """The chance that one of these readings hits the right number; absurd ones do not."""
    claimed = found.claimed
    largest = max(abs(claimed.values[at]), abs(found.right[at]))
    least = 0.5 if claimed.whole[at] else 0.0
    half, radius = float(claimed.halves[at]), float(found.radii[at])
    widths = [
        max(least, min(half, unit / 2) + radius) for one, unit in meant if abs(one) <= 2 * largest
    ]
    return min(1.0, sum(widths) / float(largest))


def exchanged(found: Slipped) -> Iterator[Slip]:
    """Two cells, rows or columns exchanged."""
    cells, shape = _cells(found), found.shape
    if len(cells) == 2:
        one, other = cells
        swapped = found.right.copy()
        swapped[[one, other]] = swapped[[other, one]]
        if found.near(found.claimed.values, swapped).all():
            yield Slip("cells-swapped", cells, found.chance())
    for axis, code in enumerate(("rows-swapped", "columns-swapped") if len(shape) == 2 else ()):
        which = np.flatnonzero(found.bad.reshape(shape).any(axis=1 - axis))
        if len(which) == 2 and shape[1 - axis] > 1:
            order = np.arange(shape[axis])
            order[which] = which[::-1]
            right = found.right.reshape(shape).take(order, axis)
            if found.near(found.claimed.values, right.reshape(-1)).all():
                yield Slip(code, cells, found.chance())


def reversed_(found: Slipped) -> Iterator[Slip]:
    """The right numbers in reversed order."""
    is_row = len(found.shape) == 1 and found.shape[0] > 2
    if is_row and found.near(found.claimed.values, found.right[::-1]).all():
        yield Slip("reversed", _cells(found), found.chance())


def examples(found: Slipped) -> Iterator[Slip]:
    """A row that holds the values of another row."""
    if len(found.shape) != 2 or found.shape[0] < 2:
        return
    bad = found.bad.reshape(found.shape)
    rows = np.flatnonzero(bad.any(axis=1))
    if len(rows) != 1:
        return
    right = found.right.reshape(found.shape)
    for other in range(found.shape[0]):
        changed = right.copy()
        changed[rows[0]] = right[other]
        if other != rows[0] and found.near(found.claimed.values, changed.reshape(-1)).all():
            tried = found.shape[0] - 1
            details = (("other", str(other + found.base)),)
            yield Slip("other-example", _cells(found), found.chance() * tried, details)


def indices(found: Slipped) -> Iterator[Slip]:
    """One cell that holds the right value of another one."""
    cells = _cells(found)
    if len(cells) != 1 or found.right.size < 3:
        return
    own = found.claimed.values[cells[0]]
    for other, value in enumerate(found.right):
        if other != cells[0] and found.near(own, value)[cells[0]]:
            place = ", ".join(str(one + found.base) for one in np.unravel_index(other, found.shape))
            chance = found.chance(readings=max(2, found.right.size - 1))
            yield Slip("wrong-index", cells, chance, (("other", f"[{place}]"),))
            return


def rounding(found: Slipped) -> Iterator[Slip]:
    """Off by about one in the last place, where what was put in leaves no doubt of it."""
    unit = 2 * found.claimed.halves
    off = np.abs(found.claimed.values - found.right)
    is_near = off <= 1.5 * unit + found.radii
    is_clear = found.radii <= found.claimed.halves / 4
    if (is_near & is_clear)[found.bad].all() and not found.claimed.is_step:
        yield Slip("rounding", _cells(found), found.chance(readings=3))


SLIPS: tuple[Callable[[Slipped], Iterator[Slip]], ...] = (
    signs,
    decimals,
    factors,
    digits,
    exchanged,
    reversed_,
    examples,
    indices,
    rounding,
)


def _cells(found: Slipped) -> tuple[int, ...]:
    return tuple(np.flatnonzero(found.bad).tolist())
