"""Columns of a layered drawing: what stands in which, and in which order.

After K. Sugiyama, S. Tagawa, M. Toda, Methods for visual understanding of hierarchical system
structures, 1981: ranks by longest paths, then each quantity as near to its readers as can be;
long edges pass through a point in every column; medians and exchanges of neighbours take crossings
away.  Boxes stand in the even columns, labels in the odd ones between (E. R. Gansner et al., A
technique for drawing directed graphs, 1993).  A quantity has one wire: its edges part where they
must.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from itertools import pairwise

from chainrule.errors import TooLarge

__all__ = ["Layers", "layered", "ranked"]

MOST_POINTS = 20_000
SWEEPS = 12
IDLE = 4  # sweeps in a row that took no crossing away
WORK = 60_000  # points that all sweeps go through together, so that a large drawing has fewer
ROUNDS = 30
Links = Sequence[tuple[int, int]]  # lower, upper


class Layers:
    """Points in columns.  The first points are the boxes; `ways[i]` leads along link number i.

    `left` and `right` are the neighbours of each point, `box` is the one that its wire comes from;
    `labels[i]` is the point of link i where its label stands.
    """

    def __init__(self, boxes: int) -> None:
        self.column: list[int] = [0] * boxes
        self.box: list[int] = list(range(boxes))
        self.left: list[list[int]] = [[] for _ in range(boxes)]
        self.right: list[list[int]] = [[] for _ in range(boxes)]
        self.ways: list[list[int]] = []
        self.labels: list[int] = []
        self.columns: list[list[int]] = []

    def point(self, column: int, box: int) -> int:
        """A new point in a column, on the wire of a box."""
        if len(self.column) >= MOST_POINTS:
            raise TooLarge(
                "The drawing has more long edges than anybody can follow; choose a part of it "
                "with --of NAME or --wrt NAMES."
            )
        self.column.append(column)
        self.box.append(box)
        self.left.append([])
        self.right.append([])
        return len(self.column) - 1

    def join(self, one: int, other: int) -> None:
        """An edge from a point to one in the next column."""
        self.right[one].append(other)
        self.left[other].append(one)


def ranked(count: int, links: Links) -> list[int]:
    """Ranks with every upper end above its lower one, and edges as short as single moves make them.

    >>> ranked(4, [(0, 1), (1, 2), (3, 2)])
    [0, 1, 2, 1]
    """
    below: list[list[int]] = [[] for _ in range(count)]
    above: list[list[int]] = [[] for _ in range(count)]
    for lower, upper in links:
        above[lower].append(upper)
        below[upper].append(lower)
    order = _order(below, above)
    rank = [0] * count
    for one in order:
        rank[one] = max([rank[lower] + 1 for lower in below[one]], default=0)
    for _ in range(ROUNDS):
        before = rank.copy()
        for one in reversed(order):
            if above[one] and len(above[one]) >= len(below[one]):
                rank[one] = min(rank[upper] for upper in above[one]) - 1
        for one in order:
            if below[one] and len(below[one]) > len(above[one]):
                rank[one] = max(rank[lower] for lower in below[one]) + 1
        if rank == before:
            break
    least = min(rank, default=0)
    return [one - least for one in rank]


def _order(below: list[list[int]], above: list[list[int]]) -> list[int]:
    """Lower ends before upper ones."""
    waiting = [len(lower) for lower in below]
    ready = [one for one, count in enumerate(waiting) if count == 0]
    for one in ready:
        for upper in above[one]:
            waiting[upper] -= 1
            if waiting[upper] == 0:
                ready.append(upper)
    return ready


def layered(count: int, links: Links) -> Layers:
    """The columns of a drawing, ordered so that few edges cross.

    Raises:
        TooLarge: edges pass through more columns than anybody follows.
    """
    rank = ranked(count, links)
    found = Layers(count)
    found.column[:] = [2 * one for one in rank]
    wires: list[list[int]] = [[one] for one in range(count)]
    for lower, upper in links:
        wire, stop = wires[lower], 2 * rank[upper] - 1
        while found.column[wire[-1]] < stop - 1:
            passed = found.point(found.column[wire[-1]] + 1, lower)
            found.join(wire[-1], passed)
            wire.append(passed)
        way = wire[: stop - 2 * rank[lower]]
        label = found.point(stop, lower)
        found.join(way[-1], label)
        found.join(label, upper)
        found.labels.append(label)
        found.ways.append([*way, label, upper])
    _order_columns(found)
    return found


def _order_columns(layers: Layers) -> None:
    columns: list[list[int]] = [[] for _ in range(max(layers.column, default=-1) + 1)]
    for point in _by_depth(layers):
        columns[layers.column[point]].append(point)
    best, fewest, idle = columns, _crossings(columns, layers), 0
    sweeps = min(SWEEPS, max(2, WORK // max(1, len(layers.column))))
    for sweep in range(sweeps):
        if fewest == 0 or idle == IDLE:
            break
        columns = [column.copy() for column in columns]
        if sweep % 2 == 0:
            _sweep(columns, layers.left, range(1, len(columns)))
        else:
            _sweep(columns, layers.right, range(len(columns) - 2, -1, -1))
        _exchange(columns, layers)
        count = _crossings(columns, layers)
        idle += 1
        if count < fewest:
            best, fewest, idle = columns, count, 0
    layers.columns = _with_labels_beside_readers(best, fewest, layers)


def _with_labels_beside_readers(
    columns: list[list[int]], crossings: int, layers: Layers
) -> list[list[int]]:
    """Edges that have to cross do so before their labels, which stand in the readers' order."""
    found = [column.copy() for column in columns]
    for number in range(len(found) - 2, 0, -2):
        after = {point: at for at, point in enumerate(found[number + 1])}
        found[number].sort(key=lambda point: min(after[one] for one in layers.right[point]))
    return found if _crossings(found, layers) <= crossings else columns


