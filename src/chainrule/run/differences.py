"""The derivative of any Python function, from its values alone.

>>> import numpy as np
>>> found = numerical_gradient(lambda x: np.sum(x**2), np.array([1.0, -3.0]))
>>> found.value.tolist(), found.method
([2.0, -6.0], 'complex step')
>>> found = numerical_gradient(lambda x: np.sum(np.maximum(x, 0)), [2.0, 0.0])
>>> found.value.tolist(), found.unusable[0].reason
([1.0, nan], 'a kink: the slope is 0 below and 1 above')

A complex step, Im f(x + ih)/h, is exact to rounding where f is analytic; it is believed where it
agrees with a central difference.  Elsewhere central differences (f(x+h) − f(x−h))/2h are taken
with shrinking steps and extrapolated, in extended precision where f keeps it; both one-sided
slopes must come together, and what no step settles is left out, with the reason.

Sources: W. Squire, G. Trapp, Using complex variables to estimate derivatives, SIAM Review 40,
1998; L. F. Richardson, J. A. Gaunt, The deferred approach to the limit, 1927; W. Press et al.,
Numerical Recipes, 3rd ed., 2007, section 5.7; A. Griewank, A. Walther, Evaluating Derivatives,
2nd ed., 2008, ch. 3 (random directions).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.errors import DataProblem
from chainrule.graph.node import Array
from chainrule.graph.record import Record
from chainrule.notation.numbers import significant
from chainrule.run.callables import Outputs, epsilon

__all__ = ["NumericalGradient", "Slopes", "Unusable", "numerical_gradient"]

MOST_ENTRIES = 200  # up to here every entry is taken; beyond, so many at random, and directions
DIRECTIONS = 16
HELD = 1_000_000  # entries of a Jacobian; a larger one is projected on random sums of outputs
PROJECTIONS = 8

RATIO = 3  # each step is 2^-3 times the one before
IMAGINARY = 2.0**-66  # the complex step: its square vanishes beside 1
SPOT = 2.0**-16  # the step of the central difference that a complex step must agree with
SPOT_AGREEMENT = 1e-7
AGREEMENT = 1e-3  # how far the one-sided slopes of a smooth function may lie apart
CLEAR = 8  # a gap so many times what noise explains is no noise
ENOUGH = 1e-9  # relative error at which no smaller step is tried
DOUBLE = epsilon(np.dtype(np.float64))


class Unusable(Record):
    """An entry of the derivative that differences cannot settle, and why."""

    index: tuple[int, ...]
    reason: str


class Slopes(Record):
    """Slopes along whole directions: `directions` are stacked arrays like x, `value` and `error`
    have one slope (an array like the output) for each; NaN where none is settled.
    """

    directions: Array
    value: Array
    error: Array


class NumericalGradient(Record):
    """A derivative found from values of the function.

    `value` has the shape output + x (for a number as output: x); NaN in entries that were not
    taken or are `unusable`.  `error` is how far off each may be, infinite for those.  `taken` are
    the flat positions in x that were varied one by one, None for all.  Where x has many entries,
    `slopes` are those along random directions.  Where the Jacobian would be too large,
    `projections` are random weights of the outputs: `value` has the shape sums + x.
    `precision` is the relative rounding with which f computes.
    """

    value: Array
    error: Array
    output: Array
    method: str
    evaluations: int
    precision: float
    unusable: tuple[Unusable, ...] = ()
    taken: tuple[int, ...] | None = None
    slopes: Slopes | None = None
    projections: Array | None = None
    notes: tuple[str, ...] = ()


def numerical_gradient(
    f: Callable[..., Any],
    x: Any,
    *,
    argument: int = 0,
    entries: int = MOST_ENTRIES,
    directions: int = DIRECTIONS,
    seed: int = 0,
) -> NumericalGradient:
    """The derivative of f at x: of f(x), or of f(*x) by `x[argument]` where x is a tuple.

    x and what f returns may be numbers, lists, arrays or torch tensors.  Whole numbers in x are
    read as float64.  With more than `entries` entries in x, so many are taken at random, and as
    many random `directions` as said; `seed` chooses them, always the same ones.

    Raises:
        DataProblem: x or what f returns is no array of real numbers, f fails at x, or does not
            return the same when it is called again.
        ShapeError: f returns arrays of different shapes.
    """
    inputs = x if isinstance(x, tuple) else (x,)
    if not 0 <= argument < len(inputs):
        raise DataProblem(f"there is no input {argument} among {len(inputs)}")
    outputs = Outputs(f, inputs, argument)
    x_shape, size = outputs.given.shape, outputs.given.size
    random = np.random.default_rng(seed)
    weights = None
    if outputs.base.size * size > HELD:
        weights = random.choice([-1.0, 1.0], (PROJECTIONS, outputs.base.size))
    taken = np.arange(size)
    if size > entries:
        taken = np.sort(random.choice(size, entries, replace=False))
    probe = _Probe(outputs, weights)
    rows = probe.base.size
    value, error = np.full((rows, size), np.nan), np.full((rows, size), np.inf)
    reasons: dict[tuple[int, int], str] = {}
    for position in taken:
        unit = np.zeros(size)
        unit[position] = outputs.scale[position]
        slope, doubt, why = probe.along(unit, int(position))
        value[:, position] = slope / unit[position]
        error[:, position] = doubt / unit[position]
        reasons |= {(row, int(position)): reason for row, reason in why.items()}
    row_shape = outputs.shape if weights is None else (PROJECTIONS,)
    slopes = None
    if size > entries:
        signs = random.choice([-1.0, 1.0], (directions, size)) * outputs.scale
        found = [probe.along(direction)[:2] for direction in signs]
        pair = [np.array(part).reshape(directions, *row_shape) for part in zip(*found, strict=True)]
        slopes = Slopes(signs.reshape(directions, *x_shape), *pair) if found else None
    outputs.hold("again at the same x, after other calls,")
    shape = row_shape + x_shape
    return NumericalGradient(
        value=value.reshape(shape),
        error=error.reshape(shape),
        output=outputs.value,
        method=probe.method(),
        evaluations=outputs.evaluations,
        precision=outputs.precision,
        unusable=tuple(_unusable(reasons, rows, size, shape)),
        taken=tuple(int(at) for at in taken) if size > entries else None,
        slopes=slopes,
        projections=None if weights is None else weights.reshape(PROJECTIONS, *outputs.shape),
        notes=tuple(outputs.notes),
    )


def _unusable(
    reasons: dict[tuple[int, int], str], rows: int, size: int, shape: tuple[int, ...]
) -> list[Unusable]:
    found = []
    for (row, position), reason in sorted(reasons.items()):
        flat = row * size + position
        index = tuple(int(at) for at in np.unravel_index(flat, shape)) if shape else ()
        found.append(Unusable(index, reason))
    return found


class _Probe:
    """Slopes of the outputs, or of weighted sums of them, along one direction at a time."""

    def __init__(self, outputs: Outputs, weights: Array | None) -> None:
        self.outputs = outputs
        self.weights = None if weights is None else weights.astype(outputs.dtype)
        self.base = self._sums(outputs.base)
        noise = outputs.noise()
        self.noise = noise if weights is None else np.broadcast_to(noise.sum(), self.base.shape)
        self.analytic = True  # until the function refuses a complex argument
        self.exact = self.settled = 0  # how many slopes come from complex steps, and at all

    def _sums(self, values: Array) -> Array:
        if self.weights is None:
            return values
        with np.errstate(all="ignore"):
            sums: Array = self.weights @ values
        return sums

    def method(self) -> str:
        """Which steps the slopes come from."""
        name = "central differences"
        if self.outputs.epsilon < DOUBLE:  # not on every machine
            name += " in extended precision"
        elif self.outputs.epsilon > DOUBLE:
            name += " in single precision"
        if self.exact == self.settled:
            return "complex step" if self.analytic else name
        return name if not self.exact else f"complex step, where it fails {name}"

    def _depth(self, position: int) -> int:
        """How many further halvings an entry needs that is small beside its scale."""
        size = abs(float(self.outputs.at[position]))
        return int(np.log2(self.outputs.scale[position] / size)) if size else 0

    def along(
        self, direction: Array, entry: int | None = None
    ) -> tuple[Array, Array, dict[int, str]]:
        """The slopes, how far off they may be, and why those are missing that are NaN.

        The direction is that of an `entry` alone, or of all.
        """
        imaginary = self._imaginary(direction)
        if imaginary is not None:
            doubt = 16 * DOUBLE * (np.abs(imaginary) + np.abs(self.base.astype(np.float64)))
            if self._agrees(imaginary, direction):
                self.settled += imaginary.size
                self.exact += imaginary.size
                return imaginary, doubt, {}
        slope, error, reasons = self._shrink(direction, entry)
        if imaginary is not None:
            with np.errstate(all="ignore"):
                same = np.abs(imaginary - slope) <= 8 * error + SPOT_AGREEMENT * np.abs(slope)
            clear = same & (error <= AGREEMENT * np.abs(slope))  # else there may be a kink
            slope, error = np.where(same, imaginary, slope), np.where(clear, doubt, error)
            self.exact += int(same.sum())
        self.settled += int(np.isfinite(slope).sum())
        return slope, error, reasons

    def _imaginary(self, direction: Array) -> Array | None:
        """Im f(x + ih·direction)/h, if the function takes it."""
        if not self.analytic:
            return None
        found = self.outputs.imaginary(IMAGINARY * direction)
        if found is None:
            self.analytic = False
            return None
        with np.errstate(all="ignore"):
            return self._sums(found).astype(np.float64) / IMAGINARY

    def _sides(self, direction: Array, step: float) -> tuple[Array, Array]:
        """The one-sided slopes above and below."""
        moved = (step * direction).astype(self.outputs.dtype)
        with np.errstate(all="ignore"):
            above = self._sums(self.outputs(self.outputs.at + moved)) - self.base
            below = self.base - self._sums(self.outputs(self.outputs.at - moved))
            return (above / step).astype(np.float64), (below / step).astype(np.float64)

    def _agrees(self, slope: Array, direction: Array) -> bool:
        """Whether both one-sided differences confirm all slopes."""
        above, below = self._sides(direction, SPOT)
        bound = 4 * self.noise / SPOT
        with np.errstate(all="ignore"):
            large = np.maximum(np.abs(above), np.abs(below))
            smooth = np.abs(above - below) <= AGREEMENT * large + bound
            near = np.abs((above + below) / 2 - slope) <= SPOT_AGREEMENT * large + bound
            clear = bound <= AGREEMENT * large  # else noise might hide a kink
            nothing = (large == 0) & (slope == 0)
        return bool((smooth & near & clear | nothing).all())

    def _shrink(self, direction: Array, entry: int | None) -> tuple[Array, Array, dict[int, str]]:
        """Central differences with shrinking steps, each extrapolated from the one before."""
        precision, spacing = -np.log2([self.outputs.epsilon, epsilon(self.outputs.dtype)])
        depth = 0 if entry is None else self._depth(entry)
        unit = 1.0 if entry is None else float(direction[entry])
        ladder = _Ladder(self.noise)
        # A first step that balances the error of extrapolation against rounding.
        for power in range(round(precision / 7) - 2, round(spacing * 2 / 3) + depth, RATIO):
            ladder.take(2.0**-power, *self._sides(direction, 2.0**-power))
            if ladder.done():
                break
        base = self.base.astype(np.float64)
        missing = np.flatnonzero(np.isnan(ladder.best))
        reasons = {
            int(row): ladder.reason(int(row), float(base[row]), self.outputs.failure, unit)
            for row in missing
        }
        return ladder.best, ladder.error, reasons


class _Ladder:
    """One-sided slopes at shrinking steps; `best` is the estimate with the least `error`."""

    def __init__(self, noise: Array) -> None:
        self.noise = noise
        self.best, self.error = np.full(noise.shape, np.nan), np.full(noise.shape, np.inf)
        self.rungs: list[tuple[Array, Array, Array]] = []  # above, below, what noise adds
        self.slope = self.gap = self.change = np.full(noise.shape, np.nan)  # at the last step
        self.open = np.zeros(noise.shape)  # the largest gap that did not close

    def take(self, step: float, above: Array, below: Array) -> None:
        """Take in the slopes at a step, the smallest so far."""
        bound = 4 * self.noise / step
        with np.errstate(all="ignore"):
            slope, signed = (above + below) / 2, above - below
            # Curvature opens a gap in proportion to the step; what is left without a step is a
            # kink, however well the two may balance at some step.
            kink = np.abs(2**RATIO * signed - self.gap) / (2**RATIO - 1)
            gap, last_gap = np.abs(signed), np.abs(self.gap)
            large = np.maximum(np.abs(above), np.abs(below))
            change = np.abs(slope - self.slope)
            # Smooth: both sides agree, or come together as the step shrinks, and noise is not
            # what hides a gap that was seen before.
            closing = gap <= last_gap / 2 + bound
            closed = closing | (gap <= AGREEMENT * large + bound)
            closed &= (bound <= 0.1 * self.open) | (self.open == 0)
            settling = (change <= self.change / 2) | (change <= AGREEMENT * large + bound)
            # Two slopes may be alike by chance: what the one before promised counts as well.
            promised = np.where(np.isnan(self.change), 8 * change, self.change / 8)
            error = np.maximum(change, promised) / 8 + bound + kink / 2
            # A gap that shows now was there before.
            shown = ~closing & (gap > CLEAR * bound) & ~np.isnan(last_gap)
            self.error = np.where(shown, np.maximum(self.error, gap / 2), self.error)
            self.error = np.where(shown & ~closed, np.inf, self.error)
            self.best = np.where(shown & ~closed, np.nan, self.best)
            better = closed & settling & (error < self.error)
            extrapolated = slope + (slope - self.slope) / (4**RATIO - 1)
        self.best = np.where(better, extrapolated, self.best)
        self.error = np.where(better, error, self.error)
        if self.rungs:
            self.open = np.where(closed | np.isnan(gap), self.open, np.maximum(self.open, gap))
        self.slope, self.gap, self.change = slope, signed, change
        self.rungs.append((above, below, bound))

    def done(self) -> bool:
        """Whether a smaller step cannot do better, or need not."""
        if len(self.rungs) < 3:
            return False
        enough = self.error <= ENOUGH * np.abs(self.best)
        noisy = 2**RATIO * self.rungs[-1][2] >= self.error
        return bool((enough | noisy).all())

    def reason(self, row: int, base: float, failure: str, unit: float) -> str:
        """Why a row is not settled, from the smallest steps that noise does not drown.

        `failure` is what f raised last, `unit` the length of the direction.
        """
        if not np.isfinite(base):
            return f"f is {significant(base)} at x"
        rungs = [(float(above[row]), float(below[row]), float(bound[row]))
                 for above, below, bound in self.rungs]  # fmt: skip
        above, below, _ = rungs[-1]
        if not (np.isfinite(above) or np.isfinite(below)):
            return failure or "f is not finite close to x"
        if not (np.isfinite(above) and np.isfinite(below)):
            return f"f has no finite value just {'below' if np.isfinite(above) else 'above'} x"
        clear = [pair for pair in rungs if pair[2] <= 0.01 * max(abs(pair[0]), abs(pair[1]))]
        if len(clear) < 2:
            return "the slope is lost in the rounding of f"
        (above, below, _), (above_then, below_then, _) = clear[-1], clear[-2]
        gap, gap_then = abs(above - below), abs(above_then - below_then)
        large, large_then = max(abs(above), abs(below)), max(abs(above_then), abs(below_then))
        if gap > 4 * gap_then > 0 or large > 7 * large_then:
            return "a jump: f has another value just beside x"
        if large > 1.5 * large_then:
            return "the slope grows without bound"
        if gap > AGREEMENT * large:
            sides = [significant(round(side / unit, 12), 3) for side in (below, above)]
            return f"a kink: the slope is {sides[0]} below and {sides[1]} above"
        return "the differences do not settle"
