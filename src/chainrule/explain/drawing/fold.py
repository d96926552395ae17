"""Long drawings in rows, one below another, as a screen is wide: a wire that is cut goes on at a
connector that bears its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from chainrule.explain.drawing.layers import ranked
from chainrule.explain.drawing.layout import Arrangement, Extent, arranged
from chainrule.graph.record import Record

__all__ = ["Folded", "folded"]

SCREEN = 1920.0, 1080.0
MOST_ROWS = 12
LARGE = 0.9  # there is no need for anything larger
WORTH = 1.1  # so much larger a picture must become
PER_WIRE = 0.06  # how far, of the whole width, a cut is moved to cut a wire less
Links = Sequence[tuple[int, int]]  # lower, upper


class Folded(Record):
    """An arrangement in which connectors stand behind the boxes.

    `connectors` are the boxes whose wires they carry on, and whether the wire ends there (or begins
    anew).  `links` are the given ones, over boxes and connectors, and then those that end at one.
    """

    arrangement: Arrangement
    links: tuple[tuple[int, int], ...]
    connectors: tuple[tuple[int, bool], ...] = ()


class _Cut:
    """Links that are cut where they lead from a row to another."""

    def __init__(self, links: Links, row: Sequence[int]) -> None:
        self.row = list(row)  # of boxes, then of connectors
        self.boxes = len(row)
        self.connectors: list[tuple[int, bool]] = []
        self._known: dict[tuple[int, int], int] = {}
        ends: list[tuple[int, int]] = []
        inner: list[tuple[int, int]] = []
        for lower, upper in links:
            if row[lower] == row[upper]:
                inner.append((lower, upper))
                continue
            if (lower, row[lower]) not in self._known:
                ends.append((lower, self._connector(lower, row[lower], True)))
            inner.append((self._connector(lower, row[upper], False), upper))
        self.links = (*inner, *ends)

    def _connector(self, box: int, row: int, is_end: bool) -> int:
        """The connector of a box in a row."""
        if (box, row) not in self._known:
            self._known[box, row] = self.boxes + len(self.connectors)
            self.connectors.append((box, is_end))
            self.row.append(row)
        return self._known[box, row]


def folded(
    boxes: Sequence[Extent], links: Links, labels: Sequence[Extent], connectors: Sequence[Extent]
) -> Folded:
    """The arrangement in the number of rows in which it is largest on a screen.

    `connectors` are the sizes of each box's connectors.

    Raises:
        TooLarge: edges pass through more columns than anybody follows.
    """
    best = Folded(arranged(boxes, links, labels), tuple(links))
    flat = best.arrangement
    wide, high = flat.width / SCREEN[0], max(flat.height, 1.0) / SCREEN[1]
    usual = int(min(MOST_ROWS - 1, sqrt(wide / high)))
    for rows in (usual, usual + 1):
        if rows < 2 or _on_screen(best) > LARGE:
            continue
        cut = _Cut(links, _rows(flat, boxes, links, rows))
        sizes = [*boxes, *[connectors[box] for box, _ in cut.connectors]]
        order = sorted(range(len(sizes)), key=lambda one: cut.row[one])
        found = _in_order(sizes, cut.links, labels, order)
        candidate = Folded(found, cut.links, tuple(cut.connectors))
        if _on_screen(candidate) >= WORTH * _on_screen(best):
            best = candidate
    return best


def _in_order(
    sizes: Sequence[Extent], links: Links, labels: Sequence[Extent], order: Sequence[int]
) -> Arrangement:
    """The arrangement of boxes that are taken in another order: that of their rows."""
    place = {box: at for at, box in enumerate(order)}
    nothing = Extent(0.0, 0.0, 0.0, 0.0)
    found = arranged(
        [sizes[box] for box in order],
        [(place[lower], place[upper]) for lower, upper in links],
        [*labels, *[nothing] * (len(links) - len(labels))],
    )
    boxes = tuple(found.boxes[place[box]] for box in range(len(sizes)))
    return Arrangement(found.width, found.height, boxes, found.labels, found.wires)


def _on_screen(found: Folded) -> float:
    return _scale(found.arrangement.width, found.arrangement.height)


def _scale(width: float, height: float) -> float:
    """How large a drawing can be shown; there is no need to enlarge it."""
    return min(1.0, SCREEN[0] / max(width, 1.0), SCREEN[1] / max(height, 1.0))


def _rows(flat: Arrangement, boxes: Sequence[Extent], links: Links, rows: int) -> list[int]:
    """Each box's row: cut at about equal widths, where few wires pass."""
    rank = ranked(len(boxes), links)
    ends = [0.0] * (max(rank) + 1)
    for box, (x, _) in enumerate(flat.boxes):
        ends[rank[box]] = max(ends[rank[box]], x + boxes[box].width)
    above: list[list[int]] = [[] for _ in boxes]
    reads = {upper for _, upper in links}
    for lower, upper in links:
        above[lower].append(upper)

    def cost(after: int, number: int) -> float:
        passing = [
            box
            for box in reads
            if rank[box] <= after and any(rank[upper] > after for upper in above[box])
        ]
        return abs(ends[after] / flat.width - number / rows) + PER_WIRE * len(passing)

    cuts = [min(range(len(ends)), key=lambda at: cost(at, n)) for n in range(1, rows)]
    row = [sum(at < one for at in cuts) for one in rank]
    for box in range(len(boxes)):
        if box not in reads and above[box]:  # what reads nothing goes with its first reader
            row[box] = min(row[upper] for upper in above[box])
    return row