def _by_depth(layers: Layers) -> list[int]:
    """All points, each followed by what it is joined to: neighbours stand beside each other."""
    found: dict[int, None] = {}
    for start in range(len(layers.column)):
        stack = [start]
        while stack:
            point = stack.pop()
            if point not in found:
                found[point] = None
                stack += reversed([*layers.left[point], *layers.right[point]])
    return list(found)


def _sweep(columns: list[list[int]], towards: list[list[int]], numbers: range) -> None:
    """Each column in the order of the middle of each point's neighbours in the one before."""
    place: dict[int, float] = {}
    step = numbers.step
    for number in numbers:
        before = columns[number - step]
        place.update(zip(before, range(len(before)), strict=True))
        column = columns[number]
        middles = {
            point: sum([place[one] for one in towards[point]]) / len(towards[point])
            for point in column
            if towards[point]
        }
        free = iter(sorted(middles, key=middles.__getitem__))  # the others keep their places
        columns[number] = [next(free) if point in middles else point for point in column]


def _exchange(columns: list[list[int]], layers: Layers) -> None:
    """Neighbours change places where that takes crossings away."""
    place = {point: at for column in columns for at, point in enumerate(column)}
    for column in columns:
        for at in range(len(column) - 1):
            one, other = column[at], column[at + 1]
            gain = 0
            for towards in (layers.left, layers.right):
                ours = [place[point] for point in towards[one]]
                theirs = [place[point] for point in towards[other]]
                gain += sum([a > b for a in ours for b in theirs])
                gain -= sum([a < b for a in ours for b in theirs])
            if gain > 0:
                column[at], column[at + 1] = other, one
                place[one], place[other] = at + 1, at


def _crossings(columns: list[list[int]], layers: Layers) -> int:
    """How many edges cross."""
    total = 0
    for column, after in pairwise(columns):
        place = {point: at for at, point in enumerate(after)}
        seen: list[int] = []
        for point in column:
            ends = sorted([place[one] for one in layers.right[point]])
            total += sum([len(seen) - bisect_left(seen, end + 1) for end in ends])
            for end in ends:
                insort(seen, end)
    return total
