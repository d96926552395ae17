"""The verdict on each cell of a claim, from the true values and from what is carried.

A displayed number c with last place u stands for c ± u/2.  It is accepted as a value of f if
|c − f(carried)| ≤ u/2 + what the rounding of the carried values can do to f.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

import numpy as np

from chainrule.graph.node import Array
from chainrule.graph.record import Record
from chainrule.marking.reading.displayed import Displayed

__all__ = [
    "WIDE",
    "Numbers",
    "Reference",
    "is_cut_from",
    "is_near",
    "is_near_half",
    "is_trivial",
    "numbers",
    "verdicts",
]

WHOLE = 1e-6  # a whole number below 100 agrees to so much, relative to max(1, |c|)
TRIVIAL = 1e-15
ROUNDING = 1e-13  # of floats, relative
SLACK = 1e-9  # float rounding, relative
WIDE = 0.3  # of a value: what moves by so much shows no method
FEW = 5  # last places that it may move by all the same


class Numbers(Record):
    """The claimed cells as arrays: values, last places, half widths, and which must agree exactly.

    `halves` is half a unit, the larger one where trailing zeros have two readings; of a whole
    number below 100, or of an exact one, `WHOLE`.  `operands` is what the rounded operands of
    written arithmetic bring.
    `rounded` marks whole numbers that may be rounded ones: those of a line without decimals or
    of two digits, and no zeros where decimals are shown elsewhere.
    """

    values: Array
    units: Array
    halves: Array
    whole: Array
    operands: Array
    rounded: Array


class Reference:
    """A value that cells may have, what agreeing with it means, and how far rounding carries.

    Both are worked out where they are asked for: most cells agree with the true value.
    """

    def __init__(
        self,
        values: Callable[[], Array],
        verdict: str,
        reach: Callable[[], Array] | None = None,
    ) -> None:
        self._values = values
        self.verdict = verdict
        self._reach = reach

    @cached_property
    def values(self) -> Array:
        """The value of each cell."""
        return self._values()

    @cached_property
    def reach(self) -> Array:
        """How far from `values` rounding may lead, cell by cell; infinite if nothing bounds it."""
        return np.zeros(self.values.shape) if self._reach is None else self._reach()

    def ordered(self, order: Array) -> Reference:
        """The same cells in another order."""
        return Reference(lambda: self.values[order], self.verdict, lambda: self.reach[order])


def numbers(cells: Sequence[Displayed | None], with_decimals: bool) -> Numbers:
    """The cells as arrays; a missing one is not a number.

    `with_decimals` says that the solution shows decimals.
    """
    nothing = float("nan")
    values = np.array([nothing if one is None else one.value for one in cells])
    units = np.array([0.0 if one is None else one.unit for one in cells])
    coarse = np.array([0.0 if one is None else one.coarse for one in cells])
    operands = np.array([0.0 if one is None else one.operands for one in cells])
    whole = np.array([one is not None and one.is_whole for one in cells])
    exact = WHOLE * np.maximum(1, np.abs(values))
    halves = np.where(whole | (units == 0), exact, np.maximum(units, coarse) / 2)
    all_whole = bool((whole | np.isnan(values)).all())
    is_long = np.abs(values) >= 10  # beside 0.52, 11 may be 10.7 with two digits
    rounded = whole & (all_whole | is_long) & ((values != 0) | (not with_decimals))
    return Numbers(values, units, halves, whole, operands, rounded)


def is_near(claimed: Numbers, values: Array, reach: Array) -> Array:
    """Whether the values round to what is claimed, or may within `reach`."""
    allowed = claimed.halves + reach
    slack = SLACK * (np.abs(claimed.values) + allowed)
    return np.asarray(np.abs(claimed.values - values) <= allowed + slack)


def is_cut_from(claimed: Numbers, values: Array, reach: Array) -> Array:
    """Whether the values, cut to the last place instead of rounded, give what is claimed."""
    beyond = np.abs(values) - np.abs(claimed.values)
    same_side = (np.sign(values) == np.sign(claimed.values)) | (claimed.values == 0)
    slack = ROUNDING * np.abs(values)  # 0.4 is not 0.5 cut, 0.999 is 0.9999999999 cut
    inside = (beyond >= -reach - slack) & (beyond < claimed.units + reach - slack)
    return np.asarray(inside & same_side & ~claimed.whole & (claimed.units > 0))


def is_near_half(claimed: Numbers, values: Array, reach: Array) -> Array:
    """Whether only a rounding to whole numbers would admit the value."""
    return np.asarray(claimed.rounded & (np.abs(claimed.values - values) <= 0.5 + reach + SLACK))


def verdicts(claimed: Numbers, references: Sequence[Reference], truth: Array) -> list[str]:
    """The best verdict for each cell that one of the references allows."""
    if is_near(claimed, truth, np.zeros(truth.shape)).all():
        return ["exact"] * truth.size
    found = np.full(truth.shape, "wrong", dtype="<U14")
    is_open = np.ones(truth.shape, bool)
    with np.errstate(all="ignore"):
        for verdict, allowed in _ways(claimed, references, truth):
            new = is_open & allowed
            found[new] = verdict
            is_open &= ~new
            if not is_open.any():
                break
    return [str(one) for one in found]


def _ways(
    claimed: Numbers, references: Sequence[Reference], truth: Array
) -> Iterator[tuple[str, Array]]:
    """Each verdict with the cells that may have it, the best first.

    A value that is cut stands before one that only lies within the carried rounding: who cuts
    once cuts often.
    """
    nothing = np.zeros(truth.shape)
    widest = claimed.operands
    operands = np.where(widest <= WIDE * np.abs(claimed.values), widest, 0.0)
    right = [one for one in references if one.verdict == "consistent"]
    yield "exact", is_near(claimed, truth, nothing)
    yield "consistent", is_near(claimed, truth, operands)
    for one in right:
        yield "consistent", is_near(claimed, one.values, operands)
    yield "truncated", is_cut_from(claimed, truth, nothing)
    for one in right:
        yield "truncated", is_cut_from(claimed, one.values, nothing)
    for one in right:
        yield "consistent", is_near(claimed, one.values, _finite(one.reach) + operands)
    for one in right:
        yield "truncated", is_cut_from(claimed, one.values, _finite(one.reach))
    following = [one for one in references if one.verdict == "follow-through"]
    following = [one for one in following if not is_trivial(one, truth)]
    for one in following:
        yield one.verdict, is_near(claimed, one.values, operands)
    for rule in (is_near, is_cut_from):
        for one in following:
            yield one.verdict, rule(claimed, one.values, _telling(claimed, one) + operands)
    for values in (truth, *[one.values for one in right]):
        yield "undecided", is_near(claimed, values, widest)
    yield "undecided", is_near_half(claimed, truth, nothing)
    for one in right:
        yield "undecided", is_near_half(claimed, one.values, _finite(one.reach))
    for one in right:
        yield "undecided", np.isinf(one.reach)


def is_trivial(one: Reference, truth: Array) -> bool:
    """Whether a carried value made everything zero that is not."""
    size = float(np.max(np.abs(one.values), initial=0.0, where=np.isfinite(one.values)))
    return size <= TRIVIAL < float(np.max(np.abs(truth), initial=0.0))


def _telling(claimed: Numbers, one: Reference) -> Array:
    """The reach, without cells of which the rounding leaves so little that no method shows."""
    enough = np.maximum(WIDE * np.abs(one.values), FEW * claimed.halves)
    return np.where(one.reach > enough, np.nan, one.reach)


def _finite(reach: Array) -> Array:
    """Without the cells that nothing bounds: those agree with no value."""
    return np.where(np.isinf(reach), np.nan, reach)
