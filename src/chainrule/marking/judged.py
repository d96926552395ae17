"""A claim's cells beside what they may be, and the claim that is made of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from chainrule.graph.node import Array, Shape
from chainrule.graph.record import Record
from chainrule.marking.judge import Numbers, Reference, is_trivial, numbers, verdicts
from chainrule.marking.reading.displayed import Displayed
from chainrule.marking.reading.layouts import Layout
from chainrule.marking.reading.solution import Link, Written
from chainrule.marking.reading.targets import Target
from chainrule.marking.report import ACCEPTED, Cell, Claim, Remark, worst
from chainrule.ops.contract import show_shape

__all__ = [
    "Judged",
    "Measure",
    "claim_of",
    "judged",
    "measured",
    "misshapen",
    "no_radii",
    "unreadable",
]


Measure = Callable[["Judged"], tuple[Array, Array]]


class Judged(Record):
    """A claim in one layout, all arrays in the order of the cells as they are written."""

    layout: Layout
    cells: tuple[Displayed | None, ...]
    numbers: Numbers
    references: tuple[Reference, ...]
    truth: Array
    verdicts: tuple[str, ...]

    def with_verdicts(self, changed: Sequence[str]) -> Judged:
        """The same, with other verdicts."""
        if tuple(changed) == self.verdicts:
            return self
        return Judged(
            self.layout, self.cells, self.numbers, self.references, self.truth, tuple(changed)
        )

    @property
    def accepted(self) -> int:
        """How many cells are accepted."""
        return sum(one in ACCEPTED for one in self.verdicts)


def judged(
    cells: Sequence[Displayed | None],
    layout: Layout,
    chain: Sequence[Reference],
    references: Sequence[Reference],
    truth: Array,
    with_decimals: bool,
) -> Judged:
    """The verdicts in a layout; `chain` is in the order of the cells, the others of the target."""
    order = layout.order
    options = (*chain, *[one.ordered(order) for one in references])
    claimed, expected = numbers(cells, with_decimals), truth[order]
    found = verdicts(claimed, options, expected)
    return Judged(layout, tuple(cells), claimed, options, expected, tuple(found))


def claim_of(
    target: Target,
    link: Link,
    shape: Shape,
    found: Judged,
    remarks: Sequence[Remark],
    measure: Measure,
) -> Claim:
    """The claim with its cells; a line has the worst verdict of its cells."""
    carried, radii = measure(found)
    rows = zip(
        _indices(shape, target.counts_from),
        found.cells,
        found.numbers.values.tolist(),
        found.truth.tolist(),
        carried.tolist(),
        radii.tolist(),
        found.verdicts,
        strict=True,
    )
    cells = tuple(
        Cell(
            index,
            "" if cell is None else cell.text,
            None if cell is None else value,
            expected,
            None if math.isnan(following) else following,
            radius,
            verdict,
        )
        for index, cell, value, expected, following, radius, verdict in rows
    )
    verdict = worst(list(found.verdicts))
    return _claim(target, link, shape, verdict, cells, remarks)


def measured(found: Judged) -> tuple[Array, Array]:
    """What each cell is held against, and how far from there roundings admit it."""
    carried = _carried(found)
    return carried, _radii(found, carried)


def no_radii(found: Judged) -> tuple[Array, Array]:
    """The same for whoever wants verdicts: no radii, and nothing carried to what is exact.

    Working these out is most of the work.
    """
    nothing = np.full(found.truth.shape, np.nan)
    is_exact = all(one == "exact" for one in found.verdicts)
    return nothing if is_exact else _carried(found), nothing


def misshapen(target: Target, link: Link, written: Written) -> Claim:
    """Numbers in a shape that the quantity cannot have: wrong, cell by cell."""
    cells = tuple(
        Cell(
            index,
            "" if cell is None else cell.text,
            None if cell is None else cell.value,
            None,
            None,
            0.0,
            "wrong",
        )
        for index, cell in zip(
            _indices(written.shape, target.counts_from), written.cells, strict=True
        )
    )
    claimed, expected = show_shape(written.shape), show_shape(target.node.shape)
    details = ("claimed_shape", claimed), ("expected_shape", expected)
    return _claim(target, link, written.shape, "wrong", cells, [Remark("shape", details)])


def unreadable(line: int, column: int, text: str, target: str, problem: str) -> Claim:
    """What cannot be read, with its place."""
    return Claim(line, column, text, target, (), (), "unreadable", problem=problem)


def _claim(
    target: Target,
    link: Link,
    shape: Shape,
    verdict: str,
    cells: tuple[Cell, ...],
    remarks: Sequence[Remark],
) -> Claim:
    return Claim(
        link.line,
        link.column,
        link.text,
        target.text,
        target.index,
        shape,
        verdict,
        cells,
        (),
        tuple(remarks),
    )


def _carried(found: Judged) -> Array:
    """The value that each cell is held against: what follows from the lines before it."""
    carried = np.full(found.truth.shape, np.nan)
    for wanted in ("consistent", "follow-through"):
        follows = np.array(found.verdicts) == wanted
        for one in found.references:
            if one.verdict == wanted:
                is_open = np.isnan(carried) | (follows & ~_holds(found, carried, 0.0))
                carried = np.where(is_open, one.values, carried)
    following = [one for one in found.references if one.verdict == "follow-through"]
    following = [one for one in following if not is_trivial(one, found.truth)]
    if following:  # the true value would give an earlier mistake away
        likeliest = max(following, key=lambda one: int(_holds(found, one.values, one.reach).sum()))
        carried = np.where(np.array(found.verdicts) == "wrong", likeliest.values, carried)
    return carried


def _holds(found: Judged, values: Array, reach: Array | float) -> Array:
    return np.asarray(np.abs(found.numbers.values - values) <= found.numbers.halves + reach)


def _radii(found: Judged, carried: Array) -> Array:
    """So far from the carried and from the true value is everything that is accepted."""
    centres = [found.truth, np.where(np.isnan(carried), found.truth, carried)]
    halves = found.numbers.halves + found.numbers.operands
    widest = np.fmax(halves, np.abs(centres[1] - found.truth) + halves)
    for one in found.references:
        if one.verdict == "consistent":
            reach = np.where(np.isfinite(one.reach), one.reach, np.nan)
            for centre in centres:
                widest = np.fmax(widest, np.abs(one.values - centre) + reach + halves)
    return np.where(np.isnan(widest), 0.0, widest)


@lru_cache(maxsize=256)
def _indices(shape: Shape, first: int) -> tuple[tuple[int, ...], ...]:
    """The index of each cell, row by row, counted from `first`."""
    return tuple(tuple(one + first for one in index) for index in np.ndindex(shape))
