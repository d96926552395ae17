"""The right gradient, and how near to it another array has to be.

>>> import numpy as np
>>> right = Reference(np.array([1.0, np.nan]))
>>> right.fits(np.array([1 + 1e-9, 5.0])), right.fits(np.array([1.1, 5.0]))
(True, False)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.errors import ShapeError
from chainrule.graph.node import Array
from chainrule.run.callables import epsilon
from chainrule.run.differences import Slopes

__all__ = ["Reference"]

RELATIVE = {2: 5e-2, 4: 1e-3}  # by bytes of the type
RELATIVE_DOUBLE = 1e-6
ROUNDINGS = 64  # of the largest entry that a gradient computed in another order may be off
# What rounding leaves of probabilities and activations of about 1 times ordinary weights, however
# small the rest; relative to the rounding of a double, and to that of shorter types.
ABOUT_ONE_DOUBLE, ABOUT_ONE = 4096, 4
DOUBT = 4


class Reference:
    """The right values, which of them can be compared (`usable`), and the difference `allowed`."""

    def __init__(
        self,
        value: Array,
        uncertain: Array | None = None,
        slopes: Slopes | None = None,
        dtype: np.dtype[Any] | None = None,
        x: Array | None = None,
        rtol: float | None = None,
        atol: float = 0.0,
        precision: float = 0.0,
    ) -> None:
        doubt = np.zeros(value.shape) if uncertain is None else np.asarray(uncertain, np.float64)
        if doubt.shape != value.shape:
            raise ShapeError(f"errors of shape {doubt.shape} beside entries of shape {value.shape}")
        given = [kind for kind in (dtype, None if x is None else x.dtype) if kind is not None]
        double = epsilon(np.dtype(np.float64))
        coarse = max([epsilon(kind) for kind in given] + [double])
        bytes_ = min([kind.itemsize for kind in given if kind.kind == "f"], default=8)
        self.rtol = RELATIVE.get(bytes_, RELATIVE_DOUBLE) if rtol is None else rtol
        self.usable = np.isfinite(value) & np.isfinite(doubt)
        self.value = np.where(self.usable, value, np.nan)
        self.slopes = slopes
        largest = float(np.abs(value[self.usable]).max(initial=0.0))
        self.least = ROUNDINGS * coarse * largest + atol
        rounding = max(coarse, precision)
        self.floor = rounding * (ABOUT_ONE_DOUBLE if rounding <= double else ABOUT_ONE)
        self.doubt = DOUBT * np.where(self.usable, doubt, 0.0)
        magnitude = np.abs(np.where(self.usable, value, 0.0))
        self.exacting: Array = self.rtol * magnitude + self.least + self.doubt
        self.allowed = self.exacting + self.floor

    def part(self, chosen: Array) -> Reference:
        """The same for the chosen entries alone."""
        return self._changed(usable=self.usable & chosen, slopes=None)

    def _changed(self, **state: Any) -> Reference:
        found: Reference = object.__new__(Reference)
        found.__dict__.update(self.__dict__, **state)
        return found

    def strict(self) -> Reference:
        """The same without allowance for rounding of numbers about 1."""
        return self._changed(floor=0.0, allowed=self.exacting)

    def excesses(self, array: Array) -> Array:
        """Each difference in units of what is allowed; infinite where there is no number."""
        with np.errstate(all="ignore"):
            gap = np.abs(array - self.value)
            units = np.where(gap == 0, 0.0, gap / self.allowed)
        units = np.where(np.isnan(units), np.inf, units)
        return np.where(self.usable, units, 0.0)

    def excess(self, array: Array) -> float:
        """The largest difference in units of what is allowed."""
        return float(self.excesses(array).max(initial=0.0))

    def off(self, array: Array) -> Array:
        """Which entries differ by more than is allowed."""
        return self.excesses(array) > 1

    def fits(self, array: Array) -> bool:
        """Whether no entry is off, nor any slope along a whole direction."""
        return not self.off(array).any() and self._slopes_fit(array)

    def _slopes_fit(self, array: Array) -> bool:
        if self.slopes is None:
            return True
        directions, error = self.slopes.directions, self.slopes.error
        axes = directions.ndim - 1
        with np.errstate(all="ignore"):
            along = np.tensordot(directions, array, (range(1, axes + 1), range(-axes, 0)))
            length = np.tensordot(np.abs(directions), np.abs(array),
                                  (range(1, axes + 1), range(-axes, 0)))  # fmt: skip
            gap = np.abs(along - self.slopes.value)
            # Roundings of many entries add up as the root of their number.
            spread = length / np.sqrt(max(1, directions[0].size))
            allowed = self.rtol * (np.abs(along) + spread) + DOUBT * error + self.floor
        usable = np.isfinite(self.slopes.value) & np.isfinite(error)
        return bool((~usable | (gap <= allowed + self.least * np.abs(directions).max())).all())

    def close(self, array: Array, other: Array) -> bool:
        """Whether two arrays are the same within the usual tolerance."""
        allowed = self.rtol * np.abs(other) + self.least + float(self.doubt.max(initial=0.0))
        with np.errstate(all="ignore"):
            return bool((np.abs(array - other) <= allowed).all())

    def vague(self, array: Array) -> int:
        """How many entries are less certain than even the largest one claimed is large."""
        largest = float(np.abs(array[self.usable]).max(initial=0.0))
        if largest <= self.floor:
            return 0
        return int((self.doubt[self.usable] > largest).sum())

    def ratio(self, array: Array) -> float:
        """The factor r for which r·right is nearest to the array; NaN where there is none."""
        chosen = self.usable & np.isfinite(array)
        right, found = self.value[chosen], array[chosen]
        large, largest = np.abs(right).max(initial=0.0), np.abs(found).max(initial=0.0)
        if large == 0 or largest == 0 or not np.isfinite(largest):
            return float("nan")
        right, found = right / large, found / largest
        return float((right * found).sum() / (right**2).sum() * (largest / large))

    @property
    def clear(self) -> Array:
        """The entries that are certainly not zero."""
        with np.errstate(invalid="ignore"):
            found: Array = self.usable & (np.abs(self.value) > 2 * self.allowed)
        return found
