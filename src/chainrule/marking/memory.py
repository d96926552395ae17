"""What a solution has claimed so far: carried values, worked-out derivatives, restated numbers."""

from __future__ import annotations

import numpy as np

from chainrule.graph.node import Array, Node
from chainrule.marking.carried import Basis, Carry, carried_on, scaled
from chainrule.marking.judge import WIDE
from chainrule.marking.judged import Judged
from chainrule.marking.mistakes.wrong import Earlier
from chainrule.marking.reading.displayed import Displayed
from chainrule.marking.reading.targets import Target
from chainrule.marking.sheet import Sheet
from chainrule.ops.naming import Same
from chainrule.ops.shaping import Concatenate

__all__ = ["RIGHT", "Memory"]

RIGHT = frozenset(("exact", "consistent", "truncated"))
EXACTLY = 1e-9  # a claimed value so near to the true one is not rounded at all


class Memory:
    """The claims so far.

    `right` holds the accepted ones, `every` all: what follows from a wrong line follows, too.
    `cuts` says that the solution cuts numbers instead of rounding them, so that each may be a
    whole unit off.
    """

    def __init__(self, sheet: Sheet, cuts: bool) -> None:
        self.sheet = sheet
        self.cuts = cuts
        self.right: dict[Node, Carry] = {}
        self.every = self.right  # until something is wrong
        self.derivatives: dict[tuple[Node, Node], Node] = {}
        self.earlier: list[Earlier] = []
        self.misquoted: list[tuple[Node, Array, str]] = []
        self.has_wrong = False
        self.has_examples = False
        self.shows_decimals = False
        self.mistakes: dict[int, int] = {}  # of each line with one: where it was made
        self._claimed: set[Node] = set()
        self._cells: dict[tuple[Node, int, float, float], tuple[str, int]] = {}

    def bases(self) -> tuple[Basis, ...]:
        """From what the next line may come: accepted claims; all claims, if they differ."""
        right = Basis(self.sheet, self.right)
        return (right, Basis(self.sheet, self.every)) if self.has_wrong else (right,)

    def restated(self, base: Node, position: int, cell: Displayed | None) -> tuple[str, int] | None:
        """The verdict and line of an earlier claim of the same number for the same entry."""
        if cell is None:
            return None
        return self._cells.get((base, position, cell.value, cell.unit))

    def note(self, target: Target, found: Judged, line: int, made_on: int | None = None) -> None:
        """Keep a claim of a quantity, or of some of its entries."""
        base = target.base
        positions = target.positions[found.layout.order]
        self._keep_cells(base, positions, found, line)
        self.has_examples = self.has_examples or target.is_each
        if target.pair is not None:
            self.derivatives[target.pair] = base
        values = found.numbers.values
        is_decimal = (found.numbers.units > 0) & (found.numbers.units < 1)
        self.shows_decimals = self.shows_decimals or bool(is_decimal.any())
        self.earlier.append(Earlier(line, target.text, target.node, values))
        is_open = np.array([one == "undecided" for one in found.verdicts])
        accepted = np.array([one in RIGHT for one in found.verdicts])
        accepted |= is_open & found.numbers.rounded
        known = np.isfinite(values) & (accepted | ~is_open)  # nothing follows from what is open
        if not (accepted | is_open).all():
            self.doubt(line, made_on)
        radii = self._radii(found)
        self._claimed.add(base)
        for store, some in self._stores(known & accepted, known):
            if some.any():
                old = store.get(base)
                entries = positions[some], values[some], radii[some]
                store[base] = carried_on(old, base.shape, *entries, line)
        self._spread(base)

    def doubt(self, line: int, made_on: int | None = None) -> None:
        """From this line on, what was accepted and what was claimed are two things."""
        self.mistakes.setdefault(line, made_on or line)
        if not self.has_wrong:
            self.has_wrong = True
            self.every = dict(self.right)

    def _both(self) -> list[dict[Node, Carry]]:
        """The accepted claims; all of them, too, once they differ."""
        return [self.right, self.every] if self.has_wrong else [self.right]

    def _stores(self, accepted: Array, known: Array) -> list[tuple[dict[Node, Carry], Array]]:
        return list(zip(self._both(), (accepted, known), strict=False))

    def misquote(self, target: Target, found: Judged, line: int) -> None:
        """Keep a given that was quoted with other numbers."""
        values = np.array(self.sheet.truth(target.base), float)
        values.reshape(-1)[target.positions[found.layout.order]] = found.numbers.values
        if np.isfinite(values).all():
            self.misquoted.append((target.base, values, f"{target.text} on line {line}"))

    def _keep_cells(self, base: Node, positions: Array, found: Judged, line: int) -> None:
        rows = zip(positions.tolist(), found.cells, found.verdicts, strict=True)
        for position, cell, verdict in rows:
            if cell is not None:
                self._cells.setdefault((base, position, cell.value, cell.unit), (verdict, line))

    def _radii(self, found: Judged) -> Array:
        """How far what was meant may be from what is displayed."""
        numbers, verdicts = found.numbers, found.verdicts
        off = np.abs(numbers.values - found.truth)
        telling = numbers.operands <= WIDE * np.abs(numbers.values)
        radii = numbers.halves + np.where(telling, numbers.operands, 0.0)
        if self.cuts or "truncated" in verdicts:
            is_cut = np.array([self.cuts or one == "truncated" for one in verdicts])
            radii = np.where(is_cut, np.maximum(numbers.units, radii), radii)
        if numbers.whole.any():
            half = np.where([one == "undecided" for one in verdicts], 0.5, 0.0)
            radii = np.where(numbers.whole, half, radii)
        is_exact = np.array([one == "exact" for one in verdicts])
        is_true = is_exact & (numbers.whole | (off <= EXACTLY * np.abs(found.truth)))
        return np.where(is_true, off, radii)

    def _spread(self, base: Node) -> None:
        """What is claimed of a quantity is claimed of its multiples that nobody has claimed."""
        while isinstance(base.operation, Same):
            inner = base.inputs[0]
            self._copy(base, inner, 1.0)
            base = inner
        if isinstance(base.operation, Concatenate):
            self._spread_parts(base, base.operation.axis)
        for node, factor in self.sheet.akin(base):
            self._copy(base, node, factor)

    def _spread_parts(self, base: Node, axis: int) -> None:
        """What is claimed of [1, a] is claimed of a."""
        start = 0
        for part in base.inputs:
            size = part.shape[axis]
            place = tuple([slice(None)] * axis + [slice(start, start + size)])
            start += size
            if part in self._claimed or part in self.sheet.givens or not part.inputs:
                continue
            for store in self._both():
                if base in store:
                    own = store[base]
                    store[part] = Carry(
                        own.values[place], own.radii[place], own.mask[place], own.lines[place]
                    )

    def _copy(self, source: Node, node: Node, factor: float) -> None:
        if node in self._claimed or node in self.sheet.givens:
            return
        for store in self._both():
            if source in store:
                store[node] = scaled(store[source], factor)
