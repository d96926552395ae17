"""Whether numbers fit, and how likely numbers that have nothing to do with a mistake would.

A random wrong number lies anywhere within about ± the largest of what is claimed, right and
given by the mistake; it fits one reading with the chance 2·tolerance over that range.  Cells are
independent of each other, but for a plain multiple of the right values, which counts as three
(the other sign is the most usual mistake of all, and counts in full).
"""

from __future__ import annotations

import numpy as np

from chainrule.graph.node import Array
from chainrule.graph.record import Record

__all__ = ["Claimed"]

SLACK = 1e-9  # float rounding, relative
TINY = 1e-300
NEAR = 3  # wrong numbers lie within so many times the difference that a mistake makes
MULTIPLE = 3  # as many cells a multiple of the right values counts for


class Claimed(Record):
    """The claimed numbers as they are compared, flat.

    They may be `cut`, not rounded; `is_step` says that they are new values of a parameter.
    """

    values: Array
    halves: Array
    wrong: Array
    whole: Array
    expected: Array
    cut: bool
    is_step: bool

    def as_cut(self) -> Claimed:
        """The same numbers, if they were cut and not rounded."""
        state = dict(zip(self.fields, self.key(), strict=True))
        return Claimed(**{**state, "cut": True})

    def fits(self, values: Array, radii: Array) -> Array:
        """Which cells agree; any axes in front are different values."""
        return self.agree(self.values, values, radii)

    def agree(self, written: Array, values: Array, radii: Array) -> Array:
        """Which cells agree if these numbers were written, at the same last places."""
        size = np.abs(written)
        allowed = self.halves + radii + SLACK * size
        near: Array = np.abs(values - written) <= allowed
        if not self.cut:
            return near
        beyond = np.abs(values) - size
        inside = (beyond >= -radii) & (beyond < 2 * self.halves + radii)
        near |= inside & ((written == 0) | (np.sign(values) == np.sign(written)))
        return near

    def differs(self, values: Array, right: Array, radii: Array) -> Array:
        """Which cells a mistake visibly changes."""
        changed: Array = np.abs(values - right) > self.halves + radii + SLACK * np.abs(right)
        return changed

    def chances(self, values: Array, radii: Array, readings: int = 1) -> Array:
        """For each cell the chance that a random number fits these values."""
        largest = np.maximum(np.maximum(np.abs(self.values), np.abs(values)), TINY)
        if self.expected.shape == values.shape:
            largest = np.maximum(largest, np.abs(self.expected))
        width = (self.halves + radii) * (2 if self.cut else 1)
        if readings > 1:
            width = np.where(self.whole, np.maximum(width, 0.5), width)
        return np.minimum(1, readings * width / largest)

    def chance(
        self,
        values: Array,
        right: Array | None,
        radii: Array,
        discrete: bool,
        most: int | None = None,
    ) -> float:
        """The chance that random numbers fit in all cells that are wrong or would change.

        At `most` so many cells tell.  Whole numbers lie on whole numbers only if `discrete`.
        """
        each = self.chances(values, radii)
        if discrete:
            largest = np.maximum(np.abs(self.values), np.abs(values)) + 0.5
            each = np.where(self.whole, np.maximum(each, 0.5 / largest), each)
        if right is None:
            return float(np.prod(each))
        if self.is_step:
            each = np.minimum(1, each * self._crowding(values, right))
        counted = each[self.wrong | self.differs(values, right, radii)]
        if is_multiple(values, right) and not np.array_equal(values, -right):
            most = MULTIPLE
        counted = np.sort(counted)[:most]
        return float(np.prod(counted))

    def _crowding(self, values: Array, right: Array) -> Array:
        """How much denser wrong numbers lie where a whole step changes little: W − η ∂L/∂W."""
        off = NEAR * np.maximum(np.abs(self.values - right), np.abs(values - right))
        largest = np.maximum(np.abs(self.values), np.abs(values))
        crowding: Array = np.maximum(1, largest / np.maximum(off, TINY))
        return crowding


def is_multiple(values: Array, right: Array) -> bool:
    """Whether one is a plain multiple of the other."""
    square = float(right @ right)
    if values.size < 2 or square == 0:
        return False
    factor = float(values @ right) / square
    return bool(np.abs(values - factor * right).max() <= SLACK * max(1e-300, np.abs(values).max()))
